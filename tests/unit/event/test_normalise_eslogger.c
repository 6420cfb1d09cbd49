/* event/normalise_eslogger, normalise_esbody: the envelope in schema versions 7 to 11, processes,
 * and the body of every kind of event. */
#include "normalise_test.h"

#include "schema/kind.h"

/* A process as eslogger writes it; `token` is its pid, pidversion = pid + 1000, uid 501. */
static void add_token(struct buf *b, int version, int pid)
{
    if (version == 10)
        buf_addf(b, "[501,501,20,502,20,%d,100015,%d]", pid, pid + 1000);
    else
        buf_addf(b,
                 "{\"asid\":100015,\"pidversion\":%d,\"auid\":501,\"euid\":501,\"ruid\":502,"
                 "\"rgid\":20,\"egid\":20,\"pid\":%d}",
                 pid + 1000, pid);
}

static void add_process(struct buf *b, int version, int pid, const char *path)
{
    buf_addf(b,
             "{\"signing_id\":\"com.example.p%d\",\"executable\":{\"path_truncated\":false,"
             "\"path\":\"%s\",\"stat\":{\"st_ino\":1152921500312525701,\"st_mode\":33261,"
             "\"st_size\":102240,\"st_mtimespec\":\"2025-01-01T00:00:00.000000000Z\"}},"
             "\"is_platform_binary\":true,\"is_es_client\":false,\"ppid\":%d,\"original_ppid\":%d,"
             "\"group_id\":%d,\"session_id\":77,\"codesigning_flags\":570522385,\"team_id\":null,"
             "\"cdhash\":\"8AD4658B1B3B45068276878EC88A2824EAB497C6\",",
             pid, path, pid - 1, pid - 1, pid);
    if (version >= 4) {
        buf_add_cstr(b, "\"parent_audit_token\":");
        add_token(b, version, pid - 1);
        buf_add_cstr(b, ",\"responsible_audit_token\":");
        add_token(b, version, 9);
        buf_add_cstr(b, ",");
    }
    if (version >= 10)
        buf_add_cstr(b, "\"cs_validation_category\":1,");
    buf_add_cstr(b, "\"tty\":{\"path\":\"\\/dev\\/ttys001\",\"path_truncated\":false,\"stat\":{}},"
                    "\"start_time\":\"2025-08-07T13:21:35.408163Z\",\"audit_token\":");
    add_token(b, version, pid);
    buf_add_cstr(b, "}");
}

/* `%P` in a body is a described process with pid 60, `%T` its token, `%F` a described file. */
static void add_body(struct buf *b, int version, const char *body)
{
    for (; *body; body++) {
        if (body[0] == '%' && body[1] == 'P')
            add_process(b, version, 60, "\\/usr\\/bin\\/other");
        else if (body[0] == '%' && body[1] == 'T')
            add_token(b, version, 60);
        else if (body[0] == '%' && body[1] == 'F')
            buf_add_cstr(b,
                         "{\"path\":\"\\/tmp\\/f\",\"path_truncated\":false,\"stat\":{\"st_uid\":5,"
                         "\"st_gid\":6,\"st_mode\":33188,\"st_size\":7,\"st_ino\":8}}");
        else
            buf_add_char(b, *body);
        body += body[0] == '%' && body[1];
    }
}

static void add_line(struct buf *b, int version, const char *name, const char *body)
{
    buf_addf(b, "{\"event\":{\"%s\":", name);
    add_body(b, version, body);
    buf_addf(b,
             "},\"schema_version\":1,\"mach_time\":289350913517,\"event_type\":9,\"thread\":"
             "{\"thread_id\":505819},\"version\":%d,\"seq_num\":27,\"action_type\":1,\"process\":",
             version);
    add_process(b, version, 50, "\\/bin\\/zsh");
    buf_add_cstr(b, ",\"action\":{\"result\":{\"result_type\":0,\"result\":{\"auth\":0}}},"
                    "\"time\":\"2025-08-07T13:21:35.880814738Z\",\"global_seq_num\":75}");
}

