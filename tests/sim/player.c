/* What happens on a Mac: the lines of its stories, each at its moment, through the real detection
 * into the spool. A line whose process is gone, or that needs a network the Mac does not have, does
 * not happen, nor does what would have come of it. See mac.h. */
#include "base/mem.h"
#include "base/timefmt.h"
#include "detect/detect.h"
#include "event/proctree.h"
#include "mac.h"
#include "os/clock.h"
#include "os/log.h"
#include "proto/agent_msg.h"

enum {
    BURST_LINES = 100,  /* played before others get their turn */
    LINGER_MS = 200,    /* a batch waits this long for more ... */
    LINGER_MS_EACH = 5, /* ... and this much longer for each Mac of the simulation */
    RETRY_FULL_MS = 1000,
    REMEMBER_LINES = 400 /* replayed into the process tree after a restart */
};

static struct rebase rebase_of(const struct mac *m, const struct track *t)
{
    return (struct rebase){.story = t->story,
                           .block = t->block,
                           .rotation = m->sim->options->seed * 31 + m->index * UINT64_C(7919),
                           .run = t->run,
                           .turn = t->turn,
                           .start_ns = t->start_ns,
                           .speed = m->sim->options->speed,
                           .user = str_of(m->persona.user)};
}

/* ---------------------------------------------------------------- who is gone */

static bool is_gone(const struct track *t, int64_t pid)
{
    for (size_t i = 0; i < t->gone_len; i++) {
        if (t->gone[i] == pid)
            return true;
    }
    return false;
}

static int add_gone(struct track *t, int64_t pid)
{
    if (pid < 100 || is_gone(t, pid))
        return 0;
    if (mem_grow(&t->gone, &t->gone_cap, t->gone_len + 1, sizeof *t->gone))
        return E_NOMEM;
    t->gone[t->gone_len++] = pid;
    return 0;
}

/* A new turn of the loop makes its processes anew. */
static void forget_turn(struct track *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->gone_len; i++) {
        bool again = false;
        for (size_t k = 0; k < t->story->loop_pids_len; k++)
            again = again || t->story->loop_pids[k] == t->gone[i];
        if (!again)
            t->gone[kept++] = t->gone[i];
    }
    t->gone_len = kept;
}

static bool happens(const struct mac *m, const struct track *t, const struct story_line *line)
{
    return !is_gone(t, line->shape.pid) && (line->after < 0 || !(t->failed >> line->after & 1)) &&
           !(line->needs_network && m->isolated);
}

static int miss(struct track *t, const struct story_line *line)
{
    if (line->step >= 0)
        t->failed |= UINT64_C(1) << line->step;
    if (line->shape.deed == DEED_FORK)
        return add_gone(t, line->shape.child);
    return line->shape.deed == DEED_EXEC ? add_gone(t, line->shape.pid) : 0;
}

/* ---------------------------------------------------------------- into the spool */

static void flush_now(struct loop *loop, void *arg)
{
    struct mac *m = arg;
    (void)loop;
    m->player.flush_timer = 0;
    player_flush(m);
}

void player_flush(struct mac *m)
{
    struct err err = {0};
    uint64_t record = 0;
    loop_timer_cancel(m->sim->loop, m->player.flush_timer);
    m->player.flush_timer = 0;
    if (!m->batcher)
        return;
    int rc = batcher_flush(m->batcher, &record, &err);
    if (rc == 0 && record)
        rc = saved_store(m, &err);
    if (record)
        mail_kick(m);
    if (rc) {
        log_err(LOG_ERROR, "events cannot be kept for now", &err);
        m->player.flush_timer = loop_timer(m->sim->loop, RETRY_FULL_MS, flush_now, m);
    }
}

