#include "sensor/esseq.h"

#include "harness/test.h"

static uint64_t note(struct esseq *q, const char *line)
{
    bool numbered;
    return esseq_note(q, str_of(line), &numbered);
}

static void global_numbers_tell_exactly_how_many_are_missing(void **state)
{
    (void)state;
    struct esseq q = {0};
    assert_int_equal(note(&q, "{\"seq_num\":0,\"global_seq_num\":100}"), 0);
    assert_int_equal(note(&q, "{\"seq_num\":7,\"global_seq_num\":101}"), 0);
    assert_int_equal(note(&q, "{\"seq_num\":8,\"global_seq_num\":105}"), 3);
    assert_int_equal(note(&q, "{\"global_seq_num\":106,\"seq_num\":90}"), 0);
}

static void without_a_global_number_each_event_type_is_counted_by_itself(void **state)
{
    (void)state;
    struct esseq q = {0};
    assert_int_equal(note(&q, "{\"event_type\":9,\"seq_num\":0}"), 0);
    assert_int_equal(note(&q, "{\"event_type\":11,\"seq_num\":50}"), 0);
    assert_int_equal(note(&q, "{\"event_type\":9,\"seq_num\":1}"), 0);
    assert_int_equal(note(&q, "{\"event_type\":11,\"seq_num\":53}"), 2);
    assert_int_equal(note(&q, "{\"event_type\":9,\"seq_num\":3}"), 1);
}

static void numbers_that_go_back_are_a_new_client_not_a_loss(void **state)
{
    (void)state;
    struct esseq q = {0};
    assert_int_equal(note(&q, "{\"global_seq_num\":500}"), 0);
    assert_int_equal(note(&q, "{\"global_seq_num\":0}"), 0);
    assert_int_equal(note(&q, "{\"global_seq_num\":2}"), 1);
}

static void a_number_quoted_inside_an_argument_is_not_taken_for_the_real_one(void **state)
{
    (void)state;
    struct esseq q = {0};
    assert_int_equal(note(&q, "{\"global_seq_num\":1}"), 0);
    assert_int_equal(note(&q, "{\"args\":[\"{\\\"global_seq_num\\\":900}\"],\"global_seq_num\":2}"),
                     0);
    assert_int_equal(q.next_global, 3);
}

static void lines_without_usable_numbers_say_so(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{}",
        "{\"seq_num\":4}",
        "{\"seq_num\":4,\"event_type\":256}",
        "{\"global_seq_num\":null}",
        "{\"global_seq_num\":-1}",
        "{\"global_seq_num\":18446744073709551615}",
        "{\"global_seq_num\":99999999999999999999999}",
        "{\"global_seq_num\":",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct esseq q = {0};
        bool numbered = true;
        assert_int_equal(esseq_note(&q, str_of(lines[i]), &numbered), 0);
        assert_false(numbered);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(global_numbers_tell_exactly_how_many_are_missing),
        cmocka_unit_test(without_a_global_number_each_event_type_is_counted_by_itself),
        cmocka_unit_test(numbers_that_go_back_are_a_new_client_not_a_loss),
        cmocka_unit_test(a_number_quoted_inside_an_argument_is_not_taken_for_the_real_one),
        cmocka_unit_test(lines_without_usable_numbers_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
