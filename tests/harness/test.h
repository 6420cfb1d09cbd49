/* What every unit test includes: cmocka with its prerequisites, and the allocation-failure loop. */
#ifndef CORDON_TESTS_HARNESS_TEST_H
#define CORDON_TESTS_HARNESS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

/** How many times fewer rounds long tests make under the thread sanitizer: it is asked about
 * threads, and slow. */
#ifdef __SANITIZE_THREAD__
enum { TEST_FEWER = 10 };
#else
enum { TEST_FEWER = 1 };
#endif

/** Fail unless the slice equals the C string; prints both. */
#define assert_str(slice, expected) test_assert_str((slice), (expected), __FILE__, __LINE__)
void test_assert_str(struct str got, const char *expected, const char *file, int line);

/** Fail unless the call returned 0; prints the code and the report's message. */
#define assert_ok(call)          test_assert_ok((call), NULL, #call, __FILE__, __LINE__)
#define assert_ok_err(call, err) test_assert_ok((call), (err), #call, __FILE__, __LINE__)
void test_assert_ok(int rc, const struct err *err, const char *what, const char *file, int line);

/**
 * Run `body` with the 1st, 2nd, 3rd ... allocation failing until it succeeds without a failure.
 * The body returns 0 or a negative code, must clean up after itself (LeakSanitizer watches in the
 * sanitizer build) and must report E_NOMEM or E_LIMIT, never crash, when an allocation failed.
 * Fails the test when it needs more than `most` rounds.
 */
void test_every_allocation_fails(int (*body)(void *context), void *context, unsigned most);

/** Path of a fresh private folder, removed with everything in it by test_tmpdir_remove. */
char *test_tmpdir(void);
void test_tmpdir_remove(char *path);

/**
 * Path of recordings and content of the outside world, such as "telemetry/x.jsonl", in the folder
 * that CORDON_SHARED_DATA names, else in ../shared/data beside the source. Skips the running test
 * with a message where it is absent. Valid until the next call.
 */
const char *test_shared_data(const char *name);

#endif
