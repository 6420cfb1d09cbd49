/* collect/filelook: which files are opened, how many a second, what they say, what is remembered.
 */
#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/text.h"
#include "collect/filelook.h"

struct world {
    char *folder;
    char path[512];
    struct filelook *look;
    struct filelook_file file;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->folder = test_tmpdir();
    assert_ok(filelook_new(&w->look));
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    filelook_done(&w->file);
    filelook_free(w->look);
    test_tmpdir_remove(w->folder);
    free(w);
    return 0;
}

static const char *path_of(struct world *w, const char *name)
{
    (void)snprintf(w->path, sizeof w->path, "%s/%s", w->folder, name);
    return w->path;
}

static void put(struct world *w, const char *name, struct str content)
{
    assert_ok(file_write_atomic(path_of(w, name), content, 0600, NULL));
}

static void mark(struct world *w, const char *attribute, struct str value)
{
    if (setxattr(w->path, attribute, value.ptr, value.len, 0) != 0) {
        print_message("skipped: this file system has no extended attributes\n");
        skip();
    }
}

static void only_regular_files_are_read_and_never_through_a_link(void **state)
{
    struct world *w = *state;
    char target[512];
    put(w, "file", STR("x"));
    (void)snprintf(target, sizeof target, "%s", w->path);
    assert_ok(filelook_open(w->look, target, &w->file));
    assert_true(w->file.readable);
    assert_int_equal(symlink(target, path_of(w, "link")), 0);
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_false(w->file.readable);
    assert_int_equal(mkfifo(path_of(w, "pipe"), 0600), 0);
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_false(w->file.readable);
    assert_ok(filelook_open(w->look, w->folder, &w->file));
    assert_false(w->file.readable);
    assert_ok(filelook_open(w->look, path_of(w, "absent"), &w->file));
    assert_false(w->file.readable);
    assert_int_equal(filelook_stats(w->look)->opened, 1);
    assert_int_equal(filelook_stats(w->look)->unreadable, 4);
}

static void so_many_are_opened_in_a_second(void **state)
{
    struct world *w = *state;
    unsigned readable = 0;
    put(w, "file", STR("x"));
    for (unsigned i = 0; i < 2 * FILELOOK_OPENS_PER_S + 1; i++) {
        assert_ok(filelook_open(w->look, w->path, &w->file));
        readable += w->file.readable ? 1 : 0;
    }
    /* On a slow machine a second or two may begin anew meanwhile. */
    const struct filelook_stats *stats = filelook_stats(w->look);
    assert_true(readable >= FILELOOK_OPENS_PER_S);
    assert_int_equal(readable, stats->opened);
    assert_int_equal(stats->opened + stats->too_many, 2 * FILELOOK_OPENS_PER_S + 1);
    assert_int_equal(stats->unreadable, 0);
}

static void a_list_is_read_once_and_a_large_file_is_none(void **state)
{
    struct world *w = *state;
    const struct plist_value *list;
    CLEANUP(buf_done) struct buf large = {0};
    put(w, "list", STR("<plist><dict><key>a</key><true/></dict></plist>"));
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_ok(filelook_list(&w->file, &list));
    assert_non_null(list);
    assert_non_null(plist_find(list, STR("a")));
    assert_int_equal(unlink(w->path), 0);
    assert_ok(filelook_list(&w->file, &list));
    assert_non_null(list);

    put(w, "array", STR("<plist><array/></plist>"));
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_ok(filelook_list(&w->file, &list));
    assert_null(list);

    buf_add_cstr(&large, "<plist><dict><key>a</key><true/></dict></plist>");
    while (large.len < FILELOOK_LIST_BYTES)
        buf_add_char(&large, ' ');
    put(w, "full", buf_str(&large));
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_ok(filelook_list(&w->file, &list));
    assert_non_null(list);
    buf_add_char(&large, ' ');
    put(w, "large", buf_str(&large));
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_ok(filelook_list(&w->file, &list));
    assert_null(list);
}

static void assert_sha1(struct world *w, const char *expected)
{
    const struct digest_pair *hashes;
    CLEANUP(buf_done) struct buf hex = {0};
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_true(w->file.readable);
    assert_ok(filelook_hashes(w->look, &w->file, &hashes));
    assert_non_null(hashes);
    text_hex_add(&hex, hashes->sha1, sizeof hashes->sha1);
    assert_str(buf_str(&hex), expected);
}

#define ABC_SHA1 "a9993e364706816aba3e25717850c26c9cd0d89d"
#define ABD_SHA1 "cb4cc28df0fdbe0ecf9d9662e294b118092a5735"

static void hashes_are_remembered_until_the_file_changes(void **state)
{
    struct world *w = *state;
    const struct filelook_stats *stats = filelook_stats(w->look);
    put(w, "abc", STR("abc"));
    assert_sha1(w, ABC_SHA1);
    assert_sha1(w, ABC_SHA1);
    assert_int_equal(stats->hashed, 2); /* a file that changed just now is not remembered */
    (void)usleep(1100 * 1000);
    assert_sha1(w, ABC_SHA1);
    assert_int_equal(stats->hashed, 3);
    assert_sha1(w, ABC_SHA1);
    assert_int_equal(stats->hashed, 3);

    /* The same size and time of change by its owner: the system's time of change tells. */
    struct stat before;
    assert_int_equal(stat(w->path, &before), 0);
    int fd CLEANUP(fd_closep) = open(w->path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "d", 1, 2), 1);
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    assert_int_equal(futimens(fd, times), 0);
    assert_sha1(w, ABD_SHA1);
    assert_int_equal(stats->hashed, 4);
}

