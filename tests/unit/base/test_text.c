/* base/text: UTF-8 against iconv, base64 against OpenSSL, escapes for terminals. */
#include "harness/test.h"

#include <iconv.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/text.h"

static void ill_formed_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82",
                                      "\x80",     "aaaaaaaa\xff", "\xf0\x80\x80\x80"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(text_utf8_valid(str_of(bad[i])));
    assert_true(text_utf8_valid(STR("plain, \xc3\xa9, \xe2\x82\xac, \xf0\x9f\x8d\x8e and more")));
    assert_true(text_utf8_valid((struct str){0}));
}

static void every_code_point_survives_a_round_trip(void **state)
{
    (void)state;
    struct buf b = {0};
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        buf_clear(&b);
        text_utf8_add(&b, code);
        size_t pos = 0;
        if (text_utf8_next(buf_str(&b), &pos) != code || pos != b.len ||
            !text_utf8_valid(buf_str(&b)))
            fail_msg("code point %x", code);
    }
    buf_done(&b);
}

static bool iconv_accepts(iconv_t converter, char *bytes, size_t len)
{
    char out[64];
    char *from = bytes;
    char *to = out;
    size_t room = sizeof out;
    (void)iconv(converter, NULL, NULL, NULL, NULL);
    return iconv(converter, &from, &len, &to, &room) != (size_t)-1;
}

static void validity_agrees_with_iconv(void **state)
{
    (void)state;
    static const unsigned char interesting[] = {
        0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
        0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff};
    enum { N = ARRAY_LEN(interesting) };
    iconv_t converter = iconv_open("UTF-16LE", "UTF-8");
    assert_true(converter != (iconv_t)-1);
    for (size_t i = 0; i < (size_t)N * N * N * N; i++) {
        char bytes[4] = {(char)interesting[i % N], (char)interesting[i / N % N],
                         (char)interesting[i / N / N % N], (char)interesting[i / N / N / N]};
        if (text_utf8_valid(str_n(bytes, 4)) != iconv_accepts(converter, bytes, 4))
            fail_msg("bytes %02x %02x %02x %02x", (unsigned char)bytes[0], (unsigned char)bytes[1],
                     (unsigned char)bytes[2], (unsigned char)bytes[3]);
    }
    (void)iconv_close(converter);
}

static void an_ill_formed_byte_is_one_replacement_and_one_step(void **state)
{
    (void)state;
    struct str s = STR("\xe2\x82z");
    size_t pos = 0;
    assert_int_equal(text_utf8_next(s, &pos), 0xfffd);
    assert_int_equal(pos, 1);
    assert_int_equal(text_utf8_next(s, &pos), 0xfffd);
    assert_int_equal(text_utf8_next(s, &pos), 'z');
    assert_int_equal(pos, 3);
}

static void hex_survives_a_round_trip(void **state)
{
    (void)state;
    unsigned char raw[256];
    unsigned char out[256];
    struct buf text = {0};
    size_t len = 0;
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (unsigned char)i;
    text_hex_add(&text, raw, sizeof raw);
    assert_true(str_ends(buf_str(&text), STR("fdfeff")));
    assert_ok(text_hex_decode(buf_str(&text), out, sizeof out, &len));
    assert_int_equal(len, sizeof raw);
    assert_memory_equal(out, raw, sizeof raw);
    assert_ok(text_hex_decode(STR("aBCd"), out, 2, &len));
    assert_memory_equal(out, "\xab\xcd", 2);
    buf_done(&text);
}

static void hex_of_the_wrong_form_or_size_is_refused(void **state)
{
    (void)state;
    unsigned char out[2];
    size_t len = 9;
    assert_int_equal(text_hex_decode(STR("abc"), out, 2, &len), E_PARSE);
    assert_int_equal(text_hex_decode(STR("0g"), out, 2, &len), E_PARSE);
    assert_int_equal(text_hex_decode(STR("0:"), out, 2, &len), E_PARSE);
    assert_int_equal(text_hex_decode(STR(" 0"), out, 2, &len), E_PARSE);
    assert_int_equal(text_hex_decode(STR("000000"), out, 2, &len), E_LIMIT);
    assert_int_equal(len, 9);
    assert_ok(text_hex_decode(STR(""), out, 0, &len));
    assert_int_equal(len, 0);
}

