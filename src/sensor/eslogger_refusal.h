/* What eslogger says when it cannot work, and what somebody has to do about it. Used by eslogger.c
 * and by the agent's self-test. Source: eslogger(1) and the words it prints. */
#ifndef CORDON_SENSOR_ESLOGGER_REFUSAL_H
#define CORDON_SENSOR_ESLOGGER_REFUSAL_H

#include "base/str.h"

struct eslogger_refusal {
    const char *words;     /* part of what it prints */
    const char *condition; /* stable word for health: "full_disk_access", "not_root" ... */
    const char *todo;      /* one sentence without a full stop */
};

#define ESLOGGER_NO_FULL_DISK_ACCESS "full_disk_access"

/** The row that fits a line of its output, or NULL. */
const struct eslogger_refusal *eslogger_refusal_find(struct str line);
/** All rows, ending with NULL words. */
extern const struct eslogger_refusal eslogger_refusals[];

#endif
