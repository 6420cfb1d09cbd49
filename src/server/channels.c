/* Registry of held device connections, and what is sent on them. See channels.h; what a device says
 * is in said.c. Orders that wait are read from the store and sent. One counts as delivered when the
 * device acknowledged it, so a connection that breaks loses none. */
#include "server/channels.h"

#include "base/mem.h"
#include "fleet/device.h"
#include "os/clock.h"
#include "os/log.h"
#include "server/channels_priv.h"
#include "server/handlers.h"
#include "server/stream.h"

int channels_new(struct server *s, struct channels **ret_channels)
{
    struct channels *c = mem_calloc(1, sizeof *c);
    if (!c)
        return E_NOMEM;
    c->server = s;
    *ret_channels = c;
    return 0;
}

static void channel_free(struct channel *ch)
{
    map_done(&ch->sent);
    arena_done(&ch->sent_ids);
    arena_done(&ch->arena);
    mem_free(ch);
}

void channels_free(struct channels *c)
{
    if (!c)
        return;
    size_t pos = 0;
    for (struct map_slot *slot = map_next(&c->by_device, &pos); slot;
         slot = map_next(&c->by_device, &pos))
        channel_free((struct channel *)(uintptr_t)slot->value);
    map_done(&c->by_device);
    mem_free(c);
}

bool channels_online(const struct channels *c, struct str device)
{
    const struct channel *ch = map_find_ptr(&c->by_device, device);
    return ch && ch->greeted;
}

struct channel *channels_find(const struct channels *c, struct str device, uint64_t serial)
{
    struct channel *ch = map_find_ptr(&c->by_device, device);
    return ch && ch->serial == serial ? ch : NULL;
}

size_t channels_len(const struct channels *c)
{
    return c->by_device.len;
}

void channels_close(struct channel *ch, uint16_t code, const char *reason)
{
    if (ch->closing)
        return;
    ch->closing = true;
    ws_conn_close(ch->ws, code, reason);
}

int channels_send(struct channel *ch, const struct channel_msg *m)
{
    struct buf text CLEANUP(buf_done) = {0};
    int rc = ch->closing ? E_CLOSED : channel_write(m, &text);
    if (rc == 0)
        rc = ws_conn_send(ch->ws, true, buf_str(&text));
    if (rc && rc != E_CLOSED)
        channels_close(ch, WS_CLOSE_POLICY, "the device does not keep up");
    return rc;
}

/* ---------------------------------------------------------------- orders */

/* An order that was signed anew is another message. */
static int send_order(struct channel *ch, const struct store_action *a)
{
    uint64_t signed_ns = (uint64_t)a->queued_ns;
    uint64_t sent_ns;
    bool again = map_find(&ch->sent, a->id, &sent_ns);
    if (again && sent_ns == signed_ns)
        return 0;
    struct channel_msg m = {.type = CHANNEL_COMMAND, .envelope = a->envelope};
    int rc = channels_send(ch, &m);
    struct str id = rc ? (struct str){0} : arena_str(&ch->sent_ids, a->id);
    if (rc == 0)
        rc = id.ptr ? map_put(&ch->sent, id, signed_ns) : E_NOMEM;
    if (rc == 0)
        log_info("order sent", KV_STR("device", ch->device), KV_STR("action", a->id),
                 KV_STR("name", a->name));
    return rc;
}

void channels_send_pending(struct channel *ch)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_action *actions;
    size_t len;
    struct err err = {0};
    if (!ch->greeted || ch->closing)
        return;
    int rc = store_read_begin(ch->owner->server->store, &tx, &err);
    if (rc == 0)
        rc = action_pending(tx, ch->device, clock_wall_ns(), &arena, &actions, &len, &err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        rc = send_order(ch, &actions[i]);
    if (rc && rc != E_CLOSED)
        log_err(LOG_ERROR, "orders could not be sent", &err);
}

void channels_wake(struct channels *c, struct str device)
{
    struct channel *ch = map_find_ptr(&c->by_device, device);
    if (ch)
        channels_send_pending(ch);
}

