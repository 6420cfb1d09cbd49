/* detect/builder, image and ruleset: what goes in comes out, damage is refused, limits hold. */
#include "harness/test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "crypto/hash.h"
#include "detect/detect.h"
#include "detect/yara_files.h"
#include "detect/image.h"

static const char *const two_rules =
    "title: First\nid: id-1\ndescription: what\nlevel: critical\ntags: [attack.t1059.004, "
    "attack.t1003]\nlogsource: {product: macos}\ndetection:\n"
    "  s: {Image|endswith: [/a, /b/longer/name], CommandLine|re: 'x.y'}\n  condition: s\n"
    "---\n"
    "title: Second\nid: id-2\ndetection:\n  s: {Image|contains: q*r, Extra: null, ProcessId: 7}\n"
    "  condition: not s\n";

struct refusals {
    unsigned count;
    struct err last;
};

static void keep(void *arg, const struct err *err)
{
    struct refusals *r = arg;
    r->count++;
    r->last = *err;
}

static int build(const char *yaml, struct buf *image, struct refusals *refusals,
                 struct builder_counts *counts)
{
    struct builder *b;
    int rc = builder_new(&b);
    if (rc)
        return rc;
    rc = builder_add_sigma(b, str_of(yaml), "dir/r.yml", keep, refusals, counts, NULL);
    if (rc == 0)
        rc = builder_finish(b, image, NULL);
    builder_free(b);
    return rc;
}

static void yara_rules_travel_as_they_are(void **state)
{
    (void)state;
    struct buf image = {0};
    struct builder *b;
    struct ruleset *r;
    struct yara_files files;
    struct err err = {0};
    struct str name;
    struct str text;
    assert_ok(builder_new(&b));
    assert_ok(builder_add_yara(b, STR("a.yar"), STR("rule a { condition: true }"), &err));
    assert_ok(builder_add_yara(b, STR("b.yar"), STR(""), &err));
    assert_int_equal(builder_add_yara(b, STR("c.yar"), str_n("a\0b", 3), &err), E_PARSE);
    assert_ok(builder_finish(b, &image, NULL));
    builder_free(b);
    assert_ok(ruleset_load(buf_str(&image), &r, NULL));
    assert_int_equal(ruleset_yara_len(r), 2);
    assert_ok_err(yara_files_open(buf_str(&image), &files, &err), &err);
    assert_int_equal(files.len, 2);
    yara_files_get(&files, 0, &name, &text);
    assert_str(name, "a.yar");
    assert_str(text, "rule a { condition: true }");
    yara_files_get(&files, 1, &name, &text);
    assert_str(name, "b.yar");
    assert_int_equal(text.len, 0);
    ruleset_unref(r);
    buf_done(&image);
}

/* A verified image skips the checksum and nothing else. */
static void a_verified_image_is_checked_all_the_same(void **state)
{
    (void)state;
    struct buf image = {0};
    struct refusals refusals = {0};
    struct builder_counts counts = {0};
    struct ruleset *r;
    char version[HASH_HEX_BYTES];
    assert_ok(build(two_rules, &image, &refusals, &counts));
    assert_ok(hash_sha256_hex(buf_str(&image), version));
    assert_ok(ruleset_load_verified(buf_str(&image), str_of(version), &r, NULL));
    assert_str(ruleset_version(r), version);
    assert_int_equal(ruleset_len(r), 2);
    ruleset_unref(r);
    char bad_digit[HASH_HEX_BYTES];
    memcpy(bad_digit, version, sizeof bad_digit);
    bad_digit[63] = 'g';
    const char *const no_version[] = {"", "12", bad_digit};
    for (size_t i = 0; i < ARRAY_LEN(no_version); i++)
        assert_int_equal(ruleset_load_verified(buf_str(&image), str_of(no_version[i]), &r, NULL),
                         E_ARG);
    /* Every byte wrong in turn: refused or loaded, never read outside (the sanitizer looks). */
    unsigned refused = 0;
    for (size_t i = 0; i < image.len; i++) {
        char before = image.ptr[i];
        image.ptr[i] ^= (char)0xff;
        int rc = ruleset_load_verified(buf_str(&image), str_of(version), &r, NULL);
        if (rc == 0)
            ruleset_unref(r);
        refused += rc != 0;
        image.ptr[i] = before;
    }
    assert_true(refused > image.len / 10);
    buf_done(&image);
}

static void rules_come_back_as_they_were_written(void **state)
{
    (void)state;
    struct buf image = {0};
    struct refusals refusals = {0};
    struct builder_counts counts = {0};
    assert_ok(build(two_rules, &image, &refusals, &counts));
    assert_int_equal(counts.accepted, 2);
    assert_int_equal(counts.refused, 0);
    struct ruleset *r;
    struct err err = {0};
    assert_ok_err(ruleset_load(buf_str(&image), &r, &err), &err);
    assert_int_equal(ruleset_len(r), 2);
    struct rule_info first = ruleset_info(r, 0);
    assert_str(first.id, "id-1");
    assert_str(first.title, "First");
    assert_str(first.description, "what");
    assert_str(first.source, "dir/r.yml");
    assert_int_equal(first.level, LEVEL_CRITICAL);
    assert_string_equal(rule_level_name(first.level), "critical");
    assert_int_equal(first.techniques_len, 2);
    assert_str(first.techniques[0], "T1059.004");
    assert_str(first.techniques[1], "T1003");
    struct rule_info second = ruleset_info(r, 1);
    assert_str(second.id, "id-2");
    assert_int_equal(second.techniques_len, 0);
    char version[HASH_HEX_BYTES];
    assert_ok(hash_sha256_hex(buf_str(&image), version));
    assert_str(ruleset_version(r), version);
    ruleset_unref(ruleset_ref(r));
    ruleset_unref(r);
    ruleset_unref(NULL);
    buf_done(&image);
}