static void flush_soon(struct mac *m)
{
    int64_t linger = LINGER_MS + (int64_t)LINGER_MS_EACH * m->sim->options->devices;
    if (batcher_full(m->batcher))
        player_flush(m);
    else if (!m->player.flush_timer)
        m->player.flush_timer = loop_timer(m->sim->loop, linger, flush_now, m);
}

static struct str title_of(const struct mac *m, struct str rule)
{
    for (uint32_t i = 0; m->rules.ruleset && i < ruleset_len(m->rules.ruleset); i++) {
        struct rule_info info = ruleset_info(m->rules.ruleset, i);
        if (str_eq(info.id, rule))
            return info.title;
    }
    return rule;
}

static void tell_alerts(const struct mac *m)
{
    struct agent_event e;
    if (agent_event_read(buf_str(&m->player.body), &e) != 0)
        return;
    for (size_t i = 0; i < e.alerts_len; i++)
        log_info("alert", KV_CSTR("host", m->persona.host),
                 KV_STR("rule", title_of(m, e.alerts[i].rule)));
}

/* A record in player.text: analysed, and on its way. */
static int take_record(struct mac *m)
{
    struct err err = {0};
    bool sent;
    m->player.record++;
    int rc = analysis_record(m->analysis, m->player.record, buf_str(&m->player.text),
                             &m->player.body, &sent);
    if (rc || !sent)
        return rc;
    tell_alerts(m);
    rc = batcher_add(m->batcher, buf_str(&m->player.body), &err);
    if (rc == 0)
        flush_soon(m);
    return rc;
}

static int play(struct mac *m, struct track *t, const struct story_line *line)
{
    struct rebase r = rebase_of(m, t);
    if (!happens(m, t, line))
        return miss(t, line);
    buf_clear(&m->player.text);
    int rc = rebase_record(&r, line, m->player.record + 1, &m->player.text);
    if (rc)
        return rc;
    if (line->say.len && t->turn == 0)
        log_info("story", KV_CSTR("host", m->persona.host), KV_STR("what", line->say));
    rc = take_record(m);
    return rc ? rc : prevent_after_record(m);
}

int player_record(struct mac *m, struct str record)
{
    buf_clear(&m->player.text);
    buf_add_str(&m->player.text, record);
    int rc = buf_check(&m->player.text);
    if (rc == 0)
        rc = take_record(m);
    player_flush(m);
    return rc;
}

/* ---------------------------------------------------------------- time */

static int64_t due_ns(const struct mac *m, const struct track *t)
{
    const struct story *s = t->story;
    if (!s || t->start_ns == 0 || t->next >= s->len)
        return INT64_MAX;
    struct rebase r = rebase_of(m, t);
    int64_t at_ms = s->lines[t->next].at_ms;
    if (t->next >= s->loop_first)
        at_ms += (int64_t)t->turn * s->loop_ms;
    return rebase_at(&r, at_ms);
}

static void begin_run(struct mac *m, struct track *t, int64_t wait_ms)
{
    t->run++;
    t->start_ns = clock_wall_ns() + wait_ms * NS_PER_MS / m->sim->options->speed;
    t->next = 0;
    t->turn = 0;
    t->failed = 0;
    t->gone_len = 0;
}

static void end_of_lines(struct mac *m, struct track *t)
{
    if (t->story->loop_first < t->story->len) {
        t->next = t->story->loop_first;
        t->turn++;
        forget_turn(t);
    } else if (t->story->repeat_ms >= 0) {
        begin_run(m, t, t->story->repeat_ms + mac_random(m, t->story->repeat_ms / 2));
    } else {
        t->start_ns = 0;
    }
}

static struct track *earliest(struct mac *m, int64_t *ret_due_ns)
{
    struct track *first = NULL;
    *ret_due_ns = INT64_MAX;
    for (size_t i = 0; i < m->sim->stories_len; i++) {
        int64_t due = due_ns(m, &m->player.tracks[i]);
        if (due < *ret_due_ns) {
            *ret_due_ns = due;
            first = &m->player.tracks[i];
        }
    }
    return first;
}

