/* event/proctree: families in every order, reuse of pids, limits, what is told back. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "event/proctree.h"

static struct event ev; /* the one under construction */

static void begin(enum event_kind kind, int64_t pid, int64_t version)
{
    event_clear(&ev);
    ev.kind = kind;
    event_set_int(&ev, F_PID, pid);
    if (version >= 0)
        event_set_int(&ev, F_PIDVERSION, version);
}

static void with_parent(int64_t pid, int64_t version)
{
    event_set_int(&ev, F_PARENT_PID, pid);
    if (version >= 0)
        event_set_int(&ev, F_PARENT_PIDVERSION, version);
}

static void with_program(const char *executable, const char *command_line)
{
    event_set_str(&ev, F_EXECUTABLE, str_of(executable));
    if (command_line)
        event_set_str(&ev, F_COMMAND_LINE, str_of(command_line));
}

/* An event without versions; -1 = none there either. */
static void fork_of(struct proctree *t, int64_t pid, int64_t version, int64_t child,
                    int64_t child_version, int64_t time_ns)
{
    begin(KIND_FORK, pid, version);
    ev.time_ns = time_ns;
    event_set_int(&ev, F_TARGET_PID, child);
    if (child_version >= 0)
        event_set_int(&ev, F_TARGET_PIDVERSION, child_version);
    assert_ok(proctree_apply(t, &ev));
}

static void exec_of(struct proctree *t, int64_t pid, int64_t version, int64_t parent,
                    int64_t parent_version, const char *executable, int64_t time_ns)
{
    begin(KIND_EXEC, pid, version);
    ev.time_ns = time_ns;
    with_parent(parent, parent_version);
    with_program(executable, executable);
    assert_ok(proctree_apply(t, &ev));
}

static void exit_of(struct proctree *t, int64_t pid, int64_t version, int64_t time_ns)
{
    begin(KIND_EXIT, pid, version);
    ev.time_ns = time_ns;
    assert_ok(proctree_apply(t, &ev));
}

/* Executables from a process up, joined by '<'. */
static void assert_line(const struct process *p, const char *want, int line)
{
    struct buf b = {0};
    for (; p; p = p->parent)
        buf_addf(&b, "%s%.*s", b.len ? "<" : "", STR_FMT(p->executable));
    if (!str_is(buf_str(&b), want))
        print_error("line %d: %s, expected %s\n", line, buf_cstr(&b), want);
    assert_str(buf_str(&b), want);
    buf_done(&b);
}
#define assert_family(t, pid, want) assert_line(proctree_find((t), (pid)), (want), __LINE__)

static struct proctree *make(size_t most)
{
    struct proctree *t;
    assert_ok(proctree_new(most, &t));
    return t;
}

static void a_family_is_told_to_the_event(void **state)
{
    (void)state;
    struct proctree *t = make(1000);
    exec_of(t, 10, 100, 1, 1, "/bin/zsh", 1000);
    fork_of(t, 10, 100, 20, 101, 2000);
    begin(KIND_EXEC, 20, 102);
    ev.time_ns = 3000;
    with_parent(10, 100);
    with_program("/usr/bin/curl", "curl -s x");
    event_set_str(&ev, F_PREVIOUS_EXECUTABLE, STR("/bin/zsh"));
    assert_ok(proctree_apply(t, &ev));
    assert_str(event_str(&ev, F_PARENT_EXECUTABLE), "/bin/zsh");
    assert_str(event_str(&ev, F_PARENT_NAME), "zsh");
    assert_str(event_str(&ev, F_PARENT_COMMAND_LINE), "/bin/zsh");
    assert_int_equal(proctree_subject(t, &ev)->pid, 20);
    assert_int_equal(proctree_subject(t, &ev)->generation, 102);

    begin(KIND_CREATE, 20, 102);
    with_parent(10, 100);
    assert_ok(proctree_apply(t, &ev));
    assert_str(event_str(&ev, F_EXECUTABLE), "/usr/bin/curl");
    assert_str(event_str(&ev, F_NAME), "curl");
    assert_str(event_str(&ev, F_COMMAND_LINE), "curl -s x");
    struct value ancestors = event_get(&ev, F_ANCESTORS);
    assert_int_equal(ancestors.count, 1);
    assert_str(ancestors.list[0], "/bin/zsh");
    assert_family(t, 20, "/usr/bin/curl</bin/zsh<");
    exit_of(t, 20, 102, 5000);
    assert_true(proctree_find(t, 20)->end_ns == 5000);
    assert_int_equal(proctree_find(t, 10)->end_ns, 0);
    proctree_free(t);
}

