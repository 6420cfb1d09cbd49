/* detect/coverage: the kinds of events a rule can fire on, from its log source and its condition;
 * and that the engine agrees. */
#include "harness/test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "detect/coverage.h"

static struct ruleset *load(const char *logsource, const char *detection, struct buf *image)
{
    struct builder *b;
    struct builder_counts counts = {0};
    struct ruleset *r;
    struct buf yaml = {0};
    buf_addf(&yaml, "title: t\nid: i\nlogsource: {%s}\ndetection:\n%s", logsource, detection);
    assert_ok(builder_new(&b));
    assert_ok(builder_add_sigma(b, buf_str(&yaml), "r", NULL, NULL, &counts, NULL));
    assert_int_equal(counts.accepted, 1);
    assert_ok(builder_finish(b, image, NULL));
    builder_free(b);
    buf_done(&yaml);
    assert_ok(ruleset_load(buf_str(image), &r, NULL));
    return r;
}

/* Checks that exactly the `len` kinds are covered. */
static void expect(const char *logsource, const char *detection, const enum event_kind *kinds,
                   size_t len)
{
    struct buf image = {0};
    struct ruleset *r = load(logsource, detection, &image);
    struct kind_set set = coverage_kinds(r, 0, STR("macos"));
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        bool wanted = false;
        for (size_t i = 0; i < len; i++)
            wanted |= kinds[i] == k;
        if (kind_set_has(&set, (enum event_kind)k) != wanted)
            print_error("%s: %s\n", detection, kind_table[k].name.ptr);
        assert_int_equal(kind_set_has(&set, (enum event_kind)k), wanted);
    }
    ruleset_unref(r);
    buf_done(&image);
}

static void a_category_selects_its_kinds(void **state)
{
    (void)state;
    static const enum event_kind exec[] = {KIND_EXEC, KIND_EXEC_DENIED};
    static const enum event_kind change[] = {KIND_WRITE, KIND_TRUNCATE};
    expect("category: process_creation", "  a: {Image: x}\n  condition: a\n", exec, 2);
    expect("product: macos, category: file_change", "  a: {Image: x}\n  condition: a\n", change, 2);
    expect("product: windows, category: process_creation", "  a: {Image: x}\n  condition: a\n",
           NULL, 0);
    expect("product: macos, service: security", "  a: {Image: x}\n  condition: a\n", NULL, 0);
}

/* Nobody can ask it where sensors run: what is told exactly when the file was read never holds. */
static void what_only_the_disk_has_covers_nothing(void **state)
{
    (void)state;
    static const enum event_kind one[] = {KIND_UNLINK};
    expect("product: macos",
           "  a: {kind: unlink}\n  b: {file.isDownload: 'true'}\n  condition: a and b\n", NULL, 0);
    expect("product: macos",
           "  a: {kind: unlink}\n  b: {file.isDownload: 'true'}\n  c: {file.isDownload: null}\n"
           "  condition: a and not b and not c\n",
           NULL, 0);
    expect("product: macos",
           "  a: {kind: unlink}\n  b: {file.isDownload: 'true'}\n  condition: a and not b\n", one,
           1);
}

static void the_field_kind_selects_kinds(void **state)
{
    (void)state;
    static const enum event_kind two[] = {KIND_RENAME, KIND_UNLINK};
    static const enum event_kind tasks[] = {KIND_GET_TASK, KIND_GET_TASK_NAME, KIND_GET_TASK_READ,
                                            KIND_GET_TASK_INSPECT};
    static const enum event_kind one[] = {KIND_UNLINK};
    static const enum event_kind create[] = {KIND_CREATE};
    expect("product: macos", "  a: {kind: [rename, unlink]}\n  condition: a\n", two, 2);
    expect("product: macos", "  a: {kind|startswith: get_task}\n  condition: a\n", tasks, 4);
    expect("product: macos",
           "  a: {kind: [rename, unlink]}\n  b: {kind: rename}\n  condition: a and not b\n", one,
           1);
    expect("category: file_event", "  a: {kind: create, file.path: /x}\n  condition: a\n", create,
           1);
    expect("category: file_event", "  a: {kind: exec}\n  condition: a\n", NULL, 0);
}

static void an_open_comparison_excludes_nothing(void **state)
{
    (void)state;
    static const enum event_kind one[] = {KIND_SU};
    struct buf image = {0};
    expect("product: macos", "  a: {kind: su}\n  b: {User: root}\n  condition: a and not b\n", one,
           1);
    struct ruleset *r = load("product: macos", "  a: {User: root}\n  condition: not a\n", &image);
    struct kind_set set = coverage_kinds(r, 0, STR("macos"));
    for (unsigned k = KIND_UNKNOWN + 1; k < KIND_COUNT; k++)
        assert_true(kind_set_has(&set, (enum event_kind)k));
    ruleset_unref(r);
    buf_done(&image);
}

/* What the engine fires on is among the kinds told, for every kind. */
static void the_engine_fires_on_no_other_kind(void **state)
{
    (void)state;
    struct buf image = {0};
    struct ruleset *r = load("product: macos",
                             "  a: {kind|contains: _}\n  b: {kind|endswith: add}\n"
                             "  c: {User: root}\n  condition: a and not b and c\n",
                             &image);
    struct kind_set set = coverage_kinds(r, 0, STR("macos"));
    struct event *ev = calloc(1, sizeof *ev);
    struct engine *e;
    const struct match *matches;
    unsigned fired = 0;
    assert_non_null(ev);
    assert_ok(engine_new(r, &e));
    for (unsigned k = KIND_UNKNOWN + 1; k < KIND_COUNT; k++) {
        event_clear(ev);
        ev->kind = (enum event_kind)k;
        ev->product = STR("macos");
        ev->category = kind_table[k].category;
        event_set_str(ev, F_KIND, kind_table[k].name);
        event_set_str(ev, F_USER, STR("root"));
        int n = engine_match(e, ev, &matches);
        assert_int_equal(n == 1, kind_set_has(&set, (enum event_kind)k));
        fired += n == 1;
    }
    assert_true(fired > 10);
    free(ev);
    engine_free(e);
    ruleset_unref(r);
    buf_done(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_category_selects_its_kinds),
        cmocka_unit_test(what_only_the_disk_has_covers_nothing),
        cmocka_unit_test(the_field_kind_selects_kinds),
        cmocka_unit_test(an_open_comparison_excludes_nothing),
        cmocka_unit_test(the_engine_fires_on_no_other_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
