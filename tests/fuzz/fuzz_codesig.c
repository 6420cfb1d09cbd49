/* Fuzz code signatures, and the trailers of disk images that say where one is: names are text
 * within their limits, everything lies inside the blob. */
#include "codec/codesig.h"
#include "base/err.h"
#include "base/text.h"
#include "fuzz/fuzz.h"

static bool inside(struct str whole, struct str part)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.len <= whole.len &&
                             (size_t)(part.ptr - whole.ptr) <= whole.len - part.len);
}

static void check_image(struct str trailer)
{
    enum { FILE_BYTES = 1 << 20 };
    struct err err = {0};
    uint64_t offset = 0;
    uint64_t size = 0;
    int rc = codesig_of_image(trailer, FILE_BYTES, &offset, &size, &err);
    FUZZ_ASSERT(rc == 0 || (rc == err.code && err.message[0] && size == 0));
    FUZZ_ASSERT(size == 0 || (offset <= FILE_BYTES && size <= FILE_BYTES - offset));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str blob = fuzz_take_rest(&in);
    struct codesig s = {0};
    struct err err = {0};
    int rc = codesig_read(blob, &s, &err);
    FUZZ_ASSERT(rc == 0 || (rc == err.code && err.message[0] && !s.directory.ptr));
    FUZZ_ASSERT(inside(blob, s.directory) && inside(s.directory, s.id) &&
                inside(s.directory, s.team));
    FUZZ_ASSERT(s.id.len <= CODESIG_ID_MOST && s.team.len <= CODESIG_TEAM_MOST);
    FUZZ_ASSERT(text_utf8_valid(s.id) && text_utf8_valid(s.team));
    FUZZ_ASSERT(rc || (s.hash >= CODESIG_SHA1 && s.hash <= CODESIG_SHA384));
    check_image(blob);
    return 0;
}