static void the_envelope_is_read_in_every_version(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    for (int version = 7; version <= 11; version++) {
        struct buf b = {0};
        add_line(&b, version, "cs_invalidated", "{}");
        reading_take(r, buf_str(&b), FORMAT_AUTO);
        assert_int_equal(r->ev.kind, KIND_CS_INVALIDATED);
        struct buf want = {0};
        buf_add_cstr(
            &want,
            "{\"kind\":\"cs_invalidated\",\"time\":\"2025-08-07T13:21:35.880814738Z\","
            "\"product\":\"macos\",\"event.sequence\":75,\"process.pid\":50,"
            "\"process.pidversion\":1050,\"process.executable\":\"/bin/zsh\",\"process.name\":"
            "\"zsh\",\"process.tty\":\"/dev/ttys001\",\"process.start\":"
            "\"2025-08-07T13:21:35.408163000Z\",\"process.uid\":501,\"process.gid\":20,"
            "\"process.real_uid\":502,\"process.audit_uid\":501,\"process.session_id\":77,"
            "\"process.group_id\":50,\"process.signing.id\":\"com.example.p50\","
            "\"process.signing.team_id\":null,\"process.signing.cdhash\":"
            "\"8ad4658b1b3b45068276878ec88a2824eab497c6\",\"process.signing.flags\":570522385,");
        if (version >= 10)
            buf_add_cstr(&want, "\"process.signing.category\":1,");
        buf_add_cstr(&want, "\"process.signing.platform_binary\":true,\"process.parent.pid\":49,"
                            "\"process.parent.pidversion\":1049,\"process.responsible.pid\":9,"
                            "\"process.responsible.pidversion\":1009}");
        assert_str(buf_str(&r->json), buf_cstr(&want));
        assert_true(str_eq(r->ev.raw, buf_str(&b)));
        buf_done(&want);
        buf_done(&b);
    }
    reading_free(r);
}

static void an_exec_is_about_the_new_program(void **state)
{
    (void)state;
    static const char body[] =
        "{\"last_fd\":2,\"args\":[\"curl\",\"-o\",\"a b\",\"\"],\"cwd\":{\"path\":\"\\/tmp\"},"
        "\"script\":{\"path\":\"\\/tmp\\/s.sh\"},\"image_cputype\":16777228,"
        "\"image_cpusubtype\":-2147483646,\"dyld_exec_path\":\"\\/usr\\/bin\\/other\","
        "\"fds\":[{\"fd\":0,\"fdtype\":1}],\"entitlements\":{\"x\":true},"
        "\"env\":[\"HOME=\\/Users\\/m\",\"API_TOKEN=s3cret\",\"DYLD_INSERT_LIBRARIES=\\/x.dylib\","
        "\"ELECTRON_RUN_AS_NODE=1\",\"LD_PRELOAD=y\",\"DYLD\",\"=\",\"XDYLD_A=1\","
        "\"NODE_OPTIONS=--require \\/x.js\"],\"target\":%P}";
    struct reading *r = reading_new();
    for (int version = 7; version <= 11; version++) {
        struct buf b = {0};
        add_line(&b, version, "exec", body);
        reading_take(r, buf_str(&b), FORMAT_AUTO);
        assert_int_equal(r->ev.kind, KIND_EXEC);
        assert_str(r->ev.category, "process_creation");
        assert_int_equal(event_int(&r->ev, F_PID, 0), 60);
        assert_int_equal(event_int(&r->ev, F_PIDVERSION, 0), 1060);
        assert_int_equal(event_int(&r->ev, F_PARENT_PID, 0), 59);
        assert_str(event_str(&r->ev, F_EXECUTABLE), "/usr/bin/other");
        assert_str(event_str(&r->ev, F_PREVIOUS_EXECUTABLE), "/bin/zsh");
        assert_str(event_str(&r->ev, F_COMMAND_LINE), "curl -o a b ");
        assert_str(event_str(&r->ev, F_CWD), "/tmp");
        assert_str(event_str(&r->ev, F_SCRIPT), "/tmp/s.sh");
        assert_int_equal(event_get(&r->ev, F_ARGS).count, 4);
        assert_false(event_has(&r->ev, F_PARENT_EXECUTABLE));
        assert_false(event_has(&r->ev, F_TARGET_PID));
        assert_holds(r, "\"process.env\":[\"DYLD_INSERT_LIBRARIES=/x.dylib\","
                        "\"ELECTRON_RUN_AS_NODE=1\",\"LD_PRELOAD=y\","
                        "\"NODE_OPTIONS=--require /x.js\"]");
        assert_lacks(r, "s3cret");
        assert_lacks(r, "/Users/m");
        assert_int_equal(r->ev.extras_len, 0);
        buf_done(&b);
    }
    reading_free(r);
}

static void a_refused_exec_is_told_as_one(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(
        r,
        STR("{\"event\":{\"exec\":{\"target\":{\"audit_token\":{\"pid\":7},\"executable\":"
            "{\"path\":\"/tmp/bad\"}},\"args\":[\"bad\"]}},\"event_type\":9,\"process\":{},"
            "\"action\":{\"result\":{\"result\":{\"auth\":1},\"result_type\":0}}}"),
        FORMAT_AUTO);
    assert_int_equal(r->ev.kind, KIND_EXEC_DENIED);
    assert_str(event_str(&r->ev, F_EXECUTABLE), "/tmp/bad");
    assert_str(event_str(&r->ev, F_COMMAND_LINE), "bad");
    reading_free(r);
}

