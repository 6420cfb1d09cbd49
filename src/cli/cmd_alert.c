/* `cordon alert list|get|ack|close|reopen`. */
#include "cli/api.h"
#include "cli/cmd_fleet.h"
#include "cli/listing.h"
#include "cli/order.h"
#include "cli/view.h"

const struct opt_row cmd_alert_list_rows[] = {
    {"state", 0, OPT_TEXT, "STATE", "open, acknowledged or closed", 0, 0},
    {"level", 0, OPT_TEXT, "LEVEL", "informational, low, medium, high or critical", 0, 0},
    {"device", 0, OPT_TEXT, "DEVICE", "host name or id", 0, 0},
    {"rule", 0, OPT_TEXT, "ID", "id of the rule", 0, 0},
    {"search", 0, OPT_TEXT, "TEXT", "part of the rule's title or the host name", 0, 0},
    {"since", 0, OPT_TEXT, "TIME", "received at or after this: RFC 3339", 0, 0},
    {"until", 0, OPT_TEXT, "TIME", "received before this", 0, 0},
    {"limit", 0, OPT_NUMBER, "N", "most alerts to show; 0 = all (the default)", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

const struct opt_row cmd_alert_note_rows[] = {
    {"note", 0, OPT_TEXT, "TEXT", "what is known so far", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

const struct opt_row cmd_alert_reason_rows[] = {
    {"reason", 0, OPT_TEXT, "TEXT", "how it ended; kept with the alert (required)", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

const struct opt_row cmd_alert_reopen_rows[] = {
    {"reason", 0, OPT_TEXT, "TEXT", "why it is not over; kept with the alert (required)", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

static const struct view_column list_columns[] = {
    {"TIME", "time"},       {"LEVEL", "rule.level"}, {"STATE", "state"}, {"DEVICE", "hostname"},
    {"RULE", "rule.title"}, {"COUNT", "count"},      {"ID", "id"},
};

static const struct view_column card_columns[] = {
    {"rule", "rule.title"},
    {"level", "rule.level"},
    {"techniques", "rule.techniques"},
    {"rule id", "rule.id"},
    {"state", "state"},
    {"device", "hostname"},
    {"device id", "device"},
    {"time", "time"},
    {"received", "received"},
    {"count", "count"},
    {"acknowledged by", "acknowledged_by"},
    {"acknowledged at", "acknowledged_at"},
    {"closed by", "closed_by"},
    {"closed at", "closed_at"},
    {"close reason", "close_reason"},
    {"reopened by", "reopened_by"},
    {"reopened at", "reopened_at"},
    {"reopen reason", "reopen_reason"},
    {"boot", "body.boot"},
    {"matched", "body.matched"},
    {"ancestry", "body.ancestry"},
    {"event", "body.event"},
    {"related", "related"},
};

int cmd_alert_list(struct cli *cli, const struct opt *opt, struct err *err)
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
    api_query_add(&query, "state", opt_text(opt, "state", NULL));
    api_query_add(&query, "level", opt_text(opt, "level", NULL));
    api_query_add(&query, "device", typed ? buf_cstr(&device) : NULL);
    api_query_add(&query, "rule", opt_text(opt, "rule", NULL));
    api_query_add(&query, "q", opt_text(opt, "search", NULL));
    api_query_add(&query, "since", opt_text(opt, "since", NULL));
    api_query_add(&query, "until", opt_text(opt, "until", NULL));
    rc = buf_check(&query);
    if (!rc)
        rc = api_list(api, ROUTE_ALERTS, buf_str(&query), opt_number(opt, "limit", 0), &items, err);
    return rc ? rc
              : view_list(&cli->out, opt_choice(opt, "output"), list_columns,
                          ARRAY_LEN(list_columns), items);
}

int cmd_alert_get(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    json_t *alert CLEANUP(json_freep) = NULL;
    struct api_request request = {.id = str_of(opt->args[0])};
    int rc = api_open(opt, &api, err);
    if (!rc)
        rc = api_call(api, ROUTE_ALERT, &request, &alert, err);
    return rc ? rc
              : view_card(&cli->out, opt_choice(opt, "output"), card_columns,
                          ARRAY_LEN(card_columns), alert);
}

/* Change every alert named; the first failure ends it and says which one. */
static int change(struct cli *cli, const struct opt *opt, enum route_id route, const char *key,
                  struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    json_t *body CLEANUP(json_freep) = json_object();
    const char *text = opt_text(opt, key, NULL);
    if (!body || (text && json_object_set_new(body, key, json_string(text))))
        return E_NOMEM;
    int rc = api_open(opt, &api, err);
    for (size_t i = 0; !rc && i < opt->args_len; i++) {
        json_t *alert CLEANUP(json_freep) = NULL;
        struct api_request request = {.id = str_of(opt->args[i]), .body = body};
        rc = api_call(api, route, &request, &alert, err);
        if (rc)
            err_prefix(err, "%s", opt->args[i]);
        else if (opt_choice(opt, "output") != LISTING_TABLE)
            rc = view_card(&cli->out, LISTING_JSON, NULL, 0, alert);
        else
            out_line(&cli->out, "alert %s: %.*s", opt->args[i], STR_FMT(view_text(alert, "state")));
    }
    return rc;
}

int cmd_alert_ack(struct cli *cli, const struct opt *opt, struct err *err)
{
    return change(cli, opt, ROUTE_ALERT_ACK, "note", err);
}

int cmd_alert_close(struct cli *cli, const struct opt *opt, struct err *err)
{
    if (!opt_text(opt, "reason", NULL))
        return err_set(err, E_ARG, "say how it ended: --reason=TEXT");
    return change(cli, opt, ROUTE_ALERT_CLOSE, "reason", err);
}

int cmd_alert_reopen(struct cli *cli, const struct opt *opt, struct err *err)
{
    if (!opt_text(opt, "reason", NULL))
        return err_set(err, E_ARG, "say why it is not over: --reason=TEXT");
    return change(cli, opt, ROUTE_ALERT_REOPEN, "reason", err);
}
