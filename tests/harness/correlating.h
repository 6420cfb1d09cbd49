/* A ruleset with correlations under test, and events for it. */
#ifndef CORDON_TESTS_HARNESS_CORRELATING_H
#define CORDON_TESTS_HARNESS_CORRELATING_H

#include "base/buf.h"
#include "detect/correlator.h"

struct correlating {
    struct buf image;
    struct ruleset *rules;
    struct engine *engine;
    struct correlator *correlator;
    struct builder_counts counts;
    struct err last; /* of what was refused */
    const struct correlated *alerts;
};

/** Build and load. Refused documents are only counted. @return 0 or E_NOMEM */
int correlating_try(struct correlating *w, const char *yaml);
/** As correlating_try, and nothing may fail or be refused. */
void correlating_init(struct correlating *w, const char *yaml);
void correlating_done(struct correlating *w);

/** Replace the ruleset; the new correlator adopts what the old one knows. */
void correlating_swap(struct correlating *w, const char *yaml);

/** Match an event and give it to the correlator. @return alerts, which are w->alerts */
int correlating_take(struct correlating *w, const struct event *ev, uint64_t record);
/** An event so many milliseconds after some time. @param user,value NULL: without */
int correlating_event(struct correlating *w, int64_t ms, const char *what, const char *user,
                      const char *value);

/** A rule of the name that matches events of which What is the name. */
#define CORRELATING_RULE(name)                                                                     \
    "title: " name "\nname: " name "\ndetection: {s: {What: " name "}, condition: s}\n---\n"
/** A correlation over ten seconds. @param rest more of its lines, indented by two */
#define CORRELATING(type, rules, rest)                                                             \
    "title: c\nid: c\ncorrelation:\n  type: " type "\n  rules: " rules "\n  timespan: 10s\n" rest

#endif
