/* The numbers of the landing page. */
#include "base/timefmt.h"
#include "os/clock.h"
#include "server/channels.h"
#include "server/handlers.h"
#include "server/render.h"

static void add_devices(const struct server *s, const struct store_overview *o, struct json_out *j)
{
    json_key(j, "devices");
    json_object_begin(j);
    json_kv_int(j, "total", o->devices[DEVICE_ENROLLED]);
    json_kv_uint(j, "online", channels_len(s->channels));
    json_kv_int(j, "isolated", o->isolated);
    json_kv_int(j, "revoked", o->devices[DEVICE_REVOKED]);
    json_kv_int(j, "unhealthy", o->poor);
    json_key(j, "by_platform");
    json_object_begin(j);
    json_kv_int(j, "macos", o->platform_macos);
    json_kv_int(j, "linux", o->platform_linux);
    json_object_end(j);
    json_object_end(j);
}

static void add_hours(const struct store_overview *o, struct json_out *j)
{
    json_key(j, "last_24h");
    json_array_begin(j);
    for (unsigned i = 0; i < OVERVIEW_HOURS; i++) {
        json_object_begin(j);
        render_time(j, "hour", o->hours_from_ns + (int64_t)i * 3600 * NS_PER_S);
        json_kv_int(j, "count", o->alerts_in_hour[i]);
        json_object_end(j);
    }
    json_array_end(j);
}

static void add_alerts(const struct store_overview *o, struct json_out *j)
{
    static const char *const ages[AGE_COUNT] = {"hour", "day", "week", "older"};
    int64_t open = 0;
    json_key(j, "alerts");
    json_object_begin(j);
    json_key(j, "by_level");
    json_object_begin(j);
    for (unsigned i = 0; i < ALERT_LEVEL_COUNT; i++) {
        json_key_str(j, alert_level_names[i]);
        json_int(j, o->alerts_open[i]);
        open += o->alerts_open[i];
    }
    json_object_end(j);
    json_kv_int(j, "open", open);
    json_kv_int(j, "acknowledged", o->alerts_acknowledged);
    json_key(j, "open_by_age");
    json_object_begin(j);
    for (unsigned i = 0; i < AGE_COUNT; i++)
        json_kv_int(j, ages[i], o->alerts_open_by_age[i]);
    json_object_end(j);
    add_hours(o, j);
    json_object_end(j);
}

static void add_rest(const struct server *s, const struct store_overview *o, struct json_out *j)
{
    json_key(j, "actions");
    json_object_begin(j);
    json_kv_int(j, "pending", o->actions_pending);
    json_kv_int(j, "running", o->actions_running);
    json_object_end(j);
    json_key(j, "telemetry");
    json_object_begin(j);
    json_kv_int(j, "events", o->events);
    json_kv_int(j, "batches", o->batches);
    json_kv_int(j, "lost", o->lost);
    json_object_end(j);
    json_kv_cstr(j, "ruleset", s->ruleset_version);
}

static int read_overview(struct call *c, struct store_overview *ret, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    int rc = store_read_begin(c->server->store, &tx, err);
    return rc ? rc : store_overview(tx, clock_wall_ns(), ret, err);
}

void overview_get(struct call *c)
{
    struct buf out CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &out};
    struct store_overview o;
    struct err err = {0};
    int rc = read_overview(c, &o, &err);
    if (rc) {
        reply_err(c, rc, &err);
        return;
    }
    json_object_begin(&j);
    add_devices(c->server, &o, &j);
    add_alerts(&o, &j);
    add_rest(c->server, &o, &j);
    json_object_end(&j);
    reply_json(c, 200, &out);
}
