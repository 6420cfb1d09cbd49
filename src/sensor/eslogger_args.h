/* Options of the eslogger sensor and the command line they make. eslogger refuses the whole command
 * line when it does not know one event name, so the wanted events are intersected with what
 * `--list-events` prints. Used by eslogger.c only. Source: eslogger(1). */
#ifndef CORDON_SENSOR_ESLOGGER_ARGS_H
#define CORDON_SENSOR_ESLOGGER_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define ESLOGGER_ARGS_MAX 256 /* arguments of the command, program included */

/** Whose Full Disk Access counts. */
enum eslogger_responsible {
    ESLOGGER_AUTO,     /* the agent's first; after a refusal the other */
    ESLOGGER_BY_AGENT, /* the agent's, which starts it */
    ESLOGGER_BY_ITSELF /* eslogger's own: works with an agent that is not signed */
};

struct eslogger_args {
    struct arena arena; /* owns every text below */
    const char *argv[ESLOGGER_ARGS_MAX + 1];
    size_t argv_len;
    uint32_t unknown_events; /* wanted, but this system's eslogger has none of that name */
    enum eslogger_responsible responsible;
    int64_t restart_ms; /* first delay before a restart; doubles */
    int64_t restart_most_ms;
    int64_t healthy_ms; /* a run that lasted so long starts the delays anew */
};

/**
 * Read the options and make the command line.
 *
 *   command=PATH       program; /usr/bin/eslogger
 *   arg=TEXT           one argument put before the events; may repeat
 *   events=a,b,c       event names instead of the base set
 *   responsible=auto|agent|eslogger  whose Full Disk Access counts; auto
 *   list_events=yes|no ask the program with --list-events (yes for the default program)
 *   restart=5s restart_most=5m healthy=60s
 *
 * Asking runs the program once, at most 10 s.
 * @return 0, E_ARG, E_LIMIT, E_NOMEM, E_UNSUPPORTED (the program is missing or lists nothing
 * wanted)
 */
int eslogger_args_init(struct eslogger_args *a, struct str config, struct err *err) MUST_CHECK;
void eslogger_args_done(struct eslogger_args *a);

/** Copy of `wanted` (comma-separated) as argv entries, only names that are a line of `listed`.
 * `listed` empty = no filter. @return 0, E_LIMIT, E_NOMEM */
int eslogger_args_add_events(struct eslogger_args *a, struct str wanted, struct str listed,
                             struct err *err) MUST_CHECK;

/** The events asked for by default: everything useful that is not a firehose. */
extern const char *const eslogger_base_events;

#endif
