/* codec/ndjson: grammar by a table of good and bad texts, picking, repeated keys, limits, scanners.
 */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "codec/ndjson.h"
#include "codec/ndjson_scan_priv.h"

/* A scratch with its paths, for tests. */
struct fixture {
    struct ndjson_paths *paths;
    struct ndjson *n;
};

static struct fixture make(const char *const *list, size_t count)
{
    struct fixture f = {0};
    struct err err = {0};
    assert_ok_err(ndjson_paths_new(list, count, &f.paths, &err), &err);
    assert_ok(ndjson_new(f.paths, &f.n));
    return f;
}

static void drop(struct fixture *f)
{
    ndjson_free(f->n);
    ndjson_paths_free(f->paths);
}

#define MAKE(...)                                                                                  \
    make((const char *const[]){__VA_ARGS__}, ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

/* Text in a block of its exact size, so that the sanitizer sees a read behind it. */
static int pick_exact(struct ndjson *n, struct str text, struct err *err)
{
    char *copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    int rc = ndjson_pick(n, str_n(copy, text.len), err);
    free(copy);
    return rc;
}

struct sample {
    const char *name; /* y_: one valid value; n_: not */
    struct str text;
};

#define SAMPLE(name, text)                                                                         \
    {                                                                                              \
        name, STR(text)                                                                            \
    }

static const struct sample samples[] = {
    SAMPLE("y_object_empty", "{}"),
    SAMPLE("y_object_one", "{\"a\":1}"),
    SAMPLE("y_object_space_everywhere", " \t\r\n{ \"a\"\t:\n1 , \"b\" : [ ] } \n"),
    SAMPLE("y_object_empty_key", "{\"\":0}"),
    SAMPLE("y_object_repeated_key", "{\"a\":1,\"a\":2}"),
    SAMPLE("y_object_long_strings",
           "{\"x\":[{\"id\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}]}"),
    SAMPLE("y_object_nul_in_key", "{\"foo\\u0000bar\":42}"),
    SAMPLE("y_array_empty", "[]"),
    SAMPLE("y_array_mixed", "[null,1,\"1\",{},[],true,false]"),
    SAMPLE("y_array_nested", "[[[[]],[]]]"),
    SAMPLE("y_array_several_null", "[1,null,null,null,2]"),
    SAMPLE("y_scalar_string", "\"asd\""),
    SAMPLE("y_scalar_number", "42"),
    SAMPLE("y_scalar_negative", "-0.1"),
    SAMPLE("y_scalar_true", "true"),
    SAMPLE("y_scalar_false", " false "),
    SAMPLE("y_scalar_null", "null"),
    SAMPLE("y_number_zero", "[0]"),
    SAMPLE("y_number_minus_zero", "[-0]"),
    SAMPLE("y_number_exponents", "[1e1,1E2,1e+3,1E-4,0e+1,1.5e22,-1.0E-2]"),
    SAMPLE("y_number_fraction", "[123.456789,0.0]"),
    SAMPLE("y_number_beyond_64_bits", "[123123e100000,123456789012345678901234567890]"),
    SAMPLE("y_string_escapes", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
    SAMPLE("y_string_unicode_escape", "[\"\\u0060\\u012a\\u12AB\"]"),
    SAMPLE("y_string_surrogate_pair", "[\"\\uD801\\udc37\"]"),
    SAMPLE("y_string_lone_surrogate", "[\"\\ud800 \\udc00\\ud83d\"]"),
    SAMPLE("y_string_nul_escape", "[\"\\u0000\"]"),
    SAMPLE("y_string_two_bytes", "[\"\xc3\xa9\"]"),
    SAMPLE("y_string_three_bytes", "[\"\xe2\x82\xac\"]"),
    SAMPLE("y_string_four_bytes", "[\"\xf0\x9f\x8d\x8e\"]"),
    SAMPLE("y_string_noncharacter", "[\"\xef\xbf\xbf\"]"),
    SAMPLE("y_string_del", "[\"\x7f\"]"),
    SAMPLE("y_string_line_separator", "[\"\xe2\x80\xa8\"]"),
    SAMPLE("y_string_with_braces", "{\"a\":\"}{][\"}"),
    SAMPLE("y_string_backslash_at_block_end", "[\"aaaaaaaaaaaaa\\\\\",\"bbbbbbbbbbbbbb\\\"\"]"),
    SAMPLE("n_empty", ""),
    SAMPLE("n_only_space", " \n"),
    SAMPLE("n_two_values", "{}{}"),
    SAMPLE("n_two_values_space", "{} []"),
    SAMPLE("n_text_behind", "{}x"),
    SAMPLE("n_scalar_behind", "1 2"),
    SAMPLE("n_closer_behind", "{}}"),
    SAMPLE("n_scalar_closer_behind", "1]"),
    SAMPLE("n_scalar_bracket_after_space", "\"a\" ]"),
    SAMPLE("n_byte_order_mark", "\xef\xbb\xbf{}"),
    SAMPLE("n_form_feed_space", "\f{}"),
    SAMPLE("n_no_break_space", "{\xc2\xa0}"),
    SAMPLE("n_object_open", "{"),
    SAMPLE("n_object_no_value", "{\"a\":}"),
    SAMPLE("n_object_no_colon", "{\"a\" 1}"),
    SAMPLE("n_object_two_colons", "{\"a\"::1}"),
    SAMPLE("n_object_comma_for_colon", "{\"a\",1}"),
    SAMPLE("n_object_only_key", "{\"a\"}"),
    SAMPLE("n_object_trailing_comma", "{\"a\":1,}"),
    SAMPLE("n_object_leading_comma", "{,\"a\":1}"),
    SAMPLE("n_object_two_commas", "{\"a\":1,,\"b\":2}"),
    SAMPLE("n_object_bare_key", "{a:1}"),
    SAMPLE("n_object_single_quotes", "{'a':1}"),
    SAMPLE("n_object_number_key", "{1:1}"),
    SAMPLE("n_object_closed_as_array", "{\"a\":1]"),
    SAMPLE("n_object_inner_unclosed", "{\"a\":{\"b\":1}"),
    SAMPLE("n_object_missing_comma", "{\"a\":1 \"b\":2}"),
    SAMPLE("n_object_comment", "{\"a\":1/**/}"),
    SAMPLE("n_array_open", "["),
    SAMPLE("n_array_trailing_comma", "[1,]"),
    SAMPLE("n_array_leading_comma", "[,1]"),
    SAMPLE("n_array_two_commas", "[1,,2]"),
    SAMPLE("n_array_missing_comma", "[1 2]"),
    SAMPLE("n_array_closed_as_object", "[1}"),
    SAMPLE("n_array_colon", "[\"a\":1]"),
    SAMPLE("n_array_inner_unclosed", "[[1]"),
    SAMPLE("n_array_closed_twice", "[1]]"),
    SAMPLE("n_number_plus", "[+1]"),
    SAMPLE("n_number_leading_zero", "[012]"),
    SAMPLE("n_number_minus_leading_zero", "[-012]"),
    SAMPLE("n_number_minus", "[-]"),
    SAMPLE("n_number_two_minus", "[--1]"),
    SAMPLE("n_number_point", "[.1]"),
    SAMPLE("n_number_no_fraction", "[1.]"),
    SAMPLE("n_number_no_fraction_exponent", "[1.e1]"),
    SAMPLE("n_number_no_exponent", "[1e]"),
    SAMPLE("n_number_no_exponent_sign", "[1e+]"),
    SAMPLE("n_number_two_exponents", "[1e1e1]"),
    SAMPLE("n_number_two_points", "[1.2.3]"),
    SAMPLE("n_number_hex", "[0x1]"),
    SAMPLE("n_number_inf", "[Infinity]"),
    SAMPLE("n_number_nan", "[NaN]"),
    SAMPLE("n_number_with_letter", "[1a]"),
    SAMPLE("n_number_alone_minus", "-"),
    SAMPLE("n_literal_cut", "[tru]"),
    SAMPLE("n_literal_cut_alone", "nul"),
    SAMPLE("n_literal_case", "[True]"),
    SAMPLE("n_literal_long", "[nulls]"),
    SAMPLE("n_literal_false_end", "[fals]"),
    SAMPLE("n_string_open", "[\"a]"),
    SAMPLE("n_string_open_alone", "\"a"),
    SAMPLE("n_string_open_key", "{\"a}"),
    SAMPLE("n_string_backslash_end", "[\"a\\\"]"),
    SAMPLE("n_string_unknown_escape", "[\"\\a\"]"),
    SAMPLE("n_string_hex_escape", "[\"\\x41\"]"),
    SAMPLE("n_string_escaped_newline", "[\"\\\n\"]"),
    SAMPLE("n_string_short_unicode", "[\"\\u12\"]"),
    SAMPLE("n_string_bad_unicode", "[\"\\u12G4\"]"),
    SAMPLE("n_string_cut_unicode", "[\"\\u00]"),
    SAMPLE("n_string_newline", "[\"a\nb\"]"),
    SAMPLE("n_string_tab", "[\"a\tb\"]"),
    {"n_string_nul", {"[\"a\0b\"]", 7}},
    SAMPLE("n_string_control_late", "[\"0123456789abcdef\x1f\"]"),
    SAMPLE("n_string_single_quotes", "['a']"),
    SAMPLE("n_utf8_lone_continuation", "[\"\x80\"]"),
    SAMPLE("n_utf8_overlong", "[\"\xc0\xaf\"]"),
    SAMPLE("n_utf8_surrogate", "[\"\xed\xa0\x80\"]"),
    SAMPLE("n_utf8_beyond", "[\"\xf4\x90\x80\x80\"]"),
    SAMPLE("n_utf8_cut", "[\"\xe2\x82\"]"),
    SAMPLE("n_utf8_latin1", "[\"caf\xe9\"]"),
    SAMPLE("n_utf8_late", "[\"0123456789abcdef0123456789abcdef\xff\"]"),
    SAMPLE("n_utf8_in_key", "{\"\xff\":1}"),
    SAMPLE("n_utf8_outside_string", "[\xc3\xa9]"),
    {"n_nul_behind", {"[]\0", 3}},
    {"n_nul_only", {"\0", 1}},
};

/* Each sample alone (root value walked), and as an unwanted and a wanted member. */
static void grammar_accepts_the_good_and_refuses_the_bad_wherever_they_stand(void **state)
{
    (void)state;
    struct fixture f = MAKE("wanted", "wanted.a", "wanted[]", "wanted.*", "*");
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        bool good = samples[i].name[0] == 'y';
        struct err err = {0};
        int rc = pick_exact(f.n, samples[i].text, &err);
        if (rc != (good ? 0 : E_PARSE))
            fail_msg("%s alone: %d", samples[i].name, rc);
        if (!good)
            assert_true(err.column >= 1 && err.column <= samples[i].text.len + 1);
        static const char *const around[] = {"{\"wanted\":", "{\"other\":", "{\"wanted\":{\"x\":"};
        for (size_t k = 0; k < ARRAY_LEN(around); k++) {
            struct buf b = {0};
            buf_add_cstr(&b, around[k]);
            buf_add_str(&b, samples[i].text);
            buf_add_cstr(&b, k == 2 ? "}}" : "}");
            rc = pick_exact(f.n, buf_str(&b), NULL);
            if (rc != (good ? 0 : E_PARSE))
                fail_msg("%s inside: %d", samples[i].name, rc);
            buf_done(&b);
        }
    }
    drop(&f);
}

static void every_prefix_of_a_record_is_refused_without_reading_behind_it(void **state)
{
    (void)state;
    struct fixture f = MAKE("a.b[]", "a.*", "c");
    struct str whole = STR("{\"a\":{\"b\":[1,\"\\u00e9\\/x\",true,null,-1.5e3],\"z\":{\"y\":[{}]}},"
                           "\"c\":\"0123456789abcdefghij\"}");
    for (size_t len = 0; len < whole.len; len++)
        assert_int_equal(pick_exact(f.n, str_sub(whole, 0, len), NULL), E_PARSE);
    assert_ok(pick_exact(f.n, whole, NULL));
    drop(&f);
}

static void wanted_values_are_found_at_their_paths(void **state)
{
    (void)state;
    enum { PID, PATH, ARGS, FD, FDTYPE, PROCESS, DOTTED, KIND, ELEMENT };
    struct fixture f =
        MAKE("process.pid", "process.executable.path", "event.*.args[]", "event.*.fds[].fd",
             "event.*.fds[].fdtype", "process", "process\\.pid", "event.*", "token[]");
    struct str line = STR(
        "{\"event\":{\"exec\":{\"fds\":[{\"fd\":0,\"fdtype\":1},{\"x\":1},{\"fd\":2}],"
        "\"args\":[\"sh\",\"-c\",\"a \\\"b\\\" \\ud83c\\udf4e\\/\"]}},\"token\":[7,[8],-9],"
        "\"process.pid\":5,\"process\":{\"executable\":{\"path\":\"\\/bin\\/sh\"},\"pid\":4242}}");
    assert_ok(ndjson_pick(f.n, line, NULL));
    assert_int_equal(ndjson_root_type(f.n), NDJSON_OBJECT);
    assert_int_equal(ndjson_get(f.n, PID)->i, 4242);
    assert_int_equal(ndjson_get(f.n, DOTTED)->i, 5);
    struct ndjson_value *path = ndjson_get(f.n, PATH);
    assert_str(ndjson_text(f.n, path), "/bin/sh");
    assert_str(ndjson_text(f.n, path), "/bin/sh");
    assert_int_equal(ndjson_count(f.n, ARGS), 3);
    struct ndjson_value *arg = ndjson_get(f.n, ARGS);
    assert_str(ndjson_text(f.n, arg), "sh");
    arg = ndjson_next(f.n, arg);
    assert_int_equal(arg->index, 1);
    arg = ndjson_next(f.n, arg);
    assert_str(ndjson_text(f.n, arg), "a \"b\" \xf0\x9f\x8d\x8e/");
    assert_null(ndjson_next(f.n, arg));
    struct ndjson_value *fd = ndjson_get(f.n, FD);
    assert_int_equal(fd->index, 0);
    fd = ndjson_next(f.n, fd);
    assert_int_equal(fd->index, 2);
    assert_int_equal(fd->i, 2);
    assert_int_equal(ndjson_count(f.n, FDTYPE), 1);
    assert_str(ndjson_get(f.n, KIND)->key, "exec");
    assert_int_equal(ndjson_get(f.n, KIND)->type, NDJSON_OBJECT);
    assert_int_equal(ndjson_get(f.n, PROCESS)->type, NDJSON_OBJECT);
    assert_str(ndjson_text(f.n, ndjson_get(f.n, PROCESS)),
               "{\"executable\":{\"path\":\"\\/bin\\/sh\"},\"pid\":4242}");
    struct ndjson_value *token = ndjson_get(f.n, ELEMENT);
    assert_int_equal(token->i, 7);
    token = ndjson_next(f.n, token);
    assert_int_equal(token->type, NDJSON_ARRAY);
    token = ndjson_next(f.n, token);
    assert_int_equal(token->i, -9);
    size_t pos = 0;
    unsigned live = 0;
    while (ndjson_each(f.n, &pos))
        live++;
    assert_int_equal(live, 14);
    assert_ok(ndjson_pick(f.n, STR("{}"), NULL));
    assert_null(ndjson_get(f.n, PID));
    assert_int_equal(ndjson_count(f.n, ARGS), 0);
    drop(&f);
}

static void paths_may_start_at_the_elements_of_the_record(void **state)
{
    (void)state;
    struct fixture f = MAKE("[]", "[].a", "[][]");
    assert_ok(ndjson_pick(f.n, STR("[1,{\"a\":2},[3,4]]"), NULL));
    assert_int_equal(ndjson_count(f.n, 0), 3);
    assert_int_equal(ndjson_get(f.n, 1)->i, 2);
    assert_int_equal(ndjson_get(f.n, 1)->index, 1);
    assert_int_equal(ndjson_count(f.n, 2), 2);
    assert_int_equal(ndjson_root_type(f.n), NDJSON_ARRAY);
    assert_ok(ndjson_pick(f.n, STR(" -12 "), NULL));
    assert_int_equal(ndjson_root_type(f.n), NDJSON_NUMBER);
    drop(&f);
}

static void integers_are_exact_over_64_bits(void **state)
{
    (void)state;
    struct {
        struct str text;
        enum ndjson_type type;
        uint64_t bits;
    } cases[] = {
        {STR("0"), NDJSON_INT, 0},
        {STR("-0"), NDJSON_INT, 0},
        {STR("1152921500312525701"), NDJSON_INT, UINT64_C(1152921500312525701)},
        {STR("9223372036854775807"), NDJSON_INT, INT64_MAX},
        {STR("9223372036854775808"), NDJSON_UINT, UINT64_C(1) << 63},
        {STR("-9223372036854775808"), NDJSON_INT, UINT64_C(1) << 63},
        {STR("-9223372036854775809"), NDJSON_NUMBER, 0},
        {STR("18446744073709551615"), NDJSON_UINT, UINT64_MAX},
        {STR("18446744073709551616"), NDJSON_NUMBER, 0},
        {STR("99999999999999999999999999"), NDJSON_NUMBER, 0},
        {STR("1.0"), NDJSON_NUMBER, 0},
        {STR("1e2"), NDJSON_NUMBER, 0},
        {STR("-2147483646"), NDJSON_INT, (uint64_t)-2147483646LL},
    };
    struct fixture f = MAKE("v");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = {0};
        buf_addf(&b, "{\"v\":%.*s}", STR_FMT(cases[i].text));
        assert_ok(ndjson_pick(f.n, buf_str(&b), NULL));
        struct ndjson_value *v = ndjson_get(f.n, 0);
        assert_int_equal(v->type, cases[i].type);
        assert_true(v->u == cases[i].bits);
        assert_true(str_eq(v->raw, cases[i].text));
        double d;
        assert_ok(ndjson_double(v, &d));
        char copy[40];
        (void)snprintf(copy, sizeof copy, "%.*s", STR_FMT(cases[i].text));
        assert_true(d == strtod(copy, NULL));
        buf_done(&b);
    }
    assert_ok(ndjson_pick(f.n, STR("{\"v\":\"1\"}"), NULL));
    double d;
    assert_int_equal(ndjson_double(ndjson_get(f.n, 0), &d), E_ARG);
    struct buf b = {0};
    buf_add_cstr(&b, "{\"v\":1.");
    for (unsigned i = 0; i < 300; i++)
        buf_add_char(&b, '0');
    buf_add_char(&b, '}');
    assert_ok(ndjson_pick(f.n, buf_str(&b), NULL));
    assert_int_equal(ndjson_double(ndjson_get(f.n, 0), &d), E_LIMIT);
    buf_done(&b);
    drop(&f);
}

