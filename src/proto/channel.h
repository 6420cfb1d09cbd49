/* Messages of the held device connection (GET /device/v1/channel, WebSocket text frames, one JSON
 * object each). One struct for all of them: `type` says which members count. */
#ifndef CORDON_PROTO_CHANNEL_H
#define CORDON_PROTO_CHANNEL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* X(enum, name, who sends it, members it must have, what it says) */
#define CHANNEL_LIST(X)                                                                            \
    X(CHANNEL_HELLO, "hello", "device", M_VERSIONS | M_BOOT | M_CHALLENGE | M_ISOLATION,           \
      "first message: versions, boot, challenge for the clock, isolation as observed")             \
    X(CHANNEL_WELCOME, "welcome", "server", M_ENVELOPE | M_VERSIONS,                               \
      "answer: signed clock command, ruleset and plan the device should have")                     \
    X(CHANNEL_COMMAND, "command", "server", M_ENVELOPE, "one signed command")                      \
    X(CHANNEL_ACK, "ack", "device", M_ACTION, "the root process verified and recorded a command")  \
    X(CHANNEL_STARTED, "started", "device", M_ACTION, "the command runs")                          \
    X(CHANNEL_RESULT, "result", "device", M_ACTION | M_STATE, "the command's end")                 \
    X(CHANNEL_OBSERVED, "observed", "device", M_ISOLATION, "isolation as the device observes it")  \
    X(CHANNEL_FACTS, "facts", "device", M_BODY, "inventory facts, changed ones")                   \
    X(CHANNEL_HEALTH, "health", "device", M_BODY, "sensor, spool, refused commands, restarts")     \
    X(CHANNEL_VERSIONS, "versions", "server", M_VERSIONS, "a new ruleset or plan is there")        \
    X(CHANNEL_REVOKED, "revoked", "server", 0, "the device was revoked; the connection closes")

enum {
    M_ENVELOPE = 1,
    M_VERSIONS = 2,
    M_ACTION = 4,
    M_STATE = 8,
    M_ISOLATION = 16,
    M_BODY = 32,
    M_CHALLENGE = 64,
    M_BOOT = 128
};

enum channel_type {
#define CHANNEL_ENUM(id, name, from, members, doc) id,
    CHANNEL_LIST(CHANNEL_ENUM)
#undef CHANNEL_ENUM
        CHANNEL_TYPES
};

struct channel_msg {
    enum channel_type type;
    struct str envelope;        /* M_ENVELOPE: signed command, raw bytes (base64 on the wire) */
    struct str agent_version;   /* M_VERSIONS, hello */
    struct str ruleset_version; /* M_VERSIONS: 64 hex digits, or empty */
    struct str plan_version;    /* M_VERSIONS: 64 hex digits, or empty */
    struct str boot;            /* M_BOOT: boot id */
    struct str challenge;       /* M_CHALLENGE: hex, chosen by the root process */
    struct str action;          /* M_ACTION: action id */
    struct str state;           /* M_STATE: succeeded, failed, refused, interrupted, timed_out */
    struct str reason;          /* result: a sentence, may be empty */
    struct str body;            /* M_BODY or result: JSON object text, may be empty in a result */
    uint64_t isolation_generation; /* M_ISOLATION */
    struct str isolation_state;    /* M_ISOLATION: released or isolated */
};

/** Append the JSON text. @return 0 or E_NOMEM */
int channel_write(const struct channel_msg *m, struct buf *out) MUST_CHECK;

/**
 * Read a message; members the type needs must be there. Texts live in the arena.
 * @return 0, E_PARSE, E_LIMIT, E_NOMEM
 */
int channel_read(struct str text, struct arena *arena, struct channel_msg *ret,
                 struct err *err) MUST_CHECK;

const char *channel_type_name(enum channel_type type);

#endif
