/* The body of a request: cut to its length or out of its chunks, collected or handed on. See
 * http_priv.h. A body that is too long, too slow or malformed ends the connection after the answer.
 */
#include "net/http_answer.h"
#include "net/http_priv.h"
#include "os/clock.h"

bool http_body_wanted(const struct http_req *req)
{
    return req->body_state == HTTP_BODY_COLLECTING || req->body_state == HTTP_BODY_STREAMING;
}

/* What the bytes received so far may have taken at the least speed. */
static int64_t earned_ms(const struct http_req *req)
{
    return (int64_t)(req->body_received / HTTP_BODY_BYTES_PER_S * 1000);
}

int64_t http_body_deadline_ms(const struct http_req *req)
{
    int64_t grace_ms = req->hc->server->options.body_timeout_ms;
    int64_t left_ms = req->body_started_ms + grace_ms + earned_ms(req) - clock_mono_ms();
    return left_ms > 0 ? left_ms : 1;
}

void http_body_restart_clock(struct http_req *req)
{
    req->body_started_ms = clock_mono_ms() - earned_ms(req);
}

/* The next piece of content; empty at the end. @return 0, E_AGAIN, E_PARSE, E_LIMIT */
static int next_piece(struct http_req *req, struct str *in, struct str *ret_piece)
{
    if (req->head.body == HTTP1_BODY_CHUNKED)
        return http1_chunked_next(&req->chunked, in, ret_piece);
    uint64_t left = req->head.content_length - req->body_received;
    if (left && in->len == 0)
        return E_AGAIN;
    *ret_piece = str_sub(*in, 0, left < in->len ? (size_t)left : in->len);
    *in = str_sub(*in, ret_piece->len, SIZE_MAX);
    return 0;
}

/* The server answers for a handler that waits for the whole body. */
static void refuse(struct http_req *req, int rc)
{
    req->close = true;
    switch (rc) {
    case E_CLOSED:
        http_answer_abort(req);
        break;
    case E_LIMIT:
        http_answer_problem(req, 413, rc, "the body is longer than this call allows");
        break;
    case E_TIMEOUT:
        http_answer_problem(req, 408, rc, "the body did not arrive in time");
        break;
    case E_PARSE:
        http_answer_problem(req, 400, rc, "the chunks of the body are malformed");
        break;
    default:
        http_answer_problem(req, 0, rc, NULL);
        break;
    }
}

void http_body_end(struct http_req *req, int rc)
{
    enum http_body_state before = req->body_state;
    req->body_state = rc ? HTTP_BODY_UNREAD : HTTP_BODY_DONE;
    if (rc)
        req->close = true;
    if (before == HTTP_BODY_STREAMING)
        req->stream->on_end(req, rc, req->body_arg);
    else if (before == HTTP_BODY_COLLECTING && rc)
        refuse(req, rc);
    else if (before == HTTP_BODY_COLLECTING)
        req->on_body(req, req->body_arg);
}

bool http_body_feed(struct http_req *req, struct str *in)
{
    if (!http_body_wanted(req) || req->body_paused)
        return false;
    struct str piece;
    int rc = next_piece(req, in, &piece);
    if (rc == E_AGAIN && !req->hc->eof)
        return false;
    if (rc == E_AGAIN)
        rc = E_CLOSED;
    if (rc == 0 && piece.len > req->body_limit - req->body_received)
        rc = E_LIMIT;
    if (rc || piece.len == 0) {
        http_body_end(req, rc);
        return true;
    }
    req->body_received += piece.len;
    if (req->body_state == HTTP_BODY_STREAMING) {
        req->stream->on_data(req, piece, req->body_arg);
        return true;
    }
    buf_add_str(&req->body, piece);
    if (buf_check(&req->body))
        http_body_end(req, buf_check(&req->body));
    return true;
}
