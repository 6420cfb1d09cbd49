/* store: appending to segments: places, undoing, reverting, sealing, abandoning, recovery. */
#include "store/segwrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/store.h"
#include "os/file.h"

enum { NOW = 1000 };

struct writer {
    char *folder;
    struct segwrite sw;
    struct segframes frames; /* two lines of dev-1 */
};

static void start(struct writer *w, uint64_t seal_bytes)
{
    const struct segment_frame like = {.sequence = 1, .received_ns = 5, .device = STR("dev-1")};
    *w = (struct writer){.folder = test_tmpdir()};
    const struct segwrite_config config = {.folder = w->folder,
                                           .shards = 1,
                                           .seal_bytes = seal_bytes,
                                           .seal_age_ns = INT64_MAX,
                                           .next_id = 1};
    assert_ok(segwrite_init(&w->sw, &config, NULL));
    assert_ok(segframes_cut(&w->frames, &like, STR("{\"a\":1}\n{\"b\":2}\n"), 2, 100, NULL, NULL));
}

static void stop(struct writer *w)
{
    segwrite_done(&w->sw);
    segframes_done(&w->frames);
    test_tmpdir_remove(w->folder);
}

static struct segplace place(struct writer *w)
{
    struct segplace p;
    assert_ok(segwrite_place(&w->sw, &w->frames, STR("dev-1"), NOW, &p, NULL));
    return p;
}

/* One group of `n` batches. */
static void commit(struct writer *w, unsigned n)
{
    segwrite_begin(&w->sw, NOW);
    for (unsigned i = 0; i < n; i++)
        (void)place(w);
    assert_ok(segwrite_flush(&w->sw, NULL));
    segwrite_commit(&w->sw);
}

static int64_t file_size(struct writer *w, int64_t id)
{
    char path[4200];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/segments/000/%016llx.seg", w->folder,
                   (unsigned long long)id);
    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

static void batches_stand_one_behind_the_other_and_the_last_can_be_taken_back(void **state)
{
    (void)state;
    struct writer w;
    start(&w, 1 << 20);
    segwrite_begin(&w.sw, NOW);
    struct segplace first = place(&w);
    assert_true(first.fresh);
    assert_int_equal(first.offset, SEGMENT_HEADER_BYTES);
    struct segplace second = place(&w);
    assert_false(second.fresh);
    assert_int_equal(second.offset, first.offset + first.length);
    segwrite_unplace(&w.sw, &second);
    segwrite_unplace(&w.sw, &first);
    first = place(&w);
    assert_true(first.fresh);
    assert_int_equal(first.offset, SEGMENT_HEADER_BYTES);
    assert_ok(segwrite_flush(&w.sw, NULL));
    segwrite_commit(&w.sw);
    assert_int_equal(first.file->frames_committed, 1);
    assert_int_equal(first.file->summary_committed.events, 2);
    assert_int_equal(file_size(&w, 1), first.offset + first.length);
    stop(&w);
}

static void a_reverted_group_leaves_the_files_as_they_were(void **state)
{
    (void)state;
    struct writer w;
    start(&w, 1 << 20);
    segwrite_begin(&w.sw, NOW);
    (void)place(&w);
    assert_ok(segwrite_flush(&w.sw, NULL));
    segwrite_revert(&w.sw, false);
    assert_int_equal(file_size(&w, 1), -1); /* it was this group's */
    commit(&w, 2);
    int64_t committed = file_size(&w, 2);
    segwrite_begin(&w.sw, NOW);
    (void)place(&w);
    assert_ok(segwrite_flush(&w.sw, NULL));
    assert_true(file_size(&w, 2) > committed);
    segwrite_revert(&w.sw, false);
    assert_int_equal(file_size(&w, 2), committed);
    commit(&w, 1);
    assert_int_equal(w.sw.files[0]->summary_committed.events, 6);
    assert_int_equal(w.sw.abandoned, 0);
    stop(&w);
}

static void after_a_commit_of_unknown_outcome_the_segment_is_left_alone(void **state)
{
    (void)state;
    struct writer w;
    start(&w, 1 << 20);
    commit(&w, 1);
    segwrite_begin(&w.sw, NOW);
    (void)place(&w);
    assert_ok(segwrite_flush(&w.sw, NULL));
    int64_t size = file_size(&w, 1);
    segwrite_revert(&w.sw, true);
    assert_int_equal(w.sw.abandoned, 1);
    assert_int_equal(w.sw.len, 0);
    commit(&w, 1);
    assert_int_equal(file_size(&w, 1), size);
    assert_true(file_size(&w, 2) > 0);
    stop(&w);
}

