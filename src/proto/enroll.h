/* Bodies of POST /device/v1/enroll and /device/v1/renew, shared by agent, server and simulator.
 * JSON objects; unknown members are ignored so that older and newer versions can talk. */
#ifndef CORDON_PROTO_ENROLL_H
#define CORDON_PROTO_ENROLL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { PROTO_VERSION = 1, PROTO_BODY_MAX = 64 * 1024, PROTO_KEYS_MAX = 8 };

struct enroll_request {
    struct str token;         /* one-time or group enrollment token; empty in a renewal */
    struct str csr;           /* base64 of the DER request, or PEM; P-256 */
    struct str hardware_uuid; /* identity is bound to it */
    struct str hostname;
    struct str platform; /* "macos" or "linux" */
    struct str os_version;
    struct str agent_version;
};

struct enroll_reply {
    struct str device;                       /* device id */
    struct str certificate;                  /* PEM, signed by Cordon's own CA */
    struct str ca;                           /* PEM of that CA */
    struct str command_keys[PROTO_KEYS_MAX]; /* PEM public keys commands are signed with */
    size_t command_keys_len;
    struct str
        ruleset_keys[PROTO_KEYS_MAX]; /* PEM public keys rulesets and plans are signed with */
    size_t ruleset_keys_len;
    int64_t server_time_ns;
};

/** Append the JSON body. @return 0 or E_NOMEM */
int enroll_request_write(const struct enroll_request *r, struct buf *out) MUST_CHECK;
int enroll_reply_write(const struct enroll_reply *r, struct buf *out) MUST_CHECK;

/**
 * Read a body. Texts are copied into the arena.
 * @return 0, E_PARSE (err names the member), E_LIMIT, E_VERSION (other protocol version), E_NOMEM
 */
int enroll_request_read(struct str body, struct arena *arena, struct enroll_request *ret,
                        struct err *err) MUST_CHECK;
int enroll_reply_read(struct str body, struct arena *arena, struct enroll_reply *ret,
                      struct err *err) MUST_CHECK;

#endif
