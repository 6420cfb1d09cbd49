/* What channels.c (registry, sending, accepting) and said.c (what a device says) share. */
#ifndef CORDON_SERVER_CHANNELS_PRIV_H
#define CORDON_SERVER_CHANNELS_PRIV_H

#include "base/arena.h"
#include "base/map.h"
#include "net/ws_conn.h"
#include "proto/channel.h"
#include "server/channels.h"

/** One held connection. Lives from the upgrade until the WebSocket is gone. */
struct channel {
    struct channels *owner;
    struct ws_conn *ws;
    uint64_t serial;   /* tells it from an earlier one of the same device */
    struct str device; /* in `arena` */
    struct str address;
    struct arena arena;
    struct map sent;       /* orders sent on this connection: action id -> when they were signed;
                              keys in `sent_ids` */
    struct arena sent_ids; /* bounded by the life of a connection */
    bool hello_seen;       /* the first message came */
    bool greeted;          /* ... and is in the store: orders may follow */
    bool closing;
};

struct channels {
    struct server *server;
    struct map by_device; /* device id -> struct channel */
    uint64_t serials;
};

/** The device's connection if it is still this one, else NULL. */
struct channel *channels_find(const struct channels *c, struct str device, uint64_t serial);
/** Send, or close a connection that does not keep up. @return 0, E_CLOSED, E_LIMIT, E_NOMEM */
int channels_send(struct channel *ch, const struct channel_msg *m) MUST_CHECK;
/** Begin the end of a connection; again does nothing. */
void channels_close(struct channel *ch, uint16_t code, const char *reason);
/** Send the orders that wait and were not sent on this connection. */
void channels_send_pending(struct channel *ch);

/** A message came. One at a time: the connection is paused until the store has it. (said.c) */
void said_message(struct channel *ch, bool is_text, struct str payload);
/** The connection is over: until now the device was seen. (said.c) */
void said_gone(const struct channel *ch);

#endif
