/* detect/list: values and their kinds, YAML, CSV and pasted values, what is refused and where, what
 * is guarded, and that what is written reads back. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "detect/list.h"
#include "schema/param.h"

#define SHA256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CDHASH "0123456789abcdef0123456789abcdef01234567"

struct said {
    unsigned count;
    struct err errs[16];
};

static void keep(void *arg, const struct err *err)
{
    struct said *s = arg;
    if (s->count < ARRAY_LEN(s->errs))
        s->errs[s->count] = *err;
    s->count++;
}

static void parse(struct list *list, const char *text, struct said *said)
{
    struct list_counts counts = {0};
    struct err err = {0};
    *said = (struct said){0};
    assert_ok_err(list_parse(list, str_of(text), LIST_FORMAT_AUTO, "block.csv", NULL, keep, said,
                             &counts, &err),
                  &err);
    assert_int_equal(counts.accepted, list->len);
    assert_int_equal(counts.refused, said->count);
}

static void assert_refused(const struct said *said, unsigned index, uint32_t line,
                           const char *words)
{
    assert_true(index < said->count);
    assert_int_equal(said->errs[index].line, line);
    assert_string_equal(said->errs[index].source, "block.csv");
    if (!strstr(said->errs[index].message, words))
        fail_msg("'%s' does not say '%s'", said->errs[index].message, words);
}

/* ------------------------------------------------------------------ values */

static void the_kind_of_a_value_is_inferred(void **state)
{
    static const struct {
        const char *text;
        enum list_kind kind;
        const char *value;
    } cases[] = {
        {SHA256, LIST_SHA256, SHA256},
        {"  ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789\t", LIST_SHA256,
         "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"},
        {CDHASH, LIST_CDHASH, CDHASH},
        {"ABCDE12345", LIST_TEAM_ID, "ABCDE12345"},
        {"ABCDE12345:com.evil.App", LIST_SIGNING_ID, "ABCDE12345:com.evil.App"},
        {"platform:com.apple.osascript", LIST_SIGNING_ID, "platform:com.apple.osascript"},
        {"/Users/Shared/.x", LIST_PATH, "/Users/Shared/.x"},
        {"/tmp/drop/*", LIST_PATH, "/tmp/drop/*"},
        {"certificate:" SHA256, LIST_CERTIFICATE, SHA256},
        {"sha256:" SHA256, LIST_SHA256, SHA256},
        {"CDHASH:" CDHASH, LIST_CDHASH, CDHASH},
    };
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct list_entry e = {0};
        struct err err = {0};
        assert_ok_err(list_value(LIST_KINDS, str_of(cases[i].text), &arena, &e, &err), &err);
        assert_int_equal(e.kind, cases[i].kind);
        assert_str(e.value, cases[i].value);
    }
    arena_done(&arena);
}

static void what_is_no_value_is_refused_with_what_was_expected(void **state)
{
    static const struct {
        enum list_kind kind;
        const char *text;
        const char *words;
    } cases[] = {
        {LIST_KINDS, "", "no value"},
        {LIST_KINDS, "d41d8cd98f00b204e9800998ecf8427e", "MD5"},
        {LIST_KINDS, "evil.app", "64 hexadecimal digits"},
        {LIST_KINDS, "abcde12345", "10 upper-case"},
        {LIST_KINDS, "relative/path", "absolute path"},
        {LIST_KINDS, "/a/../b", "'..'"},
        {LIST_KINDS, "/a//b", "'//'"},
        {LIST_KINDS, "/a/b/", "'/*'"},
        {LIST_KINDS, "/a*b", "at the end only"},
        {LIST_KINDS, "/a\x1b[31m", "control character"},
        {LIST_KINDS, "/a\xff", "UTF-8"},
        {LIST_KINDS, "/", "begins with"},
        {LIST_SHA256, CDHASH, "64 hexadecimal digits"},
        {LIST_CDHASH, SHA256, "40 hexadecimal digits"},
        {LIST_TEAM_ID, "ABCDE1234", "10 upper-case"},
        {LIST_SIGNING_ID, "com.evil.App", "TEAMID:signing.id"},
        {LIST_SIGNING_ID, "ABCDE12345:", "TEAMID:signing.id"},
        {LIST_SIGNING_ID, "ABCDE12345:a b", "TEAMID:signing.id"},
        {LIST_PATH, "nowhere", "begins with"},
    };
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct list_entry e = {0};
        struct err err = {0};
        assert_int_equal(list_value(cases[i].kind, str_of(cases[i].text), &arena, &e, &err),
                         E_PARSE);
        if (!strstr(err.message, cases[i].words))
            fail_msg("'%s': '%s' does not say '%s'", cases[i].text, err.message, cases[i].words);
    }
    arena_done(&arena);
}

