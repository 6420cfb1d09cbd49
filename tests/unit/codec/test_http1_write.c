/* codec/http1_write: exact bytes, and that nothing foreign can split a head. */
#include "harness/test.h"

#include "codec/http1_write.h"

static void a_response_head_has_exact_bytes(void **state)
{
    (void)state;
    struct buf b = {0};
    http1_write_status(&b, 404);
    http1_write_date(&b, INT64_C(784111777) * 1000000000 + 5);
    http1_write_length(&b, 12);
    assert_ok(http1_write_header(&b, "ETag", STR("\"a b\"")));
    http1_write_end(&b);
    assert_str(buf_str(&b), "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                            "Content-Length: 12\r\nETag: \"a b\"\r\n\r\n");
    buf_done(&b);
}

static void a_request_head_has_exact_bytes(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_ok(http1_write_request(&b, STR("GET"), STR("/a?b=c")));
    http1_write_end(&b);
    assert_str(buf_str(&b), "GET /a?b=c HTTP/1.1\r\n\r\n");
    assert_int_equal(http1_write_request(&b, STR("G T"), STR("/")), E_ARG);
    assert_int_equal(http1_write_request(&b, STR("GET"), STR("/a b")), E_ARG);
    assert_int_equal(http1_write_request(&b, STR("GET"), STR("/\r\nX: y")), E_ARG);
    assert_int_equal(http1_write_request(&b, STR("GET"), STR("")), E_ARG);
    assert_str(buf_str(&b), "GET /a?b=c HTTP/1.1\r\n\r\n");
    buf_done(&b);
}

static void a_value_cannot_start_a_new_line(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_int_equal(http1_write_header(&b, "X", STR("a\r\nSet-Cookie: b")), E_ARG);
    assert_int_equal(http1_write_header(&b, "X", STR("a\nb")), E_ARG);
    assert_int_equal(http1_write_header(&b, "X", str_n("a\0b", 3)), E_ARG);
    assert_int_equal(http1_write_header(&b, "X:", STR("a")), E_ARG);
    assert_int_equal(http1_write_header(&b, "", STR("a")), E_ARG);
    assert_int_equal(b.len, 0);
    buf_done(&b);
}

static void a_chunk_has_its_size_in_hexadecimal(void **state)
{
    (void)state;
    struct buf b = {0};
    http1_write_chunk_size(&b, 4096);
    http1_write_last_chunk(&b);
    assert_str(buf_str(&b), "1000\r\n0\r\n\r\n");
    buf_done(&b);
}

static void an_unregistered_status_still_has_a_phrase(void **state)
{
    (void)state;
    assert_string_equal(http1_write_reason(431), "Request Header Fields Too Large");
    assert_string_equal(http1_write_reason(299), "Status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_head_has_exact_bytes),
        cmocka_unit_test(a_request_head_has_exact_bytes),
        cmocka_unit_test(a_value_cannot_start_a_new_line),
        cmocka_unit_test(a_chunk_has_its_size_in_hexadecimal),
        cmocka_unit_test(an_unregistered_status_still_has_a_phrase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
