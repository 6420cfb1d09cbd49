/* os/file: whole reads, durable replacement with every step failing or killed, locks. */
#include "harness/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "os/file.h"

static const char *const steps[] = {"file.write", "file.fsync", "file.rename", "file.dirsync"};

struct folder {
    char *path;
    char file[512];
    char tmp[512];
};

static int set_up(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->path = test_tmpdir();
    (void)snprintf(f->file, sizeof f->file, "%s/data", f->path);
    (void)snprintf(f->tmp, sizeof f->tmp, "%s/data.tmp", f->path);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct folder *f = *state;
    test_tmpdir_remove(f->path);
    free(f);
    return 0;
}

static void assert_content(const char *path, const char *expected)
{
    struct buf b CLEANUP(buf_done) = {0};
    struct err err = {0};
    assert_ok_err(file_read(path, 1 << 20, &b, &err), &err);
    assert_str(buf_str(&b), expected);
}

static void a_file_is_read_whole_and_appended(void **state)
{
    struct folder *f = *state;
    struct buf b CLEANUP(buf_done) = {0};
    assert_ok(file_write_atomic(f->file, STR("12345"), 0644, NULL));
    buf_add_cstr(&b, "0");
    assert_ok(file_read(f->file, 5, &b, NULL));
    assert_str(buf_str(&b), "012345");
}

static void a_file_over_the_limit_is_refused_and_the_buffer_stays(void **state)
{
    struct folder *f = *state;
    struct buf b CLEANUP(buf_done) = {0};
    struct err err = {0};
    assert_ok(file_write_atomic(f->file, STR("12345"), 0644, NULL));
    buf_add_cstr(&b, "0");
    assert_int_equal(file_read(f->file, 4, &b, &err), E_LIMIT);
    assert_str(buf_str(&b), "0");
    assert_non_null(strstr(err.message, "larger than 4 bytes"));
    assert_int_equal(file_read(f->tmp, 4, &b, &err), E_NOT_FOUND);
    assert_int_equal(file_read(f->path, 4, &b, &err), E_IO);
}

static void a_file_of_proc_is_read_although_its_size_is_zero(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done) = {0};
    assert_ok(file_read("/proc/self/status", 1 << 20, &b, NULL));
    assert_true(str_starts(buf_str(&b), STR("Name:")));
}

static void a_replacement_has_the_mode_asked_for_and_leaves_no_rest(void **state)
{
    struct folder *f = *state;
    struct stat st;
    mode_t old = umask(0077);
    assert_ok(file_write_atomic(f->file, STR("old"), 0600, NULL));
    assert_ok(file_write_atomic(f->file, STR("new"), 0640, NULL));
    (void)umask(old);
    assert_content(f->file, "new");
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_false(file_exists(f->tmp));
}

static void a_link_left_under_the_temporary_name_is_not_written_through(void **state)
{
    struct folder *f = *state;
    char victim[600];
    (void)snprintf(victim, sizeof victim, "%s/victim", f->path);
    assert_ok(file_write_atomic(victim, STR("untouched"), 0600, NULL));
    assert_int_equal(symlink(victim, f->tmp), 0);
    assert_ok(file_write_atomic(f->file, STR("new"), 0600, NULL));
    assert_content(victim, "untouched");
    assert_content(f->file, "new");
}

static void a_replacement_in_the_working_folder_and_an_endless_name_are_handled(void **state)
{
    struct folder *f = *state;
    char cwd[1024];
    char name[8000];
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_int_equal(chdir(f->path), 0);
    assert_ok(file_write_atomic("data", STR("here"), 0600, NULL));
    assert_int_equal(chdir(cwd), 0);
    assert_content(f->file, "here");
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(file_write_atomic(name, STR("x"), 0600, NULL), E_IO);
    assert_int_equal(file_write_atomic("/nonexistent/x", STR("x"), 0600, NULL), E_NOT_FOUND);
}

/* Replace the file in a child with a fail point armed; its exit status, or -signal. */
static int replace_with(const struct folder *f, const char *point)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct err err = {0};
        (void)setenv("CORDON_FAILPOINT", point, 1);
        _exit(-file_write_atomic(f->file, STR("new"), 0600, &err));
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void assert_old_or_new(const struct folder *f)
{
    struct buf b CLEANUP(buf_done) = {0};
    assert_ok(file_read(f->file, 100, &b, NULL));
    assert_true(str_is(buf_str(&b), "old") || str_is(buf_str(&b), "new"));
}

static void a_replacement_that_fails_at_any_step_leaves_a_whole_file(void **state)
{
    struct folder *f = *state;
#ifndef CORDON_FAILPOINTS
    print_message("built without fail points: skipped\n");
    skip();
#endif
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        for (int after = 0; after < 2; after++) {
            char point[128];
            assert_ok(file_write_atomic(f->file, STR("old"), 0600, NULL));
            (void)snprintf(point, sizeof point, "%s.%s=error", steps[i],
                           after ? "after" : "before");
            assert_int_equal(replace_with(f, point), -E_IO);
            assert_old_or_new(f);
            assert_false(file_exists(f->tmp));
            (void)snprintf(point, sizeof point, "%s.%s=full", steps[i], after ? "after" : "before");
            assert_int_equal(replace_with(f, point), -E_FULL);
            assert_old_or_new(f);
            assert_false(file_exists(f->tmp));
        }
    }
}

