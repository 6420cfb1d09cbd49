/* codec/ndjson against jansson: the same documents accepted, the same values found, on generated
 * documents and on damaged copies of them. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <jansson.h>

#include "base/buf.h"
#include "codec/ndjson.h"

static uint64_t seed;

static unsigned dice(unsigned sides)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % sides;
}

/* ------------------------------------------------------------------ generated documents */

static void add_space(struct buf *b)
{
    static const char *const spaces[] = {"", "", "", "", " ", "\n", "\t \r\n"};
    buf_add_cstr(b, spaces[dice(ARRAY_LEN(spaces))]);
}

static void add_string(struct buf *b)
{
    static const char *const pieces[] = {
        "a",   "\\/",     "/usr/bin/",        "\\\"",     "\\\\",
        "\\n", "\\u00e9", "\\ud83c\\udf4e",   "\xc3\xa9", "\xf0\x9f\x8d\x8e",
        "}",   "{[,:",    "0123456789abcdef", "\\u0041",  " "};
    buf_add_char(b, '"');
    for (unsigned n = dice(6); n > 0; n--)
        buf_add_cstr(b, pieces[dice(ARRAY_LEN(pieces))]);
    buf_add_char(b, '"');
}

static void add_number(struct buf *b)
{
    static const char *const numbers[] = {"0",
                                          "-0",
                                          "7",
                                          "-12",
                                          "1152921500312525701",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "1.5",
                                          "-2e3",
                                          "6.02E+23",
                                          "0.0001"};
    buf_add_cstr(b, numbers[dice(ARRAY_LEN(numbers))]);
}

static const char *const keys[] = {"a",  "b", "c", "\\u0061", "long key of more than sixteen bytes",
                                   "x.y"};

static void add_value(struct buf *b, unsigned depth)
{
    unsigned kind = dice(depth > 4 ? 6 : 10);
    add_space(b);
    if (kind < 2) {
        add_string(b);
    } else if (kind < 4) {
        add_number(b);
    } else if (kind < 6) {
        static const char *const words[] = {"true", "false", "null"};
        buf_add_cstr(b, words[dice(3)]);
    } else if (kind < 9) {
        buf_add_char(b, '{');
        for (unsigned n = dice(5), i = 0; i < n; i++) {
            buf_addf(b, "%s\"%s\"", i ? "," : "", keys[dice(ARRAY_LEN(keys))]);
            add_space(b);
            buf_add_char(b, ':');
            add_value(b, depth + 1);
        }
        add_space(b);
        buf_add_char(b, '}');
    } else {
        buf_add_char(b, '[');
        for (unsigned n = dice(4), i = 0; i < n; i++) {
            if (i)
                buf_add_char(b, ',');
            add_value(b, depth + 1);
        }
        add_space(b);
        buf_add_char(b, ']');
    }
    add_space(b);
}

/* ------------------------------------------------------------------ comparing */

static void compare_value(struct ndjson *n, struct ndjson_value *v, json_t *want)
{
    if (!want) {
        assert_null(v);
        return;
    }
    assert_non_null(v);
    double d;
    switch (json_typeof(want)) {
    case JSON_STRING:
        assert_int_equal(v->type, NDJSON_STR);
        assert_true(
            str_eq(ndjson_text(n, v), str_n(json_string_value(want), json_string_length(want))));
        break;
    case JSON_INTEGER:
        assert_int_equal(v->type, NDJSON_INT);
        assert_true(v->i == json_integer_value(want));
        break;
    case JSON_REAL:
        assert_int_equal(v->type, NDJSON_NUMBER);
        assert_ok(ndjson_double(v, &d));
        assert_true(d == json_real_value(want));
        break;
    case JSON_TRUE:
        assert_int_equal(v->type, NDJSON_TRUE);
        break;
    case JSON_FALSE:
        assert_int_equal(v->type, NDJSON_FALSE);
        break;
    case JSON_NULL:
        assert_int_equal(v->type, NDJSON_NULL);
        break;
    default: {
        /* The text picked for a container is a document with the same content. */
        assert_int_equal(v->type, json_is_object(want) ? NDJSON_OBJECT : NDJSON_ARRAY);
        json_t *again = json_loadb(v->raw.ptr, v->raw.len, 0, NULL);
        assert_true(json_equal(again, want));
        json_decref(again);
    }
    }
}

enum { A, AB, ABC, XY, LONG, LIST, LIST_A, LIST_LIST, A_STAR, A_LIST };

static const char *const paths[] = {
    "a",   "a.b",   "a.b.c", "x\\.y", "long key of more than sixteen bytes",
    "b[]", "b[].a", "b[][]", "c.*.a", "a.c[]"};

static json_t *at(json_t *object, const char *key)
{
    return json_is_object(object) ? json_object_get(object, key) : NULL;
}

/* Elements of `list` in turn, passed through `key` when it is given. */
static void compare_list(struct ndjson *n, unsigned path, json_t *list, const char *key)
{
    struct ndjson_value *v = ndjson_get(n, path);
    for (size_t i = 0; json_is_array(list) && i < json_array_size(list); i++) {
        json_t *want = json_array_get(list, i);
        if (key)
            want = at(want, key);
        if (!want)
            continue;
        /* Below an array a repeated key is kept each time; the last is the one that counts. */
        while (key && v && ndjson_next(n, v) && ndjson_next(n, v)->index == i)
            v = ndjson_next(n, v);
        compare_value(n, v, want);
        assert_int_equal(v->index, i);
        v = ndjson_next(n, v);
    }
    assert_null(v);
}

