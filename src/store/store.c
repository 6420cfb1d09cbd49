/* The door to the backends: picks one, waits for outcomes, forwards domain calls. See store.h. */
#include "store/store.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "store/sqlite.h"

static const struct store_vtable *const backends[] = {&store_sqlite};

int store_open(const struct store_config *config, struct store **ret_store, struct err *err)
{
    const char *name = config->backend ? config->backend : backends[0]->name;
    for (size_t i = 0; i < ARRAY_LEN(backends); i++) {
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i]->open(config, ret_store, err);
    }
    return err_set(err, E_ARG, "there is no store backend '%s'", name);
}

void store_close(struct store *store)
{
    if (store)
        store->vtable->close(store);
}

int store_write(struct store *store, store_work_fn work, store_done_fn done, void *arg)
{
    return store->vtable->write(store, work, done, arg);
}

int store_read_begin(struct store *store, struct store_tx **ret_tx, struct err *err)
{
    return store->vtable->read_begin(store, ret_tx, err);
}

void store_read_end(struct store_tx *tx)
{
    if (tx)
        tx->vtable->read_end(tx);
}

void store_read_endp(struct store_tx **tx)
{
    store_read_end(*tx);
    *tx = NULL;
}

void store_stats(struct store *store, struct store_stats *ret_stats)
{
    store->vtable->stats(store, ret_stats);
}

int store_batch_submit(struct store *store, const struct store_batch *batch,
                       store_batch_done_fn done, void *arg, struct err *err)
{
    return store->vtable->batch_submit(store, batch, done, arg, err);
}

/* ------------------------------------------------------------------ waiting */

struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool finished;
    int rc;
    struct err *err;
    store_work_fn work;
    void *arg;
    struct store_batch_result *ret_result;
};

static void finish(struct waiter *w, int rc, const struct err *err)
{
    (void)pthread_mutex_lock(&w->mutex);
    w->rc = rc;
    if (rc && err && w->err)
        *w->err = *err;
    w->finished = true;
    (void)pthread_cond_signal(&w->cond);
    (void)pthread_mutex_unlock(&w->mutex);
}

static int wait_for(struct waiter *w)
{
    (void)pthread_mutex_lock(&w->mutex);
    while (!w->finished)
        (void)pthread_cond_wait(&w->cond, &w->mutex);
    (void)pthread_mutex_unlock(&w->mutex);
    return w->rc;
}

static int waiting_work(struct store_tx *tx, void *arg, struct err *err)
{
    struct waiter *w = arg;
    return w->work(tx, w->arg, err);
}

static void work_done(void *arg, int rc, const struct err *err)
{
    finish(arg, rc, err);
}

int store_write_wait(struct store *store, store_work_fn work, void *arg, struct err *err)
{
    struct waiter w = {.err = err, .work = work, .arg = arg};
    (void)pthread_mutex_init(&w.mutex, NULL);
    (void)pthread_cond_init(&w.cond, NULL);
    int rc = store_write(store, waiting_work, work_done, &w);
    if (rc)
        (void)err_set(err, rc, "the store takes no work: %s", err_sentence(rc));
    else
        rc = wait_for(&w);
    (void)pthread_cond_destroy(&w.cond);
    (void)pthread_mutex_destroy(&w.mutex);
    return rc;
}

static void batch_done(void *arg, int rc, const struct store_batch_result *result,
                       const struct err *err)
{
    struct waiter *w = arg;
    if (!rc) {
        *w->ret_result = *result;
        w->ret_result->alert_is_new = NULL;
    }
    finish(w, rc, err);
}

int store_batch_wait(struct store *store, const struct store_batch *batch,
                     struct store_batch_result *ret_result, struct err *err)
{
    struct waiter w = {.err = err, .ret_result = ret_result};
    (void)pthread_mutex_init(&w.mutex, NULL);
    (void)pthread_cond_init(&w.cond, NULL);
    int rc = store_batch_submit(store, batch, batch_done, &w, err);
    if (!rc)
        rc = wait_for(&w);
    (void)pthread_cond_destroy(&w.cond);
    (void)pthread_mutex_destroy(&w.mutex);
    return rc;
}

/* ------------------------------------------------------------------ domain calls */

int store_device_put(struct store_tx *tx, const struct store_device *device, struct err *err)
{
    bool is_new = false;
    assert(tx->writing);
    int rc = tx->vtable->device_put(tx, device, &is_new, err);
    if (!rc)
        store_changes_add(
            tx->changes,
            &(struct store_change){.kind = CHANGE_DEVICE, .is_new = is_new, .id = device->id});
    return rc;
}