static void announce(struct channel *ch)
{
    struct channel_msg m = {.type = CHANNEL_VERSIONS,
                            .ruleset_version = str_of(ch->owner->server->ruleset_version),
                            .plan_version = str_of(ch->owner->server->plan_version)};
    if (ch->greeted)
        (void)!channels_send(ch, &m);
}

void channels_announce(struct channels *c)
{
    size_t pos = 0;
    for (struct map_slot *slot = map_next(&c->by_device, &pos); slot;
         slot = map_next(&c->by_device, &pos))
        announce((struct channel *)(uintptr_t)slot->value);
}

void channels_revoke(struct channels *c, struct str device)
{
    struct channel *ch = map_find_ptr(&c->by_device, device);
    struct channel_msg m = {.type = CHANNEL_REVOKED};
    if (!ch)
        return;
    (void)!channels_send(ch, &m);
    channels_close(ch, WS_CLOSE_POLICY, "revoked");
}

/* ---------------------------------------------------------------- accepting */

static void on_message(struct ws_conn *ws, bool is_text, struct str payload, void *arg)
{
    (void)ws;
    said_message(arg, is_text, payload);
}

static void on_close(struct ws_conn *ws, uint16_t code, void *arg)
{
    struct channel *ch = arg;
    struct channels *c = ch->owner;
    (void)ws;
    log_info("device disconnected", KV_STR("device", ch->device), KV_INT("code", code));
    said_gone(ch);
    if (map_find_ptr(&c->by_device, ch->device) == ch)
        (void)map_remove(&c->by_device, ch->device);
    stream_device(c->server->stream, ch->device);
    channel_free(ch);
}

static const struct ws_conn_handler ws_handler = {.on_message = on_message, .on_close = on_close};

static struct channel *channel_new(struct call *call)
{
    struct channel *ch = mem_calloc(1, sizeof *ch);
    if (!ch)
        return NULL;
    ch->owner = call->server->channels;
    ch->serial = ++ch->owner->serials;
    ch->device = arena_str(&ch->arena, call->device.id);
    ch->address = arena_str(&ch->arena, call->actor.address);
    if (!ch->device.ptr || !ch->address.ptr) {
        channel_free(ch);
        return NULL;
    }
    return ch;
}

/* The newer connection wins: the older is most likely dead and not noticed yet. */
static int replace(struct channels *c, struct channel *ch)
{
    struct channel *old = map_find_ptr(&c->by_device, ch->device);
    if (old) {
        (void)map_remove(&c->by_device, old->device);
        channels_close(old, WS_CLOSE_GOING_AWAY, "a newer connection of this device");
    }
    return map_put_ptr(&c->by_device, ch->device, ch);
}

void channels_accept(struct call *call)
{
    struct channel *ch = channel_new(call);
    if (!ch) {
        http_answer_problem(call->req, 0, E_NOMEM, NULL);
        return;
    }
    struct channels *c = ch->owner;
    struct ws_conn_options options = {.handler = &ws_handler, .arg = ch};
    /* First the handshake: what is none must not end the connection that is there. */
    if (http_answer_upgrade(call->req, NULL, &options, &ch->ws) != 0) {
        channel_free(ch);
        return;
    }
    log_info("device connected", KV_STR("device", ch->device), KV_STR("address", ch->address));
    if (replace(c, ch) != 0)
        channels_close(ch, WS_CLOSE_INTERNAL, "out of memory");
}

/* ---------------------------------------------------------------- the route */

static int promote_work(struct store_tx *tx, struct job *j, struct err *err)
{
    return device_promote(tx, j->call->device.id, str_of(j->data), clock_wall_ns(), err);
}

static void promoted(struct job *j)
{
    if (j->rc)
        job_reply(j);
    else
        channels_accept(j->call);
}

void device_call_channel(struct call *c)
{
    const struct tls_peer *peer = http_req_tls_peer(c->req);
    if (!c->promote || !peer) {
        channels_accept(c);
        return;
    }
    struct job *j = job_new(c->server, c, promote_work, promoted, NULL);
    if (!j)
        return;
    j->data = arena_cstr(&j->arena, str_of(peer->fingerprint_hex));
    if (j->data)
        job_start(j);
    else
        job_refuse(j, E_NOMEM, NULL);
}
