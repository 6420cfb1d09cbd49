/* Helpers shared by the unit tests. See test.h. */
#include "harness/test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void test_assert_str(struct str got, const char *expected, const char *file, int line)
{
    if (str_is(got, expected))
        return;
    print_error("got      \"%.*s\" (%zu bytes)\nexpected \"%s\" (%zu bytes)\n", STR_FMT(got),
                got.len, expected, strlen(expected));
    _fail(file, line);
}

void test_assert_ok(int rc, const struct err *err, const char *what, const char *file, int line)
{
    if (rc == 0)
        return;
    print_error("%s = %s%s%s\n", what, err_name(rc), err ? ": " : "", err ? err->message : "");
    _fail(file, line);
}

void test_every_allocation_fails(int (*body)(void *context), void *context, unsigned most)
{
    for (unsigned n = 1; n <= most; n++) {
        mem_fail_after(n);
        int rc = body(context);
        uint64_t made = mem_count();
        mem_fail_after(0);
        if (made < n) {
            assert_int_equal(rc, 0);
            return;
        }
        if (rc != E_NOMEM && rc != E_LIMIT) {
            print_error("allocation %u failed but the body returned %d (%s)\n", n, rc,
                        err_name(rc));
            fail();
        }
    }
    print_error("still allocating after %u rounds\n", most);
    fail();
}

char *test_tmpdir(void)
{
    const char *base = getenv("TMPDIR");
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/cordon-test-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    return strdup(path);
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void test_tmpdir_remove(char *path)
{
    if (path)
        (void)nftw(path, remove_entry, 32, FTW_DEPTH | FTW_PHYS);
    free(path);
}

const char *test_shared_data(const char *name)
{
    static char path[4096];
    const char *folder = getenv("CORDON_SHARED_DATA");
    (void)snprintf(path, sizeof path, "%s/%s",
                   folder ? folder : CORDON_SOURCE_DIR "/../shared/data", name);
    if (access(path, R_OK) != 0) {
        print_message("skipped: no %s (CORDON_SHARED_DATA names the folder)\n", path);
        skip();
    }
    return path;
}
