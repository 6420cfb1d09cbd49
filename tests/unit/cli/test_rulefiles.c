/* Which files a path means, in which order, and what ends the walk. */
#include "cli/rulefiles.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/test.h"
#include "os/file.h"
#include "schema/content.h"

static char *dir;

static const char *in_dir(const char *name)
{
    static char path[2][512];
    static unsigned turn;
    char *p = path[turn++ % 2];
    (void)snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
    return p;
}

static void put(const char *name, const char *text)
{
    assert_ok(file_write_atomic(in_dir(name), str_of(text), 0600, NULL));
}

static int make_tree(void **state)
{
    (void)state;
    dir = test_tmpdir();
    if (!dir || file_mkdirs(in_dir("rules/b"), 0700, NULL) ||
        file_mkdirs(in_dir("rules/.git"), 0700, NULL))
        return -1;
    put("rules/c.yaml", "c");
    put("rules/a.YML", "a");
    put("rules/b/inner.yml", "inner");
    put("rules/readme.md", "no");
    put("rules/.hidden.yml", "no");
    put("rules/.git/config.yml", "no");
    return 0;
}

static int drop_tree(void **state)
{
    (void)state;
    test_tmpdir_remove(dir);
    return 0;
}

struct seen {
    struct buf text;
    unsigned stop_after; /* 0 = never */
    unsigned count;
};

static int note(void *arg, const char *path, struct str bytes, struct err *err)
{
    struct seen *seen = arg;
    (void)err;
    assert_true(str_starts(str_of(path), str_of(dir)));
    buf_addf(&seen->text, "%s=%.*s ", path + strlen(dir) + 1, STR_FMT(bytes));
    return ++seen->count == seen->stop_after ? E_STATE : 0;
}

static void a_folder_means_all_rule_files_below_it_by_name(void **state)
{
    (void)state;
    struct seen seen = {0};
    assert_ok(rulefiles_each(in_dir("rules"), RULEFILES_YAML, note, &seen, NULL));
    assert_str(buf_str(&seen.text), "rules/a.YML=a rules/b/inner.yml=inner rules/c.yaml=c ");
    buf_done(&seen.text);
}

static void a_file_is_taken_whatever_its_name(void **state)
{
    (void)state;
    struct seen seen = {0};
    assert_ok(rulefiles_each(in_dir("rules/readme.md"), RULEFILES_YAML, note, &seen, NULL));
    assert_str(buf_str(&seen.text), "rules/readme.md=no ");
    buf_done(&seen.text);
}

static void links_are_followed_once_and_never_in_circles(void **state)
{
    (void)state;
    struct seen seen = {0};
    assert_int_equal(symlink("..", in_dir("rules/b/up")), 0);
    assert_int_equal(symlink("../rules", in_dir("rules/b/self")), 0);
    assert_int_equal(symlink("b", in_dir("rules/d")), 0);
    assert_int_equal(symlink("../outside.txt", in_dir("rules/e.yml")), 0);
    put("outside.txt", "outside");
    assert_ok(rulefiles_each(in_dir("rules"), RULEFILES_YAML, note, &seen, NULL));
    assert_str(buf_str(&seen.text),
               "rules/a.YML=a rules/b/inner.yml=inner rules/c.yaml=c rules/e.yml=outside ");
    buf_done(&seen.text);
}

static void what_cannot_be_read_is_an_error_that_names_it(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct err err = {0};
    assert_int_equal(rulefiles_each(in_dir("none"), RULEFILES_YAML, note, &seen, &err),
                     E_NOT_FOUND);
    assert_non_null(strstr(err.message, "/none"));
    assert_int_equal(symlink("nowhere", in_dir("rules/f.yml")), 0);
    assert_int_equal(rulefiles_each(in_dir("rules"), RULEFILES_YAML, note, &seen, &err),
                     E_NOT_FOUND);
    assert_non_null(strstr(err.message, "rules/f.yml: the link leads nowhere"));
    buf_done(&seen.text);
}

static void a_pipe_in_a_folder_is_left_alone(void **state)
{
    (void)state;
    struct seen seen = {0};
    assert_int_equal(mkfifo(in_dir("rules/b/pipe.yml"), 0600), 0);
    assert_ok(rulefiles_each(in_dir("rules/b"), RULEFILES_YAML, note, &seen, NULL));
    assert_str(buf_str(&seen.text), "rules/b/inner.yml=inner ");
    buf_done(&seen.text);
}

