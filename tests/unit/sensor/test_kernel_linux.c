/* The linux sensor against the running kernel: real programs, their records compared exactly. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/timefmt.h"
#include "os/proc.h"
#include "unit/sensor/sink.h"

enum { SOMEBODY = 12345 };

static char *folder;
static bool privileged; /* the kernel lets us have everything */

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(access("/dev/shm", W_OK), 0);
    assert_int_equal(setenv("TMPDIR", "/dev/shm", 1), 0);
    char *made = test_tmpdir();
    folder = realpath(made, NULL);
    free(made);
    assert_non_null(folder);
    assert_int_equal(chmod(folder, 0777), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_tmpdir_remove(folder);
    return 0;
}

static int find_out(void **state)
{
    (void)state;
    struct sink k;
    sink_open(&k, "linux", "watch=/tmp\n");
    sink_start(&k);
    privileged = sink_health(&k).tier == TIER_KERNEL;
    if (!privileged)
        print_message("%s\n", sink_health(&k).text);
    sink_close(&k);
    return 0;
}

#define SKIP_WITHOUT_PRIVILEGE()                                                                   \
    do {                                                                                           \
        if (!privileged) {                                                                         \
            print_message("skipped: needs root with CAP_NET_ADMIN and CAP_SYS_ADMIN\n");           \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

/* ------------------------------------------------------------------ records */

/* The first record of a kind and pid, or NULL. A new reference. */
static json_t *find(struct sink *k, const char *kind, pid_t pid)
{
    struct str rest = buf_str(&k->text), line;
    while (str_next(&rest, '\n', &line)) {
        json_t *r = json_loadb(line.ptr, line.len, 0, NULL);
        assert_non_null(r);
        const char *is = json_string_value(json_object_get(r, "kind"));
        if (strcmp(is, kind) == 0 &&
            json_integer_value(json_object_get(r, "process.pid")) == (json_int_t)pid)
            return r;
        json_decref(r);
    }
    return NULL;
}

static const char *awaited_kind;
static pid_t awaited_pid;

static bool has_come(struct sink *k)
{
    json_t *r = find(k, awaited_kind, awaited_pid);
    json_decref(r);
    return r != NULL;
}

static json_t *await(struct sink *k, const char *kind, pid_t pid)
{
    awaited_kind = kind;
    awaited_pid = pid;
    sink_wait(k, has_come);
    return find(k, kind, pid);
}

static void assert_text(json_t *r, const char *field, const char *value)
{
    const char *got = json_string_value(json_object_get(r, field));
    if (!got || strcmp(got, value) != 0) {
        print_error("%s is \"%s\", expected \"%s\"\n", field, got ? got : "(absent)", value);
        fail();
    }
}

static void assert_number(json_t *r, const char *field, int64_t value)
{
    json_t *got = json_object_get(r, field);
    if (!json_is_integer(got) || json_integer_value(got) != value) {
        print_error("%s is %lld, expected %lld\n", field, (long long)json_integer_value(got),
                    (long long)value);
        fail();
    }
}

static void assert_time_near(json_t *r, const char *field, int64_t ns)
{
    int64_t got;
    const char *text = json_string_value(json_object_get(r, field));
    assert_non_null(text);
    assert_ok(timefmt_parse(str_of(text), &got));
    assert_true(got > ns - 60 * NS_PER_S && got < ns + 60 * NS_PER_S);
}

/* ------------------------------------------------------------------ processes */

struct child {
    pid_t pid;
    int go; /* closing it lets the child go on */
};

/* A shell that waits until told, then ends with status 7. */
static struct child start_shell(uid_t uid)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (dup2(fds[0], 0) < 0 || chdir(folder) != 0 || setsid() < 0 ||
            (uid && (setgid(uid) != 0 || setuid(uid) != 0)))
            _exit(99);
        (void)execl("/bin/sh", "sh", "-c", "read line; exit 7", "an argument", "", "\"quoted\"",
                    (char *)NULL);
        _exit(98);
    }
    (void)close(fds[0]);
    return (struct child){pid, fds[1]};
}

