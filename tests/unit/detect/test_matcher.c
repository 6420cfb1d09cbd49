/* detect/matcher_*: every kind against a plain search, damaged tables, the sharing of literals. */
#include "harness/test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "detect/fold.h"
#include "detect/matcher.h"

enum { LITERALS = 400, TEXT_BYTES = 300 };

struct set {
    struct buf text; /* of all literals */
    struct literal literals[LITERALS];
    size_t len;
};

static unsigned seed;
static uint32_t same_place; /* of every literal, 0 = random */

static unsigned below(unsigned n)
{
    return (unsigned)rand_r(&seed) % n;
}

/* Words over a small alphabet, so that literals overlap and contain each other. */
static void random_set(struct set *s, size_t len, unsigned least, unsigned most, bool placed)
{
    static const char alphabet[] = "abc/.\\ \xc3\xff";
    s->len = len;
    buf_clear(&s->text);
    assert_ok(buf_reserve(&s->text, LITERALS * (size_t)most));
    for (size_t i = 0; i < len; i++) {
        size_t at = s->text.len;
        for (unsigned n = least + below(most - least + 1); n; n--)
            buf_add_char(&s->text, alphabet[below(sizeof alphabet - 1)]);
        s->literals[i] = (struct literal){str_n(s->text.ptr + at, s->text.len - at), (uint32_t)i,
                                          same_place ? same_place
                                          : placed   ? below(3)
                                                     : 0};
    }
}

static bool stands_in(const struct literal *l, struct str text)
{
    for (size_t i = 0; i + l->text.len <= text.len; i++) {
        if ((l->where & AT_START && i != 0) || (l->where & AT_END && i + l->text.len != text.len))
            continue;
        size_t k = 0;
        while (k < l->text.len && char_lower(text.ptr[i + k]) == l->text.ptr[k])
            k++;
        if (k == l->text.len)
            return true;
    }
    return false;
}

static void random_text(char *text, size_t len)
{
    static const char alphabet[] = "abcABC/.\\ \xc3\xff|";
    for (size_t i = 0; i < len; i++)
        text[i] = alphabet[below(sizeof alphabet - 1)];
}

/* A table in memory that ends where the table ends, aligned as in an image. */
static struct str exact_copy(const struct buf *table)
{
    char *copy = aligned_alloc(16, (table->len + 15) & ~(size_t)15);
    assert_non_null(copy);
    memcpy(copy, table->ptr, table->len);
    return str_n(copy, table->len);
}

static void assert_agrees(const struct matcher_ops *ops, const struct set *s, struct str table)
{
    uint64_t bits[LITERALS / 64 + 1] = {0};
    uint32_t touched[LITERALS];
    /* A block of exactly the text's size, so that reading past it shows. */
    size_t len = below(TEXT_BYTES);
    char *text = malloc(len);
    assert_true(text != NULL || len == 0);
    random_text(text, len);
    struct hits hits = {bits, touched, 0};
    ops->scan(table.ptr, str_n(text, len), &hits);
    size_t expected = 0;
    for (size_t i = 0; i < s->len; i++) {
        bool wanted = stands_in(&s->literals[i], str_n(text, len));
        expected += wanted ? 1 : 0;
        if (hits_has(&hits, (uint32_t)i) != wanted) {
            print_error("%s: literal %zu '%.*s' where %u: expected %d\n", ops->name, i,
                        STR_FMT(s->literals[i].text), s->literals[i].where, wanted);
            fail();
        }
    }
    assert_int_equal(hits.len, expected);
    free(text);
}

static void check_kind(const struct matcher_ops *ops, unsigned least, unsigned most)
{
    struct set *s = calloc(1, sizeof *s);
    assert_non_null(s);
    for (unsigned round = 0; round < 60; round++) {
        random_set(s, 1 + below(round < 30 ? 5 : LITERALS), least, most, round % 2);
        struct buf out = {0};
        assert_ok(ops->build(s->literals, s->len, &out));
        struct str table = exact_copy(&out);
        assert_true(ops->check(table, (uint32_t)s->len));
        assert_false(ops->check(table, (uint32_t)s->len - 1));
        for (unsigned t = 0; t < 20; t++)
            assert_agrees(ops, s, table);
        free((void *)(uintptr_t)table.ptr);
        buf_done(&out);
    }
    buf_done(&s->text);
    free(s);
}

static void an_automaton_finds_what_a_plain_search_finds(void **state)
{
    (void)state;
    seed = 1;
    check_kind(&matcher_ac, 1, 3);
    check_kind(&matcher_ac, 1, 12);
}

