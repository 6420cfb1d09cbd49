/* The server's memory as domain calls. State (devices, people, alerts, actions, audit) lives in the
 * backend's database, telemetry in segment files beside it (store/segment.h).
 *
 * Writes are units of work: a function that runs on the writer thread inside one transaction, with
 * whatever domain calls it needs; many units share one commit, and a unit that fails is rolled back
 * alone. Reads run on the caller's thread in a snapshot of their own.
 * Source: the design, sections 6 and 12. Backends: sqlite. */
#ifndef CORDON_STORE_STORE_H
#define CORDON_STORE_STORE_H

#include "store/vtable.h"

struct store_config {
    const char *backend;    /* "sqlite"; NULL = that */
    const char *folder;     /* data folder, made when missing; one store has it at a time */
    unsigned readers;       /* read transactions at once; 0 = 8 */
    unsigned shards;        /* segment shards of a new store; 0 = 4; an old store keeps its own */
    uint64_t segment_bytes; /* a segment is sealed at this size; 0 = PARAM_SEGMENT_BYTES */
    int64_t segment_age_s;  /* ... or age; 0 = PARAM_SEGMENT_AGE_S */
    int64_t
        free_bytes_least; /* batches are refused below; -1 = no limit, 0 = PARAM_FREE_BYTES_LEAST */
    bool check;           /* run the database's integrity check at start (reads all of it) */
    /* Told what each commit changed, once it is durable: on the writer thread, before the `done`
     * callbacks of the units in it, and as restrained as they (see store_write). May be NULL. */
    store_commit_fn on_commit;
    void *on_commit_arg;
};

struct store_stats {
    uint64_t groups;             /* commits */
    uint64_t units;              /* units of work in them */
    uint64_t batches;            /* batches in them */
    uint64_t syncs;              /* fdatasync calls on segments */
    uint64_t failed_groups;      /* groups that were rolled back whole */
    uint64_t queue;              /* waiting now */
    uint64_t segments_cut;       /* at start: segments with bytes past the last commit */
    uint64_t segments_rebuilt;   /* at start: footers rebuilt */
    uint64_t segments_abandoned; /* closed for good after a failed write or sync */
    uint64_t segments_damaged;   /* at start: committed frames that could not be read */
};

/**
 * Open the data folder: create or migrate the database, take the lock, recover the segments (cut
 * bytes that no committed batch covers, rebuild torn footers), start the writer.
 * @return 0, E_STATE (another process has it), E_VERSION (written by a newer Cordon), E_PARSE
 * (damaged; err says what), E_FULL, E_DENIED, E_IO, E_NOMEM, E_ARG (no such backend)
 */
int store_open(const struct store_config *config, struct store **ret_store,
               struct err *err) MUST_CHECK;

/** Finish what is queued, seal nothing, close. No other call may be running. NULL is allowed. */
void store_close(struct store *store);

/**
 * Queue a unit of work. `work` runs on the writer thread inside a savepoint; a negative return
 * undoes this unit alone. Then, once the shared commit is durable (or failed: E_FULL, E_IO), `done`
 * (may be NULL) is called on the writer thread with the outcome. `done` must not block or call
 * store_write_wait; it may queue more work.
 * @return 0, E_NOMEM, E_AGAIN (the queue is full: push back on the peer), E_CLOSED. On failure
 * neither function is called.
 * Threads: any.
 */
int store_write(struct store *store, store_work_fn work, store_done_fn done, void *arg) MUST_CHECK;

/** Queue a unit of work and wait for its durable outcome. Never from the writer thread. */
int store_write_wait(struct store *store, store_work_fn work, void *arg,
                     struct err *err) MUST_CHECK;

/**
 * Begin reading a snapshot on this thread; waits while `readers` others are reading.
 * @return 0, E_IO, E_NOMEM
 */
int store_read_begin(struct store *store, struct store_tx **ret_tx, struct err *err) MUST_CHECK;
/** End it. NULL is allowed. */
void store_read_end(struct store_tx *tx);
/** For CLEANUP(store_read_endp). */
void store_read_endp(struct store_tx **tx);

void store_stats(struct store *store, struct store_stats *ret_stats);

/* ------------------------------------------------------------------ batches */