static void the_last_of_repeated_keys_wins_with_all_below_it(void **state)
{
    (void)state;
    enum { A, AB, AC, ARGS, STARRED };
    struct fixture f = MAKE("a", "a.b", "a.c", "args[]", "e.*.x");
    assert_ok(ndjson_pick(f.n,
                          STR("{\"a\":{\"b\":1,\"c\":2},\"args\":[1,2,3],\"a\":{\"b\":3,\"b\":4},"
                              "\"args\":[9],\"e\":{\"p\":{\"x\":1},\"q\":{\"y\":2}}}"),
                          NULL));
    assert_str(ndjson_get(f.n, A)->raw, "{\"b\":3,\"b\":4}");
    assert_int_equal(ndjson_get(f.n, AB)->i, 4);
    assert_null(ndjson_get(f.n, AC));
    assert_int_equal(ndjson_count(f.n, ARGS), 1);
    assert_int_equal(ndjson_get(f.n, ARGS)->i, 9);
    assert_null(ndjson_get(f.n, STARRED));
    size_t pos = 0;
    unsigned live = 0;
    while (ndjson_each(f.n, &pos))
        live++;
    assert_int_equal(live, 3);
    /* The same key in another form is the same key. */
    assert_ok(ndjson_pick(f.n, STR("{\"a\":{\"b\":1},\"\\u0061\":{\"\\u0063\":5}}"), NULL));
    assert_null(ndjson_get(f.n, AB));
    assert_int_equal(ndjson_get(f.n, AC)->i, 5);
    drop(&f);
}

