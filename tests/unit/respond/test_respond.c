#include "respond/respond.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test.h"
#include "os/proc.h"

static struct isolate_policy applied;
static bool isolated;

static int ram_apply(const struct isolate_policy *policy, struct err *err)
{
    (void)err;
    applied = *policy;
    isolated = true;
    return 0;
}

static int ram_release(struct err *err)
{
    (void)err;
    isolated = false;
    return 0;
}

static int ram_check(const struct isolate_policy *wanted, enum isolate_found *ret_found,
                     struct err *err)
{
    (void)wanted;
    (void)err;
    *ret_found = isolated ? ISOLATE_AS_WANTED : ISOLATE_ABSENT;
    return 0;
}

static const struct isolation_backend ram = {ram_apply, ram_release, ram_check, NULL};

static char *folder;
static char path[512];
static struct respond_env env;

static int set_up(void **state)
{
    (void)state;
    folder = test_tmpdir();
    (void)snprintf(path, sizeof path, "%s/isolation", folder);
    env = (struct respond_env){.generation = 5, .lifeline_uid = 4321, .own_root = 1 << 30};
    isolated = false;
    assert_ok(isolation_new(path, &ram, 1000, &env.isolation));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    isolation_free(env.isolation);
    test_tmpdir_remove(folder);
    return 0;
}

static int run(const char *action, const char *args, struct buf *result, struct err *err)
{
    buf_clear(result);
    return respond_run(&env, str_of(action), str_of(args), result, err);
}

static void every_action_of_the_agent_is_bound_once(void **state)
{
    (void)state;
    for (unsigned id = 0; id < ACTION_COUNT; id++) {
        unsigned bound = 0;
        for (size_t i = 0; respond_table[i]; i++)
            bound += respond_table[i]->action == (enum action_id)id;
        assert_int_equal(bound, action_table[id].channel == CHANNEL_AGENT ? 1 : 0);
        if (bound)
            assert_int_equal(respond_find(action_table[id].name)->action, id);
    }
    assert_null(respond_find(STR("explode")));
}

static void the_examples_of_the_table_are_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; respond_table[i]; i++) {
        const struct action_row *row = &action_table[respond_table[i]->action];
        struct buf args CLEANUP(buf_done) = {0};
        struct err err = {0};
        /* As signed: the server puts its addresses into the order to isolate. */
        if (respond_table[i]->action == ACTION_ISOLATE) {
            buf_add_cstr(&args, "{\"lifeline\":[\"192.0.2.1:8443\"],");
            buf_add_str(&args, str_sub(row->example, 1, SIZE_MAX));
        } else {
            buf_add_str(&args, row->example);
        }
        assert_ok_err(respond_check(row->name, buf_str(&args), &err), &err);
    }
}

static void wrong_orders_are_refused_before_anything_happens(void **state)
{
    (void)state;
    static const struct {
        const char *action;
        const char *args;
        int code;
    } cases[] = {
        {"explode", "{}", E_NOT_FOUND},
        {"kill", "", E_ARG},
        {"kill", "{", E_PARSE},
        {"kill", "[]", E_PARSE},
        {"kill", "{\"pid\":1,\"generation\":1,\"boot\":\"x\"}", E_ARG},
        {"kill", "{\"pid\":\"12\",\"generation\":1,\"boot\":\"x\"}", E_ARG},
        {"kill", "{\"pid\":12,\"generation\":1}", E_ARG},
        {"kill", "{\"pid\":12,\"generation\":1,\"boot\":\"x\",\"lifeline\":[]}", E_ARG},
        {"message", "{\"title\":\"t\"}", E_ARG},
        {"message", "{\"title\":\"t\",\"text\":\"x\",\"command\":\"rm\"}", E_ARG},
        {"isolate", "{}", E_ARG},
        {"isolate", "{\"lifeline\":[]}", E_ARG},
        {"isolate", "{\"lifeline\":\"192.0.2.1:1\"}", E_ARG},
        {"isolate", "{\"lifeline\":[7]}", E_ARG},
        {"isolate", "{\"lifeline\":[\"cordon.example:443\"]}", E_ARG},
        {"isolate", "{\"lifeline\":[\"192.0.2.1:443\"],\"allow\":[\"everywhere\"]}", E_ARG},
        {"isolate", "{\"lifeline\":[\"192.0.2.1:443\"],\"surprise\":1}", E_ARG},
        {"release", "{\"force\":true}", E_ARG},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf result CLEANUP(buf_done) = {0};
        struct err err = {0};
        int rc = run(cases[i].action, cases[i].args, &result, &err);
        if (rc != cases[i].code) {
            print_error("%s %s: %s: %s\n", cases[i].action, cases[i].args, err_name(rc),
                        err.message);
            fail();
        }
        assert_true(err.message[0] != '\0');
        assert_str(buf_str(&result), "{}");
        assert_false(isolated);
    }
}

