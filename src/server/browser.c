/* Sessions of browsers. See browser.h. */
#include "server/browser.h"

#include "codec/cookie.h"
#include "crypto/token.h"

int browser_token(const struct http1_head *head, struct str *ret_token, struct err *err)
{
    struct str field;
    struct str token;
    struct str kind;
    int rc = http1_find_single(head, "cookie", &field);
    if (rc == 0)
        rc = cookie_find(field, STR(BROWSER_COOKIE), &token);
    if (rc == E_NOT_FOUND)
        return rc;
    if (rc)
        return err_set(err, E_AUTH,
                       "the cookie " BROWSER_COOKIE
                       " is given twice or has bytes that do not belong there");
    if (token_parse(token, &kind) != 0 || !str_is(kind, BROWSER_TOKEN_KIND))
        return err_set(err, E_AUTH, "the cookie " BROWSER_COOKIE " is not a session");
    *ret_token = token;
    return 0;
}

int browser_csrf(struct str token, char ret_csrf[HASH_HEX_BYTES])
{
    unsigned char mac[HASH_BYTES];
    int rc = hash_hmac(token, STR("cordon csrf 1"), mac);
    if (rc == 0)
        hash_hex(mac, ret_csrf);
    return rc;
}

/* "https://" and the Host of the request. Both are compared as text: browsers write them alike. */
static bool is_own(const struct http1_head *head, struct str origin)
{
    const struct str scheme = STR("https://");
    return head->host.len > 0 && str_starts_nocase(origin, scheme) &&
           str_eq_nocase(str_sub(origin, scheme.len, SIZE_MAX), head->host);
}

int browser_check_origin(const struct http1_head *head, struct err *err)
{
    struct str value;
    int rc = http1_find_single(head, "origin", &value);
    if (rc != E_NOT_FOUND && (rc != 0 || !is_own(head, value)))
        return err_set(err, E_DENIED, "Origin: the request comes from a page of another site");
    rc = http1_find_single(head, "sec-fetch-site", &value);
    if (rc != E_NOT_FOUND && (rc != 0 || (!str_is(value, "same-origin") && !str_is(value, "none"))))
        return err_set(err, E_DENIED,
                       "Sec-Fetch-Site: the request comes from a page of another site");
    return 0;
}

int browser_check_change(const struct http1_head *head, struct str csrf, struct err *err)
{
    struct str given;
    int rc = browser_check_origin(head, err);
    if (rc)
        return rc;
    if (http1_find_single(head, "x-csrf-token", &given) != 0)
        return err_set(err, E_DENIED, "X-CSRF-Token: a change by the cookie needs it");
    if (!hash_equal(given, csrf))
        return err_set(err, E_DENIED, "X-CSRF-Token: it is not this session's");
    return 0;
}

void browser_add_cookie(struct buf *out, struct str token, int64_t age_s)
{
    buf_addf(out, BROWSER_COOKIE "=%.*s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%lld",
             STR_FMT(token), token.len ? (long long)age_s : 0);
}