static void a_replacement_killed_at_any_step_leaves_a_whole_file_and_can_be_repeated(void **state)
{
    struct folder *f = *state;
#ifndef CORDON_FAILPOINTS
    print_message("built without fail points: skipped\n");
    skip();
#endif
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        for (int after = 0; after < 2; after++) {
            char point[128];
            assert_ok(file_write_atomic(f->file, STR("old"), 0600, NULL));
            (void)snprintf(point, sizeof point, "%s.%s=kill", steps[i], after ? "after" : "before");
            assert_int_equal(replace_with(f, point), -SIGKILL);
            assert_old_or_new(f);
            assert_ok(file_write_atomic(f->file, STR("again"), 0600, NULL));
            assert_content(f->file, "again");
        }
    }
}

static void writing_to_a_full_device_and_to_nobody_is_told_apart(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    int fds[2];
    assert_true(full >= 0);
    assert_int_equal(file_write_all(full, "x", 1), E_FULL);
    (void)close(full);
    assert_int_equal(pipe(fds), 0);
    (void)close(fds[0]);
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    assert_int_equal(file_write_all(fds[1], "x", 1), E_CLOSED);
    assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    (void)close(fds[1]);
    assert_int_equal(file_write_all(-1, "x", 1), E_IO);
    assert_ok(file_write_all(-1, NULL, 0));
}

static void a_read_past_the_end_is_told(void **state)
{
    struct folder *f = *state;
    char bytes[8];
    assert_ok(file_write_atomic(f->file, STR("12345"), 0644, NULL));
    int fd = file_open_nofollow(f->file, NULL);
    assert_true(fd >= 0);
    assert_ok(file_pread_all(fd, bytes, 3, 2));
    assert_memory_equal(bytes, "345", 3);
    assert_int_equal(file_pread_all(fd, bytes, 4, 2), E_CLOSED);
    assert_int_equal(file_pread_all(fd, bytes, 1, UINT64_MAX), E_IO);
    assert_int_equal(file_pread_all(-1, bytes, 1, 0), E_IO);
    assert_ok(file_sync(fd));
    fd_closep(&fd);
    assert_int_equal(fd, -1);
    assert_int_equal(file_sync(-1), E_IO);
}

static void only_a_regular_file_is_opened_without_following(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    char other[600];
    assert_ok(file_write_atomic(f->file, STR("x"), 0644, NULL));
    (void)snprintf(other, sizeof other, "%s/link", f->path);
    assert_int_equal(symlink(f->file, other), 0);
    assert_int_equal(file_open_nofollow(other, &err), E_UNSUPPORTED);
    (void)snprintf(other, sizeof other, "%s/pipe", f->path);
    assert_int_equal(mkfifo(other, 0600), 0);
    assert_int_equal(file_open_nofollow(other, &err), E_UNSUPPORTED);
    assert_int_equal(file_open_nofollow(f->path, &err), E_UNSUPPORTED);
    assert_int_equal(file_open_nofollow("/dev/null", &err), E_UNSUPPORTED);
    assert_int_equal(file_open_nofollow(f->tmp, &err), E_NOT_FOUND);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%.90s/s", f->path);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(file_open_nofollow(address.sun_path, &err), E_UNSUPPORTED);
    (void)close(s);
    int fd = file_open_nofollow(f->file, &err);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    fd_closep(&fd);
}

static void folders_are_made_with_their_parents(void **state)
{
    struct folder *f = *state;
    char path[600];
    struct err err = {0};
    struct stat st;
    (void)snprintf(path, sizeof path, "%s//a/b/c/", f->path);
    assert_ok_err(file_mkdirs(path, 0750, &err), &err);
    assert_ok_err(file_mkdirs(path, 0750, &err), &err);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_ok(file_write_atomic(f->file, STR("x"), 0644, NULL));
    assert_int_equal(file_mkdirs(f->file, 0750, &err), E_EXISTS);
    (void)snprintf(path, sizeof path, "%s/below", f->file);
    assert_int_equal(file_mkdirs(path, 0750, &err), E_EXISTS);
    assert_int_equal(file_mkdirs("", 0750, &err), E_ARG);
}

static void a_lock_is_held_by_one_until_it_is_closed(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    int first = file_lock(f->file, &err);
    assert_true(first >= 0);
    assert_int_equal(file_lock(f->file, &err), E_STATE);
    fd_closep(&first);
    int second = file_lock(f->file, &err);
    assert_true(second >= 0);
    fd_closep(&second);
    assert_int_equal(file_lock("/nonexistent/lock", &err), E_NOT_FOUND);
}

static void free_space_is_known_where_the_path_exists(void **state)
{
    struct folder *f = *state;
    assert_true(file_free_bytes(f->path) >= 0);
    assert_int_equal(file_free_bytes(f->tmp), -1);
}