int store_device_get(struct store_tx *tx, struct str id, struct arena *arena,
                     struct store_device *ret_device, struct err *err)
{
    return tx->vtable->device_get(tx, id, arena, ret_device, err);
}

int store_device_find_key(struct store_tx *tx, struct str fingerprint, struct arena *arena,
                          struct store_device *ret_device, struct err *err)
{
    return tx->vtable->device_find_key(tx, fingerprint, arena, ret_device, err);
}

int store_device_find_hardware(struct store_tx *tx, struct str uuid, struct arena *arena,
                               struct store_device *ret_device, struct err *err)
{
    return tx->vtable->device_find_hardware(tx, uuid, arena, ret_device, err);
}

int store_device_seen(struct store_tx *tx, struct str id, int64_t now_ns, struct str address,
                      int64_t clock_offset_ns, struct err *err)
{
    assert(tx->writing);
    return tx->vtable->device_seen(tx, id, now_ns, address, clock_offset_ns, err);
}

int store_device_list(struct store_tx *tx, const struct store_device_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_device_list *ret_list, struct err *err)
{
    return tx->vtable->device_list(tx, filter, page, arena, ret_list, err);
}

int store_enroll_token_put(struct store_tx *tx, const struct store_enroll_token *token,
                           struct err *err)
{
    assert(tx->writing);
    return tx->vtable->enroll_token_put(tx, token, err);
}

int store_enroll_token_get(struct store_tx *tx, struct str hash, struct arena *arena,
                           struct store_enroll_token *ret_token, struct err *err)
{
    return tx->vtable->enroll_token_get(tx, hash, arena, ret_token, err);
}

int store_enroll_token_list(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                            struct store_enroll_token_list *ret_list, struct err *err)
{
    return tx->vtable->enroll_token_list(tx, page, arena, ret_list, err);
}

static int note_people(struct store_tx *tx, int rc)
{
    if (!rc)
        store_changes_add(tx->changes, &(struct store_change){.kind = CHANGE_PEOPLE});
    return rc;
}

int store_user_put(struct store_tx *tx, const struct store_user *user, struct err *err)
{
    assert(tx->writing);
    return note_people(tx, tx->vtable->user_put(tx, user, err));
}

int store_user_get(struct store_tx *tx, struct str name, struct arena *arena,
                   struct store_user *ret_user, struct err *err)
{
    return tx->vtable->user_get(tx, name, arena, ret_user, err);
}

int store_user_list(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                    struct store_user_list *ret_list, struct err *err)
{
    return tx->vtable->user_list(tx, page, arena, ret_list, err);
}

int store_token_put(struct store_tx *tx, const struct store_token *token, struct err *err)
{
    assert(tx->writing);
    return tx->vtable->token_put(tx, token, err);
}

int store_token_get(struct store_tx *tx, struct str hash, struct arena *arena,
                    struct store_token *ret_token, struct err *err)
{
    return tx->vtable->token_get(tx, hash, arena, ret_token, err);
}

int store_token_list(struct store_tx *tx, struct str user, const struct store_page *page,
                     struct arena *arena, struct store_token_list *ret_list, struct err *err)
{
    return tx->vtable->token_list(tx, user, page, arena, ret_list, err);
}

int store_token_delete(struct store_tx *tx, struct str hash, struct err *err)
{
    assert(tx->writing);
    return note_people(tx, tx->vtable->token_delete(tx, hash, err));
}

int store_token_delete_user(struct store_tx *tx, struct str user, enum token_kind kind,
                            struct str except_hash, struct err *err)
{
    assert(tx->writing);
    return note_people(tx, tx->vtable->token_delete_user(tx, user, kind, except_hash, err));
}

int store_token_delete_expired(struct store_tx *tx, int64_t now_ns, struct err *err)
{
    assert(tx->writing);
    return tx->vtable->token_delete_expired(tx, now_ns, err);
}

int store_alert_put(struct store_tx *tx, const struct store_alert *alert, bool *ret_new,
                    struct err *err)
{
    assert(tx->writing);
    int rc = tx->vtable->alert_put(tx, alert, ret_new, err);
    if (!rc && *ret_new)
        store_changes_add_alert(tx->changes, alert, true);
    return rc;
}

int store_alert_get(struct store_tx *tx, struct str id, struct arena *arena,
                    struct store_alert *ret_alert, struct err *err)
{
    return tx->vtable->alert_get(tx, id, arena, ret_alert, err);
}

