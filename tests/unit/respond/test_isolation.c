#include "respond/isolation.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/respond/netlab.h"

enum { ROLLBACK_MS = 1000 };

/* ------------------------------------------------------------------ a kernel in memory */

static struct {
    bool present;
    bool tampered;
    struct isolate_policy policy;
    int apply_fails; /* error code of the next calls, 0 = none */
    int release_fails;
    bool leaks; /* the rules are there and do nothing */
} kernel;

static int ram_apply(const struct isolate_policy *policy, struct err *err)
{
    if (kernel.apply_fails)
        return err_set(err, kernel.apply_fails, "the kernel said no");
    kernel.present = true;
    kernel.tampered = false;
    kernel.policy = *policy;
    return 0;
}

static int ram_release(struct err *err)
{
    if (kernel.release_fails)
        return err_set(err, kernel.release_fails, "the kernel said no");
    kernel.present = false;
    return 0;
}

static int ram_check(const struct isolate_policy *wanted, enum isolate_found *ret_found,
                     struct err *err)
{
    (void)err;
    *ret_found = !kernel.present ? ISOLATE_ABSENT
                 : kernel.tampered || !isolate_policy_equal(&kernel.policy, wanted)
                     ? ISOLATE_DIFFERENT
                     : ISOLATE_AS_WANTED;
    return 0;
}

static int ram_probe(const struct isolate_policy *policy, struct isolate_probe *ret_probe,
                     struct err *err)
{
    (void)policy;
    *ret_probe =
        (struct isolate_probe){ISOLATE_ANSWERED, kernel.leaks ? ISOLATE_ANSWERED : ISOLATE_SILENT};
    return kernel.leaks ? err_set(err, E_STATE, "it came through") : 0;
}

static const struct isolation_backend ram = {ram_apply, ram_release, ram_check, NULL};
static const struct isolation_backend ram_probing = {ram_apply, ram_release, ram_check, ram_probe};

static char *folder;
static char path[512];

static int set_up(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof kernel);
    folder = test_tmpdir();
    (void)snprintf(path, sizeof path, "%s/isolation", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_tmpdir_remove(folder);
    return 0;
}

static struct isolation *start(const struct isolation_backend *backend, int64_t now_ms)
{
    struct isolation *i = NULL;
    struct err err = {0};
    assert_ok(isolation_new(path, backend, ROLLBACK_MS, &i));
    assert_ok_err(isolation_restore(i, now_ms, &err), &err);
    return i;
}

static struct isolate_policy policy(uint64_t generation, const char *address)
{
    struct isolate_policy p = {.generation = generation, .uid = 4321};
    struct isolate_address a;
    assert_ok(isolate_address_parse(str_of(address), &a, NULL));
    assert_ok(isolate_policy_add(p.lifeline, &p.lifeline_len, &a, NULL));
    return p;
}

static void order(struct isolation *i, uint64_t generation, int64_t now_ms)
{
    struct isolate_policy p = policy(generation, "10.77.0.1:8443");
    struct err err = {0};
    assert_ok_err(isolation_order(i, &p, NULL, now_ms, &err), &err);
}

static struct isolation_status status(struct isolation *i)
{
    struct isolation_status s;
    isolation_status(i, &s);
    return s;
}

static void tick(struct isolation *i, int64_t now_ms)
{
    struct err err = {0};
    assert_ok_err(isolation_tick(i, now_ms, &err), &err);
}

static void an_order_isolates_and_a_later_one_releases(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    struct err err = {0};
    assert_false(status(i).isolated);
    order(i, 5, 0);
    assert_true(kernel.present);
    assert_true(status(i).isolated && status(i).persisted && !status(i).confirmed);
    assert_int_equal(status(i).generation, 5);
    assert_true(status(i).since_ns > 0);
    assert_int_equal(isolation_policy(i)->lifeline[0].port, 8443);
    assert_ok_err(isolation_release(i, 6, &err), &err);
    assert_false(kernel.present);
    assert_false(status(i).isolated);
    assert_int_equal(status(i).generation, 6);
    isolation_free(i);
}

