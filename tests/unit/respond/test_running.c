/* respond/running: this very process is found, with its program and its generation. */
#include "harness/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/proc.h"
#include "respond/running.h"

static void this_process_is_among_those_that_run(void **state)
{
    pid_t *pids = NULL;
    size_t len = 0;
    bool found = false;
    (void)state;
    assert_ok(running_pids(&pids, &len));
    for (size_t i = 0; i < len; i++)
        found = found || pids[i] == getpid();
    assert_true(found);
    mem_free(pids);
}

static void its_program_and_generation_are_known(void **state)
{
    char path[1024];
    uint64_t start;
    struct running r;
    struct stat of_process;
    struct stat of_path;
    (void)state;
    assert_ok(running_look(getpid(), &r));
    assert_ok(proc_own_path(path, sizeof path, NULL));
    assert_ok(proc_start_time(getpid(), &start));
    assert_string_equal(r.path, path);
    assert_int_equal(r.generation, start);
    int fd = running_open(&r);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &of_process), 0);
    assert_int_equal(stat(path, &of_path), 0);
    assert_int_equal(of_process.st_ino, of_path.st_ino);
    (void)close(fd);
}

static void who_is_gone_is_not_found(void **state)
{
    struct running r = {.pid = 0x3fffffff};
    (void)state;
    assert_int_equal(running_look(0x3fffffff, &r), E_NOT_FOUND);
    assert_int_equal(running_open(&r), E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_process_is_among_those_that_run),
        cmocka_unit_test(its_program_and_generation_are_known),
        cmocka_unit_test(who_is_gone_is_not_found),
    };
    return cmocka_run_group_tests_name("respond/running", tests, NULL, NULL);
}
