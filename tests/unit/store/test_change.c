/* store/change: what is committed is told, once, in order, and nothing else is. */
#include "harness/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/hash.h"

/** What was told; filled on the writer thread, read while it has nothing to do. */
struct watch {
    pthread_mutex_t mutex;
    struct store_changes told;
    unsigned commits;
};

static struct watch watched = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void on_commit(void *arg, struct store_changes *changes)
{
    struct watch *w = arg;
    (void)pthread_mutex_lock(&w->mutex);
    store_changes_done(&w->told);
    w->told = *changes;
    *changes = (struct store_changes){0};
    w->commits++;
    (void)pthread_mutex_unlock(&w->mutex);
}

/* The changes of the last commit since the last call; empty when there was none. */
static struct store_changes *take(void)
{
    static struct store_changes last;
    (void)pthread_mutex_lock(&watched.mutex);
    store_changes_done(&last);
    last = watched.told;
    watched.told = (struct store_changes){0};
    (void)pthread_mutex_unlock(&watched.mutex);
    return &last;
}

static int open_store(void **state)
{
    static struct test_store t;
    test_store_open(&t);
    t.config.on_commit = on_commit;
    t.config.on_commit_arg = &watched;
    test_store_reopen(&t);
    test_store_add_device(&t, "dev-1");
    *state = &t;
    return 0;
}

static int close_store(void **state)
{
    test_store_close(*state);
    (void)take();
    return 0;
}

static struct store_alert alert_of(const char *id)
{
    return (struct store_alert){.id = str_of(id),
                                .device = STR("dev-1"),
                                .rule_id = STR("rule-1"),
                                .rule_title = STR("A title"),
                                .level = ALERT_HIGH,
                                .time_ns = TEST_NOW_NS,
                                .received_ns = TEST_NOW_NS,
                                .json = STR("{}")};
}

static int put_alert(struct store_tx *tx, void *arg, struct err *err)
{
    const struct store_alert alert = alert_of(arg);
    bool is_new;
    return store_alert_put(tx, &alert, &is_new, err);
}

static void an_alert_is_told_when_it_is_new_and_when_it_changes(void **state)
{
    struct test_store *t = *state;
    test_store_write(t, put_alert, "a1");
    const struct store_changes *c = take();
    assert_int_equal(c->len, 1);
    assert_int_equal(c->items[0].kind, CHANGE_ALERT);
    assert_true(c->items[0].is_new);
    assert_str(c->items[0].id, "a1");
    assert_str(c->items[0].device, "dev-1");
    assert_str(c->items[0].title, "A title");
    assert_int_equal(c->items[0].state, ALERT_OPEN);
    assert_int_equal(c->items[0].level, ALERT_HIGH);
    assert_true(c->items[0].time_ns == TEST_NOW_NS);

    test_store_write(t, put_alert, "a1"); /* known already */
    assert_int_equal(take()->len, 0);

    assert_ok(TEST_UNIT(t, store_alert_set_state(tx, STR("a1"), ALERT_CLOSED, STR("u"), TEST_NOW_NS,
                                                 STR("why"), NULL)));
    c = take();
    assert_int_equal(c->len, 1);
    assert_false(c->items[0].is_new);
    assert_int_equal(c->items[0].state, ALERT_CLOSED);
    assert_str(c->items[0].title, "A title");
}

static int put_action(struct store_tx *tx, enum action_state action_state)
{
    const struct store_action action = {.id = STR("x1"),
                                        .request = STR("r1"),
                                        .device = STR("dev-1"),
                                        .name = STR("message"),
                                        .args_json = STR("{}"),
                                        .state = action_state,
                                        .reason = STR("why"),
                                        .requested_by = STR("u"),
                                        .requested_ns = TEST_NOW_NS,
                                        .expires_ns = TEST_NOW_NS + 1};
    return store_action_put(tx, &action, NULL);
}

static int put_action_twice(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    (void)err;
    int rc = put_action(tx, ACTION_QUEUED);
    return rc ? rc : put_action(tx, ACTION_RUNNING);
}

