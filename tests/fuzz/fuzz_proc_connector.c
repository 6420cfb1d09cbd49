/* Fuzz the kernel's process notifications: reading ends, and what is read is one of the kinds. */
#include "fuzz/fuzz.h"
#include "sensor/proc_connector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct proc_sequence sequence;
    struct fuzz_input in = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str block = fuzz_take_rest(&in);
    struct str rest = block;
    struct proc_note n;
    int rc;
    size_t before = rest.len + 1;
    memset(&sequence, 0, sizeof sequence);
    while ((rc = proc_connector_next(&rest, &n)) == 0) {
        FUZZ_ASSERT(rest.len < before && n.what <= PROC_UID);
        FUZZ_ASSERT(proc_connector_missing(&sequence, &n) <= INT32_MAX);
        before = rest.len;
    }
    FUZZ_ASSERT(rest.len == 0 && (rc == E_NOT_FOUND || rc == E_PARSE));
    return 0;
}
