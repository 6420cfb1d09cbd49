/* WebSocket framing: an incremental decoder into whole messages, an encoder, and the key of the
 * handshake. The same code serves both ends: the role decides who must mask. Used by net/; no I/O.
 * Extensions are never negotiated, so every reserved bit is an error. Source: RFC 6455. */
#ifndef CORDON_CODEC_WS_H
#define CORDON_CODEC_WS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/** Largest payload of a control frame; a close reason is two bytes shorter. */
#define WS_CONTROL_BYTES 125
/** Largest frame header. */
#define WS_HEADER_BYTES 14
/** Length of a Sec-WebSocket-Accept value. */
#define WS_ACCEPT_BYTES 28

enum ws_role { WS_SERVER, WS_CLIENT };

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

/* Close codes. RFC 6455 section 7.4.1. */
enum {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL = 1002,
    WS_CLOSE_UNSUPPORTED = 1003,
    WS_CLOSE_NO_CODE = 1005,  /* never sent: the peer's close frame was empty */
    WS_CLOSE_ABNORMAL = 1006, /* never sent: the connection broke */
    WS_CLOSE_BAD_TEXT = 1007,
    WS_CLOSE_POLICY = 1008,
    WS_CLOSE_TOO_BIG = 1009,
    WS_CLOSE_INTERNAL = 1011
};

/** One decoder per connection: `{.role = our role, .message_bytes_max = limit}`. */
struct ws_decoder {
    enum ws_role role; /* who we are; a server demands masked frames, a client unmasked ones */
    size_t message_bytes_max; /* of one message, all fragments together */

    /* Private to the decoder. */
    unsigned char header[WS_HEADER_BYTES];
    unsigned char header_len;
    bool in_payload;
    bool in_message; /* fragments of an unfinished message are in `message` */
    bool failed;     /* after an error or a close frame nothing more is read */
    unsigned char first_opcode;
    unsigned char mask_at;
    unsigned char control_len;
    unsigned char control[WS_CONTROL_BYTES];
    uint64_t payload_left;
    struct buf message;
};

/** A whole message or control frame. */
struct ws_event {
    enum ws_opcode opcode; /* WS_TEXT, WS_BINARY, WS_PING, WS_PONG or WS_CLOSE */
    struct str payload;    /* borrowed until the next call; of a close: the reason */
    uint16_t close_code;   /* of WS_CLOSE; WS_CLOSE_NO_CODE when the frame was empty */
};

/**
 * Decode up to the next whole message or control frame.
 *
 * @param in             moved past what was used; all of it on E_AGAIN
 * @param ret_event      filled on 0
 * @param ret_close_code on an error: the code to close the connection with
 * @return 0, E_AGAIN (more bytes needed), E_PARSE (rules of the protocol broken: masking, reserved
 *         bits or opcodes, fragmented or long control frame, length not in its shortest form, bad
 *         close code, text that is not UTF-8), E_LIMIT (message too big), E_NOMEM. Errors are
 * final. Memory: one message; freed when it was larger than WS_KEEP_BYTES.
 */
int ws_decode(struct ws_decoder *d, struct str *in, struct ws_event *ret_event,
              uint16_t *ret_close_code) MUST_CHECK;
/** Free the decoder's buffer. */
void ws_decoder_done(struct ws_decoder *d);

/** A decoder keeps a message buffer of at most this many bytes between messages. */
#define WS_KEEP_BYTES 1024

/**
 * Append one unfragmented frame.
 *
 * @param role    our role; a client's payload is masked with `mask`
 * @param mask    random 32 bits, fresh for each frame; ignored for a server
 * Errors stick in `out`.
 */
void ws_encode(struct buf *out, enum ws_role role, enum ws_opcode opcode, struct str payload,
               uint32_t mask);

/** Append a close frame; the reason is cut to what fits, at a character's end. */
void ws_encode_close(struct buf *out, enum ws_role role, uint16_t code, struct str reason,
                     uint32_t mask);

/** True for a Sec-WebSocket-Key: the base64 form of 16 bytes. */
bool ws_key_valid(struct str key);

/** Compute the Sec-WebSocket-Accept value, NUL-terminated, of a key. @return 0 or E_NOMEM */
int ws_accept_key(struct str key, char ret_accept[WS_ACCEPT_BYTES + 1]) MUST_CHECK;

#endif
