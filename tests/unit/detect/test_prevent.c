/* detect/prevent: precedence, expiry and the guard at the decision; the image's two sections alone;
 * damage; and the same answers as a plain walk over the list gives, for random lists. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"
#include "detect/detect.h"
#include "detect/image.h"
#include "detect/prevent.h"

#define SHA256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CDHASH "0123456789abcdef0123456789abcdef01234567"

static const char sha256_bytes[] = "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd"
                                   "\xef\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab"
                                   "\xcd\xef";

static struct str sha256(void)
{
    return str_n(sha256_bytes, 32);
}

static int build(const char *text, struct buf *image, struct err *err)
{
    struct list list = {0};
    struct list_counts counts = {0};
    struct builder *b = NULL;
    int rc = list_parse(&list, str_of(text), LIST_FORMAT_AUTO, "l", NULL, NULL, NULL, &counts, err);
    if (rc == 0)
        rc = builder_new(&b);
    if (rc == 0)
        rc = builder_add_list(b, &list, err);
    if (rc == 0)
        rc = builder_finish(b, image, err);
    builder_free(b);
    list_done(&list);
    return rc;
}

static void open_list(const char *text, struct buf *image, struct prevent *p)
{
    struct err err = {0};
    assert_ok_err(build(text, image, &err), &err);
    assert_ok_err(prevent_open(buf_str(image), p, &err), &err);
}

/* Everything about one program, which each of the lists below names in its own way. */
static struct code_identity program(void)
{
    return (struct code_identity){.path = STR("/opt/evil/run"),
                                  .sha256 = sha256(),
                                  .cdhash = str_sub(sha256(), 0, 20),
                                  .certificate = sha256(),
                                  .signing_id = STR("com.evil.run"),
                                  .team_id = STR("ABCDE12345")};
}

/* By precedence. */
static const char *const entries[] = {
    "cdhash," CDHASH,      "sha256," SHA256,     "signing_id,ABCDE12345:com.evil.run",
    "certificate," SHA256, "team_id,ABCDE12345", "path,/opt/evil/run",
    "path,/opt/evil/*",    "path,/opt/*",
};

static void the_more_specific_entry_decides(void **state)
{
    (void)state;
    for (size_t strong = 0; strong < ARRAY_LEN(entries); strong++) {
        for (size_t weak = strong; weak < ARRAY_LEN(entries); weak++) {
            struct buf image = {0};
            struct prevent p;
            struct prevent_verdict v;
            char text[512];
            /* The stronger one denies, the weaker allows; then the other way round. */
            (void)snprintf(text, sizeof text, "type,value,action\n%s,deny\n%s,allow\n",
                           entries[strong], entries[weak]);
            open_list(text, &image, &p);
            struct code_identity id = program();
            assert_int_equal(prevent_check(&p, &id, 1, &v),
                             strong == weak ? PREVENT_ALLOW : PREVENT_DENY);
            buf_done(&image);
            (void)snprintf(text, sizeof text, "type,value,action\n%s,allow\n%s,deny\n",
                           entries[strong], entries[weak]);
            open_list(text, &image, &p);
            assert_int_equal(prevent_check(&p, &id, 1, NULL), PREVENT_ALLOW);
            buf_done(&image);
        }
    }
}

static void each_entry_alone_decides_and_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        struct buf image = {0};
        struct buf value = {0};
        struct prevent p;
        struct prevent_verdict v;
        char text[512];
        (void)snprintf(text, sizeof text, "type,value,reason,source\n%s,why,where\n", entries[i]);
        open_list(text, &image, &p);
        struct code_identity id = program();
        assert_int_equal(prevent_check(&p, &id, 1, &v), PREVENT_DENY);
        assert_str(v.reason, "why");
        assert_str(v.source, "where");
        prevent_add_value(&v, &value);
        assert_string_equal(buf_cstr(&value), strchr(entries[i], ',') + 1);
        assert_true(prevent_has(&p, v.kind));
        assert_true(prevent_denies(&p));
        struct code_identity other = {.path = STR("/opt"), .signing_id = STR("com.evil.run")};
        assert_int_equal(prevent_check(&p, &other, 1, NULL), PREVENT_NONE);
        buf_done(&value);
        buf_done(&image);
    }
}

