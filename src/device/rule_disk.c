/* A look at the file of an event. See detect_disk.h. The file is read once an event; that it may
 * have changed since is the asker's to know. */
#include "cli/detect_disk.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "codec/plist.h"
#include "os/clock.h"
#include "os/file.h"

enum {
    OPENS_PER_S = 200,
    FILE_BYTES = 1 << 20, /* of a property list */
    TEXT_BYTES = 1 << 20,
    NODES = 20000,
    DEPTH = 64,
    LOOKUPS_MOST = 1000, /* dots in a path may be part of a key: ways to read it */
    PATH_BYTES = 4096
};

struct detect_disk {
    struct disk disk;
    struct detect_disk_stats stats;
    int64_t second_ns; /* when the opens began to be counted */
    unsigned opens;
    /* The file of the event that was asked about last. */
    const char *raw;
    int64_t time_ns;
    char path[PATH_BYTES];
    bool readable;
    bool marked;
    struct buf names;   /* of its attributes */
    struct buf content; /* empty unless it may be a property list */
    struct arena tree;
    bool parsed;
    const struct plist_value *root; /* NULL: no dictionary */
};

/* ------------------------------------------------------------------ reading */

static bool may_open(struct detect_disk *d)
{
    int64_t now = clock_mono_ns();
    if (now - d->second_ns >= NS_PER_S) {
        d->second_ns = now;
        d->opens = 0;
    }
    if (d->opens >= OPENS_PER_S) {
        d->stats.too_many++;
        return false;
    }
    d->opens++;
    return true;
}

static bool has_name(const struct buf *names, const char *name)
{
    for (size_t at = 0; at < names->len; at += strlen(names->ptr + at) + 1) {
        if (str_is(str_of(names->ptr + at), name))
            return true;
    }
    return false;
}

/* @return 0 or E_NOMEM; `readable` says whether it went well */
static int open_file(struct detect_disk *d)
{
    if (!may_open(d))
        return 0;
    int fd CLEANUP(fd_closep) = file_open_nofollow(d->path, NULL);
    d->stats.unreadable += fd < 0 ? 1 : 0;
    if (fd < 0)
        return 0;
    d->stats.opened++;
    int rc = file_xattr_names(fd, &d->names);
    if (rc)
        return rc == E_NOMEM ? rc : 0;
    d->readable = true;
    d->marked = has_name(&d->names, "com.apple.quarantine");
    if (buf_reserve(&d->content, FILE_BYTES + 1))
        return E_NOMEM;
    for (size_t at = 0; at <= FILE_BYTES;) {
        ssize_t got = pread(fd, d->content.ptr + at, FILE_BYTES + 1 - at, (off_t)at);
        if (got <= 0)
            break;
        at += (size_t)got;
        d->content.len = at;
    }
    return 0;
}

/* Forget the file before and look at this event's. */
static int look(struct detect_disk *d, const struct event *ev)
{
    struct str path = event_str(ev, F_FILE_PATH);
    if (d->raw == ev->raw.ptr && d->time_ns == ev->time_ns && str_is(path, d->path))
        return 0;
    d->raw = ev->raw.ptr;
    d->time_ns = ev->time_ns;
    d->readable = d->marked = d->parsed = false;
    d->root = NULL;
    d->path[0] = '\0';
    buf_clear(&d->names);
    buf_clear(&d->content);
    arena_clear(&d->tree);
    if (path.len == 0 || path.len >= sizeof d->path || path.ptr[0] != '/' ||
        memchr(path.ptr, '\0', path.len))
        return 0;
    memcpy(d->path, path.ptr, path.len);
    d->path[path.len] = '\0';
    return open_file(d);
}

static int parse(struct detect_disk *d)
{
    static const struct plist_limits limits = {
        .bytes = FILE_BYTES, .text = TEXT_BYTES, .nodes = NODES, .depth = DEPTH};
    const struct plist_value *root;
    if (d->parsed || !d->readable)
        return 0;
    d->parsed = true;
    int rc = plist_parse(buf_str(&d->content), &limits, &d->tree, &root, NULL);
    if (rc == 0 && root->type == PLIST_DICT)
        d->root = root;
    return rc == E_NOMEM ? rc : 0;
}

/* ------------------------------------------------------------------ values */

/* A dot stands between two keys or in one. */
static const struct plist_value *find(const struct plist_value *dict, struct str path,
                                      unsigned *left)
{
    const struct plist_value *v = plist_find(dict, path);
    for (size_t at = 0; !v && *left && at < path.len; at++) {
        if (path.ptr[at] != '.')
            continue;
        --*left;
        const struct plist_value *below = plist_find(dict, str_sub(path, 0, at));
        if (below && below->type == PLIST_DICT)
            v = find(below, str_sub(path, at + 1, SIZE_MAX), left);
    }
    return v;
}