static void let_go(struct child *c)
{
    int status = 0;
    (void)close(c->go);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    assert_int_equal(WEXITSTATUS(status), 7);
}

static void a_program_is_told_with_exact_details(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k;
    char shell[4096], self[4096] = {0};
    uint64_t start = 0, own_start = 0;
    assert_non_null(realpath("/bin/sh", shell));
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    assert_ok(proc_start_time(getpid(), &own_start));
    sink_open(&k, "linux", "");
    sink_start(&k);
    struct child c = start_shell(SOMEBODY);
    int64_t now = clock_wall_ns();
    json_t *r = await(&k, "exec", c.pid);
    assert_ok(proc_start_time(c.pid, &start));
    assert_text(r, "product", "linux");
    assert_text(r, "category", "process_creation");
    assert_time_near(r, "time", now);
    assert_time_near(r, "process.start", now);
    assert_number(r, "process.pidversion", (int64_t)start);
    assert_text(r, "process.executable", shell);
    assert_text(r, "process.name", strrchr(shell, '/') + 1);
    assert_text(r, "process.command_line", "sh -c read line; exit 7 an argument  \"quoted\"");
    assert_text(r, "process.working_directory", folder);
    assert_number(r, "process.uid", SOMEBODY);
    assert_number(r, "process.real_uid", SOMEBODY);
    assert_number(r, "process.gid", SOMEBODY);
    assert_number(r, "process.group_id", c.pid);
    assert_number(r, "process.session_id", c.pid);
    assert_number(r, "process.parent.pid", getpid());
    assert_number(r, "process.parent.pidversion", (int64_t)own_start);
    assert_text(r, "process.parent.executable", self);
    assert_text(r, "process.parent.name", "unit_sensor_test_kernel_linux");
    assert_null(json_object_get(r, "process.tty"));
    assert_null(json_object_get(r, "sensor.text"));
    json_t *args = json_pack("[s,s,s,s,s,s]", "sh", "-c", "read line; exit 7", "an argument", "",
                             "\"quoted\"");
    assert_true(json_equal(args, json_object_get(r, "process.args")));
    json_decref(args);
    json_decref(r);
    r = find(&k, "fork", getpid());
    assert_non_null(r);
    assert_number(r, "target.process.pid", c.pid);
    assert_number(r, "target.process.pidversion", (int64_t)start);
    assert_text(r, "target.process.executable", self);
    assert_text(r, "process.executable", self);
    assert_number(r, "process.pidversion", (int64_t)own_start);
    assert_number(r, "process.parent.pid", getppid());
    json_decref(r);
    r = await(&k, "setuid", c.pid);
    assert_number(r, "process.uid", SOMEBODY);
    assert_number(r, "process.real_uid", SOMEBODY);
    json_decref(r);
    let_go(&c);
    r = await(&k, "exit", c.pid);
    assert_number(r, "process.exit_status", 7 << 8);
    assert_text(r, "process.executable", shell);
    assert_number(r, "process.pidversion", (int64_t)start);
    assert_number(r, "process.parent.pid", getpid());
    assert_text(r, "category", "process_termination");
    json_decref(r);
    assert_int_equal(sink_health(&k).tier, TIER_KERNEL);
    assert_string_equal(sink_health(&k).text, "");
    sink_close(&k);
}

static void a_program_that_ended_at_once_is_told_with_what_is_known(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k;
    sink_open(&k, "linux", "fork=no\n");
    sink_start(&k);
    struct child c = start_shell(0);
    let_go(&c); /* before the sensor has its turn */
    json_t *r = await(&k, "exit", c.pid);
    assert_number(r, "process.exit_status", 7 << 8);
    json_decref(r);
    r = find(&k, "exec", c.pid);
    assert_non_null(r);
    assert_text(r, "sensor.text", "the process ended before its details were read");
    assert_number(r, "process.parent.pid", getpid());
    assert_number(r, "process.uid", 0);
    assert_null(json_object_get(r, "process.executable"));
    json_decref(r);
    assert_null(find(&k, "fork", getpid()));
    sink_close(&k);
}

