/* event/proctree against a second reading of whole recordings: events put in the order of their
 * times, one table by pid. The tree gets them in that order, in the order of the file, and
 * shuffled; what it says must agree wherever the order still allows to know. */
#include "normalise_test.h"

#include "event/proctree.h"

enum { PIDS = 131072, EVENTS_MAX = 20000, NOBODY = -1 };

/* A process as the oracle sees it. */
struct life {
    int64_t pid;
    int parent; /* index of a life, or NOBODY */
    char *program;
    char *command_line;
    unsigned execs;
    int exec_event; /* the last one, or NOBODY */
    bool ended;
};

struct recording {
    char *lines[EVENTS_MAX];
    int64_t times[EVENTS_MAX];
    int order[EVENTS_MAX];   /* by time */
    int subject[EVENTS_MAX]; /* life that an exec made or went on, else NOBODY */
    char *parent_program[EVENTS_MAX];
    struct life lives[EVENTS_MAX * 2];
    int current[PIDS];
    int events;
    int lives_len;
    bool timed;
};

static struct recording *rec;

static void load(FILE *f)
{
    char *line = NULL;
    size_t cap = 0;
    struct reading *r = reading_new();
    for (ssize_t got = getline(&line, &cap, f); got > 0; got = getline(&line, &cap, f)) {
        assert_true(rec->events < EVENTS_MAX);
        rec->lines[rec->events] = strdup(line);
        reading_take(r, str_of(rec->lines[rec->events]), FORMAT_AUTO);
        rec->times[rec->events] = r->ev.time_ns;
        rec->timed |= r->ev.time_ns != 0;
        rec->order[rec->events] = rec->events;
        rec->events++;
    }
    free(line);
    (void)fclose(f);
    reading_free(r);
    assert_true(rec->events > 0);
}

static int by_time(const void *a, const void *b)
{
    int x = *(const int *)a;
    int y = *(const int *)b;
    if (rec->times[x] != rec->times[y])
        return rec->times[x] < rec->times[y] ? -1 : 1;
    return x - y;
}

static char *copy(struct str s)
{
    return s.len ? mem_strndup(s.ptr, s.len) : NULL;
}

static int new_life(int64_t pid, int parent)
{
    assert_true(pid >= 0 && pid < PIDS && rec->lives_len < (int)ARRAY_LEN(rec->lives));
    rec->lives[rec->lives_len] = (struct life){.pid = pid, .parent = parent, .exec_event = NOBODY};
    rec->current[pid] = rec->lives_len;
    return rec->lives_len++;
}

static void replace(char **text, struct str s)
{
    free(*text);
    *text = copy(s);
}

/* One event, in the order of time. */
static void follow(int at, const struct event *ev)
{
    int64_t pid = event_int(ev, F_PID, NOBODY);
    int64_t parent_pid = event_int(ev, F_PARENT_PID, NOBODY);
    struct str program = event_str(ev, F_EXECUTABLE);
    if (pid < 0)
        return;
    int me = rec->current[pid];
    bool gone = me != NOBODY && rec->lives[me].ended;
    if (me == NOBODY || (gone && ev->kind == KIND_EXEC))
        me = new_life(pid, parent_pid > 0 && parent_pid != pid ? rec->current[parent_pid] : NOBODY);
    struct life *life = &rec->lives[me];
    if (ev->kind == KIND_EXEC) {
        int parent = parent_pid > 0 ? rec->current[parent_pid] : NOBODY;
        rec->subject[at] = me;
        if (parent != NOBODY && rec->lives[parent].program)
            rec->parent_program[at] = strdup(rec->lives[parent].program);
        replace(&life->program, program);
        replace(&life->command_line, event_str(ev, F_COMMAND_LINE));
        life->execs++;
        life->exec_event = at;
    } else if (program.len && (!life->program || !str_is(program, life->program))) {
        replace(&life->program, program);
        replace(&life->command_line, (struct str){0});
    }
    if (ev->kind == KIND_FORK) {
        int child = new_life(event_int(ev, F_TARGET_PID, NOBODY), me);
        struct life *born = &rec->lives[child];
        if (rec->lives[me].program)
            born->program = strdup(rec->lives[me].program);
    }
    if (ev->kind == KIND_EXIT)
        rec->lives[me].ended = true;
}

/* Read a recording of the outside world (the test is skipped without it) or one of ours. */
static void open_recording(const char *shared, const char *own)
{
    FILE *f;
    if (shared) {
        f = open_shared(shared);
    } else {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/tests/data/recordings/%s", CORDON_SOURCE_DIR, own);
        f = fopen(path, "rb");
        assert_non_null(f);
    }
    rec = calloc(1, sizeof *rec);
    assert_non_null(rec);
    load(f);
    for (size_t i = 0; i < PIDS; i++)
        rec->current[i] = NOBODY;
    for (int i = 0; i < rec->events; i++)
        rec->subject[i] = NOBODY;
    if (rec->timed)
        qsort(rec->order, (size_t)rec->events, sizeof rec->order[0], by_time);
    struct reading *r = reading_new();
    for (int i = 0; i < rec->events; i++) {
        reading_take(r, str_of(rec->lines[rec->order[i]]), FORMAT_AUTO);
        follow(rec->order[i], &r->ev);
    }
    reading_free(r);
}

