/* device/orders and device/cmdlog: what reaches the root process is verified, recorded, and never
 * runs twice. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/timefmt.h"
#include "codec/json_out.h"
#include "device/orders.h"
#include "os/file.h"

#define SERVER_NOW (INT64_C(1900000000) * NS_PER_S) /* years away from this machine's clock */

struct fixture {
    char *folder;
    char log_path[512];
    struct sign_key *key;
    char key_id[SIGN_KEY_ID_BYTES];
    struct command_key keys[1];
    struct orders *orders;
    unsigned acks;
    unsigned runs;
    unsigned results;
    uint64_t in_force; /* generation */
    bool dies;         /* in `run`, before anything is in force */
    char last_state[32];
    char last_reason[256];
};

static void on_ack(void *arg, struct str action)
{
    struct fixture *f = arg;
    (void)action;
    f->acks++;
}

static void on_run(void *arg, const struct command *c)
{
    struct fixture *f = arg;
    f->runs++;
    if (f->dies)
        return;
    f->in_force = c->generation;
    struct agent_result r = {c->action, STR("succeeded"), STR(""), STR("{}")};
    orders_finish(f->orders, &r);
}

static void on_result(void *arg, const struct agent_result *r)
{
    struct fixture *f = arg;
    f->results++;
    (void)snprintf(f->last_state, sizeof f->last_state, "%.*s", STR_FMT(r->state));
    (void)snprintf(f->last_reason, sizeof f->last_reason, "%.*s", STR_FMT(r->reason));
}

static void on_changed(void *arg)
{
    (void)arg;
}

static bool in_force(void *arg, uint64_t generation)
{
    const struct fixture *f = arg;
    return f->in_force >= generation;
}

static const struct orders_hooks hooks = {on_ack, on_run, on_result, on_changed, in_force};

static void open_orders(struct fixture *f)
{
    struct cmdlog *log = NULL;
    struct err err = {0};
    assert_ok_err(cmdlog_open(f->log_path, &log, &err), &err);
    assert_ok(orders_new(STR("dev-1"), f->keys, 1, log, &hooks, f, &f->orders));
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->folder = test_tmpdir();
    (void)snprintf(f->log_path, sizeof f->log_path, "%s/commands.log", f->folder);
    assert_ok(sign_key_new(&f->key, NULL));
    assert_ok(sign_key_id(f->key, f->key_id));
    f->keys[0] = (struct command_key){str_of(f->key_id), f->key};
    open_orders(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    orders_free(f->orders);
    sign_key_free(f->key);
    test_tmpdir_remove(f->folder);
    free(f);
    return 0;
}

static struct command sample(const char *action)
{
    return (struct command){.device = STR("dev-1"),
                            .action = str_of(action),
                            .name = STR("kill"),
                            .arguments = STR("{}"),
                            .issued_ns = SERVER_NOW,
                            .expires_ns = SERVER_NOW + 600 * NS_PER_S};
}

static void send_signed(struct fixture *f, const struct command *c, const struct sign_key *key)
{
    struct buf envelope CLEANUP(buf_done) = {0};
    struct err err = {0};
    assert_ok_err(command_seal(c, key, &envelope, &err), &err);
    orders_receive(f->orders, buf_str(&envelope));
}

static void send_clock(struct fixture *f, const char *challenge)
{
    char args[128];
    struct command c = sample("clock-1");
    (void)snprintf(args, sizeof args, "{\"challenge\":\"%s\"}", challenge);
    c.name = STR("clock");
    c.arguments = str_of(args);
    send_signed(f, &c, f->key);
}

static void know_the_time(struct fixture *f)
{
    send_clock(f, orders_challenge(f->orders));
    assert_true(orders_server_now(f->orders) >= SERVER_NOW);
}

static void before_the_servers_time_is_known_nothing_runs(void **state)
{
    struct fixture *f = *state;
    struct command c = sample("a1");
    send_signed(f, &c, f->key);
    assert_int_equal(f->runs, 0);
    assert_string_equal(f->last_state, "refused");
    assert_non_null(strstr(f->last_reason, "time is not known"));
}

static void only_the_answer_to_our_own_challenge_sets_the_time(void **state)
{
    struct fixture *f = *state;
    char old[ORDERS_CHALLENGE_CHARS + 1];
    (void)snprintf(old, sizeof old, "%s", orders_challenge(f->orders));
    send_clock(f, "00000000000000000000000000000000");
    assert_true(orders_server_now(f->orders) == INT64_MIN);
    send_clock(f, old);
    assert_true(orders_server_now(f->orders) >= SERVER_NOW);
    /* The challenge is used up: the same answer is worth nothing a second time. */
    assert_string_not_equal(old, orders_challenge(f->orders));
    send_clock(f, old);
    assert_string_equal(f->last_state, "");
}

static void a_good_command_is_acknowledged_and_runs_once(void **state)
{
    struct fixture *f = *state;
    struct command c = sample("a1");
    know_the_time(f);
    send_signed(f, &c, f->key);
    assert_int_equal(f->acks, 1);
    assert_int_equal(f->runs, 1);
    assert_string_equal(f->last_state, "succeeded");
    send_signed(f, &c, f->key);
    assert_int_equal(f->runs, 1);
    /* The server may have missed the end, so it is told once more. */
    assert_int_equal(f->results, 2);
    assert_string_equal(f->last_state, "succeeded");
}

static void a_repeat_is_recognised_by_the_next_life_of_the_process(void **state)
{
    struct fixture *f = *state;
    struct command c = sample("a1");
    know_the_time(f);
    send_signed(f, &c, f->key);
    orders_free(f->orders);
    open_orders(f);
    know_the_time(f);
    send_signed(f, &c, f->key);
    assert_int_equal(f->runs, 1);
    assert_string_equal(f->last_state, "succeeded");
}

static void bad_signature_expired_and_foreign_commands_are_refused_and_counted(void **state)
{
    struct fixture *f = *state;
    struct sign_key *other CLEANUP(sign_key_freep) = NULL;
    struct buf health CLEANUP(buf_done) = {0};
    struct buf log CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &health};
    assert_ok(sign_key_new(&other, NULL));
    know_the_time(f);
    struct command forged = sample("forged");
    send_signed(f, &forged, other);
    struct command expired = sample("expired");
    expired.expires_ns = SERVER_NOW - NS_PER_S;
    send_signed(f, &expired, f->key);
    assert_string_equal(f->last_state, "refused");
    struct command foreign = sample("foreign");
    foreign.device = STR("dev-2");
    send_signed(f, &foreign, f->key);
    orders_receive(f->orders, STR("garbage"));
    assert_int_equal(f->runs, 0);
    assert_int_equal(f->acks, 0);
    json_object_begin(&j);
    orders_health(f->orders, &j);
    json_object_end(&j);
    assert_non_null(strstr(buf_cstr(&health), "\"refused\":4"));
    assert_non_null(strstr(buf_cstr(&health), "\"E_CRYPTO\""));
    assert_non_null(strstr(buf_cstr(&health), "\"E_TIMEOUT\""));
    assert_non_null(strstr(buf_cstr(&health), "\"E_DENIED\""));
    assert_ok(file_read(f->log_path, 1 << 20, &log, NULL));
    assert_non_null(strstr(buf_cstr(&log), "expired"));
}

