/* detect/predicate: every word of the language to its tree, and the place of every fault. */
#include "harness/test.h"

#include <stdlib.h>
#include <stdio.h>

#include "base/buf.h"
#include "detect/predicate.h"

/* ------------------------------------------------------------------ the tree as text */

static void add_operand(struct buf *out, const struct predicate_operand *o);
static void add_node(struct buf *out, const struct predicate_node *node);

static void add_parts(struct buf *out, const struct predicate_operand *o)
{
    for (uint32_t i = 0; i < o->parts_len; i++) {
        const struct predicate_part *part = &o->parts[i];
        if (part->type == PART_NAME)
            buf_addf(out, "/%.*s", STR_FMT(part->name));
        else if (part->type == PART_INDEX)
            buf_addf(out, "[%u]", part->index);
        else
            buf_add_cstr(out, part->type == PART_FIRST  ? "[first]"
                              : part->type == PART_LAST ? "[last]"
                                                        : "[size]");
    }
}

static void add_operand(struct buf *out, const struct predicate_operand *o)
{
    switch (o->type) {
    case OPERAND_STRING:
        buf_addf(out, "'%.*s'", STR_FMT(o->text));
        return;
    case OPERAND_NUMBER:
        buf_addf(out, "%lld%s", (long long)o->number, o->fraction ? "+" : "");
        return;
    case OPERAND_BOOL:
        buf_add_cstr(out, o->number ? "true" : "false");
        return;
    case OPERAND_NIL:
        buf_add_cstr(out, "nil");
        return;
    case OPERAND_PATH:
        buf_addf(out, "$%.*s", STR_FMT(o->variable));
        add_parts(out, o);
        return;
    case OPERAND_SET:
        buf_add_char(out, '{');
        for (uint32_t i = 0; i < o->items_len; i++) {
            add_operand(out, &o->items[i]);
            buf_add_char(out, ';');
        }
        buf_add_char(out, '}');
        return;
    case OPERAND_SUBQUERY:
        buf_add_cstr(out, "sub(");
        add_operand(out, o->items);
        buf_addf(out, ",%.*s,", STR_FMT(o->variable));
        add_node(out, o->condition);
        buf_add_char(out, ')');
        add_parts(out, o);
        return;
    }
}

static void add_node(struct buf *out, const struct predicate_node *node)
{
    static const char *const quantifiers[] = {"", "any ", "all ", "none "};
    if (node->type == NODE_COMPARISON) {
        buf_add_cstr(out, quantifiers[node->quantifier]);
        add_operand(out, &node->left);
        buf_addf(out, " %s%s%s ", predicate_operator_name(node->op),
                 node->options & PREDICATE_CASELESS ? "c" : "",
                 node->options & PREDICATE_UNMARKED ? "d" : "");
        add_operand(out, &node->right);
        return;
    }
    static const char *const names[] = {[NODE_AND] = "and",
                                        [NODE_OR] = "or",
                                        [NODE_NOT] = "not",
                                        [NODE_TRUE] = "TRUE",
                                        [NODE_FALSE] = "FALSE"};
    buf_add_cstr(out, names[node->type]);
    for (uint32_t i = 0; i < node->operands_len; i++) {
        buf_addf(out, "%c", i ? ',' : '(');
        add_node(out, node->operands[i]);
    }
    if (node->operands_len)
        buf_add_char(out, ')');
}

static void check(const char *text, const char *expected)
{
    struct arena arena = {0};
    struct buf out = {0};
    struct err err = {0};
    const struct predicate_node *node = NULL;
    int rc = predicate_parse(str_of(text), &arena, &node, NULL, &err);
    if (rc)
        print_error("%u:%u %s: %s\n", err.line, err.column, err.message, text);
    assert_int_equal(rc, 0);
    add_node(&out, node);
    assert_str(buf_str(&out), expected);
    buf_done(&out);
    arena_done(&arena);
}

static void refuse(const char *text, int code, uint32_t at, const char *message)
{
    struct arena arena = {0};
    struct err err = {0};
    uint32_t found = UINT32_MAX;
    const struct predicate_node *node = NULL;
    int rc = predicate_parse(str_of(text), &arena, &node, &found, &err);
    if (rc != code || found != at || strcmp(err.message, message) != 0)
        print_error("%d at %u: %s\n  for %s\n", rc, found, err.message, text);
    assert_int_equal(rc, code);
    assert_int_equal(found, at);
    assert_string_equal(err.message, message);
    arena_done(&arena);
}

