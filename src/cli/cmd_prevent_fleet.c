/* `cordon prevent list|add|import|export|remove`: the lists that devices get from their server. */
#include "base/timefmt.h"
#include "cli/api.h"
#include "cli/cmd_prevent.h"
#include "cli/listfiles.h"
#include "cli/listing.h"
#include "cli/view.h"
#include "os/clock.h"

enum { ENTRIES_PER_CALL = 20000 };

#define NEW_ENTRY_ROWS                                                                             \
    {"allow", 0, OPT_FLAG, NULL, "allow these programs instead of stopping them", 0, 0},           \
        {"reason", 0, OPT_TEXT, "TEXT", "why; alerts show it", 0, 0},                              \
        {"source", 0, OPT_TEXT, "TEXT", "where it comes from, such as an address", 0, 0},          \
        {"expires", 0, OPT_TEXT, "TIME", "until when it counts: a time, a date", 0, 0},            \
    {                                                                                              \
        "for", 0, OPT_DURATION, "TIME", "how long it counts, such as 30d", 0, 0                    \
    }

const struct opt_row cmd_prevent_add_rows[] = {
    {"type", 0, OPT_CHOICE, "auto|cdhash|sha256|signing_id|certificate|team_id|path",
     "what the values are; auto goes by their form", 0, 0},
    NEW_ENTRY_ROWS,
    OPT_END,
};
const struct opt_row cmd_prevent_import_rows[] = {NEW_ENTRY_ROWS, OPT_END};
const struct opt_row cmd_prevent_list_rows[] = {
    {"type", 0, OPT_TEXT, "TYPE", "only of this type", 0, 0},
    {"action", 0, OPT_TEXT, "ACTION", "only those that deny, or allow", 0, 0},
    {"state", 0, OPT_CHOICE, "live|expired|removed|any", "in force, or what was", 0, 0},
    {"search", 0, OPT_TEXT, "TEXT", "only with this in value or reason", 0, 0},
    {"limit", 0, OPT_NUMBER, "N", "at most so many", 1, 1000000},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};
const struct opt_row cmd_prevent_export_rows[] = {
    {"form", 0, OPT_CHOICE, "yaml|csv", "form of the list", 0, 0},
    OPT_END,
};
const struct opt_row cmd_prevent_remove_rows[] = {
    {"reason", 0, OPT_TEXT, "TEXT", "why", 0, 0},
    OPT_END,
};

/* ------------------------------------------------------------------ adding */

static int read_defaults(const struct opt *opt, struct list_defaults *d, struct err *err)
{
    const char *expires = opt_text(opt, "expires", NULL);
    int64_t lasts = opt_number(opt, "for", 0);
    d->verdict = opt_flag(opt, "allow") ? LIST_ALLOW : LIST_DENY;
    d->reason = str_of(opt_text(opt, "reason", NULL));
    d->source = str_of(opt_text(opt, "source", NULL));
    if (expires && lasts)
        return err_set(err, E_ARG, "--expires or --for, not both");
    if (expires && list_expiry(str_of(expires), &d->expires_ns))
        return err_set(err, E_ARG, "--expires: '%s' is neither a time as in RFC 3339 nor a date",
                       expires);
    if (lasts)
        d->expires_ns = clock_wall_ns() + lasts;
    return 0;
}

static int64_t number(const json_t *answer, const char *key)
{
    return json_integer_value(json_object_get(answer, key));
}

static int send_part(struct api *api, const struct list *part, struct cli *cli, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    json_t *body CLEANUP(json_freep) = NULL;
    json_t *answer CLEANUP(json_freep) = NULL;
    list_write_csv(part, &text);
    body = buf_check(&text) ? NULL : json_pack("{s:s%}", "text", text.ptr, text.len);
    struct api_request request = {.body = body};
    int rc = body ? api_call(api, ROUTE_LIST_ADD, &request, &answer, err)
                  : err_set(err, E_NOMEM, "out of memory");
    if (rc)
        return rc;
    out_line(&cli->out, "%lld added, %lld changed, %lld were there, %lld refused; ruleset %.12s",
             (long long)number(answer, "added"), (long long)number(answer, "changed"),
             (long long)number(answer, "repeated"), (long long)number(answer, "refused_entries"),
             json_string_value(json_object_get(answer, "version")));
    return 0;
}

static int send_list(const struct opt *opt, const struct list *list, struct cli *cli,
                     struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    int rc = api_open(opt, &api, err);
    for (size_t i = 0; i < list->len && rc == 0; i += ENTRIES_PER_CALL) {
        size_t left = list->len - i;
        struct list part = {.entries = list->entries + i,
                            .len = left < ENTRIES_PER_CALL ? left : ENTRIES_PER_CALL};
        rc = send_part(api, &part, cli, err);
    }
    return rc;
}

int cmd_prevent_add(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct list list CLEANUP(list_done) = {0};
    struct arena arena CLEANUP(arena_done) = {0};
    struct list_defaults d = {0};
    unsigned type = opt_choice(opt, "type");
    enum list_kind kind = type ? (enum list_kind)(type - 1) : LIST_KINDS;
    int rc = read_defaults(opt, &d, err);
    for (size_t i = 0; i < opt->args_len && rc == 0; i++) {
        struct list_entry e = {.verdict = d.verdict,
                               .reason = d.reason,
                               .source = d.source,
                               .expires_ns = d.expires_ns};
        rc = list_value(kind, str_of(opt->args[i]), &arena, &e, err);
        if (rc == 0)
            rc = list_guard(&e, err);
        if (rc == 0)
            rc = list_add(&list, &e, err);
    }
    return rc ? rc : send_list(opt, &list, cli, err);
}