static void a_containment_order_that_is_not_the_latest_is_refused(void **state)
{
    struct fixture *f = *state;
    know_the_time(f);
    struct command c = sample("g2");
    c.name = STR("isolate");
    c.generation = 2;
    send_signed(f, &c, f->key);
    assert_int_equal(f->runs, 1);
    struct command older = sample("g1");
    older.name = STR("release");
    older.generation = 1;
    send_signed(f, &older, f->key);
    assert_int_equal(f->runs, 1);
    assert_string_equal(f->last_state, "refused");
    /* The memory of it survives a restart. */
    orders_free(f->orders);
    open_orders(f);
    know_the_time(f);
    struct command again = sample("g1b");
    again.name = STR("release");
    again.generation = 2;
    send_signed(f, &again, f->key);
    assert_int_equal(f->runs, 1);
}

static void a_command_log_that_cannot_be_written_keeps_the_command_from_running(void **state)
{
    struct fixture *f = *state;
    struct command c = sample("a1");
    know_the_time(f);
#ifdef CORDON_FAILPOINTS
    /* In a child: fail points are armed per process. */
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setenv("CORDON_FAILPOINT", "cmdlog.fsync.before=full", 1);
        send_signed(f, &c, f->key);
        _exit(f->runs == 0 && f->acks == 0 && f->results == 1 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
#else
    (void)c;
    skip();
#endif
}

static void a_changed_line_of_the_log_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct buf log CLEANUP(buf_done) = {0};
    struct cmdlog *again = NULL;
    struct err err = {0};
    know_the_time(f);
    for (unsigned i = 0; i < 3; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "a%u", i);
        struct command c = sample(id);
        send_signed(f, &c, f->key);
    }
    assert_ok(file_read(f->log_path, 1 << 20, &log, NULL));
    char *hit = strstr(buf_cstr(&log), "\"a1\"");
    assert_non_null(hit);
    hit[1] = 'b';
    assert_ok(file_write_atomic(f->log_path, buf_str(&log), 0600, NULL));
    assert_int_equal(cmdlog_open(f->log_path, &again, &err), E_CRYPTO);
    assert_true(err.line > 1);
}

