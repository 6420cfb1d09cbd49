/* agent/window, device/batcher: records are numbered, kept until spooled, and spooled once with
 * their ids. */
#include "harness/test.h"

#include <stdio.h>

#include "agent/window.h"
#include "codec/zst.h"
#include "device/batcher.h"
#include "proto/agent_msg.h"
#include "proto/batch.h"

static const unsigned char token[SPOOL_TOKEN_BYTES] = "token-of-monitor";

struct fixture {
    char *folder;
    struct spool *spool;
    struct batcher *batcher;
};

static void open_all(struct fixture *f, uint64_t limit)
{
    struct err err = {0};
    assert_ok_err(spool_open(f->folder, limit, &f->spool, &err), &err);
    assert_ok(batcher_new(STR("dev"), f->spool, &f->batcher));
    batcher_set_token(f->batcher, token);
}

static void close_all(struct fixture *f)
{
    batcher_free(f->batcher);
    spool_free(f->spool);
}

static void add(struct fixture *f, uint64_t record, unsigned alerts)
{
    struct agent_event e = {.record = record, .event = STR("{\"kind\":\"exec\"}")};
    struct buf body CLEANUP(buf_done) = {0};
    struct err err = {0};
    for (unsigned i = 0; i < alerts; i++) {
        e.alerts[i].rule = STR("rule-1");
        e.alerts[i].json = STR("{\"rule\":{}}");
        e.alerts_len++;
    }
    assert_ok(agent_event_write(&e, &body));
    assert_ok_err(batcher_add(f->batcher, buf_str(&body), &err), &err);
}

static uint64_t flush(struct fixture *f)
{
    struct err err = {0};
    uint64_t record = 0;
    assert_ok_err(batcher_flush(f->batcher, &record, &err), &err);
    return record;
}

static void front_text(struct fixture *f, struct buf *plain, uint64_t *ret_sequence)
{
    struct buf packed CLEANUP(buf_done) = {0};
    uint32_t events;
    assert_ok(spool_peek(f->spool, &packed, ret_sequence, &events, NULL));
    assert_ok(zst_decompress(buf_str(&packed), 1 << 20, plain));
}

static void an_alert_stands_behind_its_event_with_ids_that_say_where(void **state)
{
    (void)state;
    struct fixture f = {.folder = test_tmpdir()};
    struct buf plain CLEANUP(buf_done) = {0};
    struct buf event_id CLEANUP(buf_done) = {0};
    char alert_id[BATCH_ALERT_ID_CHARS + 1];
    uint64_t sequence;
    open_all(&f, 1 << 20);
    add(&f, 1, 0);
    add(&f, 2, 1);
    add(&f, 3, 0);
    assert_true(flush(&f) == 3);
    front_text(&f, &plain, &sequence);
    assert_true(sequence == 1);
    struct str rest = buf_str(&plain);
    struct str line;
    unsigned lines = 0;
    while (str_next(&rest, '\n', &line)) {
        assert_int_equal(batch_line_is_alert(line), lines == 2);
        lines++;
    }
    assert_int_equal(lines, 4);
    batch_event_id_add(&event_id, STR("dev"), spool_epoch(f.spool), 1, 1);
    assert_ok(batch_alert_id(STR("dev"), STR("rule-1"), buf_str(&event_id), alert_id));
    assert_true(str_find(buf_str(&plain), str_of(alert_id)) != SIZE_MAX);
    assert_true(str_find(buf_str(&plain), buf_str(&event_id)) != SIZE_MAX);
    close_all(&f);
    test_tmpdir_remove(f.folder);
}

static void an_alert_names_the_boot_session_once_it_is_known(void **state)
{
    (void)state;
    struct fixture f = {.folder = test_tmpdir()};
    struct buf plain CLEANUP(buf_done) = {0};
    struct err err = {0};
    uint64_t sequence;
    open_all(&f, 1 << 20);
    add(&f, 1, 1);
    assert_true(flush(&f) == 1);
    front_text(&f, &plain, &sequence);
    assert_true(str_find(buf_str(&plain), STR("\"boot\"")) == SIZE_MAX);
    assert_ok_err(spool_ack(f.spool, sequence, &err), &err);

    char text[100];
    memset(text, 'b', sizeof text);
    text[0] = '"';
    batcher_set_boot(f.batcher, str_n(text, sizeof text));
    add(&f, 2, 1);
    assert_true(flush(&f) == 2);
    buf_clear(&plain);
    front_text(&f, &plain, &sequence);
    struct buf want CLEANUP(buf_done) = {0};
    buf_add_cstr(&want, ",\"boot\":\"\\\"");
    buf_add_str(&want, str_n(text + 1, 63));
    buf_add_cstr(&want, "\",\"rule\":{}}");
    assert_true(str_find(buf_str(&plain), buf_str(&want)) != SIZE_MAX);
    close_all(&f);
    test_tmpdir_remove(f.folder);
}