static void warn_refused(void *arg, const struct err *err)
{
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof(text));
    out_line(&((struct cli *)arg)->err, "%s", text);
}

int cmd_prevent_import(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct list list CLEANUP(list_done) = {0};
    struct list_counts counts = {0};
    struct list_defaults d = {0};
    int rc = read_defaults(opt, &d, err);
    for (size_t i = 0; i < opt->args_len && rc == 0; i++)
        rc = listfiles_add(&list, opt->args[i], &d, warn_refused, cli, &counts, err);
    if (rc == 0 && list.len == 0)
        rc = err_set(err, E_ARG, "there is no entry to import");
    if (rc == 0)
        rc = send_list(opt, &list, cli, err);
    if (rc)
        return rc;
    return counts.refused ? EXIT_REFUSED : 0;
}

/* ------------------------------------------------------------------ looking */

int cmd_prevent_list(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const struct view_column columns[] = {
        {"TYPE", "type"},       {"VALUE", "value"},           {"ACTION", "action"},
        {"EXPIRES", "expires"}, {"CREATED BY", "created_by"}, {"REASON", "reason"},
        {"ID", "id"},
    };
    struct api *api CLEANUP(api_freep) = NULL;
    struct buf query CLEANUP(buf_done) = {0};
    json_t *items CLEANUP(json_freep) = NULL;
    int rc = api_open(opt, &api, err);
    if (rc)
        return rc;
    api_query_add(&query, "type", opt_text(opt, "type", NULL));
    api_query_add(&query, "action", opt_text(opt, "action", NULL));
    api_query_add(&query, "state", opt_text(opt, "state", NULL));
    api_query_add(&query, "q", opt_text(opt, "search", NULL));
    rc = buf_check(&query);
    if (rc == 0)
        rc = api_list(api, ROUTE_LIST_ENTRIES, buf_str(&query), opt_number(opt, "limit", 0), &items,
                      err);
    return rc ? rc
              : view_list(&cli->out, opt_choice(opt, "output"), columns, ARRAY_LEN(columns), items);
}

static int add_item(struct list *list, const json_t *item, struct err *err)
{
    struct str expires = view_text(item, "expires");
    struct list_entry e = {.kind = list_kind_find(view_text(item, "type")),
                           .value = view_text(item, "value"),
                           .reason = view_text(item, "reason"),
                           .source = view_text(item, "source")};
    if (e.kind == LIST_KINDS || !list_verdict_find(view_text(item, "action"), &e.verdict) ||
        (expires.len && list_expiry(expires, &e.expires_ns)))
        return err_set(err, E_PARSE, "the server's entry '%.*s' is of no kind that is known here",
                       STR_FMT(e.value));
    return list_add(list, &e, err);
}

int cmd_prevent_export(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    struct list list CLEANUP(list_done) = {0};
    json_t *items CLEANUP(json_freep) = NULL;
    int rc = api_open(opt, &api, err);
    if (rc == 0)
        rc = api_list(api, ROUTE_LIST_ENTRIES, (struct str){0}, 0, &items, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(items); i++)
        rc = add_item(&list, json_array_get(items, i), err);
    if (rc)
        return rc;
    if (opt_choice(opt, "form") == 0)
        list_write_yaml(&list, &cli->out.text);
    else
        list_write_csv(&list, &cli->out.text);
    return buf_check(&cli->out.text);
}

/* ------------------------------------------------------------------ removing */

static int remove_id(struct api *api, const struct opt *opt, struct str id, struct err *err)
{
    struct buf query CLEANUP(buf_done) = {0};
    api_query_add(&query, "reason", opt_text(opt, "reason", NULL));
    struct api_request request = {.id = id, .query = buf_str(&query)};
    int rc = buf_check(&query);
    return rc ? rc : api_call(api, ROUTE_LIST_REMOVE, &request, NULL, err);
}

/* An entry is named by its value, which may be denied and allowed at once, or by its id. */
static int remove_named(struct api *api, const struct opt *opt, const char *named, struct cli *cli,
                        struct err *err)
{
    struct buf query CLEANUP(buf_done) = {0};
    json_t *items CLEANUP(json_freep) = NULL;
    bool found = false;
    api_query_add(&query, "state", "any");
    api_query_add(&query, "q", named);
    int rc = buf_check(&query);
    if (rc == 0)
        rc = api_list(api, ROUTE_LIST_ENTRIES, buf_str(&query), 0, &items, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (json_object_get(item, "removed") || !str_is(view_text(item, "value"), named))
            continue;
        found = true;
        rc = remove_id(api, opt, view_text(item, "id"), err);
        if (rc == 0)
            out_line(&cli->out, "%.*s %.*s '%s': removed", STR_FMT(view_text(item, "action")),
                     STR_FMT(view_text(item, "type")), named);
    }
    if (rc || found)
        return rc;
    rc = remove_id(api, opt, str_of(named), err);
    if (rc == 0)
        out_line(&cli->out, "entry %s: removed", named);
    return rc;
}

int cmd_prevent_remove(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    int rc = api_open(opt, &api, err);
    for (size_t i = 0; i < opt->args_len && rc == 0; i++)
        rc = remove_named(api, opt, opt->args[i], cli, err);
    return rc;
}
