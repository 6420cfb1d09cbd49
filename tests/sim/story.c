/* Reading stories. See story.h. */
#include "story.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "event/normalise.h"
#include "event/reader.h"
#include "os/file.h"
#include "proto/json_in.h"

enum {
    NAME_MAX_BYTES = 64,
    SAY_MAX = 200,
    GAP_MS_MOST = 30 * 1000, /* a recording's longer pauses are cut to this */
    GAP_MS_UNTIMED = 500,    /* between records that have no time */
    REPEAT_MS = 60 * 1000,
    PATH_BYTES = 1024
};

struct reading {
    struct story *story;
    const char *folder;
    struct normaliser *normaliser;
    size_t cap;
    struct buf text;
};

void story_free(struct story *s)
{
    if (!s)
        return;
    arena_done(&s->arena);
    mem_free(s->lines);
    mem_free(s->loop_pids);
    mem_free(s);
}

uint32_t story_seat(const struct story *s, unsigned index)
{
    if (index >= s->cast && !s->everywhere)
        return 0;
    return index % s->cast + 1;
}

/* ---------------------------------------------------------------- lines */

static int add_line(struct reading *r, const struct story_line *line, struct err *err)
{
    struct story *s = r->story;
    if (s->len == STORY_LINES_MAX)
        return err_set(err, E_LIMIT, "more than %d lines", STORY_LINES_MAX);
    if (s->len && line->at_ms < s->lines[s->len - 1].at_ms)
        return err_set(err, E_PARSE, "at_ms %lld is before the line above", (long long)line->at_ms);
    if (mem_grow(&s->lines, &r->cap, s->len + 1, sizeof *s->lines))
        return err_set(err, E_NOMEM, "out of memory");
    s->lines[s->len++] = *line;
    return 0;
}

static int keep_record(struct story *s, const json_t *record, struct story_line *line,
                       struct err *err)
{
    char *text = json_dumps(record, JSON_COMPACT);
    if (!text)
        return err_set(err, E_NOMEM, "out of memory");
    line->record = arena_str(&s->arena, str_of(text));
    free(text);
    shape_read(record, &line->shape);
    line->recorded_ns = line->shape.time_ns;
    return line->record.ptr ? 0 : err_set(err, E_NOMEM, "out of memory");
}

static int step_number(struct story *s, struct str name, int8_t *ret, struct err *err)
{
    for (size_t i = 0; i < s->steps_len; i++) {
        if (str_is(name, s->steps[i])) {
            *ret = (int8_t)i;
            return 0;
        }
    }
    if (s->steps_len == STORY_STEPS_MAX)
        return err_set(err, E_LIMIT, "more than %d steps", STORY_STEPS_MAX);
    s->steps[s->steps_len] = arena_cstr(&s->arena, name);
    if (!s->steps[s->steps_len])
        return err_set(err, E_NOMEM, "out of memory");
    *ret = (int8_t)s->steps_len++;
    return 0;
}

static int read_step(struct story *s, const json_t *o, const char *key, int8_t *ret,
                     struct err *err)
{
    struct str name;
    int rc = json_in_text(o, key, false, NAME_MAX_BYTES, &s->arena, &name, err);
    *ret = -1;
    return rc || name.len == 0 ? rc : step_number(s, name, ret, err);
}

/* The members of a line that say when, where and under which condition. */
static int read_terms(struct story *s, const json_t *o, struct story_line *line, struct err *err)
{
    int64_t seat;
    struct str needs;
    int rc;
    if ((rc = json_in_int(o, "at_ms", true, 0, &line->at_ms, err)) ||
        (rc = json_in_int(o, "device", false, 0, &seat, err)) ||
        (rc = json_in_text(o, "needs", false, NAME_MAX_BYTES, &s->arena, &needs, err)) ||
        (rc = json_in_text(o, "say", false, SAY_MAX, &s->arena, &line->say, err)) ||
        (rc = read_step(s, o, "step", &line->step, err)) ||
        (rc = read_step(s, o, "after", &line->after, err)))
        return rc;
    if (line->at_ms < 0 || line->at_ms > STORY_AT_MS_MAX)
        return err_set(err, E_LIMIT, "at_ms %lld, expected 0 to %d", (long long)line->at_ms,
                       STORY_AT_MS_MAX);
    if (seat < 0 || seat > s->cast)
        return err_set(err, E_PARSE, "device %lld, the cast has %u", (long long)seat, s->cast);
    if (needs.len && !str_is(needs, "network"))
        return err_set(err, E_PARSE, "needs '%.*s', expected network", STR_FMT(needs));
    line->needs_network = needs.len != 0;
    line->seat = (uint32_t)seat;
    return 0;
}