static void an_errno_has_its_code(void **state)
{
    (void)state;
    assert_int_equal(file_errno_code(0), 0);
    assert_int_equal(file_errno_code(ENOSPC), E_FULL);
    assert_int_equal(file_errno_code(EDQUOT), E_FULL);
    assert_int_equal(file_errno_code(EACCES), E_DENIED);
    assert_int_equal(file_errno_code(EROFS), E_DENIED);
    assert_int_equal(file_errno_code(ENOENT), E_NOT_FOUND);
    assert_int_equal(file_errno_code(EEXIST), E_EXISTS);
    assert_int_equal(file_errno_code(EPIPE), E_CLOSED);
    assert_int_equal(file_errno_code(EBADF), E_IO);
}

static int read_a_file(void *context)
{
    const struct folder *f = context;
    struct buf b CLEANUP(buf_done) = {0};
    int rc = file_read(f->file, 1 << 20, &b, NULL);
    if (rc)
        assert_int_equal(b.len, 0);
    return rc;
}

static void an_allocation_failure_is_reported_not_fatal(void **state)
{
    struct folder *f = *state;
    char text[200000];
    memset(text, 'x', sizeof text);
    assert_ok(file_write_atomic(f->file, str_n(text, sizeof text), 0600, NULL));
    test_every_allocation_fails(read_a_file, f, 20);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void an_attribute_is_read_by_its_name(void **state)
{
    struct folder *f = *state;
    struct buf b CLEANUP(buf_done) = {0};
    assert_ok(file_write_atomic(f->file, STR("x"), 0600, NULL));
    if (setxattr(f->file, "user.com.example.x", "1\0003", 3, 0) != 0) {
        print_message("skipped: this file system has no extended attributes\n");
        skip();
    }
    int fd CLEANUP(fd_closep) = file_open_nofollow(f->file, NULL);
    char longest[400];
    memset(longest, 'n', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_ok(file_xattr_names(fd, &b));
    assert_true(str_find(buf_str(&b), STR("com.example.x\0")) != SIZE_MAX);
    buf_clear(&b);
    buf_add_cstr(&b, "0");
    assert_ok(file_xattr_get(fd, "com.example.x", 3, &b));
    assert_true(str_eq(buf_str(&b), STR("01\0003")));
    assert_int_equal(file_xattr_get(fd, "com.example.x", 2, &b), E_LIMIT);
    assert_int_equal(file_xattr_get(fd, "com.example", 100, &b), E_NOT_FOUND);
    assert_int_equal(file_xattr_get(fd, longest, 100, &b), E_NOT_FOUND);
    assert_int_equal(file_xattr_get(-1, "com.example.x", 100, &b), E_IO);
    assert_int_equal(b.len, 4);
}

static void a_stamp_tells_one_content_from_another(void **state)
{
    struct folder *f = *state;
    struct file_stamp stamp;
    struct stat st;
    assert_ok(file_write_atomic(f->file, STR("12345"), 0600, NULL));
    int fd CLEANUP(fd_closep) = file_open_nofollow(f->file, NULL);
    assert_ok(file_stamp_of(fd, &stamp));
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(stamp.device, st.st_dev);
    assert_int_equal(stamp.inode, st.st_ino);
    assert_int_equal(stamp.size, 5);
    assert_int_equal(stamp.modified_ns,
                     st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec);
    assert_int_equal(stamp.changed_ns,
                     st.st_ctim.tv_sec * INT64_C(1000000000) + st.st_ctim.tv_nsec);
    assert_true(!stamp.has_created ||
                (stamp.created_ns > 0 && stamp.created_ns <= stamp.changed_ns));
    assert_int_equal(file_stamp_of(-1, &stamp), E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_file_is_read_whole_and_appended),
        WITH_FOLDER(a_file_over_the_limit_is_refused_and_the_buffer_stays),
        cmocka_unit_test(a_file_of_proc_is_read_although_its_size_is_zero),
        WITH_FOLDER(a_replacement_has_the_mode_asked_for_and_leaves_no_rest),
        WITH_FOLDER(a_link_left_under_the_temporary_name_is_not_written_through),
        WITH_FOLDER(a_replacement_in_the_working_folder_and_an_endless_name_are_handled),
        WITH_FOLDER(a_replacement_that_fails_at_any_step_leaves_a_whole_file),
        WITH_FOLDER(a_replacement_killed_at_any_step_leaves_a_whole_file_and_can_be_repeated),
        cmocka_unit_test(writing_to_a_full_device_and_to_nobody_is_told_apart),
        WITH_FOLDER(a_read_past_the_end_is_told),
        WITH_FOLDER(only_a_regular_file_is_opened_without_following),
        WITH_FOLDER(an_attribute_is_read_by_its_name),
        WITH_FOLDER(a_stamp_tells_one_content_from_another),
        WITH_FOLDER(folders_are_made_with_their_parents),
        WITH_FOLDER(a_lock_is_held_by_one_until_it_is_closed),
        WITH_FOLDER(free_space_is_known_where_the_path_exists),
        cmocka_unit_test(an_errno_has_its_code),
        WITH_FOLDER(an_allocation_failure_is_reported_not_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
