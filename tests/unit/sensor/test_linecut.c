#include "sensor/linecut.h"

#include "harness/test.h"

struct lines {
    char text[4096]; /* lines seen, joined by '|' */
    size_t len;
    unsigned count;
};

static void collect(void *arg, struct str line)
{
    struct lines *l = arg;
    assert_true(l->len + line.len + 1 < sizeof l->text);
    memcpy(l->text + l->len, line.ptr, line.len);
    l->len += line.len;
    l->text[l->len++] = '|';
    l->count++;
}

static void feed_split(struct linecut *c, struct str text, size_t piece, struct lines *l)
{
    for (size_t at = 0; at < text.len; at += piece)
        linecut_feed(c, str_sub(text, at, piece), collect, l);
}

static void lines_are_the_same_however_the_input_is_split(void **state)
{
    (void)state;
    struct str text = STR("alpha\nbe\r\n\n\ngamma delta\nlast");
    for (size_t piece = 1; piece <= text.len; piece++) {
        struct linecut c CLEANUP(linecut_done) = {.limit = 100};
        struct lines l = {0};
        feed_split(&c, text, piece, &l);
        assert_str(str_n(l.text, l.len), "alpha|be|gamma delta|");
        linecut_end(&c, collect, &l);
        assert_str(str_n(l.text, l.len), "alpha|be|gamma delta|last|");
        assert_int_equal(c.dropped, 0);
    }
}

static void a_line_over_the_limit_is_dropped_whole_and_counted(void **state)
{
    (void)state;
    struct str text = STR("12345\n123456\nok\n1234567890123\n54321\n");
    for (size_t piece = 1; piece <= text.len; piece++) {
        struct linecut c CLEANUP(linecut_done) = {.limit = 5};
        struct lines l = {0};
        feed_split(&c, text, piece, &l);
        assert_str(str_n(l.text, l.len), "12345|ok|54321|");
        assert_int_equal(c.dropped, 2);
    }
}

static void an_endless_line_does_not_take_memory(void **state)
{
    (void)state;
    char block[1000];
    memset(block, 'x', sizeof block);
    struct linecut c CLEANUP(linecut_done) = {.limit = 3000};
    struct lines l = {0};
    for (unsigned i = 0; i < 1000; i++)
        linecut_feed(&c, str_n(block, sizeof block), collect, &l);
    assert_true(c.part.cap <= 8192);
    linecut_feed(&c, STR("\nnext\n"), collect, &l);
    assert_str(str_n(l.text, l.len), "next|");
    assert_int_equal(c.dropped, 1);
}

static void reset_forgets_the_unfinished_line(void **state)
{
    (void)state;
    struct linecut c CLEANUP(linecut_done) = {.limit = 100};
    struct lines l = {0};
    assert_false(linecut_reset(&c));
    linecut_feed(&c, STR("half of a li"), collect, &l);
    assert_true(linecut_reset(&c));
    linecut_feed(&c, STR("whole\n"), collect, &l);
    assert_str(str_n(l.text, l.len), "whole|");
}

static void without_memory_the_line_is_dropped_and_counted(void **state)
{
    (void)state;
    struct linecut c CLEANUP(linecut_done) = {.limit = 100};
    struct lines l = {0};
    mem_fail_after(1);
    linecut_feed(&c, STR("lost "), collect, &l);
    linecut_feed(&c, STR("line\n"), collect, &l);
    mem_fail_after(0);
    linecut_feed(&c, STR("kept\n"), collect, &l);
    assert_str(str_n(l.text, l.len), "kept|");
    assert_int_equal(c.dropped, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_the_same_however_the_input_is_split),
        cmocka_unit_test(a_line_over_the_limit_is_dropped_whole_and_counted),
        cmocka_unit_test(an_endless_line_does_not_take_memory),
        cmocka_unit_test(reset_forgets_the_unfinished_line),
        cmocka_unit_test(without_memory_the_line_is_dropped_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
