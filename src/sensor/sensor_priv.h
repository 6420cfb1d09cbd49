/* What every sensor of this folder shares: the receiver, the counters, the reports about itself.
 * Each sensor embeds a `struct sensor` as its first member. Private to sensor/. */
#ifndef CORDON_SENSOR_SENSOR_PRIV_H
#define CORDON_SENSOR_SENSOR_PRIV_H

#include "sensor/sensor.h"

extern const struct sensor_vtable noop_sensor;
extern const struct sensor_vtable replay_sensor;
extern const struct sensor_vtable eslogger_sensor;
#ifdef __linux__
extern const struct sensor_vtable linux_sensor;
#endif

struct sensor {
    const char *product; /* Sigma log source of the reports about itself: "macos", "linux" */
    struct loop *loop;   /* NULL until started */
    sensor_record_fn fn; /* must not close the sensor */
    void *arg;
    bool running;
    bool paused;
    uint64_t records;
    uint64_t lost;
    uint64_t lost_reported;
    uint64_t restarts;
    uint64_t report_timer; /* a loss report is due, 0 = none */
    struct buf scratch;
};

/** Remember the receiver. */
void sensor_attach(struct sensor *s, struct loop *loop, sensor_record_fn fn, void *arg);
/** Hand one record over; while paused it is counted as lost instead. */
void sensor_deliver(struct sensor *s, struct str record);
/** Count loss; one record of kind "sensor" tells the number within a second. */
void sensor_count_loss(struct sensor *s, uint64_t count);
/** Deliver a record of kind "sensor" now, with the loss not yet told. @param text may be NULL */
void sensor_report(struct sensor *s, const char *text);
/** Pause or go on; going on tells what was lost meanwhile. */
void sensor_set_paused(struct sensor *s, bool paused);
/** Cancel the timer and free the scratch; not the sensor itself. */
void sensor_done(struct sensor *s);

#endif
