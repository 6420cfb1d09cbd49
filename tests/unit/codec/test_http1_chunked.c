/* codec/http1_chunked: every cut of the bytes gives the same content; everything odd is refused. */
#include "harness/test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "codec/http1_chunked.h"

/* Feed `in` in pieces of `step` bytes. @return 0 when the body ended, E_AGAIN, E_PARSE or E_LIMIT
 */
static int decode(struct str in, size_t step, struct buf *out, size_t *ret_used)
{
    struct http1_chunked c = {0};
    size_t used = 0;
    while (used < in.len) {
        size_t n = in.len - used < step ? in.len - used : step;
        char *piece = malloc(n);
        assert_non_null(piece);
        memcpy(piece, in.ptr + used, n);
        struct str rest = {piece, n};
        int rc;
        for (;;) {
            struct str data;
            rc = http1_chunked_next(&c, &rest, &data);
            if (rc || data.len == 0)
                break;
            buf_add_str(out, data);
        }
        used += n - rest.len;
        free(piece);
        if (rc != E_AGAIN) {
            *ret_used = used;
            return rc;
        }
    }
    return E_AGAIN;
}

static void a_body_is_the_same_however_it_is_cut(void **state)
{
    (void)state;
    struct str whole = STR("4\r\nWiki\r\n7;name=\"v;\"\r\npedia i\r\n00b\r\nn \r\nchunks.\r\n"
                           "0;last\r\nX-Sum: 1\r\nX-More: \t2\r\n\r\nGET /next");
    for (size_t step = 1; step <= whole.len; step++) {
        struct buf out = {0};
        size_t used = 0;
        assert_ok(decode(whole, step, &out, &used));
        assert_str(buf_str(&out), "Wikipedia in \r\nchunks.");
        assert_int_equal(used, whole.len - 9);
        buf_done(&out);
    }
}

static const struct {
    const char *body;
    int code;
} refused[] = {
    {"+4\r\nWiki\r\n", E_PARSE},
    {"-4\r\nWiki\r\n", E_PARSE},
    {"0x4\r\nWiki\r\n", E_PARSE},
    {" 4\r\nWiki\r\n", E_PARSE},
    {"4 \r\nWiki\r\n", E_PARSE},
    {"\r\nWiki\r\n", E_PARSE},
    {";x\r\nWiki\r\n", E_PARSE},
    {"4\nWiki\r\n", E_PARSE},
    {"4\rWiki\r\n", E_PARSE},
    {"4\r\nWiki\n", E_PARSE},
    {"4\r\nWikipedia\r\n", E_PARSE},
    {"4\r\nWik\r\n", E_PARSE},
    {"g\r\n", E_PARSE},
    {"1000000000000000\r\n", E_PARSE},
    {"0000000000000001\r\n", E_PARSE},
    {"4;a\x01\r\nWiki\r\n", E_PARSE},
    {"4;a\nWiki\r\n", E_PARSE},
    {"0\r\nX: 1\n\r\n", E_PARSE},
    {"0\r\n X: 1\r\n\r\n", E_PARSE},
    {"0\r\n\n", E_PARSE},
    {"0\r\n\rX", E_PARSE},
    {"4\r\nWiki\r\n0\r\n", E_AGAIN},
    {"4\r\nWi", E_AGAIN},
};

static void every_odd_form_is_refused_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        for (size_t step = 1; step < 12; step += 3) {
            struct buf out = {0};
            size_t used;
            int rc = decode(str_of(refused[i].body), step, &out, &used);
            if (rc != refused[i].code)
                print_error("body %zu: %s", i, refused[i].body);
            assert_int_equal(rc, refused[i].code);
            buf_done(&out);
        }
    }
}

static void extensions_and_trailers_have_a_common_limit(void **state)
{
    (void)state;
    struct buf body = {0};
    for (unsigned i = 0; i < 100; i++)
        buf_add_cstr(&body, "1;0123456789012345678901234567890123456789\r\nx\r\n");
    struct buf out = {0};
    size_t used;
    assert_int_equal(decode(buf_str(&body), 7, &out, &used), E_AGAIN);
    for (unsigned i = 0; i < 4; i++)
        buf_add_cstr(&body, "1;0123456789012345678901234567890123456789\r\nx\r\n");
    assert_int_equal(decode(buf_str(&body), 7, &out, &used), E_LIMIT);
    buf_done(&body);
    buf_done(&out);
}

static void a_failed_decoder_stays_failed(void **state)
{
    (void)state;
    struct http1_chunked c = {0};
    struct str data;
    struct str bad = STR("x");
    assert_int_equal(http1_chunked_next(&c, &bad, &data), E_PARSE);
    struct str good = STR("1\r\nx\r\n0\r\n\r\n");
    assert_int_equal(http1_chunked_next(&c, &good, &data), E_PARSE);
    assert_int_equal(good.len, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_the_same_however_it_is_cut),
        cmocka_unit_test(every_odd_form_is_refused_however_it_is_cut),
        cmocka_unit_test(extensions_and_trailers_have_a_common_limit),
        cmocka_unit_test(a_failed_decoder_stays_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