static void an_automaton_for_one_end_finds_what_a_plain_search_finds(void **state)
{
    (void)state;
    seed = 5;
    same_place = AT_START;
    check_kind(&matcher_ac, 1, 3);
    same_place = AT_END;
    check_kind(&matcher_ac, 1, 3);
    same_place = 0;
}

static void an_edge_finds_what_a_plain_search_finds(void **state)
{
    (void)state;
    seed = 6;
    for (same_place = AT_START; same_place <= AT_END; same_place++) {
        check_kind(&matcher_edge, 4, 5);
        check_kind(&matcher_edge, 4, 20);
    }
    same_place = 0;
}

static void a_gram_filter_finds_what_a_plain_search_finds(void **state)
{
    (void)state;
    seed = 2;
    check_kind(&matcher_gram2, 2, 3);
    check_kind(&matcher_gram2, 2, 9);
    check_kind(&matcher_gram4, 4, 5);
    check_kind(&matcher_gram4, 4, 20);
}

static void a_long_literal_is_found_by_a_window_near_its_start(void **state)
{
    (void)state;
    struct buf text = {0};
    for (unsigned i = 0; i < 1000; i++)
        buf_add_char(&text, (char)('a' + i % 26));
    const struct literal l = {buf_str(&text), 0, 0};
    struct buf out = {0};
    assert_ok(matcher_gram4.build(&l, 1, &out));
    struct str table = exact_copy(&out);
    assert_true(matcher_gram4.check(table, 1));
    uint64_t bits = 0;
    uint32_t touched;
    struct hits hits = {&bits, &touched, 0};
    matcher_gram4.scan(table.ptr, str_sub(buf_str(&text), 0, 999), &hits);
    assert_int_equal(hits.len, 0);
    buf_add_char(&text, 'x');
    matcher_gram4.scan(table.ptr, buf_str(&text), &hits);
    assert_int_equal(hits.len, 1);
    free((void *)(uintptr_t)table.ptr);
    buf_done(&out);
    buf_done(&text);
}