/* ---------------------------------------------------------------- recordings */

static int parse_record(struct str text, json_t **ret)
{
    struct err ignored;
    return json_in_object(text, STORY_LINE_BYTES_MAX, ret, &ignored);
}

/* A record as it is when it is eslogger's, else as the flat event it stands for; NULL: it is none.
 */
static json_t *usable(struct reading *r, struct str record)
{
    struct event ev;
    struct err ignored = {0};
    json_t *o CLEANUP(json_in_freep) = NULL;
    if (parse_record(record, &o) == 0 && shape_is_eslogger(o))
        return TAKE(o);
    json_in_freep(&o);
    if (normaliser_record(r->normaliser, record, FORMAT_AUTO, &ev, &ignored) != 0)
        return NULL;
    buf_clear(&r->text);
    event_add_json(&r->text, &ev);
    if (buf_check(&r->text) || parse_record(buf_str(&r->text), &o) != 0)
        return NULL;
    return TAKE(o);
}

/* Distance to the record before: as recorded, but no longer than a viewer would wait. */
static int64_t gap_ms(int64_t before_ns, int64_t now_ns)
{
    if (before_ns == 0 || now_ns == 0)
        return GAP_MS_UNTIMED;
    if (now_ns <= before_ns)
        return 0;
    uint64_t gap = ((uint64_t)now_ns - (uint64_t)before_ns) / NS_PER_MS;
    return gap > GAP_MS_MOST ? GAP_MS_MOST : (int64_t)gap;
}

static int read_records(struct reading *r, struct reader *reader, const struct story_line *terms,
                        struct err *err)
{
    struct story_line line = *terms;
    int64_t before_ns = 0;
    bool first = true;
    for (;;) {
        struct str record;
        uint64_t number;
        struct err fault = {0};
        int rc = reader_next(reader, &record, &number, &fault);
        if (rc == E_CLOSED)
            return 0;
        if (rc == E_PARSE || rc == E_LIMIT || rc == E_AGAIN)
            continue;
        if (rc)
            return err_set(err, rc, "%s", fault.message);
        json_t *o CLEANUP(json_in_freep) = usable(r, record);
        if (!o)
            continue;
        rc = keep_record(r->story, o, &line, err);
        if (rc)
            return rc;
        if (!first)
            line.at_ms += gap_ms(before_ns, line.recorded_ns);
        first = false;
        before_ns = line.recorded_ns;
        if (line.at_ms > STORY_AT_MS_MAX)
            return err_set(err, E_LIMIT, "the recording is too long");
        rc = add_line(r, &line, err);
        if (rc)
            return rc;
        line.say = (struct str){0};
    }
}

static int read_recording(struct reading *r, const char *path, const struct story_line *terms,
                          struct err *err)
{
    struct reader *reader = NULL;
    int fd CLEANUP(fd_closep) = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, E_NOT_FOUND, "cannot open the recording %s", path);
    int rc = reader_new(fd, &reader);
    if (rc == 0)
        rc = read_records(r, reader, terms, err);
    reader_free(reader);
    if (rc)
        err_prefix(err, "%s", path);
    return rc;
}

static int include(struct reading *r, struct str name, const struct story_line *terms,
                   struct err *err)
{
    char path[PATH_BYTES];
    if (!r->folder)
        return err_set(err, E_PARSE, "recordings cannot be referred to here");
    int n = snprintf(path, sizeof path, "%s/%.*s", r->folder, STR_FMT(name));
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, E_LIMIT, "the path of the recording is too long");
    return read_recording(r, path, terms, err);
}

/* ---------------------------------------------------------------- the file */

