/* Which batches of a spool epoch were committed: the highest sequence, and a window of bits for
 * those before it. Pure functions over struct store_epoch. */
#ifndef CORDON_STORE_EPOCH_H
#define CORDON_STORE_EPOCH_H

#include "store/record.h"

enum { EPOCH_WINDOW = 1024, EPOCH_WINDOW_BYTES = EPOCH_WINDOW / 8 };

enum epoch_verdict { EPOCH_NEW, EPOCH_SEEN, EPOCH_TOO_OLD };

/** Judge a sequence (from 1) by the window; `window` may be empty for an epoch never seen. */
enum epoch_verdict epoch_judge(const struct store_epoch *epoch, uint64_t sequence);

/**
 * Note a sequence judged EPOCH_NEW: last_sequence, missing and the window.
 * @param window scratch of EPOCH_WINDOW_BYTES that epoch->window points to afterwards
 * @return how many batches between the last one and this have not come
 */
uint64_t epoch_note(struct store_epoch *epoch, uint64_t sequence,
                    unsigned char window[EPOCH_WINDOW_BYTES]);

#endif
