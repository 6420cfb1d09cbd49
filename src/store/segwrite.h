/* Appending to segments, for the writer thread alone. Private to the store.
 *
 * A group of batches goes: place each batch (assigns its segment and offset), flush (append, then
 * one fdatasync a segment), commit the rows, segwrite_commit. When anything fails the group is
 * reverted and the files are as before. After a failed fdatasync, or a commit whose outcome is
 * unknown, a segment is abandoned: never written again by this process, settled by recovery at the
 * next start. */
#ifndef CORDON_STORE_SEGWRITE_H
#define CORDON_STORE_SEGWRITE_H

#include "base/map.h"
#include "store/record.h"
#include "store/segframe.h"

enum { SEGWRITE_PATH_BYTES = 64, SEGWRITE_SHARDS_MOST = 256 };

/** One segment that may still be appended to. */
struct segfile {
    int fd;
    int64_t id;
    uint32_t shard;
    int64_t created_ns;
    char path[SEGWRITE_PATH_BYTES]; /* relative to the data folder */
    uint64_t committed;             /* end of what the database knows */
    uint64_t placed;                /* end including this group */
    struct segment_frame *frames;   /* devices point into names */
    size_t frames_len;              /* including this group */
    size_t frames_cap;
    size_t frames_committed;
    struct segment_summary summary; /* including this group */
    struct segment_summary summary_committed;
    struct map names;  /* device id -> itself, owned */
    struct arena keys; /* of the frames */
    struct str *pending;
    size_t pending_len;
    size_t pending_cap;
    bool fresh;   /* made in this group: the database has no row yet */
    bool full;    /* takes no more batches; sealed when the next group begins */
    bool sealing; /* footer written in this group */
};

struct segwrite_config {
    const char *folder; /* data folder */
    uint32_t shards;
    uint64_t seal_bytes;
    int64_t seal_age_ns;
    int64_t next_id;
};

struct segwrite {
    struct segwrite_config config;
    struct segfile **files; /* open segments, at most one of a shard is not full */
    size_t len;
    size_t cap;
    uint64_t syncs;
    uint64_t abandoned;
};

/** Where a batch went. */
struct segplace {
    struct segfile *file; /* NULL: the batch had no frames */
    uint64_t offset;
    uint64_t length;
    size_t frames;
    bool fresh; /* insert the segment's row before the batch's */
};

/** `sw` is zeroed; the config's folder is borrowed. Makes the folders. @return 0, E_FULL, E_IO ...
 */
int segwrite_init(struct segwrite *sw, const struct segwrite_config *config,
                  struct err *err) MUST_CHECK;
/** Close everything; nothing is sealed. */
void segwrite_done(struct segwrite *sw);
/** Adopt a recovered segment, consumed also on failure. @return 0 or E_NOMEM */
int segwrite_take(struct segwrite *sw, struct segfile *file) MUST_CHECK;

/**
 * Begin a group: write footers of segments that are full or old, fdatasync them, mark them
 * `sealing`: their rows become sealed in this group's transaction. A footer that fails abandons its
 * segment.
 */
void segwrite_begin(struct segwrite *sw, int64_t now_ns);
/** Is there something segwrite_begin would seal by age or size? */
bool segwrite_due(const struct segwrite *sw, int64_t now_ns);
/** Assign a place. The frames' bytes are borrowed until flush. @return 0, E_FULL, E_IO, E_NOMEM */
int segwrite_place(struct segwrite *sw, const struct segframes *frames, struct str device,
                   int64_t now_ns, struct segplace *ret_place, struct err *err) MUST_CHECK;
/** Undo the latest place. */
void segwrite_unplace(struct segwrite *sw, const struct segplace *place);
/** Append and fdatasync everything placed. @return 0, E_FULL, E_IO: then call segwrite_revert */
int segwrite_flush(struct segwrite *sw, struct err *err) MUST_CHECK;
/** The rows are durable. */
void segwrite_commit(struct segwrite *sw);
/** The rows are not. @param unknown the commit itself failed: it may still turn out durable */
void segwrite_revert(struct segwrite *sw, bool unknown);

/** Segment file for writing and recovery. */
struct segfile *segfile_new(int64_t id, uint32_t shard, int64_t created_ns) MUST_CHECK;
void segfile_free(struct segfile *file);
/** For CLEANUP(segfile_freep). */
void segfile_freep(struct segfile **file);
/** Note a frame that is (or is being) appended. @return 0 or E_NOMEM */
int segfile_add(struct segfile *file, const struct segment_frame *frame) MUST_CHECK;
/** Bytes of the footer and trailer for what is committed. @return 0, E_LIMIT, E_NOMEM */
int segfile_footer(const struct segfile *file, struct buf *out) MUST_CHECK;

/**
 * Bring a segment that was open at the last stop into order: check its committed frames, cut what
 * follows them, ready for appending or sealing.
 *
 * @param folder    data folder
 * @param committed end of the committed range by the database
 * @param ret_cut   bytes were cut (also a torn footer)
 * @return 0, E_NOT_FOUND (no file), E_PARSE (committed frames are damaged or missing), E_IO,
 * E_NOMEM
 */
int segrecover(const char *folder, const struct store_segment *row, uint64_t committed,
               struct segfile **ret_file, bool *ret_cut, struct err *err) MUST_CHECK;

#endif
