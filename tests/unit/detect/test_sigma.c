/* detect/sigma_parse, sigma_condition and modifiers: what is understood, and what is refused where.
 */
#include "harness/test.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "codec/yaml.h"
#include "detect/modifiers.h"
#include "detect/regex.h"
#include "detect/sigma.h"

struct parsed {
    struct arena arena;
    struct sigma_rule *rule;
    struct err err;
};

static int parse(struct parsed *p, const char *text)
{
    *p = (struct parsed){0};
    struct yaml_node **docs;
    size_t len;
    int rc =
        yaml_parse(str_of(text), "r.yml", &yaml_limits_default, &p->arena, &docs, &len, &p->err);
    return rc ? rc : sigma_parse(docs[0], NULL, &p->arena, &p->rule, &p->err);
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
    arena_done(&p.arena);
}

#define HEAD "title: t\ndetection:\n"
/* A rule whose selection has this one line, at line 4. */
#define ITEM(line) HEAD "  s:\n    " line "\n  condition: s\n"
/* Three selections and this condition, at line 6. */
#define CONDITION(text) HEAD "  aa: {a: 1}\n  ab: {b: 1}\n  _c: {c: 1}\n  condition: " text "\n"

/* ------------------------------------------------------------------ head */

static void the_head_of_a_rule_is_read(void **state)
{
    (void)state;
    struct parsed p;
    assert_ok_err(parse(&p, "title: A title\n"
                            "id: 0c1\n"
                            "description: |\n  two\n  lines\n"
                            "level: high\n"
                            "tags:\n  - attack.execution\n  - attack.t1059.004\n"
                            "  - attack.T1003\n  - attack.t10\n  - cve.2020-1\n"
                            "logsource:\n  product: MacOS\n  category: process_creation\n"
                            "detection:\n  s:\n    Image: x\n  condition: s\n"),
                  &p.err);
    assert_str(p.rule->id, "0c1");
    assert_str(p.rule->title, "A title");
    assert_str(p.rule->description, "two\nlines\n");
    assert_int_equal(p.rule->level, LEVEL_HIGH);
    assert_str(p.rule->product, "macos");
    assert_str(p.rule->category, "process_creation");
    assert_str(p.rule->service, "");
    assert_int_equal(p.rule->techniques_len, 2);
    assert_str(p.rule->techniques[0], "T1059.004");
    assert_str(p.rule->techniques[1], "T1003");
    arena_done(&p.arena);
}

static void a_rule_without_id_and_level_gets_its_title_and_medium(void **state)
{
    (void)state;
    struct parsed p;
    assert_ok_err(parse(&p, ITEM("a: b")), &p.err);
    assert_str(p.rule->id, "t");
    assert_int_equal(p.rule->level, LEVEL_MEDIUM);
    arena_done(&p.arena);
}

static void a_malformed_head_is_refused(void **state)
{
    (void)state;
    assert_refused("- a\n", E_PARSE, 1, 1, "a rule must be a map");
    assert_refused("detection: {s: {a: b}, condition: s}\n", E_PARSE, 1, 1, "needs a title");
    assert_refused("title: [a]\n", E_PARSE, 1, 8, "title must be text");
    assert_refused("title: t\nlevel: hihg\n", E_PARSE, 2, 8, "level must be");
    assert_refused("title: t\ntags: x\n", E_PARSE, 2, 7, "tags must be a list");
    assert_refused("title: t\ntags: [[x]]\n", E_PARSE, 2, 8, "a tag must be text");
    assert_refused("title: t\nlogsource: x\n", E_PARSE, 2, 12, "logsource must be a map");
    assert_refused("title: t\nlogsource: {product: [x]}\n", E_PARSE, 2, 22, "must be a word");
    assert_refused("title: t\n", E_PARSE, 1, 1, "needs a detection map");
    assert_refused("title: t\ndetection: x\n", E_PARSE, 2, 12, "needs a detection map");
    assert_refused(HEAD "  s: {a: b}\n", E_PARSE, 3, 3, "detection has no condition");
    assert_refused(HEAD "  condition: s\n", E_PARSE, 3, 3, "detection has no selection");
}

