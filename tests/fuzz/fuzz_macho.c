/* Fuzz Mach-O files: whatever is found lies inside the file. Each step gets a block of exactly the
 * bytes that a caller would fetch for it. */
#include "codec/macho.h"
#include "base/err.h"
#include "fuzz/fuzz.h"

static struct str part_of(struct str file, uint64_t offset, uint64_t most)
{
    struct str rest = str_sub(file, offset, most);
    struct fuzz_input in = fuzz_input_of((const uint8_t *)rest.ptr, rest.len);
    return fuzz_take_rest(&in);
}

static void check_program(struct str file, const struct macho_part *slice)
{
    struct err err = {0};
    struct macho_part part = {0, 0};
    size_t bytes = 0;
    FUZZ_ASSERT(slice->offset <= file.len && slice->size <= file.len - slice->offset);
    struct str all = str_sub(file, slice->offset, slice->size);
    CLEANUP(fuzz_freep) struct str start = part_of(all, 0, MACHO_HEAD_BYTES);
    int rc = macho_head_bytes(start, slice->size, &bytes, &err);
    FUZZ_ASSERT(rc == 0 || (rc == err.code && err.message[0]));
    if (rc)
        return;
    FUZZ_ASSERT(bytes <= slice->size && bytes <= MACHO_COMMANDS_MOST + 32);
    CLEANUP(fuzz_freep) struct str head = part_of(all, 0, bytes);
    rc = macho_signature(head, slice->size, &part, &err);
    FUZZ_ASSERT(rc == 0 || (rc == err.code && err.message[0]));
    FUZZ_ASSERT(rc == 0 || part.size == 0);
    FUZZ_ASSERT(part.offset <= slice->size && part.size <= slice->size - part.offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str file = fuzz_take_rest(&in);
    CLEANUP(fuzz_freep) struct str head = part_of(file, 0, MACHO_HEAD_BYTES);
    struct macho_part slices[MACHO_SLICES_MOST];
    struct err err = {0};
    size_t len = 0;
    int rc = macho_slices(head, file.len, slices, &len, &err);
    FUZZ_ASSERT(rc == 0 || (rc == err.code && err.message[0] && len == 0));
    FUZZ_ASSERT(len <= MACHO_SLICES_MOST);
    for (size_t i = 0; i < len; i++)
        check_program(file, &slices[i]);
    return 0;
}
