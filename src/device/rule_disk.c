/* What is asked of an event's files, as values. See rule_disk.h. */
#include "device/rule_disk.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/timefmt.h"

enum {
    LOOKUPS_MOST = 1000, /* dots in a path may be part of a key: ways to read it */
    INNER_COST = 100,    /* of these, of a list inside a list */
    INNER_NODES = 2000,
    INNER_DEPTH = 32,
    PATH_BYTES = 4096
};

#define INNER "asPlistDict"

struct rule_disk {
    struct disk disk;
    struct filelook *look;
    /* The files of the event that was asked about last. */
    const char *raw;
    int64_t time_ns;
    struct {
        bool asked;
        char path[PATH_BYTES];
        struct filelook_file file;
    } files[DISK_FILE_COUNT];
};

/* ------------------------------------------------------------------ files */

static void turn_to(struct rule_disk *d, const struct event *ev)
{
    if (d->raw == ev->raw.ptr && d->time_ns == ev->time_ns)
        return;
    d->raw = ev->raw.ptr;
    d->time_ns = ev->time_ns;
    for (size_t i = 0; i < ARRAY_LEN(d->files); i++) {
        d->files[i].asked = false;
        filelook_close(&d->files[i].file);
    }
}

/* The event's file; opened when it is first asked of. Two events may share raw line and time. */
static int file_of(struct rule_disk *d, const struct event *ev, enum disk_file which,
                   struct filelook_file **ret_file)
{
    struct str path = event_str(ev, disk_path_field(which));
    struct filelook_file *file = &d->files[which].file;
    char *own = d->files[which].path;
    turn_to(d, ev);
    *ret_file = file;
    if (d->files[which].asked && str_is(path, own))
        return 0;
    d->files[which].asked = false;
    filelook_close(file);
    own[0] = '\0';
    if (path.len == 0 || path.len >= PATH_BYTES || path.ptr[0] != '/' ||
        memchr(path.ptr, '\0', path.len))
        return 0;
    memcpy(own, path.ptr, path.len);
    own[path.len] = '\0';
    int rc = filelook_open(d->look, own, file);
    d->files[which].asked = rc == 0;
    return rc;
}

/* ------------------------------------------------------------------ property lists */

/* A way through a list: what it may still cost, where lists inside it are read to. */
struct way {
    unsigned left; /* lookups */
    struct arena *arena;
    bool no_memory;
};

/* The property list that data in a property list is; alone in an array, too, as the directory of
 * accounts has it. NULL: none. */
static const struct plist_value *list_inside(const struct plist_value *v, struct way *way)
{
    static const struct plist_limits limits = {.bytes = FILELOOK_LIST_BYTES,
                                               .text = FILELOOK_LIST_BYTES,
                                               .nodes = INNER_NODES,
                                               .depth = INNER_DEPTH};
    const struct plist_value *root;
    if (v->type == PLIST_ARRAY && v->len == 1)
        v = v->items;
    if (v->type != PLIST_DATA || way->left < INNER_COST)
        return NULL;
    way->left -= INNER_COST;
    int rc = plist_parse(v->s, &limits, way->arena, &root, NULL);
    way->no_memory |= rc == E_NOMEM;
    return rc ? NULL : root;
}

