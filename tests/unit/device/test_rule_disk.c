/* device/rule_disk: what a rule is told of the files that an event names, by every field's name. */
#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "device/rule_disk.h"
#include "harness/machofile.h"

struct world {
    char *folder;
    char path[512];
    struct rule_disk *disk;
    struct arena arena;
    struct event event;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->folder = test_tmpdir();
    assert_ok(rule_disk_new(&w->disk));
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    rule_disk_free(w->disk);
    rule_disk_free(NULL);
    arena_done(&w->arena);
    test_tmpdir_remove(w->folder);
    free(w);
    return 0;
}

static void put(struct world *w, const char *name, const char *content)
{
    (void)snprintf(w->path, sizeof w->path, "%s/%s", w->folder, name);
    assert_ok(file_write_atomic(w->path, str_of(content), 0600, NULL));
}

/* An event about the path; each its own bytes, as a reader hands them out. */
static void turn(struct world *w, enum field_id id, struct str path)
{
    static char lines[64];
    static size_t at;
    event_clear(&w->event);
    w->event.raw = str_n(&lines[at++ % sizeof lines], 1);
    event_set_str(&w->event, id, path);
}

static struct value ask(struct world *w, const char *name)
{
    const struct disk *disk = rule_disk_of(w->disk);
    struct disk_field field;
    struct value value = {.type = VALUE_NONE};
    assert_true(disk_field_of(str_of(name), &field));
    assert_ok(disk->value(disk->arg, &w->event, &field, &w->arena, &value));
    return value;
}

static void names_are_a_file_and_what_is_asked_of_it(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum disk_file file;
        enum disk_property property;
        const char *below;
    } rows[] = {
        {"file.contentsAsDict", DISK_FILE, DISK_CONTENTS, ""},
        {"file.contentsAsDict.a b.c", DISK_FILE, DISK_CONTENTS, "a b.c"},
        {"file.isDownload", DISK_FILE, DISK_DOWNLOAD, ""},
        {"process.file.sha1hex", DISK_PROGRAM, DISK_SHA1, ""},
        {"process.responsible.file.xattrs", DISK_RESPONSIBLE, DISK_XATTRS, ""},
    };
    struct disk_field field;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(disk_field_of(str_of(rows[i].name), &field));
        assert_int_equal(field.file, rows[i].file);
        assert_int_equal(field.property, rows[i].property);
        assert_str(field.below, rows[i].below);
    }
    static const char *const others[] = {"",
                                         "file.",
                                         "file.path",
                                         "file.sha1he",
                                         "file.sha1hex.x",
                                         "file.contentsAsDicts",
                                         "isDownload",
                                         "process.isDownload",
                                         "file.modified"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_false(disk_field_of(str_of(others[i]), &field));
    /* What the schema has under a name is never looked for on disk. */
    for (size_t id = 0; id < FIELD_COUNT; id++)
        assert_false(disk_is_field(field_table[id].name));
}

