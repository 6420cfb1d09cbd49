/* Opening files, and what is remembered of them. See filelook.h. */
#include "collect/filelook.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "os/clock.h"

enum { REMEMBERED = 256, NODES = 20000, DEPTH = 64, FLAG_BYTES = 4096 };

struct filelook {
    struct filelook_stats stats;
    int64_t second_ns; /* when the opens began to be counted */
    unsigned opens;
    struct filelook_known known[REMEMBERED];
};

int filelook_new(struct filelook **ret_look)
{
    struct filelook *l = mem_calloc(1, sizeof *l);
    if (!l)
        return E_NOMEM;
    *ret_look = l;
    return 0;
}

void filelook_free(struct filelook *l)
{
    mem_free(l);
}

const struct filelook_stats *filelook_stats(const struct filelook *l)
{
    return &l->stats;
}

/* ------------------------------------------------------------------ memory */

static struct filelook_known *slot_of(struct filelook *l, const struct file_stamp *stamp)
{
    return &l->known[(stamp->inode ^ stamp->device) % REMEMBERED];
}

static void recall(struct filelook *l, struct filelook_known *known)
{
    const struct filelook_known *before = slot_of(l, &known->stamp);
    if (file_stamp_same(&before->stamp, &known->stamp))
        *known = *before;
}

/* Times of files move in steps of the system's clock: a file that changed just now may change again
 * and keep its times. */
static void remember(struct filelook *l, const struct filelook_file *f)
{
    struct file_stamp now;
    if (file_stamp_of(f->fd, &now) || !file_stamp_same(&now, &f->known.stamp) ||
        clock_wall_ns() - now.changed_ns < NS_PER_S)
        return;
    *slot_of(l, &now) = f->known;
}

/* ------------------------------------------------------------------ opening */

static bool may_open(struct filelook *l)
{
    int64_t now = clock_mono_ns();
    if (now - l->second_ns >= NS_PER_S) {
        l->second_ns = now;
        l->opens = 0;
    }
    if (l->opens >= FILELOOK_OPENS_PER_S) {
        l->stats.too_many++;
        return false;
    }
    l->opens++;
    return true;
}

int filelook_open(struct filelook *l, const char *path, struct filelook_file *f)
{
    filelook_close(f);
    if (!may_open(l))
        return 0;
    int fd CLEANUP(fd_closep) = file_open_nofollow(path, NULL);
    int rc = fd < 0 ? E_IO : file_stamp_of(fd, &f->known.stamp);
    if (rc == 0)
        rc = file_xattr_names(fd, &f->names);
    if (rc) {
        l->stats.unreadable++;
        return rc == E_NOMEM ? rc : 0;
    }
    l->stats.opened++;
    recall(l, &f->known);
    f->fd = TAKE_FD(fd);
    f->readable = true;
    return 0;
}

void filelook_close(struct filelook_file *f)
{
    if (f->readable)
        fd_closep(&f->fd);
    buf_clear(&f->names);
    buf_clear(&f->content);
    arena_clear(&f->tree);
    f->readable = f->asked_list = false;
    f->list = NULL;
    f->known = (struct filelook_known){0};
}

void filelook_done(struct filelook_file *f)
{
    filelook_close(f);
    buf_done(&f->names);
    buf_done(&f->content);
    arena_done(&f->tree);
}

/* ------------------------------------------------------------------ attributes */

bool filelook_has_attribute(const struct filelook_file *f, const char *name)
{
    for (size_t at = 0; at < f->names.len; at += strlen(f->names.ptr + at) + 1) {
        if (str_is(str_of(f->names.ptr + at), name))
            return true;
    }
    return false;
}

bool filelook_is_download(const struct filelook_file *f)
{
    return filelook_has_attribute(f, "com.apple.quarantine") ||
           filelook_has_attribute(f, "com.apple.metadata:kMDItemWhereFroms");
}

int filelook_is_screenshot(const struct filelook_file *f, enum filelook_answer *ret)
{
    static const struct plist_limits limits = {
        .bytes = FLAG_BYTES, .text = FLAG_BYTES, .nodes = 4, .depth = 2};
    static const char name[] = "com.apple.metadata:kMDItemIsScreenCapture";
    CLEANUP(buf_done) struct buf value = {0};
    CLEANUP(arena_done) struct arena arena = {0};
    const struct plist_value *root;
    *ret = FILELOOK_NO;
    if (!filelook_has_attribute(f, name))
        return 0;
    *ret = FILELOOK_UNKNOWN;
    int rc = file_xattr_get(f->fd, name, FLAG_BYTES, &value);
    if (rc == 0)
        rc = plist_parse(buf_str(&value), &limits, &arena, &root, NULL);
    if (rc == 0 && root->type == PLIST_BOOL)
        *ret = root->b ? FILELOOK_YES : FILELOOK_NO;
    return rc == E_NOMEM ? rc : 0;
}

/* ------------------------------------------------------------------ content */

/* One byte more than a list may have shows that the file is too large for one. */
static int read_start(struct filelook_file *f)
{
    enum { MOST = FILELOOK_LIST_BYTES + 1 };
    if (buf_reserve(&f->content, MOST))
        return E_NOMEM;
    while (f->content.len < MOST) {
        ssize_t got = pread(f->fd, f->content.ptr + f->content.len, MOST - f->content.len,
                            (off_t)f->content.len);
        if (got <= 0)
            break;
        f->content.len += (size_t)got;
    }
    return 0;
}

int filelook_list(struct filelook_file *f, const struct plist_value **ret_list)
{
    static const struct plist_limits limits = {
        .bytes = FILELOOK_LIST_BYTES, .text = FILELOOK_LIST_BYTES, .nodes = NODES, .depth = DEPTH};
    const struct plist_value *root;
    if (!f->asked_list) {
        int rc = read_start(f);
        if (rc == 0)
            rc = plist_parse(buf_str(&f->content), &limits, &f->tree, &root, NULL);
        if (rc == E_NOMEM)
            return rc;
        f->asked_list = true;
        f->list = rc == 0 && root->type == PLIST_DICT ? root : NULL;
    }
    *ret_list = f->list;
    return 0;
}

int filelook_hashes(struct filelook *l, struct filelook_file *f,
                    const struct digest_pair **ret_hashes)
{
    struct filelook_known *known = &f->known;
    if (!known->asked_hashes) {
        int rc = known->stamp.size > FILELOOK_HASH_BYTES
                     ? E_LIMIT
                     : digest_pair_fd(f->fd, FILELOOK_HASH_BYTES, &known->hashes);
        if (rc == E_NOMEM)
            return rc;
        l->stats.hashed += known->stamp.size > FILELOOK_HASH_BYTES ? 0 : 1;
        known->has_hashes = rc == 0;
        known->asked_hashes = true;
        remember(l, f);
    }
    *ret_hashes = known->has_hashes ? &known->hashes : NULL;
    return 0;
}

int filelook_signature(struct filelook *l, struct filelook_file *f,
                       const struct signature **ret_signature)
{
    struct filelook_known *known = &f->known;
    if (!known->asked_signature) {
        int rc = signature_read(f->fd, known->stamp.size, &known->signature, NULL);
        if (rc == E_NOMEM)
            return rc;
        /* Files that are no programs may have it in their attributes. */
        bool here = rc == 0 && (known->signature.signers != 1U << SIGNATURE_NONE ||
                                !filelook_has_attribute(f, "com.apple.cs.CodeDirectory"));
        known->has_signature = here;
        known->asked_signature = true;
        remember(l, f);
    }
    *ret_signature = known->has_signature ? &known->signature : NULL;
    return 0;
}