static struct str text_of(const struct plist_value *v, struct arena *arena)
{
    CLEANUP(buf_done) struct buf date = {0};
    switch (v->type) {
    case PLIST_STR:
        return v->s;
    case PLIST_INT:
    case PLIST_UID:
        return arena_fmt(arena, "%lld", (long long)v->i);
    case PLIST_REAL:
        return arena_fmt(arena, "%.17g", v->r);
    case PLIST_BOOL:
        return v->b ? STR("true") : STR("false");
    case PLIST_DATE:
        timefmt_add(&date, v->i, 0);
        return buf_check(&date) ? (struct str){0} : arena_str(arena, buf_str(&date));
    case PLIST_DATA:
    case PLIST_ARRAY:
    case PLIST_DICT:
        break;
    }
    return STR(""); /* it is there; what it holds is not compared */
}

static int list_value(const struct plist_value *items, size_t len, struct arena *arena,
                      struct value *ret)
{
    struct str *texts = arena_array(arena, len, sizeof *texts);
    for (size_t i = 0; texts && i < len; i++) {
        texts[i] = text_of(&items[i], arena);
        if (!texts[i].ptr)
            return E_NOMEM;
    }
    if (!texts)
        return E_NOMEM;
    *ret = (struct value){.type = VALUE_LIST, .count = (uint32_t)len, .list = texts};
    return 0;
}

static int value_of(const struct plist_value *v, struct arena *arena, struct value *ret)
{
    static const struct str yes[] = {{"true", 4}, {"1", 1}};
    static const struct str no[] = {{"false", 5}, {"0", 1}};
    if (v->type == PLIST_ARRAY)
        return list_value(v->items, v->len, arena, ret);
    if (v->type == PLIST_BOOL) {
        *ret = (struct value){.type = VALUE_LIST, .count = 2, .list = v->b ? yes : no};
        return 0;
    }
    *ret = (struct value){.type = VALUE_STR, .s = text_of(v, arena)};
    return ret->s.ptr ? 0 : E_NOMEM;
}

static int names_value(const struct detect_disk *d, struct arena *arena, struct value *ret)
{
    size_t count = 0;
    for (size_t at = 0; at < d->names.len; at += strlen(d->names.ptr + at) + 1)
        count++;
    struct str *texts = arena_array(arena, count, sizeof *texts);
    if (!texts)
        return E_NOMEM;
    for (size_t at = 0, i = 0; at < d->names.len; at += strlen(d->names.ptr + at) + 1)
        texts[i++] = str_of(d->names.ptr + at);
    *ret = (struct value){.type = VALUE_LIST, .count = (uint32_t)count, .list = texts};
    return 0;
}

static int answer(void *arg, const struct event *ev, struct str name, struct arena *arena,
                  struct value *ret)
{
    struct detect_disk *d = arg;
    unsigned left = LOOKUPS_MOST;
    int rc = look(d, ev);
    if (rc || !d->readable)
        return rc;
    if (str_is(name, DISK_XATTRS))
        return names_value(d, arena, ret);
    if (str_is(name, DISK_QUARANTINED)) {
        *ret = (struct value){.type = VALUE_BOOL, .b = d->marked};
        return 0;
    }
    rc = parse(d);
    if (rc || !d->root)
        return rc;
    if (str_is(name, DISK_CONTENTS)) {
        *ret = (struct value){.type = VALUE_BOOL, .b = true};
        return 0;
    }
    const struct plist_value *v =
        find(d->root, str_sub(name, strlen(DISK_CONTENTS "."), SIZE_MAX), &left);
    return v ? value_of(v, arena, ret) : 0;
}

/* ------------------------------------------------------------------ life */

int detect_disk_new(struct detect_disk **ret_disk)
{
    struct detect_disk *d = mem_calloc(1, sizeof *d);
    if (!d)
        return E_NOMEM;
    d->disk = (struct disk){.value = answer, .arg = d};
    *ret_disk = d;
    return 0;
}

void detect_disk_free(struct detect_disk *d)
{
    if (!d)
        return;
    buf_done(&d->names);
    buf_done(&d->content);
    arena_done(&d->tree);
    mem_free(d);
}

const struct disk *detect_disk_of(const struct detect_disk *d)
{
    return &d->disk;
}

const struct detect_disk_stats *detect_disk_stats(const struct detect_disk *d)
{
    return &d->stats;
}
