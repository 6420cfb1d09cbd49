/* `cordon enroll-token create|list|revoke`. The secret is shown once, when it is made. */
#include "cli/api.h"
#include "cli/cmd_fleet.h"
#include "cli/listing.h"
#include "cli/view.h"
#include "base/timefmt.h"

const struct opt_row cmd_token_create_rows[] = {
    {"kind", 0, OPT_CHOICE, "one-time|group", "for one device, or for several", 0, 0},
    {"uses", 0, OPT_NUMBER, "N", "devices a group token may enroll", 1, 1000000},
    {"ttl", 0, OPT_DURATION, "TIME", "how long it is good", 0, 0},
    {"note", 0, OPT_TEXT, "TEXT", "what it is for", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

static const struct view_column list_columns[] = {
    {"ID", "id"},           {"KIND", "kind"}, {"USES LEFT", "uses_left"},
    {"EXPIRES", "expires"}, {"NOTE", "note"},
};

static json_t *create_body(const struct opt *opt)
{
    json_t *body = json_pack("{s:s}", "kind", opt_text(opt, "kind", "one-time"));
    int64_t uses = opt_number(opt, "uses", 0);
    int64_t ttl_ns = opt_number(opt, "ttl", 0);
    const char *note = opt_text(opt, "note", NULL);
    bool ok = body != NULL;
    if (ok && uses)
        ok = json_object_set_new(body, "uses", json_integer(uses)) == 0;
    if (ok && ttl_ns)
        ok = json_object_set_new(body, "ttl_s", json_integer(ttl_ns / NS_PER_S)) == 0;
    if (ok && note)
        ok = json_object_set_new(body, "note", json_string(note)) == 0;
    if (!ok)
        json_freep(&body);
    return body;
}

int cmd_token_create(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    json_t *body CLEANUP(json_freep) = create_body(opt);
    json_t *token CLEANUP(json_freep) = NULL;
    struct api_request request = {.body = body};
    int rc = body ? api_open(opt, &api, err) : E_NOMEM;
    if (!rc)
        rc = api_call(api, ROUTE_TOKEN_CREATE, &request, &token, err);
    if (rc)
        return rc;
    if (opt_choice(opt, "output") != LISTING_TABLE)
        return view_card(&cli->out, LISTING_JSON, NULL, 0, token);
    out_line(&cli->out, "%.*s", STR_FMT(view_text(token, "token")));
    struct buf expires CLEANUP(buf_done) = {0};
    view_add(&expires, view_find(token, "expires"));
    out_line(&cli->err, "token %.*s, good until %s; it is shown this once",
             STR_FMT(view_text(token, "id")), buf_cstr(&expires));
    return buf_check(&expires);
}

int cmd_token_list(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    json_t *items CLEANUP(json_freep) = NULL;
    int rc = api_open(opt, &api, err);
    if (!rc)
        rc = api_list(api, ROUTE_TOKENS, (struct str){0}, 0, &items, err);
    return rc ? rc
              : view_list(&cli->out, opt_choice(opt, "output"), list_columns,
                          ARRAY_LEN(list_columns), items);
}

int cmd_token_revoke(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    json_t *body CLEANUP(json_freep) = json_object();
    struct api_request request = {.id = str_of(opt->args[0]), .body = body};
    int rc = body ? api_open(opt, &api, err) : E_NOMEM;
    if (!rc)
        rc = api_call(api, ROUTE_TOKEN_REVOKE, &request, NULL, err);
    if (!rc)
        out_line(&cli->out, "enrollment token %s: revoked", opt->args[0]);
    return rc;
}
