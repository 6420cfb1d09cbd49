/* store: lists come in pages that neither skip nor repeat; filters; the overview; the tables. */
#include "harness/store.h"

#include <stdio.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "store/columns.h"

static int open_store(void **state)
{
    static struct test_store t;
    test_store_open(&t);
    *state = &t;
    return 0;
}

static int close_store(void **state)
{
    test_store_close(*state);
    return 0;
}

/* Alerts a0..a(n-1) of dev-1 and dev-2; three share each time of receipt. */
static int put_alerts(struct store_tx *tx, unsigned from, unsigned n)
{
    int rc = 0;
    for (unsigned i = from; i < from + n && !rc; i++) {
        char id[16];
        bool is_new = false;
        (void)snprintf(id, sizeof id, "a%u", i);
        const struct store_alert alert = {.id = str_of(id),
                                          .device = i % 2 ? STR("dev-1") : STR("dev-2"),
                                          .rule_id = i % 5 ? STR("r1") : STR("r2"),
                                          .rule_title =
                                              i % 10 ? STR("A 1007 sign") : STR("A 100% SIGN_1"),
                                          .time_ns = TEST_NOW_NS + i * 60 * NS_PER_S,
                                          .level = (enum alert_level)(i % ALERT_LEVEL_COUNT),
                                          .state = i % 4 ? ALERT_OPEN : ALERT_ACKNOWLEDGED,
                                          .received_ns = TEST_NOW_NS + i / 3,
                                          .json = STR("{}")};
        rc = store_alert_put(tx, &alert, &is_new, NULL);
    }
    return rc;
}

static unsigned walk_alerts(struct test_store *t, const struct store_alert_filter *filter,
                            uint32_t limit, bool *seen)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_page page = {.limit = limit};
    unsigned count = 0;
    int64_t last = INT64_MAX;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    do {
        struct store_alert_list list;
        assert_ok(store_alert_list(tx, filter, &page, &t->arena, &list, NULL));
        assert_true(list.len <= limit);
        for (size_t i = 0; i < list.len; i++) {
            uint64_t n;
            assert_true(list.items[i].received_ns <= last);
            last = list.items[i].received_ns;
            assert_ok(str_to_u64(str_sub(list.items[i].id, 1, SIZE_MAX), &n));
            assert_false(seen[n]);
            seen[n] = true;
            count++;
        }
        page.cursor = list.next;
    } while (page.cursor.len);
    return count;
}

static void pages_of_any_size_yield_every_row_once_newest_first(void **state)
{
    struct test_store *t = *state;
    test_store_add_device(t, "dev-1");
    test_store_add_device(t, "dev-2");
    assert_ok(TEST_UNIT(t, put_alerts(tx, 0, 100)));
    struct store_alert_filter all = {0};
    for (uint32_t limit = 1; limit < 120; limit += 7) {
        bool seen[200] = {false};
        assert_int_equal(walk_alerts(t, &all, limit, seen), 100);
    }
}

static void what_is_added_meanwhile_does_not_disturb_the_pages(void **state)
{
    struct test_store *t = *state;
    struct store_page page = {.limit = 10};
    struct store_alert_filter all = {0};
    struct store_alert_list list;
    test_store_add_device(t, "dev-1");
    test_store_add_device(t, "dev-2");
    assert_ok(TEST_UNIT(t, put_alerts(tx, 0, 30)));
    unsigned count = 0;
    for (unsigned added = 30; added == 30 || page.cursor.len; added += 3) {
        assert_ok(TEST_UNIT(t, store_alert_list(tx, &all, &page, &t->arena, &list, NULL)));
        count += (unsigned)list.len;
        page.cursor = list.next;
        assert_ok(TEST_UNIT(t, put_alerts(tx, added, 3)));
    }
    assert_int_equal(count, 30);
}