static void names_of_kinds_and_verdicts_are_found_in_both_vocabularies(void **state)
{
    (void)state;
    for (unsigned k = 0; k < LIST_KINDS; k++)
        assert_int_equal(list_kind_find(str_of(list_kind_name((enum list_kind)k))), k);
    assert_int_equal(list_kind_find(STR("BINARY")), LIST_SHA256);
    assert_int_equal(list_kind_find(STR("SIGNINGID")), LIST_SIGNING_ID);
    assert_int_equal(list_kind_find(STR("md5")), LIST_KINDS);
    enum list_verdict v;
    assert_true(list_verdict_find(STR("BLOCKLIST"), &v) && v == LIST_DENY);
    assert_true(list_verdict_find(str_of(list_verdict_name(LIST_ALLOW)), &v) && v == LIST_ALLOW);
    assert_false(list_verdict_find(STR("maybe"), &v));
}

/* ------------------------------------------------------------------ the guard */

static void what_must_run_is_never_blocked(void **state)
{
    static const struct {
        const char *text;
        const char *words; /* NULL: may be blocked */
    } cases[] = {
        {"/usr/bin/osascript", "operating system"},
        {"/bin/bash", "operating system"},
        {"/sbin/launchd", "operating system"},
        {"/System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal", "operating system"},
        {"/System/*", "operating system"},
        {"/S*", "operating system"},
        {"/*", "operating system"},
        {"/usr*", "operating system"},
        {"/usr/libexec/xp*", "operating system"},
        {"/Library/Apple/System/Library/CoreServices/XProtect.app/*", "operating system"},
        {"/Library/Application Support/Cordon/bin/cordon-agent", "belongs to Cordon"},
        {"/Library/Application Support/*", "belongs to Cordon"},
        {"/usr/local/bin/cordon-agent", "belongs to Cordon"},
        {"/usr/local/bin/*", "belongs to Cordon"},
        {"/usr/local/jamf/bin/jamf", "device management"},
        {"platform:com.apple.curl", "operating system"},
        {"ABCDE12345:com.apple.fake", "team id or cdhash"},
        {"ABCDE12345:COM.APPLE.fake", "team id or cdhash"},
        {"ABCDE12345:org.cordon.agent", "belongs to Cordon"},
        {"59GAB85EFG", "team of Apple's"},
        {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "empty file"},
        {"0000000000000000000000000000000000000000", "no hash"},
        {"/usr/local/bin/evil", NULL},
        {"/usr/local/evil/*", NULL},
        {"/Users/Shared/*", NULL},
        {"/System/Volumes/Data/Users/x/evil", NULL},
        {"/Library/Application Support/evil/*", NULL},
        {"/binary", NULL},
        {"ABCDE12345:com.applet.x", NULL},
        {"ABCDE12345", NULL},
        {SHA256, NULL},
    };
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct list_entry e = {.verdict = LIST_DENY};
        struct err err = {0};
        assert_ok_err(list_value(LIST_KINDS, str_of(cases[i].text), &arena, &e, &err), &err);
        int rc = list_guard(&e, &err);
        if (!cases[i].words) {
            assert_ok_err(rc, &err);
            continue;
        }
        assert_int_equal(rc, E_DENIED);
        if (!strstr(err.message, cases[i].words) || !strstr(err.message, cases[i].text))
            fail_msg("'%s' does not say '%s' of '%s'", err.message, cases[i].words, cases[i].text);
        e.verdict = LIST_ALLOW;
        assert_ok(list_guard(&e, NULL));
    }
    arena_done(&arena);
}

