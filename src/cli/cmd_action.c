/* `cordon action list|get|watch|cancel|confirm`. */
#include "cli/api.h"
#include "cli/cmd_fleet.h"
#include "cli/listing.h"
#include "cli/order.h"
#include "cli/view.h"

const struct opt_row cmd_action_list_rows[] = {
    {"device", 0, OPT_TEXT, "DEVICE", "host name or id", 0, 0},
    {"state", 0, OPT_TEXT, "STATE", "queued, running, succeeded, failed ...", 0, 0},
    {"name", 0, OPT_TEXT, "NAME", "isolate, release, kill, message", 0, 0},
    {"limit", 0, OPT_NUMBER, "N", "most actions to show; 0 = all (the default)", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

const struct opt_row cmd_action_watch_rows[] = {
    {"wait", 0, OPT_DURATION, "TIME", "give up after this time", 0, 0},
    OPT_END,
};

const struct opt_row cmd_action_reason_rows[] = {
    {"reason", 0, OPT_TEXT, "TEXT", "why; kept in the audit log (required)", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

static const struct view_column list_columns[] = {
    {"REQUESTED", "requested_at"}, {"ACTION", "name"},   {"DEVICE", "hostname"}, {"STATE", "state"},
    {"BY", "requested_by"},        {"REASON", "reason"}, {"ID", "id"},
};

static const struct view_column card_columns[] = {
    {"action", "name"},
    {"id", "id"},
    {"device", "hostname"},
    {"device id", "device"},
    {"state", "state"},
    {"message", "message"},
    {"arguments", "arguments"},
    {"reason", "reason"},
    {"requested by", "requested_by"},
    {"requested at", "requested_at"},
    {"delivered at", "delivered_at"},
    {"started at", "started_at"},
    {"finished at", "finished_at"},
    {"expires", "expires"},
    {"rolls back at", "rollback_at"},
    {"generation", "generation"},
    {"result", "result"},
};

int cmd_action_list(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    struct buf query CLEANUP(buf_done) = {0};
    struct buf device CLEANUP(buf_done) = {0};
    json_t *items CLEANUP(json_freep) = NULL;
    const char *typed = opt_text(opt, "device", NULL);
    int rc = api_open(opt, &api, err);
    if (!rc && typed)
        rc = order_device(api, typed, &device, err);
    if (rc)
        return rc;
    api_query_add(&query, "device", typed ? buf_cstr(&device) : NULL);
    api_query_add(&query, "state", opt_text(opt, "state", NULL));
    api_query_add(&query, "name", opt_text(opt, "name", NULL));
    rc = buf_check(&query);
    if (!rc)
        rc =
            api_list(api, ROUTE_ACTIONS, buf_str(&query), opt_number(opt, "limit", 0), &items, err);
    return rc ? rc
              : view_list(&cli->out, opt_choice(opt, "output"), list_columns,
                          ARRAY_LEN(list_columns), items);
}

/* One call about the action named first, shown as a card. */
static int call(struct cli *cli, const struct opt *opt, enum route_id route, json_t *body,
                struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    json_t *action CLEANUP(json_freep) = NULL;
    struct api_request request = {.id = str_of(opt->args[0]), .body = body};
    int rc = api_open(opt, &api, err);
    if (!rc)
        rc = api_call(api, route, &request, &action, err);
    return rc ? rc
              : view_card(&cli->out, opt_choice(opt, "output"), card_columns,
                          ARRAY_LEN(card_columns), action);
}

int cmd_action_get(struct cli *cli, const struct opt *opt, struct err *err)
{
    return call(cli, opt, ROUTE_ACTION, NULL, err);
}

int cmd_action_cancel(struct cli *cli, const struct opt *opt, struct err *err)
{
    const char *reason = opt_text(opt, "reason", NULL);
    if (!reason)
        return err_set(err, E_ARG, "say why: --reason=TEXT");
    json_t *body CLEANUP(json_freep) = json_pack("{s:s}", "reason", reason);
    return body ? call(cli, opt, ROUTE_ACTION_CANCEL, body, err) : E_NOMEM;
}

int cmd_action_confirm(struct cli *cli, const struct opt *opt, struct err *err)
{
    json_t *body CLEANUP(json_freep) = json_object();
    return body ? call(cli, opt, ROUTE_ACTION_CONFIRM, body, err) : E_NOMEM;
}

int cmd_action_watch(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    json_t *ids CLEANUP(json_freep) = json_array();
    for (size_t i = 0; i < opt->args_len; i++) {
        if (!ids || json_array_append_new(ids, json_string(opt->args[i])))
            return E_NOMEM;
    }
    int rc = api_open(opt, &api, err);
    return rc ? rc : order_watch(cli, api, ids, opt_number(opt, "wait", 0), err);
}
