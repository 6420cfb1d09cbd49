/* Cookie fields: a value that is found stands once in the field, behind its name, with bytes a
 * cookie may have. */
#include "fuzz/fuzz.h"

#include "codec/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str name = STR("sid");
    struct fuzz_input input = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str field = fuzz_take_rest(&input);
    struct str value;
    if (cookie_find(field, name, &value) != 0)
        return 0;
    FUZZ_ASSERT(value.ptr >= field.ptr + name.len + 1);
    FUZZ_ASSERT(value.ptr + value.len <= field.ptr + field.len);
    FUZZ_ASSERT(memcmp(value.ptr - name.len - 1, "sid=", 4) == 0);
    for (size_t i = 0; i < value.len; i++)
        FUZZ_ASSERT(value.ptr[i] > ' ' && value.ptr[i] != ';' && value.ptr[i] != 0x7f);
    return 0;
}