/* ------------------------------------------------------------------ what is read */

static void comparisons_have_every_operator_in_every_spelling(void **state)
{
    (void)state;
    check("a == 1", "$/a == 1");
    check("a = 1", "$/a == 1");
    check("a != 1", "$/a != 1");
    check("a <> 1", "$/a != 1");
    check("a < 1", "$/a < 1");
    check("a <= 1", "$/a <= 1");
    check("a =< 1", "$/a <= 1");
    check("a>1", "$/a > 1");
    check("a >= 1", "$/a >= 1");
    check("a=>1", "$/a >= 1");
    check("a BETWEEN {1, 5}", "$/a BETWEEN {1;5;}");
    check("a IN {\"x\",'y', 3}", "$/a IN {'x';'y';3;}");
    check("a in \"xyz\"", "$/a IN 'xyz'");
    check("\"x\" IN $tags", "'x' IN $tags");
    check("a IN {}", "$/a IN {}");
    check("a CONTAINS 'x'", "$/a CONTAINS 'x'");
    check("a beginswith[c] 'x'", "$/a BEGINSWITHc 'x'");
    check("a EndsWith [ cd ] 'x'", "$/a ENDSWITHcd 'x'");
    check("a LIKE[d] 'x*'", "$/a LIKEd 'x*'");
    check("a MATCHES[CD] '.*'", "$/a MATCHEScd '.*'");
    check("a ==[n] 'x'", "$/a == 'x'");
    check("a NOT IN {1}", "not($/a IN {1;})");
}

static void values_are_texts_numbers_and_words(void **state)
{
    (void)state;
    check("a == 'it\\'s'", "$/a == 'it's'");
    check("a == \"a\\\"b\\\\c\\.\"", "$/a == 'a\"b\\c.'");
    check("a == \"\\x41\\u00e9\\n\"", "$/a == 'A\xc3\xa9\n'");
    check("a == \"\\xZZ\\u12\"", "$/a == 'xZZu12'");
    check("a == ''", "$/a == ''");
    check("a == -5", "$/a == -5");
    check("a == +5", "$/a == 5");
    check("a == 0x1F", "$/a == 31");
    check("a == 2.0", "$/a == 2");
    check("a > 2.5", "$/a > 2+");
    check("a > -2.5", "$/a > -3+");
    check("a == nil OR a == NULL", "or($/a == nil,$/a == nil)");
    check("a == true AND a == Yes", "and($/a == true,$/a == true)");
    check("a == FALSE AND a == no", "and($/a == false,$/a == false)");
    check("TRUEPREDICATE or falsepredicate", "or(TRUE,FALSE)");
}

static void typographic_quotes_are_quotes(void **state)
{
    (void)state;
    check("a == \xe2\x80\x9cx y\xe2\x80\x9d", "$/a == 'x y'");
    check("a == \xe2\x80\x98x\"\xe2\x80\x99", "$/a == 'x\"'");
    check("a == \xe2\x80\x9cx\"", "$/a == 'x'");
    /* A text that was opened plainly ends at a typographic quote only when no plain one follows. */
    check("a == \"x\xe2\x80\x9d", "$/a == 'x'");
    check("a == \"x\xe2\x80\x9dy\"", "$/a == 'x\xe2\x80\x9dy'");
}

static void key_paths_have_variables_quoted_names_and_elements(void **state)
{
    (void)state;
    check("$event.process.path == 1", "$event/process/path == 1");
    check("event.type == 1", "$/event/type == 1");
    check("$event.file.contentsAsDict.\"Window Settings\".Basic != nil",
          "$event/file/contentsAsDict/Window Settings/Basic != nil");
    check("a.in.not.like == 1", "$/a/in/not/like == 1");
    check("a.@count > 3", "$/a[size] > 3");
    check("(event.process.args)[LAST].file == 'x'", "$/event/process/args[last]/file == 'x'");
    check("a[FIRST] == a[size]", "$/a[first] == $/a[size]");
    check("a[7] == 1", "$/a[7] == 1");
    check("ANY (a.b) == 1", "any $/a/b == 1");
    check("ANY a == 1 AND SOME a == 1", "and(any $/a == 1,any $/a == 1)");
    check("ALL a == 1 AND none a == 1", "and(all $/a == 1,none $/a == 1)");
    check("SUBQUERY($event.args, $x, $x == 'a' OR NOT $x LIKE 'b').@count > 0",
          "sub($event/args,x,or($x == 'a',not($x LIKE 'b')))[size] > 0");
    check("\xc3\xa9t\xc3\xa9 == 1", "$/\xc3\xa9t\xc3\xa9 == 1");
}