static void an_older_order_never_wins(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    struct err err = {0};
    order(i, 5, 0);
    struct isolate_policy p = policy(4, "10.77.0.1:8443");
    assert_int_equal(isolation_order(i, &p, NULL, 0, &err), E_STATE);
    assert_int_equal(isolation_release(i, 4, &err), E_STATE);
    assert_true(kernel.present);
    order(i, 5, 0); /* the same order again is harmless */
    assert_ok(isolation_release(i, 6, &err));
    assert_ok(isolation_release(i, 6, &err));
    p.generation = 6;
    assert_int_equal(isolation_order(i, &p, NULL, 0, &err), E_STATE);
    assert_false(kernel.present);
    isolation_free(i);
}

static void an_unconfirmed_isolation_undoes_itself_in_time_and_stays_undone(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    order(i, 5, 100);
    tick(i, 100 + ROLLBACK_MS - 1);
    assert_true(kernel.present);
    tick(i, 100 + ROLLBACK_MS);
    assert_false(kernel.present);
    assert_true(status(i).rolled_back);
    struct isolate_policy p = policy(5, "10.77.0.1:8443");
    assert_int_equal(isolation_order(i, &p, NULL, 2000, NULL), E_STATE);
    isolation_free(i);
    i = start(&ram, 0);
    assert_false(kernel.present);
    order(i, 6, 0);
    assert_false(status(i).rolled_back);
    isolation_free(i);
}

static void a_confirmed_isolation_never_undoes_itself(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    struct err err = {0};
    order(i, 5, 0);
    assert_ok_err(isolation_confirm(i, &err), &err);
    tick(i, INT64_MAX);
    assert_true(kernel.present);
    isolation_free(i);
    /* Not after a restart, nor after a later order with another address. */
    i = start(&ram, 0);
    assert_true(status(i).confirmed);
    tick(i, INT64_MAX);
    struct isolate_policy p = policy(6, "192.0.2.99:443");
    assert_ok_err(isolation_order(i, &p, NULL, 0, &err), &err);
    tick(i, INT64_MAX);
    assert_true(kernel.present);
    assert_int_equal(kernel.policy.lifeline_len, 2); /* the proven way is kept */
    isolation_free(i);
}

static void an_unconfirmed_isolation_gets_its_time_again_after_a_restart(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    order(i, 5, 0);
    isolation_free(i);
    i = start(&ram, 50000);
    assert_true(kernel.present);
    tick(i, 50000 + ROLLBACK_MS - 1);
    assert_true(kernel.present);
    tick(i, 50000 + ROLLBACK_MS);
    assert_false(kernel.present);
    isolation_free(i);
}

static void rules_that_do_not_hold_are_no_isolation_and_are_looked_at_again(void **state)
{
    (void)state;
    struct isolation *i = start(&ram_probing, 0);
    struct isolate_policy p = policy(5, "10.77.0.1:8443");
    struct err err = {0};
    kernel.leaks = true;
    assert_int_equal(isolation_order(i, &p, NULL, 0, &err), E_STATE);
    assert_string_equal(err.message, "it came through");
    assert_true(kernel.present);
    assert_false(status(i).isolated);
    assert_int_equal(status(i).probe.others, ISOLATE_ANSWERED);
    assert_int_equal(isolation_tick(i, 1, &err), E_STATE);
    assert_false(status(i).isolated);
    kernel.leaks = false;
    tick(i, 2);
    assert_true(status(i).isolated);
    isolation_free(i);
}

static void a_server_that_answers_the_probe_confirms_nothing(void **state)
{
    (void)state;
    struct isolation *i = start(&ram_probing, 0);
    order(i, 5, 0);
    assert_int_equal(status(i).probe.server, ISOLATE_ANSWERED);
    assert_true(status(i).isolated);
    assert_false(status(i).confirmed);
    isolation_free(i);
}

