/* `cordon detect` by several threads: which thread takes which step of which block. The caller's
 * thread alone reads the inputs, so that a signal ends the wait for one; every thread takes the
 * other steps. Bounded: a few blocks a thread. What is printed is the same for any number. */
#ifndef CORDON_CLI_DETECT_JOBS_H
#define CORDON_CLI_DETECT_JOBS_H

#include "cli/detect_block.h"

#define DETECT_JOBS_MOST 64

/**
 * Take all inputs from cut to finish.
 *
 * @param workers one a thread, `jobs` of them; the first is the caller's. Where threads cannot be
 * had, fewer are used
 * @param jobs    1 .. DETECT_JOBS_MOST
 * @return 0 (an interrupt too), or what ended the run: E_NOMEM, or the error of the output
 */
int detect_jobs_run(struct detect_run *run, struct detect_feed *feed, struct detect_worker *workers,
                    unsigned jobs) MUST_CHECK;

#endif
