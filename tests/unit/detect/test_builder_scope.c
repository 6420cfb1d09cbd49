/* detect/builder_scope: which literals are looked for in an event of one product, seen through the
 * tables that are built and through the matches. Events of many products against rules of many
 * products are what test_differential.c is about. */
#include "harness/test.h"

#include <stdio.h>

#include "base/buf.h"
#include "detect/detect.h"
#include "detect/image.h"

enum { WINDOWS_RULES = 40, MAC_RULES = 5 };

struct world {
    struct buf yaml;
    struct buf image;

    struct ruleset *rules;
    struct engine *engine;
};

static void add_rule(struct buf *y, unsigned number, const char *product, const char *literal)
{
    buf_addf(
        y,
        "---\ntitle: rule %u\nid: 00000000-0000-4000-8000-%012u\nlogsource:\n%s%s\n    category: "
        "process_creation\ndetection:\n    s:\n        CommandLine|contains: '%s'\n    "
        "condition: s\n",
        number, number, *product ? "    product: " : "    ", *product ? product : "", literal);
}

static int make(void **state)
{
    static struct world w;
    struct builder *b;
    struct builder_counts counts = {0};
    struct err err = {0};
    w = (struct world){0};
    char text[64];
    unsigned number = 0;
    for (unsigned i = 0; i < WINDOWS_RULES; i++) {
        (void)snprintf(text, sizeof text, "windows-literal-%u!", i);
        add_rule(&w.yaml, number++, "windows", text);
    }
    for (unsigned i = 0; i < MAC_RULES; i++) {
        (void)snprintf(text, sizeof text, "mac-literal-%u!", i);
        add_rule(&w.yaml, number++, "macos", text);
    }
    add_rule(&w.yaml, number++, "macos", "windows-literal-7!");
    add_rule(&w.yaml, number++, "", "literal-of-all");
    assert_ok(builder_new(&b));
    assert_ok_err(builder_add_sigma(b, buf_str(&w.yaml), "scopes.yml", NULL, NULL, &counts, &err),
                  &err);
    assert_int_equal(counts.accepted, number);
    assert_ok(builder_finish(b, &w.image, NULL));
    builder_free(b);
    assert_ok_err(ruleset_load(buf_str(&w.image), &w.rules, &err), &err);
    assert_ok(engine_new(w.rules, &w.engine));
    *state = &w;
    return 0;
}

static int forget(void **state)
{
    struct world *w = *state;
    engine_free(w->engine);
    ruleset_unref(w->rules);
    buf_done(&w->image);
    buf_done(&w->yaml);
    return 0;
}

static int matches_of(struct world *w, const char *product, const char *line)
{
    static struct event ev;
    event_clear(&ev);
    ev.product = str_of(product);
    ev.category = STR("process_creation");
    event_set_str(&ev, F_COMMAND_LINE, str_of(line));
    const struct match *matches;
    return engine_match(w->engine, &ev, &matches);
}

static void a_product_of_few_literals_has_a_table_of_its_own(void **state)
{
    struct world *w = *state;
    const struct image_header *header = (const void *)w->image.ptr;
    const struct image_section *section = (const void *)(header + 1);
    unsigned own = 0;
    unsigned whole = 0;
    for (uint32_t i = 0; i < header->sections_len; i++) {
        if (section[i].id != SECTION_MATCHERS)
            continue;
        const struct image_matcher *m = (const void *)(w->image.ptr + section[i].offset);
        for (uint64_t k = 0; k < section[i].count; k++) {
            own += m[k].product.len == strlen("macos");
            whole += m[k].product.len == 0;
            assert_true(m[k].product.len == 0 || m[k].product.len == strlen("macos"));
        }
    }
    assert_int_equal(own, 1);
    assert_int_equal(whole, 1);
}

static void an_event_meets_the_literals_of_its_product_and_of_all(void **state)
{
    struct world *w = *state;
    assert_int_equal(matches_of(w, "macos", "mac-literal-3! literal-of-all"), 2);
    assert_int_equal(matches_of(w, "macos", "windows-literal-8!"), 0);
    assert_int_equal(matches_of(w, "windows", "windows-literal-8! literal-of-all"), 2);
    assert_int_equal(matches_of(w, "windows", "mac-literal-3!"), 0);
}

static void a_literal_of_two_products_is_found_for_both(void **state)
{
    struct world *w = *state;
    assert_int_equal(matches_of(w, "macos", "windows-literal-7!"), 1);
    assert_int_equal(matches_of(w, "windows", "windows-literal-7!"), 1);
}

static void the_case_of_a_product_does_not_count(void **state)
{
    assert_int_equal(matches_of(*state, "MacOS", "mac-literal-0! windows-literal-7!"), 2);
}

static void an_event_without_product_meets_every_literal(void **state)
{
    struct world *w = *state;
    assert_int_equal(matches_of(w, "", "mac-literal-3! windows-literal-8! literal-of-all"), 3);
    assert_int_equal(matches_of(w, "linux", "mac-literal-3! literal-of-all"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_of_few_literals_has_a_table_of_its_own),
        cmocka_unit_test(an_event_meets_the_literals_of_its_product_and_of_all),
        cmocka_unit_test(a_literal_of_two_products_is_found_for_both),
        cmocka_unit_test(the_case_of_a_product_does_not_count),
        cmocka_unit_test(an_event_without_product_meets_every_literal),
    };
    return cmocka_run_group_tests_name("detect/builder_scope", tests, make, forget);
}