static void a_folder_gives_only_files_of_the_kinds_asked_for(void **state)
{
    (void)state;
    struct seen seen = {0};
    assert_int_equal(mkdir(in_dir("both"), 0700), 0);
    put("both/a.yml", "sigma");
    put("both/b.YAR", "yara");
    put("both/c.yara", "more");
    assert_ok(rulefiles_each(in_dir("both"), RULEFILES_YAML, note, &seen, NULL));
    assert_str(buf_str(&seen.text), "both/a.yml=sigma ");
    buf_clear(&seen.text);
    assert_ok(rulefiles_each(in_dir("both"), RULEFILES_YARA, note, &seen, NULL));
    assert_str(buf_str(&seen.text), "both/b.YAR=yara both/c.yara=more ");
    buf_clear(&seen.text);
    assert_ok(rulefiles_each(in_dir("both"), RULEFILES_YAML | RULEFILES_YARA, note, &seen, NULL));
    assert_str(buf_str(&seen.text), "both/a.yml=sigma both/b.YAR=yara both/c.yara=more ");
    buf_done(&seen.text);
}

static void the_callback_ends_the_walk(void **state)
{
    (void)state;
    struct seen seen = {.stop_after = 2};
    assert_int_equal(rulefiles_each(in_dir("rules"), RULEFILES_YAML, note, &seen, NULL), E_STATE);
    assert_int_equal(seen.count, 2);
    buf_done(&seen.text);
}

static size_t builtin_count;

static int count_builtin(void *arg, const char *path, struct str bytes, struct err *err)
{
    const char *begin = arg;
    (void)err;
    assert_true(str_starts(str_of(path), STR(RULEFILES_BUILTIN)));
    assert_true(str_starts(bytes, str_of(begin)));
    builtin_count++;
    return 0;
}

static void is_of_the_source(const struct content_file *files, size_t len, const char *folder)
{
    for (size_t i = 0; i < len; i++) {
        struct buf bytes CLEANUP(buf_done) = {0};
        char path[512];
        (void)snprintf(path, sizeof(path), CORDON_SOURCE_DIR "/content/%s/%.*s", folder,
                       STR_FMT(files[i].name));
        assert_ok(file_read(path, 1 << 20, &bytes, NULL));
        assert_true(str_eq(buf_str(&bytes), files[i].bytes));
        if (i)
            assert_true(str_cmp(files[i - 1].name, files[i].name) < 0);
    }
}

/* The tables in the program are the folders in the source, byte for byte. */
static void the_builtin_files_are_those_of_the_source(void **state)
{
    char analytic[] = "title: ", signature[] = "rule mac_";
    (void)state;
    builtin_count = 0;
    assert_ok(rulefiles_each_builtin(count_builtin, analytic, NULL));
    assert_int_equal(builtin_count, content_analytics_len);
    assert_true(builtin_count >= 12);
    is_of_the_source(content_analytics, content_analytics_len, "analytics");
    builtin_count = 0;
    assert_ok(rulefiles_each_signature(count_builtin, signature, NULL));
    assert_int_equal(builtin_count, content_yara_len);
    assert_true(builtin_count >= 15);
    is_of_the_source(content_yara, content_yara_len, "yara");
}

static int nothing(void *arg, const char *path, struct str bytes, struct err *err)
{
    (void)arg;
    (void)path;
    (void)bytes;
    (void)err;
    return 0;
}

static int walk_under_pressure(void *context)
{
    return rulefiles_each(context, RULEFILES_YAML, nothing, NULL, NULL);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s", in_dir("rules"));
    test_every_allocation_fails(walk_under_pressure, path, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_means_all_rule_files_below_it_by_name, make_tree,
                                        drop_tree),
        cmocka_unit_test_setup_teardown(a_file_is_taken_whatever_its_name, make_tree, drop_tree),
        cmocka_unit_test_setup_teardown(links_are_followed_once_and_never_in_circles, make_tree,
                                        drop_tree),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_an_error_that_names_it, make_tree,
                                        drop_tree),
        cmocka_unit_test_setup_teardown(a_pipe_in_a_folder_is_left_alone, make_tree, drop_tree),
        cmocka_unit_test_setup_teardown(a_folder_gives_only_files_of_the_kinds_asked_for, make_tree,
                                        drop_tree),
        cmocka_unit_test_setup_teardown(the_callback_ends_the_walk, make_tree, drop_tree),
        cmocka_unit_test(the_builtin_files_are_those_of_the_source),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, make_tree, drop_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
