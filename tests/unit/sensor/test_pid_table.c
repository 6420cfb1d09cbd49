#include "sensor/pid_table.h"

#include "harness/test.h"

static void an_entry_is_found_until_its_grace_is_over(void **state)
{
    (void)state;
    struct pid_table t = {0};
    struct pid_entry *e = pid_table_add(&t, 42);
    assert_non_null(e);
    assert_int_equal(e->uid, -1);
    pid_table_set_executable(e, STR("/bin/a"));
    pid_table_end(&t, e, 1000);
    pid_table_purge(&t, 1000 + PID_TABLE_GRACE_MS - 1);
    assert_ptr_equal(pid_table_find(&t, 42), e);
    assert_string_equal(e->executable, "/bin/a");
    pid_table_purge(&t, 1000 + PID_TABLE_GRACE_MS);
    assert_null(pid_table_find(&t, 42));
    assert_null(pid_table_find(&t, 43));
    pid_table_done(&t);
}

static void a_reused_pid_starts_blank_and_is_not_purged_as_the_old_one(void **state)
{
    (void)state;
    struct pid_table t = {0};
    struct pid_entry *e = pid_table_add(&t, 42);
    pid_table_set_executable(e, STR("/bin/a"));
    e->uid = 7;
    pid_table_end(&t, e, 1000);
    e = pid_table_add(&t, 42);
    assert_null(e->executable);
    assert_int_equal(e->uid, -1);
    pid_table_purge(&t, INT64_MAX);
    assert_ptr_equal(pid_table_find(&t, 42), e);
    pid_table_end(&t, e, 2000);
    pid_table_purge(&t, 2000 + PID_TABLE_GRACE_MS);
    assert_null(pid_table_find(&t, 42));
    pid_table_done(&t);
}

static void ended_reused_and_ended_again_within_the_grace_is_dropped_once(void **state)
{
    (void)state;
    struct pid_table t = {0};
    for (int i = 0; i < 3; i++) {
        struct pid_entry *e = pid_table_add(&t, 42);
        pid_table_end(&t, e, 1000 + i);
    }
    struct pid_entry *other = pid_table_add(&t, 43);
    pid_table_end(&t, other, 1010);
    pid_table_purge(&t, INT64_MAX);
    assert_null(pid_table_find(&t, 42));
    assert_null(pid_table_find(&t, 43));
    assert_int_equal(t.by_pid.len, 0);
    pid_table_done(&t);
}

static void the_table_does_not_grow_without_end(void **state)
{
    (void)state;
    struct pid_table t = {0};
    for (pid_t pid = 1; pid <= PID_TABLE_MAX; pid++)
        assert_non_null(pid_table_add(&t, pid));
    assert_null(pid_table_add(&t, PID_TABLE_MAX + 1));
    assert_non_null(pid_table_add(&t, 1));
    assert_int_equal(t.by_pid.len, PID_TABLE_MAX);
    pid_table_done(&t);
}

static void without_memory_the_process_is_unknown(void **state)
{
    (void)state;
    struct pid_table t = {0};
    for (unsigned n = 1; n <= 2; n++) {
        mem_fail_after(n);
        assert_null(pid_table_add(&t, 42));
        mem_fail_after(0);
        assert_null(pid_table_find(&t, 42));
    }
    struct pid_entry *e = pid_table_add(&t, 42);
    pid_table_set_executable(e, STR("/bin/a"));
    mem_fail_after(1);
    pid_table_set_executable(e, STR("/bin/b"));
    mem_fail_after(0);
    assert_null(e->executable);
    pid_table_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_found_until_its_grace_is_over),
        cmocka_unit_test(a_reused_pid_starts_blank_and_is_not_purged_as_the_old_one),
        cmocka_unit_test(ended_reused_and_ended_again_within_the_grace_is_dropped_once),
        cmocka_unit_test(the_table_does_not_grow_without_end),
        cmocka_unit_test(without_memory_the_process_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
