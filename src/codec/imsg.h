/* Messages between the agent's processes: a fixed 16-byte header and a body of at most
 * IMSG_BODY_MAX bytes, in host order (both ends are one machine). Pure bytes; who owns the socket
 * passes descriptors beside it. The reader trusts nothing: magic, type, length and flags are
 * checked before the body is looked at. */
#ifndef CORDON_CODEC_IMSG_H
#define CORDON_CODEC_IMSG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { IMSG_HEADER_BYTES = 16, IMSG_BODY_MAX = 8 * 1024 * 1024 };

#define IMSG_MAGIC UINT32_C(0x314d4943) /* "CIM1" */

enum { IMSG_HAS_FD = 1 }; /* one descriptor travels with the message */

struct imsg {
    uint16_t type;
    uint16_t flags;
    uint32_t id; /* request number, echoed by an answer; 0 = none */
    struct str body;
};

/** Append one message. Sticky failure in `out` when the body is too long. */
void imsg_add(struct buf *out, uint16_t type, uint16_t flags, uint32_t id, struct str body);

/**
 * Take the next message off the front of `bytes`.
 *
 * @param bytes     what was received so far
 * @param ret_used  bytes the message took; drop them after the message was handled
 * @return 0, E_AGAIN (incomplete), E_PARSE (bad magic or flags), E_LIMIT (longer than
 * IMSG_BODY_MAX). Except for E_AGAIN a failure is final: the peer is broken, close.
 */
int imsg_next(struct str bytes, struct imsg *ret_msg, size_t *ret_used) MUST_CHECK;

#endif