static void changed_rules_are_put_back_and_counted(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    order(i, 5, 0);
    tick(i, 1);
    assert_int_equal(status(i).reasserted, 0);
    kernel.tampered = true;
    tick(i, 2);
    assert_false(kernel.tampered);
    kernel.present = false;
    tick(i, 3);
    assert_true(kernel.present);
    assert_int_equal(status(i).reasserted, 2);
    isolation_free(i);
}

static void it_outlives_a_restart_in_either_direction(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    order(i, 5, 0);
    isolation_free(i);
    kernel.present = false; /* a boot */
    i = start(&ram, 0);
    assert_true(kernel.present);
    assert_ok(isolation_release(i, 6, NULL));
    isolation_free(i);
    kernel.present = true; /* killed between the wish and the kernel */
    i = start(&ram, 0);
    assert_false(kernel.present);
    isolation_free(i);
}

static void a_first_isolation_the_kernel_refuses_leaves_nothing_behind(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    struct isolate_policy p = policy(5, "10.77.0.1:8443");
    struct err err = {0};
    kernel.apply_fails = E_STATE;
    kernel.present = true; /* as after a readback that differs */
    assert_int_equal(isolation_order(i, &p, NULL, 0, &err), E_STATE);
    assert_string_equal(err.message, "the kernel said no");
    assert_false(kernel.present);
    assert_false(status(i).isolated);
    isolation_free(i);
    kernel.apply_fails = 0;
    i = start(&ram, 0);
    assert_false(kernel.present);
    order(i, 5, 0); /* and may be tried again */
    isolation_free(i);
}

static void a_later_isolation_the_kernel_refuses_keeps_the_earlier(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    struct isolate_policy p = policy(6, "192.0.2.99:443");
    order(i, 5, 0);
    assert_ok(isolation_confirm(i, NULL));
    kernel.apply_fails = E_IO;
    assert_int_equal(isolation_order(i, &p, NULL, 0, NULL), E_IO);
    kernel.apply_fails = 0;
    assert_true(kernel.present);
    assert_int_equal(status(i).generation, 5);
    tick(i, 1);
    assert_int_equal(status(i).reasserted, 0);
    isolation_free(i);
}

static void a_release_the_kernel_refuses_is_tried_again(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    order(i, 5, 0);
    kernel.release_fails = E_TIMEOUT;
    assert_int_equal(isolation_release(i, 6, NULL), E_TIMEOUT);
    assert_true(status(i).isolated);
    assert_int_equal(isolation_tick(i, 1, NULL), E_TIMEOUT);
    kernel.release_fails = 0;
    tick(i, 2);
    assert_false(kernel.present);
    assert_false(status(i).isolated);
    isolation_free(i);
}

static void a_folder_that_cannot_be_written_does_not_stop_containment(void **state)
{
    (void)state;
    struct isolation *i = NULL;
    struct err err = {0};
    char file[640];
    (void)snprintf(file, sizeof file, "%s/missing/isolation", folder);
    assert_ok(isolation_new(file, &ram, ROLLBACK_MS, &i));
    assert_ok_err(isolation_restore(i, 0, &err), &err);
    order(i, 5, 0);
    assert_true(kernel.present);
    assert_false(status(i).persisted);
    assert_int_equal(isolation_confirm(i, &err), E_IO);
    assert_true(status(i).confirmed);
    tick(i, 1);
    assert_false(status(i).persisted);
    file[strlen(file) - strlen("/isolation")] = '\0';
    assert_int_equal(mkdir(file, 0700), 0);
    file[strlen(file)] = '/';
    tick(i, 2);
    assert_true(status(i).persisted);
    isolation_free(i);
    assert_ok(isolation_new(file, &ram, ROLLBACK_MS, &i));
    assert_ok_err(isolation_restore(i, 0, &err), &err);
    assert_true(status(i).isolated && status(i).confirmed);
    isolation_free(i);
}