static void a_star_yields_every_key_that_no_path_names(void **state)
{
    (void)state;
    struct fixture f = MAKE("*", "known", "known.inner");
    assert_ok(ndjson_pick(
        f.n, STR("{\"known\":{\"inner\":1},\"x\\ty\":\"v\",\"\":null,\"list\":[1,{}],\"b\":true}"),
        NULL));
    assert_int_equal(ndjson_count(f.n, 0), 4);
    struct ndjson_value *v = ndjson_get(f.n, 0);
    assert_str(v->key, "x\ty");
    assert_str(ndjson_text(f.n, v), "v");
    v = ndjson_next(f.n, v);
    assert_str(v->key, "");
    assert_int_equal(v->type, NDJSON_NULL);
    v = ndjson_next(f.n, v);
    assert_str(v->raw, "[1,{}]");
    v = ndjson_next(f.n, v);
    assert_int_equal(v->type, NDJSON_TRUE);
    assert_int_equal(ndjson_get(f.n, 2)->i, 1);
    drop(&f);
}

static void sixty_four_levels_are_read_and_one_more_is_a_limit(void **state)
{
    (void)state;
    struct fixture f = MAKE("a.a.a", "[][]", "a[].a");
    for (unsigned depth = NDJSON_DEPTH_MAX; depth <= NDJSON_DEPTH_MAX + 1; depth++) {
        for (unsigned form = 0; form < 3; form++) {
            struct buf b = {0};
            for (unsigned i = 0; i < depth; i++)
                buf_add_cstr(&b, form == 0 || (form == 2 && i % 2) ? "[" : "{\"a\":");
            buf_add_cstr(&b, "1");
            for (unsigned i = depth; i-- > 0;)
                buf_add_cstr(&b, form == 0 || (form == 2 && i % 2) ? "]" : "}");
            assert_int_equal(ndjson_pick(f.n, buf_str(&b), NULL),
                             depth > NDJSON_DEPTH_MAX ? E_LIMIT : 0);
            size_t len;
            assert_int_equal(ndjson_measure(buf_str(&b), &len),
                             depth > NDJSON_DEPTH_MAX ? E_LIMIT : 0);
            buf_done(&b);
        }
    }
    drop(&f);
}