/* What a body gives, for bodies as recorded or as the headers define them. */
static const struct {
    const char *name;
    enum event_kind kind;
    const char *body;
    const char *wants[6];
} bodies[] = {
    {"fork",
     KIND_FORK,
     "{\"child\":%P}",
     {"\"process.pid\":50", "\"target.process.pid\":60,\"target.process.pidversion\":1060,"
                            "\"target.process.executable\":\"/usr/bin/other\","
                            "\"target.process.signing.id\":\"com.example.p60\""}},
    {"exit", KIND_EXIT, "{\"stat\":256}", {"\"process.exit_status\":256"}},
    {"open",
     KIND_OPEN,
     "{\"fflag\":3,\"file\":%F}",
     {"\"file.path\":\"/tmp/f\",\"file.name\":\"f\",\"file.mode\":420,\"file.uid\":5,"
      "\"file.size\":7,\"file.inode\":8,\"file.gid\":6,"
      "\"file.type\":\"file\",\"file.flags\":3",
      "\"category\":\"file_access\""}},
    {"create",
     KIND_CREATE,
     "{\"destination_type\":0,\"destination\":{\"existing_file\":%F}}",
     {"\"file.path\":\"/tmp/f\"", "\"category\":\"file_event\"", "\"file.inode\":8"}},
    {"create",
     KIND_CREATE,
     "{\"destination_type\":1,\"acl\":null,\"destination\":{\"new_path\":{\"dir\":{\"path\":"
     "\"\\/private\\/tmp\"},\"filename\":\"x.plist\",\"mode\":33188}}}",
     {"\"file.path\":\"/private/tmp/x.plist\",\"file.name\":\"x.plist\",\"file.mode\":420"}},
    {"create",
     KIND_CREATE,
     "{\"destination_type\":1,\"destination\":{\"new_path\":{\"dir\":{\"path\":\"\\/\"},"
     "\"filename\":\"x\",\"mode\":420}}}",
     {"\"file.path\":\"/x\""}},
    {"close",
     KIND_CLOSE,
     "{\"modified\":true,\"target\":%F,\"was_mapped_writable\":false}",
     {"\"file.path\":\"/tmp/f\"", "\"file.modified\":true"}},
    {"write", KIND_WRITE, "{\"target\":%F}", {"\"file.path\":\"/tmp/f\""}},
    {"truncate", KIND_TRUNCATE, "{\"target\":%F}", {"\"file.path\":\"/tmp/f\""}},
    {"rename",
     KIND_RENAME,
     "{\"source\":%F,\"destination_type\":1,\"destination\":{\"new_path\":{\"dir\":{\"path\":"
     "\"\\/d\"},\"filename\":\"n\"}}}",
     {"\"file.path\":\"/d/n\"", "\"file.source_path\":\"/tmp/f\"", "\"file.existed\":false"}},
    {"rename",
     KIND_RENAME,
     "{\"source\":%F,\"destination_type\":0,\"destination\":{\"existing_file\":{\"path\":\"\\/"
     "e\"}}}",
     {"\"file.path\":\"/e\"", "\"file.source_path\":\"/tmp/f\"", "\"file.existed\":true"}},
    {"unlink",
     KIND_UNLINK,
     "{\"target\":%F,\"parent_dir\":{\"path\":\"\\/tmp\"}}",
     {"\"file.path\":\"/tmp/f\"", "\"category\":\"file_delete\""}},
    {"link",
     KIND_LINK,
     "{\"source\":%F,\"target_dir\":{\"path\":\"\\/d\"},\"target_filename\":null,"
     "\"filename\":\"n\"}",
     {"\"file.path\":\"/d/n\"", "\"file.source_path\":\"/tmp/f\""}},
    {"clone",
     KIND_CLONE,
     "{\"source\":%F,\"target_dir\":{\"path\":\"\\/d\"},\"target_name\":\"n\"}",
     {"\"file.path\":\"/d/n\"", "\"file.source_path\":\"/tmp/f\""}},
    {"copyfile",
     KIND_COPYFILE,
     "{\"source\":%F,\"target_file\":null,\"target_dir\":{\"path\":\"\\/d\"},\"target_name\":"
     "\"n\",\"mode\":33152,\"flags\":0}",
     {"\"file.path\":\"/d/n\"", "\"file.source_path\":\"/tmp/f\"", "\"file.existed\":false"}},
    {"copyfile",
     KIND_COPYFILE,
     "{\"source\":%F,\"target_file\":{\"path\":\"\\/d\\/n\"},\"target_dir\":{\"path\":\"\\/d\"},"
     "\"target_name\":\"n\"}",
     {"\"file.path\":\"/d/n\"", "\"file.existed\":true"}},
    {"exchangedata",
     KIND_EXCHANGEDATA,
     "{\"file1\":%F,\"file2\":{\"path\":\"\\/2\"}}",
     {"\"file.path\":\"/tmp/f\"", "\"file.source_path\":\"/2\""}},
    {"setextattr",
     KIND_SETEXTATTR,
     "{\"target\":%F,\"extattr\":\"com.apple.quarantine\"}",
     {"\"file.xattr\":\"com.apple.quarantine\"", "\"file.path\":\"/tmp/f\""}},
    {"deleteextattr",
     KIND_DELETEEXTATTR,
     "{\"target\":%F,\"extattr\":\"com.apple.quarantine\"}",
     {"\"file.xattr\":\"com.apple.quarantine\""}},
    {"setmode",
     KIND_SETMODE,
     "{\"mode\":35309,\"target\":%F}",
     {"\"file.mode\":2541", "\"file.path\":\"/tmp/f\""}},
    {"setowner",
     KIND_SETOWNER,
     "{\"uid\":0,\"gid\":80,\"target\":%F}",
     {"\"file.uid\":0", "\"file.gid\":80"}},
    {"setflags", KIND_SETFLAGS, "{\"flags\":32768,\"target\":%F}", {"\"file.flags\":32768"}},
    {"utimes",
     KIND_UTIMES,
     "{\"target\":%F,\"aTime\":\"x\",\"mTime\":\"y\"}",
     {"\"file.path\":\"/tmp/f\"", "\"utimes.aTime\":\"x\""}},
    {"mmap",
     KIND_MMAP,
     "{\"protection\":5,\"max_protection\":7,\"flags\":2,\"file_pos\":0,\"source\":%F}",
     {"\"file.path\":\"/tmp/f\"", "\"mmap.protection\":5", "\"category\":\"image_load\""}},
    {"readlink", KIND_READLINK, "{\"source\":%F}", {"\"file.path\":\"/tmp/f\""}},
    {"lookup",
     KIND_LOOKUP,
     "{\"source_dir\":{\"path\":\"\\/usr\"},\"relative_target\":\"lib\\/x\"}",
     {"\"file.path\":\"/usr/lib/x\""}},
    {"lookup",
     KIND_LOOKUP,
     "{\"source_dir\":{\"path\":\"\\/usr\"},\"relative_target\":\"\\/abs\"}",
     {"\"file.path\":\"/abs\""}},
    {"chdir", KIND_CHDIR, "{\"target\":%F}", {"\"file.path\":\"/tmp/f\""}},
    {"chroot", KIND_CHROOT, "{\"target\":%F}", {"\"file.path\":\"/tmp/f\""}},
    {"uipc_bind",
     KIND_UIPC_BIND,
     "{\"dir\":{\"path\":\"\\/var\\/run\"},\"filename\":\"s.sock\",\"mode\":49645}",
     {"\"file.path\":\"/var/run/s.sock\""}},
    {"uipc_connect",
     KIND_UIPC_CONNECT,
     "{\"file\":%F,\"domain\":1,\"type\":1,\"protocol\":0}",
     {"\"file.path\":\"/tmp/f\""}},
    {"mount",
     KIND_MOUNT,
     "{\"statfs\":{\"f_fstypename\":\"apfs\",\"f_mntfromname\":\"\\/dev\\/"
     "disk9s1\",\"f_mntonname\":"
     "\"\\/Volumes\\/App\",\"f_fsid\":[16777248,26]},\"disposition\":3}",
     {"\"volume.path\":\"/Volumes/App\"", "\"volume.source\":\"/dev/disk9s1\"",
      "\"volume.fstype\":\"apfs\"", "\"volume.kind\":\"virtual\""}},
    {"unmount",
     KIND_UNMOUNT,
     "{\"statfs\":{\"f_mntonname\":\"\\/Volumes\\/App\"}}",
     {"\"volume.path\":\"/Volumes/App\""}},
    {"signal",
     KIND_SIGNAL,
     "{\"sig\":9,\"target\":%P,\"instigator\":%P}",
     {"\"signal.number\":9", "\"target.process.pid\":60", "\"instigator.process.pid\":60",
      "\"process.pid\":50"}},
    {"get_task", KIND_GET_TASK, "{\"target\":%P,\"type\":0}", {"\"target.process.pid\":60"}},
    {"get_task_read",
     KIND_GET_TASK_READ,
     "{\"target\":%P,\"type\":0}",
     {"\"target.process.pid\":60", "\"category\":\"process_access\""}},
    {"trace", KIND_TRACE, "{\"target\":%P}", {"\"target.process.pid\":60"}},
    {"remote_thread_create",
     KIND_REMOTE_THREAD,
     "{\"target\":%P,\"thread_state\":null}",
     {"\"target.process.pid\":60", "\"category\":\"create_remote_thread\""}},
    {"proc_suspend_resume",
     KIND_SUSPEND_RESUME,
     "{\"target\":%P,\"type\":0}",
     {"\"target.process.pid\":60"}},
    {"proc_check",
     KIND_PROC_CHECK,
     "{\"target\":null,\"type\":8,\"flavor\":2}",
     {"\"proc_check.flavor\":2"}},
    {"setuid", KIND_SETUID, "{\"uid\":0}", {"\"auth.to_uid\":0"}},
    {"seteuid", KIND_SETEUID, "{\"euid\":0}", {"\"auth.to_uid\":0"}},
    {"setreuid", KIND_SETREUID, "{\"ruid\":501,\"euid\":0}", {"\"auth.to_uid\":0"}},
    {"setgid", KIND_SETGID, "{\"gid\":0}", {"\"kind\":\"setgid\""}},
    {"kextload",
     KIND_KEXTLOAD,
     "{\"identifier\":\"com.apple.driver.AppleUSBAudio\"}",
     {"\"kext.identifier\":\"com.apple.driver.AppleUSBAudio\"", "\"category\":\"driver_load\""}},
    {"iokit_open",
     KIND_IOKIT_OPEN,
     "{\"user_client_class\":\"IOHIDUserClient\","
     "\"user_client_type\":1}",
     {"\"iokit.class\":\"IOHIDUserClient\""}},
    {"settime", KIND_SETTIME, "{}", {"\"kind\":\"settime\""}},
    {"pty_grant", KIND_PTY_GRANT, "{\"dev\":268435459}", {"\"pty_grant.dev\":268435459"}},
    {"xpc_connect",
     KIND_XPC_CONNECT,
     "{\"service_name\":\"com.apple.tccd\",\"service_domain_type\":1}",
     {"\"xpc.service\":\"com.apple.tccd\""}},
    {"authentication",
     KIND_AUTHENTICATION,
     "{\"data\":{\"touchid\":{\"instigator\":%P,\"touchid_mode\":1,\"uid\":502}},\"success\":true,"
     "\"type\":1}",
     {"\"auth.type\":\"touchid\"", "\"auth.success\":true", "\"auth.to_uid\":502",
      "\"instigator.process.executable\":\"/usr/bin/other\""}},
    {"authentication",
     KIND_AUTHENTICATION,
     "{\"data\":{\"od\":{\"instigator\":%P,\"record_type\":\"Users\",\"record_name\":\"mara\","
     "\"node_name\":\"\\/Local\\/Default\",\"db_path\":\"\"}},\"success\":false,\"type\":0}",
     {"\"auth.type\":\"od\"", "\"auth.success\":false", "\"auth.to_user\":\"mara\""}},
    {"xp_malware_detected",
     KIND_XP_DETECTED,
     "{\"detected_path\":\"\\/Users\\/m\\/WindowServer\",\"incident_identifier\":\"63BF\","
     "\"malware_identifier\":\"SNOWDRIFT\",\"signature_version\":\"1\"}",
     {"\"malware.name\":\"SNOWDRIFT\"", "\"malware.path\":\"/Users/m/WindowServer\"",
      "\"malware.incident\":\"63BF\"", "\"category\":\"antivirus\"",
      "\"xp_malware_detected.signature_version\":\"1\""}},
    {"xp_malware_remediated",
     KIND_XP_REMEDIATED,
     "{\"action_type\":\"path_delete\",\"incident_identifier\":\"48AF\",\"malware_identifier\":"
     "\"MACOS.KEYSTEAL.A\",\"remediated_path\":\"\\/x\",\"result_description\":\"Success\","
     "\"success\":true}",
     {"\"malware.name\":\"MACOS.KEYSTEAL.A\"", "\"malware.path\":\"/x\"",
      "\"malware.result\":\"Success\"", "\"auth.success\":true"}},
    {"lw_session_lock",
     KIND_LW_LOCK,
     "{\"graphical_session_id\":257,\"username\":\"mara\"}",
     {"\"session.user\":\"mara\""}},
    {"lw_session_unlock",
     KIND_LW_UNLOCK,
     "{\"graphical_session_id\":257,\"username\":\"mara\"}",
     {"\"session.user\":\"mara\""}},
    {"screensharing_attach",
     KIND_SCREENSHARING_ATTACH,
     "{\"authentication_type\":\"RSA-SRP\",\"authentication_username\":\"mara\","
     "\"existing_session\":true,\"graphical_session_id\":257,\"session_username\":\"admin\","
     "\"source_address\":\"192.0.2.52\",\"source_address_type\":1,\"success\":true,"
     "\"viewer_appleid\":\"\"}",
     {"\"network.remote.ip\":\"192.0.2.52\"", "\"session.user\":\"admin\"",
      "\"auth.from_user\":\"mara\"", "\"auth.success\":true"}},
    {"openssh_login",
     KIND_SSH_LOGIN,
     "{\"result_type\":2,\"source_address\":\"192.0.2.52\",\"source_address_type\":1,\"success\":"
     "true,\"uid\":501,\"has_uid\":true,\"username\":\"mara\"}",
     {"\"session.user\":\"mara\"", "\"auth.to_uid\":501", "\"network.remote.ip\":\"192.0.2.52\""}},
    {"login_login",
     KIND_LOGIN,
     "{\"success\":true,\"uid\":502,\"username\":\"mara\"}",
     {"\"session.user\":\"mara\"", "\"auth.success\":true", "\"auth.to_uid\":502"}},
    {"login_logout",
     KIND_LOGOUT,
     "{\"uid\":502,\"username\":\"mara\"}",
     {"\"session.user\":\"mara\""}},
    {"btm_launch_item_add",
     KIND_LAUNCH_ITEM_ADD,
     "{\"app\":%P,\"instigator\":%P,\"executable_path\":\"Contents\\/Resources\\/helper\",\"item\":"
     "{\"app_url\":\"file:\\/\\/\\/Applications\\/J.app\\/\",\"item_type\":4,\"item_url\":"
     "\"Contents\\/Library\\/LaunchDaemons\\/h.plist\",\"legacy\":false,\"managed\":true,\"uid\":"
     "502}}",
     {"\"launch_item.type\":\"daemon\",\"launch_item.program\":\"Contents/Resources/helper\","
      "\"launch_item.url\":\"Contents/Library/LaunchDaemons/h.plist\","
      "\"launch_item.app_url\":\"file:///Applications/J.app/\",\"launch_item.legacy\":false,"
      "\"launch_item.managed\":true,\"launch_item.uid\":502",
      "\"instigator.process.signing.id\":\"com.example.p60\""}},
    {"btm_launch_item_remove",
     KIND_LAUNCH_ITEM_REMOVE,
     "{\"instigator\":null,\"instigator_token\":%T,\"app\":null,\"app_token\":null,\"item\":"
     "{\"app_url\":\"\",\"item_type\":3,\"item_url\":\"file:\\/\\/\\/L\\/a.plist\",\"legacy\":true,"
     "\"managed\":true,\"uid\":502}}",
     {"\"launch_item.type\":\"agent\"", "\"launch_item.url\":\"file:///L/a.plist\"",
      "\"instigator.process.pid\":60,\"instigator.process.pidversion\":1060"}},
    {"profile_add",
     KIND_PROFILE_ADD,
     "{\"instigator\":%P,\"is_update\":false,\"profile\":{\"display_name\":\"Wi-Fi\","
     "\"identifier\":"
     "\"com.example.wifi\",\"install_source\":1,\"organization\":\"Ex\",\"scope\":\"system\","
     "\"uuid\":\"U\"}}",
     {"\"profile.identifier\":\"com.example.wifi\",\"profile.uuid\":\"U\",\"profile.name\":"
      "\"Wi-Fi\",\"profile.install_source\":\"manual\",\"profile.scope\":\"system\","
      "\"profile.organization\":\"Ex\"",
      "\"profile_add.is_update\":false"}},
    {"su",
     KIND_SU,
     "{\"argc\":1,\"argv\":[\"zsh\",\"-l\"],\"env\":[\"SECRET=1\"],\"env_count\":1,\"from_uid\":"
     "502,"
     "\"from_username\":\"mara\",\"shell\":\"\\/bin\\/zsh\",\"success\":true,\"to_uid\":0,"
     "\"to_username\":\"root\"}",
     {"\"auth.from_user\":\"mara\"", "\"auth.to_user\":\"root\"", "\"auth.to_uid\":0",
      "\"auth.command\":\"zsh -l\""}},
    {"sudo",
     KIND_SUDO,
     "{\"command\":\"\\/usr\\/sbin\\/x\",\"from_uid\":501,\"from_username\":\"mara\",\"success\":"
     "false,\"to_uid\":0,\"to_username\":\"root\",\"reject_info\":{\"plugin_name\":\"sudoers\","
     "\"failure_message\":\"no\"}}",
     {"\"auth.command\":\"/usr/sbin/x\"", "\"auth.success\":false",
      "\"sudo.reject_info.failure_message\":\"no\""}},
    {"authorization_petition",
     KIND_AUTHZ_PETITION,
     "{\"instigator\":%P,\"petitioner\":%P,\"flags\":3,\"right_count\":2,\"rights\":"
     "[\"system.privilege.admin\",\"x\"]}",
     {"\"auth.rights\":[\"system.privilege.admin\",\"x\"]"}},
    {"authorization_judgement",
     KIND_AUTHZ_JUDGEMENT,
     "{\"instigator\":%P,\"petitioner\":null,\"return_code\":0,\"result_count\":1,\"results\":"
     "[{\"right_name\":\"system.privilege.admin\",\"rule_class\":1,\"granted\":true}]}",
     {"\"auth.rights\":[\"system.privilege.admin\"]", "\"auth.success\":true"}},
    {"od_group_add",
     KIND_OD_GROUP_ADD,
     "{\"db_path\":\"\\/var\\/db\",\"error_code\":0,\"group_name\":\"admin\",\"instigator\":%P,"
     "\"member\":{\"member_type\":0,\"member_value\":\"eve\"},\"node_name\":\"\\/Local\\/"
     "Default\"}",
     {"\"directory.group\":\"admin\"", "\"directory.member\":\"eve\"",
      "\"directory.node\":\"/Local/Default\"", "\"directory.error\":0"}},
    {"od_group_set",
     KIND_OD_GROUP_SET,
     "{\"group_name\":\"g\",\"members\":{\"member_array\":[\"a\",\"b\"],\"member_type\":0}}",
     {"\"directory.value\":[\"a\",\"b\"]", "\"directory.group\":\"g\""}},
    {"od_modify_password",
     KIND_OD_MODIFY_PASSWORD,
     "{\"account_name\":\"user1\",\"account_type\":0,\"error_code\":5301,\"instigator\":%P}",
     {"\"directory.record\":\"user1\"", "\"directory.error\":5301"}},
    {"od_create_user",
     KIND_OD_CREATE_USER,
     "{\"user_name\":\"eve\",\"error_code\":0}",
     {"\"directory.record\":\"eve\""}},
    {"od_delete_group",
     KIND_OD_DELETE_GROUP,
     "{\"group_name\":\"g\"}",
     {"\"directory.group\":\"g\""}},
    {"od_attribute_value_add",
     KIND_OD_ATTRIBUTE_ADD,
     "{\"attribute_name\":\"dsAttrTypeStandard:Alt\",\"attribute_value\":\"Kerberos:x\","
     "\"record_name\":\"mara\",\"record_type\":0}",
     {"\"directory.attribute\":\"dsAttrTypeStandard:Alt\"", "\"directory.record\":\"mara\"",
      "\"directory.value\":[\"Kerberos:x\"]"}},
    {"od_attribute_set",
     KIND_OD_ATTRIBUTE_SET,
     "{\"attribute_name\":\"directory_path\",\"attribute_value_count\":1,\"attribute_values\":"
     "[\"\\/Users\\/u\\/Public\"],\"record_type\":1}",
     {"\"directory.value\":[\"/Users/u/Public\"]"}},
    {"gatekeeper_user_override",
     KIND_GATEKEEPER_OVERRIDE,
     "{\"file_type\":1,\"file\":%F,\"sha256\":\"ABCD\",\"signing_info\":{\"cdhash\":\"AA\","
     "\"signing_id\":\"com.x\",\"team_id\":null}}",
     {"\"file.path\":\"/tmp/f\"", "\"file.hash.sha256\":\"abcd\"",
      "\"gatekeeper_user_override.signing_info.signing_id\":\"com.x\""}},
    {"gatekeeper_user_override",
     KIND_GATEKEEPER_OVERRIDE,
     "{\"file_type\":0,\"file\":\"\\/tmp\\/g\",\"sha256\":null,\"signing_info\":null}",
     {"\"file.path\":\"/tmp/g\""}},
    {"tcc_modify",
     KIND_TCC_MODIFY,
     "{\"service\":\"kTCCServiceAccessibility\",\"identity\":\"com.x\",\"identity_type\":0,"
     "\"update_type\":1,\"instigator\":%P,\"instigator_token\":%T,\"responsible\":%P,"
     "\"responsible_token\":%T,\"right\":2,\"reason\":3}",
     {"\"tcc.service\":\"kTCCServiceAccessibility\"", "\"tcc.identity\":\"com.x\"",
      "\"tcc.right\":\"allowed\"", "\"tcc.update\":\"create\"", "\"tcc.reason\":3",
      "\"process.responsible.executable\":\"/usr/bin/other\""}},
    {"tcc_modify",
     KIND_TCC_MODIFY,
     "{\"right\":99,\"update_type\":0}",
     {"\"tcc.right\":\"99\"", "\"tcc.update\":\"0\""}},
};

