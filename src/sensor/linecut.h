/* Puts lines together from the pieces in which a pipe or file delivers them. A line longer than the
 * limit is dropped whole and counted, so one broken writer cannot take the memory. Used for a
 * child's output and error streams and for recordings; never blocks. */
#ifndef CORDON_SENSOR_LINECUT_H
#define CORDON_SENSOR_LINECUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/** One line without its line end, borrowed for the call. */
typedef void (*linecut_fn)(void *arg, struct str line);

/** `{.limit = n}` is ready for use. */
struct linecut {
    size_t limit;     /* longest line in bytes, without its end */
    uint64_t dropped; /* lines that were too long (or found no memory) */
    struct buf part;  /* the unfinished line */
    bool skipping;    /* the unfinished line is already given up */
};

/** Take bytes in and hand out every line they complete; empty lines are skipped. "\r\n" ends a line
 * too. A line that lies whole in `bytes` is not copied. */
void linecut_feed(struct linecut *c, struct str bytes, linecut_fn fn, void *arg);
/** The input ended: hand out the last line although it has no line end. */
void linecut_end(struct linecut *c, linecut_fn fn, void *arg);
/** Forget the unfinished line. @return true when there was one */
bool linecut_reset(struct linecut *c);
/** Free the memory. */
void linecut_done(struct linecut *c);

#endif
