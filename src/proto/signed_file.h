/* A file with its signature in front: rulesets and plans on their way to devices.
 * Layout: "CORDON-SIG-1\n" padded with NUL to 16 bytes, then length-prefixed (u32 big-endian)
 * purpose, key id and signature, then u64 payload length, NUL padding to a multiple of 16, payload.
 * The signature covers purpose, a NUL byte and the payload's SHA-256, so a plan can never pass as a
 * ruleset. */
#ifndef CORDON_PROTO_SIGNED_FILE_H
#define CORDON_PROTO_SIGNED_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "proto/command.h"

#define SIGNED_PURPOSE_RULESET "ruleset"
#define SIGNED_PURPOSE_PLAN    "plan"
#define SIGNED_PURPOSE_PREVENT "prevent-lists" /* the update channel, with a key of its own */

/** Append header and payload. @return 0, E_NOMEM, E_LIMIT, E_CRYPTO */
int signed_file_seal(struct str purpose, struct str payload, const struct sign_key *key,
                     struct buf *out, struct err *err) MUST_CHECK;

/**
 * Verify, and find the payload.
 *
 * @param file        borrowed; 16-byte aligned input yields a 16-byte aligned payload
 * @param purpose     what the caller expects
 * @param ret_payload slice of `file`
 * @return 0, E_PARSE, E_LIMIT, E_CRYPTO (unknown key, wrong purpose or bad signature)
 */
int signed_file_open(struct str file, struct str purpose, const struct command_key *keys,
                     size_t keys_len, struct str *ret_payload, struct err *err) MUST_CHECK;

#endif
