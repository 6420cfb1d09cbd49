/* store: batches are committed once, with their alerts, and can be read back. */
#include "harness/store.h"

#include <pthread.h>
#include <stdio.h>

static int open_store(void **state)
{
    static struct test_store t;
    test_store_open(&t);
    test_store_add_device(&t, "dev-1");
    test_store_add_device(&t, "dev-2");
    *state = &t;
    return 0;
}

static int close_store(void **state)
{
    test_store_close(*state);
    return 0;
}

static void a_committed_batch_is_read_back_as_it_was(void **state)
{
    struct test_store *t = *state;
    struct store_batch_result result;
    assert_ok(test_store_batch(t, "dev-1", 7, 1, 100, &result));
    assert_int_equal(result.outcome, BATCH_STORED);
    assert_int_equal(result.events, 100);
    assert_int_equal(test_store_count(t), 100);
    test_store_reopen(t);
    assert_int_equal(test_store_count(t), 100);
}

static void a_repeated_batch_is_stored_once_and_answered_as_before(void **state)
{
    struct test_store *t = *state;
    struct store_batch_result first;
    struct store_batch_result again;
    assert_ok(test_store_batch(t, "dev-1", 7, 1, 10, &first));
    assert_ok(test_store_batch(t, "dev-1", 7, 1, 10, &again));
    assert_int_equal(again.outcome, BATCH_DUPLICATE);
    assert_int_equal(again.events, 10);
    assert_true(again.stored_ns == first.stored_ns);
    test_store_reopen(t);
    assert_ok(test_store_batch(t, "dev-1", 7, 1, 10, &again));
    assert_int_equal(again.outcome, BATCH_DUPLICATE);
    assert_int_equal(test_store_count(t), 10);
}

static void the_same_sequence_with_other_content_is_a_clash(void **state)
{
    struct test_store *t = *state;
    struct store_batch_result result;
    assert_ok(test_store_batch(t, "dev-1", 7, 1, 10, &result));
    assert_int_equal(test_store_batch(t, "dev-1", 7, 1, 11, &result), E_EXISTS);
    assert_ok(test_store_batch(t, "dev-1", 8, 1, 11, &result));
    assert_ok(test_store_batch(t, "dev-2", 7, 1, 11, &result));
    assert_int_equal(test_store_count(t), 32);
}

static void a_gap_is_recorded_and_filled(void **state)
{
    struct test_store *t = *state;
    struct store_batch_result result;
    struct store_epoch epoch;
    assert_ok(test_store_batch(t, "dev-1", 7, 1, 1, &result));
    assert_ok(test_store_batch(t, "dev-1", 7, 5, 1, &result));
    assert_int_equal(result.missing, 3);
    assert_ok(test_store_batch(t, "dev-1", 7, 3, 1, &result));
    assert_int_equal(result.outcome, BATCH_STORED);
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_epoch_get(tx, STR("dev-1"), 7, &t->arena, &epoch, NULL));
    assert_int_equal(epoch.last_sequence, 5);
    assert_int_equal(epoch.missing, 2);
    assert_int_equal(epoch.batches, 3);
    assert_int_equal(epoch.events, 3);
    assert_int_equal(store_epoch_get(tx, STR("dev-1"), 9, &t->arena, &epoch, NULL), E_NOT_FOUND);
}

static void a_batch_from_far_behind_is_refused_as_too_old(void **state)
{
    struct test_store *t = *state;
    struct store_batch_result result;
    assert_ok(test_store_batch(t, "dev-1", 7, 5000, 1, &result));
    assert_ok(test_store_batch(t, "dev-1", 7, 5000 - 1023, 1, &result));
    assert_int_equal(result.outcome, BATCH_STORED);
    assert_ok(test_store_batch(t, "dev-1", 7, 5000 - 1024, 1, &result));
    assert_int_equal(result.outcome, BATCH_TOO_OLD);
    assert_int_equal(test_store_count(t), 2);
}

static int revoke(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_device device;
    int rc = store_device_get(tx, str_of(arg), &arena, &device, err);
    device.state = DEVICE_REVOKED;
    return rc ? rc : store_device_put(tx, &device, err);
}

static void only_an_enrolled_device_may_deliver(void **state)
{
    struct test_store *t = *state;
    struct store_batch_result result;
    assert_int_equal(test_store_batch(t, "nobody", 7, 1, 1, &result), E_NOT_FOUND);
    test_store_write(t, revoke, "dev-1");
    assert_int_equal(test_store_batch(t, "dev-1", 7, 1, 1, &result), E_DENIED);
    assert_int_equal(test_store_count(t), 0);
}