static void an_entry_counts_until_it_expires(void **state)
{
    struct buf image = {0};
    struct prevent p;
    struct code_identity id = program();
    const int64_t end = INT64_C(1893553445000000000);
    (void)state;
    open_list(
        "value,action,expires\n/opt/evil/run,deny,\n/opt/evil/run,allow,2030-01-02T03:04:05Z\n"
        "ABCDE12345,deny,2030-01-02T03:04:05Z\n",
        &image, &p);
    struct prevent_verdict v;
    assert_int_equal(prevent_check(&p, &id, end - 1, &v), PREVENT_DENY);
    assert_int_equal(v.kind, LIST_TEAM_ID);
    assert_int_equal(v.expires_ns, end);
    assert_int_equal(prevent_check(&p, &id, end, &v), PREVENT_DENY);
    assert_int_equal(v.kind, LIST_PATH);
    id.team_id = (struct str){0};
    assert_int_equal(prevent_check(&p, &id, end - 1, &v), PREVENT_ALLOW);
    assert_int_equal(prevent_check(&p, &id, end, &v), PREVENT_DENY);
    buf_done(&image);
}

static void the_longest_that_lasts_of_equal_entries_is_kept(void **state)
{
    struct buf image = {0};
    struct prevent p;
    struct prevent_verdict v;
    (void)state;
    open_list(
        "value,reason,expires\nABCDE12345,a,2030-01-01\nABCDE12345,b,\nABCDE12345,c,2031-01-01"
        "\nABCDE12345,d,\n",
        &image, &p);
    assert_int_equal(p.len, 1);
    assert_int_equal(prevent_entry(&p, 0, &v), LIST_DENY);
    assert_str(v.reason, "b");
    assert_int_equal(v.expires_ns, 0);
    buf_done(&image);
}

static void what_must_run_runs_even_when_its_hash_is_listed(void **state)
{
    struct buf image = {0};
    struct prevent p;
    struct prevent_verdict v;
    (void)state;
    open_list(SHA256 "\n", &image, &p);
    struct code_identity id = program();
    id.path = STR("/usr/bin/osascript");
    assert_int_equal(prevent_check(&p, &id, 1, &v), PREVENT_GUARDED);
    assert_int_equal(v.kind, LIST_SHA256);
    id = program();
    id.platform = true;
    assert_int_equal(prevent_check(&p, &id, 1, NULL), PREVENT_GUARDED);
    id.path = STR("/Library/Application Support/Cordon/bin/cordon-agent");
    id.platform = false;
    assert_int_equal(prevent_check(&p, &id, 1, NULL), PREVENT_GUARDED);
    buf_done(&image);
}

static void a_platform_program_can_be_allowed_by_its_signing_id(void **state)
{
    struct buf image = {0};
    struct prevent p;
    struct code_identity id = {
        .path = STR("/usr/bin/x"), .signing_id = STR("com.apple.x"), .platform = true};
    (void)state;
    open_list("value,action\nplatform:com.apple.x,allow\n", &image, &p);
    assert_int_equal(prevent_check(&p, &id, 1, NULL), PREVENT_ALLOW);
    assert_false(prevent_denies(&p));
    buf_done(&image);
}

static void a_guarded_entry_is_not_compiled(void **state)
{
    struct list list = {0};
    struct builder *b;
    struct err err = {0};
    (void)state;
    struct list_entry e = {.kind = LIST_PATH, .value = STR("/bin/sh")};
    assert_ok(list_add(&list, &e, NULL));
    assert_ok(builder_new(&b));
    assert_int_equal(builder_add_list(b, &list, &err), E_DENIED);
    assert_non_null(strstr(err.message, "/bin/sh"));
    builder_free(b);
    list_done(&list);
}

static void the_order_of_entries_does_not_change_the_image(void **state)
{
    struct buf one = {0};
    struct buf two = {0};
    (void)state;
    assert_ok(build("value,reason\nABCDE12345,x\n/opt/a*,y\n/opt/*,z\n/opt/*,w\n", &one, NULL));
    assert_ok(build("value,reason\n/opt/*,w\n/opt/*,z\n/opt/a*,y\nABCDE12345,x\n", &two, NULL));
    assert_true(str_eq(buf_str(&one), buf_str(&two)));
    buf_done(&one);
    buf_done(&two);
}

/* ------------------------------------------------------------------ against a plain walk */

static unsigned seed;

static unsigned below(unsigned n)
{
    return (unsigned)rand_r(&seed) % n;
}

static void random_path(char *path, bool pattern)
{
    unsigned parts = 1 + below(4);
    size_t len = 0;
    for (unsigned i = 0; i < parts; i++)
        len += (size_t)sprintf(path + len, "/%c%s", 'q' + (int)below(3), below(2) ? "x" : "");
    (void)sprintf(path + len, "%s", !pattern ? "" : below(2) ? "/*" : "*");
}