/* ------------------------------------------------------------------ texts */

static void pasted_values_are_taken_one_a_line(void **state)
{
    struct list list = {0};
    struct said said;
    (void)state;
    parse(&list,
          "# from the report\r\n" SHA256 "\r\n\r\n  ABCDE12345  \nnot a value\n/tmp/a, b\n"
          "ABCDE12345:x.y\n/usr/bin/true\n" CDHASH,
          &said);
    assert_int_equal(list.len, 5);
    assert_int_equal(list.entries[0].kind, LIST_SHA256);
    assert_int_equal(list.entries[0].line, 2);
    assert_int_equal(list.entries[0].verdict, LIST_DENY);
    assert_int_equal(list.entries[0].expires_ns, 0);
    assert_str(list.entries[2].value, "/tmp/a, b");
    assert_int_equal(list.entries[4].kind, LIST_CDHASH);
    assert_int_equal(list.entries[4].line, 9);
    assert_int_equal(said.count, 2);
    assert_refused(&said, 0, 5, "'not a value'");
    assert_refused(&said, 1, 8, "path '/usr/bin/true' belongs to the operating system");
    list_done(&list);
}

static void a_csv_file_names_its_columns(void **state)
{
    struct list list = {0};
    struct said said;
    (void)state;
    parse(&list,
          "reason,VALUE,expires,action,type,other\n"
          "\"a \"\"quoted\"\", reason\nof two lines\"," SHA256 ",2030-01-02T03:04:05Z,deny,,x\n"
          "why," SHA256 ",,,certificate\n"
          "ok,/opt/tool,2030-01-02,allow,path,\n"
          "," CDHASH ",soon,,,\n"
          "," CDHASH ",,perhaps,,\n"
          "," CDHASH ",,,colour,\n"
          "," CDHASH ",,,,,\n"
          ",,,,,\n"
          "open,\"never ends",
          &said);
    assert_int_equal(list.len, 3);
    assert_str(list.entries[0].reason, "a \"quoted\", reason\nof two lines");
    assert_int_equal(list.entries[0].expires_ns, INT64_C(1893553445000000000));
    assert_int_equal(list.entries[1].kind, LIST_CERTIFICATE);
    assert_int_equal(list.entries[1].line, 4);
    assert_int_equal(list.entries[2].verdict, LIST_ALLOW);
    assert_int_equal(list.entries[2].expires_ns, INT64_C(1893628799000000000));
    assert_int_equal(said.count, 6);
    assert_refused(&said, 0, 6, "expiry 'soon'");
    assert_refused(&said, 1, 7, "action 'perhaps'");
    assert_refused(&said, 2, 8, "type 'colour'");
    assert_refused(&said, 3, 9, "7 columns, the header has 6");
    assert_refused(&said, 4, 10, "no value");
    assert_refused(&said, 5, 11, "does not end");
    list_done(&list);
}

static void an_export_of_santa_is_read(void **state)
{
    struct list list = {0};
    struct said said;
    (void)state;
    parse(&list,
          "identifier,policy,rule_type,custom_msg\n" SHA256 ",BLOCKLIST,BINARY,no\n"
          "ABCDE12345,ALLOWLIST,TEAMID,\n",
          &said);
    assert_int_equal(list.len, 2);
    assert_str(list.entries[0].reason, "no");
    assert_int_equal(list.entries[1].verdict, LIST_ALLOW);
    list_done(&list);
}