static void what_the_event_has_is_not_overwritten(void **state)
{
    (void)state;
    struct proctree *t = make(1000);
    exec_of(t, 10, 100, 1, 1, "/bin/zsh", 1);
    begin(KIND_EXEC, 20, 102);
    with_parent(10, 100);
    with_program("/bin/ls", NULL);
    event_set_str(&ev, F_PARENT_EXECUTABLE, STR("/bin/other"));
    event_set(&ev, F_PARENT_TEAM_ID, (struct value){.type = VALUE_NULL});
    event_set_str(&ev, F_NAME, STR("own"));
    assert_ok(proctree_apply(t, &ev));
    assert_str(event_str(&ev, F_PARENT_EXECUTABLE), "/bin/other");
    assert_str(event_str(&ev, F_NAME), "own");
    assert_false(event_has(&ev, F_PARENT_COMMAND_LINE));
    assert_int_equal(event_get(&ev, F_PARENT_TEAM_ID).type, VALUE_NULL);
    proctree_free(t);
}

static void an_event_without_a_process_changes_nothing(void **state)
{
    (void)state;
    struct proctree *t = make(1000);
    event_clear(&ev);
    assert_ok(proctree_apply(t, &ev));
    assert_int_equal(proctree_len(t), 0);
    assert_null(proctree_subject(t, &ev));
    assert_null(proctree_find(t, 7));
    proctree_free(t);
}

static void a_missing_fork_costs_nothing_when_the_exec_names_the_parent(void **state)
{
    (void)state;
    struct proctree *t = make(1000);
    exec_of(t, 10, -1, 1, -1, "/bin/zsh", 0);
    exec_of(t, 20, -1, 10, -1, "/bin/bash", 0);
    exec_of(t, 30, -1, 20, -1, "/bin/ls", 0);
    assert_family(t, 30, "/bin/ls</bin/bash</bin/zsh<");
    proctree_free(t);
}

static void the_program_before_a_first_exec_stands_for_an_unknown_parent(void **state)
{
    (void)state;
    struct proctree *t = make(1000);
    begin(KIND_EXEC, 20, 102);
    with_parent(10, 100);
    with_program("/bin/ls", NULL);
    event_set_str(&ev, F_PREVIOUS_EXECUTABLE, STR("/bin/zsh"));
    assert_ok(proctree_apply(t, &ev));
    assert_str(event_str(&ev, F_PARENT_EXECUTABLE), "/bin/zsh");
    /* Its next exec replaces a program of its own, not the parent's. */
    begin(KIND_EXEC, 20, 103);
    with_parent(10, 100);
    with_program("/bin/cat", NULL);
    event_set_str(&ev, F_PREVIOUS_EXECUTABLE, STR("/bin/ls"));
    assert_ok(proctree_apply(t, &ev));
    assert_false(event_has(&ev, F_PARENT_EXECUTABLE));
    assert_int_equal(proctree_len(t), 2);
    proctree_free(t);
}

/* fork, exec, exit of 20 below 10 in any order end in the same tree. */
static void order_does_not_matter(int64_t version, bool times)
{
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < 6; i++) {
        struct proctree *t = make(1000);
        exec_of(t, 10, version < 0 ? -1 : 100, 1, -1, "/bin/zsh", times ? 1000 : 0);
        for (size_t k = 0; k < 3; k++) {
            switch (orders[i][k]) {
            case 0:
                fork_of(t, 10, version < 0 ? -1 : 100, 20, version, times ? 2000 : 0);
                break;
            case 1:
                exec_of(t, 20, version < 0 ? -1 : version + 1, 10, version < 0 ? -1 : 100,
                        "/bin/ls", times ? 3000 : 0);
                break;
            default:
                exit_of(t, 20, version < 0 ? -1 : version + 1, times ? 4000 : 0);
            }
        }
        assert_family(t, 20, "/bin/ls</bin/zsh<");
        assert_true(proctree_find(t, 20)->end_ns != 0);
        assert_int_equal(proctree_len(t), 3);
        if (times)
            assert_true(proctree_find(t, 20)->end_ns == 4000);
        proctree_free(t);
    }
}