static void the_same_rules_give_the_same_bytes(void **state)
{
    (void)state;
    struct buf a = {0};
    struct buf b = {0};
    struct refusals refusals = {0};
    struct builder_counts counts = {0};
    assert_ok(build(two_rules, &a, &refusals, &counts));
    assert_ok(build(two_rules, &b, &refusals, &counts));
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.ptr, b.ptr, a.len);
    buf_done(&a);
    buf_done(&b);
}

static void a_refused_document_leaves_no_trace(void **state)
{
    (void)state;
    struct buf with = {0};
    struct buf without = {0};
    struct refusals refusals = {0};
    struct builder_counts counts = {0};
    assert_ok(build("title: a\ndetection: {s: {Image: x}, condition: s}\n---\n"
                    "title: bad\ndetection: {s: {Other: y, Z|re: '('}, condition: s}\n",
                    &with, &refusals, &counts));
    assert_int_equal(counts.accepted, 1);
    assert_int_equal(counts.refused, 1);
    assert_int_equal(refusals.count, 1);
    assert_int_equal(refusals.last.code, E_PARSE);
    assert_string_equal(refusals.last.source, "dir/r.yml");
    assert_int_equal(refusals.last.line, 5);
    assert_int_equal(refusals.last.column, 33);
    assert_ok(build("title: a\ndetection: {s: {Image: x}, condition: s}\n", &without, &refusals,
                    &counts));
    assert_int_equal(with.len, without.len);
    assert_memory_equal(with.ptr, without.ptr, with.len);
    buf_done(&with);
    buf_done(&without);
}

static void assert_refusal(const char *yaml, int code, const char *part)
{
    struct buf image = {0};
    struct refusals refusals = {0};
    struct builder_counts counts = {0};
    assert_ok(build(yaml, &image, &refusals, &counts));
    assert_true(refusals.count > 0);
    assert_int_equal(counts.refused, refusals.count);
    if (refusals.last.code != code || !strstr(refusals.last.message, part)) {
        print_error("%s: %s\n", err_name(refusals.last.code), refusals.last.message);
        fail();
    }
    buf_done(&image);
}

static void a_file_that_is_no_yaml_is_one_refusal(void **state)
{
    (void)state;
    assert_refusal("a: [", E_PARSE, "YAML");
    assert_refusal("- x\n", E_PARSE, "a rule must be a map");
}

static void an_id_is_used_once(void **state)
{
    (void)state;
    assert_refusal("title: a\nid: x\ndetection: {s: {a: b}, condition: s}\n---\n"
                   "title: b\nid: x\ndetection: {s: {a: b}, condition: s}\n",
                   E_EXISTS, "rule id 'x' is already used by dir/r.yml");
}

static void a_condition_that_would_grow_without_bound_is_refused(void **state)
{
    (void)state;
    struct buf yaml = {0};
    buf_add_cstr(&yaml, "title: t\ndetection:\n");
    for (int i = 0; i < 500; i++)
        buf_addf(&yaml, "  s%d: {a: [1, 2, 3]}\n", i);
    buf_add_cstr(&yaml, "  condition: 1 of s*");
    for (int i = 0; i < 500; i++)
        buf_add_cstr(&yaml, " and 1 of s*");
    assert_refusal(buf_cstr(&yaml), E_LIMIT, "condition needs more than");
    buf_done(&yaml);
}

static void an_empty_ruleset_is_a_ruleset(void **state)
{
    (void)state;
    struct buf image = {0};
    struct refusals refusals = {0};
    struct builder_counts counts = {0};
    assert_ok(build("", &image, &refusals, &counts));
    struct ruleset *r;
    assert_ok(ruleset_load(buf_str(&image), &r, NULL));
    assert_int_equal(ruleset_len(r), 0);
    struct engine *e;
    assert_ok(engine_new(r, &e));
    struct event *ev = calloc(1, sizeof *ev);
    assert_non_null(ev);
    event_set_str(ev, F_EXECUTABLE, STR("/bin/ls"));
    const struct match *matches;
    assert_int_equal(engine_match(e, ev, &matches), 0);
    free(ev);
    engine_free(e);
    ruleset_unref(r);
    buf_done(&image);
}

/* ------------------------------------------------------------------ damage */

static int load_copy(const char *bytes, size_t len, struct err *err)
{
    char *copy = aligned_alloc(16, (len + 15) & ~(size_t)15);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    struct ruleset *r = NULL;
    int rc = ruleset_load(str_n(copy, len), &r, err);
    ruleset_unref(r);
    free(copy);
    return rc;
}

