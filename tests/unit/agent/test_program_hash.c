/* agent/program_hash: what is remembered, what a change forgets, and the limits. */
#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/program_hash.h"
#include "os/file.h"

static char *folder;

static int set_up(void **state)
{
    (void)state;
    folder = test_tmpdir();
    return folder ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    test_tmpdir_remove(folder);
    return 0;
}

static int write_and_open(const char *name, struct str content)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(file_write_atomic(path, content, 0700, NULL));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void assert_hash(struct program_hash *h, int fd, struct str content)
{
    unsigned char got[HASH_BYTES];
    unsigned char expected[HASH_BYTES];
    assert_ok(hash_sha256(content, expected));
    assert_ok(program_hash_get(h, fd, got));
    assert_memory_equal(got, expected, sizeof got);
}

static void the_hash_is_that_of_the_content_each_time(void **state)
{
    struct program_hash h = {.bytes_most = 1000, .time_most_ms = 10000};
    (void)state;
    int fd = write_and_open("a", STR("one"));
    assert_hash(&h, fd, STR("one"));
    assert_hash(&h, fd, STR("one"));
    (void)close(fd);
    fd = write_and_open("a", STR("two"));
    assert_hash(&h, fd, STR("two"));
    (void)close(fd);
    program_hash_done(&h);
}

static void a_file_that_is_changed_in_place_is_hashed_again(void **state)
{
    struct program_hash h = {.bytes_most = 1000, .time_most_ms = 10000};
    char path[512];
    (void)state;
    int fd = write_and_open("b", STR("one"));
    assert_hash(&h, fd, STR("one"));
    (void)snprintf(path, sizeof path, "%s/b", folder);
    int writer = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(writer >= 0);
    /* The change time moves with the kernel's clock tick: write until it has. */
    for (int i = 0; i < 20; i++) {
        assert_int_equal(pwrite(writer, "two", 3, 0), 3);
        (void)usleep(2000);
    }
    (void)close(writer);
    assert_hash(&h, fd, STR("two"));
    (void)close(fd);
    program_hash_done(&h);
}

static void limits_are_kept(void **state)
{
    struct program_hash h = {.bytes_most = 3, .time_most_ms = 10000};
    unsigned char digest[HASH_BYTES];
    (void)state;
    int large = write_and_open("large", STR("four"));
    assert_int_equal(program_hash_get(&h, large, digest), E_LIMIT);
    int empty = write_and_open("empty", STR(""));
    assert_int_equal(program_hash_get(&h, empty, digest), E_UNSUPPORTED);
    int no_file = open(folder, O_RDONLY | O_CLOEXEC);
    assert_int_equal(program_hash_get(&h, no_file, digest), E_UNSUPPORTED);
    h.bytes_most = 1000;
    h.time_most_ms = -1;
    assert_int_equal(program_hash_get(&h, large, digest), E_TIMEOUT);
    h.time_most_ms = 10000;
    assert_hash(&h, large, STR("four"));
    (void)close(large);
    (void)close(empty);
    (void)close(no_file);
    program_hash_done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_that_of_the_content_each_time),
        cmocka_unit_test(a_file_that_is_changed_in_place_is_hashed_again),
        cmocka_unit_test(limits_are_kept),
    };
    return cmocka_run_group_tests_name("agent/program_hash", tests, set_up, tear_down);
}
