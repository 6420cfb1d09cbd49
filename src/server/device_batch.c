/* POST batch: decompress, take apart, store, and answer only after the commit. */
#include "base/mem.h"
#include "codec/zst.h"
#include "crypto/hash.h"
#include "os/clock.h"
#include "os/failpoint.h"
#include "os/log.h"
#include "proto/batch.h"
#include "schema/param.h"
#include "server/batch_lines.h"
#include "server/handlers.h"

/** One batch between its arrival and its answer. */
struct arriving {
    struct call *call;
    struct buf plain;
    struct batch_lines lines;
    uint64_t epoch;
    uint64_t sequence;
    int rc;
    struct err err;
    struct store_batch_result result;
};

static void arriving_free(struct arriving *a)
{
    job_release(a->call->server);
    batch_lines_done(&a->lines);
    buf_done(&a->plain);
    mem_free(a);
}

static void refuse(struct arriving *a, int rc)
{
    struct call *c = a->call;
    struct err err = a->err;
    c->server->refused_batches++;
    log_warn("batch refused", KV_STR("device", c->device.id), KV_INT("sequence", a->sequence),
             KV_CSTR("code", err_name(rc)), KV_CSTR("reason", err.message));
    arriving_free(a);
    if (rc == E_AGAIN || rc == E_FULL)
        http_answer_header(c->req, "Retry-After", STR("5"));
    if (rc == E_UNSUPPORTED)
        http_answer_problem(c->req, 415, rc, err.message);
    else
        reply_err(c, rc, &err);
}

static void answer(struct loop *loop, void *arg)
{
    (void)loop;
    struct arriving *a = arg;
    struct call *c = a->call;
    struct buf out CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &out};
    /* Acknowledged, it would be gone for good; the device's log is to say that it was given up. */
    if (a->rc == 0 && a->result.outcome == BATCH_TOO_OLD)
        a->rc = err_set(&a->err, E_STATE,
                        "batch %llu is too far behind the last one to tell whether it was stored",
                        (unsigned long long)a->sequence);
    if (a->rc) {
        refuse(a, a->rc);
        return;
    }
    if (FAILPOINT("server.batch.reply.before")) {
        arriving_free(a);
        http_answer_abort(c->req);
        return;
    }
    if (a->result.outcome == BATCH_STORED) {
        c->server->batches++;
        c->server->events += a->result.events;
        c->server->alerts += a->result.alerts_new;
    }
    json_object_begin(&j);
    json_kv_uint(&j, "epoch", a->epoch);
    json_kv_uint(&j, "sequence", a->sequence);
    json_kv_bool(&j, "duplicate", a->result.outcome != BATCH_STORED);
    json_kv_uint(&j, "events", a->result.events);
    json_kv_uint(&j, "alerts", a->result.alerts_new);
    json_object_end(&j);
    arriving_free(a);
    reply_json(c, 200, &out);
    (void)FAILPOINT("server.batch.reply.after");
}

/* Writer thread: the batch is durable now, or was refused. */
static void committed(void *arg, int rc, const struct store_batch_result *result,
                      const struct err *err)
{
    struct arriving *a = arg;
    a->rc = rc;
    if (result)
        a->result = *result;
    a->result.alert_is_new = NULL;
    if (rc && err)
        a->err = *err;
    if (loop_post(a->call->server->loop, answer, a) != 0)
        log_error("out of memory: an answer is lost");
}

static int header_number(struct call *c, const char *name, uint64_t *ret, struct err *err)
{
    struct str text;
    if (http1_find_single(http_req_head(c->req), name, &text) != 0 || batch_number(text, ret) != 0)
        return err_set(err, E_PARSE, "header %s: expected a number from 1 to 2^63-1", name);
    return 0;
}

static int take(struct arriving *a)
{
    struct call *c = a->call;
    struct str encoding;
    char sha256[HASH_HEX_BYTES];
    int rc = header_number(c, "cordon-epoch", &a->epoch, &a->err);
    if (rc == 0)
        rc = header_number(c, "cordon-sequence", &a->sequence, &a->err);
    if (rc)
        return rc;
    if (http1_find_single(http_req_head(c->req), "content-encoding", &encoding) != 0 ||
        !str_is(encoding, BATCH_ENCODING))
        return err_set(&a->err, E_UNSUPPORTED, "a batch is sent with Content-Encoding: %s",
                       BATCH_ENCODING);
    struct str packed = buf_str(http_req_body(c->req));
    rc = zst_decompress(packed, (size_t)param_default(PARAM_BATCH_PLAIN_BYTES), &a->plain);
    if (rc)
        return err_set(&a->err, rc, "the batch does not decompress: %s", err_sentence(rc));
    rc = hash_sha256_hex(buf_str(&a->plain), sha256);
    int64_t now = clock_wall_ns();
    if (rc == 0)
        rc = batch_lines_read(buf_str(&a->plain), c->device.id, a->epoch, a->sequence, now,
                              http_req_arena(c->req), &a->lines, &a->err);
    if (rc)
        return rc;
    struct store_batch batch = {
        .device = c->device.id,
        .epoch = a->epoch,
        .sequence = a->sequence,
        .plain = buf_str(&a->lines.events),
        .events = a->lines.events_len,
        .time_min_ns = a->lines.time_min_ns,
        .time_max_ns = a->lines.time_max_ns,
        .received_ns = now,
        .sha256 = str_of(sha256),
        .alerts = a->lines.alerts,
        .alerts_len = a->lines.alerts_len,
    };
    memcpy(batch.kinds, a->lines.kinds, sizeof batch.kinds);
    return store_batch_submit(c->server->store, &batch, committed, a, &a->err);
}

void device_call_batch(struct call *c)
{
    struct arriving *a = mem_calloc(1, sizeof *a);
    if (!a) {
        http_answer_problem(c->req, 0, E_NOMEM, NULL);
        return;
    }
    job_hold(c->server);
    a->call = c;
    int rc = take(a);
    if (rc)
        refuse(a, rc);
}
