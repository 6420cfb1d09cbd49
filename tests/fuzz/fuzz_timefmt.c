/* base/timefmt: times and durations. A time that was parsed is written and parsed to the same. */
#include "base/err.h"
#include "base/timefmt.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    struct str text CLEANUP(fuzz_freep) = fuzz_take_rest(&in);
    int64_t ns;
    int64_t again;
    if (timefmt_parse(text, &ns) == 0) {
        struct buf b CLEANUP(buf_done) = {0};
        timefmt_add(&b, ns, 9);
        FUZZ_ASSERT(timefmt_parse(buf_str(&b), &again) == 0);
        FUZZ_ASSERT(again == ns);
    }
    if (timefmt_parse_duration(text, &ns) == 0)
        FUZZ_ASSERT(ns >= 0);
    return 0;
}
