/* store: migrations run from every earlier version, a failed one leaves the version before. */
#include "harness/store.h"

#include <stdio.h>

#include "store/sqlite_priv.h"

static void open_database(const char *folder, struct sqlite_conn *ret_conn)
{
    char path[4200];
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/cordon.db", folder);
    assert_ok_err(sqlite_conn_open(path, true, ret_conn, &err), &err);
}

static int64_t ask(struct sqlite_conn *conn, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return value;
}

static void a_database_of_every_earlier_version_is_brought_up(void **state)
{
    (void)state;
    for (size_t version = 0; version <= sqlite_migrations_len; version++) {
        struct sqlite_conn conn;
        struct store *store = NULL;
        struct err err = {0};
        char *folder = test_tmpdir();
        struct store_config config = {.folder = folder, .free_bytes_least = -1};
        open_database(folder, &conn);
        assert_ok(sqlite_migrate(&conn, sqlite_migrations, version, NULL));
        assert_int_equal(ask(&conn, "PRAGMA user_version"), version);
        sqlite_conn_close(&conn);
        assert_ok_err(store_open(&config, &store, &err), &err);
        store_close(store);
        open_database(folder, &conn);
        assert_int_equal(ask(&conn, "PRAGMA user_version"), sqlite_migrations_len);
        sqlite_conn_close(&conn);
        test_tmpdir_remove(folder);
    }
}

static void steps_run_once_in_order_and_a_failed_one_is_undone_whole(void **state)
{
    (void)state;
    static const char *const good[] = {"CREATE TABLE a(x INTEGER) STRICT; INSERT INTO a VALUES(1)",
                                       "UPDATE a SET x=x*10+2", "UPDATE a SET x=x*10+3"};
    const char *const bad[] = {good[0], good[1],
                               "UPDATE a SET x=x*10+9; CREATE TABLE a(x INTEGER)"};
    struct sqlite_conn conn;
    struct err err = {0};
    char *folder = test_tmpdir();
    open_database(folder, &conn);
    assert_int_equal(sqlite_migrate(&conn, bad, 3, &err), E_IO);
    assert_true(str_starts(str_of(err.message), STR("database migration 3:")));
    assert_int_equal(ask(&conn, "PRAGMA user_version"), 2);
    assert_int_equal(ask(&conn, "SELECT x FROM a"), 12);
    assert_ok(sqlite_migrate(&conn, good, 3, NULL));
    assert_ok(sqlite_migrate(&conn, good, 3, NULL));
    assert_int_equal(ask(&conn, "SELECT x FROM a"), 123);
    assert_int_equal(sqlite_migrate(&conn, good, 2, &err), E_VERSION);
    sqlite_conn_close(&conn);
    test_tmpdir_remove(folder);
}

static void the_schema_has_every_column_that_the_tables_name(void **state)
{
    (void)state;
    struct sqlite_conn conn;
    char *folder = test_tmpdir();
    open_database(folder, &conn);
    assert_ok(sqlite_migrate(&conn, sqlite_migrations, sqlite_migrations_len, NULL));
    for (size_t i = 0; table_all[i]; i++) {
        char sql[256];
        (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM pragma_table_info('%s')",
                       table_all[i]->name);
        assert_int_equal(ask(&conn, sql), table_all[i]->len);
        for (size_t c = 0; c < table_all[i]->len; c++) {
            (void)snprintf(sql, sizeof sql,
                           "SELECT count(*) FROM pragma_table_info('%s') WHERE name='%s'",
                           table_all[i]->name, table_all[i]->columns[c].name);
            assert_int_equal(ask(&conn, sql), 1);
        }
    }
    sqlite_conn_close(&conn);
    test_tmpdir_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_of_every_earlier_version_is_brought_up),
        cmocka_unit_test(steps_run_once_in_order_and_a_failed_one_is_undone_whole),
        cmocka_unit_test(the_schema_has_every_column_that_the_tables_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
