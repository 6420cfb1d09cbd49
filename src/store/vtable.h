/* What a backend implements: lifecycle, transactions, and one function per domain call. Callers use
 * the documented functions of store/store.h, never this table; no SQL text exists above it. */
#ifndef CORDON_STORE_VTABLE_H
#define CORDON_STORE_VTABLE_H

#include "base/arena.h"
#include "base/err.h"
#include "store/change.h"
#include "store/record.h"

struct store;
struct store_tx;
struct store_batch;
struct store_stats;
struct store_config;

/** One page of a list: pass the cursor of the page before, empty for the first. */
struct store_page {
    struct str cursor;
    uint32_t limit; /* 0 = the default of PARAM_PAGE_ITEMS; more than its most is cut */
};

/* In filters a set is bits (1 << value), 0 = all; empty text and 0 times do not filter. */
struct store_device_filter {
    unsigned states;
    unsigned isolations; /* observed */
    unsigned conditions;
    struct str text; /* part of host name or id, ASCII letters of either case */
    struct str platform;
    /* What only the caller knows: NULL, or devices it says false to are left out. */
    bool (*accept)(const void *arg, struct str id);
    const void *accept_arg;
};

struct store_alert_filter {
    unsigned states;
    unsigned levels;
    struct str device;
    struct str rule_id;
    int64_t since_ns; /* received at or after */
    int64_t until_ns; /* received before */
    struct str text;  /* part of rule title or host name, ASCII letters of either case */
    bool brief;       /* leave `json` of the records empty: a page of large alerts is large */
};

struct store_action_filter {
    unsigned states;
    struct str device;
    struct str name;
    struct str request;
    int64_t since_ns;      /* by time of request */
    int64_t due_before_ns; /* due_ns is set and earlier: then the most urgent come first */
};

/* Of entries: in force, past their expiry but not removed, removed, or any. */
enum entry_state { ENTRY_LIVE, ENTRY_EXPIRED, ENTRY_REMOVED, ENTRY_ANY, ENTRY_STATES };

struct store_entry_filter {
    bool exceptions; /* these, else entries of lists */
    enum entry_state state;
    int64_t now_ns; /* what expiry is judged by */
    struct str kind;
    struct str verdict;
    struct str text; /* part of value or reason, ASCII letters of either case */
};

struct store_audit_filter {
    struct str actor;
    struct str object;
    int64_t since_ns;
};

/** Segments that may hold events of a time of receipt. */
struct store_segment_filter {
    int64_t shard;    /* -1 = all */
    int64_t from_ns;  /* received at or after; 0 = no bound */
    int64_t until_ns; /* received before; 0 = no bound */
    int64_t after_id; /* for paging: ids greater than this */
    uint32_t limit;   /* 0 = default page */
};

struct store_hunt_filter {
    unsigned states;
    struct str created_by;
};

struct store_hunt_result_filter {
    struct str hunt;
    struct str rule_id;
    struct str device;
};

#define STORE_LIST(record)                                                                         \
    struct record##_list {                                                                         \
        struct record *items;                                                                      \
        size_t len;                                                                                \
        struct str next; /* cursor of the next page, empty at the end */                           \
    }
STORE_LIST(store_device);
STORE_LIST(store_enroll_token);
STORE_LIST(store_user);
STORE_LIST(store_token);
STORE_LIST(store_alert);
STORE_LIST(store_batch_row);
STORE_LIST(store_segment);
STORE_LIST(store_action);
STORE_LIST(store_ruleset);
STORE_LIST(store_entry);
STORE_LIST(store_hidden);
STORE_LIST(store_hunt);
STORE_LIST(store_hunt_result);
STORE_LIST(store_audit);
#undef STORE_LIST

typedef int (*store_work_fn)(struct store_tx *tx, void *arg, struct err *err);
typedef void (*store_done_fn)(void *arg, int rc, const struct err *err);
struct store_batch_result;
typedef void (*store_batch_done_fn)(void *arg, int rc, const struct store_batch_result *result,
                                    const struct err *err);

/** Takes the changes, which are empty afterwards or freed by the caller. */
typedef void (*store_commit_fn)(void *arg, struct store_changes *changes);