static void close_recording(void)
{
    for (int i = 0; i < rec->events; i++) {
        free(rec->lines[i]);
        free(rec->parent_program[i]);
    }
    for (int i = 0; i < rec->lives_len; i++) {
        free(rec->lives[i].program);
        free(rec->lives[i].command_line);
    }
    free(rec);
}

/* May the parent's program be known when event `at` comes, given what came before? */
static bool parent_is_settled(int at, const bool *seen, bool in_order)
{
    if (in_order)
        return rec->parent_program[at] != NULL;
    const struct life *me = &rec->lives[rec->subject[at]];
    if (me->parent == NOBODY || !rec->parent_program[at])
        return false;
    const struct life *parent = &rec->lives[me->parent];
    return parent->execs == 1 && seen[parent->exec_event];
}

/* Give the tree every event in this order and compare. @return comparisons that were possible */
static unsigned compare_order(const int *order, const char *what)
{
    bool *seen = calloc((size_t)rec->events, sizeof *seen);
    struct proctree *t;
    struct reading *r = reading_new();
    unsigned compared = 0;
    bool in_order = order == rec->order;
    assert_non_null(seen);
    assert_ok(proctree_new(65536, &t));
    for (int i = 0; i < rec->events; i++) {
        int at = order[i];
        reading_take(r, str_of(rec->lines[at]), FORMAT_AUTO);
        assert_ok(proctree_apply(t, &r->ev));
        if (rec->subject[at] != NOBODY && parent_is_settled(at, seen, in_order)) {
            struct str got = event_str(&r->ev, F_PARENT_EXECUTABLE);
            if (!str_is(got, rec->parent_program[at]))
                fail_msg("%s, line %d: parent %.*s, expected %s", what, at + 1, STR_FMT(got),
                         rec->parent_program[at]);
            compared++;
        }
        seen[at] = true;
    }
    for (int pid = 0; pid < PIDS; pid++) {
        if (rec->current[pid] == NOBODY)
            continue;
        const struct life *life = &rec->lives[rec->current[pid]];
        const struct process *p = proctree_find(t, pid);
        assert_non_null(p);
        /* Of two execs without a time nobody can tell which was the last. */
        if (life->execs == 0 || (life->execs > 1 && !rec->timed && !in_order))
            continue;
        if (!str_is(p->executable, life->program))
            fail_msg("%s, pid %d: %.*s, expected %s", what, pid, STR_FMT(p->executable),
                     life->program);
        if (life->command_line)
            assert_true(str_is(p->command_line, life->command_line));
        if (life->ended != (p->end_ns != 0))
            fail_msg("%s, pid %d: %s", what, pid, life->ended ? "still runs" : "has ended");
        if (life->parent != NOBODY) {
            assert_non_null(p->parent);
            assert_int_equal(p->parent->pid, rec->lives[life->parent].pid);
        }
        compared++;
    }
    proctree_free(t);
    reading_free(r);
    free(seen);
    return compared;
}

static uint64_t seed;
static double keys[EVENTS_MAX];

static int by_key(const void *a, const void *b)
{
    double x = keys[*(const int *)a];
    double y = keys[*(const int *)b];
    return (x > y) - (x < y);
}

/* Every event at most `reach` places from where it belongs. */
static void shuffle(int *order, double reach)
{
    for (int i = 0; i < rec->events; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        order[i] = rec->order[i];
        keys[rec->order[i]] = i + reach * (double)(seed >> 40) / (double)(1 << 24);
    }
    qsort(order, (size_t)rec->events, sizeof *order, by_key);
}

static void compare_all_orders(double reach, unsigned least)
{
    int *order = calloc((size_t)rec->events, sizeof *order);
    assert_non_null(order);
    unsigned compared = compare_order(rec->order, "by time");
    if (compared < least)
        fail_msg("only %u comparisons", compared);
    for (int i = 0; i < rec->events; i++)
        order[i] = i;
    assert_true(compare_order(order, "as recorded") >= least / 2);
    seed = 9;
    for (unsigned round = 0; round < 20 / TEST_FEWER; round++) {
        shuffle(order, reach);
        assert_true(compare_order(order, "shuffled") >= least / 2);
    }
    free(order);
}

static void the_macos_26_recording_makes_one_tree_in_any_order(void **state)
{
    (void)state;
    open_recording("telemetry/fleet-edr-macos26-developer.jsonl", NULL);
    compare_all_orders(60, 120);
    close_recording();
}

static void the_macos_11_recording_makes_one_tree_nearly_in_order(void **state)
{
    (void)state;
    open_recording("telemetry/champollion-macos11.jsonl", NULL);
    compare_all_orders(4, 20);
    close_recording();
}

static void our_recordings_make_one_tree_in_any_order(void **state)
{
    (void)state;
    static const char *const names[] = {"benign-macos15-v9.ndjson", "benign-macos26-v10.ndjson",
                                        "infostealer-macos26-v10.ndjson",
                                        "infostealer-macos27-v11.ndjson"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        open_recording(NULL, names[i]);
        compare_all_orders(1000, 6);
        close_recording();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_macos_26_recording_makes_one_tree_in_any_order),
        cmocka_unit_test(the_macos_11_recording_makes_one_tree_nearly_in_order),
        cmocka_unit_test(our_recordings_make_one_tree_in_any_order),
    };
    return cmocka_run_group_tests_name("event/proctree against an oracle", tests, NULL, NULL);
}
