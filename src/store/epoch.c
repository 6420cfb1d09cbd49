/* The window of committed sequences. See epoch.h. A bit's place is its sequence modulo the window.
 */
#include "store/epoch.h"

#include <string.h>

static bool bit_of(struct str window, uint64_t sequence)
{
    uint64_t bit = sequence % EPOCH_WINDOW;
    return window.len == EPOCH_WINDOW_BYTES &&
           ((unsigned char)window.ptr[bit / 8] >> (bit % 8) & 1) != 0;
}

enum epoch_verdict epoch_judge(const struct store_epoch *epoch, uint64_t sequence)
{
    if (sequence > epoch->last_sequence)
        return EPOCH_NEW;
    if (epoch->last_sequence - sequence >= EPOCH_WINDOW)
        return EPOCH_TOO_OLD;
    return bit_of(epoch->window, sequence) ? EPOCH_SEEN : EPOCH_NEW;
}

uint64_t epoch_note(struct store_epoch *epoch, uint64_t sequence,
                    unsigned char window[EPOCH_WINDOW_BYTES])
{
    uint64_t gap = 0;
    if (epoch->window.len == EPOCH_WINDOW_BYTES)
        memcpy(window, epoch->window.ptr, EPOCH_WINDOW_BYTES);
    else
        memset(window, 0, EPOCH_WINDOW_BYTES);
    if (sequence > epoch->last_sequence) {
        gap = sequence - epoch->last_sequence - 1;
        uint64_t clear = gap < EPOCH_WINDOW ? gap : EPOCH_WINDOW;
        for (uint64_t i = 1; i <= clear; i++) {
            uint64_t bit = (epoch->last_sequence + i) % EPOCH_WINDOW;
            window[bit / 8] = (unsigned char)(window[bit / 8] & ~(1u << (bit % 8)));
        }
        epoch->last_sequence = sequence;
        epoch->missing += (int64_t)(gap > INT64_MAX / 2 ? INT64_MAX / 2 : gap);
    } else if (epoch->missing > 0) {
        epoch->missing--;
    }
    window[sequence % EPOCH_WINDOW / 8] |= (unsigned char)(1u << (sequence % 8));
    epoch->window = str_n((const char *)window, EPOCH_WINDOW_BYTES);
    return gap;
}