static void isolate_and_release_follow_the_generation(void **state)
{
    (void)state;
    struct buf result CLEANUP(buf_done) = {0};
    struct err err = {0};
    const char *args = "{\"lifeline\":[\"192.0.2.1:8443\",\"[2001:db8::1]:8443\"],"
                       "\"allow\":[\"192.0.2.9:22\"]}";
    assert_ok_err(run("isolate", args, &result, &err), &err);
    assert_str(buf_str(&result), "{\"isolated\":true,\"generation\":5,\"persisted\":true,"
                                 "\"probe\":{\"server\":\"not tried\",\"others\":\"not tried\"}}");
    assert_int_equal(applied.lifeline_len, 2);
    assert_int_equal(applied.allow_len, 1);
    assert_int_equal(applied.uid, 4321);
    assert_int_equal(applied.generation, 5);
    env.generation = 4;
    assert_int_equal(run("release", "{}", &result, &err), E_STATE);
    assert_str(buf_str(&result), "{\"isolated\":true,\"generation\":5,\"persisted\":true}");
    env.generation = 6;
    assert_ok_err(run("release", "", &result, &err), &err);
    assert_str(buf_str(&result), "{\"isolated\":false,\"generation\":6,\"persisted\":true}");
    env.generation = 0;
    assert_int_equal(run("isolate", args, &result, &err), E_ARG);
    assert_false(isolated);
}

static void kill_needs_the_right_boot_and_tells_what_it_did(void **state)
{
    (void)state;
    struct buf result CLEANUP(buf_done) = {0};
    struct buf boot CLEANUP(buf_done) = {0};
    struct err err = {0};
    uint64_t generation = 0;
    char args[512], expected[8192], program[4096];
    assert_non_null(realpath("/bin/sleep", program));
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl("/bin/sleep", "sleep", "1000", (char *)NULL);
        _exit(98);
    }
    char byte;
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 0); /* closed by the exec */
    (void)close(ready[0]);
    assert_ok(proc_start_time(pid, &generation));
    assert_ok(proc_boot_id(&boot, &err));
    (void)snprintf(args, sizeof args, "{\"pid\":%d,\"generation\":%llu,\"boot\":\"%s\"}", (int)pid,
                   (unsigned long long)generation, "00000000-0000-0000-0000-000000000000");
    assert_int_equal(run("kill", args, &result, &err), E_STATE);
    assert_int_equal(kill(pid, 0), 0);
    (void)snprintf(args, sizeof args, "{\"pid\":%d,\"generation\":%llu,\"boot\":\"%s\"}", (int)pid,
                   (unsigned long long)generation, buf_cstr(&boot));
    assert_ok_err(run("kill", args, &result, &err), &err);
    (void)snprintf(expected, sizeof expected,
                   "{\"processes\":[{\"pid\":%d,\"generation\":%llu,\"outcome\":\"killed\","
                   "\"executable\":\"%s\"}],\"already_gone\":false}",
                   (int)pid, (unsigned long long)generation, program);
    assert_str(buf_str(&result), expected);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_ok_err(run("kill", args, &result, &err), &err);
    assert_str(buf_str(&result), "{\"processes\":[],\"already_gone\":true}");
}

int main(void)
{
#define RESPOND_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RESPOND_TEST(every_action_of_the_agent_is_bound_once),
        RESPOND_TEST(the_examples_of_the_table_are_accepted),
        RESPOND_TEST(wrong_orders_are_refused_before_anything_happens),
        RESPOND_TEST(isolate_and_release_follow_the_generation),
        RESPOND_TEST(kill_needs_the_right_boot_and_tells_what_it_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