static void a_damaged_file_changes_nothing_in_the_kernel(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    struct err err = {0};
    order(i, 5, 0);
    isolation_free(i);
    assert_int_equal(truncate(path, 100), 0);
    assert_ok(isolation_new(path, &ram, ROLLBACK_MS, &i));
    assert_int_equal(isolation_restore(i, 0, &err), E_PARSE);
    assert_true(kernel.present);
    tick(i, INT64_MAX);
    assert_true(kernel.present);
    order(i, 6, 0);
    assert_true(status(i).isolated);
    isolation_free(i);
}

static void a_release_code_works_once(void **state)
{
    (void)state;
    struct isolation *i = start(&ram, 0);
    struct isolate_policy p = policy(5, "10.77.0.1:8443");
    unsigned char digest[HASH_BYTES];
    struct err err = {0};
    assert_int_equal(isolation_release_code(i, STR(""), &err), E_AUTH);
    assert_ok(hash_sha256(STR("right-code"), digest));
    assert_ok(isolation_order(i, &p, digest, 0, &err));
    assert_ok(isolation_confirm(i, &err));
    isolation_free(i);
    i = start(&ram, 0); /* works offline, after a boot */
    assert_int_equal(isolation_release_code(i, STR("wrong-code"), &err), E_AUTH);
    assert_true(kernel.present);
    assert_ok_err(isolation_release_code(i, STR("right-code"), &err), &err);
    assert_false(kernel.present);
    assert_int_equal(isolation_release_code(i, STR("right-code"), &err), E_AUTH);
    /* The order it lifted does not come back with the next hello; a new one does. */
    assert_int_equal(isolation_order(i, &p, digest, 0, &err), E_STATE);
    order(i, 6, 0);
    assert_int_equal(isolation_release_code(i, STR("right-code"), &err), E_AUTH);
    isolation_free(i);
}

/* ------------------------------------------------------------------ the real kernel */

#ifdef CORDON_FAILPOINTS
static void in_victim(void (*body)(struct isolation *), const char *failpoint)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct isolation *i = NULL;
        if (failpoint && setenv("CORDON_FAILPOINT", failpoint, 1) != 0)
            _exit(1);
        if (setns(lab.fds[LAB_VICTIM], CLONE_NEWNET) != 0 ||
            isolation_new(path, &isolation_kernel, ROLLBACK_MS, &i) ||
            isolation_restore(i, 0, NULL))
            _exit(2);
        body(i);
        isolation_free(i);
        _exit(0);
    }
    int status_code = 0;
    assert_int_equal(waitpid(child, &status_code, 0), child);
    if (failpoint)
        assert_true(WIFSIGNALED(status_code) && WTERMSIG(status_code) == SIGKILL);
    else
        assert_int_equal(status_code, 0);
}

static void child_orders(struct isolation *i)
{
    struct isolate_policy p = policy(5, "10.77.0.1:8443");
    if (isolation_order(i, &p, NULL, 0, NULL))
        _exit(3);
}

static void child_releases(struct isolation *i)
{
    if (isolation_release(i, 6, NULL))
        _exit(3);
}

static void child_only_restores(struct isolation *i)
{
    (void)i;
}

static enum isolate_found found_in_victim(void)
{
    struct isolate_policy p = policy(5, "10.77.0.1:8443");
    enum isolate_found found = ISOLATE_DIFFERENT;
    lab_enter(LAB_VICTIM);
    int rc = isolate_check(&p, &found, NULL);
    lab_enter(LAB_HOME);
    assert_ok(rc);
    return found;
}

static bool file_says_isolated(void)
{
    struct isolate_record r = {0};
    int rc = isolate_state_load(path, &r, NULL);
    assert_true(rc == 0 || rc == E_NOT_FOUND);
    return rc == 0 && r.isolated;
}