static void other_kinds_of_document_are_refused_by_name(void **state)
{
    (void)state;
    assert_refused("title: t\naction: global\n", E_UNSUPPORTED, 2, 1, "rule collections");
    assert_refused(HEAD "  s: {a: b}\n  timeframe: 1m\n  condition: s\n", E_UNSUPPORTED, 4, 3,
                   "timeframe");
}

static void long_texts_are_refused(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_add_cstr(&text, "title: ");
    for (int i = 0; i < SIGMA_TITLE_BYTES + 1; i++)
        buf_add_char(&text, 'x');
    buf_add_cstr(&text, "\n");
    assert_refused(buf_cstr(&text), E_LIMIT, 1, 8, "title is longer than");
    buf_clear(&text);
    buf_add_cstr(&text, HEAD "  s:\n    a: ");
    for (int i = 0; i < SIGMA_VALUE_BYTES + 1; i++)
        buf_add_char(&text, 'x');
    assert_refused(buf_cstr(&text), E_LIMIT, 4, 8, "value is longer than");
    buf_clear(&text);
    buf_add_cstr(&text, HEAD "  s:\n    a: '");
    for (int i = 0; i < SIGMA_WILDCARDS + 1; i++)
        buf_add_char(&text, '?');
    buf_add_cstr(&text, "'");
    assert_refused(buf_cstr(&text), E_LIMIT, 4, 8, "wildcards");
    buf_done(&text);
}

static void aliases_cannot_blow_up_the_values_of_a_rule(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_add_cstr(&text, HEAD "  s:\n    - a: &v '");
    for (int i = 0; i < SIGMA_VALUE_BYTES; i++)
        buf_add_char(&text, 'x');
    buf_add_cstr(&text, "'\n");
    for (int i = 0; i < 100; i++)
        buf_add_cstr(&text, "    - a: *v\n");
    struct parsed p;
    assert_int_equal(parse(&p, buf_cstr(&text)), E_LIMIT);
    assert_non_null(strstr(p.err.message, "the values of a rule take more than"));
    arena_done(&p.arena);
    buf_done(&text);
}

/* ------------------------------------------------------------------ items */

static void an_item_has_its_modifiers_and_values(void **state)
{
    (void)state;
    struct parsed p;
    assert_ok_err(parse(&p, HEAD "  s:\n"
                                 "    a|contains|all:\n      - x*y\n      - 12\n"
                                 "    b:\n"
                                 "    c|re|i|s: ^x*\n"
                                 "    d|exists: False\n"
                                 "    e: ''\n"
                                 "  condition: s\n"),
                  &p.err);
    const struct sigma_node *map = p.rule->condition;
    assert_int_equal(map->type, SIGMA_AND);
    assert_int_equal(map->operands_len, 5);
    const struct sigma_item *a = map->operands[0]->item;
    assert_str(a->field, "a");
    assert_int_equal(a->match, SIGMA_CONTAINS);
    assert_true(a->all);
    assert_int_equal(a->values_len, 2);
    assert_str(a->values[0].raw, "x*y");
    assert_int_equal(a->values[1].line, 6);
    assert_int_equal(a->values[1].column, 9);
    assert_true(map->operands[1]->item->values[0].null);
    const struct sigma_item *c = map->operands[2]->item;
    assert_int_equal(c->match, SIGMA_REGEX);
    assert_int_equal(c->regex_flags, REGEX_CASELESS | REGEX_DOTALL);
    assert_int_equal(c->values[0].alternatives_len, 0);
    assert_int_equal(map->operands[3]->item->match, SIGMA_EXISTS);
    assert_false(map->operands[3]->item->exists);
    assert_false(map->operands[4]->item->values[0].null);
    arena_done(&p.arena);
}