static void fork_exec_and_exit_may_come_in_any_order(void **state)
{
    (void)state;
    order_does_not_matter(200, true);
    order_does_not_matter(200, false);
    order_does_not_matter(-1, true);
}

static void a_reused_pid_is_another_process(void **state)
{
    (void)state;
    /* By pidversion, by start time, by fork, by the clock. */
    for (unsigned form = 0; form < 4; form++) {
        struct proctree *t = make(1000);
        int64_t old_version = form == 0 ? 200 : -1;
        int64_t new_version = form == 0 ? 300 : -1;
        exec_of(t, 10, form == 0 ? 100 : -1, 1, -1, "/bin/zsh", 1000);
        exec_of(t, 11, form == 0 ? 110 : -1, 1, -1, "/bin/bash", 1000);
        begin(KIND_EXEC, 20, old_version);
        ev.time_ns = 2000;
        with_parent(10, form == 0 ? 100 : -1);
        with_program("/bin/old", "old");
        if (form == 1)
            event_set_int(&ev, F_START, 1900);
        assert_ok(proctree_apply(t, &ev));
        if (form == 2)
            fork_of(t, 11, -1, 20, -1, 5000);
        if (form == 3)
            exit_of(t, 20, -1, 2500);
        begin(KIND_EXEC, 20, new_version);
        ev.time_ns = 6000;
        with_parent(11, form == 0 ? 110 : -1);
        with_program("/bin/new", NULL);
        if (form == 1)
            event_set_int(&ev, F_START, 5900);
        assert_ok(proctree_apply(t, &ev));
        assert_family(t, 20, form == 0 ? "/bin/new</bin/zsh<" : "/bin/new</bin/bash<");
        assert_int_equal(event_str(&ev, F_COMMAND_LINE).len, 0);
        proctree_free(t);
    }
}

static void a_late_event_of_an_earlier_owner_leaves_the_later_alone(void **state)
{
    (void)state;
    struct proctree *t = make(1000);
    begin(KIND_EXEC, 20, 300);
    ev.time_ns = 6000;
    event_set_int(&ev, F_START, 5900);
    with_program("/bin/new", "new");
    assert_ok(proctree_apply(t, &ev));
    begin(KIND_EXEC, 20, 200);
    ev.time_ns = 2000;
    event_set_int(&ev, F_START, 1900);
    with_program("/bin/old", "old");
    assert_ok(proctree_apply(t, &ev));
    assert_str(proctree_subject(t, &ev)->executable, "/bin/old");
    assert_true(proctree_subject(t, &ev)->end_ns != 0);
    assert_family(t, 20, "/bin/new");
    begin(KIND_CREATE, 20, 200);
    event_set_int(&ev, F_START, 1900);
    assert_ok(proctree_apply(t, &ev));
    assert_str(event_str(&ev, F_COMMAND_LINE), "old");
    proctree_free(t);
}

static void children_keep_the_parent_they_were_born_to(void **state)
{
    (void)state;
    for (unsigned form = 0; form < 2; form++) {
        struct proctree *t = make(1000);
        int64_t v = form ? -1 : 100;
        exec_of(t, 10, v, 1, -1, "/bin/sh", 1000);
        fork_of(t, 10, v, 20, form ? -1 : 101, 2000);
        exec_of(t, 20, form ? -1 : 102, 10, v, "/bin/cat", 3000);
        exec_of(t, 10, form ? -1 : 103, 1, -1, "/usr/bin/node", 4000);
        assert_family(t, 20, "/bin/cat</bin/sh<");
        assert_family(t, 10, "/usr/bin/node<");
        fork_of(t, 10, form ? -1 : 103, 30, form ? -1 : 104, 5000);
        assert_family(t, 30, "/usr/bin/node</usr/bin/node<");
        /* A late word of what it was before is not taken for what it is. */
        begin(KIND_OPEN, 10, v);
        ev.time_ns = 3500;
        with_program("/bin/sh", NULL);
        assert_ok(proctree_apply(t, &ev));
        assert_family(t, 10, "/usr/bin/node<");
        assert_str(event_str(&ev, F_EXECUTABLE), "/bin/sh");
        if (!form)
            assert_str(proctree_subject(t, &ev)->executable, "/bin/sh");
        proctree_free(t);
    }
}

