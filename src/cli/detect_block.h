/* `cordon detect` takes its inputs in blocks of records. A block goes through five steps;
 * detect_jobs has several blocks under way at once:
 *
 *   cut        records out of the input           one block after the other, by one thread
 *   normalise  records become events              any number of blocks at once
 *   follow     through the process tree           in order
 *   match      rules, and alerts as text          any number of blocks at once
 *   finish     correlate, print, report damage    in order
 *
 * What comes out does not depend on where the blocks were cut. A block owns all that its events
 * need: the bytes of the records and an arena. */
#ifndef CORDON_CLI_DETECT_BLOCK_H
#define CORDON_CLI_DETECT_BLOCK_H

#include "base/arena.h"
#include "cli/detect_input.h"
#include "detect/detect.h"

#define DETECT_BLOCK_RECORDS 128

struct detect_block;

/** One thread's scratch; counts what was matched with it. */
struct detect_worker {
    struct normaliser *normaliser;
    struct engine *engine;
};

/** @return 0 or E_NOMEM; detect_worker_done in any case */
int detect_worker_init(struct detect_worker *w, struct ruleset *set) MUST_CHECK;
void detect_worker_done(struct detect_worker *w);

/** The inputs, one after the other. */
struct detect_feed {
    const char *const *names;
    size_t len;
    size_t next;
    struct detect_input *input; /* the open one, NULL = between two */
};

/** @return 0 or E_NOMEM */
int detect_block_new(struct detect_block **ret_block) MUST_CHECK;
void detect_block_free(struct detect_block *b);

/**
 * Fill a block. Waits for input only while the block is empty: of a pipe it takes what is there.
 * Failures to open or read are in the block, to be told in their turn.
 * @return false: there is no more input, or an interrupt came; the block is unused
 */
bool detect_block_cut(struct detect_block *b, const struct detect_run *run,
                      struct detect_feed *feed);
/** @param expected the format that the records before had, as far as is known */
void detect_block_normalise(struct detect_block *b, const struct detect_run *run,
                            struct detect_worker *w, enum event_format expected);
/** Normalises again where another format was expected than the records before it had. */
void detect_block_follow(struct detect_block *b, struct detect_run *run, struct detect_worker *w);
void detect_block_match(struct detect_block *b, const struct detect_run *run,
                        struct detect_worker *w);
/** Closes the input with its last block. @return 0, or what ends the whole run (out of memory, the
 * output is gone) */
int detect_block_finish(struct detect_block *b, struct detect_run *run,
                        struct detect_worker *w) MUST_CHECK;

#endif
