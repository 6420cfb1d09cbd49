/* What a client accepts and what it already has: Accept-Encoding and If-None-Match. Pure functions
 * on header values; used by whoever serves files. Source: RFC 9110 sections 12.4.2, 12.5.3, 8.8.3
 * and 13.1.2. */
#ifndef CORDON_CODEC_HTTP_ACCEPT_H
#define CORDON_CODEC_HTTP_ACCEPT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/** Content codings, the one preferred among equally welcome ones last. */
enum http_coding { HTTP_IDENTITY, HTTP_GZIP, HTTP_BROTLI, HTTP_CODINGS };

/** Most elements of an Accept-Encoding value that is looked at. */
#define HTTP_ACCEPT_ELEMENTS 32

/** Name of a coding as it stands in a header: "gzip". */
const char *http_coding_name(enum http_coding coding);

/**
 * Choose the coding that the client likes best among those offered.
 *
 * A value that is malformed, or has more than HTTP_ACCEPT_ELEMENTS elements, counts as one that
 * accepts identity alone; so does an absent field (which would accept anything: who says nothing
 * gets what everybody can read).
 *
 * @param value   of Accept-Encoding; empty when absent
 * @param offered bits 1 << enum http_coding; identity must be among them
 * @return 0, E_UNSUPPORTED (the client refuses all that is offered)
 */
int http_accept_coding(struct str value, unsigned offered, enum http_coding *ret_coding) MUST_CHECK;

/**
 * True when an If-None-Match value names the entity tag, compared without weakness, or is "*".
 * Nothing behind a malformed element is looked at.
 * @param etag with its quotes, without "W/"
 */
bool http_etag_listed(struct str value, struct str etag);

#endif
