/* Events and alerts into spooled batches. See batcher.h. */
#include "device/batcher.h"

#include "base/mem.h"
#include "codec/json_out.h"
#include "codec/zst.h"
#include "device/resend.h"
#include "proto/agent_msg.h"
#include "proto/batch.h"
#include "schema/param.h"

enum {
    FULL_BYTES = 256 * 1024,
    FULL_EVENTS = 4000,
    BOOT_BYTES = 64,              /* an action's argument `boot` takes no more */
    MOST_BYTES = 4 * 1024 * 1024, /* of several events; a single larger one goes alone */
    ZSTD_LEVEL = 3
};

struct batcher {
    struct str device;
    struct spool *spool;
    unsigned char token[SPOOL_TOKEN_BYTES];
    char boot[BOOT_BYTES];
    size_t boot_len;
    uint64_t last_record; /* highest seen of this token, waiting or spooled */
    struct resend waiting;
    struct buf plain;
    struct buf packed;
};

int batcher_new(struct str device, struct spool *spool, struct batcher **ret_batcher)
{
    struct batcher *b = mem_calloc(1, sizeof *b);
    if (!b)
        return E_NOMEM;
    b->device = device;
    b->spool = spool;
    *ret_batcher = b;
    return 0;
}

void batcher_free(struct batcher *b)
{
    if (!b)
        return;
    resend_done(&b->waiting);
    buf_done(&b->plain);
    buf_done(&b->packed);
    mem_free(b);
}

void batcher_set_token(struct batcher *b, const unsigned char token[SPOOL_TOKEN_BYTES])
{
    if (memcmp(b->token, token, sizeof b->token) == 0)
        return;
    memcpy(b->token, token, sizeof b->token);
    b->last_record = spool_last_record(b->spool, token);
}

void batcher_set_boot(struct batcher *b, struct str boot)
{
    struct str kept = str_sub(boot, 0, sizeof b->boot);
    b->boot_len = kept.len;
    if (kept.len)
        memcpy(b->boot, kept.ptr, kept.len);
}

int batcher_add(struct batcher *b, struct str body, struct err *err)
{
    struct agent_event e;
    int rc = agent_event_read(body, &e);
    if (rc)
        return err_set(err, rc, "the analyst sent a damaged event");
    if (e.record <= b->last_record)
        return 0;
    rc = resend_add(&b->waiting, e.record, body);
    if (rc)
        return err_set(err, rc, "out of memory");
    b->last_record = e.record;
    return 0;
}

bool batcher_full(const struct batcher *b)
{
    return b->waiting.bytes >= FULL_BYTES || b->waiting.len >= FULL_EVENTS;
}

bool batcher_empty(const struct batcher *b)
{
    return b->waiting.len == 0;
}

uint64_t batcher_last(const struct batcher *b)
{
    return b->last_record;
}

/* The analyst's object with the two ids and the boot session in front. */
static int add_alert(struct batcher *b, struct str rule, struct str json, struct str event_id)
{
    char id[BATCH_ALERT_ID_CHARS + 1];
    int rc = batch_alert_id(b->device, rule, event_id, id);
    if (rc)
        return rc;
    if (json.len < 3 || json.ptr[0] != '{')
        return E_PARSE;
    buf_addf(&b->plain, "{\"alert_id\":\"%s\",\"event_id\":", id);
    json_escape(&b->plain, event_id);
    if (b->boot_len) {
        buf_add_cstr(&b->plain, ",\"boot\":");
        json_escape(&b->plain, str_n(b->boot, b->boot_len));
    }
    buf_add_char(&b->plain, ',');
    buf_add_str(&b->plain, str_sub(json, 1, SIZE_MAX));
    buf_add_char(&b->plain, '\n');
    return 0;
}

static int add_item(struct batcher *b, const struct resend_item *item, struct spool_batch *batch)
{
    struct agent_event e;
    struct buf event_id CLEANUP(buf_done) = {0};
    int rc = agent_event_read(str_n(item->bytes, item->len), &e);
    if (rc)
        return rc;
    batch_event_id_add(&event_id, b->device, spool_epoch(b->spool), spool_next_sequence(b->spool),
                       batch->events);
    if (buf_check(&event_id))
        return buf_check(&event_id);
    buf_add_str(&b->plain, e.event);
    buf_add_char(&b->plain, '\n');
    batch->events++;
    for (size_t i = 0; rc == 0 && i < e.alerts_len; i++) {
        rc = add_alert(b, e.alerts[i].rule, e.alerts[i].json, buf_str(&event_id));
        if (rc == 0)
            batch->alerts++;
    }
    batch->last_record = e.record;
    return rc;
}

/* Fill the batch with as much as fits the server's limits; the rest waits for the next one. */
static int build(struct batcher *b, struct spool_batch *batch)
{
    buf_clear(&b->plain);
    buf_clear(&b->packed);
    for (const struct resend_item *i = b->waiting.head; i; i = i->next) {
        if (batch->events && (b->plain.len + i->len > MOST_BYTES || batch->events >= FULL_EVENTS))
            break;
        int rc = add_item(b, i, batch);
        if (rc)
            return rc;
    }
    if (buf_check(&b->plain))
        return buf_check(&b->plain);
    int rc = zst_compress(buf_str(&b->plain), ZSTD_LEVEL, &b->packed);
    batch->payload = buf_str(&b->packed);
    return rc;
}

int batcher_flush(struct batcher *b, uint64_t *ret_record, struct err *err)
{
    while (b->waiting.len) {
        struct spool_batch batch = {0};
        memcpy(batch.token, b->token, sizeof batch.token);
        int rc = build(b, &batch);
        if (rc)
            return err_set(err, rc, "cannot build a batch: %s", err_sentence(rc));
        rc = spool_append(b->spool, &batch, err);
        if (rc)
            return rc;
        resend_ack(&b->waiting, batch.last_record);
        *ret_record = batch.last_record;
    }
    return 0;
}