static void not_binds_closer_than_and_and_that_than_or(void **state)
{
    (void)state;
    check("a==1 OR b==1 AND NOT c==1", "or($/a == 1,and($/b == 1,not($/c == 1)))");
    check("a==1 || b==1 && !c==1", "or($/a == 1,and($/b == 1,not($/c == 1)))");
    check("(a==1 or b==1) and c==1", "and(or($/a == 1,$/b == 1),$/c == 1)");
    check("NOT ANY a == 1 AND b == 1", "and(not(any $/a == 1),$/b == 1)");
    check("((a == 1))", "$/a == 1");
    check("not not a == 1", "not(not($/a == 1))");
    check("a==1 AND b==1 AND c==1 AND d==1 AND e==1 AND f==1",
          "and($/a == 1,$/b == 1,$/c == 1,$/d == 1,$/e == 1,$/f == 1)");
    check("((a)[0] == 1 OR (b) == 2)", "or($/a[0] == 1,$/b == 2)");
}

/* ------------------------------------------------------------------ what is refused */

static void a_fault_has_its_place_and_what_was_expected(void **state)
{
    (void)state;
    refuse("", E_PARSE, 0, "a key path or a value is expected, but the predicate ends");
    refuse("a ==", E_PARSE, 4, "a key path or a value is expected, but the predicate ends");
    refuse("a == 1 b", E_PARSE, 7, "AND, OR or the end is expected instead of 'b'");
    refuse("a", E_PARSE, 1,
           "a comparison (==, IN, CONTAINS ...) is expected, but the predicate ends");
    refuse("a 'x'", E_PARSE, 2,
           "a comparison (==, IN, CONTAINS ...) is expected instead of a text");
    refuse("(a == 1", E_PARSE, 7, "')', AND or OR is expected, but the predicate ends");
    refuse("a == 1)", E_PARSE, 6, "AND, OR or the end is expected instead of ')'");
    refuse("a == \"x", E_PARSE, 5, "the text that begins here has no closing quote");
    refuse("a == \xe2\x80\x9cx'", E_PARSE, 5, "the text that begins here has no closing quote");
    refuse("a AND b == 1", E_PARSE, 2,
           "a comparison (==, IN, CONTAINS ...) is expected instead of 'AND'");
    refuse("and == 1", E_PARSE, 0, "a key path or a value is expected instead of 'and'");
    refuse("a == $", E_PARSE, 5, "the name of a variable is expected");
    refuse("a == #", E_PARSE, 5, "'#' has no meaning here");
    refuse("a == \x01", E_PARSE, 5, "byte 0x01 has no meaning here");
    refuse("a.1 == 1", E_PARSE, 2, "the name of a key is expected instead of '1'");
    refuse("a[x] == 1", E_PARSE, 2,
           "FIRST, LAST, SIZE or the number of an element is expected instead of 'x'");
    refuse("a[1 == 1", E_PARSE, 4, "']' is expected instead of '=='");
    refuse("a ==[x] 1", E_PARSE, 5, "an option (c, d, n) is expected instead of 'x'");
    refuse("a ==[1] 1", E_PARSE, 5, "an option (c, d, n) is expected instead of '1'");
    refuse("a == {1}", E_PARSE, 5, "a set is compared with IN");
    refuse("a IN {1 2}", E_PARSE, 8, "',' or '}' is expected instead of '2'");
    refuse("a IN {b}", E_PARSE, 6, "a member of a set must be a text, a number or nil");
    refuse("a IN 5", E_PARSE, 5, "IN takes a set {...}, a text or a key path");
    refuse("a BETWEEN {1}", E_PARSE, 10, "BETWEEN takes {lowest, highest}");
    refuse("a CONTAINS 5", E_PARSE, 11, "the operator takes a text");
    refuse("a == 1.2.3", E_PARSE, 8, "AND, OR or the end is expected instead of '.'");
    refuse("a == 1e5", E_PARSE, 5, "the number is not written as a whole or decimal number");
    refuse("a == 0xg", E_PARSE, 5, "a hexadecimal digit is expected");
    refuse("SUBQUERY(a, x, y == 1).@count > 0", E_PARSE, 12,
           "a variable such as $x is expected instead of 'x'");
    refuse("SUBQUERY('a', $x, y == 1).@count > 0", E_PARSE, 9,
           "the key path of a collection is expected instead of a text");
    refuse("ANY a NOT IN {1}", E_PARSE, 6, "NOT belongs in front of ANY, ALL or NONE");
}

