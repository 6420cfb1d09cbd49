/* Trees as macOS shows them, with a process table of the test's own in place of the system's:
 * children that outlived their parent, programs that replace themselves under our hands. */
#include "respond/kill.h"

#include <signal.h>
#include <stdio.h>

#include "harness/test.h"
#include "respond/kill_priv.h"

enum { MOST = 16 };

struct fake {
    struct kill_process p;
    bool alive;
    bool stopped;
    int execs;      /* it becomes another program at so many holds */
    int late_looks; /* it comes to rest after so many looks, and has a child by then */
};

static struct fake table[MOST];
static size_t table_len;
static pid_t killed[MOST];
static size_t killed_len;

static struct fake *find(pid_t pid)
{
    for (size_t i = 0; i < table_len; i++) {
        if (table[i].p.pid == pid && table[i].alive)
            return &table[i];
    }
    return NULL;
}

static struct fake *add(pid_t pid, pid_t parent, pid_t responsible)
{
    struct fake *f = &table[table_len++];
    *f = (struct fake){.p = {.pid = pid,
                             .parent = parent,
                             .responsible = responsible,
                             .generation = (uint64_t)pid * 10},
                       .alive = true};
    return f;
}

int kill_os_look(pid_t pid, struct kill_process *ret_process)
{
    struct fake *f = find(pid);
    if (!f)
        return E_NOT_FOUND;
    if (f->stopped && f->late_looks && --f->late_looks == 0)
        add(pid + 1, pid, 0);
    f->p.stopped = f->stopped && f->late_looks == 0;
    *ret_process = f->p;
    return 0;
}

void kill_os_path(pid_t pid, char path[KILL_PATH_BYTES])
{
    (void)snprintf(path, KILL_PATH_BYTES, "/tmp/p%d", (int)pid);
}

int kill_os_each(void (*fn)(void *arg, const struct kill_process *p), void *arg)
{
    for (size_t i = 0; i < table_len; i++) {
        if (table[i].alive)
            fn(arg, &table[i].p);
    }
    return 0;
}

bool kill_os_needed(const char *path)
{
    (void)path;
    return false;
}

int kill_os_open(pid_t pid, uint64_t generation, struct kill_hold *ret_hold)
{
    struct fake *f = find(pid);
    if (!f)
        return E_NOT_FOUND;
    if (f->execs) {
        f->execs--;
        f->p.generation += 100;
    }
    if (f->p.generation != generation)
        return E_STATE;
    *ret_hold = (struct kill_hold){.pid = pid, .generation = generation, .fd = -1};
    return 0;
}

int kill_os_signal(const struct kill_hold *h, int signo)
{
    struct fake *f = find(h->pid);
    if (!f)
        return E_NOT_FOUND;
    f->stopped = signo == SIGSTOP;
    if (signo == SIGKILL) {
        f->alive = false;
        killed[killed_len++] = h->pid;
    }
    return 0;
}

bool kill_os_wait(const struct kill_hold *h, int64_t deadline_ms)
{
    (void)deadline_ms;
    return !find(h->pid);
}

void kill_os_close(struct kill_hold *h)
{
    (void)h;
}

static int set_up(void **state)
{
    (void)state;
    table_len = killed_len = 0;
    add(1, 0, 1);
    add(50, 1, 50); /* the agent */
    return 0;
}

static struct kill_report run(pid_t pid)
{
    struct kill_order o = {
        .pid = pid, .generation = (uint64_t)pid * 10, .tree = true, .own_root = 50};
    struct kill_report r = {0};
    struct err err = {0};
    assert_ok_err(kill_run(&o, &r, &err), &err);
    return r;
}

static void children_that_outlived_their_parent_are_found_by_their_responsible_process(void **state)
{
    (void)state;
    add(100, 1, 100);
    add(101, 100, 100);
    add(102, 1, 100);  /* its parent has ended */
    add(103, 102, 90); /* and its own child, whoever is responsible for it */
    add(200, 1, 200);  /* of nobody here */
    add(201, 1, 0);
    add(51, 50, 100); /* the agent is never hit */
    struct kill_report r = run(100);
    assert_int_equal(killed_len, 4);
    for (size_t i = 0; i < killed_len; i++)
        assert_true(killed[i] >= 100 && killed[i] <= 103);
    assert_int_equal(killed[3], 100); /* leaves first */
    assert_non_null(find(200));
    assert_non_null(find(201));
    assert_non_null(find(51));
    kill_report_done(&r);
}

static void a_descendant_that_becomes_another_program_does_not_escape(void **state)
{
    (void)state;
    add(100, 1, 100);
    add(101, 100, 100)->execs = 3;
    struct kill_report r = run(100);
    assert_null(find(101));
    assert_int_equal(r.len, 2);
    assert_int_equal(r.entries[1].outcome, KILL_DONE);
    assert_int_equal(r.entries[1].generation, 1310);
    kill_report_done(&r);
}

static void a_child_made_while_the_stop_was_under_way_does_not_escape(void **state)
{
    (void)state;
    add(100, 1, 100)->late_looks = 5;
    add(201, 100, 0)->late_looks = 7;
    struct kill_report r = run(100);
    assert_int_equal(r.len, 4);
    assert_null(find(101));
    assert_null(find(202));
    kill_report_done(&r);
}

static void a_stale_generation_is_refused(void **state)
{
    (void)state;
    add(100, 1, 100);
    struct kill_order o = {.pid = 100, .generation = 999, .own_root = 50};
    struct kill_report r = {0};
    struct err err = {0};
    assert_int_equal(kill_run(&o, &r, &err), E_STATE);
    assert_non_null(find(100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(
            children_that_outlived_their_parent_are_found_by_their_responsible_process, set_up),
        cmocka_unit_test_setup(a_descendant_that_becomes_another_program_does_not_escape, set_up),
        cmocka_unit_test_setup(a_child_made_while_the_stop_was_under_way_does_not_escape, set_up),
        cmocka_unit_test_setup(a_stale_generation_is_refused, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
