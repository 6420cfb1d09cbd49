/* Working on alerts. See alert.h. */
#include "fleet/alert.h"

#include "base/buf.h"
#include "codec/json_out.h"
#include "fleet/input_priv.h"

enum { ALERT_REASON_BYTES = 2000 };

struct step {
    enum alert_state to;
    unsigned from; /* bits of the states it may leave */
    const char *verb;
    bool reason_required;
};

static const struct step acknowledge = {ALERT_ACKNOWLEDGED, 1u << ALERT_OPEN, "alert.acknowledge",
                                        false};
static const struct step close_it = {ALERT_CLOSED, 1u << ALERT_OPEN | 1u << ALERT_ACKNOWLEDGED,
                                     "alert.close", true};
static const struct step reopen = {ALERT_OPEN, 1u << ALERT_ACKNOWLEDGED | 1u << ALERT_CLOSED,
                                   "alert.reopen", true};

static int audit(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                 const struct step *step, const struct store_alert *alert, struct str reason,
                 struct err *err)
{
    struct buf detail CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &detail};
    json_object_begin(&j);
    json_kv_str(&j, "device", alert->device);
    json_kv_str(&j, "from", alert_state_names[alert->state]);
    json_kv_str(&j, "reason", reason);
    json_object_end(&j);
    if (buf_check(&detail))
        return err_set(err, E_NOMEM, "no memory for an audit entry");
    return actor_audit(tx, by, now_ns, step->verb, "alert", alert->id, buf_str(&detail), err);
}

static int move(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                const struct step *step, struct str reason, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_alert alert;
    int rc = actor_may(by, PERM_ALERTS_WRITE, err);
    if (!rc && (step->reason_required || reason.len))
        rc = input_reason(reason, ALERT_REASON_BYTES, "the reason", err);
    if (!rc)
        rc = store_alert_get(tx, id, &arena, &alert, err);
    if (rc)
        return rc;
    if (!(step->from & 1u << alert.state))
        return err_set(err, E_STATE, "the alert is %s already or cannot become %s",
                       alert_state_names[alert.state].ptr, alert_state_names[step->to].ptr);
    rc = store_alert_set_state(tx, id, step->to, by->name, now_ns, reason, err);
    return rc ? rc : audit(tx, by, now_ns, step, &alert, reason, err);
}

int alert_acknowledge(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                      struct str note, struct err *err)
{
    return move(tx, by, now_ns, id, &acknowledge, note, err);
}

int alert_close(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                struct str reason, struct err *err)
{
    return move(tx, by, now_ns, id, &close_it, reason, err);
}

int alert_reopen(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                 struct str reason, struct err *err)
{
    return move(tx, by, now_ns, id, &reopen, reason, err);
}
