/* The table of sensors and what they share: delivery, loss count, reports about themselves.
 * See sensor.h and sensor_priv.h. */
#include "codec/json_out.h"
#include "os/clock.h"
#include "sensor/sensor_priv.h"

#define REPORT_DELAY_MS 1000

const struct sensor_vtable *const sensor_table[] = {
    &eslogger_sensor,
#ifdef __linux__
    &linux_sensor,
#endif
    &replay_sensor, /* the two that see nothing of this device come last */
    &noop_sensor,     NULL,
};

const struct sensor_vtable *sensor_find(struct str name)
{
    for (size_t i = 0; sensor_table[i]; i++) {
        if (str_is(name, sensor_table[i]->name))
            return sensor_table[i];
    }
    return NULL;
}

const char *sensor_tier_name(enum sensor_tier tier)
{
    switch (tier) {
    case TIER_NONE:
        return "none";
    case TIER_DEGRADED:
        return "degraded";
    case TIER_ESLOGGER:
        return "eslogger";
    case TIER_KERNEL:
        return "kernel";
    }
    return "unknown";
}

void sensor_attach(struct sensor *s, struct loop *loop, sensor_record_fn fn, void *arg)
{
    s->loop = loop;
    s->fn = fn;
    s->arg = arg;
}

void sensor_deliver(struct sensor *s, struct str record)
{
    if (s->paused) {
        s->lost++;
        return;
    }
    s->records++;
    s->fn(s->arg, record);
}

static void report_due(struct loop *loop, void *arg)
{
    (void)loop;
    struct sensor *s = arg;
    s->report_timer = 0;
    if (s->lost != s->lost_reported)
        sensor_report(s, NULL);
}

void sensor_count_loss(struct sensor *s, uint64_t count)
{
    if (count == 0)
        return;
    if (__builtin_add_overflow(s->lost, count, &s->lost))
        s->lost = UINT64_MAX;
    /* Without memory for a timer the number goes out with the next report. */
    if (!s->report_timer && s->loop)
        s->report_timer = loop_timer(s->loop, REPORT_DELAY_MS, report_due, s);
}

void sensor_report(struct sensor *s, const char *text)
{
    if (s->paused || !s->fn)
        return;
    buf_clear(&s->scratch);
    struct json_out j = {.out = &s->scratch};
    json_object_begin(&j);
    json_kv_cstr(&j, "kind", "sensor");
    json_kv_time(&j, "time", clock_wall_ns());
    json_kv_cstr(&j, "product", s->product);
    if (s->lost != s->lost_reported)
        json_kv_uint(&j, "sensor.lost", s->lost - s->lost_reported);
    if (text)
        json_kv_cstr(&j, "sensor.text", text);
    json_object_end(&j);
    if (buf_check(&s->scratch))
        return;
    s->lost_reported = s->lost;
    s->fn(s->arg, buf_str(&s->scratch));
}

void sensor_set_paused(struct sensor *s, bool paused)
{
    s->paused = paused;
    if (!paused && s->lost != s->lost_reported)
        sensor_report(s, NULL);
}

void sensor_done(struct sensor *s)
{
    if (s->loop)
        loop_timer_cancel(s->loop, s->report_timer);
    buf_done(&s->scratch);
}