/** What a device sent with one `POST batch`. Everything is borrowed for the call of submit. */
struct store_batch {
    struct str device;   /* id of an enrolled device */
    uint64_t epoch;      /* of the device's spool */
    uint64_t sequence;   /* in the epoch, from 1 */
    struct str plain;    /* NDJSON, whole lines; may be empty when there are only alerts */
    uint32_t events;     /* lines in it */
    uint32_t lost;       /* events the device says it lost before this batch */
    int64_t time_min_ns; /* device's clock; 0 = not known */
    int64_t time_max_ns;
    int64_t received_ns;
    uint64_t kinds[4]; /* filter of the kinds in it, made with segment_kind_add */
    struct str sha256; /* of `plain` or of what was received, lower-case hex: tells a repeat from a
                          clash */
    const struct store_alert *alerts; /* committed together with the events */
    size_t alerts_len;
};

enum batch_outcome {
    BATCH_STORED,
    BATCH_DUPLICATE, /* committed before: nothing was stored, acknowledge it again */
    BATCH_TOO_OLD    /* so far behind the last sequence that it cannot be judged: not stored */
};

struct store_batch_result {
    enum batch_outcome outcome;
    uint32_t events;
    uint32_t alerts_new;
    uint32_t alerts_repeated; /* ids that were known already */
    uint64_t missing;         /* batches between the last one and this that have not come yet */
    int64_t stored_ns;
    const bool *alert_is_new; /* one per alert when stored; valid during the callback */
};

/**
 * Compress a batch on this thread and queue it. The callback comes on the writer thread after the
 * batch, its alerts and its sequence are durable together: only then may it be acknowledged.
 * Codes of the callback: 0 (see outcome), E_NOT_FOUND (no such device), E_DENIED (revoked or
 * retired), E_EXISTS (the sequence was committed with other bytes), E_FULL (no space, or less than
 * the least free space), E_IO.
 * @return 0, E_ARG (plain is not whole lines, no device), E_LIMIT (a line or the batch too long),
 * E_NOMEM, E_AGAIN, E_CLOSED; on failure the callback does not come
 * Threads: any. Cost: one zstd pass over `plain` here.
 */
int store_batch_submit(struct store *store, const struct store_batch *batch,
                       store_batch_done_fn done, void *arg, struct err *err) MUST_CHECK;

/** Submit and wait. `ret_result->alert_is_new` is NULL. Never from the writer thread. */
int store_batch_wait(struct store *store, const struct store_batch *batch,
                     struct store_batch_result *ret_result, struct err *err) MUST_CHECK;

/* ------------------------------------------------------------------ domain calls
 * All work in reads and in units of work; the `put`, `set`, `delete`, `append` ones only in units
 * of work. `put` inserts or replaces by the record's first field. `get` and `find` yield
 * E_NOT_FOUND. Further codes of all: E_IO, E_NOMEM, E_FULL; lists also E_ARG (a cursor that is
 * none). */

/** E_EXISTS: another enrolled device has the hardware uuid or the key. */
int store_device_put(struct store_tx *tx, const struct store_device *device,
                     struct err *err) MUST_CHECK;
int store_device_get(struct store_tx *tx, struct str id, struct arena *arena,
                     struct store_device *ret_device, struct err *err) MUST_CHECK;
/** The device whose current or next certificate has this public key; any state. */
int store_device_find_key(struct store_tx *tx, struct str fingerprint, struct arena *arena,
                          struct store_device *ret_device, struct err *err) MUST_CHECK;
/** The enrolled device with this hardware uuid. */
int store_device_find_hardware(struct store_tx *tx, struct str uuid, struct arena *arena,
                               struct store_device *ret_device, struct err *err) MUST_CHECK;
/** Note a sign of life: cheap, for every connection and ping. */
int store_device_seen(struct store_tx *tx, struct str id, int64_t now_ns, struct str address,
                      int64_t clock_offset_ns, struct err *err) MUST_CHECK;
/** By host name, then id. */
int store_device_list(struct store_tx *tx, const struct store_device_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_device_list *ret_list, struct err *err) MUST_CHECK;

int store_enroll_token_put(struct store_tx *tx, const struct store_enroll_token *token,
                           struct err *err) MUST_CHECK;
int store_enroll_token_get(struct store_tx *tx, struct str hash, struct arena *arena,
                           struct store_enroll_token *ret_token, struct err *err) MUST_CHECK;
/** Newest first. */
int store_enroll_token_list(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                            struct store_enroll_token_list *ret_list, struct err *err) MUST_CHECK;