static void a_yaml_list_gives_defaults_to_its_entries(void **state)
{
    struct list list = {0};
    struct said said;
    (void)state;
    parse(&list,
          "# ours\nname: stealers\nreason: a stealer\nsource: https://example.org/report\n"
          "expires: 2030-01-02\nentries:\n"
          "  - " SHA256 "\n"
          "  - sha256: " SHA256 "\n    reason: other\n    action: allow\n"
          "  - {type: team_id, value: ABCDE12345, expires: 2031-01-02}\n"
          "  - {value: ABCDE12345, expiry: 2031-01-02}\n"
          "  - {sha256: " SHA256 ", cdhash: " CDHASH "}\n"
          "  - [x]\n"
          "  - {value: [x]}\n"
          "  - path: /usr/sbin/x\n"
          "---\n- ZZZZZ99999\n",
          &said);
    assert_int_equal(list.len, 4);
    assert_str(list.entries[0].reason, "a stealer");
    assert_str(list.entries[0].source, "https://example.org/report");
    assert_int_equal(list.entries[0].expires_ns, INT64_C(1893628799000000000));
    assert_str(list.entries[1].reason, "other");
    assert_int_equal(list.entries[1].verdict, LIST_ALLOW);
    assert_int_equal(list.entries[2].expires_ns, INT64_C(1925164799000000000));
    assert_str(list.entries[3].value, "ZZZZZ99999");
    assert_str(list.entries[3].reason, "");
    assert_int_equal(said.count, 5);
    assert_refused(&said, 0, 12, "unknown key 'expiry'");
    assert_refused(&said, 1, 13, "one value");
    assert_refused(&said, 2, 14, "a value or a map");
    assert_refused(&said, 3, 15, "a single text");
    assert_refused(&said, 4, 16, "operating system");
    list_done(&list);
}

static void a_list_may_say_when_it_was_made(void **state)
{
    struct list list = {0};
    struct said said;
    (void)state;
    parse(&list, "issued: 2030-01-02T03:04:05Z\nentries:\n  - ABCDE12345\n", &said);
    assert_int_equal(list.len, 1);
    assert_int_equal(list.issued_ns, INT64_C(1893553445000000000));
    list_done(&list);
}

