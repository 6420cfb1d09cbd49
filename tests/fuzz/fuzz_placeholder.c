/* Fuzz files of placeholders and the values that use them: the first line is a value of a rule, the
 * rest is the file. */
#include "detect/placeholder.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str text = fuzz_take_rest(&in);
    size_t end = str_find_char(text, '\n');
    struct str raw = str_sub(text, 0, end);
    struct str yaml =
        end == SIZE_MAX ? str_sub(text, text.len, 0) : str_sub(text, end + 1, SIZE_MAX);
    struct arena arena CLEANUP(arena_done) = {0};
    struct placeholders *p;
    if (placeholders_new(&p))
        abort();
    struct err err = {0};
    if (placeholders_add(p, yaml, "fuzz", &err))
        FUZZ_ASSERT(err.message[0] && err.source[0]);
    const struct str *texts;
    size_t len;
    struct err why = {0};
    if (placeholders_expand(p, raw, &arena, &texts, &len, &why) == 0)
        FUZZ_ASSERT(len > 0 && len <= PLACEHOLDER_ALTERNATIVES);
    else
        FUZZ_ASSERT(why.message[0]);
    placeholders_free(p);
    return 0;
}
