/* Chunked bodies: the content must not depend on how the bytes are cut. */
#include "fuzz/fuzz.h"

#include "base/buf.h"
#include "base/err.h"
#include "codec/http1_chunked.h"

static int decode(struct str in, size_t step, struct buf *out)
{
    struct http1_chunked c = {0};
    int rc = E_AGAIN;
    for (size_t used = 0; used < in.len && rc == E_AGAIN; used += step) {
        struct str piece = str_sub(in, used, step);
        struct str content;
        while ((rc = http1_chunked_next(&c, &piece, &content)) == 0 && content.len)
            buf_add_str(out, content);
    }
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str in = fuzz_take_rest(&input);
    struct buf whole = {0};
    struct buf pieces = {0};
    int rc = decode(in, in.len, &whole);
    FUZZ_ASSERT(decode(in, 3, &pieces) == rc);
    FUZZ_ASSERT(str_eq(buf_str(&whole), buf_str(&pieces)));
    buf_done(&whole);
    buf_done(&pieces);
    return 0;
}
