/* Walk over rule files. See rulefiles.h. */
#include "cli/rulefiles.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <fts.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "cli/yaracheck.h"
#include "codec/yaml.h"
#include "os/file.h"
#include "schema/content.h"
#include "yara/serve.h"

struct walk {
    unsigned kinds;
    rulefiles_fn fn;
    void *arg;
    struct buf bytes;   /* of the current file */
    struct arena arena; /* keys of `seen` */
    struct map seen;    /* device and inode of every folder entered */
};

static void walk_done(struct walk *w)
{
    buf_done(&w->bytes);
    map_done(&w->seen);
    arena_done(&w->arena);
}

static void close_fts(FTS **fts)
{
    if (*fts)
        (void)fts_close(*fts);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_rule_name(const char *name, unsigned kinds)
{
    struct str s = str_of(name);
    bool yaml = str_ends_nocase(s, STR(".yml")) || str_ends_nocase(s, STR(".yaml"));
    return (yaml && (kinds & RULEFILES_YAML)) ||
           (yaracheck_is_name(name) && (kinds & RULEFILES_YARA));
}

/* Enter a folder unless it was entered before: two links to one folder, or a link to a parent. */
static int enter(struct walk *w, const struct stat *st, bool *ret_seen)
{
    struct {
        dev_t device;
        ino_t inode;
    } identity;
    memset(&identity, 0, sizeof(identity)); /* padding is part of the key */
    identity.device = st->st_dev;
    identity.inode = st->st_ino;
    struct str key = str_n((const char *)&identity, sizeof(identity));
    *ret_seen = map_find(&w->seen, key, NULL);
    if (*ret_seen)
        return 0;
    struct str kept = arena_str(&w->arena, key);
    return kept.ptr ? map_put(&w->seen, kept, 1) : E_NOMEM;
}

static int give(struct walk *w, const char *path, struct err *err)
{
    buf_clear(&w->bytes);
    size_t most =
        yaracheck_is_name(path) ? (size_t)YARA_SOURCE_BYTES_MOST : yaml_limits_default.bytes;
    int rc = file_read(path, most, &w->bytes, err);
    return rc ? rc : w->fn(w->arg, path, buf_str(&w->bytes), err);
}

static int visit(struct walk *w, FTS *fts, FTSENT *entry, struct err *err)
{
    bool top = entry->fts_level == FTS_ROOTLEVEL;
    bool hidden = !top && entry->fts_name[0] == '.';
    bool seen = false;
    int rc = 0;
    switch (entry->fts_info) {
    case FTS_D:
        rc = enter(w, entry->fts_statp, &seen);
        if (rc)
            return err_set(err, rc, "%s", err_sentence(rc));
        if (hidden || seen)
            (void)fts_set(fts, entry, FTS_SKIP);
        return 0;
    case FTS_F:
        return top || (!hidden && is_rule_name(entry->fts_name, w->kinds))
                   ? give(w, entry->fts_path, err)
                   : 0;
    case FTS_DEFAULT: /* a pipe named on the command line is meant, one found in a folder is not */
        return top ? give(w, entry->fts_path, err) : 0;
    case FTS_SLNONE:
        if (!top && (hidden || !is_rule_name(entry->fts_name, w->kinds)))
            return 0;
        return err_set(err, E_NOT_FOUND, "%s: the link leads nowhere", entry->fts_path);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return err_errno(err, file_errno_code(entry->fts_errno), entry->fts_errno, "cannot read %s",
                         entry->fts_path);
    default: /* FTS_DP, FTS_DC: leaving a folder, a link to a folder we are in */
        return 0;
    }
}

int rulefiles_each(const char *path, unsigned kinds, rulefiles_fn fn, void *arg, struct err *err)
{
    struct walk w CLEANUP(walk_done) = {.kinds = kinds, .fn = fn, .arg = arg};
    char *roots[] = {(char *)(uintptr_t)path, NULL}; /* fts(3) does not write to them */
    FTS *fts CLEANUP(close_fts) = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    if (!fts)
        return err_errno(err, file_errno_code(errno), errno, "cannot read %s", path);
    for (;;) {
        errno = 0;
        FTSENT *entry = fts_read(fts);
        if (!entry && errno)
            return err_errno(err, file_errno_code(errno), errno, "cannot read %s", path);
        if (!entry)
            return 0;
        int rc = visit(&w, fts, entry, err);
        if (rc)
            return rc;
    }
}

static int each_content(const struct content_file *files, size_t len, rulefiles_fn fn, void *arg,
                        struct err *err)
{
    char name[ERR_SOURCE_BYTES];
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(name, sizeof(name), RULEFILES_BUILTIN "%.*s", STR_FMT(files[i].name));
        int rc = fn(arg, name, files[i].bytes, err);
        if (rc)
            return rc;
    }
    return 0;
}

int rulefiles_each_builtin(rulefiles_fn fn, void *arg, struct err *err)
{
    return each_content(content_analytics, content_analytics_len, fn, arg, err);
}

int rulefiles_each_signature(rulefiles_fn fn, void *arg, struct err *err)
{
    return each_content(content_yara, content_yara_len, fn, arg, err);
}