static void a_file_tells_what_it_is(void **state)
{
    struct world *w = *state;
    struct stat st;
    put(w, "abc", "abc");
    turn(w, F_FILE_PATH, str_of(w->path));
    assert_int_equal(stat(w->path, &st), 0);
    assert_str(ask(w, "file.sha1hex").s, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_str(ask(w, "file.sha256hex").s,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(ask(w, "file.modifiedTime").i, st.st_mtime);
    assert_int_equal(ask(w, "file.xattrs").type, VALUE_LIST);
    assert_int_equal(ask(w, "file.isQuarantined").type, VALUE_BOOL);
    assert_false(ask(w, "file.isDownload").b);
    assert_false(ask(w, "file.isScreenShot").b);
    assert_int_equal(ask(w, "file.contentsAsDict").type, VALUE_NONE);
    assert_int_equal(ask(w, "file.contentsAsDict.a").type, VALUE_NONE);
    assert_int_equal(ask(w, "process.file.sha1hex").type, VALUE_NONE);
    assert_int_equal(rule_disk_stats(w->disk)->opened, 1);
}

static void times_before_1970_are_whole_seconds_too(void **state)
{
    struct world *w = *state;
    put(w, "old", "x");
    const struct timespec times[2] = {{0, 0}, {-2, 500000000}};
    assert_int_equal(utimensat(AT_FDCWD, w->path, times, 0), 0);
    turn(w, F_FILE_PATH, str_of(w->path));
    assert_int_equal(ask(w, "file.modifiedTime").i, -2);
}

static void values_of_a_list_become_texts(void **state)
{
    struct world *w = *state;
    put(w, "list",
        "<plist><dict><key>t</key><string>x</string><key>i</key><integer>-7</integer><key>r</key>"
        "<real>0.5</real><key>y</key><true/><key>n</key><false/><key>d</key><date>2026-11-24T00:00:"
        "00Z</date><key>b</key><data>eHg=</data><key>a</key><array><integer>1</integer><string>"
        "two</string></array><key>e</key><array/><key>k.l</key><dict><key>m.n</key><string>deep"
        "</string></dict></dict></plist>");
    turn(w, F_FILE_PATH, str_of(w->path));
    static const struct {
        const char *name;
        const char *text;
    } rows[] = {{"t", "x"}, {"i", "-7"}, {"r", "0.5"},       {"d", "2026-11-24T00:00:00Z"},
                {"b", ""},  {"k.l", ""}, {"k.l.m.n", "deep"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "file.contentsAsDict.%s", rows[i].name);
        struct value v = ask(w, name);
        assert_int_equal(v.type, VALUE_STR);
        assert_str(v.s, rows[i].text);
    }
    assert_true(ask(w, "file.contentsAsDict").b);
    struct value v = ask(w, "file.contentsAsDict.y");
    assert_int_equal(v.count, 2);
    assert_str(v.list[0], "true");
    assert_str(v.list[1], "1");
    assert_str(ask(w, "file.contentsAsDict.n").list[1], "0");
    v = ask(w, "file.contentsAsDict.a");
    assert_int_equal(v.count, 2);
    assert_str(v.list[1], "two");
    assert_int_equal(ask(w, "file.contentsAsDict.e").count, 0);
    assert_int_equal(ask(w, "file.contentsAsDict.k.l.m").type, VALUE_NONE);
    assert_int_equal(ask(w, "file.contentsAsDict.t.x").type, VALUE_NONE);
}

static void data_may_be_a_list_too(void **state)
{
    struct world *w = *state;
    /* In base64: <plist><dict><key>a.b</key><integer>7</integer></dict></plist>, "no list". */
#define SEVEN "PHBsaXN0PjxkaWN0PjxrZXk+YS5iPC9rZXk+PGludGVnZXI+NzwvaW50ZWdlcj48L2RpY3Q+PC9wbGlzdD4="
    put(w, "account",
        "<plist><dict><key>p</key><array><data>" SEVEN "</data></array><key>q.r</key><data>" SEVEN
        "</data><key>n</key><data>bm8gbGlzdA==</data><key>s</key><string>x</string><key>two</key>"
        "<array><data>" SEVEN "</data><data>" SEVEN "</data></array><key>asPlistDict</key><string>"
        "own</string></dict></plist>");
    turn(w, F_FILE_PATH, str_of(w->path));
    assert_str(ask(w, "file.contentsAsDict.p.asPlistDict.a.b").s, "7");
    assert_str(ask(w, "file.contentsAsDict.q.r.asPlistDict.a.b").s, "7");
    assert_str(ask(w, "file.contentsAsDict.asPlistDict").s, "own");
    assert_str(ask(w, "file.contentsAsDict.p.asPlistDict").s, "");
    static const char *const none[] = {"n.asPlistDict",       "s.asPlistDict.a.b",
                                       "two.asPlistDict.a.b", "p.asPlistDict.a.b.c",
                                       "p.asPlistDict.",      "p.asPlistDicts"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "file.contentsAsDict.%s", none[i]);
        if (ask(w, name).type != VALUE_NONE)
            print_error("%s\n", name);
        assert_int_equal(ask(w, name).type, VALUE_NONE);
    }
}

static void assert_list(struct value v, const char *expected)
{
    CLEANUP(buf_done) struct buf text = {0};
    for (uint32_t i = 0; v.type == VALUE_LIST && i < v.count; i++) {
        buf_add_str(&text, v.list[i]);
        buf_add_char(&text, ' ');
    }
    assert_int_equal(v.type, expected[0] ? VALUE_LIST : VALUE_NONE);
    assert_string_equal(buf_cstr(&text), expected);
}

static void a_signature_is_told_program_by_program(void **state)
{
    struct world *w = *state;
    CLEANUP(buf_done) struct buf blob = {0};
    CLEANUP(buf_done) struct buf one = {0};
    CLEANUP(buf_done) struct buf two = {0};
    CLEANUP(buf_done) struct buf file = {0};
    machofile_add_simple(&blob, &(struct machofile_signing){.id = "a", .team = "T"}, true);
    machofile_add_program(&one, (struct machofile_form){0}, buf_str(&blob));
    buf_clear(&blob);
    machofile_add_simple(&blob, &(struct machofile_signing){.id = "b", .flags = 2}, false);
    machofile_add_program(&two, (struct machofile_form){.bits_32 = true}, buf_str(&blob));
    const struct str programs[] = {buf_str(&one), buf_str(&two)};
    machofile_add_universal(&file, programs, 2, false);
    put(w, "universal", "");
    assert_ok(file_write_atomic(w->path, buf_str(&file), 0600, NULL));
    turn(w, F_EXECUTABLE, str_of(w->path));
    assert_true(ask(w, "process.file.signingInfo").b);
    assert_list(ask(w, "process.file.signingInfo.appid"), "a b ");
    assert_list(ask(w, "process.file.signingInfo.teamid"), "T ");
    assert_list(ask(w, "process.file.signingInfo.signerType"), "2 3 ");
    struct value cdhash = ask(w, "process.file.signingInfo.cdhash");
    assert_int_equal(cdhash.count, 2);
    assert_int_equal(cdhash.list[0].len, 40);
    assert_false(str_eq(cdhash.list[0], cdhash.list[1]));

    put(w, "script", "#!/bin/sh\n");
    turn(w, F_FILE_PATH, str_of(w->path));
    assert_true(ask(w, "file.signingInfo").b);
    assert_list(ask(w, "file.signingInfo.signerType"), "4 ");
    assert_list(ask(w, "file.signingInfo.appid"), "");
    assert_list(ask(w, "file.signingInfo.cdhash"), "");

    buf_truncate(&file, file.len - 1);
    assert_ok(file_write_atomic(w->path, buf_str(&file), 0600, NULL));
    turn(w, F_FILE_PATH, str_of(w->path));
    assert_int_equal(ask(w, "file.signingInfo").type, VALUE_NONE);
    assert_int_equal(ask(w, "file.signingInfo.signerType").type, VALUE_NONE);
    assert_int_equal(ask(w, "file.signingInfo.teamid").type, VALUE_NONE);
}

static void a_path_of_only_dots_is_not_tried_for_ever(void **state)
{
    struct world *w = *state;
    CLEANUP(buf_done) struct buf list = {0};
    CLEANUP(buf_done) struct buf name = {0};
    buf_add_cstr(&list, "<plist>");
    buf_add_cstr(&name, "file.contentsAsDict.");
    /* The empty key at every level: each way to cut the path goes on to the end. */
    for (unsigned i = 0; i < 12; i++)
        buf_add_cstr(&list, "<dict><key></key>");
    buf_add_cstr(&list, "<string>x</string>");
    for (unsigned i = 0; i < 12; i++)
        buf_add_cstr(&list, "</dict>");
    buf_add_cstr(&list, "</plist>");
    for (unsigned i = 0; i < 200; i++)
        buf_add_char(&name, '.');
    put(w, "dots", buf_cstr(&list));
    turn(w, F_FILE_PATH, str_of(w->path));
    assert_int_equal(ask(w, buf_cstr(&name)).type, VALUE_NONE);
}

static void each_file_of_an_event_is_opened_once(void **state)
{
    struct world *w = *state;
    char program[512];
    put(w, "program", "abc");
    (void)snprintf(program, sizeof program, "%s", w->path);
    put(w, "file", "x");
    turn(w, F_FILE_PATH, str_of(w->path));
    event_set_str(&w->event, F_EXECUTABLE, str_of(program));
    event_set_str(&w->event, F_RESPONSIBLE_EXECUTABLE, str_of("/absent"));
    for (unsigned i = 0; i < 3; i++) {
        assert_str(ask(w, "process.file.sha1hex").s, "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_false(str_is(ask(w, "file.sha1hex").s, "a9993e364706816aba3e25717850c26c9cd0d89d"));
        assert_int_equal(ask(w, "process.responsible.file.isQuarantined").type, VALUE_NONE);
    }
    assert_int_equal(rule_disk_stats(w->disk)->opened, 2);
    assert_int_equal(rule_disk_stats(w->disk)->unreadable, 1);
    turn(w, F_EXECUTABLE, str_of(program));
    (void)ask(w, "process.file.sha1hex");
    assert_int_equal(ask(w, "file.sha1hex").type, VALUE_NONE);
    assert_int_equal(rule_disk_stats(w->disk)->opened, 3);
}

static void a_path_that_is_none_is_not_opened(void **state)
{
    struct world *w = *state;
    static char longest[5000];
    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    const struct str paths[] = {STR(""), STR("relative"), STR("/a\0b"), {longest, sizeof longest}};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        turn(w, F_FILE_PATH, paths[i]);
        assert_int_equal(ask(w, "file.isQuarantined").type, VALUE_NONE);
    }
    turn(w, F_EXECUTABLE, STR("/etc/passwd"));
    assert_int_equal(ask(w, "file.isQuarantined").type, VALUE_NONE);
    assert_int_equal(rule_disk_stats(w->disk)->opened + rule_disk_stats(w->disk)->unreadable, 0);
}

static int ask_once(void *context)
{
    struct world *w = context;
    static const char *const names[] = {"file.contentsAsDict.a",
                                        "file.contentsAsDict.d",
                                        "file.contentsAsDict.p.asPlistDict.a",
                                        "file.sha1hex",
                                        "file.sha256hex",
                                        "file.xattrs",
                                        "file.isScreenShot",
                                        "process.file.signingInfo.cdhash",
                                        "process.file.signingInfo.signerType"};
    struct rule_disk *d = NULL;
    CLEANUP(arena_done) struct arena arena = {0};
    int rc = rule_disk_new(&d);
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(names); i++) {
        struct disk_field field;
        struct value value = {.type = VALUE_NONE};
        assert_true(disk_field_of(str_of(names[i]), &field));
        const struct disk *disk = rule_disk_of(d);
        rc = disk->value(disk->arg, &w->event, &field, &arena, &value);
    }
    rule_disk_free(d);
    return rc;
}

