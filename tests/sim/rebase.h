/* Moves a recorded line to the Mac and the moment it is played at: process ids and generations to
 * numbers of this Mac and run, times to now, the recorded user to its own. One process keeps its
 * numbers through a run, and no two runs share one. */
#ifndef CORDON_SIM_REBASE_H
#define CORDON_SIM_REBASE_H

#include "story.h"

enum { REBASE_BLOCKS = 8 }; /* most stories that play on one Mac */

struct rebase {
    const struct story *story;
    unsigned block;    /* 0 .. REBASE_BLOCKS-1: stories of one Mac must not share numbers */
    uint64_t rotation; /* of this Mac */
    uint64_t run;
    uint64_t turn; /* of the story's loop */
    int64_t start_ns;
    int64_t speed; /* how many times faster than told */
    struct str user;
};

int64_t rebase_pid(const struct rebase *r, int64_t pid);
int64_t rebase_version(const struct rebase *r, int64_t pid, int64_t version);
/** When the device's clock shows `at_ms` of the story. */
int64_t rebase_at(const struct rebase *r, int64_t at_ms);

/**
 * Append the line's record as it happens on this Mac now.
 * @param number running number of the sensor
 * @return 0, E_NOMEM
 */
int rebase_record(const struct rebase *r, const struct story_line *line, uint64_t number,
                  struct buf *out) MUST_CHECK;
/** As rebase_record, but the process of that line ends by a signal at `now_ns`.
 * @return also E_UNSUPPORTED: the record's form has no such end */
int rebase_exit(const struct rebase *r, const struct story_line *line, int64_t now_ns,
                uint64_t number, struct buf *out) MUST_CHECK;

#endif
