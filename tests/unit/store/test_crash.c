/* store: killed, failing or out of space at every fail point, nothing that was acknowledged is lost
 * and nothing is stored twice. A child process works and writes what was acknowledged into a ledger
 * of its own; the parent opens the folder afterwards and compares. */
#include "harness/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/file.h"

#ifdef CORDON_FAILPOINTS

enum { BATCHES = 36, EVENTS = 30, TRIES = 50 };

static const char *const devices[] = {"dev-1", "dev-2", "dev-3"};

/* ------------------------------------------------------------------ the child */

static void note(int ledger, const char *device, uint64_t sequence)
{
    char line[64];
    int n = snprintf(line, sizeof line, "%s/%llu\n", device, (unsigned long long)sequence);
    if (write(ledger, line, (size_t)n) != n)
        _exit(3);
}

/* One batch until it is acknowledged; a fail point fires once, so a retry must succeed. */
static void deliver(struct test_store *t, int ledger, const char *device, uint64_t sequence)
{
    struct store_batch_result result;
    for (unsigned i = 0; i < TRIES; i++) {
        if (test_store_batch(t, device, 1, sequence, EVENTS, &result) == 0) {
            if (result.outcome == BATCH_TOO_OLD)
                _exit(4);
            note(ledger, device, sequence);
            return;
        }
    }
    _exit(5);
}

static int put_setting(struct store_tx *tx, void *arg, struct err *err)
{
    return store_setting_put(tx, str_of(arg), STR("there"), err);
}

static void set(struct test_store *t, int ledger, uint64_t sequence)
{
    char key[32];
    (void)snprintf(key, sizeof key, "key%llu", (unsigned long long)sequence);
    for (unsigned i = 0; i < TRIES; i++) {
        if (store_write_wait(t->store, put_setting, key, NULL) == 0) {
            note(ledger, "setting", sequence);
            return;
        }
    }
    _exit(6);
}

static int put_devices(struct store_tx *tx, void *arg, struct err *err)
{
    int rc = 0;
    (void)arg;
    for (size_t i = 0; i < ARRAY_LEN(devices) && !rc; i++) {
        const struct store_device device = {.id = str_of(devices[i]),
                                            .hardware_uuid = str_of(devices[i]),
                                            .key_fingerprint = str_of(devices[i])};
        rc = store_device_put(tx, &device, err);
    }
    return rc;
}

/* Never returns. Works through all batches; each run after a crash begins again at the first. */
static void child(struct test_store *t, const char *ledger_path, const char *failpoint,
                  const char *log_path)
{
    int ledger = open(ledger_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (ledger < 0 || setenv("CORDON_FAILPOINT", failpoint, 1) != 0)
        _exit(2);
    if (log_path && setenv("CORDON_FAILPOINT_LOG", log_path, 1) != 0)
        _exit(2);
    for (unsigned tries = 0; store_open(&t->config, &t->store, NULL); tries++) {
        if (tries == TRIES)
            _exit(7);
    }
    for (unsigned tries = 0; store_write_wait(t->store, put_devices, NULL, NULL); tries++) {
        if (tries == TRIES)
            _exit(8);
    }
    for (uint64_t i = 1; i <= BATCHES; i++) {
        deliver(t, ledger, devices[i % ARRAY_LEN(devices)], i);
        if (i % 4 == 0)
            set(t, ledger, i);
    }
    store_close(t->store);
    _exit(0);
}

static int run_child(struct test_store *t, const char *ledger_path, const char *failpoint,
                     const char *log_path)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        child(t, ledger_path, failpoint, log_path);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* ------------------------------------------------------------------ the comparison */

struct found {
    unsigned events[ARRAY_LEN(devices)][BATCHES + 1];
};

static void tally(void *arg, const struct segment_frame *frame, struct str plain)
{
    struct found *found = arg;
    struct str rest = plain;
    struct str line;
    size_t device = 0;
    while (device < ARRAY_LEN(devices) && !str_is(frame->device, devices[device]))
        device++;
    assert_true(device < ARRAY_LEN(devices) && frame->sequence <= BATCHES);
    while (str_next(&rest, '\n', &line))
        found->events[device][frame->sequence]++;
}

static bool in_ledger(struct str ledger, const char *device, uint64_t sequence)
{
    char want[64];
    struct str line;
    (void)snprintf(want, sizeof want, "%s/%llu", device, (unsigned long long)sequence);
    while (str_next(&ledger, '\n', &line)) {
        if (str_is(line, want))
            return true;
    }
    return false;
}

static void compare(struct test_store *t, const char *ledger_path)
{
    struct found found = {0};
    struct buf ledger CLEANUP(buf_done) = {0};
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct str value;
    int rc = file_read(ledger_path, 1 << 20, &ledger, NULL);
    assert_true(rc == 0 || rc == E_NOT_FOUND); /* it died before the first note */
    test_store_read(t, tally, &found);
    for (size_t d = 0; d < ARRAY_LEN(devices); d++) {
        for (uint64_t i = 1; i <= BATCHES; i++) {
            unsigned events = found.events[d][i];
            if (in_ledger(buf_str(&ledger), devices[d], i))
                assert_int_equal(events, EVENTS);
            else if (events != 0) /* durable, but the answer got lost */
                assert_int_equal(events, EVENTS);
        }
    }
    assert_ok(store_read_begin(t->store, &tx, NULL));
    for (uint64_t i = 1; i <= BATCHES; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "key%llu", (unsigned long long)i);
        if (in_ledger(buf_str(&ledger), "setting", i))
            assert_ok(store_setting_get(tx, str_of(key), &t->arena, &value, NULL));
    }
}