static void whole_values_are_found_by_hash(void **state)
{
    (void)state;
    static const char *const words[] = {"",
                                        "a",
                                        "ab",
                                        "4688",
                                        "/bin/sh",
                                        "/usr/bin/osascript",
                                        "a value that is longer than thirty-two bytes"};
    struct literal literals[ARRAY_LEN(words)];
    for (uint32_t i = 0; i < ARRAY_LEN(words); i++)
        literals[i] = (struct literal){str_of(words[i]), i, AT_START | AT_END};
    struct buf out = {0};
    assert_ok(matcher_exact.build(literals, ARRAY_LEN(words), &out));
    struct str table = exact_copy(&out);
    assert_true(matcher_exact.check(table, ARRAY_LEN(words)));
    assert_false(matcher_exact.check(table, ARRAY_LEN(words) - 1));
    static const struct {
        const char *text;
        int item;
    } cases[] = {{"", 0},
                 {"A", 1},
                 {"aB", 2},
                 {"4688", 3},
                 {"/BIN/sh", 4},
                 {"/bin/sh ", -1},
                 {"abc", -1},
                 {"/usr/bin/osascripT", 5},
                 {"A value that is longer than thirty-two bytes", 6},
                 {"A value that is longer than thirty-two bytex", -1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t bits = 0;
        uint32_t touched[ARRAY_LEN(words)];
        struct hits hits = {&bits, touched, 0};
        matcher_exact.scan(table.ptr, str_of(cases[i].text), &hits);
        assert_int_equal(hits.len, cases[i].item < 0 ? 0 : 1);
        assert_true(cases[i].item < 0 || touched[0] == (uint32_t)cases[i].item);
    }
    free((void *)(uintptr_t)table.ptr);
    buf_done(&out);
}

/* A damaged table is refused or stays inside itself. */
static void check_damage(const struct matcher_ops *ops, unsigned least)
{
    struct set *s = calloc(1, sizeof *s);
    assert_non_null(s);
    random_set(s, 20, least, 8, true);
    struct buf out = {0};
    assert_ok(ops->build(s->literals, s->len, &out));
    unsigned refused = 0;
    for (unsigned round = 0; round < 3000; round++) {
        struct str table = exact_copy(&out);
        char *bytes = (char *)(uintptr_t)table.ptr;
        for (unsigned n = 1 + below(3); n; n--) {
            /* The heads and the index arrays are where a wrong number hurts. */
            size_t at = below(2) ? below(64) : below((unsigned)table.len);
            bytes[at] = (char)below(256);
        }
        bool accepted = ops->check(table, LITERALS);
        refused += accepted ? 0 : 1;
        if (accepted) {
            uint64_t bits[LITERALS / 64 + 1] = {0};
            uint32_t touched[LITERALS];
            struct hits hits = {bits, touched, 0};
            char text[100];
            random_text(text, sizeof text);
            ops->scan(table.ptr, str_n(text, sizeof text), &hits);
        }
        free(bytes);
    }
    for (size_t len = 0; len < out.len; len++)
        assert_false(ops->check(str_n(out.ptr, len), LITERALS));
    assert_true(refused > 100);
    buf_done(&out);
    buf_done(&s->text);
    free(s);
}

static void damaged_tables_are_refused_or_harmless(void **state)
{
    (void)state;
    seed = 3;
    check_damage(&matcher_exact, 1);
    check_damage(&matcher_ac, 1);
    check_damage(&matcher_gram2, 2);
    check_damage(&matcher_gram4, 4);
    same_place = AT_END;
    check_damage(&matcher_edge, 4);
    same_place = 0;
}

struct planned {
    size_t by_kind[8];
    unsigned calls;
    int rc;
};

static int count_plan(void *arg, const struct matcher_ops *ops, const struct literal *literals,
                      size_t len)
{
    struct planned *p = arg;
    p->by_kind[ops->kind] += len;
    p->calls++;
    for (size_t i = 0; i < len; i++) {
        assert_true(ops->kind != MATCHER_GRAM4 || literals[i].text.len >= 4);
        assert_true(ops->kind != MATCHER_EDGE ||
                    (literals[i].text.len >= 4 && literals[i].where == literals[0].where));
    }
    return p->rc;
}

static void literals_are_shared_among_the_kinds(void **state)
{
    (void)state;
    seed = 4;
    struct set *s = calloc(1, sizeof *s);
    assert_non_null(s);
    struct planned p = {0};
    assert_ok(matcher_plan(s->literals, 0, count_plan, &p));
    assert_int_equal(p.calls, 0);
    random_set(s, LITERALS, 1, 12, true);
    s->literals[7].where = AT_START | AT_END;
    assert_ok(matcher_plan(s->literals, s->len, count_plan, &p));
    assert_int_equal(p.by_kind[MATCHER_EXACT], 1);
    assert_true(p.by_kind[MATCHER_AC] > 0 && p.by_kind[MATCHER_GRAM2] > 0);
    assert_true(p.by_kind[MATCHER_GRAM4] > 0 && p.by_kind[MATCHER_EDGE] > 0);
    assert_int_equal(p.by_kind[MATCHER_AC] + p.by_kind[MATCHER_GRAM2] + p.by_kind[MATCHER_GRAM4] +
                         p.by_kind[MATCHER_EDGE],
                     LITERALS - 1);
    assert_int_equal(p.calls, 8);
    p = (struct planned){.rc = E_LIMIT};
    assert_int_equal(matcher_plan(s->literals, s->len, count_plan, &p), E_LIMIT);
    assert_int_equal(p.calls, 1);
    assert_null(matcher_find(99));
    buf_done(&s->text);
    free(s);
}

static int build_all(void *context)
{
    struct set *s = context;
    static const struct matcher_ops *const all[] = {&matcher_exact, &matcher_ac, &matcher_gram2,
                                                    &matcher_gram4, &matcher_edge};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(all); i++) {
        struct buf out = {0};
        rc = all[i]->build(s->literals, s->len, &out);
        buf_done(&out);
    }
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    struct set *s = calloc(1, sizeof *s);
    assert_non_null(s);
    random_set(s, 10, 4, 8, false);
    test_every_allocation_fails(build_all, s, 100);
    buf_done(&s->text);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_automaton_finds_what_a_plain_search_finds),
        cmocka_unit_test(an_automaton_for_one_end_finds_what_a_plain_search_finds),
        cmocka_unit_test(an_edge_finds_what_a_plain_search_finds),
        cmocka_unit_test(a_gram_filter_finds_what_a_plain_search_finds),
        cmocka_unit_test(a_long_literal_is_found_by_a_window_near_its_start),
        cmocka_unit_test(whole_values_are_found_by_hash),
        cmocka_unit_test(damaged_tables_are_refused_or_harmless),
        cmocka_unit_test(literals_are_shared_among_the_kinds),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("detect/matcher", tests, NULL, NULL);
}
