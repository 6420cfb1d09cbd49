/* Hunts on the server. See hunting.h. */
#include "cli/hunting.h"

#include <string.h>
#include <time.h>

#include "base/timefmt.h"
#include "cli/order.h"
#include "cli/view.h"
#include "os/clock.h"

#define POLL_NS INT64_C(200000000)

int hunting_time(const char *typed, const char *option, int64_t now_ns, int64_t *ret_ns,
                 struct err *err)
{
    struct str text = str_of(typed);
    char day[32];
    int64_t ns = 0;
    if (timefmt_parse_duration(text, &ns) == 0 && ns >= 0) {
        *ret_ns = now_ns - ns;
        return 0;
    }
    if (text.len == strlen("2026-01-31")) {
        memcpy(day, text.ptr, text.len);
        memcpy(day + text.len, "T00:00:00Z", sizeof "T00:00:00Z");
        text = str_of(day);
    }
    if (timefmt_parse(text, ret_ns) == 0)
        return 0;
    return err_set(err, E_ARG,
                   "--%s='%s': expected a span such as 7d, a date, or a time such as "
                   "2026-01-31T08:00:00Z",
                   option, typed);
}

static int add_time(const struct opt *opt, const char *option, json_t *body, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    const char *typed = opt_text(opt, option, NULL);
    int64_t ns = 0;
    if (!typed)
        return 0;
    int rc = hunting_time(typed, option, clock_wall_ns(), &ns, err);
    if (rc)
        return rc;
    timefmt_add(&text, ns, 9);
    return json_object_set_new(body, option, json_string(buf_cstr(&text))) ? E_NOMEM : 0;
}

static int add_devices(struct api *api, const struct opt *opt, json_t *body, struct err *err)
{
    json_t *devices = json_array();
    size_t pos = 0;
    if (!devices || json_object_set_new(body, "devices", devices))
        return E_NOMEM;
    for (const char *typed = opt_text_next(opt, "device", &pos); typed;
         typed = opt_text_next(opt, "device", &pos)) {
        struct buf id CLEANUP(buf_done) = {0};
        int rc = order_device(api, typed, &id, err);
        if (rc)
            return rc;
        if (json_array_append_new(devices, json_string(buf_cstr(&id))))
            return E_NOMEM;
    }
    return 0;
}

int hunting_body(struct api *api, const struct opt *opt, const char *key, struct str text,
                 json_t **ret_body, struct err *err)
{
    json_t *body CLEANUP(json_freep) = json_object();
    json_t *value = json_stringn(text.ptr, text.len);
    if (!value)
        return err_set(err, E_ARG, "the text is not UTF-8");
    if (!body || json_object_set_new(body, key, value))
        return E_NOMEM;
    int rc = add_time(opt, "since", body, err);
    if (!rc)
        rc = add_time(opt, "until", body, err);
    if (!rc)
        rc = add_devices(api, opt, body, err);
    if (!rc)
        *ret_body = TAKE(body);
    return rc;
}

/* ------------------------------------------------------------------ following */

static int64_t number(const json_t *hunt, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(hunt, key));
}

static void clear_line(struct cli *cli)
{
    if (cli->err.tty) {
        buf_add_cstr(&cli->err.text, "\r\x1b[K");
        out_flush(&cli->err);
    }
}

static void show(struct cli *cli, const json_t *hunt)
{
    int64_t bytes = number(hunt, "bytes");
    int64_t percent = bytes ? number(hunt, "bytes_done") * 100 / bytes : 0;
    if (!cli->err.tty)
        return;
    buf_addf(&cli->err.text, "\r\x1b[K%.*s: %lld %%, %lld of %lld files, %lld events, %lld matches",
             STR_FMT(view_text(hunt, "state")), (long long)(percent > 100 ? 100 : percent),
             (long long)number(hunt, "segments_done"), (long long)number(hunt, "segments"),
             (long long)number(hunt, "events"), (long long)number(hunt, "matches"));
    out_flush(&cli->err);
}

static bool has_ended(const json_t *hunt)
{
    struct str state = view_text(hunt, "state");
    return !str_is(state, "queued") && !str_is(state, "running");
}

