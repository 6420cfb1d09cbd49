/* `cordon device ...` and `cordon process kill`: devices, and what can be done to them. */
#include "cli/api.h"
#include "cli/cmd_fleet.h"
#include "cli/order.h"
#include "cli/view.h"

const struct opt_row cmd_device_list_rows[] = {
    {"state", 0, OPT_TEXT, "STATE", "enrolled or revoked", 0, 0},
    {"platform", 0, OPT_TEXT, "NAME", "macos or linux", 0, 0},
    {"online", 0, OPT_TEXT, "true|false", "whether they hold their connection now", 0, 0},
    {"isolation", 0, OPT_TEXT, "STATE", "none, isolated or released, as observed", 0, 0},
    {"condition", 0, OPT_TEXT, "NAME", "good, poor or unknown, by their health report", 0, 0},
    {"search", 0, OPT_TEXT, "TEXT", "part of the host name or id", 0, 0},
    {"limit", 0, OPT_NUMBER, "N", "most devices to show; 0 = all (the default)", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

const struct opt_row cmd_isolate_rows[] = {
    ORDER_OPTIONS,
    {"message", 0, OPT_TEXT, "TEXT", "shown to the user of the device", 0, 0},
    {"allow", 0, OPT_TEXTS, "IP:PORT", "further address that stays reachable", 0, 0},
    {"confirm-host", 0, OPT_TEXT, "NAME", "host name of the server itself, to isolate it", 0, 0},
    OPT_END,
};

const struct opt_row cmd_release_rows[] = {
    ORDER_OPTIONS,
    {"message", 0, OPT_TEXT, "TEXT", "shown to the user of the device", 0, 0},
    OPT_END,
};

const struct opt_row cmd_message_rows[] = {
    ORDER_OPTIONS,
    {"title", 0, OPT_TEXT, "TEXT", "heading (required)", 0, 0},
    {"text", 0, OPT_TEXT, "TEXT", "what the user reads (required)", 0, 0},
    OPT_END,
};

const struct opt_row cmd_kill_rows[] = {
    ORDER_OPTIONS,
    {"generation", 0, OPT_NUMBER, "N", "tells a reused pid apart: pidversion or start time", 0, 0},
    {"boot", 0, OPT_TEXT, "ID", "boot session of the pid", 0, 0},
    {"tree", 0, OPT_FLAG, NULL, "end its descendants too", 0, 0},
    OPT_END,
};

static const struct view_column list_columns[] = {
    {"HOST", "hostname"},
    {"ID", "id"},
    {"PLATFORM", "platform"},
    {"OS", "os_version"},
    {"STATE", "state"},
    {"ONLINE", "online"},
    {"ISOLATION", "isolation.observed"},
    {"ALERTS", "open_alerts"},
    {"LAST SEEN", "last_seen"},
};

static const struct view_column card_columns[] = {
    {"host", "hostname"},
    {"id", "id"},
    {"state", "state"},
    {"online", "online"},
    {"platform", "platform"},
    {"os", "os_version"},
    {"agent", "agent_version"},
    {"hardware", "hardware_uuid"},
    {"isolation wanted", "isolation.desired"},
    {"isolation observed", "isolation.observed"},
    {"isolation since", "isolation.since"},
    {"condition", "condition"},
    {"open alerts", "open_alerts"},
    {"first seen", "first_seen"},
    {"last seen", "last_seen"},
    {"clock offset (ms)", "clock_offset_ms"},
    {"health", "health"},
    {"facts", "facts"},
};

int cmd_device_list(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    struct buf query CLEANUP(buf_done) = {0};
    json_t *items CLEANUP(json_freep) = NULL;
    api_query_add(&query, "state", opt_text(opt, "state", NULL));
    api_query_add(&query, "platform", opt_text(opt, "platform", NULL));
    api_query_add(&query, "online", opt_text(opt, "online", NULL));
    api_query_add(&query, "isolation", opt_text(opt, "isolation", NULL));
    api_query_add(&query, "condition", opt_text(opt, "condition", NULL));
    api_query_add(&query, "q", opt_text(opt, "search", NULL));
    int rc = buf_check(&query);
    if (!rc)
        rc = api_open(opt, &api, err);
    if (!rc)
        rc =
            api_list(api, ROUTE_DEVICES, buf_str(&query), opt_number(opt, "limit", 0), &items, err);
    return rc ? rc
              : view_list(&cli->out, opt_choice(opt, "output"), list_columns,
                          ARRAY_LEN(list_columns), items);
}

int cmd_device_get(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    struct buf id CLEANUP(buf_done) = {0};
    json_t *device CLEANUP(json_freep) = NULL;
    int rc = api_open(opt, &api, err);
    if (!rc)
        rc = order_device(api, opt->args[0], &id, err);
    if (rc)
        return rc;
    struct api_request request = {.id = buf_str(&id)};
    rc = api_call(api, ROUTE_DEVICE, &request, &device, err);
    return rc ? rc
              : view_card(&cli->out, opt_choice(opt, "output"), card_columns,
                          ARRAY_LEN(card_columns), device);
}

/* ------------------------------------------------------------------ actions */

/* Arguments with the text that was given under the name of its option; NULL when out of memory. */
static json_t *text_arguments(const struct opt *opt, const char *const *names, size_t len)
{
    json_t *args = json_object();
    for (size_t i = 0; args && i < len; i++) {
        const char *text = opt_text(opt, names[i], NULL);
        if (text && json_object_set_new(args, names[i], json_string(text)))
            json_freep(&args);
    }
    return args;
}

static int order(struct cli *cli, const struct opt *opt, const char *name,
                 const char *const *devices, size_t devices_len, json_t *arguments,
                 const char *confirm_host, struct err *err)
{
    json_t *args CLEANUP(json_freep) = arguments;
    struct api *api CLEANUP(api_freep) = NULL;
    int rc = args ? api_open(opt, &api, err) : E_NOMEM;
    return rc ? rc
              : order_action(cli, api, opt, name, confirm_host, devices, devices_len, TAKE(args),
                             err);
}

int cmd_device_isolate(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const char *const names[] = {"message"};
    json_t *args CLEANUP(json_freep) = text_arguments(opt, names, ARRAY_LEN(names));
    json_t *allow CLEANUP(json_freep) = json_array();
    size_t pos = 0;
    const char *address;
    if (!args || !allow)
        return E_NOMEM;
    while ((address = opt_text_next(opt, "allow", &pos))) {
        if (json_array_append_new(allow, json_string(address)))
            return E_NOMEM;
    }
    if (json_array_size(allow) && json_object_set(args, "allow", allow))
        return E_NOMEM;
    return order(cli, opt, "isolate", opt->args, opt->args_len, TAKE(args),
                 opt_text(opt, "confirm-host", NULL), err);
}

int cmd_device_release(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const char *const names[] = {"message"};
    return order(cli, opt, "release", opt->args, opt->args_len,
                 text_arguments(opt, names, ARRAY_LEN(names)), NULL, err);
}

int cmd_device_message(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const char *const names[] = {"title", "text"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!opt_text(opt, names[i], NULL))
            return err_set(err, E_ARG, "a message needs --title=TEXT and --text=TEXT");
    }
    return order(cli, opt, "message", opt->args, opt->args_len,
                 text_arguments(opt, names, ARRAY_LEN(names)), NULL, err);
}

int cmd_process_kill(struct cli *cli, const struct opt *opt, struct err *err)
{
    int64_t pid;
    int64_t generation = opt_number(opt, "generation", -1);
    const char *boot = opt_text(opt, "boot", NULL);
    if (str_to_i64(str_of(opt->args[1]), &pid) || pid < 2)
        return err_set(err, E_ARG, "'%s' is not a process id above 1", opt->args[1]);
    if (generation < 0 || !boot)
        return err_set(err, E_ARG,
                       "a pid alone may mean another process by now: name --generation "
                       "and --boot as the alert shows them");
    json_t *args =
        json_pack("{s:I, s:I, s:s, s:b}", "pid", (json_int_t)pid, "generation",
                  (json_int_t)generation, "boot", boot, "tree", opt_flag(opt, "tree") ? 1 : 0);
    return order(cli, opt, "kill", opt->args, 1, args, NULL, err);
}