/* A child that fails at `failpoint`, the comparison, a child that finishes, the comparison. */
static void fail_and_recover(const char *failpoint, bool kills)
{
    struct test_store t = {.folder = test_tmpdir()};
    struct store_stats stats;
    char ledger[4200];
    char data[4200];
    (void)snprintf(ledger, sizeof ledger, "%s/ledger", t.folder);
    (void)snprintf(data, sizeof data, "%s/data", t.folder);
    t.config = (struct store_config){
        .folder = data, .shards = 2, .segment_bytes = 1200, .free_bytes_least = -1};
    char *folder = t.folder;
    t.folder = data;
    int status = run_child(&t, ledger, failpoint, NULL);
    if (kills ? !WIFSIGNALED(status) : !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        print_error("%s: child's status %#x\n", failpoint, (unsigned)status);
        fail();
    }
    test_store_reopen(&t);
    compare(&t, ledger);
    store_stats(t.store, &stats);
    assert_int_equal(stats.segments_damaged, 0);
    store_close(t.store);
    t.store = NULL;
    assert_int_equal(run_child(&t, ledger, "", NULL), 0);
    test_store_reopen(&t);
    compare(&t, ledger);
    assert_int_equal(test_store_count(&t), BATCHES * EVENTS);
    store_close(t.store);
    arena_done(&t.arena);
    test_tmpdir_remove(folder);
}

/* Names of the fail points that an undisturbed run passes. */
static void list_failpoints(struct buf *names)
{
    struct test_store t = {.folder = test_tmpdir()};
    char ledger[4200];
    char log[4200];
    char data[4200];
    (void)snprintf(ledger, sizeof ledger, "%s/ledger", t.folder);
    (void)snprintf(log, sizeof log, "%s/log", t.folder);
    (void)snprintf(data, sizeof data, "%s/data", t.folder);
    t.config = (struct store_config){
        .folder = data, .shards = 2, .segment_bytes = 1200, .free_bytes_least = -1};
    assert_int_equal(run_child(&t, ledger, "", log), 0);
    assert_ok(file_read(log, 1 << 20, names, NULL));
    test_tmpdir_remove(t.folder);
}

static void at_every_fail_point(const char *action, bool kills)
{
    struct buf names CLEANUP(buf_done) = {0};
    struct str name;
    unsigned points = 0;
    list_failpoints(&names);
    struct str rest = buf_str(&names);
    while (str_next(&rest, '\n', &name)) {
        char failpoint[256];
        unsigned nth = str_starts(name, STR("store.migrate")) ? 1 : 1 + points % 3;
        (void)snprintf(failpoint, sizeof failpoint, "%.*s=%s:%u", STR_FMT(name), action, nth);
        fail_and_recover(failpoint, kills);
        points++;
    }
    assert_true(points >= 16);
}

static void a_kill_at_any_fail_point_loses_and_doubles_nothing(void **state)
{
    (void)state;
    at_every_fail_point("kill", true);
}

static void a_failed_call_at_any_fail_point_loses_and_doubles_nothing(void **state)
{
    (void)state;
    at_every_fail_point("error", false);
}

static void a_full_disk_at_any_fail_point_loses_and_doubles_nothing(void **state)
{
    (void)state;
    at_every_fail_point("full", false);
}