/* A dot stands between two keys or in one; `asPlistDict` makes a list of data. */
static const struct plist_value *find(const struct plist_value *v, struct str path, struct way *way)
{
    if (path.len == 0)
        return v;
    if (str_is(path, INNER) || (str_starts(path, STR(INNER ".")) && path.len > strlen(INNER "."))) {
        const struct plist_value *inner = list_inside(v, way);
        if (inner)
            return find(inner, str_sub(path, strlen(INNER "."), SIZE_MAX), way);
    }
    if (v->type != PLIST_DICT)
        return NULL;
    const struct plist_value *found = plist_find(v, path);
    for (size_t at = 0; !found && way->left && at < path.len; at++) {
        if (path.ptr[at] != '.')
            continue;
        way->left--;
        const struct plist_value *below = plist_find(v, str_sub(path, 0, at));
        if (below && at + 1 < path.len)
            found = find(below, str_sub(path, at + 1, SIZE_MAX), way);
    }
    return found;
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

static int contents_value(struct filelook_file *f, struct str below, struct arena *arena,
                          struct value *ret)
{
    const struct plist_value *list;
    struct way way = {.left = LOOKUPS_MOST, .arena = arena};
    int rc = filelook_list(f, &list);
    if (rc || !list)
        return rc;
    if (below.len == 0) {
        *ret = (struct value){.type = VALUE_BOOL, .b = true};
        return 0;
    }
    const struct plist_value *v = find(list, below, &way);
    if (way.no_memory)
        return E_NOMEM;
    return v ? value_of(v, arena, ret) : 0;
}

/* ------------------------------------------------------------------ other values */

static int names_value(const struct filelook_file *f, struct arena *arena, struct value *ret)
{
    size_t count = 0;
    for (size_t at = 0; at < f->names.len; at += strlen(f->names.ptr + at) + 1)
        count++;
    struct str *texts = arena_array(arena, count, sizeof *texts);
    if (!texts)
        return E_NOMEM;
    for (size_t at = 0, i = 0; at < f->names.len; at += strlen(f->names.ptr + at) + 1)
        texts[i++] = str_of(f->names.ptr + at);
    *ret = (struct value){.type = VALUE_LIST, .count = (uint32_t)count, .list = texts};
    return 0;
}

static int hex_value(const unsigned char *bytes, size_t len, struct arena *arena, struct value *ret)
{
    CLEANUP(buf_done) struct buf hex = {0};
    text_hex_add(&hex, bytes, len);
    if (buf_check(&hex))
        return E_NOMEM;
    *ret = (struct value){.type = VALUE_STR, .s = arena_str(arena, buf_str(&hex))};
    return ret->s.ptr ? 0 : E_NOMEM;
}

static int hash_value(struct rule_disk *d, struct filelook_file *f, bool sha1, struct arena *arena,
                      struct value *ret)
{
    const struct digest_pair *hashes;
    int rc = filelook_hashes(d->look, f, &hashes);
    if (rc || !hashes)
        return rc;
    return sha1 ? hex_value(hashes->sha1, sizeof hashes->sha1, arena, ret)
                : hex_value(hashes->sha256, sizeof hashes->sha256, arena, ret);
}

static int screenshot_value(const struct filelook_file *f, struct value *ret)
{
    enum filelook_answer answer;
    int rc = filelook_is_screenshot(f, &answer);
    if (rc == 0 && answer != FILELOOK_UNKNOWN)
        *ret = (struct value){.type = VALUE_BOOL, .b = answer == FILELOOK_YES};
    return rc;
}

/* Which text of a program's signature is asked for. */
static int part_text(const struct signature_part *part, enum disk_property property,
                     struct arena *arena, struct str *ret)
{
    struct value hex = {.type = VALUE_NONE};
    *ret = property == DISK_SIGNING_ID ? str_of(part->id) : str_of(part->team);
    if (property != DISK_CDHASH || !part->is_signed)
        return 0;
    int rc = hex_value(part->cdhash, sizeof part->cdhash, arena, &hex);
    *ret = hex.s;
    return rc;
}

static int parts_value(const struct signature *sig, enum disk_property property,
                       struct arena *arena, struct value *ret)
{
    struct str *texts = arena_array(arena, sig->len, sizeof *texts);
    uint32_t count = 0;
    if (!texts)
        return E_NOMEM;
    for (unsigned i = 0; i < sig->len; i++) {
        struct str text = {0};
        int rc = part_text(&sig->parts[i], property, arena, &text);
        if (rc)
            return rc;
        if (text.len)
            texts[count++] = text;
    }
    if (count)
        *ret = (struct value){.type = VALUE_LIST, .count = count, .list = texts};
    return 0;
}

static int signers_value(const struct signature *sig, struct arena *arena, struct value *ret)
{
    static const struct str numbers[SIGNATURE_SIGNERS] = {
        {"0", 1}, {"1", 1}, {"2", 1}, {"3", 1}, {"4", 1}};
    struct str *texts = arena_array(arena, SIGNATURE_SIGNERS, sizeof *texts);
    uint32_t count = 0;
    if (!texts)
        return E_NOMEM;
    for (unsigned i = 0; i < SIGNATURE_SIGNERS; i++) {
        if (sig->signers & 1U << i)
            texts[count++] = numbers[i];
    }
    *ret = (struct value){.type = VALUE_LIST, .count = count, .list = texts};
    return 0;
}

static int signature_value(struct rule_disk *d, struct filelook_file *f,
                           enum disk_property property, struct arena *arena, struct value *ret)
{
    const struct signature *sig;
    int rc = filelook_signature(d->look, f, &sig);
    if (rc || !sig)
        return rc;
    if (property == DISK_SIGNERS)
        return signers_value(sig, arena, ret);
    if (property != DISK_SIGNATURE)
        return parts_value(sig, property, arena, ret);
    *ret = (struct value){.type = VALUE_BOOL, .b = true};
    return 0;
}

/* Whole seconds, towards the past before 1970, too. */
static struct value time_value(int64_t ns)
{
    int64_t s = ns / NS_PER_S - (ns % NS_PER_S < 0 ? 1 : 0);
    return (struct value){.type = VALUE_INT, .i = s};
}

static int answer(void *arg, const struct event *ev, const struct disk_field *field,
                  struct arena *arena, struct value *ret)
{
    struct rule_disk *d = arg;
    struct filelook_file *f;
    int rc = file_of(d, ev, field->file, &f);
    if (rc || !f->readable)
        return rc;
    switch (field->property) {
    case DISK_CONTENTS:
        return contents_value(f, field->below, arena, ret);
    case DISK_XATTRS:
        return names_value(f, arena, ret);
    case DISK_QUARANTINED:
        *ret = (struct value){.type = VALUE_BOOL,
                              .b = filelook_has_attribute(f, "com.apple.quarantine")};
        return 0;
    case DISK_DOWNLOAD:
        *ret = (struct value){.type = VALUE_BOOL, .b = filelook_is_download(f)};
        return 0;
    case DISK_SCREENSHOT:
        return screenshot_value(f, ret);
    case DISK_SHA1:
    case DISK_SHA256:
        return hash_value(d, f, field->property == DISK_SHA1, arena, ret);
    case DISK_CREATED:
        if (f->known.stamp.has_created)
            *ret = time_value(f->known.stamp.created_ns);
        return 0;
    case DISK_MODIFIED:
        *ret = time_value(f->known.stamp.modified_ns);
        return 0;
    case DISK_SIGNATURE:
    case DISK_SIGNING_ID:
    case DISK_TEAM_ID:
    case DISK_CDHASH:
    case DISK_SIGNERS:
        return signature_value(d, f, field->property, arena, ret);
    }
    return 0;
}

/* ------------------------------------------------------------------ life */

int rule_disk_new(struct rule_disk **ret_disk)
{
    struct rule_disk *d = mem_calloc(1, sizeof *d);
    if (!d)
        return E_NOMEM;
    d->disk = (struct disk){.value = answer, .arg = d};
    int rc = filelook_new(&d->look);
    if (rc) {
        mem_free(d);
        return rc;
    }
    *ret_disk = d;
    return 0;
}

void rule_disk_free(struct rule_disk *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < ARRAY_LEN(d->files); i++)
        filelook_done(&d->files[i].file);
    filelook_free(d->look);
    mem_free(d);
}

const struct disk *rule_disk_of(const struct rule_disk *d)
{
    return &d->disk;
}

const struct filelook_stats *rule_disk_stats(const struct rule_disk *d)
{
    return filelook_stats(d->look);
}