static void random_list(struct list *list)
{
    char value[128];
    unsigned n = 1 + below(30);
    for (unsigned i = 0; i < n; i++) {
        struct list_entry e = {.kind = (enum list_kind)below(LIST_KINDS),
                               .verdict = (enum list_verdict)below(2),
                               .expires_ns = below(2) ? 0 : 50 + below(100)};
        switch (e.kind) {
        case LIST_CDHASH:
            (void)sprintf(value, "%02x%038d", below(4), 0);
            break;
        case LIST_SHA256:
        case LIST_CERTIFICATE:
            (void)sprintf(value, "%02x%062d", 1 + below(4), 0);
            break;
        case LIST_SIGNING_ID:
            (void)sprintf(value, "TEAM00000%u:s%u", below(3), below(3));
            break;
        case LIST_TEAM_ID:
            (void)sprintf(value, "TEAM00000%u", below(3));
            break;
        default:
            random_path(value, below(3) != 0);
        }
        e.value = str_of(value);
        struct err err = {0};
        if (list_guard(&e, &err) == 0)
            assert_ok(list_add(list, &e, NULL));
    }
}

static void hex(struct str bytes, char *text)
{
    struct buf b = {0};
    text_hex_add(&b, bytes.ptr, bytes.len);
    (void)strcpy(text, buf_cstr(&b));
    buf_done(&b);
}

/* How well an entry names the program: 0 not at all, the more the better. */
static unsigned fits(const struct list_entry *e, const struct code_identity *id)
{
    char text[128] = "";
    switch (e->kind) {
    case LIST_CDHASH:
        hex(id->cdhash, text);
        return str_is(e->value, text) ? 9000 : 0;
    case LIST_SHA256:
        hex(id->sha256, text);
        return str_is(e->value, text) ? 8000 : 0;
    case LIST_SIGNING_ID:
        (void)snprintf(text, sizeof text, "%.*s:%.*s", STR_FMT(id->team_id),
                       STR_FMT(id->signing_id));
        return str_is(e->value, text) ? 7000 : 0;
    case LIST_CERTIFICATE:
        hex(id->certificate, text);
        return str_is(e->value, text) ? 6000 : 0;
    case LIST_TEAM_ID:
        return str_eq(e->value, id->team_id) ? 5000 : 0;
    case LIST_PATH:
        if (!str_ends(e->value, STR("*")))
            return str_eq(e->value, id->path) ? 4000 : 0;
        return str_starts(id->path, str_sub(e->value, 0, e->value.len - 1)) ? (unsigned)e->value.len
                                                                            : 0;
    case LIST_KINDS:
        break;
    }
    return 0;
}

static enum prevent_decision naive(const struct list *list, const struct code_identity *id,
                                   int64_t now_ns)
{
    unsigned best = 0;
    enum prevent_decision decision = PREVENT_NONE;
    for (size_t i = 0; i < list->len; i++) {
        const struct list_entry *e = &list->entries[i];
        unsigned fit = fits(e, id);
        if (fit == 0 || fit < best || (e->expires_ns && e->expires_ns <= now_ns))
            continue;
        if (fit > best || e->verdict == LIST_ALLOW)
            decision = e->verdict == LIST_ALLOW ? PREVENT_ALLOW : PREVENT_DENY;
        best = fit;
    }
    return decision;
}

static void compare_decisions(const struct list *list, const struct prevent *p, unsigned programs,
                              unsigned *decided)
{
    for (unsigned i = 0; i < programs; i++) {
        char path[64];
        char team[16];
        char signing[8];
        char digest[LIST_DIGEST_BYTES] = {(char)below(6)};
        char cdhash[LIST_CDHASH_BYTES] = {(char)below(6)};
        random_path(path, false);
        (void)sprintf(team, "TEAM00000%u", below(5));
        (void)sprintf(signing, "s%u", below(5));
        struct code_identity id = {.path = str_of(path),
                                   .sha256 = str_n(digest, sizeof digest),
                                   .cdhash = str_n(cdhash, sizeof cdhash),
                                   .certificate = str_n(digest, sizeof digest),
                                   .signing_id = str_of(signing),
                                   .team_id = str_of(team)};
        int64_t now = (int64_t)below(200);
        enum prevent_decision expected = naive(list, &id, now);
        enum prevent_decision got = prevent_check(p, &id, now, NULL);
        if (got != expected)
            fail_msg("%s: %d, expected %d", path, (int)got, (int)expected);
        decided[expected]++;
    }
}