static int read_header(struct story *s, const json_t *o, struct err *err)
{
    int64_t cast;
    int rc;
    if ((rc = json_in_text(o, "story", true, NAME_MAX_BYTES, &s->arena, &s->name, err)) ||
        (rc = json_in_text(o, "user", false, NAME_MAX_BYTES, &s->arena, &s->user, err)) ||
        (rc = json_in_int(o, "cast", false, 1, &cast, err)) ||
        (rc = json_in_bool(o, "everywhere", false, false, &s->everywhere, err)) ||
        (rc = json_in_int(o, "start_ms", false, 0, &s->start_ms, err)) ||
        (rc = json_in_int(o, "repeat_ms", false, -1, &s->repeat_ms, err)) ||
        (rc = json_in_int(o, "loop_from_ms", false, -1, &s->loop_from_ms, err)) ||
        (rc = json_in_int(o, "loop_ms", false, 0, &s->loop_ms, err)))
        return rc;
    if (cast < 1 || cast > STORY_CAST_MAX)
        return err_set(err, E_LIMIT, "cast %lld, expected 1 to %d", (long long)cast,
                       STORY_CAST_MAX);
    if (s->start_ms < 0 || s->start_ms > STORY_AT_MS_MAX || s->repeat_ms < -1 ||
        s->repeat_ms > STORY_AT_MS_MAX)
        return err_set(err, E_LIMIT, "start_ms and repeat_ms are 0 to %d", STORY_AT_MS_MAX);
    if (s->loop_from_ms >= 0 && (s->loop_ms < 100 || s->loop_ms > STORY_AT_MS_MAX))
        return err_set(err, E_LIMIT, "loop_ms %lld, expected 100 to %d", (long long)s->loop_ms,
                       STORY_AT_MS_MAX);
    s->cast = (uint32_t)cast;
    return 0;
}

static int read_line(struct reading *r, const json_t *o, struct err *err)
{
    struct story_line line = {.step = -1, .after = -1};
    struct str recording;
    json_t *event = json_object_get(o, "event");
    int rc = read_terms(r->story, o, &line, err);
    if (rc == 0)
        rc = json_in_text(o, "recording", false, 256, &r->story->arena, &recording, err);
    if (rc)
        return rc;
    if (!json_is_object(event) == !recording.len)
        return err_set(err, E_PARSE, "a line has either an 'event' object or a 'recording'");
    if (recording.len)
        return include(r, recording, &line, err);
    rc = keep_record(r->story, event, &line, err);
    return rc ? rc : add_line(r, &line, err);
}

static int read_all(struct reading *r, struct str text, const char *source, struct err *err)
{
    struct str line;
    uint32_t number = 0;
    bool headed = false;
    while (str_next(&text, '\n', &line)) {
        json_t *o CLEANUP(json_in_freep) = NULL;
        number++;
        line = str_trim(line);
        if (line.len == 0)
            continue;
        int rc = json_in_object(line, STORY_LINE_BYTES_MAX, &o, err);
        if (rc == 0)
            rc = headed ? read_line(r, o, err) : read_header(r->story, o, err);
        if (rc) {
            err_at(err, source, number, 0);
            return rc;
        }
        PLANT_OVERREAD(text.ptr + text.len);
        headed = true;
    }
    return headed ? 0 : err_set(err, E_PARSE, "%s: no story header", source);
}

/* ---------------------------------------------------------------- ranges and the loop */

struct ranges {
    int64_t pid_least, pid_most;
    int64_t version_least, version_most;
};

static int64_t see_pid(void *arg, int64_t pid)
{
    struct ranges *g = arg;
    if (pid >= 100 && pid < g->pid_least)
        g->pid_least = pid;
    if (pid >= 100 && pid > g->pid_most)
        g->pid_most = pid;
    return pid;
}

static int64_t see_version(void *arg, int64_t pid, int64_t version)
{
    struct ranges *g = arg;
    if (pid >= 100 && version > 0 && version < g->version_least)
        g->version_least = version;
    if (pid >= 100 && version > g->version_most)
        g->version_most = version;
    return version;
}

