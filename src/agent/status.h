/* What the device says of itself: the state that the server compares with what it wants, and the
 * health of each part. The monitor gathers it and sends it to the uplink as AGENT_STATUS. */
#ifndef CORDON_AGENT_STATUS_H
#define CORDON_AGENT_STATUS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct actions;
struct children;
struct facts;
struct orders;
struct prevention;
struct scanner;
struct sensor;
struct sensor_vtable;

/** Where the status is read from, all borrowed for the call. */
struct status {
    const struct facts *facts;
    const char *ruleset; /* versions, "" = none */
    const char *plan;
    const struct sensor_vtable *sensor_kind; /* NULL: none was chosen */
    struct sensor *sensor;                   /* NULL: it could not be opened */
    const char *sensor_trouble;              /* why it could not */
    bool paused;
    struct orders *orders;
    struct actions *actions;
    struct prevention *prevention;
    struct scanner *scanner;
    struct children *children;
    struct str analyst_health; /* JSON objects, as the children last sent them; empty: none yet */
    struct str uplink_health;
};

/**
 * Append the body of AGENT_STATUS.
 * @return 0 or E_NOMEM
 */
int status_write(const struct status *s, struct buf *out) MUST_CHECK;

#endif
