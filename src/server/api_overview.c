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

static int read_overview(struct reading *r, struct err *err)
{
    struct store_overview o;
    int rc = store_overview(r->tx, clock_wall_ns(), &o, err);
    if (rc)
        return rc;
    json_object_begin(&r->json);
    add_devices(r->call->server, &o, &r->json);
    add_alerts(&o, &r->json);
    add_rest(r->call->server, &o, &r->json);
    json_object_end(&r->json);
    return 0;
}

void overview_get(struct call *c)
{
    reply_read(c, read_overview, NULL, NULL);
}
