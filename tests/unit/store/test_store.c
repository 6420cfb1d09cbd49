/* store: opening, units of work, group commit, snapshots. */
#include "harness/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#include "schema/param.h"

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

static int put_setting(struct store_tx *tx, void *arg, struct err *err)
{
    const char *key = arg;
    return store_setting_put(tx, str_of(key), STR("there"), err);
}

static bool has_setting(struct test_store *t, const char *key)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct str value;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    return store_setting_get(tx, str_of(key), &t->arena, &value, NULL) == 0;
}

static void what_a_unit_of_work_wrote_is_there_after_reopening(void **state)
{
    struct test_store *t = *state;
    test_store_write(t, put_setting, "a");
    assert_true(has_setting(t, "a"));
    test_store_reopen(t);
    assert_true(has_setting(t, "a"));
    assert_false(has_setting(t, "b"));
}

static int put_and_fail(struct store_tx *tx, void *arg, struct err *err)
{
    int rc = put_setting(tx, arg, err);
    return rc ? rc : err_set(err, E_STATE, "changed my mind");
}

static void a_unit_that_fails_leaves_nothing_and_says_why(void **state)
{
    struct test_store *t = *state;
    struct err err = {0};
    assert_int_equal(store_write_wait(t->store, put_and_fail, "a", &err), E_STATE);
    assert_string_equal(err.message, "changed my mind");
    assert_false(has_setting(t, "a"));
}

/* ------------------------------------------------------------------ many at once */

enum { UNITS = 200 };

struct tally {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    unsigned done;
    unsigned succeeded;
};

struct unit {
    struct tally *tally;
    char key[16];
    bool fails;
};

static int work_unit(struct store_tx *tx, void *arg, struct err *err)
{
    struct unit *u = arg;
    return u->fails ? put_and_fail(tx, u->key, err) : put_setting(tx, u->key, err);
}

static void unit_done(void *arg, int rc, const struct err *err)
{
    struct unit *u = arg;
    (void)pthread_mutex_lock(&u->tally->mutex);
    u->tally->done++;
    u->tally->succeeded += rc == 0;
    if ((rc != 0) != u->fails || (rc != 0) != (err != NULL))
        u->tally->succeeded = UINT16_MAX;
    (void)pthread_cond_signal(&u->tally->cond);
    (void)pthread_mutex_unlock(&u->tally->mutex);
}

static int hold_writer(struct store_tx *tx, void *arg, struct err *err)
{
    (void)tx;
    (void)err;
    (void)pthread_mutex_lock(arg);
    (void)pthread_mutex_unlock(arg);
    return 0;
}

static void many_units_share_a_commit_and_failures_do_not_spoil_it(void **state)
{
    struct test_store *t = *state;
    struct tally tally = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};
    static struct unit units[UNITS];
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    struct store_stats before;
    struct store_stats after;
    store_stats(t->store, &before);
    (void)pthread_mutex_lock(&gate);
    assert_ok(store_write(t->store, hold_writer, NULL, &gate));
    for (unsigned i = 0; i < UNITS; i++) {
        units[i] = (struct unit){.tally = &tally, .fails = i % 3 == 1};
        (void)snprintf(units[i].key, sizeof units[i].key, "key%u", i);
        assert_ok(store_write(t->store, work_unit, unit_done, &units[i]));
    }
    (void)pthread_mutex_unlock(&gate);
    (void)pthread_mutex_lock(&tally.mutex);
    while (tally.done < UNITS)
        (void)pthread_cond_wait(&tally.cond, &tally.mutex);
    (void)pthread_mutex_unlock(&tally.mutex);
    unsigned expected = 0;
    for (unsigned i = 0; i < UNITS; i++) {
        assert_int_equal(has_setting(t, units[i].key), !units[i].fails);
        expected += !units[i].fails;
    }
    assert_int_equal(tally.succeeded, expected);
    store_stats(t->store, &after);
    assert_int_equal(after.units - before.units, UNITS + 1);
    assert_true(after.groups - before.groups <= 3);
}

static void a_full_queue_pushes_back(void **state)
{
    struct test_store *t = *state;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    unsigned queued = 0;
    int rc;
    (void)pthread_mutex_lock(&gate);
    assert_ok(store_write(t->store, hold_writer, NULL, &gate));
    while ((rc = store_write(t->store, put_setting, NULL, "a")) == 0)
        queued++;
    (void)pthread_mutex_unlock(&gate);
    assert_int_equal(rc, E_AGAIN);
    assert_true(queued + 1 >= param_default(PARAM_STORE_QUEUE)); /* one may be the gate */
    while ((rc = store_write_wait(t->store, put_setting, "b", NULL)) == E_AGAIN)
        ;
    assert_ok(rc);
}

static void an_order_gets_through_when_the_queue_of_telemetry_is_full(void **state)
{
    struct test_store *t = *state;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    struct store_batch batch = {
        .device = STR("dev-1"), .epoch = 1, .plain = STR("{}\n"), .events = 1, .sha256 = STR("x")};
    int rc;
    test_store_add_device(t, "dev-1");
    (void)pthread_mutex_lock(&gate);
    assert_ok(store_write(t->store, hold_writer, NULL, &gate));
    do {
        batch.sequence++;
        rc = store_batch_submit(t->store, &batch, NULL, NULL, NULL);
    } while (rc == 0);
    assert_int_equal(rc, E_AGAIN);
    assert_ok(store_write(t->store, put_setting, NULL, "urgent"));
    (void)pthread_mutex_unlock(&gate);
    test_store_reopen(t);
    assert_true(has_setting(t, "urgent"));
    assert_int_equal(test_store_count(t), batch.sequence - 1);
}