/* Segments in order of id; every one but perhaps the last is sealed. @return how many */
static size_t check_segments(struct test_store *t, int64_t expected_events)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_segment_list list;
    struct store_segment_filter filter = {.shard = -1};
    int64_t events = 0;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_segment_list(tx, &filter, &t->arena, &list, NULL));
    for (size_t i = 0; i < list.len; i++) {
        const struct store_segment *row = &list.items[i];
        if (i + 1 < list.len)
            assert_int_equal(row->state, SEGMENT_SEALED);
        assert_int_equal(row->sealed_ns > 0, row->state == SEGMENT_SEALED);
        events += row->events;
    }
    assert_int_equal(events, expected_events);
    return list.len;
}

static void segments_are_sealed_by_size_and_still_read(void **state)
{
    struct test_store *t = *state;
    struct store_batch_result result;
    struct store_stats stats;
    for (uint64_t i = 1; i <= 40; i++)
        assert_ok(test_store_batch(t, "dev-1", 7, i, 500, &result));
    assert_int_equal(test_store_count(t), 20000);
    assert_true(check_segments(t, 20000) > 1);
    test_store_reopen(t);
    assert_int_equal(test_store_count(t), 20000);
    store_stats(t->store, &stats);
    assert_int_equal(stats.segments_cut, 0);
    assert_int_equal(stats.segments_damaged, 0);
    assert_int_equal(stats.segments_abandoned, 0);
}

static void a_segment_is_sealed_by_age(void **state)
{
    struct test_store *t = *state;
    struct store_batch_result result;
    t->config.segment_age_s = -1; /* older than that is every segment */
    test_store_reopen(t);
    assert_ok(test_store_batch(t, "dev-1", 7, 1, 5, &result));
    assert_ok(test_store_batch(t, "dev-1", 7, 2, 5, &result));
    assert_int_equal(check_segments(t, 10), 2);
}

/* ------------------------------------------------------------------ alerts */

static int submit_with_alerts(struct test_store *t, uint64_t sequence, const char *const *ids,
                              size_t len, struct store_batch_result *ret_result)
{
    struct store_alert alerts[8] = {0};
    for (size_t i = 0; i < len; i++)
        alerts[i] = (struct store_alert){.id = str_of(ids[i]),
                                         .rule_id = STR("r1"),
                                         .rule_title = STR("A rule"),
                                         .level = ALERT_HIGH,
                                         .time_ns = TEST_NOW_NS,
                                         .json = STR("{}")};
    struct store_batch batch = {.device = STR("dev-1"),
                                .epoch = 7,
                                .sequence = sequence,
                                .received_ns = TEST_NOW_NS,
                                .alerts = alerts,
                                .alerts_len = len};
    return store_batch_wait(t->store, &batch, ret_result, NULL);
}

static void a_batch_and_its_alerts_are_one(void **state)
{
    struct test_store *t = *state;
    static const char *const first[] = {"a1", "a2"};
    static const char *const second[] = {"a2", "a3"};
    struct store_batch_result result;
    struct store_alert alert;
    assert_ok(submit_with_alerts(t, 1, first, 2, &result));
    assert_int_equal(result.alerts_new, 2);
    assert_ok(submit_with_alerts(t, 2, second, 2, &result));
    assert_int_equal(result.alerts_new, 1);
    assert_int_equal(result.alerts_repeated, 1);
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_alert_get(tx, STR("a2"), &t->arena, &alert, NULL));
    assert_int_equal(alert.count, 1);
    assert_str(alert.device, "dev-1");
    assert_true(alert.stored_ns > 0);
    assert_int_equal(alert.state, ALERT_OPEN);
}

static void open_alerts_are_counted_by_device(void **state)
{
    struct test_store *t = *state;
    static const char *const ids[] = {"a1", "a2", "a3"};
    struct store_batch_result result;
    int64_t count = -1;
    assert_ok(submit_with_alerts(t, 1, ids, 3, &result));
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_alert_count_open(tx, STR("dev-1"), &count, NULL));
    assert_int_equal(count, 3);
    assert_ok(store_alert_count_open(tx, STR("dev-2"), &count, NULL));
    assert_int_equal(count, 0);
}

static void a_brief_list_of_alerts_leaves_their_json_out(void **state)
{
    struct test_store *t = *state;
    static const char *const ids[] = {"a1"};
    struct store_batch_result result;
    struct store_alert_list list;
    struct store_page page = {0};
    assert_ok(submit_with_alerts(t, 1, ids, 1, &result));
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    struct store_alert_filter filter = {0};
    assert_ok(store_alert_list(tx, &filter, &page, &t->arena, &list, NULL));
    assert_int_equal(list.len, 1);
    assert_str(list.items[0].json, "{}");
    filter.brief = true;
    assert_ok(store_alert_list(tx, &filter, &page, &t->arena, &list, NULL));
    assert_int_equal(list.len, 1);
    assert_int_equal(list.items[0].json.len, 0);
    assert_str(list.items[0].rule_title, "A rule");
}