static void base64_agrees_with_openssl_and_survives_a_round_trip(void **state)
{
    (void)state;
    unsigned char raw[100];
    unsigned char expected[140];
    unsigned seed = 3;
    for (int len = 0; len < (int)sizeof raw; len++) {
        for (int i = 0; i < len; i++)
            raw[i] = (unsigned char)rand_r(&seed);
        struct buf text = {0};
        struct buf back = {0};
        text_base64_add(&text, raw, (size_t)len);
        (void)EVP_EncodeBlock(expected, raw, len);
        assert_str(buf_str(&text), (const char *)expected);
        assert_ok(text_base64_decode(buf_str(&text), &back));
        text_base64url_add(&text, raw, (size_t)len);
        assert_true(str_find_char(str_sub(buf_str(&text), strlen((char *)expected), SIZE_MAX),
                                  '=') == SIZE_MAX);
        assert_ok(
            text_base64_decode(str_sub(buf_str(&text), strlen((char *)expected), SIZE_MAX), &back));
        assert_int_equal(back.len, 2 * len);
        assert_true(len == 0 || memcmp(back.ptr, raw, (size_t)len) == 0);
        assert_true(len == 0 || memcmp(back.ptr + len, raw, (size_t)len) == 0);
        buf_done(&text);
        buf_done(&back);
    }
}

static void base64_that_is_not_the_one_form_is_refused(void **state)
{
    (void)state;
    /* One digit, too much padding, padding in the wrong place, unused bits, foreign bytes. */
    static const char *const bad[] = {"Q",    "QUJDQ",  "QQ=",   "QQ===",    "QUI==", "QUJD=",
                                      "=",    "====",   "Q=Q=",  "QR==",     "QUJ=",  "QR",
                                      "QU I", "QUJD\n", "QUI=x", "Q\xc3\xa9"};
    struct buf out = {0};
    buf_add_cstr(&out, "kept");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (text_base64_decode(str_of(bad[i]), &out) != E_PARSE)
            fail_msg("'%s' was decoded", bad[i]);
    }
    assert_str(buf_str(&out), "kept");
    assert_ok(text_base64_decode(STR("QQ"), &out));
    assert_ok(text_base64_decode(STR("QQ=="), &out));
    assert_ok(text_base64_decode(STR(""), &out));
    assert_str(buf_str(&out), "keptAA");
    out.limit = 7;
    assert_int_equal(text_base64_decode(STR("QUJD"), &out), E_LIMIT);
    buf_done(&out);
}

static void hostile_text_is_made_visible(void **state)
{
    (void)state;
    struct buf b = {0};
    text_add_printable(&b, STR("a\x1b[2J\xe2\x80\xae"
                               "b\xff\n\x7f\xc2\x9b\xef\xbb\xbf\xf3\xa0\x81\x81 \xc3\xa9"));
    assert_str(buf_str(&b), "a\\x1b[2J\\u202eb\\xff\\x0a\\x7f\\u009b\\ufeff\\U000e0041 \xc3\xa9");
    buf_done(&b);
}

static void printable_text_has_no_control_byte_whatever_came_in(void **state)
{
    (void)state;
    unsigned seed = 11;
    for (unsigned round = 0; round < 2000; round++) {
        char raw[24];
        struct buf b = {0};
        for (size_t i = 0; i < sizeof raw; i++)
            raw[i] = (char)rand_r(&seed);
        text_add_printable(&b, str_n(raw, sizeof raw));
        assert_true(text_utf8_valid(buf_str(&b)));
        for (size_t i = 0; i < b.len; i++)
            assert_true((unsigned char)b.ptr[i] >= 0x20 && b.ptr[i] != 0x7f);
        buf_done(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ill_formed_utf8_is_refused),
        cmocka_unit_test(every_code_point_survives_a_round_trip),
        cmocka_unit_test(validity_agrees_with_iconv),
        cmocka_unit_test(an_ill_formed_byte_is_one_replacement_and_one_step),
        cmocka_unit_test(hex_survives_a_round_trip),
        cmocka_unit_test(hex_of_the_wrong_form_or_size_is_refused),
        cmocka_unit_test(base64_agrees_with_openssl_and_survives_a_round_trip),
        cmocka_unit_test(base64_that_is_not_the_one_form_is_refused),
        cmocka_unit_test(hostile_text_is_made_visible),
        cmocka_unit_test(printable_text_has_no_control_byte_whatever_came_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