static void the_files_are_for_their_owner_alone(void **state)
{
    struct test_store *t = *state;
    static const char *const names[] = {"cordon.db", "cordon.db-wal", "lock", "segments"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct stat st;
        char path[4200];
        (void)snprintf(path, sizeof path, "%s/%s", t->folder, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 077, 0);
    }
}

static void a_reader_sees_one_moment(void **state)
{
    struct test_store *t = *state;
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct str value;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_int_equal(store_setting_get(tx, STR("a"), &t->arena, &value, NULL), E_NOT_FOUND);
    test_store_write(t, put_setting, "a");
    assert_int_equal(store_setting_get(tx, STR("a"), &t->arena, &value, NULL), E_NOT_FOUND);
    assert_true(has_setting(t, "a"));
}

/* ------------------------------------------------------------------ opening */

static void a_folder_belongs_to_one_store_at_a_time(void **state)
{
    struct test_store *t = *state;
    struct store *second = NULL;
    struct err err = {0};
    assert_int_equal(store_open(&t->config, &second, &err), E_STATE);
    assert_true(str_find(str_of(err.message), STR("another process")) != SIZE_MAX);
}

/* Run SQL on the closed store's database. */
static void tamper(struct test_store *t, const char *sql)
{
    char path[4200];
    sqlite3 *db = NULL;
    store_close(t->store);
    t->store = NULL;
    (void)snprintf(path, sizeof path, "%s/cordon.db", t->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_newer_database_is_refused_with_its_version(void **state)
{
    struct test_store *t = *state;
    struct err err = {0};
    tamper(t, "PRAGMA user_version=999");
    assert_int_equal(store_open(&t->config, &t->store, &err), E_VERSION);
    assert_true(str_find(str_of(err.message), STR("version 999")) != SIZE_MAX);
    assert_null(t->store);
}

static void somebody_elses_database_is_refused(void **state)
{
    struct test_store *t = *state;
    tamper(t, "PRAGMA application_id=1");
    assert_int_equal(store_open(&t->config, &t->store, NULL), E_PARSE);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct test_store *t = *state;
    char path[4200];
    store_close(t->store);
    t->store = NULL;
    (void)snprintf(path, sizeof path, "%s/cordon.db", t->folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 1000; i++)
        (void)fputs("this is no database\n", f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(store_open(&t->config, &t->store, NULL), E_PARSE);
}

static void a_damaged_database_is_found_by_the_check(void **state)
{
    struct test_store *t = *state;
    t->config.check = true;
    test_store_reopen(t);
    tamper(t, "PRAGMA writable_schema=ON;"
              "UPDATE sqlite_schema SET rootpage=(SELECT rootpage FROM sqlite_schema "
              "WHERE name='alerts') WHERE name='actions'");
    struct err err = {0};
    assert_int_equal(store_open(&t->config, &t->store, &err), E_PARSE);
}

static void an_unknown_backend_and_a_bad_shard_number_are_refused(void **state)
{
    struct test_store *t = *state;
    struct store *second = NULL;
    struct store_config config = {.backend = "cards", .folder = t->folder};
    assert_int_equal(store_open(&config, &second, NULL), E_ARG);
    char *folder = test_tmpdir();
    config = (struct store_config){.folder = folder, .shards = 1000};
    assert_int_equal(store_open(&config, &second, NULL), E_ARG);
    test_tmpdir_remove(folder);
    assert_null(second);
}

static int open_and_close(void *context)
{
    struct store_config config = {.folder = context, .shards = 1, .free_bytes_least = -1};
    struct store *store = NULL;
    int rc = store_open(&config, &store, NULL);
    store_close(store);
    return rc;
}

static void an_allocation_failure_while_opening_is_reported(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    test_every_allocation_fails(open_and_close, folder, 200);
    test_tmpdir_remove(folder);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    const struct CMUnitTest tests[] = {
        WITH_STORE(what_a_unit_of_work_wrote_is_there_after_reopening),
        WITH_STORE(a_unit_that_fails_leaves_nothing_and_says_why),
        WITH_STORE(many_units_share_a_commit_and_failures_do_not_spoil_it),
        WITH_STORE(a_full_queue_pushes_back),
        WITH_STORE(an_order_gets_through_when_the_queue_of_telemetry_is_full),
        WITH_STORE(the_files_are_for_their_owner_alone),
        WITH_STORE(a_reader_sees_one_moment),
        WITH_STORE(a_folder_belongs_to_one_store_at_a_time),
        WITH_STORE(a_newer_database_is_refused_with_its_version),
        WITH_STORE(somebody_elses_database_is_refused),
        WITH_STORE(a_file_that_is_no_database_is_refused),
        WITH_STORE(a_damaged_database_is_found_by_the_check),
        WITH_STORE(an_unknown_backend_and_a_bad_shard_number_are_refused),
        cmocka_unit_test(an_allocation_failure_while_opening_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
