/* Request targets: a decoded path must be rooted and free of dot segments and control bytes. */
#include "fuzz/fuzz.h"

#include "base/text.h"
#include "codec/http_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str target = fuzz_take_rest(&input);
    struct str path;
    struct str query;
    struct buf out = {0};
    struct buf name = {0};
    struct buf value = {0};
    http_target_split(target, &path, &query);
    if (http_target_path(path, &out) == 0) {
        struct str decoded = buf_str(&out);
        FUZZ_ASSERT(str_starts(decoded, STR("/")) && text_utf8_valid(decoded));
        FUZZ_ASSERT(str_find(decoded, STR("/../")) == SIZE_MAX);
        FUZZ_ASSERT(!str_ends(decoded, STR("/..")));
        FUZZ_ASSERT(str_find(decoded, STR("//")) == SIZE_MAX);
        FUZZ_ASSERT(str_find_char(decoded, '\0') == SIZE_MAX);
    }
    while (http_target_param(&query, &name, &value) == 0)
        ;
    buf_done(&out);
    buf_done(&name);
    buf_done(&value);
    return 0;
}