static void filters_narrow_a_list(void **state)
{
    struct test_store *t = *state;
    test_store_add_device(t, "dev-1");
    test_store_add_device(t, "dev-2");
    assert_ok(TEST_UNIT(t, put_alerts(tx, 0, 100)));
    static const struct {
        struct store_alert_filter filter;
        unsigned expected;
    } cases[] = {
        {{.states = 1u << ALERT_OPEN}, 75},
        {{.states = 1u << ALERT_OPEN | 1u << ALERT_ACKNOWLEDGED}, 100},
        {{.states = 1u << ALERT_CLOSED}, 0},
        {{.levels = 1u << ALERT_HIGH | 1u << ALERT_CRITICAL}, 40},
        {{.device = {"dev-1", 5}}, 50},
        {{.rule_id = {"r2", 2}}, 20},
        {{.since_ns = TEST_NOW_NS + 30}, 10},
        {{.until_ns = TEST_NOW_NS + 30}, 90},
        {{.since_ns = TEST_NOW_NS + 10, .until_ns = TEST_NOW_NS + 11}, 3},
        {{.text = {"SIGN", 4}}, 100},
        {{.text = {"100% sign_", 10}}, 10},
        {{.text = {"100%%", 5}}, 0},
        {{.text = {"N_", 2}}, 10},
        {{.text = {"\\", 1}}, 0},
        {{.text = {"V-1", 3}}, 50}, /* of the host name */
        {{.text = {"%", 1}, .device = {"dev-1", 5}}, 0},
        {{.text = {"%", 1}, .states = 1u << ALERT_OPEN}, 5},
        {{.states = 1u << ALERT_OPEN, .device = {"dev-2", 5}, .levels = 1u << ALERT_LOW}, 5},
        {{.states = 1u << 20}, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool seen[200] = {false};
        assert_int_equal(walk_alerts(t, &cases[i].filter, 9, seen), cases[i].expected);
    }
}

static void a_count_is_what_the_list_has_up_to_a_bound(void **state)
{
    struct test_store *t = *state;
    test_store_add_device(t, "dev-1");
    test_store_add_device(t, "dev-2");
    assert_ok(TEST_UNIT(t, put_alerts(tx, 0, 100)));
    static const struct {
        struct store_alert_filter filter;
        uint32_t most;
        uint32_t expected;
    } cases[] = {
        {{0}, 1000, 100},
        {{0}, 100, 100},
        {{0}, 99, 99},
        {{.states = 1u << ALERT_OPEN}, 1000, 75},
        {{.states = 1u << ALERT_CLOSED}, 1000, 0},
        {{.device = {"dev-2", 5}, .states = 1u << ALERT_OPEN}, 1000, 25},
        {{.rule_id = {"r2", 2}, .levels = 1u << ALERT_INFORMATIONAL}, 1000, 20},
        {{.text = {"100%", 4}}, 1000, 10},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint32_t count = UINT32_MAX;
        assert_ok(
            TEST_UNIT(t, store_alert_count(tx, &cases[i].filter, cases[i].most, &count, NULL)));
        assert_int_equal(count, cases[i].expected);
    }
}

static void around_an_alert_are_the_others_of_its_device_newest_first(void **state)
{
    struct test_store *t = *state;
    struct store_alert alert;
    struct store_alert_list list;
    test_store_add_device(t, "dev-1");
    test_store_add_device(t, "dev-2");
    assert_ok(TEST_UNIT(t, put_alerts(tx, 0, 100)));
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_alert_get(tx, STR("a50"), &t->arena, &alert, NULL));
    /* one a minute, every other one of this device */
    assert_ok(store_alert_around(tx, &alert, 240 * NS_PER_S, 20, &t->arena, &list, NULL));
    assert_int_equal(list.len, 4);
    assert_str(list.items[0].id, "a54");
    assert_str(list.items[1].id, "a52");
    assert_str(list.items[2].id, "a48");
    assert_str(list.items[3].id, "a46");
    assert_ok(store_alert_around(tx, &alert, 240 * NS_PER_S, 3, &t->arena, &list, NULL));
    assert_int_equal(list.len, 3);
    assert_ok(store_alert_around(tx, &alert, 119 * NS_PER_S, 20, &t->arena, &list, NULL));
    assert_int_equal(list.len, 0);
}

static bool is_even(const void *arg, struct str id)
{
    unsigned *asked = (unsigned *)(uintptr_t)arg;
    (*asked)++;
    return (id.ptr[id.len - 1] - '0') % 2 == 0;
}