static void a_list_of_maps_means_any_of_them(void **state)
{
    (void)state;
    struct parsed p;
    assert_ok_err(parse(&p, HEAD "  s:\n    - a: 1\n      b: 2\n    - c: 3\n  condition: s\n"),
                  &p.err);
    assert_int_equal(p.rule->condition->type, SIGMA_OR);
    assert_int_equal(p.rule->condition->operands[0]->type, SIGMA_AND);
    assert_int_equal(p.rule->condition->operands[1]->type, SIGMA_ITEM);
    arena_done(&p.arena);
}

static void a_malformed_item_is_refused_at_its_place(void **state)
{
    (void)state;
    assert_refused(ITEM("a|contians: x"), E_PARSE, 4, 5,
                   "unknown modifier 'contians' (did you mean 'contains'?)");
    assert_refused(ITEM("a|zzzzzz: x"), E_PARSE, 4, 5, "unknown modifier 'zzzzzz'");
    assert_refused(ITEM("a|: x"), E_PARSE, 4, 5, "a modifier is missing");
    assert_refused(ITEM("a||all: x"), E_PARSE, 4, 5, "unknown modifier ''");
    assert_refused(ITEM("a|contains|re: x"), E_PARSE, 4, 5, "'re' cannot follow 'contains'");
    assert_refused(ITEM("a|i: x"), E_PARSE, 4, 5, "'i' must follow 're'");
    assert_refused(ITEM("a: []"), E_PARSE, 4, 8, "'a' has an empty list");
    assert_refused(ITEM("a: {b: c}"), E_PARSE, 4, 8, "must be text or a number");
    assert_refused(ITEM("a: [[b]]"), E_PARSE, 4, 9, "must be text or a number");
    assert_refused(ITEM("a|contains: null"), E_PARSE, 4, 17, "null cannot be compared");
    assert_refused(ITEM("a|exists: maybe"), E_PARSE, 4, 15, "'exists' takes true or false");
    assert_refused(ITEM("a|exists: [true]"), E_PARSE, 4, 15, "'exists' takes true or false");
}

static void words_without_a_field_are_looked_for_everywhere(void **state)
{
    (void)state;
    struct parsed p;
    assert_ok_err(parse(&p,
                        HEAD "  s:\n    - word\n    - a: b\n    - 7\n  t: other\n"
                             "  u:\n    '|all': [x, y]\n    '|re': z\n  condition: s or t or u\n"),
                  &p.err);
    const struct sigma_node *s = p.rule->selections[0].node;
    assert_int_equal(s->type, SIGMA_OR);
    assert_str(s->operands[0]->item->field, "");
    assert_int_equal(s->operands[0]->item->match, SIGMA_CONTAINS);
    assert_str(s->operands[0]->item->values[0].raw, "word");
    assert_str(s->operands[1]->item->field, "a");
    assert_str(p.rule->selections[1].node->item->values[0].raw, "other");
    const struct sigma_node *u = p.rule->selections[2].node;
    assert_true(u->operands[0]->item->all);
    assert_int_equal(u->operands[0]->item->match, SIGMA_CONTAINS);
    assert_int_equal(u->operands[1]->item->match, SIGMA_REGEX);
    arena_done(&p.arena);
    assert_refused(ITEM("- ~"), E_PARSE, 4, 7, "null cannot be compared");
    assert_refused(ITEM("'|cidr': 10.0.0.0/8"), E_PARSE, 4, 5, "keyword search looks for text");
    assert_refused(ITEM("'|exists': true"), E_PARSE, 4, 5, "keyword search looks for text");
    assert_refused(ITEM("'|fieldref': a"), E_PARSE, 4, 5, "keyword search looks for text");
}

