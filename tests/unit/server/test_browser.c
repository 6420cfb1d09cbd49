/* server/browser: what a request with a session cookie must show. */
#include "harness/test.h"

#include <stdio.h>

#include "crypto/token.h"
#include "server/browser.h"

#define TOKEN "cordon_session_0123456789012345678901234567890123456789abc"
#define OTHER "cordon_session_abc0123456789012345678901234567890123456789"
#define OWN   "Host: cordon.example:8443\r\n"

/* A head with these fields; slices borrow from static memory. */
static const struct http1_head *head_of(const char *fields)
{
    static const struct http1_limits limits = {16384, 8192, 64};
    static char text[16384];
    static struct http1_head head;
    struct http1_scan scan = {0};
    struct http1_fault fault;
    int n = snprintf(text, sizeof text, "POST /x HTTP/1.1\r\n%s\r\n", fields);
    assert_true(n > 0 && (size_t)n < sizeof text);
    assert_ok(http1_request(&scan, str_of(text), &limits, &head, &fault));
    return &head;
}

static int token_of(const char *fields, struct str *ret_token)
{
    struct err err = {0};
    int rc = browser_token(head_of(fields), ret_token, &err);
    assert_true(rc == 0 || rc == E_NOT_FOUND || err.message[0]);
    return rc;
}

static void the_session_is_the_cookie_of_the_fixed_name(void **state)
{
    struct str token;
    (void)state;
    assert_ok(token_of(OWN "Cookie: theme=dark; __Host-cordon=" TOKEN "\r\n", &token));
    assert_str(token, TOKEN);
    assert_int_equal(token_of(OWN, &token), E_NOT_FOUND);
    assert_int_equal(token_of(OWN "Cookie: cordon=" TOKEN "\r\n", &token), E_NOT_FOUND);
    assert_int_equal(token_of(OWN "Cookie: __host-cordon=" TOKEN "\r\n", &token), E_NOT_FOUND);
}

static void a_cookie_that_is_no_session_is_refused(void **state)
{
    static const char *const bad[] = {
        OWN "Cookie: __Host-cordon=\r\n",
        OWN "Cookie: __Host-cordon=x\r\n",
        OWN "Cookie: __Host-cordon=" TOKEN "x\r\n",
        OWN "Cookie: __Host-cordon=\"" TOKEN "\"\r\n",
        OWN "Cookie: __Host-cordon=" TOKEN "; __Host-cordon=" TOKEN "\r\n",
        OWN "Cookie: __Host-cordon=" TOKEN "; __Host-cordon=" OTHER "\r\n",
        OWN "Cookie: __Host-cordon=" TOKEN "\r\nCookie: a=b\r\n",
        /* a bearer token is none, so that one stolen from a file is no session */
        OWN "Cookie: __Host-cordon=cordon_api_0123456789012345678901234567890123456789abc\r\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str token = STR("untouched");
        if (token_of(bad[i], &token) != E_AUTH)
            fail_msg("accepted: %s", bad[i]);
        assert_str(token, "untouched");
    }
}

static void the_csrf_text_belongs_to_one_session_and_does_not_show_its_token(void **state)
{
    char csrf[HASH_HEX_BYTES];
    char again[HASH_HEX_BYTES];
    char other[HASH_HEX_BYTES];
    char stored[HASH_HEX_BYTES];
    (void)state;
    assert_ok(browser_csrf(STR(TOKEN), csrf));
    assert_ok(browser_csrf(STR(TOKEN), again));
    assert_ok(browser_csrf(STR(OTHER), other));
    assert_ok(token_hash(STR(TOKEN), stored));
    assert_int_equal(strlen(csrf), HASH_HEX_BYTES - 1);
    assert_string_equal(csrf, again);
    assert_string_not_equal(csrf, other);
    assert_string_not_equal(csrf, stored);
}

