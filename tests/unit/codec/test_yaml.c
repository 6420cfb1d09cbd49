/* codec/yaml: places, limits, aliases, and every way a text is refused. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "codec/yaml.h"

struct parsed {
    struct arena arena;
    struct yaml_node **docs;
    size_t len;
    struct err err;
};

static int parse_limited(struct parsed *p, struct str text, const struct yaml_limits *limits)
{
    *p = (struct parsed){0};
    return yaml_parse(text, "a.yml", limits, &p->arena, &p->docs, &p->len, &p->err);
}

static int parse(struct parsed *p, const char *text)
{
    return parse_limited(p, str_of(text), &yaml_limits_default);
}

static void assert_refused(const char *text, int code, unsigned line, unsigned column,
                           const char *part)
{
    struct parsed p;
    int rc = parse(&p, text);
    if (rc != code || p.err.line != line || p.err.column != column ||
        !strstr(p.err.message, part)) {
        print_error("%s\n-> %s %u:%u %s\n", text, err_name(rc), p.err.line, p.err.column,
                    p.err.message);
        fail();
    }
    assert_int_equal(p.err.code, code);
    assert_string_equal(p.err.source, "a.yml");
    arena_done(&p.arena);
}

static void a_map_keeps_its_order_and_every_node_its_place(void **state)
{
    (void)state;
    struct parsed p;
    assert_ok_err(parse(&p, "b: one\na:\n  - x\n  - {k: v}\n"), &p.err);
    assert_int_equal(p.len, 1);
    const struct yaml_node *root = p.docs[0];
    assert_int_equal(root->type, YAML_MAP);
    assert_int_equal(root->len, 2);
    assert_str(root->pairs[0].key->text, "b");
    assert_str(yaml_find_text(root, "b"), "one");
    const struct yaml_node *list = yaml_find(root, "a");
    assert_int_equal(list->type, YAML_LIST);
    assert_int_equal(list->len, 2);
    assert_int_equal(list->items[0]->line, 3);
    assert_int_equal(list->items[0]->column, 5);
    assert_str(yaml_find_text(list->items[1], "k"), "v");
    assert_null(yaml_find(root, "c"));
    assert_null(yaml_find(list, "k"));
    assert_null(yaml_find_text(root, "a").ptr);
    arena_done(&p.arena);
}

static void documents_are_kept_apart_and_an_empty_text_has_none(void **state)
{
    (void)state;
    struct parsed p;
    assert_ok_err(parse(&p, "---\na: 1\n---\nb: 2\n---\n"), &p.err);
    assert_int_equal(p.len, 3);
    assert_str(yaml_find_text(p.docs[1], "b"), "2");
    assert_true(yaml_is_null(p.docs[2]));
    arena_done(&p.arena);
    assert_ok(parse_limited(&p, (struct str){0}, &yaml_limits_default));
    assert_int_equal(p.len, 0);
    arena_done(&p.arena);
}

static void only_a_plain_word_is_null(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool null;
    } cases[] = {{"a: null", true},  {"a: ~", true},           {"a:", true},
                 {"a: Null", true},  {"a: NULL", true},        {"a: 'null'", false},
                 {"a: \"\"", false}, {"a: !!str null", false}, {"a: nUll", false},
                 {"a: no", false},   {"a: |\n  ~", false},     {"a: []", false}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct parsed p;
        assert_ok_err(parse(&p, cases[i].text), &p.err);
        assert_int_equal(yaml_is_null(yaml_find(p.docs[0], "a")), cases[i].null);
        arena_done(&p.arena);
    }
}

static void an_alias_is_the_anchored_node_and_the_latest_anchor_wins(void **state)
{
    (void)state;
    struct parsed p;
    assert_ok_err(parse(&p, "a: &x [1]\nb: *x\nc: &x two\nd: *x\n"), &p.err);
    assert_ptr_equal(yaml_find(p.docs[0], "b"), yaml_find(p.docs[0], "a"));
    assert_str(yaml_find_text(p.docs[0], "d"), "two");
    arena_done(&p.arena);
}

static void a_malformed_text_is_refused_at_its_place(void **state)
{
    (void)state;
    assert_refused("a: 1\nb: 2\na: 3\n", E_PARSE, 3, 1, "key 'a' is already there at line 1");
    assert_refused("? [a]\n: b\n", E_PARSE, 1, 3, "a key must be a plain word");
    assert_refused("a: *x\n", E_PARSE, 1, 4, "alias to an anchor that is not there");
    assert_refused("a: &x [*x]\n", E_PARSE, 1, 8, "alias to a node that contains it");
    assert_refused("--- &x 1\n--- *x\n", E_PARSE, 2, 5, "alias to an anchor that is not there");
    assert_refused("a: \"open\n", E_PARSE, 2, 1, "unexpected end of stream");
    assert_refused("a: b: c\n", E_PARSE, 1, 5, "mapping values are not allowed");
    assert_refused("a: \xff\n", E_PARSE, 1, 1, "UTF-8");
}

static void duplicate_keys_are_found_in_long_maps_too(void **state)
{
    (void)state;
    struct buf text = {0};
    for (unsigned i = 0; i < 40; i++)
        buf_addf(&text, "k%u: 1\n", i);
    struct parsed p;
    assert_ok_err(parse(&p, buf_cstr(&text)), &p.err);
    assert_int_equal(p.docs[0]->len, 40);
    arena_done(&p.arena);
    buf_add_cstr(&text, "k7: 2\n");
    assert_refused(buf_cstr(&text), E_PARSE, 41, 1, "key 'k7' is already there at line 8");
    buf_done(&text);
}

static void depth_nodes_and_bytes_are_limited(void **state)
{
    (void)state;
    static const struct yaml_limits small = {.bytes = 40, .nodes = 5, .depth = 3};
    struct parsed p;
    assert_ok(parse_limited(&p, STR("[[1]]"), &small));
    arena_done(&p.arena);
    assert_int_equal(parse_limited(&p, STR("[[[1]]]"), &small), E_LIMIT);
    assert_int_equal(p.err.column, 4);
    arena_done(&p.arena);
    assert_ok(parse_limited(&p, STR("[1, 2, 3, 4]"), &small));
    arena_done(&p.arena);
    assert_int_equal(parse_limited(&p, STR("[1, 2, 3, 4, 5]"), &small), E_LIMIT);
    assert_non_null(strstr(p.err.message, "too many YAML nodes"));
    arena_done(&p.arena);
    assert_int_equal(parse_limited(&p, STR("# 34567890123456789012345678901234567890\n"), &small),
                     E_LIMIT);
    assert_non_null(strstr(p.err.message, "larger than 40 bytes"));
    arena_done(&p.arena);
    /* An alias counts with what is behind it. */
    assert_int_equal(parse_limited(&p, STR("[&a [[1]], [*a]]"), &small), E_LIMIT);
    arena_done(&p.arena);
}

