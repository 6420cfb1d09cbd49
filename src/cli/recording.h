/* Reading recordings for the commands that work without a server: reader, normaliser and process
 * tree over one file. A damaged record costs a message, never the run. */
#ifndef CORDON_CLI_RECORDING_H
#define CORDON_CLI_RECORDING_H

#include "cli/cli.h"
#include "event/event.h"

/** One event. @return 0 to go on; anything else ends the run with this code */
typedef int (*recording_fn)(void *arg, const char *file, uint64_t line, const struct event *event);

/** What was read. */
struct recording_counts {
    uint64_t events;
    uint64_t damaged;
};

/**
 * Call `fn` for every event of a file ("-" = standard input), until its end or cli_interrupted.
 * Each file is one device's story.
 * @return 0, E_NOT_FOUND, E_DENIED, E_ARG (a folder), E_IO, E_NOMEM, or what `fn` returned
 */
int recording_each(struct cli *cli, const char *path, recording_fn fn, void *arg,
                   struct recording_counts *counts, struct err *err) MUST_CHECK;

#endif
