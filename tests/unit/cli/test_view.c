/* API objects for people and for programs. */
#include "cli/view.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/listing.h"
#include "harness/test.h"
#include "os/file.h"

static json_t *parsed(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    return value;
}

static void shown_as(const char *json, const char *text)
{
    struct buf out CLEANUP(buf_done) = {0};
    json_t *value = parsed(json);
    view_add(&out, value);
    json_decref(value);
    assert_str(buf_str(&out), text);
}

static void values_read_as_a_person_expects(void **state)
{
    (void)state;
    shown_as("null", "-");
    shown_as("true", "yes");
    shown_as("-3", "-3");
    shown_as("\"2026-11-24T03:42:18.123456789Z\"", "2026-11-24T03:42:18Z");
    shown_as("\"2026-11-24, a note that is long\"", "2026-11-24, a note that is long");
    shown_as("[\"T1059\",\"T1204\"]", "T1059, T1204");
    shown_as("{\"a\":1}", "{\"a\":1}");
    struct buf out CLEANUP(buf_done) = {0};
    view_add(&out, NULL);
    assert_str(buf_str(&out), "-");
}

static void members_are_found_by_dotted_path(void **state)
{
    (void)state;
    json_t *object = parsed("{\"rule\":{\"title\":\"x\"},\"n\":1}");
    assert_str(view_text(object, "rule.title"), "x");
    assert_int_equal(view_text(object, "rule.none").len, 0);
    assert_int_equal(view_text(object, "n").len, 0);
    assert_int_equal(view_text(object, "n.deeper").len, 0);
    assert_null(view_find(object, "none.at.all"));
    assert_null(view_find(NULL, "rule"));
    json_decref(object);
}

static const struct view_column columns[] = {{"NAME", "name"}, {"LEVEL", "rule.level"}};

static void print(unsigned form, bool card, const char *json, struct buf *ret_text)
{
    char path[] = "/tmp/cordon-view-XXXXXX";
    int fd CLEANUP(fd_closep) = mkstemp(path);
    json_t *value = parsed(json);
    struct out out;
    assert_true(fd >= 0);
    out_init(&out, fd, true);
    if (card)
        assert_ok(view_card(&out, form, columns, ARRAY_LEN(columns), value));
    else
        assert_ok(view_list(&out, form, columns, ARRAY_LEN(columns), value));
    assert_ok(out_done(&out));
    assert_ok(file_read(path, 65536, ret_text, NULL));
    assert_int_equal(unlink(path), 0);
    json_decref(value);
}

static void a_list_shows_chosen_members_to_people_and_all_to_programs(void **state)
{
    (void)state;
    const char *items = "[{\"name\":\"a\\u001b\",\"rule\":{\"level\":\"low\"},\"new\":1},{}]";
    struct buf text CLEANUP(buf_done) = {0};
    print(LISTING_TABLE, false, items, &text);
    assert_str(buf_str(&text), "NAME   LEVEL\na\\x1b  low\n-      -\n");
    buf_clear(&text);
    print(LISTING_JSONL, false, items, &text);
    assert_str(buf_str(&text),
               "{\"name\":\"a\\u001B\",\"rule\":{\"level\":\"low\"},\"new\":1}\n{}\n");
    buf_clear(&text);
    print(LISTING_JSON, false, "[]", &text);
    assert_str(buf_str(&text), "[]\n");
}

static void a_card_is_a_line_a_member(void **state)
{
    (void)state;
    struct buf text CLEANUP(buf_done) = {0};
    print(0, true, "{\"name\":\"a\\nb\",\"rule\":{\"level\":\"low\"}}", &text);
    assert_str(buf_str(&text), "NAME   a\\x0ab\nLEVEL  low\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_read_as_a_person_expects),
        cmocka_unit_test(members_are_found_by_dotted_path),
        cmocka_unit_test(a_list_shows_chosen_members_to_people_and_all_to_programs),
        cmocka_unit_test(a_card_is_a_line_a_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
