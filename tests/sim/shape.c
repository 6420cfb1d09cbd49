/* Where things stand in a record. See shape.h. Sources: eslogger(1) output, schema versions 7 to 11
 * (audit tokens are lists of eight numbers in version 10, objects in others); schema/field.h. */
#include "shape.h"

#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"

enum { TOKEN_PID = 5, TOKEN_VERSION = 7, TOKEN_LEN = 8, DEPTH_MAX = 64 };

/* ---------------------------------------------------------------- reading */

static bool is_token(const json_t *v)
{
    return json_array_size(v) == TOKEN_LEN && json_is_integer(json_array_get(v, TOKEN_PID)) &&
           json_is_integer(json_array_get(v, TOKEN_VERSION));
}

static int64_t int_of(const json_t *v)
{
    return json_is_integer(v) ? json_integer_value(v) : -1;
}

static int64_t token_pid(const json_t *token)
{
    return is_token(token) ? int_of(json_array_get(token, TOKEN_PID))
                           : int_of(json_object_get(token, "pid"));
}

static int64_t process_pid(const json_t *process)
{
    return token_pid(json_object_get(process, "audit_token"));
}

bool shape_is_eslogger(const json_t *record)
{
    return json_is_object(json_object_get(record, "event")) &&
           json_is_object(json_object_get(record, "process"));
}

static enum deed deed_of(const char *name)
{
    return !name                       ? DEED_OTHER
           : strcmp(name, "fork") == 0 ? DEED_FORK
           : strcmp(name, "exec") == 0 ? DEED_EXEC
           : strcmp(name, "exit") == 0 ? DEED_EXIT
                                       : DEED_OTHER;
}

void shape_read(const json_t *record, struct shape *ret_shape)
{
    struct shape s = {.pid = -1, .child = -1};
    const char *time = json_string_value(json_object_get(record, "time"));
    if (!time || timefmt_parse(str_of(time), &s.time_ns) != 0)
        s.time_ns = 0;
    if (shape_is_eslogger(record)) {
        json_t *event = json_object_get(record, "event");
        s.deed = deed_of(json_object_iter_key(json_object_iter(event)));
        s.pid = process_pid(json_object_get(record, "process"));
        if (s.deed == DEED_FORK)
            s.child = process_pid(json_object_get(json_object_get(event, "fork"), "child"));
    } else {
        s.deed = deed_of(json_string_value(json_object_get(record, "kind")));
        s.pid = int_of(json_object_get(record, "process.pid"));
        if (s.deed == DEED_FORK)
            s.child = int_of(json_object_get(record, "target.process.pid"));
    }
    *ret_shape = s;
}

/* ---------------------------------------------------------------- walking */

struct walk {
    const struct shape_visitor *v;
    void *arg;
    struct buf scratch;
    int rc;
};

static void set_int(struct walk *w, json_t *at, int64_t new_value)
{
    if (json_is_integer(at) && json_integer_value(at) != new_value)
        w->rc |= json_integer_set(at, new_value);
}

static void put_text(struct walk *w, json_t *at, bool changed)
{
    if (!changed)
        return;
    w->rc |= buf_check(&w->scratch);
    w->rc |= json_string_setn(at, w->scratch.ptr, w->scratch.len);
}

static struct str text_of(const json_t *at)
{
    return str_n(json_string_value(at), json_string_length(at));
}

static void walk_text(struct walk *w, json_t *at)
{
    buf_clear(&w->scratch);
    put_text(w, at, w->v->text && w->v->text(w->arg, text_of(at), &w->scratch));
}

static void walk_time(struct walk *w, json_t *at, int64_t pid)
{
    buf_clear(&w->scratch);
    put_text(w, at, w->v->time && w->v->time(w->arg, pid, text_of(at), &w->scratch));
}

static void walk_token(struct walk *w, json_t *token)
{
    json_t *pid = json_array_get(token, TOKEN_PID);
    json_t *version = json_array_get(token, TOKEN_VERSION);
    int64_t old = json_integer_value(pid);
    set_int(w, version, w->v->version(w->arg, old, json_integer_value(version)));
    set_int(w, pid, w->v->pid(w->arg, old));
}

