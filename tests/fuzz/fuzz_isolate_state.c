/* Fuzz the persisted isolation: as it is, and with a seal that fits, so that the content is
 * reached. What is accepted writes back to the same bytes. */
#include "fuzz/fuzz.h"
#include "respond/isolate_state.h"

static void check(struct str text)
{
    struct isolate_record r;
    if (isolate_state_parse(text, &r, NULL) != 0)
        return;
    CLEANUP(buf_done) struct buf again = {0};
    FUZZ_ASSERT(isolate_state_add(&again, &r) == 0);
    FUZZ_ASSERT(str_eq(buf_str(&again), text));
    FUZZ_ASSERT(r.policy.lifeline_len <= ISOLATE_ADDRESSES_MAX);
    FUZZ_ASSERT(r.policy.allow_len <= ISOLATE_ADDRESSES_MAX);
    FUZZ_ASSERT(!r.isolated || r.policy.lifeline_len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str body = fuzz_take_rest(&in);
    check(body);
    char hex[HASH_HEX_BYTES];
    CLEANUP(buf_done) struct buf sealed = {0};
    FUZZ_ASSERT(hash_sha256_hex(body, hex) == 0);
    buf_add_str(&sealed, body);
    buf_addf(&sealed, "seal %s\n", hex);
    struct fuzz_input exact = {(const uint8_t *)sealed.ptr, sealed.len};
    CLEANUP(fuzz_freep) struct str text = fuzz_take_rest(&exact);
    check(text);
    return 0;
}
