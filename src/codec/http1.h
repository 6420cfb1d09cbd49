/* HTTP/1.1 message heads: a strict parser as a pure function on bytes. What two parsers could read
 * in two ways is refused, never repaired. Used by net/; does no I/O and allocates nothing.
 * Source: RFC 9110 (semantics), RFC 9112 (syntax; section numbers below are of 9112). */
#ifndef CORDON_CODEC_HTTP1_H
#define CORDON_CODEC_HTTP1_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/** Most header fields any caller can allow. */
#define HTTP1_HEADERS_MAX 128
/** Longest method name. */
#define HTTP1_METHOD_BYTES 24

struct http1_limits {
    size_t head_bytes; /* start line, header lines and the empty line, line ends included */
    size_t line_bytes; /* one line without its end: the target and the longest header value */
    unsigned headers;  /* at most HTTP1_HEADERS_MAX */
};

/** How far a growing head was already looked at; `{0}` at the start of each message. */
struct http1_scan {
    size_t pos;
    size_t line_start;
    unsigned lines;
};

/** Why a head was refused. */
struct http1_fault {
    int status;         /* what a server answers: 400, 414, 417, 431, 501 or 505 */
    const char *reason; /* static sentence, without foreign bytes */
};

enum http1_body {
    HTTP1_BODY_NONE,
    HTTP1_BODY_LENGTH,     /* content_length bytes, which may be 0 */
    HTTP1_BODY_CHUNKED,    /* decode with http1_chunked */
    HTTP1_BODY_UNTIL_CLOSE /* responses only */
};

struct http1_header {
    struct str name; /* as sent; compare without case */
    struct str value;
};

/** A parsed head. Every slice borrows from the bytes given to the parser. */
struct http1_head {
    struct str method;      /* request: a token, case-sensitive */
    struct str target;      /* request: starts with '/', or "*" of OPTIONS; not decoded */
    struct str host;        /* request: empty only in HTTP/1.0 */
    int status;             /* response: 100 .. 599 */
    unsigned minor_version; /* 0 or 1 of HTTP/1.x */
    enum http1_body body;
    uint64_t content_length; /* of HTTP1_BODY_LENGTH */
    bool keep_alive;         /* false for every HTTP/1.0 message, whatever it asks for */
    bool upgrade;            /* the Connection field lists "upgrade" */
    bool expect_continue;    /* request: the peer waits for "100 Continue" */
    size_t head_bytes;       /* bytes of the head; the body starts behind them */
    unsigned header_count;
    struct http1_header headers[HTTP1_HEADERS_MAX];
};

/**
 * Parse a request head from the front of what has arrived so far.
 *
 * Call again with the same `scan` and all bytes from the start of the message when more have come;
 * bytes already looked at are not read again before the head is complete.
 * Refused beyond malformed bytes: bare CR or LF, NUL and other control bytes, folded lines, white
 * space before a colon, an empty line in front, absolute-form and authority-form targets (this is
 * an origin server, not a proxy), a missing, repeated or malformed Host, Content-Length that is
 * repeated, signed or a list, Content-Length beside Transfer-Encoding, any coding but "chunked",
 * Transfer-Encoding in HTTP/1.0.
 *
 * @param limits    the caller's limits
 * @param ret_head  filled on 0
 * @param ret_fault filled on E_PARSE, E_LIMIT and E_UNSUPPORTED
 * @return 0, E_AGAIN (head not complete), E_PARSE, E_LIMIT, E_UNSUPPORTED
 * Cost: O(bytes) over all calls of one message.
 */
int http1_request(struct http1_scan *scan, struct str bytes, const struct http1_limits *limits,
                  struct http1_head *ret_head, struct http1_fault *ret_fault) MUST_CHECK;

/**
 * As http1_request for a response head. The body of an answer to HEAD is the caller's business.
 */
int http1_response(struct http1_scan *scan, struct str bytes, const struct http1_limits *limits,
                   struct http1_head *ret_head, struct http1_fault *ret_fault) MUST_CHECK;

/** Value of the first field of that name; {NULL, 0} when there is none. */
struct str http1_find(const struct http1_head *head, const char *name);

/**
 * Value of a field that must not be repeated (credentials, keys).
 * @return 0, E_NOT_FOUND, E_PARSE (there is more than one)
 */
int http1_find_single(const struct http1_head *head, const char *name,
                      struct str *ret_value) MUST_CHECK;

/** True when a comma-separated list holds the token, without case. */
bool http1_list_has(struct str list, const char *token);

/** True for the bytes of a token (RFC 9110 section 5.6.2). */
bool http1_is_token(struct str s);

#endif