/* Wait until the process runs the program of this name. */
static void await_program(pid_t pid, const char *name)
{
    char path[64];
    char comm[32] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    for (int64_t end = clock_mono_ms() + SINK_PATIENCE_MS; clock_mono_ms() < end;) {
        FILE *f = fopen(path, "re");
        assert_non_null(f);
        bool read = fgets(comm, sizeof comm, f) != NULL;
        (void)fclose(f);
        comm[strcspn(comm, "\n")] = '\0';
        if (read && strcmp(comm, name) == 0)
            return;
        (void)usleep(1000);
    }
    fail_msg("process %d is %s, expected %s", (int)pid, comm, name);
}

static bool awaited_has_a_flaw(struct sink *k)
{
    return str_find(buf_str(&k->text), STR("was replaced before its details")) != SIZE_MAX &&
           has_come(k);
}

static void a_program_that_replaced_itself_at_once_is_marked(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k;
    int fds[2];
    sink_open(&k, "linux", "fork=no\n");
    sink_start(&k);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (dup2(fds[0], 0) >= 0)
            (void)execl("/bin/sh", "sh", "-c", "exec cat", (char *)NULL);
        _exit(98);
    }
    await_program(pid, "cat"); /* the sensor has had no turn so far */
    awaited_kind = "exec";
    awaited_pid = pid;
    sink_wait(&k, awaited_has_a_flaw);
    json_t *r = find(&k, "exec", pid);
    assert_text(r, "process.name", "cat"); /* the shell's record: it could not be told apart */
    assert_null(json_object_get(r, "sensor.text"));
    json_decref(r);
    (void)close(fds[0]);
    (void)close(fds[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    sink_close(&k);
}

static void a_program_killed_by_a_signal_says_so(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k;
    sink_open(&k, "linux", "");
    sink_start(&k);
    struct child c = start_shell(0);
    json_decref(await(&k, "exec", c.pid));
    assert_int_equal(kill(c.pid, SIGKILL), 0);
    json_t *r = await(&k, "exit", c.pid);
    assert_number(r, "process.exit_status", SIGKILL);
    json_decref(r);
    (void)close(c.go);
    assert_int_equal(waitpid(c.pid, NULL, 0), c.pid);
    sink_close(&k);
}

static void a_removed_program_keeps_its_name(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k;
    char copy[512], command[2048];
    sink_open(&k, "linux", "");
    sink_start(&k);
    (void)snprintf(copy, sizeof copy, "%s/vanishing", folder);
    (void)snprintf(command, sizeof command, "cp /bin/sleep %s", copy);
    assert_int_equal(system(command), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl(copy, copy, "1000", (char *)NULL);
        _exit(98);
    }
    char link[64], target[512] = "";
    (void)snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
    for (unsigned i = 0; i < 10000 && !strstr(target, "vanishing"); i++) {
        ssize_t n = readlink(link, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        (void)usleep(1000);
    }
    assert_int_equal(unlink(copy), 0);
    json_t *r = await(&k, "exec", pid);
    assert_text(r, "process.executable", copy);
    json_decref(r);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    sink_close(&k);
}

/* ------------------------------------------------------------------ files */

/* The records of files below the test's folder, kind and path relative to it, in order. */
static void file_history(struct sink *k, struct buf *out)
{
    struct str rest = buf_str(&k->text), line;
    while (str_next(&rest, '\n', &line)) {
        json_t *r = json_loadb(line.ptr, line.len, 0, NULL);
        const char *path = json_string_value(json_object_get(r, "file.path"));
        const char *source = json_string_value(json_object_get(r, "file.source_path"));
        size_t skip_bytes = strlen(folder) + 1;
        if (path && strncmp(path, folder, strlen(folder)) == 0) {
            buf_addf(out, "%s %s", json_string_value(json_object_get(r, "kind")),
                     path + skip_bytes);
            if (source)
                buf_addf(out, " from %s", source + skip_bytes);
            buf_add_char(out, '\n');
        }
        json_decref(r);
    }
}

static const char *awaited_line;

static bool history_has(struct sink *k)
{
    CLEANUP(buf_done) struct buf text = {0};
    file_history(k, &text);
    return str_find(buf_str(&text), str_of(awaited_line)) != SIZE_MAX;
}

static void write_file(const char *name)
{
    char path[512];
    sink_script(folder, name, "content\n", path);
}

static void open_watching(struct sink *k, pid_t own)
{
    char config[1024];
    (void)snprintf(config, sizeof config, "watch=%s\nown=%d\n", folder, (int)own);
    sink_open(k, "linux", config);
    sink_start(k);
}

static void files_are_told_with_names_and_who_did_it(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k;
    char a[512], b[512], sub[512], self[4096] = {0};
    open_watching(&k, 1 << 30);
    (void)snprintf(a, sizeof a, "%s/a", folder);
    (void)snprintf(sub, sizeof sub, "%s/sub", folder);
    (void)snprintf(b, sizeof b, "%s/sub/b \"quoted\"\n", folder);
    assert_int_equal(mkdir(sub, 0700), 0);
    write_file("a");
    assert_int_equal(rename(a, b), 0);
    assert_int_equal(unlink(b), 0);
    write_file("last");
    awaited_line = "close last\n";
    sink_wait(&k, history_has);
    CLEANUP(buf_done) struct buf text = {0};
    file_history(&k, &text);
    assert_str(buf_str(&text), "create sub\n"
                               "create a\n"
                               "close a\n"
                               "rename sub/b \"quoted\"\n from a\n"
                               "unlink sub/b \"quoted\"\n\n"
                               "create last\n"
                               "close last\n");
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    json_t *r = find(&k, "rename", getpid());
    assert_non_null(r);
    assert_text(r, "process.executable", self);
    assert_text(r, "file.name", "b \"quoted\"\n");
    assert_text(r, "file.source_path", a);
    assert_text(r, "category", "file_rename");
    assert_number(r, "process.uid", 0);
    assert_time_near(r, "time", clock_wall_ns());
    json_decref(r);
    r = find(&k, "close", getpid());
    assert_true(json_is_true(json_object_get(r, "file.modified")));
    json_decref(r);
    sink_close(&k);
}

static void files_moved_across_the_border_are_told_with_both_paths(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k;
    char *outside = test_tmpdir();
    char in[512], out[512];
    open_watching(&k, 1 << 30);
    (void)snprintf(in, sizeof in, "%s/moved", folder);
    (void)snprintf(out, sizeof out, "%s/moved", outside);
    write_file("moved");
    assert_int_equal(rename(in, out), 0);
    assert_int_equal(rename(out, in), 0);
    write_file("last");
    awaited_line = "close last\n";
    sink_wait(&k, history_has);
    char expected[2048];
    (void)snprintf(expected, sizeof expected,
                   "\"file.path\":\"%s\",\"file.name\":\"moved\","
                   "\"file.source_path\":\"%s\"",
                   out, in);
    assert_true(sink_saw(&k, expected));
    (void)snprintf(expected, sizeof expected,
                   "\"file.path\":\"%s\",\"file.name\":\"moved\","
                   "\"file.source_path\":\"%s\"",
                   in, out);
    assert_true(sink_saw(&k, expected));
    test_tmpdir_remove(outside);
    sink_close(&k);
}

static void the_agents_own_writing_is_not_told(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k;
    char command[1024];
    open_watching(&k, getpid());
    write_file("mine");
    (void)snprintf(command, sizeof command, "echo x > %s/child; (echo x > %s/grandchild &)", folder,
                   folder);
    assert_int_equal(system(command), 0);
    /* An outsider's file comes after all of that. */
    (void)snprintf(command, sizeof command, "%s/outsider", folder);
    struct child c = start_shell(0);
    json_decref(await(&k, "exec", c.pid));
    assert_false(sink_saw(&k, "file.path"));
    let_go(&c);
    json_decref(await(&k, "exit", c.pid));
    CLEANUP(buf_done) struct buf text = {0};
    file_history(&k, &text);
    assert_int_equal(text.len, 0);
    sink_close(&k);
}

static bool overflowed(struct sink *k)
{
    return strstr(sink_health(k).text, "queue of file events was full") != NULL;
}

static void a_full_queue_of_file_events_is_counted_as_loss(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k;
    char path[512];
    FILE *f = fopen("/proc/sys/fs/fanotify/max_queued_events", "r");
    int most = 0;
    if (f && fscanf(f, "%d", &most) != 1)
        most = 0;
    if (f)
        (void)fclose(f);
    if (most <= 0 || most > 20000) {
        print_message("skipped: the queue holds %d events\n", most);
        skip();
    }
    open_watching(&k, 1 << 30);
    for (int i = 0; i < most + 100; i++) {
        (void)snprintf(path, sizeof path, "%s/%d", folder, i);
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        (void)close(fd);
    }
    sink_wait(&k, overflowed);
    assert_true(sink_health(&k).lost >= 1);
    sink_close(&k);
}

/* ------------------------------------------------------------------ privileges, namespaces */

static void opened_first_it_goes_on_receiving_in_a_network_namespace(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k, inside;
    sink_open(&k, "linux", "");
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    assert_true(home >= 0);
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    sink_start(&k);
    struct child c = start_shell(0);
    json_decref(await(&k, "exec", c.pid));
    sink_open(&inside, "linux", "poll=1ms\n");
    sink_start(&inside);
    assert_int_equal(setns(home, CLONE_NEWNET), 0);
    (void)close(home);
    struct sensor_health h = sink_health(&inside);
    assert_int_equal(h.tier, TIER_DEGRADED);
    assert_non_null(strstr(h.text, "network namespace"));
    /* It polls instead. */
    struct child seen = start_shell(0);
    json_decref(await(&inside, "exec", seen.pid));
    let_go(&seen);
    json_decref(await(&inside, "exit", seen.pid));
    sink_close(&inside);
    let_go(&c);
    json_decref(await(&k, "exit", c.pid));
    sink_close(&k);
}

static void without_privileges_it_polls_and_says_what_is_missing(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: needs root to give privileges up\n");
        skip();
    }
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct sink k;
        if (setgid(SOMEBODY) != 0 || setuid(SOMEBODY) != 0)
            _exit(1);
        sink_open(&k, "linux", "watch=/tmp\npoll=1ms\n");
        sink_start(&k);
        struct sensor_health h = sink_health(&k);
        /* Since Linux 6.6 the notifications are for everybody. */
        bool polls = strstr(h.text, "polled") != NULL;
        bool said = h.tier == TIER_DEGRADED && strstr(h.text, "CAP_SYS_ADMIN") &&
                    polls == (strstr(h.text, "CAP_NET_ADMIN") != NULL);
        struct child c = start_shell(0);
        json_t *r = await(&k, "exec", c.pid);
        bool saw = json_integer_value(json_object_get(r, "process.uid")) == SOMEBODY;
        json_decref(r);
        let_go(&c);
        json_decref(await(&k, "exit", c.pid));
        sink_close(&k);
        _exit(said && saw ? 0 : 2);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void inside_a_pid_namespace_it_says_so(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (unshare(CLONE_NEWPID) != 0)
            _exit(1);
        pid_t first = fork();
        if (first == 0) {
            struct sink k;
            sink_open(&k, "linux", "");
            sink_start(&k);
            bool said = strstr(sink_health(&k).text, "inside a pid or user namespace") != NULL;
            sink_close(&k);
            _exit(said ? 0 : 2);
        }
        int inner = -1;
        _exit(waitpid(first, &inner, 0) == first && inner == 0 ? 0 : 3);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static bool lost_fork_exec_and_exit(struct sink *k)
{
    return sink_health(k).lost >= 3;
}

static void what_happens_while_paused_is_counted(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k;
    sink_open(&k, "linux", "");
    sink_start(&k);
    k.v->pause(k.s, true);
    struct child c = start_shell(0);
    let_go(&c);
    sink_wait(&k, lost_fork_exec_and_exit);
    assert_int_equal(k.count, 0);
    k.v->pause(k.s, false);
    assert_true(sink_saw(&k, "{\"kind\":\"sensor\""));
    assert_true(sink_saw(&k, "\"product\":\"linux\",\"sensor.lost\":"));
    struct child after = start_shell(0);
    json_decref(await(&k, "exec", after.pid));
    assert_null(find(&k, "exec", c.pid));
    let_go(&after);
    sink_close(&k);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        const char *says;
    } cases[] = {
        {"watch=etc\n", "absolute path"},
        {"watch=\n", "absolute path"},
        {"own=0\n", "process id"},
        {"own=self\n", "process id"},
        {"fork=often\n", "fork is 'often'"},
        {"poll=0s\n", "duration"},
        {"colour=red\n", "no option 'colour'"},
    };
    const struct sensor_vtable *v = sensor_find(STR("linux"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sensor *s = NULL;
        struct err err = {0};
        assert_int_equal(v->open(str_of(cases[i].config), &s, &err), E_ARG);
        assert_null(s);
        assert_non_null(strstr(err.message, cases[i].says));
    }
}

static void a_folder_that_is_not_there_leaves_the_rest_working(void **state)
{
    (void)state;
    SKIP_WITHOUT_PRIVILEGE();
    struct sink k;
    sink_open(&k, "linux", "watch=/nonexistent/folder\n");
    sink_start(&k);
    struct sensor_health h = sink_health(&k);
    assert_int_equal(h.tier, TIER_DEGRADED);
    assert_non_null(strstr(h.text, "file events are missing: cannot watch /nonexistent/folder"));
    struct child c = start_shell(0);
    json_decref(await(&k, "exec", c.pid));
    let_go(&c);
    sink_close(&k);
}

static int open_once(void *context)
{
    (void)context;
    const struct sensor_vtable *v = sensor_find(STR("linux"));
    struct sensor *s = NULL;
    int rc = v->open(STR("watch=/tmp\n"), &s, NULL);
    if (rc == 0)
        v->close(s);
    return rc;
}

static void open_survives_every_allocation_failure(void **state)
{
    (void)state;
    test_every_allocation_fails(open_once, NULL, 50);
}

int main(void)
{
#define LINUX_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        LINUX_TEST(a_program_is_told_with_exact_details),
        LINUX_TEST(a_program_that_ended_at_once_is_told_with_what_is_known),
        LINUX_TEST(a_program_that_replaced_itself_at_once_is_marked),
        LINUX_TEST(a_program_killed_by_a_signal_says_so),
        LINUX_TEST(a_removed_program_keeps_its_name),
        LINUX_TEST(files_are_told_with_names_and_who_did_it),
        LINUX_TEST(files_moved_across_the_border_are_told_with_both_paths),
        LINUX_TEST(the_agents_own_writing_is_not_told),
        LINUX_TEST(a_full_queue_of_file_events_is_counted_as_loss),
        LINUX_TEST(opened_first_it_goes_on_receiving_in_a_network_namespace),
        LINUX_TEST(without_privileges_it_polls_and_says_what_is_missing),
        LINUX_TEST(inside_a_pid_namespace_it_says_so),
        LINUX_TEST(what_happens_while_paused_is_counted),
        LINUX_TEST(bad_options_are_refused),
        LINUX_TEST(a_folder_that_is_not_there_leaves_the_rest_working),
        LINUX_TEST(open_survives_every_allocation_failure),
    };
    return cmocka_run_group_tests(tests, find_out, NULL);
}