static void random_lists_decide_as_a_plain_walk_does(void **state)
{
    unsigned decided[4] = {0};
    (void)state;
    seed = 11;
    for (unsigned round = 0; round < 2000; round++) {
        struct list list = {0};
        struct buf image = {0};
        struct builder *b;
        struct prevent p;
        random_list(&list);
        assert_ok(builder_new(&b));
        assert_ok(builder_add_list(b, &list, NULL));
        assert_ok(builder_finish(b, &image, NULL));
        builder_free(b);
        assert_ok(prevent_open(buf_str(&image), &p, NULL));
        compare_decisions(&list, &p, 50, decided);
        buf_done(&image);
        list_done(&list);
    }
    assert_true(decided[PREVENT_NONE] > 10000);
    assert_true(decided[PREVENT_DENY] > 10000);
    assert_true(decided[PREVENT_ALLOW] > 10000);
}

/* ------------------------------------------------------------------ damage */

/* Any word of the two sections changed, the digest made right: refused, or the same as before for
 * whoever reads it afterwards (no read outside, which the sanitizer sees). */
static void sealed_damage_is_refused_or_harmless(void **state)
{
    struct buf image = {0};
    struct prevent p;
    (void)state;
    open_list("value,reason,action\nABCDE12345,x,allow\nABCDE12345,x,deny\n" SHA256 ",y,\n" CDHASH
              ",,\n/opt/*,,\n/opt/a*,,\n/opt/b*,,\n/opt/b/c,z,\n",
              &image, &p);
    size_t start = (size_t)((const char *)p.entries - image.ptr);
    unsigned refused = 0;
    seed = 3;
    for (size_t at = start; at < start + p.len * sizeof(struct image_prevent); at += 4) {
        for (unsigned round = 0; round < 8; round++) {
            uint32_t old;
            uint32_t value = round == 0   ? UINT32_MAX
                             : round == 1 ? 0x80000000
                                          : below(round < 5 ? 10 : 5000);
            memcpy(&old, image.ptr + at, sizeof old);
            memcpy(image.ptr + at, &value, sizeof value);
            assert_ok(image_seal(image.ptr, image.len));
            struct prevent damaged;
            struct err err = {0};
            int rc = prevent_open(buf_str(&image), &damaged, &err);
            assert_true(rc == 0 || rc == E_PARSE);
            refused += rc ? 1 : 0;
            struct code_identity id = program();
            for (unsigned i = 0; rc == 0 && i < 3; i++) {
                id.path = i == 0 ? STR("/opt/b/c") : i == 1 ? STR("/opt/bcd") : STR("/zzz");
                (void)prevent_check(&damaged, &id, 5, NULL);
                id.sha256 = id.cdhash = id.team_id = (struct str){0};
                (void)prevent_check(&damaged, &id, 5, NULL);
            }
            memcpy(image.ptr + at, &old, sizeof old);
        }
    }
    assert_true(refused > 100);
    buf_done(&image);
}

static int build_it(void *context)
{
    struct buf image = {0};
    struct prevent p;
    (void)context;
    int rc = build("value,reason\nABCDE12345,x\n/opt/*,y\n" SHA256 ",x\n", &image, NULL);
    if (rc == 0)
        rc = prevent_open(buf_str(&image), &p, NULL);
    if (rc == 0 && p.len != 3)
        rc = E_INTERNAL;
    buf_done(&image);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(build_it, NULL, 300);
}

static void an_empty_list_says_nothing(void **state)
{
    struct buf image = {0};
    struct prevent p;
    struct code_identity id = program();
    (void)state;
    open_list("", &image, &p);
    assert_int_equal(prevent_check(&p, &id, 1, NULL), PREVENT_NONE);
    assert_false(prevent_denies(&p));
    buf_done(&image);
    p = (struct prevent){0};
    assert_int_equal(prevent_check(&p, &id, 1, NULL), PREVENT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_more_specific_entry_decides),
        cmocka_unit_test(each_entry_alone_decides_and_says_why),
        cmocka_unit_test(an_entry_counts_until_it_expires),
        cmocka_unit_test(the_longest_that_lasts_of_equal_entries_is_kept),
        cmocka_unit_test(what_must_run_runs_even_when_its_hash_is_listed),
        cmocka_unit_test(a_platform_program_can_be_allowed_by_its_signing_id),
        cmocka_unit_test(a_guarded_entry_is_not_compiled),
        cmocka_unit_test(the_order_of_entries_does_not_change_the_image),
        cmocka_unit_test(random_lists_decide_as_a_plain_walk_does),
        cmocka_unit_test(sealed_damage_is_refused_or_harmless),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(an_empty_list_says_nothing),
    };
    return cmocka_run_group_tests_name("detect/prevent", tests, NULL, NULL);
}
