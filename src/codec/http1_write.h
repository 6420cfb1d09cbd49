/* Writer of HTTP/1.1 message heads into a buffer. What could split a message (control bytes in a
 * name, value or target) is refused at the moment it is added. Used by net/. Source: RFC 9112. */
#ifndef CORDON_CODEC_HTTP1_WRITE_H
#define CORDON_CODEC_HTTP1_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/** "Not Found" of 404; "Status" for a number without a registered phrase. RFC 9110 section 15. */
const char *http1_write_reason(int status);

/** Append "HTTP/1.1 <status> <reason>". `status` is 100 .. 599. */
void http1_write_status(struct buf *out, int status);

/**
 * Append "<method> <target> HTTP/1.1".
 * @return 0 or E_ARG (a byte that cannot stand there; nothing is appended)
 */
int http1_write_request(struct buf *out, struct str method, struct str target) MUST_CHECK;

/**
 * Append "<name>: <value>".
 * @return 0 or E_ARG (name is no token, or the value holds a control byte; nothing is appended)
 */
int http1_write_header(struct buf *out, const char *name, struct str value) MUST_CHECK;

/** Append "Content-Length: <n>". */
void http1_write_length(struct buf *out, uint64_t content_length);

/** Append "Date: " and the time as an IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT"). */
void http1_write_date(struct buf *out, int64_t wall_ns);

/** Append the empty line. */
void http1_write_end(struct buf *out);

/** Append the size line of a chunk; the content and CRLF must follow. `len` > 0. */
void http1_write_chunk_size(struct buf *out, size_t len);
/** Append what ends a chunked body. */
void http1_write_last_chunk(struct buf *out);

#endif
