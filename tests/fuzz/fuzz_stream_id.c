/* Last-Event-ID: whatever is resumed from is kept, and written out it is the same number. */
#include "fuzz/fuzz.h"

#include <stdio.h>

#include "base/err.h"
#include "server/stream_ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stream_message slots[8];
    const struct stream_ring ring = {
        .epoch = "0123456789abcdef", .slots = slots, .cap = 8, .first = 93, .last = 100};
    struct fuzz_input input = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str id = fuzz_take_rest(&input);
    uint64_t sequence = 0;
    int rc = stream_ring_resume(&ring, id, &sequence);
    FUZZ_ASSERT(rc == 0 || rc == E_PARSE || rc == E_NOT_FOUND || rc == E_LIMIT);
    if (rc)
        return 0;
    FUZZ_ASSERT(sequence >= 92 && sequence <= 100);
    char text[32];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)sequence);
    FUZZ_ASSERT(str_ends(id, str_of(text)) && str_starts(id, str_of(ring.epoch)));
    return 0;
}