static void a_missed_exec_shows_in_a_later_event(void **state)
{
    (void)state;
    struct proctree *t = make(1000);
    begin(KIND_EXEC, 20, 200);
    ev.time_ns = 1000;
    event_set_int(&ev, F_START, 900);
    with_program("/bin/sh", "sh");
    assert_ok(proctree_apply(t, &ev));
    begin(KIND_CREATE, 20, 201);
    ev.time_ns = 2000;
    event_set_int(&ev, F_START, 900);
    with_program("/bin/dash", NULL);
    assert_ok(proctree_apply(t, &ev));
    assert_false(event_has(&ev, F_COMMAND_LINE));
    assert_family(t, 20, "/bin/dash");
    /* Without a generation, by the clock. */
    exec_of(t, 30, -1, -1, -1, "/bin/sh", 1000);
    begin(KIND_NETWORK_CONNECT, 30, -1);
    ev.time_ns = 2000;
    with_program("/usr/bin/nc", NULL);
    assert_ok(proctree_apply(t, &ev));
    assert_false(event_has(&ev, F_COMMAND_LINE));
    assert_family(t, 30, "/usr/bin/nc");
    proctree_free(t);
}

static void families_that_claim_to_be_circles_are_cut(void **state)
{
    (void)state;
    struct proctree *t = make(1000);
    exec_of(t, 10, -1, 30, -1, "/a", 0);
    exec_of(t, 20, -1, 10, -1, "/b", 0);
    exec_of(t, 30, -1, 20, -1, "/c", 0);
    exec_of(t, 40, -1, 40, -1, "/d", 0);
    fork_of(t, 30, -1, 10, -1, 0);
    fork_of(t, 10, -1, 10, -1, 0);
    unsigned steps = 0;
    for (const struct process *p = proctree_find(t, 20); p; p = p->parent)
        assert_true(++steps < 10);
    assert_int_equal(event_get(&ev, F_ANCESTORS).count <= 32, true);
    proctree_free(t);
}

static void a_deep_ancestry_is_told_up_to_the_limit(void **state)
{
    (void)state;
    struct proctree *t = make(1000);
    for (int64_t pid = 2; pid < 102; pid++)
        exec_of(t, pid, -1, pid - 1, -1, "/bin/sh", 0);
    assert_int_equal(event_get(&ev, F_ANCESTORS).count, 32);
    struct buf b = {0};
    proctree_add_ancestry_json(&b, proctree_find(t, 101), 2);
    assert_str(buf_str(&b), "[{\"pid\":101,\"generation\":101,\"executable\":\"/bin/sh\","
                            "\"command_line\":\"/bin/sh\",\"platform_binary\":false},"
                            "{\"pid\":100,\"generation\":100,\"executable\":\"/bin/sh\","
                            "\"command_line\":\"/bin/sh\",\"platform_binary\":false}]");
    buf_clear(&b);
    proctree_add_ancestry_json(&b, NULL, 2);
    assert_str(buf_str(&b), "[]");
    buf_done(&b);
    proctree_free(t);
}

static void exec_signed(struct proctree *t, int64_t pid, int64_t flags, int64_t category)
{
    begin(KIND_EXEC, pid, -1);
    with_program("/bin/p", NULL);
    if (flags >= 0)
        event_set_int(&ev, F_CS_FLAGS, flags);
    if (category >= 0)
        event_set_int(&ev, F_CS_CATEGORY, category);
    assert_ok(proctree_apply(t, &ev));
}

