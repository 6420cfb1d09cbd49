/* Receives a sensor's records in a test and runs the loop until enough has come. */
#ifndef CORDON_TESTS_UNIT_SENSOR_SINK_H
#define CORDON_TESTS_UNIT_SENSOR_SINK_H

#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "harness/test.h"
#include "os/clock.h"
#include "os/loop.h"
#include "sensor/sensor.h"

#define SINK_PATIENCE_MS 60000 /* only a broken sensor takes so long */
#define SINK_POLL_MS     2

struct sink {
    struct loop *loop;
    const struct sensor_vtable *v;
    struct sensor *s;
    struct buf text; /* every record and a newline */
    size_t count;    /* records, the sensor's reports about itself excluded */
    size_t reports;  /* records of kind "sensor" */
    int64_t give_up_ms;
    bool (*enough)(struct sink *k);
    size_t want;
};

static inline void sink_take(void *arg, struct str record)
{
    struct sink *k = arg;
    if (str_starts(record, STR("{\"kind\":\"sensor\"")))
        k->reports++;
    else
        k->count++;
    buf_add_str(&k->text, record);
    buf_add_char(&k->text, '\n');
}

static inline void sink_poll(struct loop *loop, void *arg)
{
    struct sink *k = arg;
    if (k->enough(k) || clock_mono_ms() > k->give_up_ms)
        loop_stop(loop);
    else
        assert_true(loop_timer(loop, SINK_POLL_MS, sink_poll, k) != 0);
}

/* Run until `enough` says so; fails the test when it never does. */
static inline void sink_wait(struct sink *k, bool (*enough)(struct sink *k))
{
    k->enough = enough;
    k->give_up_ms = clock_mono_ms() + SINK_PATIENCE_MS;
    assert_true(loop_timer(k->loop, 0, sink_poll, k) != 0);
    assert_ok(loop_run(k->loop));
    if (!enough(k)) {
        struct sensor_health h;
        k->v->health(k->s, &h);
        print_error("gave up; %zu records, health \"%s\", text:\n%s\n", k->count, h.text,
                    buf_cstr(&k->text));
        fail();
    }
}

static inline bool sink_has_wanted(struct sink *k)
{
    return k->count >= k->want;
}

static inline void sink_wait_records(struct sink *k, size_t want)
{
    k->want = want;
    sink_wait(k, sink_has_wanted);
}

static inline struct sensor_health sink_health(struct sink *k)
{
    struct sensor_health h;
    k->v->health(k->s, &h);
    return h;
}

static inline bool sink_saw(struct sink *k, const char *text)
{
    return str_find(buf_str(&k->text), str_of(text)) != SIZE_MAX;
}

static inline void sink_open(struct sink *k, const char *sensor, const char *config)
{
    struct err err = {0};
    *k = (struct sink){.v = sensor_find(str_of(sensor))};
    assert_non_null(k->v);
    assert_ok(loop_new(&k->loop));
    assert_ok_err(k->v->open(str_of(config), &k->s, &err), &err);
}

static inline void sink_start(struct sink *k)
{
    struct err err = {0};
    assert_ok_err(k->v->start(k->s, k->loop, sink_take, k, &err), &err);
}

static inline void sink_close(struct sink *k)
{
    k->v->close(k->s);
    loop_free(k->loop);
    buf_done(&k->text);
}

/* Write an executable file into a folder; the path is kept in `path`. */
static inline void sink_script(const char *folder, const char *name, const char *text,
                               char path[512])
{
    (void)snprintf(path, 512, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0755), 0);
}

#endif