/* ------------------------------------------------------------------ input */

static void a_batch_that_is_not_whole_lines_is_refused(void **state)
{
    struct test_store *t = *state;
    struct store_batch_result result;
    struct store_batch batch = {
        .device = STR("dev-1"), .epoch = 7, .sequence = 1, .plain = STR("{}\n{}"), .events = 2};
    assert_int_equal(store_batch_wait(t->store, &batch, &result, NULL), E_ARG);
    batch.plain = STR("{}\n{}\n");
    batch.events = 3;
    assert_int_equal(store_batch_wait(t->store, &batch, &result, NULL), E_ARG);
    batch.events = 2;
    batch.sequence = 0;
    assert_int_equal(store_batch_wait(t->store, &batch, &result, NULL), E_ARG);
    batch.sequence = UINT64_MAX;
    assert_int_equal(store_batch_wait(t->store, &batch, &result, NULL), E_ARG);
    batch.sequence = 1;
    batch.device = STR("");
    assert_int_equal(store_batch_wait(t->store, &batch, &result, NULL), E_ARG);
    batch.device = STR("dev-1");
    batch.alerts_len = 1000000;
    assert_int_equal(store_batch_wait(t->store, &batch, &result, NULL), E_LIMIT);
    batch.alerts_len = 0;
    assert_ok(store_batch_wait(t->store, &batch, &result, NULL));
}

static int commit_one(void *context)
{
    struct test_store *t = context;
    static uint64_t sequence;
    struct store_batch_result result;
    struct store_alert alert = {.id = STR("x"), .json = STR("{}")};
    struct store_batch batch = {.device = STR("dev-1"),
                                .epoch = 99,
                                .sequence = ++sequence,
                                .plain = STR("{}\n{}\n"),
                                .events = 2,
                                .alerts = &alert,
                                .alerts_len = 1};
    return store_batch_wait(t->store, &batch, &result, NULL);
}

static void an_allocation_failure_while_submitting_is_reported(void **state)
{
    test_every_allocation_fails(commit_one, *state, 20000);
}

/* ------------------------------------------------------------------ at once */

enum { SUBMITTERS = 8, EACH = 25 };

struct submitter {
    struct test_store *t;
    unsigned index;
    unsigned stored;
    unsigned duplicates;
};

static void *submit_many(void *arg)
{
    struct submitter *s = arg;
    const char *device = s->index % 2 ? "dev-1" : "dev-2";
    for (uint64_t i = 1; i <= EACH; i++) {
        struct store_batch_result result;
        /* Two submitters of each pair send the very same batches. */
        if (test_store_batch(s->t, device, s->index / 4, i, 20, &result))
            continue;
        s->stored += result.outcome == BATCH_STORED;
        s->duplicates += result.outcome == BATCH_DUPLICATE;
    }
    return NULL;
}

static void the_same_batches_from_many_threads_are_stored_once(void **state)
{
    struct test_store *t = *state;
    struct submitter all[SUBMITTERS];
    pthread_t threads[SUBMITTERS];
    unsigned stored = 0;
    unsigned duplicates = 0;
    for (unsigned i = 0; i < SUBMITTERS; i++) {
        all[i] = (struct submitter){.t = t, .index = i};
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &all[i]), 0);
    }
    for (unsigned i = 0; i < SUBMITTERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        stored += all[i].stored;
        duplicates += all[i].duplicates;
    }
    assert_int_equal(stored, SUBMITTERS / 2 * EACH);
    assert_int_equal(duplicates, SUBMITTERS / 2 * EACH);
    assert_int_equal(test_store_count(t), (uint64_t)stored * 20);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    const struct CMUnitTest tests[] = {
        WITH_STORE(a_committed_batch_is_read_back_as_it_was),
        WITH_STORE(a_repeated_batch_is_stored_once_and_answered_as_before),
        WITH_STORE(the_same_sequence_with_other_content_is_a_clash),
        WITH_STORE(a_gap_is_recorded_and_filled),
        WITH_STORE(a_batch_from_far_behind_is_refused_as_too_old),
        WITH_STORE(only_an_enrolled_device_may_deliver),
        WITH_STORE(segments_are_sealed_by_size_and_still_read),
        WITH_STORE(a_segment_is_sealed_by_age),
        WITH_STORE(a_batch_and_its_alerts_are_one),
        WITH_STORE(open_alerts_are_counted_by_device),
        WITH_STORE(a_brief_list_of_alerts_leaves_their_json_out),
        WITH_STORE(a_batch_that_is_not_whole_lines_is_refused),
        WITH_STORE(an_allocation_failure_while_submitting_is_reported),
        WITH_STORE(the_same_batches_from_many_threads_are_stored_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