static void a_second_crash_during_recovery_is_recovered_too(void **state)
{
    (void)state;
    struct test_store t = {.folder = test_tmpdir()};
    char ledger[4200];
    char data[4200];
    char *folder = t.folder;
    (void)snprintf(ledger, sizeof ledger, "%s/ledger", t.folder);
    (void)snprintf(data, sizeof data, "%s/data", t.folder);
    t.config = (struct store_config){
        .folder = data, .shards = 2, .segment_bytes = 65536, .free_bytes_least = -1};
    t.folder = data;
    assert_true(WIFSIGNALED(run_child(&t, ledger, "segment.append.after=kill:9", NULL)));
    assert_true(WIFSIGNALED(run_child(&t, ledger, "segment.cut.before=kill", NULL)));
    assert_true(WIFSIGNALED(run_child(&t, ledger, "segment.cut.after=kill", NULL)));
    test_store_reopen(&t);
    compare(&t, ledger);
    store_close(t.store);
    arena_done(&t.arena);
    test_tmpdir_remove(folder);
}

#endif

/* ------------------------------------------------------------------ a disk that is really full */

static void a_full_file_system_refuses_and_works_again_with_space(void **state)
{
    (void)state;
    struct test_store t = {.folder = test_tmpdir()};
    struct store_batch_result result;
    uint64_t stored = 0;
    int rc = 0;
    if (mount("tmpfs", t.folder, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=0700") != 0) {
        print_message("skipped: a file system cannot be mounted here\n");
        test_tmpdir_remove(t.folder);
        skip();
    }
    t.config = (struct store_config){.folder = t.folder, .shards = 1, .free_bytes_least = -1};
    test_store_reopen(&t);
    test_store_add_device(&t, "dev-1");
    for (unsigned i = 0; i < 20000 && rc == 0; i++) {
        rc = test_store_batch(&t, "dev-1", 1, stored + 1, 50, &result);
        stored += rc == 0;
    }
    assert_int_equal(rc, E_FULL);
    assert_true(stored > 50);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(test_store_batch(&t, "dev-1", 1, stored + 1, 50, &result), E_FULL);
    assert_int_equal(test_store_count(&t), stored * 50);
    assert_int_equal(
        mount("tmpfs", t.folder, "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV, "size=16m,mode=0700"),
        0);
    assert_ok(test_store_batch(&t, "dev-1", 1, stored + 1, 50, &result));
    assert_int_equal(result.outcome, BATCH_STORED);
    test_store_reopen(&t);
    assert_int_equal(test_store_count(&t), (stored + 1) * 50);
    store_close(t.store);
    assert_int_equal(umount(t.folder), 0);
    arena_done(&t.arena);
    test_tmpdir_remove(t.folder);
}

static void telemetry_stops_before_the_disk_is_full_and_orders_go_on(void **state)
{
    (void)state;
    struct test_store t;
    struct store_batch_result result;
    test_store_open(&t);
    test_store_add_device(&t, "dev-1");
    assert_ok(test_store_batch(&t, "dev-1", 1, 1, 5, &result));
    t.config.free_bytes_least = INT64_MAX;
    test_store_reopen(&t);
    assert_int_equal(test_store_batch(&t, "dev-1", 1, 2, 5, &result), E_FULL);
    assert_ok(test_store_batch(&t, "dev-1", 1, 1, 5, &result));
    assert_int_equal(result.outcome, BATCH_DUPLICATE);
    test_store_add_device(&t, "dev-2");
    test_store_close(&t);
}

int main(void)
{
    /* A killed process loses nothing of a memory file system either, and that one syncs fast. */
    if (access("/dev/shm", W_OK) == 0)
        assert_int_equal(setenv("TMPDIR", "/dev/shm", 0), 0);
    const struct CMUnitTest tests[] = {
#ifdef CORDON_FAILPOINTS
        cmocka_unit_test(a_kill_at_any_fail_point_loses_and_doubles_nothing),
        cmocka_unit_test(a_failed_call_at_any_fail_point_loses_and_doubles_nothing),
        cmocka_unit_test(a_full_disk_at_any_fail_point_loses_and_doubles_nothing),
        cmocka_unit_test(a_second_crash_during_recovery_is_recovered_too),
#endif
        cmocka_unit_test(a_full_file_system_refuses_and_works_again_with_space),
        cmocka_unit_test(telemetry_stops_before_the_disk_is_full_and_orders_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
