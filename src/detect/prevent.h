/* The compiled prevent lists: may this program run? Used by the agent's root process, which opens
 * nothing but this part of the ruleset image, by the engine's callers and by `cordon prevent`.
 *
 * The most specific kind that has an entry decides: cdhash, sha256, signing id, certificate, team
 * id, path (an exact path before a pattern, a longer pattern before a shorter one). Of entries with
 * the same value the one that allows decides. What list_guards_path names and what the system says
 * is its own always runs. Entries that have expired do not count. */
#ifndef CORDON_DETECT_PREVENT_H
#define CORDON_DETECT_PREVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "detect/list.h"

struct image;
struct image_prevent;

/** A list kind, or a path that is the beginning of others. */
enum prevent_kind { PREVENT_PATTERN = LIST_KINDS, PREVENT_KINDS };

/** What is known of a program; an empty slice: not known. Digests are raw bytes. */
struct code_identity {
    struct str path;
    struct str sha256;      /* LIST_DIGEST_BYTES */
    struct str cdhash;      /* LIST_CDHASH_BYTES */
    struct str certificate; /* LIST_DIGEST_BYTES */
    struct str signing_id;  /* without a team */
    struct str team_id;
    bool platform; /* the system says that it is its own */
};

/** Checked sections of an image; `{0}` is an empty one. Points into the image. */
struct prevent {
    const struct image_prevent *entries;
    const char *texts;
    uint32_t len;
    uint32_t start[PREVENT_KINDS + 1]; /* first entry of each kind */
    int64_t issued_ns; /* age of the lists that the operator subscribed to; 0 = there are none */
};

enum prevent_decision {
    PREVENT_NONE,    /* no entry matches */
    PREVENT_DENY,    /* an entry says no */
    PREVENT_ALLOW,   /* an entry says yes */
    PREVENT_GUARDED, /* an entry says no, but this must run */
};

/** Why. Slices point into the image. Meaningless for PREVENT_NONE. */
struct prevent_verdict {
    enum list_kind kind;
    struct str key; /* as in the image; see prevent_add_value */
    bool pattern;
    struct str reason;
    struct str source;
    int64_t expires_ns;
};

/**
 * Check the two sections of an opened image and nothing else of it.
 * @return 0 or E_PARSE
 */
int prevent_init(const struct image *image, struct prevent *ret_prevent,
                 struct err *err) MUST_CHECK;

/**
 * Open an image for its prevent lists alone: the header, the digest and these two sections.
 * @param bytes borrowed as long as ret_prevent is used; 16-byte aligned
 * @return 0, E_VERSION, E_PARSE, E_NOMEM
 */
int prevent_open(struct str bytes, struct prevent *ret_prevent, struct err *err) MUST_CHECK;

/**
 * Decide about one program.
 *
 * @param now_ns      wall clock, for expiry
 * @param ret_verdict may be NULL
 * Threads: any. Cost: a binary search per kind that the lists have; no allocation.
 */
enum prevent_decision prevent_check(const struct prevent *p, const struct code_identity *id,
                                    int64_t now_ns, struct prevent_verdict *ret_verdict);

/** Whether some entry that denies is of this kind: it is worth finding out a program's hash. */
bool prevent_has(const struct prevent *p, enum list_kind kind);
/** Whether anything is denied at all. */
bool prevent_denies(const struct prevent *p);

/** Append the entry's value as people write it. */
void prevent_add_value(const struct prevent_verdict *v, struct buf *out);

/** One entry: 0 .. len-1, in the order of the image. @return its verdict */
enum list_verdict prevent_entry(const struct prevent *p, uint32_t index,
                                struct prevent_verdict *ret_verdict);

#endif
