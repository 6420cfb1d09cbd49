/* Which of the files that events name are worth a look: each at most once a minute, unless it was
 * written meanwhile. The analyst's side of scanner.h. */
#ifndef CORDON_AGENT_SCAN_WISH_H
#define CORDON_AGENT_SCAN_WISH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { SCAN_WISH_PLACES = 1024 };

struct scan_wish {
    struct {
        uint64_t path; /* hash */
        int64_t asked_ms;
    } places[SCAN_WISH_PLACES];
};

/**
 * Whether to ask for the file now; notes that it was asked for.
 * @param written it has new content
 * @param now_ms  of a clock that does not go back, > 0
 */
bool scan_wish_due(struct scan_wish *w, struct str path, bool written, int64_t now_ms);

#endif