static void devices_are_narrowed_by_what_only_the_caller_knows(void **state)
{
    struct test_store *t = *state;
    unsigned asked = 0;
    unsigned found = 0;
    struct store_device_filter filter = {.accept = is_even, .accept_arg = &asked};
    struct store_page page = {.limit = 2};
    for (unsigned i = 0; i < 10; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "dev-%u", i);
        test_store_add_device(t, id);
    }
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    do {
        struct store_device_list list;
        assert_ok(store_device_list(tx, &filter, &page, &t->arena, &list, NULL));
        for (size_t i = 0; i < list.len; i++, found += 2)
            assert_int_equal(list.items[i].id.ptr[4], '0' + (int)found);
        page.cursor = list.next;
    } while (page.cursor.len);
    assert_int_equal(found, 10);
    assert_true(asked >= 10);
}

static int set_condition(struct store_tx *tx, const char *id, enum condition condition,
                         enum isolation isolation, struct arena *arena)
{
    struct store_device d;
    int rc = store_device_get(tx, str_of(id), arena, &d, NULL);
    d.condition = condition;
    d.isolation_observed = isolation;
    return rc ? rc : store_device_put(tx, &d, NULL);
}

static void devices_are_narrowed_by_condition_and_isolation(void **state)
{
    struct test_store *t = *state;
    struct store_device_list list;
    struct store_page page = {0};
    struct store_overview o;
    struct store_device_filter poor = {.conditions = 1u << CONDITION_POOR};
    struct store_device_filter isolated = {.isolations = 1u << ISOLATION_ISOLATED,
                                           .conditions =
                                               1u << CONDITION_GOOD | 1u << CONDITION_UNKNOWN};
    test_store_add_device(t, "dev-1");
    test_store_add_device(t, "dev-2");
    test_store_add_device(t, "dev-3");
    assert_ok(
        TEST_UNIT(t, set_condition(tx, "dev-2", CONDITION_POOR, ISOLATION_ISOLATED, &t->arena)));
    assert_ok(
        TEST_UNIT(t, set_condition(tx, "dev-3", CONDITION_GOOD, ISOLATION_ISOLATED, &t->arena)));
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_device_list(tx, &poor, &page, &t->arena, &list, NULL));
    assert_int_equal(list.len, 1);
    assert_str(list.items[0].id, "dev-2");
    assert_ok(store_device_list(tx, &isolated, &page, &t->arena, &list, NULL));
    assert_int_equal(list.len, 1);
    assert_str(list.items[0].id, "dev-3");
    assert_ok(store_overview(tx, TEST_NOW_NS, &o, NULL));
    assert_int_equal(o.poor, 1);
    assert_int_equal(o.isolated, 2);
}

static int put_received(struct store_tx *tx, const char *id, int64_t received_ns)
{
    bool is_new;
    const struct store_alert alert = {.id = str_of(id),
                                      .device = STR("dev-1"),
                                      .level = ALERT_LOW,
                                      .received_ns = received_ns,
                                      .json = STR("{}")};
    return store_alert_put(tx, &alert, &is_new, NULL);
}

static void the_overview_sorts_alerts_by_hour_and_age(void **state)
{
    struct test_store *t = *state;
    const int64_t hour = 3600 * NS_PER_S;
    const int64_t now = TEST_NOW_NS + hour / 2; /* half past */
    struct store_overview o;
    test_store_add_device(t, "dev-1");
    assert_ok(TEST_UNIT(t, put_received(tx, "future", now + 2 * hour)));
    assert_ok(TEST_UNIT(t, put_received(tx, "now", now)));
    assert_ok(TEST_UNIT(t, put_received(tx, "this-hour", TEST_NOW_NS)));
    assert_ok(TEST_UNIT(t, put_received(tx, "last-hour", TEST_NOW_NS - 1)));
    assert_ok(TEST_UNIT(t, put_received(tx, "first", TEST_NOW_NS - 23 * hour)));
    assert_ok(TEST_UNIT(t, put_received(tx, "before", TEST_NOW_NS - 23 * hour - 1)));
    assert_ok(TEST_UNIT(t, put_received(tx, "week", now - 6 * 24 * hour)));
    assert_ok(TEST_UNIT(t, put_received(tx, "old", now - 8 * 24 * hour)));
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_overview(tx, now, &o, NULL));
    assert_int_equal(o.hours_from_ns, TEST_NOW_NS - 23 * hour);
    assert_int_equal(o.alerts_in_hour[23], 3);
    assert_int_equal(o.alerts_in_hour[22], 1);
    assert_int_equal(o.alerts_in_hour[0], 1);
    for (unsigned i = 1; i < 22; i++)
        assert_int_equal(o.alerts_in_hour[i], 0);
    assert_int_equal(o.alerts_open_by_age[AGE_HOUR], 4);
    assert_int_equal(o.alerts_open_by_age[AGE_DAY], 2);
    assert_int_equal(o.alerts_open_by_age[AGE_WEEK], 1);
    assert_int_equal(o.alerts_open_by_age[AGE_OLDER], 1);
    assert_int_equal(o.alerts_open[ALERT_LOW], 8);
}

