/* A list as a hunt. See cmd_prevent_hunt.h. */
#include "cli/cmd_prevent_hunt.h"

#include <unistd.h>

#include "base/timefmt.h"
#include "cli/api.h"
#include "cli/cli.h"
#include "cli/listing.h"
#include "cli/view.h"
#include "codec/json_out.h"
#include "os/clock.h"

enum { ENTRIES_MOST = 5000, LOOK_AGAIN_US = 200000 };

/* ------------------------------------------------------------------ entries as rules */

/* A double-quoted YAML text, which JSON's is too. */
static void add_text(struct buf *out, struct str s)
{
    struct json_out j = {.out = out};
    json_str(&j, s);
}

/* As a value of a rule: what Sigma would take for a wildcard stands for itself. */
static void add_literal(struct buf *out, struct str s)
{
    struct buf escaped CLEANUP(buf_done) = {0};
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '*' || s.ptr[i] == '?' || s.ptr[i] == '\\')
            buf_add_char(&escaped, '\\');
        buf_add_char(&escaped, s.ptr[i]);
    }
    add_text(out, buf_str(&escaped));
}

static void add_field(struct buf *out, const char *field, struct str value)
{
    buf_addf(out, ", %s: ", field);
    add_literal(out, value);
}

/* @return false when no event carries what the entry names */
static bool add_condition(struct buf *out, const struct list_entry *e)
{
    size_t colon = str_find_char(e->value, ':');
    bool pattern = e->value.ptr[e->value.len - 1] == '*';
    switch (e->kind) {
    case LIST_CDHASH:
        add_field(out, "process.signing.cdhash", e->value);
        return true;
    case LIST_SHA256:
        add_field(out, "process.hash.sha256", e->value);
        return true;
    case LIST_TEAM_ID:
        add_field(out, "process.signing.team_id|cased", e->value);
        return true;
    case LIST_SIGNING_ID:
        add_field(out, "process.signing.team_id|cased", str_sub(e->value, 0, colon));
        add_field(out, "process.signing.id|cased", str_sub(e->value, colon + 1, SIZE_MAX));
        return true;
    case LIST_PATH:
        add_field(out, pattern ? "process.executable|startswith|cased" : "process.executable|cased",
                  str_sub(e->value, 0, e->value.len - (pattern ? 1 : 0)));
        return true;
    case LIST_CERTIFICATE:
    case LIST_KINDS:
        break;
    }
    return false;
}

static uint32_t add_rules(struct buf *out, const struct list *list)
{
    uint32_t rules = 0;
    for (size_t i = 0; i < list->len; i++) {
        const struct list_entry *e = &list->entries[i];
        struct buf title CLEANUP(buf_done) = {0};
        size_t start = out->len;
        if (e->verdict != LIST_DENY)
            continue;
        buf_addf(&title, "%s %.*s", list_kind_name(e->kind), STR_FMT(e->value));
        buf_addf(out, "---\nid: entry-%zu\ntitle: ", i);
        add_text(out, buf_str(&title));
        buf_add_cstr(out, "\ndetection: {s: {kind: exec");
        if (!add_condition(out, e)) {
            buf_truncate(out, start);
            continue;
        }
        buf_add_cstr(out, "}, condition: s}\n");
        rules++;
    }
    return rules;
}

/* ------------------------------------------------------------------ the hunt */

static int start(struct api *api, const struct opt *opt, const struct buf *rules, json_t **ret_hunt,
                 struct err *err)
{
    struct buf since CLEANUP(buf_done) = {0};
    int64_t span = opt_number(opt, "since", 0);
    json_t *body CLEANUP(json_freep) = json_pack("{s:s%}", "rules", rules->ptr, rules->len);
    if (span)
        timefmt_add(&since, clock_wall_ns() - span, 3);
    if (!body || buf_check(&since) ||
        (span && json_object_set_new(body, "since", json_string(buf_cstr(&since)))))
        return err_set(err, E_NOMEM, "out of memory");
    struct api_request request = {.body = body};
    return api_call(api, ROUTE_HUNT_CREATE, &request, ret_hunt, err);
}

static bool is_over(const json_t *hunt)
{
    struct str state = view_text(hunt, "state");
    return !str_is(state, "queued") && !str_is(state, "running");
}

/* Ctrl-C ends the waiting and the hunt. */
static int await(struct api *api, json_t **hunt, struct err *err)
{
    struct buf id CLEANUP(buf_done) = {0};
    buf_add_str(&id, view_text(*hunt, "id"));
    struct api_request request = {.id = buf_str(&id)};
    int rc = buf_check(&id);
    while (rc == 0 && !is_over(*hunt) && !cli_interrupted()) {
        (void)usleep(LOOK_AGAIN_US);
        rc = api_call(api, ROUTE_HUNT, &request, hunt, err);
    }
    if (rc == 0 && cli_interrupted())
        (void)!api_call(api, ROUTE_HUNT_CANCEL, &request, NULL, NULL);
    if (rc == 0 && !cli_interrupted() && !str_is(view_text(*hunt, "state"), "done"))
        rc = err_set(err, E_STATE, "the hunt is %.*s: %.*s", STR_FMT(view_text(*hunt, "state")),
                     STR_FMT(view_text(*hunt, "error")));
    return rc;
}

static int print(struct cli *cli, const struct opt *opt, const json_t *hunt, size_t *ret_found,
                 struct err *err)
{
    static const struct view_column columns[] = {
        {"ENTRY", "title"}, {"STARTS", "matches"}, {"DEVICES", "devices"},
        {"FIRST", "first"}, {"LAST", "last"},
    };
    const json_t *rules = view_find(hunt, "detail.rules");
    json_t *found CLEANUP(json_freep) = json_array();
    for (size_t i = 0; found && i < json_array_size(rules); i++) {
        json_t *rule = json_array_get(rules, i);
        if (json_integer_value(json_object_get(rule, "matches")) > 0)
            (void)json_array_append(found, rule);
    }
    *ret_found = json_array_size(found);
    if (!found ||
        view_list(&cli->out, opt_choice(opt, "output"), columns, ARRAY_LEN(columns), found))
        return err_set(err, E_NOMEM, "out of memory");
    return 0;
}

int prevent_hunt(struct cli *cli, const struct opt *opt, const struct list *list, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    struct buf rules CLEANUP(buf_done) = {0};
    json_t *hunt CLEANUP(json_freep) = NULL;
    size_t found = 0;
    if (list->len > ENTRIES_MOST)
        return err_set(err, E_LIMIT, "%zu entries; a preview of telemetry takes at most %d",
                       list->len, ENTRIES_MOST);
    uint32_t looked_for = add_rules(&rules, list);
    int rc = buf_check(&rules);
    if (rc == 0 && looked_for == 0)
        rc = err_set(err, E_ARG, "no entry denies anything that events carry");
    if (rc == 0)
        rc = api_open(opt, &api, err);
    cli_catch_interrupt();
    if (rc == 0)
        rc = start(api, opt, &rules, &hunt, err);
    if (rc == 0)
        rc = await(api, &hunt, err);
    if (rc)
        return rc;
    if (cli_interrupted())
        return EXIT_INTERRUPTED;
    rc = print(cli, opt, hunt, &found, err);
    if (rc)
        return rc;
    out_line(&cli->err, "%lld events looked at; of %u entries %zu would have met programs",
             (long long)json_integer_value(json_object_get(hunt, "events")), looked_for, found);
    return opt_flag(opt, "exit-code") && found ? EXIT_MATCHED : 0;
}
