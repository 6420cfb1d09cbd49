/* Sessions of browsers: the cookie, and what a request that carries it must show before it may
 * change anything. The cookie is sent by the browser whoever made the page, so a change needs the
 * CSRF text, which only a page of this server can know, and must not come from elsewhere by what
 * the browser says (Origin, Sec-Fetch-Site). Pure functions on request heads; no state.
 * Sources: RFC 6265bis (name prefix __Host-, SameSite), W3C Fetch Metadata. */
#ifndef CORDON_SERVER_BROWSER_H
#define CORDON_SERVER_BROWSER_H

#include "base/buf.h"
#include "base/err.h"
#include "codec/http1.h"
#include "crypto/hash.h"

#define BROWSER_COOKIE "__Host-cordon"

/** Kind of a browser session's token, and of a bearer token (crypto/token.h). */
#define BROWSER_TOKEN_KIND "session"
#define BEARER_TOKEN_KIND  "api"

/**
 * The session token of a request.
 * @param ret_token slice of the head
 * @return 0, E_NOT_FOUND (no such cookie), E_AUTH (twice, or not a session token by its form)
 */
int browser_token(const struct http1_head *head, struct str *ret_token, struct err *err) MUST_CHECK;

/** The CSRF text of a session: a keyed hash under its token, so nothing is stored for it. */
int browser_csrf(struct str token, char ret_csrf[HASH_HEX_BYTES]) MUST_CHECK;

/** May a page of another site be behind it? @return 0 or E_DENIED, naming the field */
int browser_check_origin(const struct http1_head *head, struct err *err) MUST_CHECK;

/** browser_check_origin, and X-CSRF-Token is the session's. @return 0 or E_DENIED */
int browser_check_change(const struct http1_head *head, struct str csrf,
                         struct err *err) MUST_CHECK;

/** Append the value of a Set-Cookie field; an empty token clears the cookie. */
void browser_add_cookie(struct buf *out, struct str token, int64_t age_s);

#endif
