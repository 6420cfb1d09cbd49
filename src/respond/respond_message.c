/* The action message: from arguments to message.h. */
#include "respond/message.h"
#include "respond/respond.h"

static struct str text_of(const json_t *args, const char *key)
{
    const json_t *value = json_object_get(args, key);
    return str_n(json_string_value(value), json_string_length(value));
}

static int check(const json_t *args, struct err *err)
{
    (void)args; /* the row says it all */
    (void)err;
    return 0;
}

static int run(const struct respond_env *env, const json_t *args, json_t *result, struct err *err)
{
    (void)env;
    struct message_report report = {0};
    int rc = message_show(text_of(args, "title"), text_of(args, "text"), &report, err);
    json_t *shown = json_array();
    for (uint32_t i = 0; i < report.shown_len; i++)
        (void)json_array_append_new(shown, json_pack("{s:s,s:s}", "user", report.shown[i].user,
                                                     "where", report.shown[i].where));
    (void)json_object_set_new(result, "shown", shown);
    (void)json_object_set_new(result, "failed", json_integer(report.failed));
    return rc;
}

const struct respond_handler message_handler = {ACTION_MESSAGE, check, run};