/** First member of every backend's store. */
struct store {
    const struct store_vtable *vtable;
    store_commit_fn on_commit; /* NULL: nobody watches */
    void *on_commit_arg;
};

/** First member of every backend's transaction. */
struct store_tx {
    const struct store_vtable *vtable;
    bool writing;
    struct store_changes *changes; /* of a unit of work that somebody watches, else NULL */
};

struct store_vtable {
    const char *name;
    int (*open)(const struct store_config *config, struct store **ret_store, struct err *err);
    void (*close)(struct store *store);
    int (*write)(struct store *store, store_work_fn work, store_done_fn done, void *arg);
    int (*read_begin)(struct store *store, struct store_tx **ret_tx, struct err *err);
    void (*read_end)(struct store_tx *tx);
    int (*batch_submit)(struct store *store, const struct store_batch *batch,
                        store_batch_done_fn done, void *arg, struct err *err);
    void (*stats)(struct store *store, struct store_stats *ret_stats);

    int (*device_put)(struct store_tx *tx, const struct store_device *device, bool *ret_new,
                      struct err *err);
    int (*device_get)(struct store_tx *tx, struct str id, struct arena *arena,
                      struct store_device *ret_device, struct err *err);
    int (*device_find_key)(struct store_tx *tx, struct str fingerprint, struct arena *arena,
                           struct store_device *ret_device, struct err *err);
    int (*device_find_hardware)(struct store_tx *tx, struct str uuid, struct arena *arena,
                                struct store_device *ret_device, struct err *err);
    int (*device_seen)(struct store_tx *tx, struct str id, int64_t now_ns, struct str address,
                       int64_t clock_offset_ns, struct err *err);
    int (*device_list)(struct store_tx *tx, const struct store_device_filter *filter,
                       const struct store_page *page, struct arena *arena,
                       struct store_device_list *ret_list, struct err *err);

    int (*enroll_token_put)(struct store_tx *tx, const struct store_enroll_token *token,
                            struct err *err);
    int (*enroll_token_get)(struct store_tx *tx, struct str hash, struct arena *arena,
                            struct store_enroll_token *ret_token, struct err *err);
    int (*enroll_token_list)(struct store_tx *tx, const struct store_page *page,
                             struct arena *arena, struct store_enroll_token_list *ret_list,
                             struct err *err);

    int (*user_put)(struct store_tx *tx, const struct store_user *user, struct err *err);
    int (*user_get)(struct store_tx *tx, struct str name, struct arena *arena,
                    struct store_user *ret_user, struct err *err);
    int (*user_list)(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                     struct store_user_list *ret_list, struct err *err);
    int (*token_put)(struct store_tx *tx, const struct store_token *token, struct err *err);
    int (*token_get)(struct store_tx *tx, struct str hash, struct arena *arena,
                     struct store_token *ret_token, struct err *err);
    int (*token_list)(struct store_tx *tx, struct str user, const struct store_page *page,
                      struct arena *arena, struct store_token_list *ret_list, struct err *err);
    int (*token_delete)(struct store_tx *tx, struct str hash, struct err *err);
    int (*token_delete_user)(struct store_tx *tx, struct str user, enum token_kind kind,
                             struct str except_hash, struct err *err);
    int (*token_delete_expired)(struct store_tx *tx, int64_t now_ns, struct err *err);

    int (*alert_put)(struct store_tx *tx, const struct store_alert *alert, bool *ret_new,
                     struct err *err);
    int (*alert_get)(struct store_tx *tx, struct str id, struct arena *arena,
                     struct store_alert *ret_alert, struct err *err);
    int (*alert_set_state)(struct store_tx *tx, struct str id, enum alert_state state,
                           struct str by, int64_t now_ns, struct str reason, struct err *err);
    int (*alert_list)(struct store_tx *tx, const struct store_alert_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_alert_list *ret_list, struct err *err);
    int (*alert_count)(struct store_tx *tx, const struct store_alert_filter *filter, uint32_t most,
                       uint32_t *ret_count, struct err *err);
    int (*alert_around)(struct store_tx *tx, const struct store_alert *alert, int64_t span_ns,
                        uint32_t most, struct arena *arena, struct store_alert_list *ret_list,
                        struct err *err);
    int (*alert_count_open)(struct store_tx *tx, struct str device, int64_t *ret_count,
                            struct err *err);

