/* sim/rebase: a record moved to another Mac and moment stays consistent in a run and shares nothing
 * with another. */
#include "harness/test.h"

#include "base/timefmt.h"
#include "proto/json_in.h"
#include "rebase.h"

#define LINE(at, time, pid, version, extra)                                                        \
    "{\"at_ms\":" at ",\"event\":{\"version\":10,\"time\":\"" time "\",\"global_seq_num\":9,"      \
    "\"process\":{\"audit_token\":[501,501,20,501,20," pid ",100015," version "],"                 \
    "\"ppid\":1,\"start_time\":\"2025-08-07T13:00:01.500000Z\",\"executable\":{\"path\":"          \
    "\"/Users/mara/x\"}},\"event\":{" extra "}}}\n"

static const char text[] =
    "{\"story\":\"s\",\"user\":\"mara\",\"loop_from_ms\":2000,\"loop_ms\":1000}\n" LINE(
        "0", "2025-08-07T13:00:01.000000000Z", "700", "3000", "\"exit\":{\"stat\":0}")
        LINE("1000", "2025-08-07T13:00:02.000000000Z", "700", "3000",
             "\"exec\":{\"target\":{\"audit_token\":[501,501,20,501,20,700,100015,3001],"
             "\"executable\":{\"path\":\"/bin/sh\"}},\"args\":[\"hi mara\",\"marat\"]}")
            LINE("2000", "2025-08-07T13:00:03.000000000Z", "700", "3001",
                 "\"fork\":{\"child\":{\"audit_token\":{\"pid\":702,\"pidversion\":3002}}}");

struct fixture {
    struct story *story;
    struct rebase r;
};

static void begin(struct fixture *f)
{
    struct err err = {0};
    assert_ok_err(story_parse(str_of(text), "s", NULL, NULL, &f->story, &err), &err);
    f->r = (struct rebase){.story = f->story,
                           .rotation = 5,
                           .run = 1,
                           .start_ns = INT64_C(1800000000) * NS_PER_S,
                           .speed = 10,
                           .user = STR("tomas")};
}

static json_t *moved(const struct fixture *f, size_t line)
{
    struct buf out CLEANUP(buf_done) = {0};
    json_t *o = NULL;
    struct err err = {0};
    assert_ok(rebase_record(&f->r, &f->story->lines[line], 77, &out));
    assert_ok_err(json_in_object(buf_str(&out), SIZE_MAX, &o, &err), &err);
    return o;
}

static int64_t time_of(const json_t *o, const char *key)
{
    int64_t ns = 0;
    assert_ok(timefmt_parse(str_of(json_string_value(json_object_get(o, key))), &ns));
    return ns;
}

static int64_t token_of(const json_t *process, size_t i)
{
    return json_integer_value(json_array_get(json_object_get(process, "audit_token"), i));
}

static void one_process_keeps_its_numbers_through_a_run(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    json_t *first CLEANUP(json_in_freep) = moved(&f, 0);
    json_t *second CLEANUP(json_in_freep) = moved(&f, 1);
    const json_t *a = json_object_get(first, "process");
    const json_t *b = json_object_get(second, "process");
    const json_t *target =
        json_object_get(json_object_get(json_object_get(second, "event"), "exec"), "target");
    assert_int_equal(token_of(a, 5), rebase_pid(&f.r, 700));
    assert_int_equal(token_of(a, 5), token_of(b, 5));
    assert_int_equal(token_of(a, 7), token_of(b, 7));
    assert_int_equal(token_of(target, 5), token_of(b, 5));
    assert_int_equal(token_of(target, 7), token_of(b, 7) + 1);
    assert_int_equal(json_integer_value(json_object_get(a, "ppid")), 1);
    assert_string_equal(json_string_value(json_object_get(a, "start_time")),
                        json_string_value(json_object_get(b, "start_time")));
    assert_int_equal(json_integer_value(json_object_get(first, "global_seq_num")), 77);
    story_free(f.story);
}

static void runs_macs_and_stories_share_no_identity(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    struct rebase next_run = f.r;
    struct rebase other_story = f.r;
    struct rebase other_mac = f.r;
    next_run.run = 2;
    other_story.block = 1;
    other_mac.rotation = 7919;
    assert_int_not_equal(rebase_pid(&f.r, 700), rebase_pid(&next_run, 700));
    assert_true(rebase_version(&next_run, 700, 3000) > rebase_version(&f.r, 700, 3002));
    assert_int_not_equal(rebase_pid(&f.r, 700), rebase_pid(&other_story, 700));
    assert_int_not_equal(rebase_pid(&f.r, 700), rebase_pid(&other_mac, 700));
    assert_int_equal(rebase_pid(&f.r, 1), 1);
    assert_int_equal(rebase_version(&f.r, 1, 3), 3);
    story_free(f.story);
}