static void every_body_gives_its_fields_in_every_version(void **state)
{
    (void)state;
    static const int versions[] = {7, 9, 10, 11};
    struct reading *r = reading_new();
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        for (size_t v = 0; v < ARRAY_LEN(versions); v++) {
            struct buf b = {0};
            add_line(&b, versions[v], bodies[i].name, bodies[i].body);
            reading_take(r, buf_str(&b), FORMAT_AUTO);
            if (r->ev.kind != bodies[i].kind)
                fail_msg("%s is taken for %s", bodies[i].name, buf_cstr(&r->json));
            for (size_t k = 0; k < ARRAY_LEN(bodies[i].wants) && bodies[i].wants[k]; k++)
                assert_holds(r, bodies[i].wants[k]);
            assert_lacks(r, "SECRET");
            buf_done(&b);
        }
    }
    reading_free(r);
}

static void every_kind_of_the_table_is_recognised_by_its_name(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        if (kind_table[k].es.len == 0)
            continue;
        struct buf b = {0};
        buf_addf(&b, "{\"event\":{\"%.*s\":{}},\"process\":{}}", STR_FMT(kind_table[k].es));
        reading_take(r, buf_str(&b), FORMAT_AUTO);
        assert_int_equal(r->ev.kind, k);
        assert_true(str_eq(r->ev.category, kind_table[k].category));
        buf_done(&b);
    }
    reading_free(r);
}

