/* codec/http1: what is accepted, what is refused and with which status, and how bytes trickle in.
 */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "codec/http1.h"

static const struct http1_limits limits = {.head_bytes = 1024, .line_bytes = 400, .headers = 8};

/* Parse an exact-size heap copy, so that the sanitizer sees any read past the end. */
static int parse(bool request, struct str bytes, struct http1_head *head, struct http1_fault *fault)
{
    static char *copy;
    free(copy);
    copy = malloc(bytes.len ? bytes.len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    struct http1_scan scan = {0};
    struct str in = {copy, bytes.len};
    int rc = request ? http1_request(&scan, in, &limits, head, fault)
                     : http1_response(&scan, in, &limits, head, fault);
    if (rc) {
        free(copy);
        copy = NULL;
    }
    return rc;
}

static void a_plain_request_is_parsed(void **state)
{
    (void)state;
    struct http1_head head;
    struct http1_fault fault;
    struct str in = STR("POST /device/v1/batch?x=%41 HTTP/1.1\r\nHost: cordon.example:8443\r\n"
                        "content-LENGTH: 5\r\nX-Empty:\r\nX-Pad: \t a b \t\r\n\r\nhello");
    assert_ok(parse(true, in, &head, &fault));
    assert_str(head.method, "POST");
    assert_str(head.target, "/device/v1/batch?x=%41");
    assert_str(head.host, "cordon.example:8443");
    assert_int_equal(head.minor_version, 1);
    assert_int_equal(head.body, HTTP1_BODY_LENGTH);
    assert_int_equal(head.content_length, 5);
    assert_true(head.keep_alive);
    assert_int_equal(head.header_count, 4);
    assert_int_equal(head.head_bytes, in.len - 5);
    assert_str(http1_find(&head, "x-empty"), "");
    assert_str(http1_find(&head, "X-PAD"), "a b");
    assert_null(http1_find(&head, "X-None").ptr);
}

static const struct {
    const char *request;
    int status;
    const char *reason;
} refused[] = {
    /* framing */
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
     "Content-Length beside Transfer-Encoding"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400,
     "Content-Length beside Transfer-Encoding"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400,
     "repeated Content-Length"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", 400, "malformed Content-Length"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400, "malformed Content-Length"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400, "malformed Content-Length"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", 400, "malformed Content-Length"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400, "malformed Content-Length"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n", 400,
     "malformed Content-Length"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n",
     400, "repeated Transfer-Encoding"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501,
     "the only transfer coding spoken is chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 501,
     "the only transfer coding spoken is chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n",
     400, "control byte in the message head"},
    {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
     "Transfer-Encoding in HTTP/1.0"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n", 400, "malformed header name"},
    /* lines */
    {"GET / HTTP/1.1\nHost: a\n\n", 400, "line feed without carriage return"},
    {"GET / HTTP/1.1\r\nHost: a\n\r\n", 400, "line feed without carriage return"},
    {"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400, "carriage return inside a line"},
    {"GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400, "carriage return inside a line"},
    {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "empty line before the start line"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n", 400, "folded header line"},
    {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "folded header line"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400, "header line without a colon"},
    {"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400, "malformed header name"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX Y: x\r\n\r\n", 400, "malformed header name"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa4: x\r\n\r\n", 400, "malformed header name"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", 400, "control byte in the message head"},
    {"\x16\x03\x01\x02", 400, "control byte in the message head"},
    /* host */
    {"GET / HTTP/1.1\r\n\r\n", 400, "missing Host"},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "repeated Host"},
    {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "repeated Host"},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "malformed Host"},
    {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "malformed Host"},
    {"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, "malformed Host"},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "malformed Host"},
    {"GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 400, "malformed Host"},
    {"GET / HTTP/1.1\r\nHost: a:80x\r\n\r\n", 400, "malformed Host"},
    {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, "malformed Host"},
    {"GET / HTTP/1.1\r\nHost: []\r\n\r\n", 400, "malformed Host"},
    /* request line */
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "the request target must be a path"},
    {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "malformed protocol version"},
    {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed protocol version"},
    {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed method"},
    {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed method"},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed method"},
    {"GET /\r\nHost: a\r\n\r\n", 400, "malformed request line"},
    {"GET\r\nHost: a\r\n\r\n", 400, "malformed request line"},
    {"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed request line"},
    {"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400,
     "a byte in the request target must be percent-encoded"},
    {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400,
     "a byte in the request target must be percent-encoded"},
    {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "the request target must be a path"},
    {"GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "the request target must be a path"},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "the request target must be a path"},
    {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "the request target must be a path"},
    {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "the request target must be a path"},
    {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "only HTTP/1.1 and HTTP/1.0 are spoken"},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "only HTTP/1.1 and HTTP/1.0 are spoken"},
    {"GET / http/1.1\r\nHost: a\r\n\r\n", 400, "malformed protocol version"},
    {"GET / HTTP/1.1x\r\nHost: a\r\n\r\n", 400, "malformed protocol version"},
    {"GET / HTTP/11\r\nHost: a\r\n\r\n", 400, "malformed protocol version"},
    {"GET / HTTP/1.1\r\nHost: a\r\nExpect: the-moon\r\n\r\n", 417,
     "the only expectation met is 100-continue"},
};

static void every_ambiguous_request_is_refused_with_its_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct http1_head head;
        struct http1_fault fault = {0};
        int rc = parse(true, str_of(refused[i].request), &head, &fault);
        if (rc == 0 || rc == E_AGAIN || fault.status != refused[i].status)
            print_error("request %zu: %s", i, refused[i].request);
        assert_true(rc != 0 && rc != E_AGAIN);
        assert_int_equal(fault.status, refused[i].status);
        assert_string_equal(fault.reason, refused[i].reason);
    }
}

static void a_nul_byte_is_refused_anywhere(void **state)
{
    (void)state;
    static const char whole[] = "GET /a HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
    for (size_t i = 0; i < sizeof whole - 3; i++) {
        char bytes[sizeof whole];
        memcpy(bytes, whole, sizeof whole);
        bytes[i] = '\0';
        struct http1_head head;
        struct http1_fault fault = {0};
        assert_int_equal(parse(true, str_n(bytes, sizeof whole - 1), &head, &fault), E_PARSE);
        assert_int_equal(fault.status, 400);
    }
}

static void each_host_form_is_accepted(void **state)
{
    (void)state;
    static const char *const hosts[] = {"a",        "a.example", "127.0.0.1:8443",
                                        "[::1]:80", "[fe80::1]", "my_host-1.corp:65535"};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        char bytes[256];
        (void)snprintf(bytes, sizeof bytes, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i]);
        struct http1_head head;
        struct http1_fault fault;
        assert_ok(parse(true, str_of(bytes), &head, &fault));
        assert_str(head.host, hosts[i]);
    }
}

static void a_head_may_arrive_in_any_two_pieces(void **state)
{
    (void)state;
    struct str whole = STR("GET /a HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n");
    for (size_t cut = 0; cut < whole.len; cut++) {
        struct http1_scan scan = {0};
        struct http1_head head;
        struct http1_fault fault;
        char *first = malloc(cut ? cut : 1);
        assert_non_null(first);
        memcpy(first, whole.ptr, cut);
        assert_int_equal(http1_request(&scan, str_n(first, cut), &limits, &head, &fault), E_AGAIN);
        free(first);
        assert_ok(http1_request(&scan, whole, &limits, &head, &fault));
        assert_str(head.target, "/a");
        assert_int_equal(head.head_bytes, whole.len);
    }
}

/* "GET /aaa... HTTP/1.1\r\n" with a line of exactly `line_bytes`, then the rest. */
static void build(struct buf *b, size_t line_bytes, const char *rest)
{
    buf_clear(b);
    buf_add_cstr(b, "GET /");
    while (b->len < line_bytes - 9)
        buf_add_char(b, 'a');
    buf_add_cstr(b, " HTTP/1.1\r\n");
    buf_add_cstr(b, rest);
}

static void the_longest_start_line_passes_and_one_byte_more_is_414(void **state)
{
    (void)state;
    struct buf b = {0};
    struct http1_head head;
    struct http1_fault fault;
    build(&b, limits.line_bytes, "Host: a\r\n\r\n");
    assert_ok(parse(true, buf_str(&b), &head, &fault));
    build(&b, limits.line_bytes + 1, "Host: a\r\n\r\n");
    assert_int_equal(parse(true, buf_str(&b), &head, &fault), E_LIMIT);
    assert_int_equal(fault.status, 414);
    buf_done(&b);
}

static void the_longest_header_line_passes_and_one_byte_more_is_431(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        struct buf b = {0};
        struct http1_head head;
        struct http1_fault fault;
        buf_add_cstr(&b, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
        for (size_t i = 3; i < limits.line_bytes + extra; i++)
            buf_add_char(&b, 'v');
        buf_add_cstr(&b, "\r\n\r\n");
        int rc = parse(true, buf_str(&b), &head, &fault);
        assert_int_equal(rc, extra ? E_LIMIT : 0);
        if (extra)
            assert_int_equal(fault.status, 431);
        buf_done(&b);
    }
}

static void a_head_one_byte_over_the_limit_is_431_even_before_it_ends(void **state)
{
    (void)state;
    struct str whole = STR("GET / HTTP/1.1\r\nHost: a\r\nX: yyyyyyyyyyyyyy\r\n\r\n");
    struct http1_head head;
    struct http1_fault fault = {0};
    struct http1_limits exact = {.head_bytes = whole.len, .line_bytes = 400, .headers = 8};
    struct http1_scan scan = {0};
    assert_ok(http1_request(&scan, whole, &exact, &head, &fault));
    for (size_t most = 1; most < whole.len; most++) {
        struct http1_limits tight = {.head_bytes = most, .line_bytes = 400, .headers = 8};
        scan = (struct http1_scan){0};
        struct str arrived = str_sub(whole, 0, most);
        assert_int_equal(http1_request(&scan, arrived, &tight, &head, &fault), E_LIMIT);
        assert_int_equal(fault.status, 431);
    }
}

static void one_header_field_too_many_is_431(void **state)
{
    (void)state;
    for (unsigned extra = 0; extra < 2; extra++) {
        struct buf b = {0};
        struct http1_head head;
        struct http1_fault fault;
        buf_add_cstr(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
        for (unsigned i = 1; i < limits.headers + extra; i++)
            buf_add_cstr(&b, "X: y\r\n");
        buf_add_cstr(&b, "\r\n");
        int rc = parse(true, buf_str(&b), &head, &fault);
        assert_int_equal(rc, extra ? E_LIMIT : 0);
        assert_int_equal(extra ? fault.status : 431, 431);
        buf_done(&b);
    }
}

static void http_1_0_is_never_kept_alive(void **state)
{
    (void)state;
    struct http1_head head;
    struct http1_fault fault;
    assert_ok(parse(true,
                    STR("GET / HTTP/1.0\r\nConnection: keep-alive, upgrade\r\n"
                        "Expect: 100-continue\r\n\r\n"),
                    &head, &fault));
    assert_int_equal(head.minor_version, 0);
    assert_false(head.keep_alive);
    assert_false(head.upgrade);
    assert_false(head.expect_continue);
    assert_str(head.host, "");
}

static void close_wins_over_keep_alive_in_any_order(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "Connection: close\r\n",
        "Connection: keep-alive, CLOSE\r\n",
        "Connection: close\r\nConnection: keep-alive\r\n",
        "Connection: keep-alive\r\nConnection: close\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        char bytes[256];
        (void)snprintf(bytes, sizeof bytes, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields[i]);
        struct http1_head head;
        struct http1_fault fault;
        assert_ok(parse(true, str_of(bytes), &head, &fault));
        assert_false(head.keep_alive);
    }
}

static void upgrade_and_expectation_are_noticed(void **state)
{
    (void)state;
    struct http1_head head;
    struct http1_fault fault;
    assert_ok(parse(true,
                    STR("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n"
                        "Upgrade: websocket\r\nExpect: 100-Continue\r\n\r\n"),
                    &head, &fault));
    assert_true(head.upgrade);
    assert_true(head.expect_continue);
    assert_true(head.keep_alive);
    assert_ok(parse(true, STR("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), &head, &fault));
    assert_str(head.target, "*");
}

static void a_field_that_must_be_single_is_refused_when_repeated(void **state)
{
    (void)state;
    struct http1_head head;
    struct http1_fault fault;
    struct str value = STR("untouched");
    assert_ok(parse(true,
                    STR("GET / HTTP/1.1\r\nHost: a\r\nCookie: a\r\nCookie: b\r\n"
                        "Authorization: Bearer x\r\n\r\n"),
                    &head, &fault));
    assert_int_equal(http1_find_single(&head, "cookie", &value), E_PARSE);
    assert_int_equal(http1_find_single(&head, "x-none", &value), E_NOT_FOUND);
    assert_str(value, "untouched");
    assert_ok(http1_find_single(&head, "authorization", &value));
    assert_str(value, "Bearer x");
}

static void a_pipelined_second_request_is_left_alone(void **state)
{
    (void)state;
    struct http1_head head;
    struct http1_fault fault;
    struct str two = STR("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_ok(parse(true, two, &head, &fault));
    assert_str(head.target, "/1");
    assert_int_equal(head.head_bytes, two.len / 2);
}

static const struct {
    const char *response;
    int status;
    enum http1_body body;
} responses[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 200, HTTP1_BODY_LENGTH},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, HTTP1_BODY_CHUNKED},
    {"HTTP/1.1 200 OK\r\n\r\n", 200, HTTP1_BODY_UNTIL_CLOSE},
    {"HTTP/1.0 502 \r\n\r\n", 502, HTTP1_BODY_UNTIL_CLOSE},
    {"HTTP/1.1 204\r\n\r\n", 204, HTTP1_BODY_NONE},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n", 304, HTTP1_BODY_NONE},
    {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n", 101, HTTP1_BODY_NONE},
};

static void each_response_says_how_its_body_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(responses); i++) {
        struct http1_head head;
        struct http1_fault fault;
        assert_ok(parse(false, str_of(responses[i].response), &head, &fault));
        assert_int_equal(head.status, responses[i].status);
        assert_int_equal(head.body, responses[i].body);
    }
}

static void malformed_responses_are_refused(void **state)
{
    (void)state;
    static const char *const bytes[] = {
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "ICY 200 OK of old\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200\tOK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
        struct http1_head head;
        struct http1_fault fault = {0};
        int rc = parse(false, str_of(bytes[i]), &head, &fault);
        if (rc == 0 || rc == E_AGAIN)
            print_error("response %zu: %s", i, bytes[i]);
        assert_true(rc != 0 && rc != E_AGAIN);
        assert_non_null(fault.reason);
    }
}

static void a_refused_head_leaves_the_output_untouched(void **state)
{
    (void)state;
    struct http1_head head = {.status = 77, .header_count = 5};
    struct http1_fault fault;
    assert_int_equal(
        parse(true, STR("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), &head, &fault), E_PARSE);
    assert_int_equal(head.status, 77);
    assert_int_equal(head.header_count, 5);
}

static void a_list_is_searched_item_by_item(void **state)
{
    (void)state;
    assert_true(http1_list_has(STR("a, websocket\t,b"), "WebSocket"));
    assert_false(http1_list_has(STR("websockets"), "websocket"));
    assert_false(http1_list_has(STR(""), "websocket"));
    assert_false(http1_list_has((struct str){0}, "websocket"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_request_is_parsed),
        cmocka_unit_test(every_ambiguous_request_is_refused_with_its_status),
        cmocka_unit_test(a_nul_byte_is_refused_anywhere),
        cmocka_unit_test(each_host_form_is_accepted),
        cmocka_unit_test(a_head_may_arrive_in_any_two_pieces),
        cmocka_unit_test(the_longest_start_line_passes_and_one_byte_more_is_414),
        cmocka_unit_test(the_longest_header_line_passes_and_one_byte_more_is_431),
        cmocka_unit_test(a_head_one_byte_over_the_limit_is_431_even_before_it_ends),
        cmocka_unit_test(one_header_field_too_many_is_431),
        cmocka_unit_test(http_1_0_is_never_kept_alive),
        cmocka_unit_test(close_wins_over_keep_alive_in_any_order),
        cmocka_unit_test(upgrade_and_expectation_are_noticed),
        cmocka_unit_test(a_field_that_must_be_single_is_refused_when_repeated),
        cmocka_unit_test(a_pipelined_second_request_is_left_alone),
        cmocka_unit_test(each_response_says_how_its_body_ends),
        cmocka_unit_test(malformed_responses_are_refused),
        cmocka_unit_test(a_refused_head_leaves_the_output_untouched),
        cmocka_unit_test(a_list_is_searched_item_by_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