static void a_file_over_the_limit_has_no_hashes_and_is_not_read(void **state)
{
    struct world *w = *state;
    const struct digest_pair *hashes;
    put(w, "large", STR("x"));
    assert_int_equal(truncate(w->path, (off_t)FILELOOK_HASH_BYTES + 1), 0);
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_ok(filelook_hashes(w->look, &w->file, &hashes));
    assert_null(hashes);
    assert_int_equal(filelook_stats(w->look)->hashed, 0);
}

static void a_download_is_quarantined_or_says_where_it_came_from(void **state)
{
    struct world *w = *state;
    put(w, "plain", STR("x"));
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_false(filelook_is_download(&w->file));
    mark(w, "user.com.apple.quarantine", STR("0081;0;Safari;"));
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_true(filelook_is_download(&w->file));
    assert_true(filelook_has_attribute(&w->file, "com.apple.quarantine"));
    assert_false(filelook_has_attribute(&w->file, "com.apple.quarantin"));
    put(w, "from", STR("x"));
    mark(w, "user.com.apple.metadata:kMDItemWhereFroms", STR("bplist00"));
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_true(filelook_is_download(&w->file));
}

static void a_screenshot_says_so_as_a_property_list(void **state)
{
    struct world *w = *state;
    static const char yes[] =
        "bplist00\x09\x08\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0"
        "\0\0\0\x09";
    static const char no[] =
        "bplist00\x08\x08\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0"
        "\0\0\0\x09";
    static const char name[] = "user.com.apple.metadata:kMDItemIsScreenCapture";
    const struct {
        struct str value;
        enum filelook_answer answer;
    } rows[] = {{{yes, sizeof yes - 1}, FILELOOK_YES},
                {{no, sizeof no - 1}, FILELOOK_NO},
                {STR("yes"), FILELOOK_UNKNOWN},
                {STR("<plist><string>yes</string></plist>"), FILELOOK_UNKNOWN}};
    enum filelook_answer answer;
    put(w, "shot.png", STR("x"));
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_ok(filelook_is_screenshot(&w->file, &answer));
    assert_int_equal(answer, FILELOOK_NO);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        mark(w, name, rows[i].value);
        assert_ok(filelook_open(w->look, w->path, &w->file));
        assert_ok(filelook_is_screenshot(&w->file, &answer));
        assert_int_equal(answer, rows[i].answer);
    }
}

static void a_signature_may_be_in_attributes(void **state)
{
    struct world *w = *state;
    const struct signature *sig;
    put(w, "script", STR("#!/bin/sh\n"));
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_ok(filelook_signature(w->look, &w->file, &sig));
    assert_non_null(sig);
    assert_int_equal(sig->signers, 1 << SIGNATURE_NONE);
    mark(w, "user.com.apple.cs.CodeDirectory", STR("x"));
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_ok(filelook_signature(w->look, &w->file, &sig));
    assert_null(sig);
}

static void a_closed_file_knows_nothing_and_can_be_closed_again(void **state)
{
    struct world *w = *state;
    put(w, "list", STR("<plist><dict/></plist>"));
    const struct plist_value *list;
    assert_ok(filelook_open(w->look, w->path, &w->file));
    assert_ok(filelook_list(&w->file, &list));
    int fd = w->file.fd;
    filelook_close(&w->file);
    assert_false(w->file.readable);
    assert_int_equal(w->file.known.stamp.inode, 0);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    filelook_close(&w->file);
    filelook_done(&w->file);
}

static int look_once(void *context)
{
    const char *path = context;
    struct filelook *look = NULL;
    CLEANUP(filelook_done) struct filelook_file file = {0};
    const struct plist_value *list;
    const struct digest_pair *hashes;
    const struct signature *sig;
    enum filelook_answer answer;
    int rc = filelook_new(&look);
    if (rc == 0)
        rc = filelook_open(look, path, &file);
    if (rc == 0)
        rc = filelook_list(&file, &list);
    if (rc == 0)
        rc = filelook_hashes(look, &file, &hashes);
    if (rc == 0)
        rc = filelook_signature(look, &file, &sig);
    if (rc == 0)
        rc = filelook_is_screenshot(&file, &answer);
    filelook_free(look);
    return rc;
}

static void it_survives_every_failing_allocation(void **state)
{
    struct world *w = *state;
    put(w, "list", STR("<plist><dict><key>a</key><array><true/></array></dict></plist>"));
    (void)setxattr(w->path, "user.com.apple.metadata:kMDItemIsScreenCapture", "x", 1, 0);
    test_every_allocation_fails(look_once, w->path, 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_regular_files_are_read_and_never_through_a_link),
        TEST(so_many_are_opened_in_a_second),
        TEST(a_list_is_read_once_and_a_large_file_is_none),
        TEST(hashes_are_remembered_until_the_file_changes),
        TEST(a_file_over_the_limit_has_no_hashes_and_is_not_read),
        TEST(a_download_is_quarantined_or_says_where_it_came_from),
        TEST(a_screenshot_says_so_as_a_property_list),
        TEST(a_signature_may_be_in_attributes),
        TEST(a_closed_file_knows_nothing_and_can_be_closed_again),
        TEST(it_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests_name("collect/filelook", tests, NULL, NULL);
}
