/* The table of actions and their way from JSON to JSON. See respond.h. */
#include "respond/respond.h"

#include "proto/action_args.h"
#include "proto/json_in.h"
#include "schema/param.h"

const struct respond_handler *const respond_table[] = {
    &isolate_handler, &release_handler, &kill_handler, &message_handler, NULL,
};

const struct respond_handler *respond_find(struct str action)
{
    for (size_t i = 0; respond_table[i]; i++) {
        if (str_eq(action_table[respond_table[i]->action].name, action))
            return respond_table[i];
    }
    return NULL;
}

/* Check against the row what the requester wrote; "lifeline" was added by the server's signer. */
static int check_row(const struct action_row *row, json_t *args, struct err *err)
{
    json_t *written CLEANUP(json_in_freep) = json_copy(args);
    if (written && row->desired_state)
        (void)json_object_del(written, "lifeline");
    char *text = written ? json_dumps(written, JSON_COMPACT) : NULL;
    if (!text)
        return err_set(err, E_NOMEM, "out of memory");
    int rc = action_args_check(row, str_of(text), err);
    free(text);
    return rc;
}

static int read_args(const struct respond_handler *h, struct str args_json, json_t **ret_args,
                     struct err *err)
{
    json_t *args CLEANUP(json_in_freep) = NULL;
    int rc = json_in_object(args_json.len ? args_json : STR("{}"),
                            (size_t)param_default(PARAM_COMMAND_ARGS_BYTES), &args, err);
    if (rc == 0)
        rc = check_row(&action_table[h->action], args, err);
    if (rc == 0)
        rc = h->check(args, err);
    if (rc)
        return rc;
    *ret_args = TAKE(args);
    return 0;
}

static int find(struct str action, const struct respond_handler **ret_handler, struct err *err)
{
    *ret_handler = respond_find(action);
    if (!*ret_handler)
        return err_set(err, E_NOT_FOUND, "this agent has no action '%.*s'",
                       STR_FMT(str_sub(action, 0, 64)));
    return 0;
}

int respond_check(struct str action, struct str args_json, struct err *err)
{
    json_t *args CLEANUP(json_in_freep) = NULL;
    const struct respond_handler *h;
    int rc = find(action, &h, err);
    return rc ? rc : read_args(h, args_json, &args, err);
}

static int add_result(struct buf *out, const json_t *result, struct err *err)
{
    char *text = json_dumps(result, JSON_COMPACT);
    if (text)
        buf_add_cstr(out, text);
    free(text);
    return text && buf_check(out) == 0 ? 0 : err_set(err, E_NOMEM, "out of memory");
}

int respond_run(const struct respond_env *env, struct str action, struct str args_json,
                struct buf *result, struct err *err)
{
    json_t *args CLEANUP(json_in_freep) = NULL;
    json_t *done CLEANUP(json_in_freep) = json_object();
    const struct respond_handler *h;
    if (!done)
        return err_set(err, E_NOMEM, "out of memory");
    int rc = find(action, &h, err);
    if (rc == 0)
        rc = read_args(h, args_json, &args, err);
    if (rc == 0)
        rc = h->run(env, args, done, err);
    int written = add_result(result, done, rc ? NULL : err);
    return rc ? rc : written;
}