static void on_time(struct loop *loop, void *arg);

static void wait_for(struct mac *m, int64_t due_at_ns)
{
    int64_t wait = (due_at_ns - clock_wall_ns() + NS_PER_MS - 1) / NS_PER_MS;
    loop_timer_cancel(m->sim->loop, m->player.timer);
    m->player.timer = loop_timer(m->sim->loop, wait < 0 ? 0 : wait, on_time, m);
}

static void play_due(struct mac *m)
{
    int64_t due;
    struct track *t = earliest(m, &due);
    for (unsigned i = 0; t && i < BURST_LINES && due <= clock_wall_ns(); i++) {
        const struct story *s = t->story;
        /* Counted before it is played: flushing saves where we are. */
        size_t next = t->next++;
        bool seated = s->lines[next].seat == 0 || s->lines[next].seat == t->seat;
        if (seated && play(m, t, &s->lines[next]) != 0)
            log_error("out of memory: a line is lost", KV_CSTR("host", m->persona.host));
        if (t->next >= s->len)
            end_of_lines(m, t);
        t = earliest(m, &due);
    }
    if (t)
        wait_for(m, due);
}

static void on_time(struct loop *loop, void *arg)
{
    struct mac *m = arg;
    (void)loop;
    m->player.timer = 0;
    play_due(m);
}

/* ---------------------------------------------------------------- beginning and end */

/* What ran before the restart still runs: tell the tree, without sending it again. */
static void remember(struct mac *m, struct track *t)
{
    struct rebase r = rebase_of(m, t);
    size_t from = t->next > REMEMBER_LINES ? t->next - REMEMBER_LINES : 0;
    for (size_t i = from; i < t->next; i++) {
        const struct story_line *line = &t->story->lines[i];
        bool sent;
        bool seated = line->seat == 0 || line->seat == t->seat;
        buf_clear(&m->player.text);
        if (seated && happens(m, t, line) && rebase_record(&r, line, 0, &m->player.text) == 0)
            (void)!analysis_record(m->analysis, 0, buf_str(&m->player.text), &m->player.body,
                                   &sent);
    }
}

static void begin_track(struct mac *m, struct track *t)
{
    if (!t->story || t->story->len == 0)
        return;
    if (t->run == 0) {
        bool repeats = t->story->repeat_ms >= 0;
        begin_run(m, t, t->story->start_ms + (repeats ? mac_random(m, 20000) : 0));
        return;
    }
    /* Time stood still while the simulator was down. */
    int64_t late = t->start_ns ? clock_wall_ns() - due_ns(m, t) : 0;
    remember(m, t);
    if (late > 0)
        t->start_ns += late;
}

void player_ready(struct mac *m)
{
    struct err err = {0};
    if (m->player.ready || m->stopping)
        return;
    m->player.ready = true;
    for (size_t i = 0; i < m->sim->stories_len; i++)
        begin_track(m, &m->player.tracks[i]);
    if (saved_store(m, &err) != 0)
        log_err(LOG_ERROR, "a Mac's state cannot be saved", &err);
    if (m->player.again_due)
        player_again(m);
    else
        play_due(m);
}

void player_again(struct mac *m)
{
    if (!m->player.ready) {
        m->player.again_due = !m->stopping;
        return;
    }
    player_flush(m);
    for (size_t i = 0; i < m->sim->stories_len; i++) {
        struct track *t = &m->player.tracks[i];
        if (t->story && t->story->repeat_ms < 0 && t->story->len)
            begin_run(m, t, 0);
    }
    play_due(m);
}

void player_stop(struct mac *m)
{
    loop_timer_cancel(m->sim->loop, m->player.timer);
    m->player.timer = 0;
    player_flush(m);
    m->player.ready = false;
}

/* ---------------------------------------------------------------- killing */