static int note_alert(struct store_tx *tx, struct str id, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_alert alert;
    int rc = tx->vtable->alert_get(tx, id, &arena, &alert, err);
    if (!rc)
        store_changes_add_alert(tx->changes, &alert, false);
    return rc;
}

int store_alert_set_state(struct store_tx *tx, struct str id, enum alert_state state, struct str by,
                          int64_t now_ns, struct str reason, struct err *err)
{
    assert(tx->writing);
    int rc = tx->vtable->alert_set_state(tx, id, state, by, now_ns, reason, err);
    return rc || !tx->changes ? rc : note_alert(tx, id, err);
}

int store_alert_list(struct store_tx *tx, const struct store_alert_filter *filter,
                     const struct store_page *page, struct arena *arena,
                     struct store_alert_list *ret_list, struct err *err)
{
    return tx->vtable->alert_list(tx, filter, page, arena, ret_list, err);
}

int store_alert_count(struct store_tx *tx, const struct store_alert_filter *filter, uint32_t most,
                      uint32_t *ret_count, struct err *err)
{
    return tx->vtable->alert_count(tx, filter, most, ret_count, err);
}

int store_alert_around(struct store_tx *tx, const struct store_alert *alert, int64_t span_ns,
                       uint32_t most, struct arena *arena, struct store_alert_list *ret_list,
                       struct err *err)
{
    return tx->vtable->alert_around(tx, alert, span_ns, most, arena, ret_list, err);
}

int store_alert_count_open(struct store_tx *tx, struct str device, int64_t *ret_count,
                           struct err *err)
{
    return tx->vtable->alert_count_open(tx, device, ret_count, err);
}

int store_epoch_get(struct store_tx *tx, struct str device, uint64_t epoch, struct arena *arena,
                    struct store_epoch *ret_epoch, struct err *err)
{
    return tx->vtable->epoch_get(tx, device, epoch, arena, ret_epoch, err);
}

int store_segment_list(struct store_tx *tx, const struct store_segment_filter *filter,
                       struct arena *arena, struct store_segment_list *ret_list, struct err *err)
{
    return tx->vtable->segment_list(tx, filter, arena, ret_list, err);
}

int store_segment_batches(struct store_tx *tx, int64_t segment, int64_t from_offset, uint32_t limit,
                          struct arena *arena, struct store_batch_row_list *ret_list,
                          struct err *err)
{
    return tx->vtable->segment_batches(tx, segment, from_offset, limit, arena, ret_list, err);
}

int store_action_put(struct store_tx *tx, const struct store_action *action, struct err *err)
{
    bool is_new = false;
    assert(tx->writing);
    int rc = tx->vtable->action_put(tx, action, &is_new, err);
    if (!rc)
        store_changes_add_action(tx->changes, action, is_new);
    return rc;
}

int store_action_get(struct store_tx *tx, struct str id, struct arena *arena,
                     struct store_action *ret_action, struct err *err)
{
    return tx->vtable->action_get(tx, id, arena, ret_action, err);
}

int store_action_list(struct store_tx *tx, const struct store_action_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_action_list *ret_list, struct err *err)
{
    return tx->vtable->action_list(tx, filter, page, arena, ret_list, err);
}

int store_ruleset_put(struct store_tx *tx, const struct store_ruleset *ruleset, struct err *err)
{
    assert(tx->writing);
    return tx->vtable->ruleset_put(tx, ruleset, err);
}

int store_ruleset_get(struct store_tx *tx, struct str version, struct arena *arena,
                      struct store_ruleset *ret_ruleset, struct err *err)
{
    return tx->vtable->ruleset_get(tx, version, arena, ret_ruleset, err);
}

int store_ruleset_active(struct store_tx *tx, struct arena *arena,
                         struct store_ruleset *ret_ruleset, struct err *err)
{
    return tx->vtable->ruleset_active(tx, arena, ret_ruleset, err);
}

int store_ruleset_activate(struct store_tx *tx, struct str version, struct err *err)
{
    assert(tx->writing);
    int rc = tx->vtable->ruleset_activate(tx, version, err);
    if (!rc)
        store_changes_add(tx->changes,
                          &(struct store_change){.kind = CHANGE_RULESET, .id = version});
    return rc;
}

int store_ruleset_list(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                       struct store_ruleset_list *ret_list, struct err *err)
{
    return tx->vtable->ruleset_list(tx, page, arena, ret_list, err);
}