static void assert_change(const char *fields, int code, const char *named)
{
    struct err err = {0};
    int rc = browser_check_change(head_of(fields), STR("c0ffee"), &err);
    if (rc != code || (named && !strstr(err.message, named)))
        fail_msg("%s-> %s: %s", fields, err_name(rc), err.message);
}

#define CSRF "X-CSRF-Token: c0ffee\r\n"

static void a_change_needs_the_csrf_text(void **state)
{
    (void)state;
    assert_change(OWN CSRF, 0, NULL);
    assert_change(OWN, E_DENIED, "X-CSRF-Token");
    assert_change(OWN "X-CSRF-Token: \r\n", E_DENIED, "X-CSRF-Token");
    assert_change(OWN "X-CSRF-Token: c0ffed\r\n", E_DENIED, "X-CSRF-Token");
    assert_change(OWN "X-CSRF-Token: c0ffee0\r\n", E_DENIED, "X-CSRF-Token");
    assert_change(OWN CSRF CSRF, E_DENIED, "X-CSRF-Token");
}

static void a_change_must_come_from_a_page_of_this_server(void **state)
{
    static const char *const foreign[] = {
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: \r\n",
        "Origin: http://cordon.example:8443\r\n",
        "Origin: https://cordon.example\r\n",
        "Origin: https://cordon.example:8444\r\n",
        "Origin: https://cordon.example:8443.evil.example\r\n",
        "Origin: https://evil.example:8443\r\n",
        "Origin: https://cordon.example:8443/\r\n",
        "Origin: https://cordon.example:8443\r\nOrigin: https://cordon.example:8443\r\n",
    };
    (void)state;
    assert_change(OWN CSRF "Origin: https://cordon.example:8443\r\n", 0, NULL);
    assert_change(OWN CSRF "Origin: https://Cordon.Example:8443\r\n", 0, NULL);
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
        char fields[512];
        (void)snprintf(fields, sizeof fields, OWN CSRF "%s", foreign[i]);
        assert_change(fields, E_DENIED, "Origin");
    }
}

static void a_change_that_the_browser_says_is_of_another_site_is_refused(void **state)
{
    (void)state;
    assert_change(OWN CSRF "Sec-Fetch-Site: same-origin\r\n", 0, NULL);
    assert_change(OWN CSRF "Sec-Fetch-Site: none\r\n", 0, NULL);
    assert_change(OWN CSRF "Sec-Fetch-Site: same-site\r\n", E_DENIED, "Sec-Fetch-Site");
    assert_change(OWN CSRF "Sec-Fetch-Site: cross-site\r\n", E_DENIED, "Sec-Fetch-Site");
    assert_change(OWN CSRF "Sec-Fetch-Site: \r\n", E_DENIED, "Sec-Fetch-Site");
    assert_change(OWN CSRF "Sec-Fetch-Site: none\r\nSec-Fetch-Site: none\r\n", E_DENIED,
                  "Sec-Fetch-Site");
}

static void the_cookie_is_for_this_server_alone_and_can_be_cleared(void **state)
{
    struct buf text CLEANUP(buf_done) = {0};
    (void)state;
    browser_add_cookie(&text, STR(TOKEN), 43200);
    assert_str(buf_str(&text),
               "__Host-cordon=" TOKEN "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200");
    buf_clear(&text);
    browser_add_cookie(&text, STR(""), 43200);
    assert_str(buf_str(&text),
               "__Host-cordon=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_session_is_the_cookie_of_the_fixed_name),
        cmocka_unit_test(a_cookie_that_is_no_session_is_refused),
        cmocka_unit_test(the_csrf_text_belongs_to_one_session_and_does_not_show_its_token),
        cmocka_unit_test(a_change_needs_the_csrf_text),
        cmocka_unit_test(a_change_must_come_from_a_page_of_this_server),
        cmocka_unit_test(a_change_that_the_browser_says_is_of_another_site_is_refused),
        cmocka_unit_test(the_cookie_is_for_this_server_alone_and_can_be_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