static void too_many_values_are_a_limit(void **state)
{
    (void)state;
    struct fixture f = MAKE("a[]");
    for (unsigned more = 0; more < 2; more++) {
        struct buf b = {0};
        buf_add_cstr(&b, "{\"a\":[0");
        for (unsigned i = 1; i < NDJSON_VALUES_MAX + more; i++)
            buf_add_cstr(&b, ",0");
        buf_add_cstr(&b, "]}");
        assert_int_equal(ndjson_pick(f.n, buf_str(&b), NULL), more ? E_LIMIT : 0);
        assert_int_equal(ndjson_count(f.n, 0), more ? 0 : NDJSON_VALUES_MAX);
        buf_done(&b);
    }
    drop(&f);
}

static void a_malformed_path_is_refused_with_its_text(void **state)
{
    (void)state;
    const char *bad[] = {"", ".", "a.", "a..b", "a[", "a[]b", "a[0]", "a]b[", "[]a"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct ndjson_paths *paths = NULL;
        struct err err = {0};
        assert_int_equal(ndjson_paths_new(&bad[i], 1, &paths, &err), E_ARG);
        assert_null(paths);
        assert_non_null(strstr(err.message, bad[i]));
    }
    const char *twice[] = {"a.b", "a.b"};
    struct ndjson_paths *paths = NULL;
    assert_int_equal(ndjson_paths_new(twice, 2, &paths, NULL), E_ARG);
    char deep[200] = "a";
    for (unsigned i = 1; i <= NDJSON_DEPTH_MAX; i++)
        strcat(deep, ".a");
    const char *deep_list[] = {deep};
    assert_int_equal(ndjson_paths_new(deep_list, 1, &paths, NULL), E_LIMIT);
    char wide[600];
    memset(wide, 'a', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    const char *wide_list[] = {wide};
    assert_int_equal(ndjson_paths_new(wide_list, 1, &paths, NULL), E_LIMIT);
    assert_int_equal(ndjson_paths_new(twice, NDJSON_PATHS_MAX + 1, &paths, NULL), E_LIMIT);
    assert_null(paths);
}

static void many_paths_at_one_place_are_told_apart(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    static char names[COUNT][16];
    static const char *list[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        (void)snprintf(names[i], sizeof names[i], "key%ux", i);
        list[i] = names[i];
    }
    struct fixture f = make(list, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        char text[40];
        (void)snprintf(text, sizeof text, "{\"key%ux\":%u,\"kez%ux\":0}", i, i, i);
        assert_ok(ndjson_pick(f.n, str_of(text), NULL));
        size_t pos = 0;
        struct ndjson_value *v = ndjson_each(f.n, &pos);
        assert_int_equal(v->path, i);
        assert_int_equal(v->i, i);
        assert_null(ndjson_each(f.n, &pos));
    }
    drop(&f);
}

static void a_value_in_a_stream_is_measured_at_every_cut(void **state)
{
    (void)state;
    struct str object = STR("{\"a\":[1,{\"b\":\"}]\\\"\"}],\"c\":\"\xc3\xa9\"}");
    struct buf b = {0};
    buf_add_str(&b, object);
    buf_add_cstr(&b, "\n{\"next\":1}");
    for (size_t len = 0; len <= b.len; len++) {
        char *copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memcpy(copy, b.ptr, len);
        size_t got = 0;
        int rc = ndjson_measure(str_n(copy, len), &got);
        assert_int_equal(rc, len < object.len ? E_AGAIN : 0);
        if (rc == 0)
            assert_int_equal(got, object.len);
        free(copy);
    }
    size_t got = 99;
    assert_int_equal(ndjson_measure(STR("x"), &got), E_PARSE);
    assert_int_equal(got, 0);
    assert_int_equal(ndjson_measure(STR("{\"a\":\"cut\n{}"), &got), E_PARSE);
    assert_int_equal(got, 9);
    assert_int_equal(ndjson_measure(STR("[1}"), &got), E_PARSE);
    assert_int_equal(got, 2);
    buf_done(&b);
}

/* The same question, one byte after the other. */
static bool is_one_object_slowly(struct str s)
{
    bool in_string = false;
    size_t depth = 0;
    if (s.len < 2 || s.ptr[0] != '{' || s.ptr[s.len - 1] != '}')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (in_string && c == '\\') {
            i++;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == '{' || c == '[')) {
            depth++;
        } else if (!in_string && (c == '}' || c == ']')) {
            depth--;
            if (depth == 0)
                return i + 1 == s.len;
        }
    }
    return false;
}

