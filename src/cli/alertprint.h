/* Alerts of `cordon detect` as JSON lines for programs and as lines for people. */
#ifndef CORDON_CLI_ALERTPRINT_H
#define CORDON_CLI_ALERTPRINT_H

#include <stdint.h>

#include "cli/out.h"
#include "detect/correlator.h"

/** Where an alert comes from and what fired; borrowed for the call. */
struct alertprint {
    const char *file;
    uint64_t line;
    const struct ruleset *set;
    const struct match *match;
    const struct event *event;
    const struct correlated *correlated; /* NULL unless a correlation fired */
};

/** {"file","line","time","rule":{...},"matched":{...},"event":{...}} and a line end. */
void alertprint_add_json(struct buf *text, const struct alertprint *a);
void alertprint_json(struct out *out, const struct alertprint *a);
/** Head of the columns. */
void alertprint_head(struct out *out);
/** One line: time, level, rule, process, place, what matched; cut to the terminal's width.
 * @param out tells width and colours */
void alertprint_add_line(struct buf *text, const struct out *out, const struct alertprint *a);
void alertprint_line(struct out *out, const struct alertprint *a);

#endif