static void a_full_segment_is_sealed_and_the_next_begun(void **state)
{
    (void)state;
    struct writer w;
    struct segment_reader *reader CLEANUP(segment_reader_closep) = NULL;
    char path[4200];
    start(&w, 500);
    commit(&w, 8);
    assert_int_equal(file_size(&w, 3), -1);
    assert_true(segwrite_due(&w.sw, NOW));
    commit(&w, 1);
    (void)snprintf(path, sizeof path, "%s/segments/000/0000000000000001.seg", w.folder);
    assert_ok(segment_reader_open(path, 0, &reader, NULL));
    assert_true(segment_reader_summary(reader)->events >= 4);
    stop(&w);
}

static int place_and_commit(void *context)
{
    struct writer *w = context;
    struct segplace p;
    segwrite_begin(&w->sw, NOW);
    int rc = segwrite_place(&w->sw, &w->frames, STR("dev-1"), NOW, &p, NULL);
    if (!rc)
        rc = segwrite_flush(&w->sw, NULL);
    if (rc)
        segwrite_revert(&w->sw, false);
    else
        segwrite_commit(&w->sw);
    return rc;
}

static void an_allocation_failure_while_placing_is_reported_and_undone(void **state)
{
    (void)state;
    struct writer w;
    start(&w, 1 << 20);
    test_every_allocation_fails(place_and_commit, &w, 50);
    assert_int_equal(w.sw.len, 1);
    assert_int_equal(w.sw.files[0]->frames_committed, 1);
    commit(&w, 3);
    assert_int_equal(w.sw.files[0]->frames_committed, 4);
    stop(&w);
}

/* ------------------------------------------------------------------ damage found at start */

static void damage(struct test_store *t, const char *path, bool remove_it)
{
    char full[4300];
    (void)snprintf(full, sizeof full, "%s/%s", t->folder, path);
    if (remove_it) {
        assert_int_equal(unlink(full), 0);
        return;
    }
    FILE *f = fopen(full, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, -3, SEEK_END), 0);
    int byte = fgetc(f);
    assert_int_equal(fseek(f, -3, SEEK_END), 0);
    assert_int_equal(fputc(byte ^ 1, f), byte ^ 1);
    assert_int_equal(fclose(f), 0);
}

static struct store_segment only_segment(struct test_store *t)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_segment_filter filter = {.shard = -1};
    struct store_segment_list list;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_segment_list(tx, &filter, &t->arena, &list, NULL));
    assert_int_equal(list.len, 1);
    return list.items[0];
}

static void a_damaged_or_missing_segment_is_marked_and_the_server_starts(void **state)
{
    (void)state;
    for (int missing = 0; missing < 2; missing++) {
        struct test_store t;
        struct store_batch_result result;
        struct store_stats stats;
        char path[128];
        test_store_open(&t);
        test_store_add_device(&t, "dev-1");
        assert_ok(test_store_batch(&t, "dev-1", 1, 1, 10, &result));
        (void)snprintf(path, sizeof path, "%.*s", STR_FMT(only_segment(&t).path));
        store_close(t.store);
        t.store = NULL;
        damage(&t, path, missing);
        test_store_reopen(&t);
        store_stats(t.store, &stats);
        assert_int_equal(stats.segments_damaged, 1);
        assert_int_equal(only_segment(&t).state, SEGMENT_DAMAGED);
        assert_ok(test_store_batch(&t, "dev-1", 1, 2, 10, &result));
        assert_int_equal(result.outcome, BATCH_STORED);
        test_store_reopen(&t);
        store_stats(t.store, &stats);
        assert_int_equal(stats.segments_damaged, 0);
        test_store_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_stand_one_behind_the_other_and_the_last_can_be_taken_back),
        cmocka_unit_test(a_reverted_group_leaves_the_files_as_they_were),
        cmocka_unit_test(after_a_commit_of_unknown_outcome_the_segment_is_left_alone),
        cmocka_unit_test(a_full_segment_is_sealed_and_the_next_begun),
        cmocka_unit_test(an_allocation_failure_while_placing_is_reported_and_undone),
        cmocka_unit_test(a_damaged_or_missing_segment_is_marked_and_the_server_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
