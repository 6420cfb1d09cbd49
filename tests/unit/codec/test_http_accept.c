/* codec/http_accept: what a client likes best, and what it already has. */
#include "harness/test.h"

#include "codec/http_accept.h"

enum {
    I = 1 << HTTP_IDENTITY,
    G = 1 << HTTP_GZIP,
    B = 1 << HTTP_BROTLI,
    ALL = I | G | B,
};

static const struct {
    const char *value;
    unsigned offered;
    int chosen; /* -1: none */
} wishes[] = {
    {"", ALL, HTTP_IDENTITY},
    {"gzip", ALL, HTTP_GZIP},
    {"GZip", ALL, HTTP_GZIP},
    {"x-gzip", ALL, HTTP_GZIP},
    {"br", ALL, HTTP_BROTLI},
    {"gzip, deflate, br, zstd", ALL, HTTP_BROTLI},
    {"gzip, deflate, br, zstd", I | G, HTTP_GZIP},
    {"gzip, deflate, br, zstd", I, HTTP_IDENTITY},
    {"br;q=0.5, gzip;q=0.6", ALL, HTTP_GZIP},
    {"br;q=0.599,gzip;q=0.6", ALL, HTTP_GZIP},
    {"br ; q=1.000 , gzip ; Q=1", ALL, HTTP_BROTLI},
    {"br;q=0, gzip;q=0.001", ALL, HTTP_GZIP},
    {"br;q=0., gzip;q=1.", ALL, HTTP_GZIP},
    {"gzip;q=0.5, identity", ALL, HTTP_IDENTITY},
    {"gzip;q=0.5, identity;q=0.4", ALL, HTTP_GZIP},
    {"*", ALL, HTTP_BROTLI},
    {"*;q=0.1, gzip", ALL, HTTP_GZIP},
    {"*;q=0, gzip", ALL, HTTP_GZIP},
    {"*;q=0", ALL, -1},
    {"identity;q=0", ALL, -1},
    {"identity;q=0, br", I | G, -1},
    {"identity;q=0, *", I | G, HTTP_GZIP},
    {"deflate", ALL, HTTP_IDENTITY},
    {"gzip;q=0", ALL, HTTP_IDENTITY},
    {",, gzip ,", ALL, HTTP_GZIP},
    {",", ALL, HTTP_IDENTITY},
    /* malformed: as if nothing had been said */
    {"gzip;q=1.1", ALL, HTTP_IDENTITY},
    {"gzip;q=2", ALL, HTTP_IDENTITY},
    {"gzip;q=0.1234", ALL, HTTP_IDENTITY},
    {"gzip;q=", ALL, HTTP_IDENTITY},
    {"gzip;q=.5", ALL, HTTP_IDENTITY},
    {"gzip;q=-1", ALL, HTTP_IDENTITY},
    {"gzip;q=0,5", ALL, HTTP_IDENTITY},
    {"gzip;level=9", ALL, HTTP_IDENTITY},
    {"gzip;q=1;q=0", ALL, HTTP_IDENTITY},
    {"gzip;", ALL, HTTP_IDENTITY},
    {"br, gz ip", ALL, HTTP_IDENTITY},
    {"br, \"gzip\"", ALL, HTTP_IDENTITY},
    {"br, ;q=1", ALL, HTTP_IDENTITY},
};

static void the_coding_is_the_one_that_the_client_likes_best(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
        enum http_coding got = HTTP_CODINGS;
        int rc = http_accept_coding(str_of(wishes[i].value), wishes[i].offered, &got);
        int chosen = rc ? -1 : (int)got;
        if (chosen != wishes[i].chosen)
            print_error("Accept-Encoding '%s'\n", wishes[i].value);
        assert_int_equal(chosen, wishes[i].chosen);
        assert_true(rc == 0 || rc == E_UNSUPPORTED);
    }
}

static void a_list_of_too_many_codings_counts_as_none(void **state)
{
    (void)state;
    char value[HTTP_ACCEPT_ELEMENTS * 2 + 16] = "";
    enum http_coding got;
    for (int i = 0; i < HTTP_ACCEPT_ELEMENTS - 1; i++)
        strcat(value, "a,");
    strcat(value, "gzip");
    assert_ok(http_accept_coding(str_of(value), ALL, &got));
    assert_int_equal(got, HTTP_GZIP);
    strcat(value, ",a");
    assert_ok(http_accept_coding(str_of(value), ALL, &got));
    assert_int_equal(got, HTTP_IDENTITY);
}

static const struct {
    const char *value;
    bool listed;
} tags[] = {
    {"\"abc\"", true},
    {"W/\"abc\"", true},
    {" \"x\" , W/\"abc\" ", true},
    {"\"x\",\"abc\"", true},
    {"\"a,b\", \"abc\"", true},
    {"*", true},
    {"", false},
    {"abc", false},
    {"\"ab\"", false},
    {"\"abcd\"", false},
    {"\"abc", false},
    {"w/\"abc\"", false},
    {"\"x\" \"abc\"", false},
    {"x, \"abc\"", false},
    {"*, \"x\"", false},
    {",\"abc\"", false},
    {"\"x,\"abc\"", false},
};

static void a_known_tag_is_found_in_the_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        if (http_etag_listed(str_of(tags[i].value), STR("\"abc\"")) != tags[i].listed)
            fail_msg("If-None-Match '%s'", tags[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_coding_is_the_one_that_the_client_likes_best),
        cmocka_unit_test(a_list_of_too_many_codings_counts_as_none),
        cmocka_unit_test(a_known_tag_is_found_in_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