static void modifiers_that_do_not_fit_together_are_refused(void **state)
{
    (void)state;
    assert_refused(ITEM("a|re|windash: x"), E_PARSE, 4, 5, "'re' cannot be used with");
    assert_refused(ITEM("a|cased|cidr: x"), E_PARSE, 4, 5, "'cidr' cannot be used with");
    assert_refused(ITEM("a|lt|fieldref: x"), E_PARSE, 4, 5, "'lt' cannot be used with");
    assert_refused(ITEM("a|fieldref|cased: x"), E_PARSE, 4, 5, "'fieldref' cannot be used");
    assert_refused(ITEM("a|fieldref|windash: x"), E_PARSE, 4, 5, "'fieldref' cannot be used");
    assert_refused(ITEM("a|fieldref: ~"), E_PARSE, 4, 17, "null cannot be compared");
    assert_refused(ITEM("a|fieldref: ''"), E_PARSE, 4, 17, "takes the name of a field");
    assert_refused(ITEM("a|gt: x"), E_PARSE, 4, 11, "'x' is no number");
    assert_refused(ITEM("a|gt: 1.5e3"), E_PARSE, 4, 11, "'1.5e3' is no number");
    assert_refused(ITEM("a|gt: '1.'"), E_PARSE, 4, 11, "'1.' is no number");
    assert_refused(ITEM("a|gt: '.5'"), E_PARSE, 4, 11, "'.5' is no number");
}

static void an_empty_selection_is_refused(void **state)
{
    (void)state;
    assert_refused(HEAD "  s: {}\n  condition: s\n", E_PARSE, 3, 6, "selection 's' is empty");
    assert_refused(HEAD "  s: []\n  condition: s\n", E_PARSE, 3, 6, "selection 's' is empty");
    assert_refused(HEAD "  s:\n  condition: s\n", E_PARSE, 3, 5, "selection 's' is empty");
    assert_refused(HEAD "  s: [[a]]\n  condition: s\n", E_PARSE, 3, 7, "must be maps or words");
}

static void every_modifier_row_can_be_used(void **state)
{
    (void)state;
    for (size_t i = 0; i < modifier_table_len; i++) {
        const struct modifier_row *row = &modifier_table[i];
        assert_ptr_equal(modifier_find(row->name), row);
        assert_true(row->doc.len > 0);
        assert_true(row->set != NULL || row->transform != NULL);
    }
    assert_null(modifier_find(STR("contain")));
    assert_null(modifier_suggest(STR("xx")));
}

static void a_part_of_a_time_is_compared_with_numbers_in_its_range(void **state)
{
    (void)state;
    struct parsed p;
    assert_ok_err(parse(&p, ITEM("a|gte|hour: 22")), &p.err);
    assert_int_equal(p.rule->condition->item->part, TIME_HOUR);
    assert_int_equal(p.rule->condition->item->match, SIGMA_GTE);
    arena_done(&p.arena);
    assert_ok_err(parse(&p, ITEM("a|month|lt: 3")), &p.err);
    assert_int_equal(p.rule->condition->item->match, SIGMA_LT);
    arena_done(&p.arena);
    assert_refused(ITEM("a|hour: 24"), E_PARSE, 4, 13, "'24' is no hour: it must be 0 to 23");
    assert_refused(ITEM("a|day: 0"), E_PARSE, 4, 12, "no day: it must be 1 to 31");
    assert_refused(ITEM("a|week: 1.5"), E_PARSE, 4, 13, "'1.5' is no week");
    assert_refused(ITEM("a|minute: ~"), E_PARSE, 4, 15, "null cannot be compared");
    assert_refused(ITEM("a|hour|day: 1"), E_PARSE, 4, 5, "cannot follow another part");
    assert_refused(ITEM("a|hour|contains: 1"), E_PARSE, 4, 5, "'contains' cannot be used with");
    assert_refused(ITEM("a|hour|cased: 1"), E_PARSE, 4, 5, "with a modifier of text");
    assert_refused(ITEM("'|hour': 1"), E_PARSE, 4, 5, "needs the name of a field");
}

