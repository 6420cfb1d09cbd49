/* The two shapes of record the simulator plays: eslogger's JSON and Cordon's flat form. Where in
 * them process ids, generations, times and texts stand, for reading and for rewriting. */
#ifndef CORDON_SIM_SHAPE_H
#define CORDON_SIM_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/str.h"

enum deed { DEED_OTHER, DEED_FORK, DEED_EXEC, DEED_EXIT };

/** What the simulator must know of a record. */
struct shape {
    enum deed deed;
    int64_t pid;     /* whose doing it is; -1 = not told */
    int64_t child;   /* of a fork; -1 */
    int64_t time_ns; /* as recorded; 0 = not told */
};

/** True for eslogger's form, false for the flat one. */
bool shape_is_eslogger(const json_t *record);
void shape_read(const json_t *record, struct shape *ret_shape);

/** What a walk calls for each value; a function returns what shall stand there instead. */
struct shape_visitor {
    int64_t (*pid)(void *arg, int64_t pid);
    /** `pid` is -1 where none stands beside it. */
    int64_t (*version)(void *arg, int64_t pid, int64_t version);
    /** May be NULL, and text too. `pid` is that of the process whose time it is, -1 for an event's.
     * @return true: `out` holds the new text */
    bool (*time)(void *arg, int64_t pid, struct str text, struct buf *out);
    bool (*text)(void *arg, struct str text, struct buf *out);
};

/** Walk a record and write back what changed. @return 0 or E_NOMEM */
int shape_walk(json_t *record, const struct shape_visitor *visitor, void *arg) MUST_CHECK;

/** Turn the copy of a process's last eslogger record into its end by a signal. @return false: it is
 * no such record */
bool shape_make_exit(json_t *record, int signal_number);

#endif
