/* sim/story: a story is read as it is meant, everything else is refused with its place. */
#include "harness/test.h"

#include "event/normalise.h"
#include "os/file.h"
#include "story.h"

#define HEADER "{\"story\":\"s\",\"cast\":2}\n"
#define FORK                                                                                       \
    "{\"version\":9,\"time\":\"2025-08-07T13:00:01.000000000Z\",\"process\":{\"audit_token\":"     \
    "{\"pid\":700,\"pidversion\":3000}},\"event\":{\"fork\":{\"child\":{\"audit_token\":"          \
    "[501,501,20,501,20,701,100015,3001]}}}}"

static struct story *read_good(const char *text)
{
    struct story *s = NULL;
    struct err err = {0};
    assert_ok_err(story_parse(str_of(text), "s.ndjson", NULL, NULL, &s, &err), &err);
    return s;
}

static void a_line_keeps_its_terms_and_what_its_record_does(void **state)
{
    (void)state;
    struct story *s =
        read_good(HEADER "{\"at_ms\":5,\"device\":2,\"needs\":\"network\",\"say\":\"hello\","
                         "\"step\":\"a\",\"after\":\"b\",\"event\":" FORK "}\n");
    assert_int_equal(s->len, 1);
    const struct story_line *line = &s->lines[0];
    assert_int_equal(line->at_ms, 5);
    assert_int_equal(line->seat, 2);
    assert_true(line->needs_network);
    assert_true(str_is(line->say, "hello"));
    assert_string_equal(s->steps[line->step], "a");
    assert_string_equal(s->steps[line->after], "b");
    assert_int_equal(line->shape.deed, DEED_FORK);
    assert_int_equal(line->shape.pid, 700);
    assert_int_equal(line->shape.child, 701);
    assert_int_equal(s->pid_least, 700);
    assert_int_equal(s->pid_span, 2);
    assert_int_equal(s->version_span, 2);
    story_free(s);
}

static void what_the_loop_makes_is_known(void **state)
{
    (void)state;
    struct story *s = read_good("{\"story\":\"s\",\"loop_from_ms\":10,\"loop_ms\":1000}\n"
                                "{\"at_ms\":0,\"event\":{\"kind\":\"exec\"}}\n"
                                "{\"at_ms\":10,\"event\":" FORK "}\n");
    assert_int_equal(s->loop_first, 1);
    assert_int_equal(s->length_ms, 0);
    assert_int_equal(s->loop_pids_len, 1);
    assert_int_equal(s->loop_pids[0], 701);
    story_free(s);
}

static void seats_are_for_the_cast_or_for_everybody(void **state)
{
    (void)state;
    struct story *once = read_good(HEADER);
    struct story *all = read_good("{\"story\":\"s\",\"cast\":2,\"everywhere\":true}");
    assert_int_equal(story_seat(once, 1), 2);
    assert_int_equal(story_seat(once, 2), 0);
    assert_int_equal(story_seat(all, 2), 1);
    story_free(once);
    story_free(all);
}

static void what_is_no_story_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        unsigned line;
    } bad[] = {
        {"", E_PARSE, 0},
        {"[]", E_PARSE, 1},
        {"{\"cast\":2}", E_PARSE, 1},
        {"{\"story\":\"s\",\"cast\":0}", E_LIMIT, 1},
        {"{\"story\":\"s\",\"cast\":1001}", E_LIMIT, 1},
        {"{\"story\":\"s\",\"loop_from_ms\":1}", E_LIMIT, 1},
        {"{\"story\":\"s\",\"start_ms\":-1}", E_LIMIT, 1},
        {HEADER "{\"event\":{}}", E_PARSE, 2},
        {HEADER "{\"at_ms\":-1,\"event\":{}}", E_LIMIT, 2},
        {HEADER "{\"at_ms\":604800001,\"event\":{}}", E_LIMIT, 2},
        {HEADER "{\"at_ms\":1,\"device\":3,\"event\":{}}", E_PARSE, 2},
        {HEADER "{\"at_ms\":1}", E_PARSE, 2},
        {HEADER "{\"at_ms\":1,\"event\":{},\"recording\":\"x\"}", E_PARSE, 2},
        {HEADER "{\"at_ms\":1,\"recording\":\"x\"}", E_PARSE, 2},
        {HEADER "{\"at_ms\":1,\"needs\":\"luck\",\"event\":{}}", E_PARSE, 2},
        {HEADER "{\"at_ms\":2,\"event\":{}}\n\n{\"at_ms\":1,\"event\":{}}", E_PARSE, 4},
        {"{\"story\":\"s\",\"loop_from_ms\":0,\"loop_ms\":100}\n{\"at_ms\":100,\"event\":{}}",
         E_PARSE, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct story *s = NULL;
        struct err err = {0};
        assert_int_equal(story_parse(str_of(bad[i].text), "s", NULL, NULL, &s, &err), bad[i].code);
        assert_int_equal(err.line, bad[i].line);
        assert_true(err.message[0]);
        assert_null(s);
    }
}

static void more_steps_than_there_are_bits_are_refused(void **state)
{
    (void)state;
    struct buf text CLEANUP(buf_done) = {0};
    struct story *s = NULL;
    struct err err = {0};
    buf_add_cstr(&text, HEADER);
    for (unsigned i = 0; i <= STORY_STEPS_MAX; i++)
        buf_addf(&text, "{\"at_ms\":0,\"step\":\"%u\",\"event\":{}}\n", i);
    assert_int_equal(story_parse(buf_str(&text), "s", NULL, NULL, &s, &err), E_LIMIT);
    assert_int_equal(err.line, STORY_STEPS_MAX + 2);
}

static void a_recording_becomes_a_story_that_repeats(void **state)
{
    (void)state;
    struct story *s = NULL;
    struct normaliser *n = NULL;
    struct err err = {0};
    assert_ok(normaliser_new(&n));
    assert_ok_err(story_of_recording(CORDON_SOURCE_DIR
                                     "/tests/data/recordings/benign-macos15-v9.ndjson",
                                     1, 1, n, &s, &err),
                  &err);
    assert_int_equal(s->len, 40);
    assert_true(s->repeat_ms > 0);
    for (size_t i = 1; i < s->len; i++)
        assert_true(s->lines[i].at_ms >= s->lines[i - 1].at_ms);
    assert_int_equal(story_of_recording("/does/not/exist", 1, 1, n, &s, &err), E_NOT_FOUND);
    story_free(s);
    normaliser_free(n);
}

static int parse_once(void *arg)
{
    struct story *s = NULL;
    (void)arg;
    int rc = story_parse(STR(HEADER "{\"at_ms\":5,\"step\":\"a\",\"event\":{\"kind\":\"exec\"}}"),
                         "s", NULL, NULL, &s, NULL);
    story_free(s);
    return rc;
}

static void every_failed_allocation_is_told_and_leaks_nothing(void **state)
{
    (void)state;
    test_every_allocation_fails(parse_once, NULL, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_keeps_its_terms_and_what_its_record_does),
        cmocka_unit_test(what_the_loop_makes_is_known),
        cmocka_unit_test(seats_are_for_the_cast_or_for_everybody),
        cmocka_unit_test(what_is_no_story_is_refused_with_its_line),
        cmocka_unit_test(more_steps_than_there_are_bits_are_refused),
        cmocka_unit_test(a_recording_becomes_a_story_that_repeats),
        cmocka_unit_test(every_failed_allocation_is_told_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