static void a_cursor_of_another_list_or_no_cursor_at_all_is_refused(void **state)
{
    struct test_store *t = *state;
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_page page = {.limit = 1};
    struct store_device_filter devices = {0};
    struct store_device_list device_list;
    struct store_alert_filter alerts = {0};
    struct store_alert_list alert_list;
    test_store_add_device(t, "dev-1");
    test_store_add_device(t, "dev-2");
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_device_list(tx, &devices, &page, &t->arena, &device_list, NULL));
    assert_true(device_list.next.len > 0);
    page.cursor = device_list.next;
    assert_int_equal(store_alert_list(tx, &alerts, &page, &t->arena, &alert_list, NULL), E_ARG);
    static const char *const bad[] = {"A", "!!!!", "AQ", "AQEAAAAAAAAA", "' OR 1=1 --"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        page.cursor = str_of(bad[i]);
        assert_int_equal(store_alert_list(tx, &alerts, &page, &t->arena, &alert_list, NULL), E_ARG);
    }
    page.cursor = device_list.next;
    assert_ok(store_device_list(tx, &devices, &page, &t->arena, &device_list, NULL));
    assert_str(device_list.items[0].id, "dev-2");
    assert_int_equal(device_list.next.len, 0);
}

static void hostile_text_is_data(void **state)
{
    struct test_store *t = *state;
    static const char name[] = "x'); DROP TABLE devices; --";
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_device_filter filter = {.text = STR("DROP table")};
    struct store_device_list list;
    struct store_page page = {0};
    test_store_add_device(t, name);
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_device_list(tx, &filter, &page, &t->arena, &list, NULL));
    assert_int_equal(list.len, 1);
    assert_str(list.items[0].hostname, name);
    filter.text = STR("%");
    assert_ok(store_device_list(tx, &filter, &page, &t->arena, &list, NULL));
    assert_int_equal(list.len, 0);
}

static void the_overview_counts(void **state)
{
    struct test_store *t = *state;
    struct store_batch_result result;
    struct store_overview o;
    test_store_add_device(t, "dev-1");
    test_store_add_device(t, "dev-2");
    assert_ok(
        TEST_UNIT(t, store_device_seen(tx, STR("dev-1"), TEST_NOW_NS + 100, STR("::1"), 5, NULL)));
    assert_int_equal(
        TEST_UNIT(t, store_device_seen(tx, STR("dev-9"), TEST_NOW_NS, STR("::1"), 5, NULL)),
        E_NOT_FOUND);
    assert_ok(TEST_UNIT(t, put_alerts(tx, 0, 100)));
    assert_ok(test_store_batch(t, "dev-1", 1, 1, 12, &result));
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_overview(tx, TEST_NOW_NS + 50, &o, NULL));
    assert_int_equal(o.platform_macos + o.platform_linux, 2);
    assert_int_equal(o.poor, 0);
    assert_int_equal(o.devices[DEVICE_ENROLLED], 2);
    assert_int_equal(o.isolated, 0);
    assert_int_equal(o.alerts_acknowledged, 25);
    assert_int_equal(o.alerts_open[ALERT_CRITICAL], 15);
    assert_int_equal(o.events, 12);
    assert_int_equal(o.batches, 1);
    assert_int_equal(o.actions_pending + o.actions_running, 0);
}

static void rulesets_have_at_most_one_active(void **state)
{
    struct test_store *t = *state;
    struct store_ruleset r = {
        .version = STR("v1"), .path = STR("rulesets/v1"), .active = true, .created_ns = 1};
    struct store_ruleset active;
    assert_ok(TEST_UNIT(t, store_ruleset_put(tx, &r, NULL)));
    r.version = STR("v2");
    assert_ok(TEST_UNIT(t, store_ruleset_put(tx, &r, NULL)));
    assert_int_equal(TEST_UNIT(t, store_ruleset_active(tx, &t->arena, &active, NULL)), E_NOT_FOUND);
    assert_int_equal(TEST_UNIT(t, store_ruleset_activate(tx, STR("v3"), NULL)), E_NOT_FOUND);
    assert_ok(TEST_UNIT(t, store_ruleset_activate(tx, STR("v1"), NULL)));
    assert_ok(TEST_UNIT(t, store_ruleset_activate(tx, STR("v2"), NULL)));
    assert_ok(TEST_UNIT(t, store_ruleset_put(tx, &r, NULL)));
    assert_ok(TEST_UNIT(t, store_ruleset_active(tx, &t->arena, &active, NULL)));
    assert_str(active.version, "v2");
}