static bool ends(const char *key, const char *end)
{
    return str_ends(str_of(key), str_of(end));
}

static bool is_pid_key(const char *key)
{
    return strcmp(key, "pid") == 0 || strcmp(key, "ppid") == 0 ||
           strcmp(key, "original_ppid") == 0 || strcmp(key, "group_id") == 0 ||
           strcmp(key, "session_id") == 0 || ends(key, ".pid") || ends(key, ".group_id") ||
           ends(key, ".session_id");
}

static bool is_version_key(const char *key)
{
    return strcmp(key, "pidversion") == 0 || ends(key, ".pidversion");
}

static bool is_time_key(const char *key)
{
    return strcmp(key, "time") == 0 || strcmp(key, "start_time") == 0 || ends(key, ".start");
}

/* What stands beside a member: "process.parent.pid" beside "process.parent.pidversion", whose last
 * `cut` bytes make way for `end`. */
static int64_t pid_beside(const json_t *object, const char *key, size_t cut, const char *end)
{
    char name[128];
    size_t len = strlen(key) - cut;
    if (len + strlen(end) >= sizeof name)
        return -1;
    memcpy(name, key, len);
    memcpy(name + len, end, strlen(end) + 1);
    return int_of(json_object_get(object, name));
}

static int64_t pid_of_start(const json_t *object, const char *key)
{
    if (strcmp(key, "start_time") == 0)
        return process_pid(object);
    return ends(key, ".start") ? pid_beside(object, key, strlen("start"), "pid") : -1;
}

static void walk_value(struct walk *w, json_t *v, unsigned depth);

static void walk_member(struct walk *w, const char *key, json_t *v, unsigned depth)
{
    if (json_is_integer(v) && is_pid_key(key))
        set_int(w, v, w->v->pid(w->arg, json_integer_value(v)));
    else if (json_is_string(v) && !is_time_key(key))
        walk_text(w, v);
    else if (is_token(v) && ends(key, "token"))
        walk_token(w, v);
    else
        walk_value(w, v, depth);
}

/* Generations and times first: they look at pids that are still the recorded ones. */
static void walk_dependent(struct walk *w, json_t *object)
{
    const char *key;
    json_t *item;
    json_object_foreach(object, key, item)
    {
        if (json_is_integer(item) && is_version_key(key))
            set_int(w, item,
                    w->v->version(w->arg, pid_beside(object, key, strlen("version"), ""),
                                  json_integer_value(item)));
        else if (json_is_string(item) && is_time_key(key))
            walk_time(w, item, pid_of_start(object, key));
    }
}

static void walk_value(struct walk *w, json_t *v, unsigned depth)
{
    const char *key;
    json_t *item;
    size_t i;
    if (depth == DEPTH_MAX)
        return;
    json_array_foreach(v, i, item)
    {
        if (json_is_string(item))
            walk_text(w, item);
        else
            walk_value(w, item, depth + 1);
    }
    walk_dependent(w, v);
    json_object_foreach(v, key, item) walk_member(w, key, item, depth + 1);
}

int shape_walk(json_t *record, const struct shape_visitor *visitor, void *arg)
{
    struct walk w = {.v = visitor, .arg = arg};
    walk_value(&w, record, 0);
    buf_done(&w.scratch);
    return w.rc ? E_NOMEM : 0;
}

/* ---------------------------------------------------------------- an end */

bool shape_make_exit(json_t *record, int signal_number)
{
    if (!shape_is_eslogger(record))
        return false;
    json_t *target =
        json_object_get(json_object_get(json_object_get(record, "event"), "exec"), "target");
    if (target)
        (void)json_object_set(record, "process", target);
    (void)json_object_set_new(record, "event_type", json_integer(15));
    return json_object_set_new(record, "event",
                               json_pack("{s:{s:i}}", "exit", "stat", signal_number)) == 0;
}