static void a_command_that_was_running_is_reported_as_interrupted(void **state)
{
    struct fixture *f = *state;
    struct cmdlog *log = NULL;
    orders_free(f->orders);
    f->orders = NULL;
    assert_ok(cmdlog_open(f->log_path, &log, NULL));
    assert_ok(cmdlog_add(log, "accepted", STR("a9"), STR("kill"), STR("{}"), SERVER_NOW, 0, NULL));
    cmdlog_free(log);
    open_orders(f);
    orders_recover(f->orders);
    assert_int_equal(f->results, 1);
    assert_string_equal(f->last_state, "interrupted");
    orders_recover(f->orders);
    assert_int_equal(f->results, 1);
}

static struct command isolate(const char *action, uint64_t generation)
{
    struct command c = sample(action);
    c.name = STR("isolate");
    c.generation = generation;
    return c;
}

static void start_again(struct fixture *f)
{
    orders_free(f->orders);
    open_orders(f);
    orders_recover(f->orders);
    know_the_time(f);
}

static void containment_that_was_cut_short_is_taken_again(void **state)
{
    struct fixture *f = *state;
    struct command c = isolate("i1", 1);
    know_the_time(f);
    f->dies = true;
    send_signed(f, &c, f->key);
    assert_int_equal(f->runs, 1);
    f->dies = false;
    start_again(f);
    assert_int_equal(f->results, 0); /* it has not ended */
    send_signed(f, &c, f->key);
    assert_int_equal(f->runs, 2);
    assert_int_equal(f->in_force, 1);
    assert_string_equal(f->last_state, "succeeded");
    /* In force, it is a repeat like any other, in this life and in the next. */
    send_signed(f, &c, f->key);
    start_again(f);
    send_signed(f, &c, f->key);
    assert_int_equal(f->runs, 2);
    assert_string_equal(f->last_state, "succeeded");
}

static void containment_that_came_into_force_before_the_end_has_succeeded(void **state)
{
    struct fixture *f = *state;
    struct command c = isolate("i1", 1);
    know_the_time(f);
    f->dies = true;
    send_signed(f, &c, f->key);
    f->in_force = 1;
    start_again(f);
    assert_string_equal(f->last_state, "succeeded");
    send_signed(f, &c, f->key);
    assert_int_equal(f->runs, 1);
}

static void containment_that_was_overtaken_is_not_taken_again(void **state)
{
    struct fixture *f = *state;
    struct command first = isolate("i1", 1);
    struct command second = isolate("i2", 2);
    know_the_time(f);
    f->dies = true;
    send_signed(f, &first, f->key);
    send_signed(f, &second, f->key);
    f->dies = false;
    start_again(f);
    assert_int_equal(f->results, 1);
    assert_string_equal(f->last_state, "interrupted");
    send_signed(f, &first, f->key);
    assert_int_equal(f->runs, 2);
    send_signed(f, &second, f->key);
    assert_int_equal(f->runs, 3);
    assert_int_equal(f->in_force, 2);
}

static void a_command_log_that_cannot_be_written_does_not_stop_containment(void **state)
{
    struct fixture *f = *state;
    struct command c = isolate("i1", 1);
    know_the_time(f);
#ifdef CORDON_FAILPOINTS
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setenv("CORDON_FAILPOINT", "cmdlog.append.before=full", 1);
        send_signed(f, &c, f->key);
        _exit(f->runs == 1 && f->acks == 1 && strcmp(f->last_state, "succeeded") == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
#else
    (void)c;
    skip();
#endif
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(before_the_servers_time_is_known_nothing_runs),
        T(only_the_answer_to_our_own_challenge_sets_the_time),
        T(a_good_command_is_acknowledged_and_runs_once),
        T(a_repeat_is_recognised_by_the_next_life_of_the_process),
        T(bad_signature_expired_and_foreign_commands_are_refused_and_counted),
        T(a_containment_order_that_is_not_the_latest_is_refused),
        T(a_command_log_that_cannot_be_written_keeps_the_command_from_running),
        T(a_changed_line_of_the_log_is_noticed),
        T(a_command_that_was_running_is_reported_as_interrupted),
        T(containment_that_was_cut_short_is_taken_again),
        T(containment_that_came_into_force_before_the_end_has_succeeded),
        T(containment_that_was_overtaken_is_not_taken_again),
        T(a_command_log_that_cannot_be_written_does_not_stop_containment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
