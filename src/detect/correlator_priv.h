/* The insides of a correlator. Shared by correlator*.c only. */
#ifndef CORDON_DETECT_CORRELATOR_PRIV_H
#define CORDON_DETECT_CORRELATOR_PRIV_H

#include "base/arena.h"
#include "detect/correlator.h"
#include "detect/correlator_window.h"
#include "detect/ruleset_priv.h"

enum { GROUP_KEY_BYTES = 16 };

#define CORRELATOR_TOLERANCE_NS (CORRELATION_TOLERANCE_S * NS_PER_S)

struct correlation_group {
    unsigned char key[GROUP_KEY_BYTES];
    struct correlation_group *newer; /* by last use */
    struct correlation_group *older;
    struct correlator_window window;
    bool alerted;
    int64_t alert_ns; /* of the last alert */
};

struct correlation_state {
    const struct image_correlation *image;
    struct map groups;
    struct correlation_group *newest;
    struct correlation_group *oldest;
    size_t entries; /* of all groups */
};

/** A correlation whose condition held on the current event. */
struct made {
    uint32_t correlation;
    int64_t time_ns;
    const struct str *values; /* of its group */
};

/** What the current event gives to the correlation at hand. */
struct input {
    unsigned char key[GROUP_KEY_BYTES]; /* of its group */
    int64_t time_ns;
    uint64_t value;
    uint32_t slot; /* among the correlation's rules */
    uint32_t rule;
    const struct str *values; /* of group-by */
    bool done;
};

struct correlator {
    struct ruleset *rules;
    unsigned char seed[16];
    struct correlation_state *states; /* by correlation */
    uint32_t states_len;
    uint32_t *uses_start; /* by rule, then correlation: where its uses start */
    uint32_t *uses;       /* correlations */
    uint64_t *fired;      /* bit: the rule fired on the current event */
    uint64_t *touched;    /* bit: the correlation has something to look at */
    uint16_t *field_ids;  /* enum field_id of each field name */
    bool *silent;         /* by rule and correlation */
    int64_t watermark_ns; /* newest time seen */
    int64_t now_ns;       /* of the current event */
    uint64_t arrival;
    unsigned late_run;
    struct made *made;
    size_t made_len;
    size_t made_cap;
    struct input *inputs;
    size_t inputs_len;
    size_t inputs_cap;
    struct correlated *alerts;
    size_t alerts_len;
    size_t alerts_cap;
    struct arena texts; /* of the current event */
    struct buf scratch;
    struct correlator_stats stats;
};

/* correlator_input.c */

/** Fill c->inputs with what the current event, and what fired on it, gives to the correlation.
 * @return 0 or E_NOMEM */
int correlator_gather(struct correlator *c, struct correlation_state *s,
                      const struct event *ev) MUST_CHECK;

/* correlator_group.c */

/** The group of the key, made when there is none, as the last used one. @return 0 or E_NOMEM */
int correlator_group_get(struct correlator *c, struct correlation_state *s,
                         const unsigned char key_bytes[GROUP_KEY_BYTES],
                         struct correlation_group **ret_group) MUST_CHECK;
/** Forget what is out of reach of the group's windows, then what has to go for `len` more. */
void correlator_group_make_room(struct correlator *c, struct correlation_state *s,
                                struct correlation_group *g, size_t len);
void correlator_group_free(struct correlation_state *s, struct correlation_group *g);

#endif
