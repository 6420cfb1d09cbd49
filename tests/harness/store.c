/* Helpers for tests that need a store. See store.h. */
#include "harness/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/hash.h"

void test_store_open(struct test_store *t)
{
    *t = (struct test_store){.folder = test_tmpdir()};
    t->config = (struct store_config){
        .folder = t->folder, .shards = 2, .segment_bytes = 16384, .free_bytes_least = -1};
    test_store_reopen(t);
}

void test_store_reopen(struct test_store *t)
{
    struct err err = {0};
    store_close(t->store);
    t->store = NULL;
    assert_ok_err(store_open(&t->config, &t->store, &err), &err);
}

void test_store_close(struct test_store *t)
{
    store_close(t->store);
    arena_done(&t->arena);
    test_tmpdir_remove(t->folder);
}

void test_store_write(struct test_store *t, store_work_fn work, void *arg)
{
    struct err err = {0};
    assert_ok_err(store_write_wait(t->store, work, arg, &err), &err);
}

/* ------------------------------------------------------------------ borrowed transaction */

struct test_borrow {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    struct store_tx *tx;
    bool returned;
    bool done;
    int rc;
};

static int lend(struct store_tx *tx, void *arg, struct err *err)
{
    struct test_borrow *b = arg;
    (void)err;
    (void)pthread_mutex_lock(&b->mutex);
    b->tx = tx;
    (void)pthread_cond_broadcast(&b->cond);
    while (!b->returned)
        (void)pthread_cond_wait(&b->cond, &b->mutex);
    int rc = b->rc;
    (void)pthread_mutex_unlock(&b->mutex);
    return rc;
}

static void lend_done(void *arg, int rc, const struct err *err)
{
    struct test_borrow *b = arg;
    (void)err;
    (void)pthread_mutex_lock(&b->mutex);
    b->rc = rc;
    b->done = true;
    (void)pthread_cond_broadcast(&b->cond);
    (void)pthread_mutex_unlock(&b->mutex);
}

struct store_tx *test_store_begin(struct test_store *t)
{
    struct test_borrow *b = calloc(1, sizeof *b);
    assert_non_null(b);
    (void)pthread_mutex_init(&b->mutex, NULL);
    (void)pthread_cond_init(&b->cond, NULL);
    assert_ok(store_write(t->store, lend, lend_done, b));
    (void)pthread_mutex_lock(&b->mutex);
    while (!b->tx)
        (void)pthread_cond_wait(&b->cond, &b->mutex);
    (void)pthread_mutex_unlock(&b->mutex);
    t->borrow = b;
    return b->tx;
}

int test_store_end(struct test_store *t, int rc)
{
    struct test_borrow *b = t->borrow;
    (void)pthread_mutex_lock(&b->mutex);
    b->rc = rc;
    b->returned = true;
    (void)pthread_cond_broadcast(&b->cond);
    while (!b->done)
        (void)pthread_cond_wait(&b->cond, &b->mutex);
    rc = b->rc;
    (void)pthread_mutex_unlock(&b->mutex);
    (void)pthread_cond_destroy(&b->cond);
    (void)pthread_mutex_destroy(&b->mutex);
    free(b);
    t->borrow = NULL;
    return rc;
}

static int put_device(struct store_tx *tx, void *arg, struct err *err)
{
    const char *id = arg;
    char uuid[160];
    char key[160];
    (void)snprintf(uuid, sizeof uuid, "uuid-%s", id);
    (void)snprintf(key, sizeof key, "key-%s", id);
    const struct store_device device = {.id = str_of(id),
                                        .hardware_uuid = str_of(uuid),
                                        .hostname = str_of(id),
                                        .platform = STR("macos"),
                                        .cert_serial = STR("01"),
                                        .key_fingerprint = str_of(key),
                                        .first_seen_ns = TEST_NOW_NS,
                                        .last_seen_ns = TEST_NOW_NS,
                                        .facts_json = STR("{}"),
                                        .health_json = STR("{}")};
    return store_device_put(tx, &device, err);
}

void test_store_add_device(struct test_store *t, const char *id)
{
    test_store_write(t, put_device, (void *)(uintptr_t)id);
}

void test_store_lines(struct buf *out, const char *device, uint64_t sequence, uint32_t events)
{
    for (uint32_t i = 0; i < events; i++)
        buf_addf(out, "{\"kind\":\"exec\",\"device\":\"%s\",\"sequence\":%llu,\"ordinal\":%u}\n",
                 device, (unsigned long long)sequence, i);
}

int test_store_batch(struct test_store *t, const char *device, uint64_t epoch, uint64_t sequence,
                     uint32_t events, struct store_batch_result *ret_result)
{
    struct buf plain CLEANUP(buf_done) = {0};
    char hash[HASH_HEX_BYTES];
    test_store_lines(&plain, device, sequence, events);
    assert_ok(buf_check(&plain));
    assert_ok(hash_sha256_hex(buf_str(&plain), hash));
    struct store_batch batch = {.device = str_of(device),
                                .epoch = epoch,
                                .sequence = sequence,
                                .plain = buf_str(&plain),
                                .events = events,
                                .time_min_ns = TEST_NOW_NS,
                                .time_max_ns = TEST_NOW_NS + 1,
                                .received_ns = TEST_NOW_NS + 2,
                                .sha256 = str_of(hash)};
    segment_kind_add(batch.kinds, STR("exec"));
    return store_batch_wait(t->store, &batch, ret_result, NULL);
}

static void read_one(struct test_store *t, const struct store_segment *row,
                     void (*each)(void *arg, const struct segment_frame *frame, struct str plain),
                     void *arg)
{
    struct segment_reader *reader CLEANUP(segment_reader_closep) = NULL;
    struct buf plain CLEANUP(buf_done) = {0};
    struct segment_frame frame;
    struct err err = {0};
    char path[4200];
    int rc;
    (void)snprintf(path, sizeof path, "%s/%.*s", t->folder, STR_FMT(row->path));
    uint64_t committed = row->state == SEGMENT_SEALED ? 0 : (uint64_t)row->bytes;
    assert_ok_err(segment_reader_open(path, committed, &reader, &err), &err);
    while ((rc = segment_reader_next(reader, &frame, &err)) == 0) {
        buf_clear(&plain);
        assert_ok_err(segment_reader_plain(reader, &frame, &plain, &err), &err);
        each(arg, &frame, buf_str(&plain));
    }
    assert_int_equal(rc, E_NOT_FOUND);
}

void test_store_read(struct test_store *t,
                     void (*each)(void *arg, const struct segment_frame *frame, struct str plain),
                     void *arg)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_segment_filter filter = {.shard = -1, .limit = 1000};
    struct store_segment_list list;
    struct err err = {0};
    assert_ok_err(store_read_begin(t->store, &tx, &err), &err);
    assert_ok_err(store_segment_list(tx, &filter, &arena, &list, &err), &err);
    assert_true(list.len < 1000);
    for (size_t i = 0; i < list.len; i++)
        read_one(t, &list.items[i], each, arg);
}

static void count_one(void *arg, const struct segment_frame *frame, struct str plain)
{
    uint64_t *count = arg;
    struct str rest = plain;
    struct str line;
    uint32_t lines = 0;
    while (str_next(&rest, '\n', &line))
        lines++;
    assert_int_equal(lines, frame->events);
    *count += lines;
}

uint64_t test_store_count(struct test_store *t)
{
    uint64_t count = 0;
    test_store_read(t, count_one, &count);
    return count;
}
