/* Foreseen keys: what a scratch has seen before changes nothing in what it finds. Each document is
 * read by a scratch that read all those before and by a new one. */
#include "harness/test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "codec/ndjson.h"

static uint64_t seed;

static unsigned dice(unsigned sides)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % sides;
}

/* Keys whose text with quote and colon is just below, at and above one and two blocks. */
#define KEY13 "key_of_13_chr"
#define KEY14 "key_of_14_char"
#define KEY15 "key_of_15_chars"
#define KEY30 "key_with_as_many_as_30_letters"
#define KEY31 "key_with_as_many_as_31_letters_"

static const char *const paths[] = {
    "a",     KEY13,        KEY14,         KEY15,         KEY30,        KEY31,
    "o.a",   "o." KEY14,   "o." KEY15,    "o.*",         "l[]." KEY13, "l[].a",
    "!u.a",  "!u." KEY30,  "!u.o." KEY15, "!o.u",        "*",          "w\"q",
    "s.*.a", "s.*." KEY14, "s.*",         "!s.*." KEY15,
};
enum { PATHS = ARRAY_LEN(paths) };

static const char *const keys[] = {"a", KEY13, KEY14, KEY15,     KEY30,     KEY31,
                                   "o", "l",   "u",   "s",       "unknown", "w\\\"q",
                                   "A", "aa",  "",    "\\u0061", KEY14 "x", KEY30 "\xc3\xa9"};

static void add_value(struct buf *b, unsigned depth)
{
    static const char *const scalars[] = {"1",        "-20",
                                          "\"text\"", "null",
                                          "true",     "\"C:\\\\x\\/\"",
                                          "1.5e3",    "false",
                                          "\"\"",     "12345678901234567890"};
    unsigned kind = depth > 3 ? 0 : dice(6);
    if (kind < 3) {
        buf_add_cstr(b, scalars[dice(ARRAY_LEN(scalars))]);
        return;
    }
    bool object = kind < 5;
    buf_add_char(b, object ? '{' : '[');
    unsigned at = dice(ARRAY_LEN(keys));
    for (unsigned n = dice(7), i = 0; i < n; i++) {
        if (i)
            buf_add_char(b, ',');
        at = dice(3) ? (at + 1) % ARRAY_LEN(keys) : dice(ARRAY_LEN(keys)); /* mostly an order */
        if (object)
            buf_addf(b, "\"%s\"%s:", keys[at], dice(20) ? "" : " ");
        if (dice(20) == 0)
            buf_add_char(b, ' ');
        add_value(b, depth + 1);
    }
    buf_add_char(b, object ? '}' : ']');
}

static bool same_value(const struct ndjson_value *a, const struct ndjson_value *b)
{
    return a->raw.ptr == b->raw.ptr && a->raw.len == b->raw.len && a->i == b->i &&
           str_eq(a->key, b->key) && a->index == b->index && a->path == b->path &&
           a->type == b->type;
}

static unsigned compare(const struct ndjson_paths *set, struct ndjson *warm, struct str text)
{
    struct ndjson *fresh;
    struct err err[2] = {0};
    assert_ok(ndjson_new(set, &fresh));
    int rc = ndjson_pick(fresh, text, &err[0]);
    assert_int_equal(ndjson_pick(warm, text, &err[1]), rc);
    assert_int_equal(err[0].column, err[1].column);
    unsigned found = 0;
    for (size_t pos[2] = {0, 0};; found++) {
        struct ndjson_value *a = ndjson_each(fresh, &pos[0]);
        struct ndjson_value *b = ndjson_each(warm, &pos[1]);
        assert_true(!a == !b);
        if (!a)
            break;
        assert_true(same_value(a, b));
    }
    for (unsigned path = 0; path < PATHS; path++) {
        assert_int_equal(ndjson_count(fresh, path), ndjson_count(warm, path));
        if (paths[path][0] == '!')
            assert_null(ndjson_get(warm, path));
    }
    ndjson_free(fresh);
    return rc ? 0 : found;
}

static void a_used_scratch_finds_what_a_new_one_finds(void **state)
{
    (void)state;
    struct ndjson_paths *set;
    struct ndjson *warm;
    struct buf b = {0};
    unsigned found = 0;
    seed = 3;
    struct err err = {0};
    assert_ok_err(ndjson_paths_new(paths, PATHS, &set, &err), &err);
    assert_ok(ndjson_new(set, &warm));
    for (unsigned round = 0; round < 20000; round++) {
        buf_clear(&b);
        buf_add_cstr(&b, "{\"a\":");
        add_value(&b, 0);
        buf_addf(&b, ",\"%s\":", keys[dice(ARRAY_LEN(keys))]);
        add_value(&b, 0);
        buf_add_char(&b, '}');
        assert_ok(buf_check(&b));
        /* On a copy that ends where its memory ends; every third one is damaged. */
        char *copy = malloc(b.len);
        assert_non_null(copy);
        memcpy(copy, b.ptr, b.len);
        if (round % 3 == 0)
            copy[dice((unsigned)b.len)] = "\"\\,:{}[]x \x01\xff"[dice(12)];
        found += compare(set, warm, str_n(copy, b.len));
        free(copy);
    }
    assert_true(found > 20000);
    buf_done(&b);
    ndjson_free(warm);
    ndjson_paths_free(set);
}

static void paths_to_step_over_pick_nothing(void **state)
{
    (void)state;
    static const char *const list[] = {"!o.skipped", "o.*", "!o.skipped.deep", "o.kept"};
    struct ndjson_paths *set;
    struct ndjson *n;
    assert_ok(ndjson_paths_new(list, ARRAY_LEN(list), &set, NULL));
    assert_ok(ndjson_new(set, &n));
    for (unsigned round = 0; round < 3; round++) {
        assert_ok(ndjson_pick(
            n, STR("{\"o\":{\"skipped\":{\"deep\":[1,{}]},\"kept\":2,\"other\":3}}"), NULL));
        assert_null(ndjson_get(n, 0));
        assert_null(ndjson_get(n, 2));
        assert_int_equal(ndjson_get(n, 3)->i, 2);
        assert_int_equal(ndjson_count(n, 1), 1);
        assert_true(str_eq(ndjson_get(n, 1)->key, STR("other")));
        /* What is stepped over is checked all the same. */
        assert_int_equal(
            ndjson_pick(n, STR("{\"o\":{\"skipped\":{\"deep\":[1,{]},\"kept\":2}}"), NULL),
            E_PARSE);
        assert_int_equal(
            ndjson_pick(n, STR("{\"o\":{\"skipped\":{\"deep\":01},\"kept\":2}}"), NULL), E_PARSE);
    }
    ndjson_free(n);
    ndjson_paths_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_used_scratch_finds_what_a_new_one_finds),
        cmocka_unit_test(paths_to_step_over_pick_nothing),
    };
    return cmocka_run_group_tests_name("codec/ndjson_hint", tests, NULL, NULL);
}