static void a_signature_is_told_as_the_program_began_with_it(void **state)
{
    (void)state;
    struct proctree *t = make(1000);
    struct buf b = {0};
    exec_signed(t, 10, 0x22000001, 6);
    /* A flag the kernel sets later is no other signature, and a child has its parent's. */
    begin(KIND_OPEN, 10, -1);
    event_set_int(&ev, F_CS_FLAGS, 0x32000001);
    assert_ok(proctree_apply(t, &ev));
    fork_of(t, 10, -1, 11, -1, 0);
    proctree_add_ancestry_json(&b, proctree_find(t, 11), 1);
    assert_true(str_find(buf_str(&b), STR("\"platform_binary\":false,\"signing_flags\":570425345,"
                                          "\"signing_category\":6}]")) != SIZE_MAX);
    /* The next program has its own, or none that is known. */
    exec_signed(t, 11, 0, -1);
    buf_clear(&b);
    proctree_add_ancestry_json(&b, proctree_find(t, 11), 1);
    assert_true(str_find(buf_str(&b), STR("\"signing_flags\":0}")) != SIZE_MAX);
    exec_signed(t, 11, -1, -1);
    buf_clear(&b);
    proctree_add_ancestry_json(&b, proctree_find(t, 11), 1);
    assert_true(str_find(buf_str(&b), STR("signing_")) == SIZE_MAX);
    buf_done(&b);
    proctree_free(t);
}

static void memory_is_bounded_and_the_longest_ended_leave_first(void **state)
{
    (void)state;
    struct proctree *t = make(100);
    exec_of(t, 5, -1, 1, -1, "/bin/lives", 1);
    exec_of(t, 6, -1, 5, -1, "/bin/child", 2);
    for (int64_t pid = 1000; pid < 6000; pid++) {
        exec_of(t, pid, -1, 5, -1, "/bin/short", pid);
        exit_of(t, pid, -1, pid + 1);
        assert_true(proctree_len(t) <= 100);
    }
    assert_null(proctree_find(t, 1000));
    assert_non_null(proctree_find(t, 5999));
    assert_family(t, 6, "/bin/child</bin/lives<");
    /* With nothing ended, the one longest unheard of leaves; the current one never does. */
    for (int64_t pid = 10000; pid < 10500; pid++) {
        exec_of(t, pid, -1, -1, -1, "/bin/stays", pid);
        assert_non_null(proctree_subject(t, &ev));
        assert_true(proctree_len(t) <= 100);
    }
    assert_null(proctree_find(t, 6));
    proctree_free(t);
}

static void long_texts_are_cut_and_their_bytes_are_bounded(void **state)
{
    (void)state;
    struct proctree *t = make(64);
    char *text = malloc(100001);
    assert_non_null(text);
    memset(text, 'x', 100000);
    text[100000] = '\0';
    for (int64_t pid = 1; pid <= 60; pid++) {
        begin(KIND_EXEC, pid, -1);
        with_program("/bin/sh", text);
        assert_ok(proctree_apply(t, &ev));
        assert_int_equal(proctree_find(t, pid)->command_line.len, 8192);
    }
    assert_true(proctree_len(t) < 10);
    free(text);
    proctree_free(t);
}

static int grow_a_family(void *context)
{
    (void)context;
    struct proctree *t = NULL;
    int rc = proctree_new(64, &t);
    for (int64_t pid = 10; rc == 0 && pid < 14; pid++) {
        begin(KIND_FORK, pid, pid * 10);
        with_parent(pid - 1, (pid - 1) * 10);
        with_program("/bin/sh", "sh");
        event_set_int(&ev, F_TARGET_PID, pid + 1);
        event_set_int(&ev, F_TARGET_PIDVERSION, pid * 10 + 5);
        rc = proctree_apply(t, &ev);
        if (rc)
            break;
        begin(KIND_EXEC, pid + 1, pid * 10 + 10);
        with_parent(pid, pid * 10);
        with_program("/bin/ls", "ls");
        rc = proctree_apply(t, &ev);
        if (rc)
            break;
        begin(KIND_EXEC, pid, pid * 10 + 1);
        event_set_str(&ev, F_PARENT_EXECUTABLE, STR("/bin/x"));
        with_parent(999, -1);
        rc = proctree_apply(t, &ev);
    }
    proctree_free(t);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(grow_a_family, NULL, 100);
}

