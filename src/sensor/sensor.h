/* A source of events behind one vtable: eslogger child, Linux kernel, replay of a recording, noop.
 * It delivers raw JSON records (eslogger's form or Cordon's flat form); the analyst normalises
 * them. Runs on the loop of the process that opened it and must never block it. */
#ifndef CORDON_SENSOR_SENSOR_H
#define CORDON_SENSOR_SENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "os/loop.h"

struct sensor;

/** How much a sensor sees; reported honestly per device. */
enum sensor_tier { TIER_NONE, TIER_DEGRADED, TIER_ESLOGGER, TIER_KERNEL };

/** One record, borrowed for the call. */
typedef void (*sensor_record_fn)(void *arg, struct str record);

struct sensor_health {
    enum sensor_tier tier;
    bool running;
    uint64_t records;
    uint64_t lost; /* events the source says it dropped, counted exactly */
    uint64_t restarts;
    /* Stable word for a known trouble, for whoever groups devices by it; NULL or "" = none. */
    const char *condition;
    char text[512]; /* what is missing or wrong and what to do, "" when all is well */
};

struct sensor_vtable {
    const char *name; /* as in the configuration: "eslogger", "linux", "replay", "noop" */
    const char *doc;
    /**
     * Acquire what needs privilege; nothing is delivered yet.
     * @param config  the sensor's own options, "key=value" pairs separated by newlines, borrowed
     * @return 0, E_DENIED (degraded operation is the caller's choice), E_UNSUPPORTED, E_ARG, E_IO
     */
    int (*open)(struct str config, struct sensor **ret_sensor, struct err *err);
    /** Start delivering on this loop. */
    int (*start)(struct sensor *s, struct loop *loop, sensor_record_fn fn, void *arg,
                 struct err *err);
    /** Do not deliver for now (the spool is full); must count what is lost meanwhile. */
    void (*pause)(struct sensor *s, bool paused);
    void (*health)(const struct sensor *s, struct sensor_health *ret_health);
    void (*close)(struct sensor *s);
};

/** All sensors of this platform, ending with NULL. */
extern const struct sensor_vtable *const sensor_table[];
/** By name, or NULL. */
const struct sensor_vtable *sensor_find(struct str name);
const char *sensor_tier_name(enum sensor_tier tier);

#endif
