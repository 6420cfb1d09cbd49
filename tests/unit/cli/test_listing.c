/* Lists in their three forms, and that foreign text stays text in each. */
#include "cli/listing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/test.h"
#include "os/file.h"

static const struct listing_column columns[] = {
    {"name", "NAME"}, {"count", "COUNT"}, {"on", "ON"}, {"words", "WORDS"}};

static void fill(struct listing *l, enum listing_form form)
{
    const struct str words[] = {STR("a"), STR("b\"c")};
    listing_init(l, form, columns, ARRAY_LEN(columns));
    listing_cstr(l, "m\xc3\xbcll");
    listing_int(l, -4);
    listing_bool(l, true);
    listing_strs(l, words, 2);
    listing_str(l, STR("x\x1b[31m"));
    listing_int(l, 1234567);
    listing_null(l);
    listing_strs(l, NULL, 0);
}

/* What a list prints, through a pipe-like file. */
static void printed(struct listing *l, struct buf *ret_text)
{
    char path[] = "/tmp/cordon-listing-XXXXXX";
    int fd CLEANUP(fd_closep) = mkstemp(path);
    struct out out;
    assert_true(fd >= 0);
    out_init(&out, fd, true);
    assert_ok(listing_print(l, &out));
    assert_ok(out_done(&out));
    assert_ok(file_read(path, 65536, ret_text, NULL));
    assert_int_equal(unlink(path), 0);
}

static void a_table_is_aligned_by_characters_and_shows_escapes(void **state)
{
    (void)state;
    struct listing l CLEANUP(listing_done);
    struct buf text CLEANUP(buf_done) = {0};
    fill(&l, LISTING_TABLE);
    printed(&l, &text);
    assert_str(buf_str(&text), "NAME       COUNT    ON   WORDS\n"
                               "m\xc3\xbcll       -4       yes  a, b\"c\n"
                               "x\\x1b[31m  1234567  -    -\n");
}

static void json_is_one_array(void **state)
{
    (void)state;
    struct listing l CLEANUP(listing_done);
    struct buf text CLEANUP(buf_done) = {0};
    fill(&l, LISTING_JSON);
    printed(&l, &text);
    assert_str(
        buf_str(&text),
        "[\n{\"name\":\"m\xc3\xbcll\",\"count\":-4,\"on\":true,\"words\":[\"a\",\"b\\\"c\"]},\n"
        "{\"name\":\"x\\u001b[31m\",\"count\":1234567,\"on\":null,\"words\":[]}\n]\n");
}

static void json_lines_are_one_object_a_line(void **state)
{
    (void)state;
    struct listing l CLEANUP(listing_done);
    struct buf text CLEANUP(buf_done) = {0};
    fill(&l, LISTING_JSONL);
    printed(&l, &text);
    assert_str(buf_str(&text),
               "{\"name\":\"m\xc3\xbcll\",\"count\":-4,\"on\":true,\"words\":[\"a\",\"b\\\"c\"]}\n"
               "{\"name\":\"x\\u001b[31m\",\"count\":1234567,\"on\":null,\"words\":[]}\n");
}

static void an_empty_list_prints_a_head_an_empty_array_or_nothing(void **state)
{
    (void)state;
    const char *expected[] = {"NAME  COUNT  ON  WORDS\n", "[]\n", ""};
    for (int form = LISTING_TABLE; form <= LISTING_JSONL; form++) {
        struct listing l CLEANUP(listing_done);
        struct buf text CLEANUP(buf_done) = {0};
        listing_init(&l, (enum listing_form)form, columns, ARRAY_LEN(columns));
        printed(&l, &text);
        assert_str(buf_str(&text), expected[form]);
    }
}

static int print_under_pressure(void *context)
{
    int *fd = context;
    struct listing l CLEANUP(listing_done);
    struct out out;
    out_init(&out, *fd, false);
    fill(&l, LISTING_TABLE);
    int rc = listing_print(&l, &out);
    int written = out_done(&out);
    return rc ? rc : written;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int fd CLEANUP(fd_closep) = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    test_every_allocation_fails(print_under_pressure, &fd, 40);
}

static void a_full_device_is_reported_once_the_output_ends(void **state)
{
    (void)state;
    int fd CLEANUP(fd_closep) = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct out out;
    struct err err = {0};
    if (fd < 0)
        skip();
    out_init(&out, fd, false);
    out_line(&out, "a line");
    assert_int_equal(out_check(&out, &err), 0);
    out_flush(&out);
    assert_int_equal(out_check(&out, &err), E_FULL);
    assert_string_equal(err.message, "cannot write the output: no space left");
    assert_int_equal(out_done(&out), E_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_aligned_by_characters_and_shows_escapes),
        cmocka_unit_test(json_is_one_array),
        cmocka_unit_test(json_lines_are_one_object_a_line),
        cmocka_unit_test(an_empty_list_prints_a_head_an_empty_array_or_nothing),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_full_device_is_reported_once_the_output_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