/* The last line that this process did or that made it, of those that were played. */
static const struct story_line *last_line_of(const struct track *t, int64_t pid)
{
    size_t played = t->turn ? t->story->len : t->next;
    for (size_t i = played; i > 0; i--) {
        const struct story_line *line = &t->story->lines[i - 1];
        if (line->shape.pid == pid)
            return line;
    }
    return NULL;
}

static int end_process(struct mac *m, struct track *t, int64_t pid, unsigned *count)
{
    struct rebase r = rebase_of(m, t);
    const struct story_line *line = last_line_of(t, pid);
    if (is_gone(t, pid) || !line || line->shape.deed == DEED_EXIT)
        return 0;
    int rc = add_gone(t, pid);
    if (rc)
        return rc;
    (*count)++;
    buf_clear(&m->player.text);
    rc = rebase_exit(&r, line, clock_wall_ns(), m->player.record + 1, &m->player.text);
    return rc == E_UNSUPPORTED ? 0 : rc ? rc : take_record(m);
}

/* Children stand behind their parents in a story, so one pass reaches all descendants. */
static int end_tree(struct mac *m, struct track *t, int64_t pid, unsigned *count)
{
    size_t played = t->turn ? t->story->len : t->next;
    int rc = end_process(m, t, pid, count);
    for (size_t i = 0; i < played && rc == 0; i++) {
        const struct story_line *line = &t->story->lines[i];
        if (line->shape.deed == DEED_FORK && is_gone(t, line->shape.pid) &&
            line->shape.child >= 100)
            rc = end_process(m, t, line->shape.child, count);
    }
    return rc;
}

/* Which recorded process has this number now? -1: none of this story. */
static int64_t recorded_pid(const struct mac *m, const struct track *t, int64_t pid)
{
    struct rebase r = rebase_of(m, t);
    size_t played = t->turn ? t->story->len : t->next;
    for (size_t i = played; i > 0; i--) {
        const struct story_line *line = &t->story->lines[i - 1];
        if (line->shape.pid >= 100 && rebase_pid(&r, line->shape.pid) == pid)
            return line->shape.pid;
    }
    return -1;
}

int player_kill(struct mac *m, int64_t pid, uint64_t generation, bool tree, struct buf *executable,
                unsigned *ret_killed)
{
    const struct process *p = proctree_find(analysis_tree(m->analysis), pid);
    int rc = 0;
    *ret_killed = 0;
    buf_clear(executable);
    if (!p || p->generation != generation || p->end_ns)
        return 0;
    buf_add_str(executable, p->executable);
    player_flush(m);
    for (size_t i = 0; i < m->sim->stories_len && rc == 0; i++) {
        struct track *t = &m->player.tracks[i];
        int64_t recorded = t->story && t->run ? recorded_pid(m, t, pid) : -1;
        if (recorded >= 0)
            rc = tree ? end_tree(m, t, recorded, ret_killed)
                      : end_process(m, t, recorded, ret_killed);
    }
    player_flush(m);
    return rc ? rc : buf_check(executable);
}

static bool has_pid(const int64_t *pids, size_t len, int64_t pid)
{
    for (size_t i = 0; i < len; i++) {
        if (pids[i] == pid)
            return true;
    }
    return false;
}

size_t player_pids(struct mac *m, int64_t *pids, size_t cap)
{
    size_t len = 0;
    for (size_t s = 0; s < m->sim->stories_len; s++) {
        struct track *t = &m->player.tracks[s];
        if (!t->story || !t->run)
            continue;
        struct rebase r = rebase_of(m, t);
        size_t played = t->turn ? t->story->len : t->next;
        for (size_t i = 0; i < played && len < cap; i++) {
            int64_t pid = rebase_pid(&r, t->story->lines[i].shape.pid);
            if (!is_gone(t, t->story->lines[i].shape.pid) && !has_pid(pids, len, pid))
                pids[len++] = pid;
        }
    }
    return len;
}