/* What it cost, and what the person should know. */
static void sum_up(struct cli *cli, const json_t *hunt)
{
    clear_line(cli);
    out_line(&cli->err,
             "%.*s: %lld matches; %lld events read in %lld files, %lld of %lld frames passed over",
             STR_FMT(view_text(hunt, "state")), (long long)number(hunt, "matches"),
             (long long)number(hunt, "events"), (long long)number(hunt, "segments_done"),
             (long long)number(hunt, "frames_skipped"), (long long)number(hunt, "frames"));
    if (json_is_true(json_object_get(hunt, "truncated")))
        out_line(&cli->err, "only %lld of the matches were kept; narrow the hunt to see the others",
                 (long long)number(hunt, "results"));
    if (view_find(hunt, "detail.uncorrelated"))
        cli_warn(cli,
                 "%lld matches were too many for the correlations, which did not see them; "
                 "narrow the hunt by time or device",
                 (long long)json_integer_value(view_find(hunt, "detail.uncorrelated")));
    if (number(hunt, "damaged"))
        out_line(&cli->err, "%lld events or files could not be read",
                 (long long)number(hunt, "damaged"));
}

static int cancel(struct cli *cli, struct api *api, const struct api_request *request,
                  struct err *err)
{
    clear_line(cli);
    out_line(&cli->err, "cancelling; what was found is kept");
    return api_call(api, ROUTE_HUNT_CANCEL, request, NULL, err);
}

int hunting_run(struct cli *cli, struct api *api, json_t *body, json_t **ret_hunt, struct err *err)
{
    json_t *hunt CLEANUP(json_freep) = NULL;
    struct buf id CLEANUP(buf_done) = {0};
    const struct timespec pause = {.tv_nsec = POLL_NS};
    bool cancelled = false;
    cli_catch_interrupt();
    int rc = api_call(api, ROUTE_HUNT_CREATE, &(struct api_request){.body = body}, &hunt, err);
    if (!rc)
        buf_add_str(&id, view_text(hunt, "id"));
    const struct api_request request = {.id = buf_str(&id)};
    while (!rc && !has_ended(hunt)) {
        show(cli, hunt);
        if (cli_interrupted() && !cancelled) {
            cancelled = true;
            rc = cancel(cli, api, &request, err);
        } else {
            (void)nanosleep(&pause, NULL);
        }
        if (!rc)
            rc = api_call(api, ROUTE_HUNT, &request, &hunt, err);
    }
    if (rc)
        return rc;
    sum_up(cli, hunt);
    struct str state = view_text(hunt, "state");
    if (str_is(state, "failed") || str_is(state, "interrupted"))
        rc = err_set(err, E_STATE, "the hunt %.*s %s%.*s", STR_FMT(request.id),
                     str_is(state, "failed") ? "failed: " : "was interrupted",
                     STR_FMT(view_text(hunt, "error")));
    *ret_hunt = TAKE(hunt);
    return rc;
}

int hunting_results(struct api *api, const json_t *hunt, const char *rule, int64_t most,
                    json_t **ret_items, struct err *err)
{
    struct buf query CLEANUP(buf_done) = {0};
    const struct api_request request = {.id = view_text(hunt, "id")};
    api_query_add(&query, "rule", rule);
    if (buf_check(&query))
        return E_NOMEM;
    return api_list_of(api, ROUTE_HUNT_RESULTS, request.id, buf_str(&query), most, ret_items, err);
}

int hunting_name_devices(struct api *api, json_t *items, struct err *err)
{
    json_t *devices CLEANUP(json_freep) = NULL;
    json_t *names CLEANUP(json_freep) = json_object();
    int rc = names ? api_list(api, ROUTE_DEVICES, STR(""), 0, &devices, err) : E_NOMEM;
    for (size_t i = 0; !rc && i < json_array_size(devices); i++) {
        json_t *d = json_array_get(devices, i);
        const char *id = json_string_value(json_object_get(d, "id"));
        if (id && json_object_set(names, id, json_object_get(d, "hostname")))
            rc = E_NOMEM;
    }
    for (size_t i = 0; !rc && i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        const char *id = json_string_value(json_object_get(item, "device"));
        json_t *name = id ? json_object_get(names, id) : NULL;
        if (name && json_object_set(item, "hostname", name))
            rc = E_NOMEM;
    }
    return rc;
}
