/* Request targets: the decoded path and the query parameters. A path that two programs could
 * resolve differently (dot segments, encoded slashes, empty segments) is refused. Used by net/.
 * Source: RFC 3986; form encoding of the query after the URL standard. */
#ifndef CORDON_CODEC_HTTP_TARGET_H
#define CORDON_CODEC_HTTP_TARGET_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/** Cut "/path?query" at the first '?'; the query is empty without one. Not decoded. */
void http_target_split(struct str target, struct str *ret_path, struct str *ret_query);

/**
 * Append the percent-decoded path.
 * @return 0, E_NOMEM, E_LIMIT, or E_PARSE: not starting with '/', a bad escape, a "." or ".."
 *         segment or an empty one before the last, a decoded slash, backslash or control byte,
 *         not UTF-8. `out` is as before on failure.
 */
int http_target_path(struct str path, struct buf *out) MUST_CHECK;

/**
 * Decode the next "name=value" of a query; '+' is a space. Empty pieces ("&&") are skipped.
 *
 * @param rest  in: what is left of the query; moved on
 * @param name  cleared and filled; `value` likewise (empty without '=')
 * @return 0, E_NOT_FOUND (no more), E_PARSE (bad escape, control byte other than tab and line ends,
 *         not UTF-8), E_NOMEM, E_LIMIT
 */
int http_target_param(struct str *rest, struct buf *name, struct buf *value) MUST_CHECK;

#endif
