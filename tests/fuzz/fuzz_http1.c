/* Request and response heads: the result must not depend on how the bytes arrive, and every slice
 * of an accepted head must lie within it. */
#include "fuzz/fuzz.h"

#include "codec/http1.h"

static int parse(bool request, struct http1_scan *scan, struct str in, struct http1_head *head)
{
    static const struct http1_limits limits = {
        .head_bytes = 2048, .line_bytes = 512, .headers = 16};
    struct http1_fault fault = {0};
    int rc = request ? http1_request(scan, in, &limits, head, &fault)
                     : http1_response(scan, in, &limits, head, &fault);
    if (rc && rc != E_AGAIN)
        FUZZ_ASSERT(fault.reason && fault.status >= 400 && fault.status <= 505);
    return rc;
}

static void check_slices(const struct http1_head *head, struct str in)
{
    FUZZ_ASSERT(head->head_bytes <= in.len && head->header_count <= 16);
    for (unsigned i = 0; i < head->header_count; i++) {
        struct http1_header h = head->headers[i];
        FUZZ_ASSERT(h.name.ptr >= in.ptr && h.value.ptr + h.value.len <= in.ptr + head->head_bytes);
        FUZZ_ASSERT(http1_is_token(h.name));
        struct str value = {0};
        int rc = http1_find_single(head, "Cookie", &value);
        FUZZ_ASSERT(rc == E_PARSE || str_eq(value, http1_find(head, "Cookie")));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http1_head head;
    static struct http1_head again;
    struct fuzz_input input = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str in = fuzz_take_rest(&input);
    for (int request = 0; request < 2; request++) {
        struct http1_scan scan = {0};
        int rc = parse(request, &scan, in, &head);
        if (rc == 0)
            check_slices(&head, in);
        scan = (struct http1_scan){0};
        int slow = E_AGAIN;
        for (size_t n = 0; n <= in.len && slow == E_AGAIN; n++)
            slow = parse(request, &scan, str_sub(in, 0, n), &again);
        FUZZ_ASSERT(slow == rc);
    }
    return 0;
}
