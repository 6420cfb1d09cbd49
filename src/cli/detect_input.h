/* `cordon detect`: one input from its opening to its end, and what is told of it on the way. An
 * input is one device's story: its processes and correlations are its own. */
#ifndef CORDON_CLI_DETECT_INPUT_H
#define CORDON_CLI_DETECT_INPUT_H

#include "cli/cli.h"
#include "detect/correlator.h"
#include "event/normalise.h"
#include "event/proctree.h"
#include "event/reader.h"

/** The whole run. What follows `table` belongs to whoever finishes blocks (detect_block.h). */
struct detect_run {
    struct cli *cli;
    struct ruleset *set;
    enum event_format format;
    bool table; /* lines for people instead of JSON */

    enum event_format expected; /* recognised last; belongs to whoever follows processes */
    uint64_t events;
    uint64_t alerts;
    uint64_t faults;
    uint64_t bytes;
    struct correlator_stats correlations;
    int64_t progress_ns; /* time of the last progress line, 0 = none shown */
    int failed;          /* first input that could not be read at all: its code */
};

struct detect_input {
    const char *name;
    int fd;
    bool live;    /* more may come later: alerts are written at once */
    int64_t size; /* bytes of a regular file that is worth a progress line, else 0 */
    struct reader *reader;
    struct proctree *tree;
    struct correlator *correlator;
    uint64_t faults;
};

/**
 * @param name     path, or "-" for standard input; borrowed as long as the input
 * @param ret_input set on failure too, as far as it came, so that the failure can be told in turn;
 * NULL only when there was no memory for it
 * @return 0, E_NOMEM, or why the file cannot be read
 */
int detect_input_open(const struct detect_run *run, const char *name,
                      struct detect_input **ret_input, struct err *err) MUST_CHECK;
void detect_input_free(struct detect_input *in);

/** Tell of one damaged record, or only count it. */
void detect_input_fault(struct detect_run *run, struct detect_input *in, uint64_t line,
                        const struct err *err);
/** Show how far it is, where somebody is looking. @param bytes that were read of it */
void detect_input_progress(struct detect_run *run, const struct detect_input *in, uint64_t bytes);
void detect_input_clear_progress(struct detect_run *run);
/**
 * Its end was reached.
 * @param rc why it ended before its time, else 0. @return `rc` where the whole run ends with it
 */
int detect_input_end(struct detect_run *run, const struct detect_input *in, int rc,
                     const struct err *err) MUST_CHECK;

#endif