/* The alternatives of the only value, one behind the other. */
static void assert_alternatives(const char *text, const char *expected)
{
    struct parsed p;
    assert_ok_err(parse(&p, text), &p.err);
    const struct sigma_value *value = &p.rule->condition->item->values[0];
    struct buf shown = {0};
    for (size_t i = 0; i < value->alternatives_len; i++) {
        if (i)
            buf_add_char(&shown, ' ');
        pattern_add_glob(&shown, &value->alternatives[i]);
    }
    assert_str(buf_str(&shown), expected);
    buf_done(&shown);
    arena_done(&p.arena);
}

static void a_dash_stands_for_all_of_its_spellings(void **state)
{
    (void)state;
    assert_alternatives(ITEM("a|windash: x-y/z"), "x-y/z");
    assert_alternatives(ITEM("a|windash|contains: -c"), "*-c* */c* *\xe2\x80\x93"
                                                        "c* *\xe2\x80\x94"
                                                        "c* *\xe2\x80\x95"
                                                        "c*");
    assert_alternatives(ITEM("a|windash: 'x* /c'"), "x* -c x* /c x* \xe2\x80\x93"
                                                    "c x* \xe2\x80\x94"
                                                    "c x* \xe2\x80\x95"
                                                    "c");
    struct parsed p;
    assert_ok_err(parse(&p, ITEM("a|windash: -a -b -c -d")), &p.err);
    assert_int_equal(p.rule->condition->item->values[0].alternatives_len, 625);
    arena_done(&p.arena);
    assert_refused(ITEM("a|windash: -a -b -c -d -e"), E_LIMIT, 4, 16, "more than 4 dashes");
    assert_refused(ITEM("a|windash|windash|windash: -a -b -c -d"), E_LIMIT, 4, 32,
                   "more than 4096 spellings");
}

static void values_are_encoded(void **state)
{
    (void)state;
    assert_alternatives(ITEM("a|base64: /bin/bash"), "L2Jpbi9iYXNo");
    assert_alternatives(ITEM("a|base64offset|contains: /bin/bash"),
                        "*L2Jpbi9iYXNo* *9iaW4vYmFza* *vYmluL2Jhc2*");
    assert_alternatives(ITEM("a|wide|base64offset|contains: ab"), "*YQBiA* *EAYg* *hAGIA*");
    assert_alternatives(ITEM("a|utf16|base64: ab"), "//5hAGIA");
    assert_alternatives(ITEM("a|utf16be|base64: ab"), "AGEAYg==");
    assert_alternatives(ITEM("a|utf16le|base64: \xf0\x9f\x98\x80"), "PdgA3g==");
    assert_refused(ITEM("a|base64: x*"), E_PARSE, 4, 15, "wildcards cannot be encoded");
    assert_refused(ITEM("a|base64: ''"), E_PARSE, 4, 15, "empty value cannot be encoded");
    struct buf text = {0};
    buf_add_cstr(&text, HEAD "  s:\n    a|wide|wide|base64: ");
    for (int i = 0; i < SIGMA_VALUE_BYTES; i++)
        buf_add_char(&text, 'x');
    buf_add_cstr(&text, "\n  condition: s\n");
    assert_refused(buf_cstr(&text), E_LIMIT, 4, 25, "the encoded value takes more than");
    buf_done(&text);
}

static void a_network_is_read_and_refused_at_its_place(void **state)
{
    (void)state;
    struct parsed p;
    assert_ok_err(parse(&p, ITEM("a|cidr: 10.0.0.0/8")), &p.err);
    assert_int_equal(p.rule->condition->item->values[0].network.prefix, 104);
    arena_done(&p.arena);
    assert_refused(ITEM("a|cidr: 10.0.0/8"), E_PARSE, 4, 13, "'10.0.0/8' is no IP network");
    assert_refused(ITEM("a|cidr: 10.0.0.1/8"), E_PARSE, 4, 13, "has bits set behind its prefix");
    assert_refused(ITEM("a|cidr: 10.0.0.0/33"), E_PARSE, 4, 13, "the prefix must be 0 to 32");
    assert_refused(ITEM("a|cidr: 10.0.0.0/"), E_PARSE, 4, 13, "the prefix must be 0 to 32");
    assert_refused(ITEM("a|cidr: 'fe80::/129'"), E_PARSE, 4, 13, "the prefix must be 0 to 128");
}

