/* Fuzz the kernel's file events: every slice lies inside the input and reading ends. */
#include "fuzz/fuzz.h"
#include "sensor/file_watch.h"

static void inside(struct str block, struct str slice)
{
    FUZZ_ASSERT(slice.len == 0 ||
                (slice.ptr >= block.ptr && slice.ptr + slice.len <= block.ptr + block.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str block = fuzz_take_rest(&in);
    struct str rest = block;
    struct file_note n;
    int rc;
    size_t before = rest.len + 1;
    while ((rc = file_watch_next(&rest, &n)) == 0) {
        FUZZ_ASSERT(rest.len < before);
        before = rest.len;
        inside(block, n.place.handle);
        inside(block, n.place.name);
        inside(block, n.old.handle);
        inside(block, n.old.name);
        FUZZ_ASSERT(n.place.handle.len <= FILE_HANDLE_BYTES);
        FUZZ_ASSERT(str_find_char(n.place.name, '\0') == SIZE_MAX);
    }
    FUZZ_ASSERT(rest.len == 0 && (rc == E_NOT_FOUND || rc == E_PARSE));
    return 0;
}
