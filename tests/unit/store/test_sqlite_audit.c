/* store: the audit log is a chain; whoever changes the database behind Cordon's back is found out.
 */
#include "harness/store.h"

#include <sqlite3.h>
#include <stdio.h>

enum { ENTRIES = 9 };

static int append(struct test_store *t, int i)
{
    char object[32];
    (void)snprintf(object, sizeof object, "device:%d", i);
    const struct store_audit entry = {.time_ns = TEST_NOW_NS + i,
                                      .actor_kind = STR("user"),
                                      .actor = i % 2 ? STR("ann") : STR("ben"),
                                      .address = STR("::1"),
                                      .verb = STR("device.revoke"),
                                      .object = str_of(object),
                                      .detail_json = STR("{\"reason\":\"stolen\"}")};
    return TEST_UNIT(t, store_audit_append(tx, &entry, NULL));
}

static int open_store(void **state)
{
    static struct test_store t;
    test_store_open(&t);
    for (int i = 1; i <= ENTRIES; i++)
        assert_ok(append(&t, i));
    *state = &t;
    return 0;
}

static int close_store(void **state)
{
    test_store_close(*state);
    return 0;
}

/* Change the closed database; @return what SQLite said */
static int tamper(struct test_store *t, const char *sql)
{
    char path[4200];
    sqlite3 *db = NULL;
    store_close(t->store);
    t->store = NULL;
    (void)snprintf(path, sizeof path, "%s/cordon.db", t->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    test_store_reopen(t);
    return rc;
}

static int64_t first_bad(struct test_store *t, int64_t *ret_good)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    int64_t bad = -1;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_audit_verify(tx, ret_good, &bad, NULL));
    return bad;
}

static void an_untouched_chain_verifies_and_lists_newest_first(void **state)
{
    struct test_store *t = *state;
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_audit_list list;
    int64_t good;
    assert_int_equal(first_bad(t, &good), 0);
    assert_int_equal(good, ENTRIES);
    assert_ok(store_read_begin(t->store, &tx, NULL));
    struct store_audit_filter filter = {.actor = STR("ann")};
    assert_ok(store_audit_list(tx, &filter, NULL, &t->arena, &list, NULL));
    assert_int_equal(list.len, 5);
    assert_int_equal(list.items[0].sequence, 9);
    filter = (struct store_audit_filter){.object = STR("device:4")};
    assert_ok(store_audit_list(tx, &filter, NULL, &t->arena, &list, NULL));
    assert_int_equal(list.len, 1);
    filter = (struct store_audit_filter){.since_ns = TEST_NOW_NS + 8};
    assert_ok(store_audit_list(tx, &filter, NULL, &t->arena, &list, NULL));
    assert_int_equal(list.len, 2);
}

static void the_database_itself_refuses_changes_to_the_log(void **state)
{
    struct test_store *t = *state;
    assert_int_equal(tamper(t, "UPDATE audit SET actor='eve' WHERE sequence=3"), SQLITE_CONSTRAINT);
    assert_int_equal(tamper(t, "DELETE FROM audit WHERE sequence=3"), SQLITE_CONSTRAINT);
    int64_t good;
    assert_int_equal(first_bad(t, &good), 0);
}

#define NO_TRIGGERS "DROP TRIGGER audit_keep; DROP TRIGGER audit_hold; "

static void every_changed_column_and_missing_row_breaks_the_chain(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        int64_t bad;
    } cases[] = {
        {"UPDATE audit SET actor='eve' WHERE sequence=3", 3},
        {"UPDATE audit SET time_ns=time_ns+1 WHERE sequence=3", 3},
        {"UPDATE audit SET actor_kind='system' WHERE sequence=1", 1},
        {"UPDATE audit SET address='' WHERE sequence=9", 9},
        {"UPDATE audit SET verb='device.retire' WHERE sequence=3", 3},
        {"UPDATE audit SET object='device:4' WHERE sequence=3", 3},
        {"UPDATE audit SET detail_json='{}' WHERE sequence=3", 3},
        {"UPDATE audit SET prev=hash WHERE sequence=3", 3},
        {"UPDATE audit SET hash=prev WHERE sequence=3", 3},
        {"DELETE FROM audit WHERE sequence=3", 3},
        {"DELETE FROM audit WHERE sequence=1", 1},
        {"UPDATE audit SET sequence=100 WHERE sequence=9", 9},
        {"UPDATE audit SET actor='annb',address=substr(address,2) WHERE sequence=3", 3},
        {"DELETE FROM audit WHERE sequence=3; UPDATE audit SET sequence=-sequence "
         "WHERE sequence>3; UPDATE audit SET sequence=-sequence-1 WHERE sequence<0",
         3},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct test_store *t = NULL;
        void *fresh = NULL;
        char sql[512];
        int64_t good = -1;
        assert_int_equal(open_store(&fresh), 0);
        t = fresh;
        (void)snprintf(sql, sizeof sql, NO_TRIGGERS "%s", cases[i].sql);
        assert_int_equal(tamper(t, sql), SQLITE_OK);
        assert_int_equal(first_bad(t, &good), cases[i].bad);
        assert_int_equal(good, cases[i].bad - 1);
        assert_int_equal(close_store(&fresh), 0);
    }
}

static void an_undone_unit_leaves_no_hole(void **state)
{
    struct test_store *t = *state;
    const struct store_audit entry = {.verb = STR("x")};
    int64_t good;
    struct store_tx *writing = test_store_begin(t);
    assert_ok(store_audit_append(writing, &entry, NULL));
    assert_int_equal(test_store_end(t, E_STATE), E_STATE);
    assert_ok(append(t, ENTRIES + 1));
    assert_int_equal(first_bad(t, &good), 0);
    assert_int_equal(good, ENTRIES + 1);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    const struct CMUnitTest tests[] = {
        WITH_STORE(an_untouched_chain_verifies_and_lists_newest_first),
        WITH_STORE(the_database_itself_refuses_changes_to_the_log),
        cmocka_unit_test(every_changed_column_and_missing_row_breaks_the_chain),
        WITH_STORE(an_undone_unit_leaves_no_hole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