/* ------------------------------------------------------------------ conditions */

/* The condition as text: selections by their one field's name. */
static void show(struct buf *out, const struct sigma_node *node)
{
    static const char *const signs[] = {[SIGMA_AND] = "&", [SIGMA_OR] = "|", [SIGMA_NOT] = "!"};
    if (node->type == SIGMA_ITEM) {
        buf_add_str(out, node->item->field);
        return;
    }
    buf_addf(out, "%s(", signs[node->type]);
    for (size_t i = 0; i < node->operands_len; i++) {
        if (i)
            buf_add_char(out, ' ');
        show(out, node->operands[i]);
    }
    buf_add_char(out, ')');
}

static void assert_condition(const char *text, const char *expected)
{
    struct parsed p;
    assert_ok_err(parse(&p, text), &p.err);
    struct buf shown = {0};
    show(&shown, p.rule->condition);
    assert_str(buf_str(&shown), expected);
    buf_done(&shown);
    arena_done(&p.arena);
}

static void a_condition_binds_not_before_and_before_or(void **state)
{
    (void)state;
    assert_condition(CONDITION("aa"), "a");
    assert_condition(CONDITION("aa or ab and not _c"), "|(a &(b !(c)))");
    assert_condition(CONDITION("(aa or ab) and not (_c)"), "&(|(a b) !(c))");
    assert_condition(CONDITION("not aa or ab or _c"), "|(!(a) b c)");
    assert_condition(CONDITION("not not aa"), "!(!(a))");
    assert_condition(CONDITION("aa AND NOT ab OR _c"), "|(&(a !(b)) c)");
    assert_condition(CONDITION("(aa)and(ab)"), "&(a b)");
}

static void a_quantifier_takes_the_selections_of_a_pattern(void **state)
{
    (void)state;
    assert_condition(CONDITION("1 of a*"), "|(a b)");
    assert_condition(CONDITION("any of a*"), "|(a b)");
    assert_condition(CONDITION("all of a*"), "&(a b)");
    assert_condition(CONDITION("1 of *b"), "b");
    assert_condition(CONDITION("all of them"), "&(a b)");
    assert_condition(CONDITION("all of _*"), "c");
    assert_condition(CONDITION("1 of aa and not 1 of ab"), "&(a !(b))");
    assert_condition(HEAD "  all: {a: 1}\n  condition: all\n", "a");
}

static void a_list_of_conditions_means_any_of_them(void **state)
{
    (void)state;
    assert_condition(CONDITION("[aa, not ab]"), "|(a !(b))");
    assert_refused(CONDITION("[[aa]]"), E_PARSE, 6, 15, "condition must be text");
    assert_refused(CONDITION("[]"), E_PARSE, 6, 14, "condition must be text");
}

static void a_malformed_condition_is_refused_at_its_place(void **state)
{
    (void)state;
    assert_refused(CONDITION("aa and bb"), E_PARSE, 6, 21,
                   "there is no selection 'bb' (did you mean 'ab'?)");
    assert_refused(CONDITION("aa and xxxxx"), E_PARSE, 6, 21, "there is no selection 'xxxxx'");
    assert_refused(CONDITION("aa and"), E_PARSE, 6, 20, "ends where a selection is expected");
    assert_refused(CONDITION("aa and or ab"), E_PARSE, 6, 21, "expected a selection, found 'or'");
    assert_refused(CONDITION("(aa or ab"), E_PARSE, 6, 23, "expected ')'");
    assert_refused(CONDITION("aa)"), E_PARSE, 6, 16, "expected 'and', 'or' or the end, found ')'");
    assert_refused(CONDITION("aa ab"), E_PARSE, 6, 17, "found 'ab'");
    assert_refused(CONDITION("1 of x*"), E_PARSE, 6, 19, "no selection matches 'x*'");
    assert_refused(CONDITION("1 of"), E_PARSE, 6, 18, "expected a selection pattern");
    assert_refused(CONDITION("2 of a*"), E_UNSUPPORTED, 6, 14, "a count before 'of'");
    assert_refused(CONDITION("aa | count() > 5"), E_UNSUPPORTED, 6, 17, "aggregations");
    assert_refused(CONDITION("aa|count"), E_UNSUPPORTED, 6, 16, "aggregations");
    assert_refused(CONDITION("'aa and'"), E_PARSE, 6, 14, "ends where");
    assert_refused(CONDITION(""), E_PARSE, 6, 13, "condition must be text");
}