static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    struct buf image = {0};
    struct refusals refusals = {0};
    struct builder_counts counts = {0};
    assert_ok(build(two_rules, &image, &refusals, &counts));
    for (size_t at = 0; at < image.len; at++) {
        image.ptr[at] ^= 0x10;
        struct err err = {0};
        int rc = load_copy(image.ptr, image.len, &err);
        assert_true(rc == E_PARSE || rc == E_VERSION);
        assert_int_equal(err.code, rc);
        assert_true(err.message[0] != '\0');
        image.ptr[at] ^= 0x10;
    }
    for (size_t len = 0; len < image.len; len += 7)
        assert_int_equal(load_copy(image.ptr, len, NULL), E_PARSE);
    buf_done(&image);
}

static void another_format_version_is_named(void **state)
{
    (void)state;
    struct buf image = {0};
    struct refusals refusals = {0};
    struct builder_counts counts = {0};
    assert_ok(build(two_rules, &image, &refusals, &counts));
    struct image_header h;
    memcpy(&h, image.ptr, sizeof h);
    h.version = 7;
    memcpy(image.ptr, &h, sizeof h);
    assert_ok(image_seal(image.ptr, image.len));
    struct err err = {0};
    assert_int_equal(load_copy(image.ptr, image.len, &err), E_VERSION);
    assert_string_equal(err.message, "ruleset format 7, this program reads 1");
    buf_done(&image);
}

static void a_misaligned_image_is_refused(void **state)
{
    (void)state;
    struct buf image = {0};
    struct refusals refusals = {0};
    struct builder_counts counts = {0};
    assert_ok(build(two_rules, &image, &refusals, &counts));
    char *copy = malloc(image.len + 16);
    assert_non_null(copy);
    char *odd = copy + (((uintptr_t)copy & 15) ? 0 : 1);
    memcpy(odd, image.ptr, image.len);
    struct ruleset *r;
    assert_int_equal(ruleset_load(str_n(odd, image.len), &r, NULL), E_PARSE);
    free(copy);
    buf_done(&image);
}

/* Any number in the image may be wrong in an image whose checksum is right. */
static void sealed_damage_is_refused_or_harmless(void **state)
{
    (void)state;
    struct buf image = {0};
    struct refusals refusals = {0};
    struct builder_counts counts = {0};
    assert_ok(build(two_rules, &image, &refusals, &counts));
    static const uint32_t values[] = {0, 1, 0x7fffffff, 0xffffffff, 0xfffffff0, 64};
    unsigned refused = 0;
    unsigned accepted = 0;
    char *copy = aligned_alloc(16, image.len);
    struct event *ev = calloc(1, sizeof *ev);
    assert_true(copy && ev);
    event_set_str(ev, F_EXECUTABLE, STR("/x/qqr/b/longer/name"));
    event_set_str(ev, F_COMMAND_LINE, STR("xxyy"));
    for (size_t at = 8; at + 4 <= image.len; at += 4) {
        for (size_t v = 0; v < ARRAY_LEN(values); v++) {
            memcpy(copy, image.ptr, image.len);
            memcpy(copy + at, &values[v], sizeof values[v]);
            assert_ok(image_seal(copy, image.len));
            struct ruleset *r;
            if (ruleset_load(str_n(copy, image.len), &r, NULL)) {
                refused++;
                continue;
            }
            accepted++;
            struct engine *e;
            const struct match *matches;
            assert_ok(engine_new(r, &e));
            assert_true(engine_match(e, ev, &matches) >= 0);
            engine_free(e);
            ruleset_unref(r);
        }
    }
    assert_true(refused > 1000 && accepted > 100);
    free(ev);
    free(copy);
    buf_done(&image);
}

static int build_and_load(void *context)
{
    (void)context;
    struct buf image = {0};
    struct refusals refusals = {0};
    struct builder_counts counts = {0};
    struct ruleset *r = NULL;
    int rc = build(two_rules, &image, &refusals, &counts);
    if (rc == 0)
        rc = ruleset_load(buf_str(&image), &r, NULL);
    ruleset_unref(r);
    buf_done(&image);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(build_and_load, NULL, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_come_back_as_they_were_written),
        cmocka_unit_test(a_verified_image_is_checked_all_the_same),
        cmocka_unit_test(yara_rules_travel_as_they_are),
        cmocka_unit_test(the_same_rules_give_the_same_bytes),
        cmocka_unit_test(a_refused_document_leaves_no_trace),
        cmocka_unit_test(a_file_that_is_no_yaml_is_one_refusal),
        cmocka_unit_test(an_id_is_used_once),
        cmocka_unit_test(a_condition_that_would_grow_without_bound_is_refused),
        cmocka_unit_test(an_empty_ruleset_is_a_ruleset),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(another_format_version_is_named),
        cmocka_unit_test(a_misaligned_image_is_refused),
        cmocka_unit_test(sealed_damage_is_refused_or_harmless),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("detect/ruleset", tests, NULL, NULL);
}
