/* server/stream_ring: messages are numbered without a gap, and who comes back learns whether it
 * missed what is gone. */
#include "harness/test.h"

#include <stdio.h>

#include "server/stream_ring.h"

static int add(struct stream_ring *r, const char *text)
{
    struct buf data CLEANUP(buf_done) = {0};
    buf_addf(&data, "{\"x\":\"%s\"}", text);
    return stream_ring_add(r, PERM_ALERTS_READ, "alert", &data);
}

static int resume(const struct stream_ring *r, const char *number)
{
    char id[128];
    uint64_t sequence;
    (void)snprintf(id, sizeof id, "%s-%s", r->epoch, number);
    return stream_ring_resume(r, str_of(id), &sequence);
}

static void a_message_is_a_whole_event(void **state)
{
    (void)state;
    struct stream_ring r;
    char expected[128];
    assert_ok(stream_ring_init(&r, 4));
    assert_int_equal(strlen(r.epoch), 16);
    assert_ok(add(&r, "one"));
    assert_int_equal(r.last, 1);
    (void)snprintf(expected, sizeof expected, "id: %s-1\nevent: alert\ndata: {\"x\":\"one\"}\n\n",
                   r.epoch);
    const struct stream_message *m = stream_ring_get(&r, 1);
    assert_str(buf_str(&m->text), expected);
    assert_int_equal(m->reads, PERM_ALERTS_READ);
    stream_ring_done(&r);
}

static void the_oldest_give_way(void **state)
{
    (void)state;
    struct stream_ring r;
    char text[16];
    assert_ok(stream_ring_init(&r, 4));
    assert_true(stream_ring_has(&r, 0));
    for (unsigned i = 1; i <= 10; i++) {
        (void)snprintf(text, sizeof text, "m%u", i);
        assert_ok(add(&r, text));
        assert_int_equal(r.last, i);
        assert_int_equal(r.first, i <= 4 ? 1 : i - 3);
        for (uint64_t n = r.first; n <= r.last; n++) {
            (void)snprintf(text, sizeof text, "m%llu\"", (unsigned long long)n);
            assert_true(str_find(buf_str(&stream_ring_get(&r, n)->text), str_of(text)) != SIZE_MAX);
        }
    }
    assert_false(stream_ring_has(&r, 5));
    assert_true(stream_ring_has(&r, 6));
    assert_true(stream_ring_has(&r, 10));
    assert_false(stream_ring_has(&r, 11));
    stream_ring_done(&r);
}

static void an_id_is_resumed_from_only_when_nothing_after_it_is_gone(void **state)
{
    (void)state;
    struct stream_ring r;
    uint64_t sequence = 77;
    assert_ok(stream_ring_init(&r, 4));
    assert_ok(resume(&r, "0"));
    assert_int_equal(resume(&r, "1"), E_NOT_FOUND);
    for (int i = 0; i < 10; i++)
        assert_ok(add(&r, "x"));
    assert_int_equal(resume(&r, "0"), E_LIMIT);
    assert_int_equal(resume(&r, "5"), E_LIMIT);
    assert_ok(resume(&r, "6"));
    assert_ok(resume(&r, "10"));
    assert_int_equal(resume(&r, "11"), E_NOT_FOUND);
    assert_int_equal(resume(&r, "18446744073709551615"), E_NOT_FOUND);
    assert_int_equal(resume(&r, "18446744073709551616"), E_PARSE);
    assert_int_equal(resume(&r, ""), E_PARSE);
    assert_int_equal(resume(&r, "-6"), E_PARSE);
    assert_int_equal(resume(&r, "6 "), E_PARSE);
    assert_int_equal(resume(&r, "000000000000000000000000000000000000000000000000000006"), E_PARSE);
    assert_int_equal(stream_ring_resume(&r, STR(""), &sequence), E_PARSE);
    assert_int_equal(stream_ring_resume(&r, STR("6"), &sequence), E_PARSE);
    assert_int_equal(stream_ring_resume(&r, STR("0123456789abcdef-6"), &sequence), E_NOT_FOUND);
    assert_int_equal(sequence, 77);
    stream_ring_done(&r);
}

static void what_was_forgotten_is_missed_by_everybody(void **state)
{
    (void)state;
    struct stream_ring r;
    assert_ok(stream_ring_init(&r, 4));
    assert_ok(add(&r, "a"));
    stream_ring_forget(&r);
    assert_int_equal(resume(&r, "0"), E_LIMIT);
    assert_int_equal(resume(&r, "1"), E_LIMIT);
    assert_true(stream_ring_has(&r, r.last));
    assert_ok(add(&r, "b"));
    assert_int_equal(r.first, r.last);
    assert_int_equal(resume(&r, "1"), E_LIMIT);
    assert_ok(resume(&r, "2"));
    stream_ring_done(&r);
}

static int add_some(void *context)
{
    (void)context;
    struct stream_ring r;
    int rc = stream_ring_init(&r, 2);
    if (rc)
        return rc;
    for (unsigned i = 0; i < 3 && !rc; i++) {
        uint64_t before = r.last;
        rc = add(&r, "text");
        assert_int_equal(r.last, before + (rc == 0));
    }
    stream_ring_done(&r);
    return rc;
}

static void a_message_that_has_no_memory_is_not_there(void **state)
{
    (void)state;
    test_every_allocation_fails(add_some, NULL, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_a_whole_event),
        cmocka_unit_test(the_oldest_give_way),
        cmocka_unit_test(an_id_is_resumed_from_only_when_nothing_after_it_is_gone),
        cmocka_unit_test(what_was_forgotten_is_missed_by_everybody),
        cmocka_unit_test(a_message_that_has_no_memory_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
