/* Error answers as problem details (RFC 9457). Used by http_conn and http_req. */
#ifndef CORDON_NET_HTTP_PROBLEM_H
#define CORDON_NET_HTTP_PROBLEM_H

#include "base/buf.h"

#define HTTP_PROBLEM_TYPE "application/problem+json"

/**
 * Append {"type","title","status","detail","code"}.
 * @param code   one of the error list: title and code
 * @param detail NULL leaves it out
 */
void http_problem_write(struct buf *out, int status, int code, const char *detail);

#endif