static void every_column_of_every_record_survives_a_round_trip(void **state)
{
    struct test_store *t = *state;
    const struct store_action put = {.id = STR("i"),
                                     .request = STR("r"),
                                     .device = STR("dev-1"),
                                     .name = STR("kill"),
                                     .args_json = STR("{}"),
                                     .state = ACTION_TIMED_OUT,
                                     .reason = STR("why"),
                                     .requested_by = STR("me"),
                                     .requested_ns = 1,
                                     .decided_by = STR("you"),
                                     .decided_ns = 2,
                                     .decision = STR("ok"),
                                     .queued_ns = 3,
                                     .delivered_ns = 4,
                                     .finished_ns = 5,
                                     .expires_ns = INT64_MAX,
                                     .generation = 7,
                                     .rollback_ns = 8,
                                     .due_ns = 9,
                                     .result_json = STR("[]"),
                                     .nonce = {"\0\1\2", 3},
                                     .envelope = {"\xff\0", 2}};
    struct store_action got;
    test_store_add_device(t, "dev-1");
    assert_ok(TEST_UNIT(t, store_action_put(tx, &put, NULL)));
    assert_ok(TEST_UNIT(t, store_action_get(tx, STR("i"), &t->arena, &got, NULL)));
    for (size_t i = 0; i < table_action.len; i++) {
        const struct column *c = &table_action.columns[i];
        const char *a = (const char *)&put + c->offset;
        const char *b = (const char *)&got + c->offset;
        if (c->type == COLUMN_TEXT || c->type == COLUMN_BLOB) {
            struct str x;
            struct str y;
            memcpy(&x, a, sizeof x);
            memcpy(&y, b, sizeof y);
            assert_true(str_eq(x, y));
        } else {
            assert_memory_equal(a, b, c->type == COLUMN_NAME ? sizeof(int) : sizeof(int64_t));
        }
    }
    assert_int_equal(
        TEST_UNIT(t, store_action_put(tx, &(struct store_action){.id = STR("j")}, NULL)),
        E_NOT_FOUND);
}

static void every_table_has_unique_columns_and_its_key_first(void **state)
{
    (void)state;
    for (size_t i = 0; table_all[i]; i++) {
        const struct table *table = table_all[i];
        assert_true(table->key_len > 0 && table->key_len < table->len);
        for (size_t a = 0; a < table->len; a++) {
            assert_ptr_equal(column_get(table, table->columns[a].name), &table->columns[a]);
            assert_true(table->columns[a].offset < table->record_size);
            for (unsigned v = 0; v < table->columns[a].names_len; v++)
                assert_int_equal(
                    column_name_find(&table->columns[a], column_name_of(&table->columns[a], v)), v);
        }
    }
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    const struct CMUnitTest tests[] = {
        WITH_STORE(pages_of_any_size_yield_every_row_once_newest_first),
        WITH_STORE(what_is_added_meanwhile_does_not_disturb_the_pages),
        WITH_STORE(filters_narrow_a_list),
        WITH_STORE(a_cursor_of_another_list_or_no_cursor_at_all_is_refused),
        WITH_STORE(hostile_text_is_data),
        WITH_STORE(a_count_is_what_the_list_has_up_to_a_bound),
        WITH_STORE(around_an_alert_are_the_others_of_its_device_newest_first),
        WITH_STORE(devices_are_narrowed_by_what_only_the_caller_knows),
        WITH_STORE(devices_are_narrowed_by_condition_and_isolation),
        WITH_STORE(the_overview_sorts_alerts_by_hour_and_age),
        WITH_STORE(the_overview_counts),
        WITH_STORE(rulesets_have_at_most_one_active),
        WITH_STORE(every_column_of_every_record_survives_a_round_trip),
        cmocka_unit_test(every_table_has_unique_columns_and_its_key_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
