/* What was stopped, as records like those of a sensor: the analyst makes alerts of them. A program
 * that is started again and again makes one record a minute with its number. */
#ifndef CORDON_AGENT_PREVENTION_REPORT_H
#define CORDON_AGENT_PREVENTION_REPORT_H

#include <sys/types.h>

#include "agent/prevention.h"
#include "detect/prevent.h"

/* X(enum, name) */
#define PREVENTION_OUTCOMES(X)                                                                     \
    X(PREVENTION_DENIED, "denied") /* it never started */                                          \
    X(PREVENTION_KILLED, "killed")                                                                 \
    X(PREVENTION_GONE, "gone")     /* it had ended before */                                       \
    X(PREVENTION_FAILED, "failed") /* it may still run */

enum prevention_outcome {
#define PREVENTION_ENUM(id, name) id,
    PREVENTION_OUTCOMES(PREVENTION_ENUM)
#undef PREVENTION_ENUM
        PREVENTION_OUTCOMES_LEN
};

struct prevention_finding {
    enum prevention_outcome outcome;
    pid_t pid;           /* of the program; PREVENTION_DENIED: of who wanted to start it */
    uint64_t generation; /* 0 = to be found out */
    enum list_kind kind;
    char value[LIST_VALUE_BYTES + 2];
    char reason[LIST_TEXT_BYTES + 1];
    char source[LIST_TEXT_BYTES + 1];
    char program[1024];
    char trouble[ERR_MESSAGE_BYTES];
};

struct prevention_report;

/** Copy what the entry says. */
void prevention_finding_set(struct prevention_finding *f, const struct prevent_verdict *v);

int prevention_report_new(struct loop *loop, prevention_record_fn record, void *arg,
                          struct prevention_report **ret_report) MUST_CHECK;
/** No other thread may post any more. */
void prevention_report_free(struct prevention_report *r);
/** Loop's thread. */
void prevention_report_add(struct prevention_report *r, struct prevention_finding *f);
/** Any thread; copies. */
void prevention_report_post(struct prevention_report *r, const struct prevention_finding *f);
/** Counters, as members. */
void prevention_report_health(const struct prevention_report *r, struct json_out *j);

#endif