/* Wherever the agent dies, its next start makes the kernel fit the file. */
static void killed_anywhere_the_next_start_makes_kernel_and_file_agree(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    static const char *const order_points[] = {
        "isolation.save.before=kill",  "file.write.before=kill",     "file.fsync.after=kill",
        "file.rename.before=kill",     "file.rename.after=kill",     "isolation.save.after=kill",
        "isolation.apply.before=kill", "isolation.apply.after=kill",
    };
    static const char *const release_points[] = {
        "isolation.save.before=kill",    "file.rename.before=kill",
        "file.rename.after=kill",        "isolation.save.after=kill",
        "isolation.release.before=kill", "isolation.release.after=kill",
    };
    unsigned isolated = 0;
    for (size_t n = 0; n < ARRAY_LEN(order_points); n++) {
        in_victim(child_orders, order_points[n]);
        in_victim(child_only_restores, NULL);
        assert_int_equal(found_in_victim(),
                         file_says_isolated() ? ISOLATE_AS_WANTED : ISOLATE_ABSENT);
        isolated += file_says_isolated();
        (void)unlink(path);
        lab_sh(LAB_VICTIM, "nft flush ruleset");
    }
    assert_true(isolated > 0 && isolated < ARRAY_LEN(order_points));
    for (size_t n = 0; n < ARRAY_LEN(release_points); n++) {
        in_victim(child_orders, NULL);
        assert_int_equal(found_in_victim(), ISOLATE_AS_WANTED);
        in_victim(child_releases, release_points[n]);
        in_victim(child_only_restores, NULL);
        assert_int_equal(found_in_victim(),
                         file_says_isolated() ? ISOLATE_AS_WANTED : ISOLATE_ABSENT);
        (void)unlink(path);
        lab_sh(LAB_VICTIM, "nft flush ruleset");
    }
}
#endif

static int new_and_order(void *context)
{
    (void)context;
    struct isolation *i = NULL;
    struct isolate_policy p = policy(5, "10.77.0.1:8443");
    (void)unlink(path);
    int rc = isolation_new(path, &ram, ROLLBACK_MS, &i);
    if (rc)
        return rc;
    rc = isolation_order(i, &p, NULL, 0, NULL);
    /* Without memory for the file it still isolates and says that it is not saved. */
    if (rc == 0 && !status(i).persisted)
        rc = E_NOMEM;
    isolation_free(i);
    return rc;
}

static void memory_may_run_out_at_any_point(void **state)
{
    (void)state;
    test_every_allocation_fails(new_and_order, NULL, 50);
}

int main(void)
{
#define ISOLATION_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ISOLATION_TEST(an_order_isolates_and_a_later_one_releases),
        ISOLATION_TEST(an_older_order_never_wins),
        ISOLATION_TEST(an_unconfirmed_isolation_undoes_itself_in_time_and_stays_undone),
        ISOLATION_TEST(a_confirmed_isolation_never_undoes_itself),
        ISOLATION_TEST(an_unconfirmed_isolation_gets_its_time_again_after_a_restart),
        ISOLATION_TEST(rules_that_do_not_hold_are_no_isolation_and_are_looked_at_again),
        ISOLATION_TEST(a_server_that_answers_the_probe_confirms_nothing),
        ISOLATION_TEST(changed_rules_are_put_back_and_counted),
        ISOLATION_TEST(it_outlives_a_restart_in_either_direction),
        ISOLATION_TEST(a_first_isolation_the_kernel_refuses_leaves_nothing_behind),
        ISOLATION_TEST(a_later_isolation_the_kernel_refuses_keeps_the_earlier),
        ISOLATION_TEST(a_release_the_kernel_refuses_is_tried_again),
        ISOLATION_TEST(a_folder_that_cannot_be_written_does_not_stop_containment),
        ISOLATION_TEST(a_damaged_file_changes_nothing_in_the_kernel),
        ISOLATION_TEST(a_release_code_works_once),
#ifdef CORDON_FAILPOINTS
        ISOLATION_TEST(killed_anywhere_the_next_start_makes_kernel_and_file_agree),
#endif
        ISOLATION_TEST(memory_may_run_out_at_any_point),
    };
    return cmocka_run_group_tests(tests, lab_up, lab_down);
}
