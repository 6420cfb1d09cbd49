/* Decoder of the chunked transfer coding: a state machine that may be fed any cut of the bytes.
 * Extensions and trailers are checked, counted and dropped. Used by net/; allocates nothing.
 * Source: RFC 9112 section 7.1. */
#ifndef CORDON_CODEC_HTTP1_CHUNKED_H
#define CORDON_CODEC_HTTP1_CHUNKED_H

#include <stdint.h>

#include "base/str.h"

/** Most bytes of extensions and trailers in one whole body. */
#define HTTP1_CHUNKED_EXTRA_BYTES 4096

/** `{0}` at the start of a body. */
struct http1_chunked {
    int state;
    unsigned digits;      /* of the size being read */
    uint64_t left;        /* bytes of the chunk still to come */
    uint32_t extra_bytes; /* extensions and trailers so far */
};

/**
 * Take the next piece of content off the front of `*in`.
 *
 * @param in       moved past what was used; all of it on E_AGAIN
 * @param ret_data on 0: bytes of content, borrowed from `in`; empty when the body has ended (then
 *                 `*in` begins with what follows the body)
 * @return 0, E_AGAIN (more bytes needed), E_PARSE (signed, empty or over-long size, bare CR or LF,
 *         bytes after a chunk), E_LIMIT (too many extension or trailer bytes); both are final
 */
int http1_chunked_next(struct http1_chunked *c, struct str *in, struct str *ret_data) MUST_CHECK;

#endif