static void every_write_of_an_action_is_told_in_order(void **state)
{
    struct test_store *t = *state;
    test_store_write(t, put_action_twice, NULL);
    const struct store_changes *c = take();
    assert_int_equal(c->len, 2);
    assert_true(c->items[0].is_new);
    assert_false(c->items[1].is_new);
    assert_int_equal(c->items[0].state, ACTION_QUEUED);
    assert_int_equal(c->items[1].state, ACTION_RUNNING);
    assert_str(c->items[1].request, "r1");
    assert_str(c->items[1].title, "message");
}

static int put_and_fail(struct store_tx *tx, void *arg, struct err *err)
{
    int rc = put_alert(tx, arg, err);
    return rc ? rc : err_set(err, E_DENIED, "no");
}

static void a_unit_that_fails_is_not_told(void **state)
{
    struct test_store *t = *state;
    (void)take();
    assert_int_equal(store_write_wait(t->store, put_and_fail, "a2", NULL), E_DENIED);
    assert_int_equal(take()->len, 0);
    /* Another unit of the same commit is. */
    struct store_tx *tx = test_store_begin(t);
    assert_ok(store_write(t->store, put_and_fail, NULL, "a3"));
    assert_ok(store_write(t->store, put_alert, NULL, "a4"));
    assert_ok(store_write(t->store, put_and_fail, NULL, "a5"));
    assert_ok(put_alert(tx, "a6", NULL));
    assert_ok(test_store_end(t, 0));
    test_store_write(t, put_alert, "a6"); /* no news, and behind the others */
    const struct store_changes *c = take();
    assert_int_equal(c->len, 1);
    assert_str(c->items[0].id, "a4");
}

static void a_commit_that_fails_is_not_told(void **state)
{
#ifdef CORDON_FAILPOINTS
    struct test_store *t = *state; /* adding the device was the first commit */
    unsigned commits = watched.commits;
    assert_str(take()->items[0].id, "dev-1");
    assert_int_equal(store_write_wait(t->store, put_alert, "a1", NULL), E_IO);
    assert_int_equal(watched.commits, commits);
    test_store_write(t, put_alert, "a1");
    assert_true(take()->items[0].is_new);
#else
    (void)state;
    skip();
#endif
}

static int batch_with_alerts(struct test_store *t, uint64_t sequence,
                             const struct store_alert *alerts, size_t len)
{
    char hash[HASH_HEX_BYTES];
    struct store_batch_result result;
    assert_ok(hash_sha256_hex(STR("x"), hash));
    struct store_batch batch = {.device = STR("dev-1"),
                                .epoch = 1,
                                .sequence = sequence,
                                .received_ns = TEST_NOW_NS,
                                .sha256 = str_of(hash),
                                .alerts = alerts,
                                .alerts_len = len};
    return store_batch_wait(t->store, &batch, &result, NULL);
}

static void the_new_alerts_of_a_batch_are_told(void **state)
{
    struct test_store *t = *state;
    const struct store_alert alerts[] = {alert_of("b1"), alert_of("b2"), alert_of("b1")};
    (void)take();
    assert_ok(batch_with_alerts(t, 1, alerts, 3));
    const struct store_changes *c = take();
    assert_int_equal(c->len, 2);
    assert_str(c->items[0].id, "b1");
    assert_str(c->items[1].id, "b2");
    assert_true(c->items[1].is_new && c->items[1].state == ALERT_OPEN);
    assert_ok(batch_with_alerts(t, 1, alerts, 3)); /* a repeat */
    assert_ok(batch_with_alerts(t, 2, alerts, 3)); /* the same alerts again */
    assert_int_equal(take()->len, 0);
}

