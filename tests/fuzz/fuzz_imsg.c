/* Fuzz the framing of inter-process messages: whatever is accepted lies inside the input and is
 * written as it was. */
#include <assert.h>
#include <stdint.h>

#include "codec/imsg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str left = str_n((const char *)data, size);
    struct imsg m;
    size_t used;
    while (imsg_next(left, &m, &used) == 0) {
        assert(used >= IMSG_HEADER_BYTES && used <= left.len);
        assert(m.body.len == used - IMSG_HEADER_BYTES);
        struct buf again CLEANUP(buf_done) = {0};
        imsg_add(&again, m.type, m.flags, m.id, m.body);
        assert(str_eq(buf_str(&again), str_sub(left, 0, used)));
        left = str_sub(left, used, SIZE_MAX);
    }
    return 0;
}
