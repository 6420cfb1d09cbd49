/* A store in a private folder, and records to put into it, for the tests of store/ and fleet/. */
#ifndef CORDON_TESTS_HARNESS_STORE_H
#define CORDON_TESTS_HARNESS_STORE_H

#include "base/arena.h"
#include "base/buf.h"
#include "harness/test.h"
#include "store/segment.h"
#include "store/store.h"

/** 2025-11-24T00:00:00Z: what the tests take for now. */
#define TEST_NOW_NS INT64_C(1763942400000000000)

struct test_borrow;

struct test_store {
    char *folder;
    struct store *store;
    struct store_config config;
    struct arena arena; /* for whatever a test reads */
    struct test_borrow *borrow;
};

/** Open a fresh store: two shards, small segments, no free-space limit. */
void test_store_open(struct test_store *t);
/** Close and open the same folder again. */
void test_store_reopen(struct test_store *t);
/** Close and remove everything. */
void test_store_close(struct test_store *t);

/**
 * Borrow the writer's transaction for this thread: between begin and end the writer waits. `end`
 * commits the unit (rc 0) or undoes it, and yields the unit's outcome.
 */
struct store_tx *test_store_begin(struct test_store *t);
int test_store_end(struct test_store *t, int rc);
/** Outcome of one call as a unit of work; the call may use `tx`. */
#define TEST_UNIT(t, call)                                                                         \
    __extension__({                                                                                \
        struct store_tx *tx = test_store_begin(t);                                                 \
        test_store_end((t), (call));                                                               \
    })

/** Run a unit of work; fails the test when it does not succeed. */
void test_store_write(struct test_store *t, store_work_fn work, void *arg);
/** Add an enrolled device whose id, key and hardware uuid are made from `id`. */
void test_store_add_device(struct test_store *t, const char *id);

/** Append `events` NDJSON lines that name device, sequence and ordinal. */
void test_store_lines(struct buf *out, const char *device, uint64_t sequence, uint32_t events);
/** Commit a batch of such lines. @return the code; the result on success */
int test_store_batch(struct test_store *t, const char *device, uint64_t epoch, uint64_t sequence,
                     uint32_t events, struct store_batch_result *ret_result);

/** Read every committed frame of every segment; calls `each` with header and plain text. */
void test_store_read(struct test_store *t,
                     void (*each)(void *arg, const struct segment_frame *frame, struct str plain),
                     void *arg);
/** Number of events that test_store_read finds. */
uint64_t test_store_count(struct test_store *t);

#endif