static void a_bomb_of_aliases_costs_nothing(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_add_cstr(&text, "- &n0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (unsigned i = 1; i < 30; i++) {
        buf_addf(&text, "- &n%u [", i);
        for (unsigned k = 0; k < 10; k++)
            buf_addf(&text, "%s*n%u", k ? ", " : "", i - 1);
        buf_add_cstr(&text, "]\n");
    }
    struct parsed p;
    assert_int_equal(parse(&p, buf_cstr(&text)), E_LIMIT);
    assert_true(p.arena.used_bytes < 100000);
    arena_done(&p.arena);
    buf_done(&text);
}

static int parse_everything(void *context)
{
    (void)context;
    struct buf text = {0};
    buf_add_cstr(&text, "a: &x [1, 2, {b: c}]\nd: *x\n---\n");
    for (unsigned i = 0; i < 20; i++)
        buf_addf(&text, "k%u: v\n", i);
    int rc = buf_check(&text);
    struct parsed p = {0};
    if (rc == 0)
        rc = parse_limited(&p, buf_str(&text), &yaml_limits_default);
    arena_done(&p.arena);
    buf_done(&text);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(parse_everything, NULL, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_keeps_its_order_and_every_node_its_place),
        cmocka_unit_test(documents_are_kept_apart_and_an_empty_text_has_none),
        cmocka_unit_test(only_a_plain_word_is_null),
        cmocka_unit_test(an_alias_is_the_anchored_node_and_the_latest_anchor_wins),
        cmocka_unit_test(a_malformed_text_is_refused_at_its_place),
        cmocka_unit_test(duplicate_keys_are_found_in_long_maps_too),
        cmocka_unit_test(depth_nodes_and_bytes_are_limited),
        cmocka_unit_test(a_bomb_of_aliases_costs_nothing),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("codec/yaml", tests, NULL, NULL);
}