static void a_text_that_is_no_list_is_an_error_with_its_place(void **state)
{
    static const struct {
        const char *text;
        uint32_t line;
        const char *words;
    } cases[] = {
        {"name: x\n", 1, "under 'entries'"},
        {"name: x\nentrys: []\n", 2, "unknown key of a list"},
        {"action: maybe\nentries: []\n", 1, "deny or allow"},
        {"expires: maybe\nentries: []\n", 1, "RFC 3339"},
        {"issued: maybe\nentries: []\n", 1, "RFC 3339"},
        {"entries: [\n", 2, ""},
        {"--- text\n", 1, "a map"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct list list = {0};
        struct list_counts counts = {0};
        struct err err = {0};
        assert_int_equal(list_parse(&list, str_of(cases[i].text), LIST_FORMAT_AUTO, "l", NULL, NULL,
                                    NULL, &counts, &err),
                         E_PARSE);
        assert_int_equal(err.line, cases[i].line);
        if (!strstr(err.message, cases[i].words))
            fail_msg("'%s' does not say '%s'", err.message, cases[i].words);
        list_done(&list);
    }
}

static void limits_hold(void **state)
{
    struct list list = {0};
    struct list_counts counts = {0};
    struct err err = {0};
    struct buf text = {0};
    (void)state;
    buf_add_cstr(&text, "value,reason\n/a,");
    for (int i = 0; i < 600; i++)
        buf_add_char(&text, 'x');
    buf_add_cstr(&text, "\n/b,");
    for (int i = 0; i < 9000; i++)
        buf_add_char(&text, 'x');
    buf_add_cstr(&text, "\n/c\n");
    struct said said = {0};
    assert_ok(list_parse(&list, buf_str(&text), LIST_FORMAT_AUTO, "block.csv", NULL, keep, &said,
                         &counts, &err));
    assert_int_equal(list.len, 1);
    assert_refused(&said, 0, 2, "a reason of 600 bytes");
    assert_refused(&said, 1, 3, "a line of more than");
    list_done(&list);
    buf_clear(&text);
    for (int64_t i = 0; i <= param_default(PARAM_LIST_ENTRIES); i++)
        buf_addf(&text, "/a%d\n", (int)i);
    assert_int_equal(
        list_parse(&list, buf_str(&text), LIST_FORMAT_AUTO, "l", NULL, NULL, NULL, &counts, &err),
        E_LIMIT);
    struct str huge = str_n(text.ptr, (size_t)param_default(PARAM_LIST_BYTES) + 1);
    assert_int_equal(
        list_parse(&list, huge, LIST_FORMAT_AUTO, "l", NULL, NULL, NULL, &counts, &err), E_LIMIT);
    list_done(&list);
    buf_done(&text);
}

static void assert_same(const struct list *a, const struct list *b)
{
    assert_int_equal(a->len, b->len);
    for (size_t i = 0; i < a->len; i++) {
        const struct list_entry *x = &a->entries[i];
        const struct list_entry *y = &b->entries[i];
        assert_int_equal(x->kind, y->kind);
        assert_int_equal(x->verdict, y->verdict);
        assert_int_equal(x->expires_ns, y->expires_ns);
        assert_true(str_eq(x->value, y->value));
        assert_true(str_eq(x->reason, y->reason));
        assert_true(str_eq(x->source, y->source));
    }
}

static void what_is_written_reads_back(void **state)
{
    struct list list = {0};
    struct list again = {0};
    struct said said;
    struct buf text = {0};
    (void)state;
    parse(&list,
          "value,type,reason,source,expires,action\n" SHA256
          ",certificate,\"a \"\"b\"\" \\ c\nd \xc3\xa9\",https://x,2030-01-01T00:00:00.5Z,allow\n"
          "\"/tmp/a, b*\",,,,,\nABCDE12345:x,,,,2030-01-01,deny\n",
          &said);
    assert_int_equal(list.len, 3);
    list_write_csv(&list, &text);
    parse(&again, buf_cstr(&text), &said);
    assert_same(&list, &again);
    list_done(&again);
    buf_clear(&text);
    list_write_yaml(&list, &text);
    parse(&again, buf_cstr(&text), &said);
    assert_same(&list, &again);
    list_done(&again);
    list_done(&list);
    buf_clear(&text);
    list_write_yaml(&list, &text);
    parse(&again, buf_cstr(&text), &said);
    assert_int_equal(again.len, 0);
    list_done(&again);
    buf_done(&text);
}

static int parse_both(void *context)
{
    static const char *const texts[] = {"value,reason\n" SHA256 ",x\nzzz,\n",
                                        "reason: r\nentries:\n- " SHA256 "\n- zzz\n"};
    struct list list = {0};
    struct list_counts counts = {0};
    (void)context;
    int rc = 0;
    for (size_t i = 0; i < ARRAY_LEN(texts) && rc == 0; i++)
        rc = list_parse(&list, str_of(texts[i]), LIST_FORMAT_AUTO, "l", NULL, NULL, NULL, &counts,
                        NULL);
    if (rc == 0 && (list.len != 2 || counts.refused != 2))
        rc = E_INTERNAL;
    list_done(&list);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(parse_both, NULL, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kind_of_a_value_is_inferred),
        cmocka_unit_test(what_is_no_value_is_refused_with_what_was_expected),
        cmocka_unit_test(names_of_kinds_and_verdicts_are_found_in_both_vocabularies),
        cmocka_unit_test(what_must_run_is_never_blocked),
        cmocka_unit_test(pasted_values_are_taken_one_a_line),
        cmocka_unit_test(a_csv_file_names_its_columns),
        cmocka_unit_test(an_export_of_santa_is_read),
        cmocka_unit_test(a_yaml_list_gives_defaults_to_its_entries),
        cmocka_unit_test(a_list_may_say_when_it_was_made),
        cmocka_unit_test(a_text_that_is_no_list_is_an_error_with_its_place),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("detect/list", tests, NULL, NULL);
}