int store_user_put(struct store_tx *tx, const struct store_user *user, struct err *err) MUST_CHECK;
int store_user_get(struct store_tx *tx, struct str name, struct arena *arena,
                   struct store_user *ret_user, struct err *err) MUST_CHECK;
/** By name. */
int store_user_list(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                    struct store_user_list *ret_list, struct err *err) MUST_CHECK;

int store_token_put(struct store_tx *tx, const struct store_token *token,
                    struct err *err) MUST_CHECK;
int store_token_get(struct store_tx *tx, struct str hash, struct arena *arena,
                    struct store_token *ret_token, struct err *err) MUST_CHECK;
/** Newest first; an empty user lists everybody's. */
int store_token_list(struct store_tx *tx, struct str user, const struct store_page *page,
                     struct arena *arena, struct store_token_list *ret_list,
                     struct err *err) MUST_CHECK;
int store_token_delete(struct store_tx *tx, struct str hash, struct err *err) MUST_CHECK;
/** All of a kind that a user has, but not `except_hash` (may be empty). Nothing to delete is fine.
 */
int store_token_delete_user(struct store_tx *tx, struct str user, enum token_kind kind,
                            struct str except_hash, struct err *err) MUST_CHECK;
int store_token_delete_expired(struct store_tx *tx, int64_t now_ns, struct err *err) MUST_CHECK;

/** Insert an alert, or recognise its id: then nothing changes and *ret_new is false. */
int store_alert_put(struct store_tx *tx, const struct store_alert *alert, bool *ret_new,
                    struct err *err) MUST_CHECK;
int store_alert_get(struct store_tx *tx, struct str id, struct arena *arena,
                    struct store_alert *ret_alert, struct err *err) MUST_CHECK;
int store_alert_set_state(struct store_tx *tx, struct str id, enum alert_state state, struct str by,
                          int64_t now_ns, struct str reason, struct err *err) MUST_CHECK;
/** Newest receipt first. */
int store_alert_list(struct store_tx *tx, const struct store_alert_filter *filter,
                     const struct store_page *page, struct arena *arena,
                     struct store_alert_list *ret_list, struct err *err) MUST_CHECK;
/** How many match, counted up to `most`; a filter with text walks all that match the rest. */
int store_alert_count(struct store_tx *tx, const struct store_alert_filter *filter, uint32_t most,
                      uint32_t *ret_count, struct err *err) MUST_CHECK;
/** Other alerts of the alert's device not further than the span from it, by the device's clock; the
 * newest first, their `json` left empty. */
int store_alert_around(struct store_tx *tx, const struct store_alert *alert, int64_t span_ns,
                       uint32_t most, struct arena *arena, struct store_alert_list *ret_list,
                       struct err *err) MUST_CHECK;
/** Open alerts of a device. */
int store_alert_count_open(struct store_tx *tx, struct str device, int64_t *ret_count,
                           struct err *err) MUST_CHECK;

/** What was committed of one spool epoch: a device that asks resumes after it. */
int store_epoch_get(struct store_tx *tx, struct str device, uint64_t epoch, struct arena *arena,
                    struct store_epoch *ret_epoch, struct err *err) MUST_CHECK;
/** By id; `next` stays empty, page with filter->after_id. */
int store_segment_list(struct store_tx *tx, const struct store_segment_filter *filter,
                       struct arena *arena, struct store_segment_list *ret_list,
                       struct err *err) MUST_CHECK;
/** Committed frame runs of a segment in order of offset, from `from_offset` on: what a reader of a
 * segment that is not sealed may look at. */
int store_segment_batches(struct store_tx *tx, int64_t segment, int64_t from_offset, uint32_t limit,
                          struct arena *arena, struct store_batch_row_list *ret_list,
                          struct err *err) MUST_CHECK;

int store_action_put(struct store_tx *tx, const struct store_action *action,
                     struct err *err) MUST_CHECK;
int store_action_get(struct store_tx *tx, struct str id, struct arena *arena,
                     struct store_action *ret_action, struct err *err) MUST_CHECK;
/** Newest first, or the most urgent first when the filter asks for due ones. */
int store_action_list(struct store_tx *tx, const struct store_action_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_action_list *ret_list, struct err *err) MUST_CHECK;

/** Ignores `active`: use activate. */
int store_ruleset_put(struct store_tx *tx, const struct store_ruleset *ruleset,
                      struct err *err) MUST_CHECK;