static void an_event_nobody_knows_is_kept_whole(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    struct buf b = {0};
    add_line(&b, 11, "reserved_5", "{\"family\":2,\"remote\":{\"ip\":\"192.0.2.1\",\"port\":443}}");
    reading_take(r, buf_str(&b), FORMAT_AUTO);
    assert_int_equal(r->ev.kind, KIND_UNKNOWN);
    assert_holds(r, "\"reserved_5.family\":2");
    assert_holds(r, "\"reserved_5.remote.ip\":\"192.0.2.1\",\"reserved_5.remote.port\":443");
    assert_holds(r, "\"process.pid\":50");
    buf_done(&b);
    reading_free(r);
}

static void telemetry_of_jamf_protect_is_read_as_the_same_events(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(
        r,
        STR("{\"metadata\":{\"vendor\":\"Jamf\",\"product\":\"Jamf Protect\"},\"uuid\":\"U1\","
            "\"host\":{\"hostname\":\"mac\",\"ips\":[\"192.0.2.9\"]},\"glob_seq_num\":12,"
            "\"seq_num\":3,\"deadline\":0,\"version\":7,\"time\":\"2024-05-01T10:00:00.123Z\","
            "\"event_type\":94,\"event\":{\"cs_invalidate\":{}},\"process\":{\"audit_token\":"
            "{\"uuid\":\"T\",\"pid\":5,\"pidversion\":6,\"auid\":4294967295,\"euid\":0,\"ruid\":0,"
            "\"egid\":0,\"rgid\":0,\"asid\":1},\"ppid\":1,\"cdhash\":\"8ad4\",\"executable\":"
            "{\"path\":\"/x/y\",\"sha1\":\"aa\",\"sha256\":\"BB\"}}}"),
        FORMAT_AUTO);
    assert_int_equal(r->ev.kind, KIND_CS_INVALIDATED);
    assert_holds(r, "\"time\":\"2024-05-01T10:00:00.123000000Z\"");
    assert_holds(r, "\"event.sequence\":12");
    assert_holds(r, "\"process.hash.sha256\":\"bb\"");
    assert_holds(r, "\"process.signing.cdhash\":\"8ad4\"");
    assert_holds(r, "\"user.name\":\"root\"");
    assert_holds(r, "\"process.parent.pid\":1,\"process.parent.executable\":\"/sbin/launchd\"");
    assert_holds(r, "\"host.ips\":[\"192.0.2.9\"]");
    assert_holds(r, "\"metadata.vendor\":\"Jamf\"");
    assert_lacks(r, "process.audit_uid");
    reading_free(r);
}