static void a_record_that_was_spooled_is_not_spooled_again(void **state)
{
    (void)state;
    struct fixture f = {.folder = test_tmpdir()};
    open_all(&f, 1 << 20);
    add(&f, 1, 0);
    add(&f, 2, 0);
    add(&f, 2, 0); /* sent again while it waits */
    assert_true(flush(&f) == 2);
    add(&f, 1, 0); /* sent again by a restarted analyst */
    assert_true(batcher_empty(f.batcher));
    assert_true(batcher_last(f.batcher) == 2);
    /* A restarted uplink knows it from the disk. */
    close_all(&f);
    open_all(&f, 1 << 20);
    add(&f, 2, 0);
    assert_true(batcher_empty(f.batcher));
    /* Another life of the monitor counts from one again. */
    batcher_set_token(f.batcher, (const unsigned char *)"another-monitor!");
    add(&f, 1, 0);
    assert_false(batcher_empty(f.batcher));
    close_all(&f);
    test_tmpdir_remove(f.folder);
}

static void what_a_full_spool_refuses_waits_and_nothing_is_lost(void **state)
{
    (void)state;
    struct fixture f = {.folder = test_tmpdir()};
    struct err err = {0};
    uint64_t record = 0;
    open_all(&f, 150); /* one small batch fits, not two */
    add(&f, 1, 0);
    assert_true(flush(&f) == 1);
    add(&f, 2, 0);
    assert_int_equal(batcher_flush(f.batcher, &record, &err), E_FULL);
    assert_true(record == 0);
    assert_false(batcher_empty(f.batcher));
    close_all(&f);
    /* The analyst sends it again; the room is there now. */
    open_all(&f, 1 << 20);
    add(&f, 2, 0);
    assert_true(flush(&f) == 2);
    close_all(&f);
    test_tmpdir_remove(f.folder);
}

static void a_damaged_message_is_refused(void **state)
{
    (void)state;
    struct fixture f = {.folder = test_tmpdir()};
    struct err err = {0};
    open_all(&f, 1 << 20);
    assert_int_equal(batcher_add(f.batcher, STR("12345678garbage"), &err), E_PARSE);
    assert_true(batcher_empty(f.batcher));
    close_all(&f);
    test_tmpdir_remove(f.folder);
}

static void the_window_keeps_what_is_not_acknowledged_in_order(void **state)
{
    (void)state;
    struct window w = {0};
    struct str body;
    for (unsigned i = 0; i < 5; i++)
        assert_ok(window_add(&w, STR("record"), &body));
    assert_int_equal(body.len, 8 + 6);
    assert_int_equal((unsigned char)body.ptr[7], 5);
    window_ack(&w, 3);
    assert_int_equal(w.records.len, 2);
    assert_true(w.records.head->record == 4);
    assert_true(window_has_room(&w) && !window_full(&w));
    window_ack(&w, 99);
    assert_int_equal(w.records.len, 0);
    assert_int_equal(w.records.bytes, 0);
    window_done(&w);
}

static void a_window_is_full_by_bytes_and_has_room_again_at_half(void **state)
{
    (void)state;
    struct window w = {0};
    struct str body;
    char *big = mem_calloc(1, 1 << 20);
    assert_non_null(big);
    unsigned added = 0;
    while (!window_full(&w)) {
        assert_ok(window_add(&w, str_n(big, 1 << 20), &body));
        added++;
    }
    assert_int_equal(added, WINDOW_MOST_BYTES >> 20);
    window_ack(&w, 1);
    assert_false(window_full(&w) || window_has_room(&w));
    window_ack(&w, added / 2 + 1);
    assert_true(window_has_room(&w));
    window_done(&w);
    mem_free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alert_stands_behind_its_event_with_ids_that_say_where),
        cmocka_unit_test(an_alert_names_the_boot_session_once_it_is_known),
        cmocka_unit_test(a_record_that_was_spooled_is_not_spooled_again),
        cmocka_unit_test(what_a_full_spool_refuses_waits_and_nothing_is_lost),
        cmocka_unit_test(a_damaged_message_is_refused),
        cmocka_unit_test(the_window_keeps_what_is_not_acknowledged_in_order),
        cmocka_unit_test(a_window_is_full_by_bytes_and_has_room_again_at_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
