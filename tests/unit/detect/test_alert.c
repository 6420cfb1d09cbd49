/* detect/alert: the JSON form of a match, checked with an independent reader. */
#include "harness/test.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "detect/detect.h"

static void add_alert(const char *yaml, const struct event *ev, const char *head, struct buf *out)
{
    struct builder *b;
    struct buf image = {0};
    struct builder_counts counts = {0};
    assert_ok(builder_new(&b));
    assert_ok(builder_add_sigma(b, str_of(yaml), "r.yml", NULL, NULL, &counts, NULL));
    assert_int_equal(counts.accepted, 1);
    assert_ok(builder_finish(b, &image, NULL));
    builder_free(b);
    struct ruleset *r;
    struct engine *e;
    const struct match *matches;
    assert_ok(ruleset_load(buf_str(&image), &r, NULL));
    assert_ok(engine_new(r, &e));
    assert_int_equal(engine_match(e, ev, &matches), 1);
    alert_add_json(out, str_of(head), r, matches, ev);
    assert_ok(buf_check(out));
    engine_free(e);
    ruleset_unref(r);
    buf_done(&image);
}

static json_t *read_back(struct buf *out)
{
    json_error_t error;
    json_t *root = json_loads(buf_cstr(out), JSON_REJECT_DUPLICATES, &error);
    if (!root)
        print_error("%s\n%s\n", error.text, buf_cstr(out));
    assert_non_null(root);
    return root;
}

static const char *text_at(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void an_alert_names_its_rule_and_its_reasons(void **state)
{
    (void)state;
    struct event *ev = calloc(1, sizeof *ev);
    assert_non_null(ev);
    event_set_str(ev, F_EXECUTABLE, STR("/bin/\"x\"\n"));
    static const struct str args[] = {{"-a", 2}, {"-b", 2}};
    event_set_list(ev, F_ARGS, args, 2);
    struct buf out = {0};
    add_alert("title: A \"quoted\" title\nid: id-1\nlevel: low\ntags: [attack.t1059]\ndetection:\n"
              "  s:\n    Image|contains: '\"X\"'\n    process.args: ['-a', '-b']\n"
              "    User: null\n  condition: s\n",
              ev, "\"file\":\"f\",\"line\":3,", &out);
    json_t *root = read_back(&out);
    assert_string_equal(text_at(root, "file"), "f");
    json_t *rule = json_object_get(root, "rule");
    assert_string_equal(text_at(rule, "id"), "id-1");
    assert_string_equal(text_at(rule, "title"), "A \"quoted\" title");
    assert_string_equal(text_at(rule, "level"), "low");
    assert_string_equal(json_string_value(json_array_get(json_object_get(rule, "techniques"), 0)),
                        "T1059");
    json_t *matched = json_object_get(root, "matched");
    assert_int_equal(json_object_size(matched), 3);
    assert_string_equal(text_at(matched, "Image"), "/bin/\"x\"\n");
    json_t *list = json_object_get(matched, "process.args");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_string_value(json_array_get(list, 1)), "-b");
    assert_true(json_is_null(json_object_get(matched, "User")));
    json_t *event = json_object_get(root, "event");
    assert_string_equal(text_at(event, "process.executable"), "/bin/\"x\"\n");
    assert_null(strchr(buf_cstr(&out), '\n'));
    json_decref(root);
    buf_done(&out);
    free(ev);
}

static void an_alert_without_head_is_an_object_too(void **state)
{
    (void)state;
    struct event *ev = calloc(1, sizeof *ev);
    assert_non_null(ev);
    struct buf out = {0};
    add_alert("title: t\ndetection: {s: {User: null}, condition: not not s}\n", ev, "", &out);
    json_t *root = read_back(&out);
    assert_int_equal(json_object_size(json_object_get(root, "matched")), 0);
    json_decref(root);
    buf_done(&out);
    free(ev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alert_names_its_rule_and_its_reasons),
        cmocka_unit_test(an_alert_without_head_is_an_object_too),
    };
    return cmocka_run_group_tests_name("detect/alert", tests, NULL, NULL);
}