int store_ruleset_get(struct store_tx *tx, struct str version, struct arena *arena,
                      struct store_ruleset *ret_ruleset, struct err *err) MUST_CHECK;
/** E_NOT_FOUND while none is active. */
int store_ruleset_active(struct store_tx *tx, struct arena *arena,
                         struct store_ruleset *ret_ruleset, struct err *err) MUST_CHECK;
/** Make one version the active one and every other not. */
int store_ruleset_activate(struct store_tx *tx, struct str version, struct err *err) MUST_CHECK;
/** Newest first. */
int store_ruleset_list(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                       struct store_ruleset_list *ret_list, struct err *err) MUST_CHECK;

int store_entry_put(struct store_tx *tx, const struct store_entry *entry,
                    struct err *err) MUST_CHECK;
int store_entry_get(struct store_tx *tx, struct str id, struct arena *arena,
                    struct store_entry *ret_entry, struct err *err) MUST_CHECK;
/** The one with this kind, value and verdict that was not removed. */
int store_entry_find(struct store_tx *tx, struct str kind, struct str value, struct str verdict,
                     struct arena *arena, struct store_entry *ret_entry,
                     struct err *err) MUST_CHECK;
/** Newest first. */
int store_entry_list(struct store_tx *tx, const struct store_entry_filter *filter,
                     const struct store_page *page, struct arena *arena,
                     struct store_entry_list *ret_list, struct err *err) MUST_CHECK;

/** What exceptions hid, from the health that devices report; `next` stays empty. Reads the health
 * of every device. */
int store_entry_hidden(struct store_tx *tx, struct arena *arena, struct store_hidden_list *ret_list,
                       struct err *err) MUST_CHECK;

/** Insert or replace; tells whoever watches. */
int store_hunt_put(struct store_tx *tx, const struct store_hunt *hunt, struct err *err) MUST_CHECK;
int store_hunt_get(struct store_tx *tx, struct str id, struct arena *arena,
                   struct store_hunt *ret_hunt, struct err *err) MUST_CHECK;
/** Newest first; `detail_json` of the records stays empty. */
int store_hunt_list(struct store_tx *tx, const struct store_hunt_filter *filter,
                    const struct store_page *page, struct arena *arena,
                    struct store_hunt_list *ret_list, struct err *err) MUST_CHECK;
/** At start: what was queued or running is interrupted, and keeps the results it had. */
int store_hunt_interrupt(struct store_tx *tx, int64_t now_ns, struct err *err) MUST_CHECK;
/** Delete all but the newest hunts, with their results; what is not finished stays. */
int store_hunt_prune(struct store_tx *tx, uint32_t keep, struct err *err) MUST_CHECK;
/** E_EXISTS: the hunt has this result already. */
int store_hunt_result_put(struct store_tx *tx, const struct store_hunt_result *result,
                          struct err *err) MUST_CHECK;
/** By event time, then id. */
int store_hunt_result_list(struct store_tx *tx, const struct store_hunt_result_filter *filter,
                           const struct store_page *page, struct arena *arena,
                           struct store_hunt_result_list *ret_list, struct err *err) MUST_CHECK;

/** Append to the chain; the entry's sequence, prev and hash are ignored and made here. */
int store_audit_append(struct store_tx *tx, const struct store_audit *entry,
                       struct err *err) MUST_CHECK;
/** Newest first. */
int store_audit_list(struct store_tx *tx, const struct store_audit_filter *filter,
                     const struct store_page *page, struct arena *arena,
                     struct store_audit_list *ret_list, struct err *err) MUST_CHECK;
/**
 * Walk the whole chain.
 * @param ret_entries entries that are good, from the first on
 * @param ret_bad     sequence of the first entry that is missing or does not fit, 0 = all is well
 * @return 0 also when the chain is broken
 */
int store_audit_verify(struct store_tx *tx, int64_t *ret_entries, int64_t *ret_bad,
                       struct err *err) MUST_CHECK;

int store_setting_put(struct store_tx *tx, struct str key, struct str value,
                      struct err *err) MUST_CHECK;
int store_setting_get(struct store_tx *tx, struct str key, struct arena *arena,
                      struct str *ret_value, struct err *err) MUST_CHECK;

/** Numbers for the landing page; ages and hours are counted back from `now_ns`. */
int store_overview(struct store_tx *tx, int64_t now_ns, struct store_overview *ret_overview,
                   struct err *err) MUST_CHECK;

#endif