static void it_survives_every_failing_allocation(void **state)
{
    struct world *w = *state;
    char program[512];
    CLEANUP(buf_done) struct buf blob = {0};
    CLEANUP(buf_done) struct buf file = {0};
    machofile_add_simple(&blob, &(struct machofile_signing){.id = "a", .team = "T"}, true);
    machofile_add_program(&file, (struct machofile_form){0}, buf_str(&blob));
    put(w, "program", "");
    (void)snprintf(program, sizeof program, "%s", w->path);
    assert_ok(file_write_atomic(program, buf_str(&file), 0600, NULL));
    put(w, "list",
        "<plist><dict><key>a</key><array><integer>1</integer></array><key>p</"
        "key><data>PHBsaXN0PjxkaWN0Lz48L3BsaXN0Pg==</data><key>d</key><date>"
        "2026-11-24T00:00:00Z</date></dict></plist>");
    turn(w, F_FILE_PATH, str_of(w->path));
    event_set_str(&w->event, F_EXECUTABLE, str_of(program));
    test_every_allocation_fails(ask_once, w, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_a_file_and_what_is_asked_of_it),
        TEST(a_file_tells_what_it_is),
        TEST(times_before_1970_are_whole_seconds_too),
        TEST(values_of_a_list_become_texts),
        TEST(data_may_be_a_list_too),
        TEST(a_signature_is_told_program_by_program),
        TEST(a_path_of_only_dots_is_not_tried_for_ever),
        TEST(each_file_of_an_event_is_opened_once),
        TEST(a_path_that_is_none_is_not_opened),
        TEST(it_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests_name("device/rule_disk", tests, NULL, NULL);
}