static void deep_and_long_conditions_are_refused(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_add_cstr(&text, HEAD "  aa: {a: 1}\n  condition: ");
    for (int i = 0; i < SIGMA_CONDITION_DEPTH; i++)
        buf_add_cstr(&text, "not ");
    buf_add_cstr(&text, "aa\n");
    struct parsed p;
    assert_int_equal(parse(&p, buf_cstr(&text)), E_LIMIT);
    assert_non_null(strstr(p.err.message, "nested too deeply"));
    arena_done(&p.arena);
    buf_clear(&text);
    buf_add_cstr(&text, HEAD "  aa: {a: 1}\n  condition: aa");
    for (int i = 0; i < 2000; i++)
        buf_add_cstr(&text, " or aa");
    assert_int_equal(parse(&p, buf_cstr(&text)), E_LIMIT);
    assert_non_null(strstr(p.err.message, "condition is longer"));
    arena_done(&p.arena);
    buf_done(&text);
}

static void placeholders_are_replaced_or_refused(void **state)
{
    (void)state;
    assert_alternatives(ITEM("a|expand: 'x%MacLaunchFolders%'"),
                        "x/Library/LaunchAgents/ x/Library/LaunchDaemons/ "
                        "x/Users/*/Library/LaunchAgents/");
    assert_alternatives(ITEM("a|expand: 'x\\%MacShells%'"), "x%MacShells%");
    assert_alternatives(ITEM("a|expand: '100%'"), "100%");
    assert_refused(ITEM("a|expand: 'x%Servers%'"), E_NOT_FOUND, 4, 15, "'%Servers%' has no values");
    assert_refused(ITEM("a|expand|re: x"), E_PARSE, 4, 5, "'re' cannot be used with");
    assert_refused(ITEM("a|expand|fieldref: x"), E_PARSE, 4, 5, "'fieldref' cannot be used");
}

static int parse_filter(struct parsed *p, const char *text, struct sigma_filter **ret_filter)
{
    *p = (struct parsed){0};
    struct yaml_node **docs;
    size_t len;
    int rc =
        yaml_parse(str_of(text), "f.yml", &yaml_limits_default, &p->arena, &docs, &len, &p->err);
    if (rc == 0)
        assert_int_equal(sigma_kind_of(docs[0]), SIGMA_FILTER);
    return rc ? rc : sigma_filter(docs[0], NULL, &p->arena, ret_filter, &p->err);
}

static void assert_filter_refused(const char *text, unsigned line, unsigned column,
                                  const char *part)
{
    struct parsed p;
    struct sigma_filter *filter;
    int rc = parse_filter(&p, text, &filter);
    if (rc == 0 || p.err.line != line || p.err.column != column || !strstr(p.err.message, part)) {
        print_error("%s\n-> %u:%u %s\n", text, p.err.line, p.err.column, p.err.message);
        fail();
    }
    arena_done(&p.arena);
}

#define FILTER "title: f\nlogsource: {product: MacOS}\nfilter:\n"

