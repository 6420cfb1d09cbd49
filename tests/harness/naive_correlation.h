/* Correlations evaluated by looking at everything again for each event: no windows that slide, no
 * hashes, nothing forgotten. Written from docs/rules.md, without the correlator's code. */
#ifndef CORDON_TESTS_HARNESS_NAIVE_CORRELATION_H
#define CORDON_TESTS_HARNESS_NAIVE_CORRELATION_H

#include "detect/correlation.h"

enum {
    NAIVE_RULES = 4, /* a, b, c, d: each matches events whose What holds its letter */
    NAIVE_REFS = 3,
    NAIVE_NAMES = 2, /* of group-by, of field */
    NAIVE_CORRELATIONS = 4,
    NAIVE_EVENTS = 4000,
    NAIVE_ALERTS = 64,
    NAIVE_TEXT = 32
};

struct naive_event {
    int64_t ms;
    /* NULL: without. */
    const char *what;
    const char *who;
    const char *actor;
    const char *kind;
    const char *value;
    const char *count;
};

struct naive_ref {
    int rule;                        /* one of the rules, or NAIVE_RULES + an earlier correlation */
    const char *groups[NAIVE_NAMES]; /* the fields that are meant, aliases resolved */
    const char *fields[NAIVE_NAMES];
};

/** A definition. */
struct naive_correlation {
    int type;
    int64_t span_ms;
    int percentile;
    uint32_t bounds_set;
    int64_t bounds[BOUNDS];
    struct naive_ref refs[NAIVE_REFS];
    int refs_len;
    const char *groups[NAIVE_NAMES];
    int groups_len;
    int fields_len;
    bool generate;
};

/** One alert: "c2 eve,- 2500 3": correlation, group, value in thousandths, events. */
struct naive_alert {
    char text[4 * NAIVE_TEXT];
};

struct naive;

/** @param list borrowed; may be changed between events with naive_forget */
struct naive *naive_new(const struct naive_correlation *list, int len);
void naive_free(struct naive *n);
/** @return alerts, sorted by their texts */
int naive_take(struct naive *n, const struct naive_event *e,
               struct naive_alert alerts[NAIVE_ALERTS]);
/** Begin this correlation anew, and those that build on it. */
void naive_forget(struct naive *n, int correlation);
/** Field of an event by name, NULL when it has none. */
const char *naive_field(const struct naive_event *e, const char *name);

#endif