static void a_whole_line_is_told_as_the_byte_by_byte_look_tells(void **state)
{
    (void)state;
    static const char alphabet[] = "{}[]\"\\ax{}";
    uint64_t seed = 5;
    unsigned yes = 0;
    for (unsigned round = 0; round < 200000; round++) {
        char text[300];
        size_t len = 2 + round % (sizeof text - 2);
        for (size_t i = 0; i < len; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            unsigned pick = (unsigned)(seed >> 33);
            /* Mostly filler, so that depth moves slowly over several blocks. */
            text[i] = pick % 4 ? 'y' : alphabet[pick / 4 % (sizeof alphabet - 1)];
        }
        text[0] = '{';
        text[len - 1] = '}';
        /* A backslash outside of strings means nothing to the slow look; keep it inside. */
        bool in_string = false;
        for (size_t i = 0; i < len; i++) {
            if (text[i] == '"')
                in_string = !in_string;
            else if (text[i] == '\\' && !in_string)
                text[i] = 'y';
            else if (text[i] == '\\')
                i++;
        }
        struct str line = str_n(text, len);
        assert_int_equal(ndjson_is_one_object(line), is_one_object_slowly(line));
        yes += ndjson_is_one_object(line);
    }
    assert_true(yes > 100);
    struct buf b = {0};
    buf_add_cstr(&b, "{\"a\":\"");
    for (unsigned i = 0; i < 200; i++) {
        size_t len = b.len;
        buf_add_cstr(&b, "\\\"}");
        assert_false(ndjson_is_one_object(buf_str(&b)));
        buf_truncate(&b, len);
        buf_add_cstr(&b, "\\\\\"}");
        assert_true(ndjson_is_one_object(buf_str(&b)));
        buf_truncate(&b, len);
        buf_add_char(&b, 'x');
    }
    buf_done(&b);
}

