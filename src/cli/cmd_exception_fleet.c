/* `cordon exception list|add|remove`: the exceptions that devices get from their server. */
#include "cli/api.h"
#include "cli/cmd_exception.h"
#include "cli/listing.h"
#include "cli/view.h"
#include "codec/yaml.h"
#include "os/file.h"

const struct opt_row cmd_exception_list_rows[] = {
    {"state", 0, OPT_CHOICE, "live|expired|removed|any", "in force, or what was", 0, 0},
    {"search", 0, OPT_TEXT, "TEXT", "only with this in id or reason", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};
const struct opt_row cmd_exception_remove_rows[] = {
    {"reason", 0, OPT_TEXT, "TEXT", "why", 0, 0},
    OPT_END,
};

int cmd_exception_list(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const struct view_column columns[] = {
        {"ID", "value"},
        {"HIDDEN", "hidden"},
        {"RULES", "exception.rules"},
        {"TAGS", "exception.tags"},
        {"WHEN", "exception.when"},
        {"EXPIRES", "expires"},
        {"CREATED BY", "created_by"},
        {"REASON", "reason"},
    };
    struct api *api CLEANUP(api_freep) = NULL;
    struct buf query CLEANUP(buf_done) = {0};
    json_t *items CLEANUP(json_freep) = NULL;
    int rc = api_open(opt, &api, err);
    if (rc)
        return rc;
    api_query_add(&query, "state", opt_text(opt, "state", NULL));
    api_query_add(&query, "q", opt_text(opt, "search", NULL));
    rc = buf_check(&query);
    if (rc == 0)
        rc = api_list(api, ROUTE_EXCEPTIONS, buf_str(&query), 0, &items, err);
    return rc ? rc
              : view_list(&cli->out, opt_choice(opt, "output"), columns, ARRAY_LEN(columns), items);
}

/* ------------------------------------------------------------------ adding */

static json_t *json_of(const struct yaml_node *node)
{
    json_t *value;
    if (node->type == YAML_SCALAR)
        return yaml_is_null(node) ? json_null() : json_stringn(node->text.ptr, node->text.len);
    value = node->type == YAML_LIST ? json_array() : json_object();
    for (size_t i = 0; value && i < node->len; i++) {
        int rc = node->type == YAML_LIST ? json_array_append_new(value, json_of(node->items[i]))
                                         : json_object_setn_new(value, node->pairs[i].key->text.ptr,
                                                                node->pairs[i].key->text.len,
                                                                json_of(node->pairs[i].value));
        if (rc) {
            json_decref(value);
            return NULL;
        }
    }
    return value;
}

static int send_one(struct api *api, const struct yaml_node *node, const char *path,
                    struct cli *cli, struct err *err)
{
    json_t *body CLEANUP(json_freep) = json_of(node);
    json_t *answer CLEANUP(json_freep) = NULL;
    if (!json_is_object(body))
        return err_set(err, E_PARSE, "%s:%u: an exception is a map", path, node->line);
    struct api_request request = {.body = body};
    int rc = api_call(api, ROUTE_EXCEPTION_ADD, &request, &answer, err);
    if (rc) {
        err_prefix(err, "%s:%u", path, node->line);
        return rc;
    }
    out_line(&cli->out, "exception %.*s: in force; ruleset %.12s", STR_FMT(view_text(body, "id")),
             json_string_value(json_object_get(answer, "version")));
    return 0;
}

static int send_document(struct api *api, const struct yaml_node *doc, const char *path,
                         struct cli *cli, struct err *err)
{
    const struct yaml_node *list = yaml_find(doc, "exceptions");
    int rc = 0;
    if (!list)
        list = doc;
    if (list->type != YAML_LIST)
        return yaml_is_null(list) ? 0 : send_one(api, list, path, cli, err);
    for (size_t i = 0; i < list->len && rc == 0; i++)
        rc = send_one(api, list->items[i], path, cli, err);
    return rc;
}

int cmd_exception_add(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    int rc = api_open(opt, &api, err);
    for (size_t i = 0; i < opt->args_len && rc == 0; i++) {
        struct arena arena CLEANUP(arena_done) = {0};
        struct buf text CLEANUP(buf_done) = {0};
        struct yaml_node **docs;
        size_t len = 0;
        rc = file_read(opt->args[i], yaml_limits_default.bytes, &text, err);
        if (rc == 0)
            rc = yaml_parse(buf_str(&text), opt->args[i], &yaml_limits_default, &arena, &docs, &len,
                            err);
        for (size_t k = 0; k < len && rc == 0; k++)
            rc = send_document(api, docs[k], opt->args[i], cli, err);
    }
    return rc;
}

/* ------------------------------------------------------------------ removing */

static int remove_one(struct api *api, const struct opt *opt, const char *name, struct cli *cli,
                      struct err *err)
{
    struct buf query CLEANUP(buf_done) = {0};
    json_t *items CLEANUP(json_freep) = NULL;
    api_query_add(&query, "reason", opt_text(opt, "reason", NULL));
    int rc = buf_check(&query);
    if (rc == 0)
        rc = api_list(api, ROUTE_EXCEPTIONS, STR("state=any"), 0, &items, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (json_object_get(item, "removed") || !str_is(view_text(item, "value"), name))
            continue;
        struct api_request request = {.id = view_text(item, "id"), .query = buf_str(&query)};
        rc = api_call(api, ROUTE_EXCEPTION_REMOVE, &request, NULL, err);
        if (rc == 0)
            out_line(&cli->out, "exception %s: removed", name);
        return rc;
    }
    return err_set(err, E_NOT_FOUND, "there is no exception '%s'", name);
}

int cmd_exception_remove(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    int rc = api_open(opt, &api, err);
    for (size_t i = 0; i < opt->args_len && rc == 0; i++)
        rc = remove_one(api, opt, opt->args[i], cli, err);
    return rc;
}
