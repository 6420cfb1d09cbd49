/* The eslogger sensor's options and command line. See eslogger_args.h. */
#include "sensor/eslogger_args.h"

#include <sys/wait.h>

#include "base/timefmt.h"
#include "os/proc.h"
#include "schema/param.h"
#include "sensor/option.h"

#define LIST_TIMEOUT_MS 10000
#define LIST_BYTES      65536

/* open, write, close, stat, lookup, access and their like are left out: thousands a second. Changes
 * of the user are few: system programs that start others as somebody else, sudo, sshd. A private su
 * tells of itself by them alone. */
const char *const eslogger_base_events =
    "exec,fork,exit,create,rename,unlink,link,clone,copyfile,setextattr,deleteextattr,setmode,"
    "setowner,setflags,setuid,seteuid,setreuid,mount,unmount,signal,kextload,trace,get_task,"
    "remote_thread_create,cs_invalidated,btm_launch_item_add,btm_launch_item_remove,"
    "xp_malware_detected,xp_malware_remediated,gatekeeper_user_override,tcc_modify,profile_add,"
    "profile_remove,od_group_add,od_group_remove,od_group_set,od_modify_password,od_disable_user,"
    "od_enable_user,od_attribute_value_add,od_attribute_value_remove,od_attribute_set,"
    "od_create_user,od_create_group,od_delete_user,od_delete_group,su,sudo,authentication,"
    "openssh_login,openssh_logout,login_login,login_logout,lw_session_login,lw_session_logout,"
    "lw_session_lock,lw_session_unlock,screensharing_attach,screensharing_detach,"
    "authorization_petition,authorization_judgement,pty_grant";

struct options {
    struct str command;
    struct str events;
    bool list_events;
};

static int add(struct eslogger_args *a, struct str text, struct err *err)
{
    if (a->argv_len == ESLOGGER_ARGS_MAX)
        return err_set(err, E_LIMIT, "more than %d arguments for eslogger", ESLOGGER_ARGS_MAX);
    const char *copy = arena_cstr(&a->arena, text);
    if (!copy)
        return err_set(err, E_NOMEM, "out of memory");
    a->argv[a->argv_len++] = copy;
    a->argv[a->argv_len] = NULL;
    return 0;
}

static bool listed_has(struct str listed, struct str name)
{
    struct str line;
    while (str_next(&listed, '\n', &line)) {
        if (str_eq(str_trim(line), name))
            return true;
    }
    return false;
}

int eslogger_args_add_events(struct eslogger_args *a, struct str wanted, struct str listed,
                             struct err *err)
{
    struct str name;
    while (str_next(&wanted, ',', &name)) {
        name = str_trim(name);
        if (name.len == 0)
            continue;
        if (listed.len && !listed_has(listed, name)) {
            a->unknown_events++;
            continue;
        }
        int rc = add(a, name, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int read_responsible(struct eslogger_args *a, const struct option *o, struct err *err)
{
    if (str_is(o->value, "auto"))
        a->responsible = ESLOGGER_AUTO;
    else if (str_is(o->value, "agent"))
        a->responsible = ESLOGGER_BY_AGENT;
    else if (str_is(o->value, "eslogger"))
        a->responsible = ESLOGGER_BY_ITSELF;
    else
        return err_set(err, E_ARG, "responsible is '%.*s', expected auto, agent or eslogger",
                       STR_FMT(o->value));
    return 0;
}

/* Everything but `events`, which goes last on the command line. */
static int read_option(struct eslogger_args *a, const struct option *o, struct options *out,
                       struct err *err)
{
    if (str_is(o->key, "command"))
        return 0; /* read before, as argv[0] */
    if (str_is(o->key, "arg"))
        return add(a, o->value, err);
    if (str_is(o->key, "events")) {
        out->events = o->value;
        return 0;
    }
    if (str_is(o->key, "responsible"))
        return read_responsible(a, o, err);
    if (str_is(o->key, "list_events"))
        return option_bool(o, &out->list_events, err);
    if (str_is(o->key, "restart"))
        return option_ms(o, &a->restart_ms, err);
    if (str_is(o->key, "restart_most"))
        return option_ms(o, &a->restart_most_ms, err);
    if (str_is(o->key, "healthy"))
        return option_ms(o, &a->healthy_ms, err);
    return option_unknown(o, "eslogger",
                          "command, arg, events, responsible, list_events, restart, restart_most, "
                          "healthy",
                          err);
}

static int read_options(struct eslogger_args *a, struct str config, struct options *out,
                        struct err *err)
{
    struct option o;
    for (struct str rest = config; option_next(&rest, &o);) {
        if (str_is(o.key, "command")) {
            out->command = o.value;
            out->list_events = false;
        }
    }
    if (out->command.len == 0 || out->command.ptr[0] != '/')
        return err_set(err, E_ARG, "command is '%.*s', expected an absolute path",
                       STR_FMT(out->command));
    int rc = add(a, out->command, err);
    for (struct str rest = config; rc == 0 && option_next(&rest, &o);)
        rc = read_option(a, &o, out, err);
    return rc;
}

static int ask_events(const char *program, struct buf *listed, struct err *err)
{
    CLEANUP(buf_done) struct buf errors = {0};
    const char *argv[] = {program, "--list-events", NULL};
    int status = 0;
    int rc =
        proc_run(argv, (struct str){0}, LIST_TIMEOUT_MS, LIST_BYTES, listed, &errors, &status, err);
    if (rc == E_NOMEM)
        return rc;
    if (rc == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        rc = err_set(err, E_UNSUPPORTED, "it failed: %.*s", STR_FMT(str_trim(buf_str(&errors))));
    if (rc) {
        err_prefix(err, "%s --list-events", program);
        return E_UNSUPPORTED;
    }
    return 0;
}

int eslogger_args_init(struct eslogger_args *a, struct str config, struct err *err)
{
    *a = (struct eslogger_args){
        .restart_ms = param_default(PARAM_SENSOR_RESTART_MS),
        .restart_most_ms = param_default(PARAM_SENSOR_RESTART_MOST_MS),
        .healthy_ms = param_default(PARAM_SENSOR_HEALTHY_MS),
    };
    CLEANUP(buf_done) struct buf listed = {0};
    struct options out = {
        .command = STR("/usr/bin/eslogger"),
        .events = str_of(eslogger_base_events),
        .list_events = true,
    };
    int rc = read_options(a, config, &out, err);
    if (rc == 0 && out.list_events)
        rc = ask_events(a->argv[0], &listed, err);
    size_t before = a->argv_len;
    bool lists_nothing = out.list_events && str_trim(buf_str(&listed)).len == 0;
    if (rc == 0 && !lists_nothing)
        rc = eslogger_args_add_events(a, out.events, buf_str(&listed), err);
    if (rc == 0 && out.list_events && a->argv_len == before)
        rc = err_set(err, E_UNSUPPORTED, "%s knows none of the wanted events", a->argv[0]);
    if (rc)
        eslogger_args_done(a);
    return rc;
}

void eslogger_args_done(struct eslogger_args *a)
{
    arena_done(&a->arena);
}