/* Any events at all: no crash, no circle, limits hold, and the subject is always found. */
static void random_events_leave_a_tree(void **state)
{
    (void)state;
    static const enum event_kind kinds[] = {KIND_FORK, KIND_EXEC, KIND_EXIT, KIND_OPEN};
    static const char *const programs[] = {"/a", "/b", "/c"};
    uint64_t seed = 3;
    struct proctree *t = make(80);
    for (unsigned round = 0; round < 200000; round++) {
        unsigned d[10];
        for (size_t i = 0; i < ARRAY_LEN(d); i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            d[i] = (unsigned)(seed >> 40);
        }
        begin(kinds[d[0] % 4], d[1] % 40, d[2] % 3 ? -1 : (int64_t)(d[2] % 50));
        ev.time_ns = d[3] % 3 ? 1 + d[3] % 100 : 0;
        if (d[4] % 2)
            with_parent(d[4] % 40, d[5] % 3 ? -1 : (int64_t)(d[5] % 50));
        if (d[6] % 2)
            with_program(programs[d[6] % 3], d[6] % 5 ? NULL : "cmd");
        if (d[7] % 2) {
            event_set_int(&ev, F_TARGET_PID, d[7] % 40);
            if (d[8] % 3 == 0)
                event_set_int(&ev, F_TARGET_PIDVERSION, d[8] % 50);
        }
        if (d[9] % 4 == 0)
            event_set_int(&ev, F_START, 1 + d[9] % 20);
        assert_ok(proctree_apply(t, &ev));
        assert_true(proctree_len(t) <= 80);
        const struct process *p = proctree_subject(t, &ev);
        unsigned steps = 0;
        for (; p; p = p->parent)
            assert_true(++steps <= 80);
    }
    proctree_free(t);
}

static void who_runs_as_somebody_else_does_not_inherit_the_name(void **state)
{
    (void)state;
    struct proctree *t = make(1000);
    begin(KIND_EXEC, 1, 1);
    with_program("/sbin/launchd", NULL);
    event_set_int(&ev, F_UID, 0);
    event_set_str(&ev, F_USER, STR("root"));
    assert_ok(proctree_apply(t, &ev));
    fork_of(t, 1, 1, 20, 2, 0);
    begin(KIND_EXEC, 20, 3);
    with_program("/Applications/Notes", NULL);
    event_set_int(&ev, F_UID, 501);
    assert_ok(proctree_apply(t, &ev));
    assert_false(event_has(&ev, F_USER));
    assert_int_equal(proctree_find(t, 20)->uid, 501);
    assert_str(proctree_find(t, 20)->user, "");
    fork_of(t, 1, 1, 30, 4, 0);
    begin(KIND_EXEC, 30, 5);
    with_program("/usr/libexec/daemon", NULL);
    event_set_int(&ev, F_UID, 0);
    assert_ok(proctree_apply(t, &ev));
    assert_str(event_str(&ev, F_USER), "root");
    proctree_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_family_is_told_to_the_event),
        cmocka_unit_test(who_runs_as_somebody_else_does_not_inherit_the_name),
        cmocka_unit_test(what_the_event_has_is_not_overwritten),
        cmocka_unit_test(an_event_without_a_process_changes_nothing),
        cmocka_unit_test(a_missing_fork_costs_nothing_when_the_exec_names_the_parent),
        cmocka_unit_test(the_program_before_a_first_exec_stands_for_an_unknown_parent),
        cmocka_unit_test(fork_exec_and_exit_may_come_in_any_order),
        cmocka_unit_test(a_reused_pid_is_another_process),
        cmocka_unit_test(a_late_event_of_an_earlier_owner_leaves_the_later_alone),
        cmocka_unit_test(children_keep_the_parent_they_were_born_to),
        cmocka_unit_test(a_missed_exec_shows_in_a_later_event),
        cmocka_unit_test(families_that_claim_to_be_circles_are_cut),
        cmocka_unit_test(a_deep_ancestry_is_told_up_to_the_limit),
        cmocka_unit_test(a_signature_is_told_as_the_program_began_with_it),
        cmocka_unit_test(memory_is_bounded_and_the_longest_ended_leave_first),
        cmocka_unit_test(long_texts_are_cut_and_their_bytes_are_bounded),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(random_events_leave_a_tree),
    };
    return cmocka_run_group_tests_name("event/proctree", tests, NULL, NULL);
}