    int (*epoch_get)(struct store_tx *tx, struct str device, uint64_t epoch, struct arena *arena,
                     struct store_epoch *ret_epoch, struct err *err);
    int (*segment_list)(struct store_tx *tx, const struct store_segment_filter *filter,
                        struct arena *arena, struct store_segment_list *ret_list, struct err *err);
    int (*segment_batches)(struct store_tx *tx, int64_t segment, int64_t from_offset,
                           uint32_t limit, struct arena *arena,
                           struct store_batch_row_list *ret_list, struct err *err);

    int (*action_put)(struct store_tx *tx, const struct store_action *action, bool *ret_new,
                      struct err *err);
    int (*action_get)(struct store_tx *tx, struct str id, struct arena *arena,
                      struct store_action *ret_action, struct err *err);
    int (*action_list)(struct store_tx *tx, const struct store_action_filter *filter,
                       const struct store_page *page, struct arena *arena,
                       struct store_action_list *ret_list, struct err *err);

    int (*ruleset_put)(struct store_tx *tx, const struct store_ruleset *ruleset, struct err *err);
    int (*ruleset_get)(struct store_tx *tx, struct str version, struct arena *arena,
                       struct store_ruleset *ret_ruleset, struct err *err);
    int (*ruleset_active)(struct store_tx *tx, struct arena *arena,
                          struct store_ruleset *ret_ruleset, struct err *err);
    int (*ruleset_activate)(struct store_tx *tx, struct str version, struct err *err);
    int (*ruleset_list)(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                        struct store_ruleset_list *ret_list, struct err *err);

    int (*entry_put)(struct store_tx *tx, const struct store_entry *entry, struct err *err);
    int (*entry_get)(struct store_tx *tx, struct str id, struct arena *arena,
                     struct store_entry *ret_entry, struct err *err);
    int (*entry_find)(struct store_tx *tx, struct str kind, struct str value, struct str verdict,
                      struct arena *arena, struct store_entry *ret_entry, struct err *err);
    int (*entry_list)(struct store_tx *tx, const struct store_entry_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_entry_list *ret_list, struct err *err);
    int (*entry_hidden)(struct store_tx *tx, struct arena *arena,
                        struct store_hidden_list *ret_list, struct err *err);
    int (*hunt_put)(struct store_tx *tx, const struct store_hunt *hunt, bool *ret_new,
                    struct err *err);
    int (*hunt_get)(struct store_tx *tx, struct str id, struct arena *arena,
                    struct store_hunt *ret_hunt, struct err *err);
    int (*hunt_list)(struct store_tx *tx, const struct store_hunt_filter *filter,
                     const struct store_page *page, struct arena *arena,
                     struct store_hunt_list *ret_list, struct err *err);
    int (*hunt_interrupt)(struct store_tx *tx, int64_t now_ns, struct err *err);
    int (*hunt_prune)(struct store_tx *tx, uint32_t keep, struct err *err);
    int (*hunt_result_put)(struct store_tx *tx, const struct store_hunt_result *result,
                           struct err *err);
    int (*hunt_result_list)(struct store_tx *tx, const struct store_hunt_result_filter *filter,
                            const struct store_page *page, struct arena *arena,
                            struct store_hunt_result_list *ret_list, struct err *err);

    int (*audit_append)(struct store_tx *tx, const struct store_audit *entry, struct err *err);
    int (*audit_list)(struct store_tx *tx, const struct store_audit_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_audit_list *ret_list, struct err *err);
    int (*audit_verify)(struct store_tx *tx, int64_t *ret_entries, int64_t *ret_bad,
                        struct err *err);

    int (*setting_put)(struct store_tx *tx, struct str key, struct str value, struct err *err);
    int (*setting_get)(struct store_tx *tx, struct str key, struct arena *arena,
                       struct str *ret_value, struct err *err);
    int (*overview)(struct store_tx *tx, int64_t now_ns, struct store_overview *ret_overview,
                    struct err *err);
};

#endif