static void members_of_the_wrong_type_are_left_out(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"event\":{\"exec\":{\"args\":\"no "
        "list\",\"target\":[],\"env\":{},\"cwd\":5,\"script\":[]}},"
        "\"event_type\":9,\"process\":[]}",
        "{\"event\":{\"exec\":{\"args\":[null,1,[2],{\"a\":3}],\"env\":[5,null],\"target\":"
        "{\"audit_token\":[\"x\",null],\"executable\":\"p\"}}},\"event_type\":\"x\",\"process\":"
        "{\"audit_token\":5}}",
        "{\"event\":{\"rename\":{\"destination\":[],\"source\":{\"path\":7}}},\"event_type\":25}",
        "{\"event\":{\"exec\":[]},\"event_type\":9}",
        "{\"event\":{\"mount\":{\"disposition\":\"x\",\"statfs\":null}},\"event_type\":22}",
        "{\"event\":{\"tcc_modify\":{\"right\":1e99,\"update_type\":{}}},\"event_type\":147}",
    };
    struct reading *r = reading_new();
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        reading_take(r, str_of(lines[i]), FORMAT_ESLOGGER);
        reading_take(r, str_of(lines[i]), FORMAT_AUTO);
    }
    reading_take(r, str_of(lines[1]), FORMAT_ESLOGGER);
    assert_str(event_str(&r->ev, F_COMMAND_LINE), "1 [2] {\"a\":3}");
    assert_false(event_has(&r->ev, F_PID));
    reading_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_envelope_is_read_in_every_version),
        cmocka_unit_test(an_exec_is_about_the_new_program),
        cmocka_unit_test(a_refused_exec_is_told_as_one),
        cmocka_unit_test(every_body_gives_its_fields_in_every_version),
        cmocka_unit_test(every_kind_of_the_table_is_recognised_by_its_name),
        cmocka_unit_test(an_event_nobody_knows_is_kept_whole),
        cmocka_unit_test(telemetry_of_jamf_protect_is_read_as_the_same_events),
        cmocka_unit_test(members_of_the_wrong_type_are_left_out),
    };
    return cmocka_run_group_tests_name("event/normalise_eslogger", tests, NULL, NULL);
}
