/* Messages between the agent's three processes (codec/imsg frames over socket pairs). The
 * privileged monitor accepts few types, each with a fixed or checked length. Rows say who may send
 * what; a message from the wrong side or of a wrong size ends the sender.
 *
 * Every sensor record has a number R, counted by the monitor from 1 for each life of the monitor
 * (its token). The analyst passes R on, the uplink answers R once the record is in the spool on
 * disk, the analyst hands that to the monitor: whoever dies, what was not acknowledged is sent
 * again, and the uplink drops what it has. */
#ifndef CORDON_PROTO_AGENT_MSG_H
#define CORDON_PROTO_AGENT_MSG_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* X(enum, name, sender, receiver, least body bytes, most body bytes, sentence) */
#define AGENT_MSG_LIST(X)                                                                          \
    X(AGENT_RECORD, "record", MONITOR, ANALYST, 9, 4194312, "u64 R, then one sensor record")       \
    X(AGENT_SPOOLED, "spooled", ANALYST, MONITOR, 8, 8, "u64 R: everything up to it is on disk")   \
    X(AGENT_RULESET, "ruleset", MONITOR, ANALYST, 64, 64,                                          \
      "version of a verified ruleset file, SHA-256 in hex; descriptor")                            \
    X(AGENT_SCAN, "scan", ANALYST, MONITOR, 17, 4112,                                              \
      "u64 pid, u64 pidversion, path of a file that an event names")                               \
    X(AGENT_PLAN, "plan", MONITOR, ANALYST, 2, 262144, "verified plan, JSON")                      \
    X(AGENT_ANALYST_READY, "analyst-ready", ANALYST, MONITOR, 0, 0, "sandboxed and listening")     \
    X(AGENT_ANALYST_HEALTH, "analyst-health", ANALYST, MONITOR, 2, 65536, "counters, JSON")        \
    X(AGENT_SUSPECT, "suspect", ANALYST, MONITOR, 28, 4096,                                        \
      "a process that a prevent list may name: u32 pid, u64 generation, then u32 length + text "   \
      "each: SHA-256, cdhash (bytes), signing id, team id; empty = not known")                     \
    X(AGENT_DEVICE, "device", MONITOR, ANALYST, 1, 64, "id of this device")                        \
    X(AGENT_PEER, "peer", MONITOR, ANALYST, 16, 16,                                                \
      "monitor's token (16 bytes); descriptor: socket to a (new) uplink")                          \
    X(AGENT_UPLINK_PEER, "uplink-peer", MONITOR, UPLINK, 16, 16,                                   \
      "monitor's token (16 bytes); descriptor: socket to a (new) analyst")                         \
    X(AGENT_EVENT, "event", ANALYST, UPLINK, 12, 8388608,                                          \
      "u64 R, u32 length + event JSON, then per alert u32 length + rule id, u32 length + alert "   \
      "JSON")                                                                                      \
    X(AGENT_EVENT_ACK, "event-ack", UPLINK, ANALYST, 8, 8,                                         \
      "u64 R: everything up to it is on disk")                                                     \
    X(AGENT_UPLINK_READY, "uplink-ready", UPLINK, MONITOR, 0, 0, "privileges dropped, spool open") \
    X(AGENT_COMMAND, "command", UPLINK, MONITOR, 0, 524288,                                        \
      "signed command envelope, as received")                                                      \
    X(AGENT_SIGNED_RULESET, "signed-ruleset", UPLINK, MONITOR, 0, 0,                               \
      "signed ruleset file; descriptor, to be copied and verified")                                \
    X(AGENT_SIGNED_PLAN, "signed-plan", UPLINK, MONITOR, 32, 262144, "signed plan file")           \
    X(AGENT_CHANNEL, "channel", UPLINK, MONITOR, 9, 9,                                             \
      "u8: 1 = connected to the server, 0 = not; u64: generation of the isolation that the "       \
      "server was reached through, 0 = not known")                                                 \
    X(AGENT_STATUS, "status", MONITOR, UPLINK, 2, 65536,                                           \
      "JSON: boot, challenge, isolation as observed, ruleset and plan versions, health, facts")    \
    X(AGENT_UPLINK_HEALTH, "uplink-health", UPLINK, MONITOR, 2, 65536,                             \
      "spool and connection, JSON")                                                                \
    X(AGENT_ACK, "ack", MONITOR, UPLINK, 1, 128, "action id: verified and recorded")               \
    X(AGENT_STARTED, "started", MONITOR, UPLINK, 1, 128, "action id")                              \
    X(AGENT_RESULT, "result", MONITOR, UPLINK, 8, 262144,                                          \
      "u32 length + action id, u32 length + state, u32 length + reason, u32 length + JSON result") \
    X(AGENT_STOP, "stop", MONITOR, ANY, 0, 0, "finish what is in hand and exit")

enum agent_msg_type {
    AGENT_NONE,
#define AGENT_MSG_ENUM(id, name, from, to, least, most, doc) id,
    AGENT_MSG_LIST(AGENT_MSG_ENUM)
#undef AGENT_MSG_ENUM
        AGENT_MSG_TYPES
};

/** The role, beside those below, of the process in which YARA runs. */
#define AGENT_YARA_ROLE "yara"

enum agent_role { AGENT_ROLE_MONITOR, AGENT_ROLE_ANALYST, AGENT_ROLE_UPLINK, AGENT_ROLE_ANY };

/**
 * Check a received message against the table.
 * @param from who sent it  @param to who received it
 * @return 0, E_DENIED (not theirs to send, unknown type) or E_LIMIT (wrong length)
 */
int agent_msg_check(uint16_t type, enum agent_role from, enum agent_role to, size_t len,
                    struct err *err) MUST_CHECK;
const char *agent_msg_name(uint16_t type);

enum { AGENT_EVENT_ALERTS_MAX = 64 };

/** Body of AGENT_EVENT. Slices are borrowed. */
struct agent_event {
    uint64_t record;
    struct str event;
    size_t alerts_len;
    struct {
        struct str rule;
        struct str json; /* an object without alert_id and event_id: the uplink adds them */
    } alerts[AGENT_EVENT_ALERTS_MAX];
};

/** @return 0, E_NOMEM, E_LIMIT */
int agent_event_write(const struct agent_event *e, struct buf *out) MUST_CHECK;
/** @return 0, E_PARSE or E_LIMIT */
int agent_event_read(struct str body, struct agent_event *ret) MUST_CHECK;

/** Body of AGENT_SUSPECT. Slices are borrowed; empty = not known. */
struct agent_suspect {
    uint32_t pid;
    uint64_t generation;
    struct str sha256; /* bytes */
    struct str cdhash; /* bytes */
    struct str signing_id;
    struct str team_id;
};

int agent_suspect_write(const struct agent_suspect *s, struct buf *out) MUST_CHECK;
/** @return 0 or E_PARSE: also digests of a wrong length */
int agent_suspect_read(struct str body, struct agent_suspect *ret) MUST_CHECK;

/** Body of AGENT_RESULT. Slices are borrowed. */
struct agent_result {
    struct str action;
    struct str state; /* succeeded, failed, refused, interrupted, timed_out */
    struct str reason;
    struct str json;
};

int agent_result_write(const struct agent_result *r, struct buf *out) MUST_CHECK;
int agent_result_read(struct str body, struct agent_result *ret) MUST_CHECK;

#endif
