/* A Mac's state on disk: where it is in its stories, and its containment. Written after each batch
 * is spooled; what was played since is played again, and the batcher drops the records it already
 * spooled. See mac.h. */
#include "base/arena.h"
#include "base/mem.h"
#include "codec/json_out.h"
#include "mac.h"
#include "os/file.h"
#include "proto/json_in.h"

enum { STATE_BYTES_MAX = 1024 * 1024, GONE_MAX = 10000 };

/* ---------------------------------------------------------------- writing */

static void add_track(const struct track *t, struct json_out *j)
{
    json_object_begin(j);
    json_kv_str(j, "story", t->story->name);
    json_kv_uint(j, "run", t->run);
    json_kv_int(j, "start_ns", t->start_ns);
    json_kv_uint(j, "next", t->next);
    json_kv_uint(j, "turn", t->turn);
    json_kv_int(j, "failed", (int64_t)t->failed);
    json_key(j, "gone");
    json_array_begin(j);
    for (size_t i = 0; i < t->gone_len; i++)
        json_int(j, t->gone[i]);
    json_array_end(j);
    json_object_end(j);
}

int saved_store(const struct mac *m, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &text};
    char path[MAC_PATH_BYTES + 32];
    json_object_begin(&j);
    json_kv_uint(&j, "record", m->player.record);
    json_kv_bool(&j, "isolated", m->isolated);
    json_kv_uint(&j, "generation", m->generation);
    json_key(&j, "tracks");
    json_array_begin(&j);
    for (size_t i = 0; i < m->sim->stories_len; i++) {
        if (m->player.tracks[i].story && m->player.tracks[i].run)
            add_track(&m->player.tracks[i], &j);
    }
    json_array_end(&j);
    json_object_end(&j);
    if (buf_check(&text))
        return err_set(err, E_NOMEM, "out of memory");
    mac_path(m, "state.json", path);
    return file_write_atomic(path, buf_str(&text), 0600, err);
}

/* ---------------------------------------------------------------- reading */

static int read_gone(const json_t *o, struct track *t, struct err *err)
{
    const json_t *list = json_object_get(o, "gone");
    size_t len = json_array_size(list);
    if (len > GONE_MAX)
        return err_set(err, E_LIMIT, "more than %d processes are gone", GONE_MAX);
    if (mem_grow(&t->gone, &t->gone_cap, len + 1, sizeof *t->gone))
        return err_set(err, E_NOMEM, "out of memory");
    for (size_t i = 0; i < len; i++)
        t->gone[i] = json_integer_value(json_array_get(list, i));
    t->gone_len = len;
    return 0;
}

static int read_into(const json_t *o, struct track *t, struct err *err)
{
    int64_t run;
    int64_t next;
    int64_t turn;
    int64_t failed;
    int rc;
    if ((rc = json_in_int(o, "run", true, 0, &run, err)) ||
        (rc = json_in_int(o, "start_ns", true, 0, &t->start_ns, err)) ||
        (rc = json_in_int(o, "next", true, 0, &next, err)) ||
        (rc = json_in_int(o, "turn", true, 0, &turn, err)) ||
        (rc = json_in_int(o, "failed", true, 0, &failed, err)))
        return rc;
    /* The story may be another than then: its position means nothing, a new run does. */
    if (next < 0 || (size_t)next > t->story->len || turn < 0 || run < 0) {
        t->start_ns = 0;
        return 0;
    }
    t->run = (uint64_t)run;
    t->next = (size_t)next;
    t->turn = (uint64_t)turn;
    t->failed = (uint64_t)failed;
    return read_gone(o, t, err);
}

static int read_track(struct mac *m, const json_t *o, struct err *err)
{
    const char *name = json_string_value(json_object_get(o, "story"));
    for (size_t i = 0; name && i < m->sim->stories_len; i++) {
        struct track *t = &m->player.tracks[i];
        if (t->story && str_is(t->story->name, name))
            return read_into(o, t, err);
    }
    return 0;
}

static int read_state(struct mac *m, struct str text, struct err *err)
{
    json_t *o CLEANUP(json_in_freep) = NULL;
    int64_t record;
    int64_t generation;
    int rc;
    if ((rc = json_in_object(text, STATE_BYTES_MAX, &o, err)) ||
        (rc = json_in_int(o, "record", true, 0, &record, err)) ||
        (rc = json_in_bool(o, "isolated", true, false, &m->isolated, err)) ||
        (rc = json_in_int(o, "generation", true, 0, &generation, err)))
        return rc;
    m->player.record = (uint64_t)record;
    m->generation = (uint64_t)generation;
    const json_t *tracks = json_object_get(o, "tracks");
    for (size_t i = 0; i < json_array_size(tracks) && rc == 0; i++)
        rc = read_track(m, json_array_get(tracks, i), err);
    return rc;
}

int saved_load(struct mac *m, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    char path[MAC_PATH_BYTES + 32];
    mac_path(m, "state.json", path);
    int rc = file_read(path, STATE_BYTES_MAX, &text, err);
    if (rc == E_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    if (rc == 0)
        rc = read_state(m, buf_str(&text), err);
    if (rc)
        err_prefix(err, "%s", path);
    return rc;
}
