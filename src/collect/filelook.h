/* Looks at files that events name: opens them, and tells what was asked of them, within limits.
 * Regular files alone, never through a symbolic link at the path's end, so many a second.
 * Everything is as the file is now. What takes reading is remembered by device, inode, size and
 * times. Called by whoever answers rules that ask the disk (device/rule_disk.h). One thread. */
#ifndef CORDON_COLLECT_FILELOOK_H
#define CORDON_COLLECT_FILELOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "codec/plist.h"
#include "codesign/signature.h"
#include "crypto/digest.h"
#include "os/file.h"

enum {
    FILELOOK_OPENS_PER_S = 200,
    FILELOOK_LIST_BYTES = 1 << 20, /* of a property list */
    FILELOOK_HASH_BYTES = 64 << 20 /* of a file whose hashes are told */
};

struct filelook_stats {
    uint64_t opened;
    uint64_t unreadable; /* gone, not permitted, no regular file */
    uint64_t too_many;   /* in one second: not opened */
    uint64_t hashed;     /* read whole, for their hashes */
};

/** What is remembered of a file. */
struct filelook_known {
    struct file_stamp stamp;
    bool asked_hashes;
    bool has_hashes;
    struct digest_pair hashes;
    bool asked_signature;
    bool has_signature;
    struct signature signature;
};

/** One file. `{0}` is one that was not opened. */
struct filelook_file {
    bool readable; /* else nothing below is known */
    int fd;
    struct filelook_known known;
    struct buf names; /* of the extended attributes, a NUL behind each */
    struct buf content;
    struct arena tree;
    bool asked_list;
    const struct plist_value *list;
};

struct filelook;

/** @return 0 or E_NOMEM */
int filelook_new(struct filelook **ret_look) MUST_CHECK;
/** NULL is allowed. */
void filelook_free(struct filelook *l);
/** Its counts; they live as long as it. */
const struct filelook_stats *filelook_stats(const struct filelook *l);

/**
 * Turn to a file; whatever `f` was before is forgotten.
 * @param path absolute, NUL-terminated
 * @return 0, also when it cannot be read (f->readable says so); E_NOMEM
 */
int filelook_open(struct filelook *l, const char *path, struct filelook_file *f) MUST_CHECK;
/** Close it and forget everything but memory for the next. */
void filelook_close(struct filelook_file *f);
/** As filelook_close, and free its memory. */
void filelook_done(struct filelook_file *f);

/* All below: of a readable file; @return 0, also when it is not known, or E_NOMEM. */

bool filelook_has_attribute(const struct filelook_file *f, const char *name);
/** The dictionary that the file is as a property list; NULL: it is none. Lives until the file is
 * closed. */
int filelook_list(struct filelook_file *f, const struct plist_value **ret_list) MUST_CHECK;
/** SHA-1 and SHA-256; NULL: larger than FILELOOK_HASH_BYTES, or not readable to its end. */
int filelook_hashes(struct filelook *l, struct filelook_file *f,
                    const struct digest_pair **ret_hashes) MUST_CHECK;

/** The code signature that it carries, or that it carries none; NULL: damaged, or elsewhere (in
 * attributes). */
int filelook_signature(struct filelook *l, struct filelook_file *f,
                       const struct signature **ret_signature) MUST_CHECK;

enum filelook_answer { FILELOOK_UNKNOWN, FILELOOK_NO, FILELOOK_YES };
/** It came from elsewhere: com.apple.quarantine or com.apple.metadata:kMDItemWhereFroms is there.
 */
bool filelook_is_download(const struct filelook_file *f);
/** com.apple.metadata:kMDItemIsScreenCapture is there and says yes, as a property list. */
int filelook_is_screenshot(const struct filelook_file *f, enum filelook_answer *ret) MUST_CHECK;

#endif