static void a_filter_is_read_and_refused_at_its_place(void **state)
{
    (void)state;
    struct parsed p;
    struct sigma_filter *f;
    assert_ok_err(
        parse_filter(&p, FILTER "  rules: [a, b]\n  s: {User: x}\n  condition: not s\n", &f),
        &p.err);
    assert_false(f->any);
    assert_int_equal(f->refs_len, 2);
    assert_str(f->refs[1].text, "b");
    assert_str(f->rule->product, "macos");
    assert_int_equal(f->rule->selections_len, 1);
    assert_int_equal(f->rule->condition->type, SIGMA_NOT);
    arena_done(&p.arena);
    assert_ok_err(parse_filter(&p, FILTER "  rules: any\n  s: {User: x}\n  condition: not s\n", &f),
                  &p.err);
    assert_true(f->any);
    arena_done(&p.arena);
    assert_filter_refused("title: f\nfilter: {rules: any, s: {a: b}, condition: s}\n", 1, 1,
                          "needs a logsource");
    assert_filter_refused("title: f\nfilter: x\n", 2, 9, "filter must be a map");
    assert_filter_refused(FILTER "  s: {a: b}\n  condition: s\n", 4, 3, "needs 'rules'");
    assert_filter_refused(FILTER "  rules: []\n  s: {a: b}\n  condition: s\n", 4, 10, "is empty");
    assert_filter_refused(FILTER "  rules: [a, a]\n  s: {a: b}\n  condition: s\n", 4, 14, "twice");
    assert_filter_refused(FILTER "  rules: [[a]]\n  s: {a: b}\n  condition: s\n", 4, 11,
                          "by its id or its name");
    assert_filter_refused(FILTER "  rules: a\n  s: {a: b}\n", 4, 3, "filter has no condition");
    assert_filter_refused(FILTER "  rules: a\n  condition: s\n", 4, 3, "filter has no selection");
}

static int parse_everything(void *context)
{
    (void)context;
    struct parsed p;
    int rc = parse(&p, "title: t\ntags: [attack.t1059]\nlogsource: {product: a}\ndetection:\n"
                       "  s: {a|contains: [x*y, z], b: null}\n  r:\n    - {c|re: x}\n    - {d: y}\n"
                       "    - {e|windash: -a}\n    - {f|wide|base64offset: a}\n    - word\n"
                       "  condition: 1 of s* and not (r or s)\n");
    arena_done(&p.arena);
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
        cmocka_unit_test(the_head_of_a_rule_is_read),
        cmocka_unit_test(a_rule_without_id_and_level_gets_its_title_and_medium),
        cmocka_unit_test(a_malformed_head_is_refused),
        cmocka_unit_test(other_kinds_of_document_are_refused_by_name),
        cmocka_unit_test(long_texts_are_refused),
        cmocka_unit_test(aliases_cannot_blow_up_the_values_of_a_rule),
        cmocka_unit_test(an_item_has_its_modifiers_and_values),
        cmocka_unit_test(a_list_of_maps_means_any_of_them),
        cmocka_unit_test(a_malformed_item_is_refused_at_its_place),
        cmocka_unit_test(words_without_a_field_are_looked_for_everywhere),
        cmocka_unit_test(modifiers_that_do_not_fit_together_are_refused),
        cmocka_unit_test(a_dash_stands_for_all_of_its_spellings),
        cmocka_unit_test(values_are_encoded),
        cmocka_unit_test(a_network_is_read_and_refused_at_its_place),
        cmocka_unit_test(an_empty_selection_is_refused),
        cmocka_unit_test(every_modifier_row_can_be_used),
        cmocka_unit_test(a_part_of_a_time_is_compared_with_numbers_in_its_range),
        cmocka_unit_test(placeholders_are_replaced_or_refused),
        cmocka_unit_test(a_filter_is_read_and_refused_at_its_place),
        cmocka_unit_test(a_condition_binds_not_before_and_before_or),
        cmocka_unit_test(a_quantifier_takes_the_selections_of_a_pattern),
        cmocka_unit_test(a_list_of_conditions_means_any_of_them),
        cmocka_unit_test(a_malformed_condition_is_refused_at_its_place),
        cmocka_unit_test(deep_and_long_conditions_are_refused),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("detect/sigma", tests, NULL, NULL);
}
