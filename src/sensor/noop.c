/* A sensor that sees nothing: for endpoints that only respond, and for tests. */
#include "base/mem.h"
#include "sensor/sensor_priv.h"

static int open_noop(struct str config, struct sensor **ret_sensor, struct err *err)
{
    if (str_trim(config).len)
        return err_set(err, E_ARG, "the noop sensor takes no options, got '%.*s'", STR_FMT(config));
    struct sensor *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_set(err, E_NOMEM, "out of memory");
    s->product = "";
    *ret_sensor = s;
    return 0;
}

static int start(struct sensor *s, struct loop *loop, sensor_record_fn fn, void *arg,
                 struct err *err)
{
    (void)err;
    sensor_attach(s, loop, fn, arg);
    s->running = true;
    return 0;
}

static void health(const struct sensor *s, struct sensor_health *ret_health)
{
    *ret_health = (struct sensor_health){.tier = TIER_NONE, .running = s->running};
}

static void close_noop(struct sensor *s)
{
    sensor_done(s);
    mem_free(s);
}

const struct sensor_vtable noop_sensor = {
    .name = "noop",
    .doc = "Sees nothing; the endpoint still responds. No options.",
    .open = open_noop,
    .start = start,
    .pause = sensor_set_paused,
    .health = health,
    .close = close_noop,
};