static void what_is_valid_but_unknown_is_named(void **state)
{
    (void)state;
    refuse("lowercase(a) == 'x'", E_UNSUPPORTED, 0, "functions are not supported");
    refuse("FUNCTION(a, 'b') == 1", E_UNSUPPORTED, 0, "functions are not supported");
    refuse("CAST(a, 'NSDate') == 1", E_UNSUPPORTED, 0, "functions are not supported");
    refuse("a + 1 == 2", E_UNSUPPORTED, 2, "arithmetic ('+') is not supported");
    refuse("a.@sum.b == 2", E_UNSUPPORTED, 3, "'@sum' is not supported, only '@count'");
}

static void limits_hold(void **state)
{
    (void)state;
    refuse("a == 99999999999999999999", E_LIMIT, 5, "the number is not within 64 bits");
    refuse("a == 0x123456789", E_LIMIT, 5, "the number has more than 8 hexadecimal digits");
    refuse("a[5000] == 1", E_LIMIT, 2, "an element's number is 0 to 1000");
    refuse("((((((((((((( a == 1 )))))))))))))", E_LIMIT, 12,
           "conditions are nested deeper than 12");
    refuse("!!!!!!!!!!!!! a == 1", E_LIMIT, 12, "conditions are nested deeper than 12");
    refuse("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a == 1", E_LIMIT, 48,
           "the key path has more than 24 parts");
    struct buf text = {0};
    for (unsigned i = 0; i < 5000; i++)
        buf_add_cstr(&text, "a=1 OR ");
    buf_add_cstr(&text, "a=1");
    refuse(buf_cstr(&text), E_LIMIT, 7 * (PREDICATE_NODES - 1),
           "the predicate has more than 4096 parts");
    buf_clear(&text);
    buf_add_cstr(&text, "a IN {1");
    for (unsigned i = 0; i < 5000; i++)
        buf_add_cstr(&text, ",1");
    buf_add_char(&text, '}');
    refuse(buf_cstr(&text), E_LIMIT, 6 + 2 * 4096, "a set has more than 4096 members");
    buf_clear(&text);
    for (unsigned i = 0; i <= PREDICATE_BYTES; i++)
        buf_add_char(&text, ' ');
    refuse(buf_cstr(&text), E_LIMIT, 0, "the predicate is longer than 65536 bytes");
    buf_done(&text);
}

static void a_place_is_a_line_and_a_column(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct err err = {0};
    const struct predicate_node *node;
    assert_int_equal(predicate_parse(STR("a == 1\n  AND b ==\n)"), &arena, &node, NULL, &err),
                     E_PARSE);
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 1);
    assert_ok(predicate_parse(STR("a == 1\n  AND b == 2"), &arena, &node, NULL, &err));
    uint32_t line;
    uint32_t column;
    predicate_place(STR("a == 1\n  AND b == 2"), node->operands[1]->right.at, &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 12);
    arena_done(&arena);
}

static int parse_once(void *context)
{
    (void)context;
    struct arena arena = {0};
    const struct predicate_node *node;
    int rc = predicate_parse(
        STR("a IN {1,2,3,4,5,6,7,8,9} AND NOT (b.c)[LAST] == \"x\\n\" OR "
            "SUBQUERY(a, $x, $x == 'b').@count > 0 OR c NOT LIKE 'x' OR d==1 OR e==1"),
        &arena, &node, NULL, NULL);
    arena_done(&arena);
    return rc;
}

static void it_survives_every_failing_allocation(void **state)
{
    (void)state;
    test_every_allocation_fails(parse_once, NULL, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons_have_every_operator_in_every_spelling),
        cmocka_unit_test(values_are_texts_numbers_and_words),
        cmocka_unit_test(typographic_quotes_are_quotes),
        cmocka_unit_test(key_paths_have_variables_quoted_names_and_elements),
        cmocka_unit_test(not_binds_closer_than_and_and_that_than_or),
        cmocka_unit_test(a_fault_has_its_place_and_what_was_expected),
        cmocka_unit_test(what_is_valid_but_unknown_is_named),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(a_place_is_a_line_and_a_column),
        cmocka_unit_test(it_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests_name("detect/predicate", tests, NULL, NULL);
}