static void more_alerts_than_are_listed_are_counted(void **state)
{
    struct test_store *t = *state;
    size_t most = STORE_CHANGES_MOST;
    struct store_alert *alerts = calloc(most, sizeof *alerts);
    char(*ids)[16] = calloc(most, sizeof *ids);
    uint64_t told = 0;
    assert_true(alerts && ids);
    (void)take();
    /* Two batches of the most that one may have: in one commit or two. */
    size_t each = 5000;
    for (uint64_t sequence = 1; sequence <= 2; sequence++) {
        for (size_t i = 0; i < each; i++) {
            (void)snprintf(ids[i], sizeof ids[i], "c%llu-%zu", (unsigned long long)sequence, i);
            alerts[i] = alert_of(ids[i]);
        }
        assert_ok(batch_with_alerts(t, sequence, alerts, each));
        const struct store_changes *c = take();
        assert_false(c->incomplete);
        told += c->len + c->alerts_more;
    }
    assert_int_equal(told, 2 * each);
    free(alerts);
    free(ids);

    struct store_changes c = {0};
    const struct store_alert one = alert_of("d");
    for (size_t i = 0; i < most + 7; i++)
        store_changes_add_alert(&c, &one, true);
    assert_int_equal(c.len, most);
    assert_int_equal(c.alerts_more, 7);
    assert_false(c.incomplete);
    struct store_changes_mark mark = {3, 0};
    store_changes_cut(&c, mark);
    assert_int_equal(c.len, 3);
    assert_int_equal(c.alerts_more, 0);
    store_changes_done(&c);
    assert_false(store_changes_any(&c));
}

static int touch_others(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    const struct store_user user = {
        .name = STR("u"), .role = ROLE_VIEWER, .password_hash = STR("x")};
    const struct store_ruleset ruleset = {.version = STR("v1"), .path = STR("p")};
    struct store_device device;
    struct arena arena CLEANUP(arena_done) = {0};
    int rc = store_user_put(tx, &user, err);
    if (!rc)
        rc = store_ruleset_put(tx, &ruleset, err);
    if (!rc)
        rc = store_ruleset_activate(tx, STR("v1"), err);
    if (!rc)
        rc = store_token_delete_user(tx, STR("u"), TOKEN_SESSION, STR(""), err);
    if (!rc)
        rc = store_device_get(tx, STR("dev-1"), &arena, &device, err);
    return rc ? rc : store_device_put(tx, &device, err);
}

static void devices_rulesets_and_people_are_told(void **state)
{
    struct test_store *t = *state;
    const struct store_changes *c = take();
    assert_int_equal(c->len, 1);
    assert_true(c->items[0].kind == CHANGE_DEVICE && c->items[0].is_new);
    test_store_write(t, touch_others, NULL);
    c = take();
    assert_int_equal(c->len, 4);
    assert_int_equal(c->items[0].kind, CHANGE_PEOPLE);
    assert_int_equal(c->items[1].kind, CHANGE_RULESET);
    assert_str(c->items[1].id, "v1");
    assert_int_equal(c->items[2].kind, CHANGE_PEOPLE);
    assert_true(c->items[3].kind == CHANGE_DEVICE && !c->items[3].is_new);
    assert_str(c->items[3].id, "dev-1");
}

static int add_three(void *context)
{
    (void)context;
    struct store_changes c = {0};
    const struct store_alert alert = alert_of("a");
    for (int i = 0; i < 3; i++)
        store_changes_add_alert(&c, &alert, true);
    int rc = c.incomplete ? E_NOMEM : 0;
    assert_true(rc || c.len == 3);
    store_changes_done(&c);
    return rc;
}

static void what_could_not_be_noted_is_known_to_be_missing(void **state)
{
    (void)state;
    test_every_allocation_fails(add_three, NULL, 20);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int main(void)
{
    /* Read at the first pass of a fail point: the second commit of the first test fails. */
    (void)setenv("CORDON_FAILPOINT", "store.commit.before=error:2", 1);
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_commit_that_fails_is_not_told),
        STORE_TEST(an_alert_is_told_when_it_is_new_and_when_it_changes),
        STORE_TEST(every_write_of_an_action_is_told_in_order),
        STORE_TEST(a_unit_that_fails_is_not_told),
        STORE_TEST(the_new_alerts_of_a_batch_are_told),
        STORE_TEST(more_alerts_than_are_listed_are_counted),
        STORE_TEST(devices_rulesets_and_people_are_told),
        cmocka_unit_test(what_could_not_be_noted_is_known_to_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
