/* The action kill: from arguments to kill.h. */
#include "os/proc.h"
#include "respond/kill.h"
#include "respond/respond.h"

static int check(const json_t *args, struct err *err)
{
    (void)args; /* the row says it all */
    (void)err;
    return 0;
}

/* A process of an earlier boot is gone; its pid may be anybody's now. */
static int check_boot(const json_t *args, struct err *err)
{
    CLEANUP(buf_done) struct buf boot = {0};
    int rc = proc_boot_id(&boot, err);
    if (rc)
        return rc;
    const char *asked = json_string_value(json_object_get(args, "boot"));
    if (!asked || !str_eq_nocase(str_trim(buf_str(&boot)), str_of(asked)))
        return err_set(err, E_STATE, "the order is for a process of another boot");
    return 0;
}

static void add_report(const struct kill_report *r, json_t *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->len; i++) {
        const struct kill_entry *e = &r->entries[i];
        /* A path need not be UTF-8; jansson then makes no value and the member stays away. */
        json_t *one =
            json_pack("{s:i,s:I,s:s}", "pid", (int)e->pid, "generation", (json_int_t)e->generation,
                      "outcome", kill_outcome_name(e->outcome));
        if (e->executable[0])
            (void)json_object_set_new(one, "executable", json_string(e->executable));
        (void)json_array_append_new(list, one);
    }
    (void)json_object_set_new(result, "processes", list);
    (void)json_object_set_new(result, "already_gone", json_boolean(r->already_gone));
    if (r->cut)
        (void)json_object_set_new(result, "cut", json_true());
}

static int run(const struct respond_env *env, const json_t *args, json_t *result, struct err *err)
{
    struct kill_order o = {
        .pid = (pid_t)json_integer_value(json_object_get(args, "pid")),
        .generation = (uint64_t)json_integer_value(json_object_get(args, "generation")),
        .tree = json_is_true(json_object_get(args, "tree")),
        .own_root = env->own_root,
    };
    struct kill_report report = {0};
    int rc = check_boot(args, err);
    if (rc)
        return rc;
    rc = kill_run(&o, &report, err);
    if (rc == 0 || report.len)
        add_report(&report, result);
    kill_report_done(&report);
    return rc;
}

const struct respond_handler kill_handler = {ACTION_KILL, check, run};