/* On a copy that ends where its memory ends. */
static void skip_with_both(const unsigned char *text, size_t len)
{
    unsigned char *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, text, len);
    struct ndjson_scan scans[2] = {{.end = copy + len}, {.end = copy + len}};
    bool escaped[2] = {false, false};
    const unsigned char *fast = ndjson_skip_string(&scans[0], copy, &escaped[0]);
    const unsigned char *plain = ndjson_skip_string_portable(&scans[1], copy, &escaped[1]);
    assert_ptr_equal(fast, plain);
    assert_int_equal(escaped[0], escaped[1]);
    assert_int_equal(scans[0].code, scans[1].code);
    assert_ptr_equal(scans[0].fault_at, scans[1].fault_at);
    assert_ptr_equal(scans[0].fault, scans[1].fault);
    free(copy);
}

static void vector_and_portable_scanners_stop_at_the_same_byte(void **state)
{
    (void)state;
    unsigned char text[48];
    for (unsigned c = 0; c < 256; c++) {
        for (size_t at = 0; at < sizeof text; at++) {
            memset(text, 'a', sizeof text);
            text[at] = (unsigned char)c;
            for (size_t from = 0; from < 20; from++)
                skip_with_both(text + from, sizeof text - from);
        }
    }
}

static void vector_and_portable_scanners_agree_on_escapes(void **state)
{
    (void)state;
    static const char *const soup[] = {
        "\\", "\\\\", "\\\"", "\\/", "\\n", "\\u00e9", "\\u0",     "\\x",
        "\"", "\x01", "a",    "bcd", "/",   "u",       "\xc3\xa9", "0123456789abcdef"};
    uint64_t seed = 5;
    for (unsigned round = 0; round < 200000; round++) {
        unsigned char text[64];
        size_t len = 0;
        for (;;) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            const char *piece = soup[(seed >> 33) % ARRAY_LEN(soup)];
            /* Otherwise hardly a string would be longer than a block. */
            if ((*piece == '"' || *piece == 1) && seed >> 40 & 3)
                continue;
            if (len + strlen(piece) > sizeof text)
                break;
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        skip_with_both(text, len);
    }
}