static void compare(struct ndjson *n, json_t *root)
{
    json_t *a = at(root, "a");
    compare_value(n, ndjson_get(n, A), a);
    compare_value(n, ndjson_get(n, AB), at(a, "b"));
    compare_value(n, ndjson_get(n, ABC), at(at(a, "b"), "c"));
    compare_value(n, ndjson_get(n, XY), at(root, "x.y"));
    compare_value(n, ndjson_get(n, LONG), at(root, "long key of more than sixteen bytes"));
    compare_list(n, LIST, at(root, "b"), NULL);
    compare_list(n, LIST_A, at(root, "b"), "a");
    compare_list(n, A_LIST, at(a, "c"), NULL);
}

/* jansson has narrower limits in places where the grammar has none. */
static bool refused_by_limit(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow || code == json_error_stack_overflow ||
           code == json_error_null_byte_in_key;
}

static void generated_documents_give_the_values_that_jansson_gives(void **state)
{
    (void)state;
    struct ndjson_paths *set;
    struct ndjson *n;
    assert_ok(ndjson_paths_new(paths, ARRAY_LEN(paths), &set, NULL));
    assert_ok(ndjson_new(set, &n));
    struct buf b = {0};
    seed = 1;
    for (unsigned round = 0; round < 20000; round++) {
        buf_clear(&b);
        buf_add_char(&b, '{');
        for (unsigned i = 0; i < 4; i++) {
            buf_addf(&b, "%s\"%s\":", i ? "," : "", keys[dice(ARRAY_LEN(keys))]);
            add_value(&b, 1);
        }
        buf_add_char(&b, '}');
        json_t *root = json_loadb(b.ptr, b.len, 0, NULL);
        assert_non_null(root);
        assert_ok(ndjson_pick(n, buf_str(&b), NULL));
        compare(n, root);
        size_t len;
        assert_ok(ndjson_measure(buf_str(&b), &len));
        assert_int_equal(len, b.len);
        json_decref(root);
    }
    buf_done(&b);
    ndjson_free(n);
    ndjson_paths_free(set);
}

static void damage(struct buf *b)
{
    static const char bytes[] = "{}[]:,\"\\ue-+.019tfn \n\x01\x80\xc3\xff";
    for (unsigned n = 1 + dice(2); n > 0 && b->len; n--) {
        size_t where = dice((unsigned)b->len);
        switch (dice(4)) {
        case 0:
            b->ptr[where] = bytes[dice(sizeof bytes - 1)];
            break;
        case 1:
            memmove(b->ptr + where, b->ptr + where + 1, b->len - where - 1);
            b->len--;
            break;
        case 2:
            b->len = where;
            break;
        default:
            if (buf_reserve(b, 1) == 0) {
                memmove(b->ptr + where + 1, b->ptr + where, b->len - where);
                b->ptr[where] = bytes[dice(sizeof bytes - 1)];
                b->len++;
            }
        }
    }
}

static bool has_lone_surrogate_escape(struct str text)
{
    return str_find(text, STR("\\ud")) != SIZE_MAX || str_find(text, STR("\\uD")) != SIZE_MAX;
}

static void damaged_documents_are_refused_when_jansson_refuses_them(void **state)
{
    (void)state;
    struct ndjson_paths *set;
    struct ndjson *n;
    assert_ok(ndjson_paths_new(paths, ARRAY_LEN(paths), &set, NULL));
    assert_ok(ndjson_new(set, &n));
    struct buf b = {0};
    unsigned refused = 0;
    unsigned accepted = 0;
    seed = 2;
    for (unsigned round = 0; round < 40000; round++) {
        buf_clear(&b);
        buf_add_cstr(&b, "{\"a\":");
        add_value(&b, 1);
        buf_add_cstr(&b, "}");
        damage(&b);
        json_error_t error;
        json_t *root = json_loadb(b.ptr, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        char *exact = malloc(b.len ? b.len : 1);
        assert_non_null(exact);
        memcpy(exact, b.ptr, b.len);
        int rc = ndjson_pick(n, str_n(exact, b.len), NULL);
        if (!root && !refused_by_limit(&error) && !has_lone_surrogate_escape(buf_str(&b)) &&
            rc == 0)
            fail_msg("accepted, but jansson says %s: %.*s", error.text, STR_FMT(buf_str(&b)));
        if (root && rc)
            fail_msg("refused, but jansson accepts: %.*s", STR_FMT(buf_str(&b)));
        if (root && rc == 0)
            compare(n, root);
        accepted += rc == 0;
        refused += rc != 0;
        json_decref(root);
        free(exact);
    }
    assert_true(accepted > 1000 && refused > 1000);
    buf_done(&b);
    ndjson_free(n);
    ndjson_paths_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_documents_give_the_values_that_jansson_gives),
        cmocka_unit_test(damaged_documents_are_refused_when_jansson_refuses_them),
    };
    return cmocka_run_group_tests_name("codec/ndjson against jansson", tests, NULL, NULL);
}