int store_entry_put(struct store_tx *tx, const struct store_entry *entry, struct err *err)
{
    assert(tx->writing);
    return tx->vtable->entry_put(tx, entry, err);
}

int store_entry_get(struct store_tx *tx, struct str id, struct arena *arena,
                    struct store_entry *ret_entry, struct err *err)
{
    return tx->vtable->entry_get(tx, id, arena, ret_entry, err);
}

int store_entry_find(struct store_tx *tx, struct str kind, struct str value, struct str verdict,
                     struct arena *arena, struct store_entry *ret_entry, struct err *err)
{
    return tx->vtable->entry_find(tx, kind, value, verdict, arena, ret_entry, err);
}

int store_entry_list(struct store_tx *tx, const struct store_entry_filter *filter,
                     const struct store_page *page, struct arena *arena,
                     struct store_entry_list *ret_list, struct err *err)
{
    return tx->vtable->entry_list(tx, filter, page, arena, ret_list, err);
}

int store_entry_hidden(struct store_tx *tx, struct arena *arena, struct store_hidden_list *ret_list,
                       struct err *err)
{
    return tx->vtable->entry_hidden(tx, arena, ret_list, err);
}

int store_hunt_put(struct store_tx *tx, const struct store_hunt *hunt, struct err *err)
{
    bool is_new = false;
    assert(tx->writing);
    int rc = tx->vtable->hunt_put(tx, hunt, &is_new, err);
    if (!rc)
        store_changes_add(tx->changes, &(struct store_change){.kind = CHANGE_HUNT,
                                                              .is_new = is_new,
                                                              .id = hunt->id,
                                                              .title = hunt->title,
                                                              .state = hunt->state,
                                                              .done = hunt->bytes_done,
                                                              .total = hunt->bytes,
                                                              .matches = hunt->matches});
    return rc;
}

int store_hunt_get(struct store_tx *tx, struct str id, struct arena *arena,
                   struct store_hunt *ret_hunt, struct err *err)
{
    return tx->vtable->hunt_get(tx, id, arena, ret_hunt, err);
}

int store_hunt_list(struct store_tx *tx, const struct store_hunt_filter *filter,
                    const struct store_page *page, struct arena *arena,
                    struct store_hunt_list *ret_list, struct err *err)
{
    return tx->vtable->hunt_list(tx, filter, page, arena, ret_list, err);
}

int store_hunt_interrupt(struct store_tx *tx, int64_t now_ns, struct err *err)
{
    assert(tx->writing);
    return tx->vtable->hunt_interrupt(tx, now_ns, err);
}

int store_hunt_prune(struct store_tx *tx, uint32_t keep, struct err *err)
{
    assert(tx->writing);
    return tx->vtable->hunt_prune(tx, keep, err);
}

int store_hunt_result_put(struct store_tx *tx, const struct store_hunt_result *result,
                          struct err *err)
{
    assert(tx->writing);
    return tx->vtable->hunt_result_put(tx, result, err);
}

int store_hunt_result_list(struct store_tx *tx, const struct store_hunt_result_filter *filter,
                           const struct store_page *page, struct arena *arena,
                           struct store_hunt_result_list *ret_list, struct err *err)
{
    return tx->vtable->hunt_result_list(tx, filter, page, arena, ret_list, err);
}

int store_audit_append(struct store_tx *tx, const struct store_audit *entry, struct err *err)
{
    assert(tx->writing);
    return tx->vtable->audit_append(tx, entry, err);
}

int store_audit_list(struct store_tx *tx, const struct store_audit_filter *filter,
                     const struct store_page *page, struct arena *arena,
                     struct store_audit_list *ret_list, struct err *err)
{
    return tx->vtable->audit_list(tx, filter, page, arena, ret_list, err);
}

int store_audit_verify(struct store_tx *tx, int64_t *ret_entries, int64_t *ret_bad, struct err *err)
{
    return tx->vtable->audit_verify(tx, ret_entries, ret_bad, err);
}

int store_setting_put(struct store_tx *tx, struct str key, struct str value, struct err *err)
{
    assert(tx->writing);
    return tx->vtable->setting_put(tx, key, value, err);
}

int store_setting_get(struct store_tx *tx, struct str key, struct arena *arena,
                      struct str *ret_value, struct err *err)
{
    return tx->vtable->setting_get(tx, key, arena, ret_value, err);
}

int store_overview(struct store_tx *tx, int64_t now_ns, struct store_overview *ret_overview,
                   struct err *err)
{
    return tx->vtable->overview(tx, now_ns, ret_overview, err);
}