static int make_and_pick(void *context)
{
    (void)context;
    const char *list[] = {"a.b", "a.*", "c[]", "k\\.l", "*"};
    struct ndjson_paths *paths = NULL;
    struct ndjson *n = NULL;
    struct err err = {0};
    int rc = ndjson_paths_new(list, ARRAY_LEN(list), &paths, &err);
    if (rc == 0)
        rc = ndjson_new(paths, &n);
    if (rc == 0)
        rc = ndjson_pick(n,
                         STR("{\"\\u0061\":{\"b\":\"\\/\",\"z\":1},\"c\":[1,2,3,4,5,6,7,8,9,10],"
                             "\"d\":\"\\n\"}"),
                         &err);
    if (rc == 0)
        rc = ndjson_pick(n, STR("\"scalar\""), &err);
    ndjson_free(n);
    ndjson_paths_free(paths);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(make_and_pick, NULL, 64);
}

static void a_grown_scratch_allocates_no_more(void **state)
{
    (void)state;
    struct fixture f = MAKE("a[]", "*");
    struct str line = STR("{\"a\":[\"x\\/y\",2,3],\"e\\u0065\":\"\\n\",\"z\":{}}");
    for (unsigned i = 0; i < 3; i++) {
        if (i == 1)
            mem_fail_after(0);
        assert_ok(ndjson_pick(f.n, line, NULL));
        assert_str(ndjson_text(f.n, ndjson_get(f.n, 0)), "x/y");
    }
    assert_int_equal(mem_count(), 0);
    drop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grammar_accepts_the_good_and_refuses_the_bad_wherever_they_stand),
        cmocka_unit_test(every_prefix_of_a_record_is_refused_without_reading_behind_it),
        cmocka_unit_test(wanted_values_are_found_at_their_paths),
        cmocka_unit_test(paths_may_start_at_the_elements_of_the_record),
        cmocka_unit_test(integers_are_exact_over_64_bits),
        cmocka_unit_test(the_last_of_repeated_keys_wins_with_all_below_it),
        cmocka_unit_test(a_star_yields_every_key_that_no_path_names),
        cmocka_unit_test(sixty_four_levels_are_read_and_one_more_is_a_limit),
        cmocka_unit_test(too_many_values_are_a_limit),
        cmocka_unit_test(a_malformed_path_is_refused_with_its_text),
        cmocka_unit_test(many_paths_at_one_place_are_told_apart),
        cmocka_unit_test(a_value_in_a_stream_is_measured_at_every_cut),
        cmocka_unit_test(a_whole_line_is_told_as_the_byte_by_byte_look_tells),
        cmocka_unit_test(vector_and_portable_scanners_stop_at_the_same_byte),
        cmocka_unit_test(vector_and_portable_scanners_agree_on_escapes),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(a_grown_scratch_allocates_no_more),
    };
    return cmocka_run_group_tests_name("codec/ndjson", tests, NULL, NULL);
}