static void a_turn_of_the_loop_makes_only_its_own_processes_anew(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    struct rebase turn = f.r;
    turn.turn = 1;
    assert_int_equal(rebase_pid(&f.r, 700), rebase_pid(&turn, 700));
    assert_int_not_equal(rebase_pid(&f.r, 702), rebase_pid(&turn, 702));
    f.r = turn;
    json_t *o CLEANUP(json_in_freep) = moved(&f, 2);
    assert_int_equal(time_of(o, "time"), f.r.start_ns + 3000 * NS_PER_MS / 10);
    story_free(f.story);
}

static void pids_stay_pids_over_many_runs(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    for (f.r.run = 1; f.r.run < 100000; f.r.run += 37) {
        int64_t pid = rebase_pid(&f.r, 702);
        assert_true(pid >= 100 && pid < 99100);
    }
    story_free(f.story);
}

static void times_move_to_the_run_at_its_speed(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    json_t *o CLEANUP(json_in_freep) = moved(&f, 1);
    assert_int_equal(time_of(o, "time"), f.r.start_ns + 100 * NS_PER_MS);
    /* recorded half a second after line 0, which is the run's start */
    assert_int_equal(time_of(json_object_get(o, "process"), "start_time"),
                     f.r.start_ns + 50 * NS_PER_MS);
    story_free(f.story);
}

static void the_user_is_renamed_where_the_name_is_a_word(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    json_t *o CLEANUP(json_in_freep) = moved(&f, 1);
    const json_t *process = json_object_get(o, "process");
    const json_t *args =
        json_object_get(json_object_get(json_object_get(o, "event"), "exec"), "args");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(process, "executable"), "path")),
        "/Users/tomas/x");
    assert_string_equal(json_string_value(json_array_get(args, 0)), "hi tomas");
    assert_string_equal(json_string_value(json_array_get(args, 1)), "marat");
    story_free(f.story);
}

static void an_end_is_that_of_the_image_that_ran(void **state)
{
    (void)state;
    struct fixture f;
    struct buf out CLEANUP(buf_done) = {0};
    struct err err = {0};
    begin(&f);
    assert_ok(rebase_exit(&f.r, &f.story->lines[1], f.r.start_ns, 1, &out));
    json_t *o CLEANUP(json_in_freep) = NULL;
    assert_ok_err(json_in_object(buf_str(&out), SIZE_MAX, &o, &err), &err);
    const json_t *process = json_object_get(o, "process");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(process, "executable"), "path")),
        "/bin/sh");
    assert_int_equal(json_integer_value(json_object_get(
                         json_object_get(json_object_get(o, "event"), "exit"), "stat")),
                     9);
    story_free(f.story);
}

static void launchd_runs_since_the_mac_was_started(void **state)
{
    (void)state;
    static const char launchd[] =
        "{\"story\":\"s\"}\n" LINE("0", "2025-08-07T13:00:01.000000000Z", "1", "2", "\"exit\":{}");
    struct fixture f;
    struct err err = {0};
    begin(&f);
    story_free(f.story);
    assert_ok_err(story_parse(str_of(launchd), "s", NULL, NULL, &f.story, &err), &err);
    f.r.story = f.story;
    json_t *one CLEANUP(json_in_freep) = moved(&f, 0);
    f.r.run = 9;
    f.r.start_ns += 1000 * NS_PER_S;
    json_t *two CLEANUP(json_in_freep) = moved(&f, 0);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(one, "process"), "start_time")),
        json_string_value(json_object_get(json_object_get(two, "process"), "start_time")));
    assert_int_not_equal(time_of(one, "time"), time_of(two, "time"));
    story_free(f.story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_process_keeps_its_numbers_through_a_run),
        cmocka_unit_test(runs_macs_and_stories_share_no_identity),
        cmocka_unit_test(a_turn_of_the_loop_makes_only_its_own_processes_anew),
        cmocka_unit_test(pids_stay_pids_over_many_runs),
        cmocka_unit_test(launchd_runs_since_the_mac_was_started),
        cmocka_unit_test(times_move_to_the_run_at_its_speed),
        cmocka_unit_test(the_user_is_renamed_where_the_name_is_a_word),
        cmocka_unit_test(an_end_is_that_of_the_image_that_ran),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
