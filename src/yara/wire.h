/* Messages between a YARA worker and its user: frames of codec/imsg over a stream socket, a file's
 * descriptor beside its request. Blocking; the user's side with a deadline. */
#ifndef CORDON_YARA_WIRE_H
#define CORDON_YARA_WIRE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/imsg.h"

enum yara_msg {
    YARA_MSG_NAME = 1, /* to the worker: the name of a file of rules begins it */
    YARA_MSG_TEXT,     /* a piece of its text */
    YARA_MSG_COMPILE,  /* that was all. Answer: READY or REFUSED */
    YARA_MSG_SCAN,     /* u64 most bytes to read, u32 seconds; descriptor. Answer: RESULT */
    YARA_MSG_READY,    /* u32 rules, then warnings, a line each */
    YARA_MSG_REFUSED,  /* u32 -code, u32 line, then file name, NUL, message */
    YARA_MSG_RESULT    /* u32 -code, u64 bytes read, u8 the file went on, u32 length +
                        names a line each, then JSON values */
};

struct wire {
    int fd;        /* stream socket, borrowed */
    struct buf in; /* received and not yet taken */
    size_t used;   /* of `in`, by the last message */
    int file;      /* descriptor that came with it, -1 = none */
};

/** For CLEANUP(wire_done). Does not close `fd`. */
void wire_done(struct wire *w);
/**
 * Send one message, whole.
 * @param file      -1 or a descriptor that goes along, borrowed
 * @param timeout_ms -1 = wait for ever
 * @return 0, E_CLOSED, E_TIMEOUT, E_LIMIT, E_NOMEM
 */
int wire_send(struct wire *w, enum yara_msg type, struct str body, int file,
              int64_t timeout_ms) MUST_CHECK;
/**
 * Receive one message; its body is valid until the next call. A descriptor is in `file`, closed by
 * the next call unless it was taken.
 * @return 0, E_CLOSED, E_TIMEOUT, E_PARSE, E_LIMIT, E_NOMEM
 */
int wire_receive(struct wire *w, struct imsg *ret_msg, int64_t timeout_ms) MUST_CHECK;

#endif