static int measure(struct story *s, struct err *err)
{
    static const struct shape_visitor visitor = {see_pid, see_version, NULL, NULL};
    struct ranges g = {INT64_MAX, 0, INT64_MAX, 0};
    for (size_t i = 0; i < s->len; i++) {
        json_t *o CLEANUP(json_in_freep) = NULL;
        int rc = json_in_object(s->lines[i].record, SIZE_MAX, &o, err);
        if (rc == 0)
            rc = shape_walk(o, &visitor, &g);
        if (rc)
            return rc;
    }
    s->pid_least = g.pid_most ? g.pid_least : 100;
    s->pid_span = g.pid_most ? g.pid_most - g.pid_least + 1 : 1;
    s->version_least = g.version_most ? g.version_least : 0;
    s->version_span = g.version_most ? g.version_most - g.version_least + 1 : 1;
    return 0;
}

static int compare_pids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int find_loop(struct story *s, struct err *err)
{
    s->loop_first = s->len;
    for (size_t i = s->len;
         s->loop_from_ms >= 0 && i > 0 && s->lines[i - 1].at_ms >= s->loop_from_ms; i--)
        s->loop_first = i - 1;
    s->length_ms = s->loop_first ? s->lines[s->loop_first - 1].at_ms : 0;
    size_t most = s->len - s->loop_first;
    if (most && s->lines[s->len - 1].at_ms - s->loop_from_ms >= s->loop_ms)
        return err_set(err, E_PARSE, "the loop's lines take longer than loop_ms");
    s->loop_pids = mem_calloc(most ? most : 1, sizeof *s->loop_pids);
    if (!s->loop_pids)
        return err_set(err, E_NOMEM, "out of memory");
    for (size_t i = s->loop_first; i < s->len; i++) {
        if (s->lines[i].shape.deed == DEED_FORK && s->lines[i].shape.child >= 100)
            s->loop_pids[s->loop_pids_len++] = s->lines[i].shape.child;
    }
    qsort(s->loop_pids, s->loop_pids_len, sizeof *s->loop_pids, compare_pids);
    return 0;
}

static int finish(struct reading *r, int rc, struct story **ret_story, struct err *err)
{
    struct story *s = r->story;
    buf_done(&r->text);
    if (rc == 0)
        rc = measure(s, err);
    if (rc == 0)
        rc = find_loop(s, err);
    if (rc) {
        story_free(s);
        return rc;
    }
    *ret_story = s;
    return 0;
}

int story_parse(struct str text, const char *source, const char *folder,
                struct normaliser *normaliser, struct story **ret_story, struct err *err)
{
    struct reading r = {.folder = folder, .normaliser = normaliser};
    r.story = mem_calloc(1, sizeof *r.story);
    if (!r.story)
        return err_set(err, E_NOMEM, "out of memory");
    return finish(&r, read_all(&r, text, source, err), ret_story, err);
}

int story_load(const char *path, struct normaliser *normaliser, struct story **ret_story,
               struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    char folder[PATH_BYTES] = ".";
    struct str slash = str_sub(str_of(path), 0, str_rfind_char(str_of(path), '/'));
    int rc = file_read(path, STORY_FILE_BYTES_MAX, &text, err);
    if (rc)
        return rc;
    if (slash.len < strlen(path))
        (void)snprintf(folder, sizeof folder, "%.*s", STR_FMT(slash));
    return story_parse(buf_str(&text), path, folder, normaliser, ret_story, err);
}

int story_of_recording(const char *path, uint32_t seat, uint32_t cast,
                       struct normaliser *normaliser, struct story **ret_story, struct err *err)
{
    struct reading r = {.normaliser = normaliser};
    struct story_line terms = {.seat = seat, .step = -1, .after = -1};
    r.story = mem_calloc(1, sizeof *r.story);
    if (!r.story)
        return err_set(err, E_NOMEM, "out of memory");
    struct story *s = r.story;
    s->name = arena_str(&s->arena, str_basename(str_of(path)));
    s->user = STR("mara");
    s->cast = cast;
    s->everywhere = true;
    s->repeat_ms = REPEAT_MS;
    s->loop_from_ms = -1;
    return finish(&r, read_recording(&r, path, &terms, err), ret_story, err);
}
