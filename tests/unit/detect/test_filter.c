/* detect/builder_filter: which rules a filter reaches, and what it does to them. */
#include "harness/test.h"

#include <stdio.h>

#include "base/buf.h"
#include "detect/detect.h"

struct world {
    struct buf image;
    struct ruleset *rules;
    struct engine *engine;
    struct builder_counts counts;
    struct err last;
};

static void keep(void *arg, const struct err *err)
{
    ((struct world *)arg)->last = *err;
}

static int try_make(struct world *w, const char *const *files, size_t len)
{
    *w = (struct world){0};
    struct builder *b;
    int rc = builder_new(&b);
    if (rc)
        return rc;
    for (size_t i = 0; rc == 0 && i < len; i++)
        rc = builder_add_sigma(b, str_of(files[i]), i ? "f.yml" : "r.yml", keep, w, &w->counts,
                               NULL);
    if (rc == 0)
        rc = builder_link(b, keep, w, &w->counts, NULL);
    if (rc == 0)
        rc = builder_finish(b, &w->image, NULL);
    builder_free(b);
    if (rc == 0)
        rc = ruleset_load(buf_str(&w->image), &w->rules, NULL);
    return rc ? rc : engine_new(w->rules, &w->engine);
}

static void make(struct world *w, const char *rules, const char *filters)
{
    const char *const files[] = {rules, filters};
    assert_ok(try_make(w, files, 2));
}

static void done(struct world *w)
{
    engine_free(w->engine);
    ruleset_unref(w->rules);
    buf_done(&w->image);
}

/* Rules that fire on an exec by this user, as digits. */
static const char *fired(struct world *w, const char *user)
{
    static char shown[32];
    struct event ev = {
        .kind = KIND_EXEC, .product = STR("macos"), .category = STR("process_creation")};
    const struct match *matches;
    event_set_str(&ev, F_EXECUTABLE, STR("/bin/sh"));
    event_set_str(&ev, F_USER, str_of(user));
    int count = engine_match(w->engine, &ev, &matches);
    assert_true(count >= 0 && count < 30);
    for (int i = 0; i < count; i++)
        shown[i] = (char)('0' + matches[i].rule);
    shown[count] = 0;
    return shown;
}

#define MAC  "logsource: {product: macos, category: process_creation}\n"
#define BODY "detection: {s: {Image|endswith: /sh}, condition: s}\n"
/* 0: by id, 1: by name, 2: of another log source, 3: of none */
static const char rules[] = "title: R0\nid: id-0\n" MAC BODY "---\n"
                            "title: R1\nid: id-1\nname: named\n" MAC BODY "---\n"
                            "title: R2\nid: id-2\nlogsource: {product: linux}\n" BODY "---\n"
                            "title: R3\nid: id-3\n" BODY;

#define FILTER(source, names, condition)                                                           \
    "title: F\nlogsource: {" source "}\nfilter:\n  rules: " names                                  \
    "\n  admins: {User|startswith: adm_}\n  condition: " condition "\n"

static void a_filter_takes_its_events_from_the_rules_it_names(void **state)
{
    (void)state;
    struct world w;
    make(&w, rules, FILTER("product: macos", "[id-0, named]", "not admins"));
    assert_int_equal(w.counts.accepted, 4);
    assert_int_equal(w.counts.filters, 1);
    assert_int_equal(w.counts.refused, 0);
    assert_string_equal(fired(&w, "eve"), "013");
    assert_string_equal(fired(&w, "adm_eve"), "3");
    done(&w);
}

static void a_filter_must_hold_as_it_is_written(void **state)
{
    (void)state;
    struct world w;
    make(&w, rules, FILTER("product: macos", "id-0", "admins"));
    assert_string_equal(fired(&w, "eve"), "13");
    assert_string_equal(fired(&w, "adm_eve"), "013");
    done(&w);
}

static void a_filter_of_any_rule_reaches_those_of_its_log_source(void **state)
{
    (void)state;
    struct world w;
    make(&w, rules, FILTER("category: process_creation", "any", "not admins"));
    assert_string_equal(fired(&w, "eve"), "013");
    assert_string_equal(fired(&w, "adm_eve"), "3");
    done(&w);
    make(&w, rules, FILTER("", "all", "not admins"));
    assert_string_equal(fired(&w, "adm_eve"), "");
    done(&w);
}

static void several_filters_must_all_hold_and_may_come_before_their_rules(void **state)
{
    (void)state;
    struct world w;
    make(&w, FILTER("product: macos", "id-0", "not admins"),
         "title: F2\nlogsource: {product: macos}\nfilter: {rules: [id-0, id-1], s: {User: eve}, "
         "condition: not s}\n---\ntitle: R0\nid: id-0\n" MAC BODY
         "---\ntitle: R1\nid: id-1\n" MAC BODY);
    assert_int_equal(w.counts.filters, 2);
    assert_string_equal(fired(&w, "eve"), "");
    assert_string_equal(fired(&w, "adm_eve"), "1");
    assert_string_equal(fired(&w, "bob"), "01");
    done(&w);
}

static void assert_refused(const char *first, const char *filter, unsigned line, unsigned column,
                           const char *part)
{
    struct world w;
    make(&w, first, filter);
    if (w.counts.refused != 1 || w.last.line != line || w.last.column != column ||
        !strstr(w.last.message, part)) {
        print_error("%u refused, %u:%u %s\n", w.counts.refused, w.last.line, w.last.column,
                    w.last.message);
        fail();
    }
    assert_string_equal(w.last.source, "f.yml");
    assert_int_equal(w.counts.filters, 0);
    assert_string_equal(fired(&w, "adm_eve"), "013");
    done(&w);
}

static void a_filter_that_does_not_find_its_rules_is_refused(void **state)
{
    (void)state;
    assert_refused(rules, FILTER("product: macos", "[id-0, id-9]", "not admins"), 4, 17,
                   "no rule with the id or name 'id-9'");
    assert_refused(rules, FILTER("product: macos", "[id-2]", "not admins"), 4, 11,
                   "of another log source");
    assert_refused(rules, FILTER("product: macos", "id-0", "not amdins"), 6, 18, "did you mean");
    assert_refused("title: R0\nid: id-0\nname: twin\n" MAC BODY "---\n"
                   "title: R1\nid: id-1\nname: twin\n" MAC BODY "---\n"
                   "title: R2\nid: id-2\nlogsource: {product: linux}\n" BODY "---\n"
                   "title: R3\nid: id-3\n" BODY,
                   FILTER("product: macos", "twin", "not admins"), 4, 10, "several rules");
}

static int build_everything(void *context)
{
    (void)context;
    struct world w;
    const char *const files[] = {rules, FILTER("product: macos", "[id-0, named]", "not admins"),
                                 FILTER("product: macos", "any", "not admins")};
    int rc = try_make(&w, files, ARRAY_LEN(files));
    done(&w);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(build_everything, NULL, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_takes_its_events_from_the_rules_it_names),
        cmocka_unit_test(a_filter_must_hold_as_it_is_written),
        cmocka_unit_test(a_filter_of_any_rule_reaches_those_of_its_log_source),
        cmocka_unit_test(several_filters_must_all_hold_and_may_come_before_their_rules),
        cmocka_unit_test(a_filter_that_does_not_find_its_rules_is_refused),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("detect/filter", tests, NULL, NULL);
}
