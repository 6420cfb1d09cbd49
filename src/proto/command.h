/* Commands from the server to one device: canonical bytes, signature, checks. The server signs
 * them, the root process of the agent verifies them itself; everything between only carries them.
 *
 * Canonical form (all integers big-endian, strings with a u32 length in front, fixed order):
 *   "CORDON-CMD-1\n", device, action, name, arguments (JSON text), issued (i64 ns, server's clock),
 *   expires (i64 ns), generation (u64, 0 = not desired state), nonce (16 bytes)
 * Envelope: u32 length of the canonical bytes, them, key id string, signature string (ECDSA P-256
 * over SHA-256, DER). Nothing may follow.
 * Source: the device protocol of the design; docs/protocol.md. */
#ifndef CORDON_PROTO_COMMAND_H
#define CORDON_PROTO_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/sign.h"

enum {
    COMMAND_NONCE_BYTES = 16,
    COMMAND_NAME_MAX = 64,
    COMMAND_ID_MAX = 128,
    COMMAND_ENVELOPE_MAX = 512 * 1024
};

struct command {
    struct str device;    /* device id it is for */
    struct str action;    /* action id, unique for ever */
    struct str name;      /* row of the action table, or "clock" */
    struct str arguments; /* JSON object text */
    int64_t issued_ns;    /* server's wall clock */
    int64_t expires_ns;
    uint64_t generation; /* of the desired state it sets; 0 = a plain action */
    unsigned char nonce[COMMAND_NONCE_BYTES];
};

/** Append the canonical bytes. @return 0, E_LIMIT or E_NOMEM */
int command_canonical(const struct command *c, struct buf *out) MUST_CHECK;

/**
 * Append the signed envelope.
 * @return 0, E_LIMIT, E_NOMEM, E_CRYPTO
 */
int command_seal(const struct command *c, const struct sign_key *key, struct buf *out,
                 struct err *err) MUST_CHECK;

/** A key the device accepts commands from. */
struct command_key {
    struct str id;
    const struct sign_key *key; /* public part */
};

/**
 * Verify an envelope and take it apart. Nothing of it may be used on failure.
 *
 * @param envelope borrowed; the command's slices point into it
 * @param keys     accepted keys
 * @return 0, E_PARSE (not an envelope), E_LIMIT, E_CRYPTO (unknown key or bad signature), E_NOMEM
 */
int command_open(struct str envelope, const struct command_key *keys, size_t keys_len,
                 struct command *ret_command, struct err *err) MUST_CHECK;

/**
 * Judge a verified command: is it for this device, and alive?
 *
 * @param server_now_ns the server's time as the device knows it (offset plus monotonic clock);
 * INT64_MIN when the device never heard it: then expiry cannot be judged and the command is refused
 * @return 0, E_DENIED (another device), E_TIMEOUT (expired or issued in the far future), E_STATE
 * (no time)
 */
int command_judge(const struct command *c, struct str device, int64_t server_now_ns,
                  struct err *err) MUST_CHECK;

#endif
