/* Rewriting records. See rebase.h. */
#include "rebase.h"

#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"
#include "proto/json_in.h"

enum {
    PID_FIXED = 100, /* the system's first processes keep their numbers */
    PIDS = 99000,    /* a Mac's pids end below 100,000 */
    BLOCK_PIDS = PIDS / REBASE_BLOCKS
};

#define BLOCK_VERSIONS (UINT64_C(1) << 40)
#define BOOT_S         INT64_C(1736233200) /* 2025-01-07 07:00 UTC */

static bool is_of_loop(const struct story *s, int64_t pid)
{
    size_t from = 0;
    size_t to = s->loop_pids_len;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (s->loop_pids[middle] < pid)
            from = middle + 1;
        else
            to = middle;
    }
    return from < s->loop_pids_len && s->loop_pids[from] == pid;
}

/* How many spans of numbers earlier runs, and turns of the loop, have used up. */
static uint64_t spans(const struct rebase *r, int64_t pid)
{
    return r->run + (is_of_loop(r->story, pid) ? r->turn : 0);
}

int64_t rebase_pid(const struct rebase *r, int64_t pid)
{
    if (pid < PID_FIXED)
        return pid;
    uint64_t within =
        (uint64_t)(pid - r->story->pid_least) + spans(r, pid) * (uint64_t)r->story->pid_span;
    within = (within % BLOCK_PIDS + (uint64_t)r->block * BLOCK_PIDS + r->rotation) % PIDS;
    return PID_FIXED + (int64_t)within;
}

int64_t rebase_version(const struct rebase *r, int64_t pid, int64_t version)
{
    if (pid < PID_FIXED || version <= 0)
        return version;
    uint64_t within = (uint64_t)(version - r->story->version_least) +
                      spans(r, pid) * (uint64_t)r->story->version_span;
    return 1000 + (int64_t)(within % BLOCK_VERSIONS + r->block * BLOCK_VERSIONS);
}

int64_t rebase_at(const struct rebase *r, int64_t at_ms)
{
    return r->start_ns + at_ms * NS_PER_MS / r->speed;
}

/* A recording's times may be centuries apart; what wraps around is some time, and no harm. */
static int64_t distance(int64_t from_ns, int64_t to_ns)
{
    return (int64_t)((uint64_t)to_ns - (uint64_t)from_ns);
}

static int64_t moved(int64_t ns, int64_t by_ns)
{
    return (int64_t)((uint64_t)ns + (uint64_t)by_ns);
}

/* The line whose recorded time is the last at or before this one; story lines are in the order of
 * their recorded times, or close to it. NULL: it is before all of them. */
static const struct story_line *line_before(const struct story *s, int64_t recorded_ns)
{
    size_t from = 0;
    size_t to = s->len;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (s->lines[middle].recorded_ns <= recorded_ns)
            from = middle + 1;
        else
            to = middle;
    }
    return from ? &s->lines[from - 1] : NULL;
}

/* One recorded moment is one moment of the run, whichever line names it. */
static int64_t moment(const struct rebase *r, int64_t recorded_ns)
{
    const struct story *s = r->story;
    const struct story_line *line = line_before(s, recorded_ns);
    if (!line)
        return s->len ? moved(r->start_ns, distance(s->lines[0].recorded_ns, recorded_ns))
                      : r->start_ns;
    int64_t at_ms = line->at_ms;
    if (line >= s->lines + s->loop_first)
        at_ms += (int64_t)r->turn * s->loop_ms;
    return moved(rebase_at(r, at_ms), distance(line->recorded_ns, recorded_ns) / r->speed);
}

/* ---------------------------------------------------------------- visitor */

static int64_t new_pid(void *arg, int64_t pid)
{
    return rebase_pid(arg, pid);
}

static int64_t new_version(void *arg, int64_t pid, int64_t version)
{
    return rebase_version(arg, pid, version);
}

/* What runs since the Mac was started has started then, whatever the story. */
static int64_t boot_ns(const struct rebase *r)
{
    return BOOT_S * NS_PER_S + (int64_t)(r->rotation % 86400) * NS_PER_S;
}

static bool new_time(void *arg, int64_t pid, struct str text, struct buf *out)
{
    const struct rebase *r = arg;
    int64_t ns;
    if (timefmt_parse(text, &ns) != 0)
        return false;
    timefmt_add(out, pid >= 0 && pid < PID_FIXED ? boot_ns(r) : moment(r, ns), 9);
    return true;
}

static bool is_word_char(char c)
{
    c = char_lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The recorded user's name, where it stands as a word. */
static bool new_text(void *arg, struct str text, struct buf *out)
{
    const struct rebase *r = arg;
    struct str name = r->story->user;
    bool changed = false;
    if (name.len == 0 || text.len < name.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        struct str rest = str_sub(text, i, SIZE_MAX);
        bool word = str_starts(rest, name) && (i == 0 || !is_word_char(text.ptr[i - 1])) &&
                    (rest.len == name.len || !is_word_char(rest.ptr[name.len]));
        if (!word) {
            buf_add_char(out, text.ptr[i]);
            continue;
        }
        buf_add_str(out, r->user);
        i += name.len - 1;
        changed = true;
    }
    return changed;
}

static const struct shape_visitor visitor = {new_pid, new_version, new_time, new_text};

/* ---------------------------------------------------------------- records */

static int set_time(json_t *record, int64_t ns)
{
    struct buf text CLEANUP(buf_done) = {0};
    timefmt_add(&text, ns, 9);
    if (buf_check(&text))
        return E_NOMEM;
    return json_object_set_new(record, "time", json_stringn(text.ptr, text.len)) ? E_NOMEM : 0;
}

static int write_out(const json_t *record, struct buf *out)
{
    char *text = json_dumps(record, JSON_COMPACT);
    if (!text)
        return E_NOMEM;
    buf_add_cstr(out, text);
    free(text);
    return buf_check(out);
}

static int rewrite(const struct rebase *r, json_t *record, int64_t time_ns, uint64_t number,
                   struct buf *out)
{
    struct rebase copy = *r; /* the visitor's argument is not const */
    int rc = shape_walk(record, &visitor, &copy);
    if (rc == 0)
        rc = set_time(record, time_ns);
    if (rc == 0 && json_object_get(record, "global_seq_num"))
        rc = json_object_set_new(record, "global_seq_num", json_integer((json_int_t)number))
                 ? E_NOMEM
                 : 0;
    return rc ? rc : write_out(record, out);
}

static int read_record(const struct story_line *line, json_t **ret)
{
    struct err ignored;
    return json_in_object(line->record, SIZE_MAX, ret, &ignored);
}

int rebase_record(const struct rebase *r, const struct story_line *line, uint64_t number,
                  struct buf *out)
{
    json_t *record CLEANUP(json_in_freep) = NULL;
    int64_t at_ms = line->at_ms;
    if (line >= r->story->lines + r->story->loop_first)
        at_ms += (int64_t)r->turn * r->story->loop_ms;
    int rc = read_record(line, &record);
    return rc ? rc : rewrite(r, record, rebase_at(r, at_ms), number, out);
}

int rebase_exit(const struct rebase *r, const struct story_line *line, int64_t now_ns,
                uint64_t number, struct buf *out)
{
    enum { SIGNAL_KILL = 9 };
    json_t *record CLEANUP(json_in_freep) = NULL;
    int rc = read_record(line, &record);
    if (rc)
        return rc;
    if (!shape_make_exit(record, SIGNAL_KILL))
        return E_UNSUPPORTED;
    return rewrite(r, record, now_ns, number, out);
}
