/* Accept-Encoding and If-None-Match: what is chosen was offered and does not change with
 * an empty element; a tag that is found stands in the value. The first byte chooses what is
 * offered. */
#include "fuzz/fuzz.h"

#include "base/buf.h"
#include "codec/http_accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_of(data, size);
    unsigned offered = 1u << HTTP_IDENTITY | fuzz_take_byte(&input) % (1u << HTTP_CODINGS);
    CLEANUP(fuzz_freep) struct str value = fuzz_take_rest(&input);
    enum http_coding coding = HTTP_CODINGS;
    int rc = http_accept_coding(value, offered, &coding);
    FUZZ_ASSERT(rc == 0 || rc == E_UNSUPPORTED);
    FUZZ_ASSERT(rc || (offered & 1u << coding));
    /* An empty element more says nothing. */
    CLEANUP(buf_done) struct buf longer = {0};
    enum http_coding again = HTTP_CODINGS;
    buf_add_cstr(&longer, ", ");
    buf_add_str(&longer, value);
    if (value.len && str_find_char(value, ',') == SIZE_MAX)
        FUZZ_ASSERT(http_accept_coding(buf_str(&longer), offered, &again) == rc && again == coding);
    struct str tag = STR("\"a\"");
    if (http_etag_listed(value, tag) && !str_is(str_trim(value), "*"))
        FUZZ_ASSERT(str_find(value, tag) != SIZE_MAX);
    return 0;
}
