/* Decompression: never more than the limit, nothing left behind on failure, and what came out packs
 * and unpacks to itself. */
#include "fuzz/fuzz.h"

#include "codec/zst.h"

enum { LIMIT = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str packed = fuzz_take_rest(&input);
    CLEANUP(buf_done) struct buf plain = {0};
    int rc = zst_decompress(packed, LIMIT, &plain);
    FUZZ_ASSERT(rc == 0 || plain.len == 0);
    FUZZ_ASSERT(plain.len <= LIMIT && buf_check(&plain) == 0);
    if (rc)
        return 0;
    CLEANUP(buf_done) struct buf again = {0};
    CLEANUP(buf_done) struct buf back = {0};
    FUZZ_ASSERT(zst_compress(buf_str(&plain), ZST_LEVEL_LEAST, &again) == 0);
    FUZZ_ASSERT(zst_decompress(buf_str(&again), LIMIT, &back) == 0);
    FUZZ_ASSERT(str_eq(buf_str(&plain), buf_str(&back)));
    return 0;
}
