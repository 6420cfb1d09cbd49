/* A device's calls. See calls.h. */
#include "device/calls.h"

#include <stdio.h>

#include "os/failpoint.h"
#include "proto/batch.h"
#include "schema/param.h"

enum { URL_BYTES = 1024, SAID_BYTES = 200 };

void calls_scratch_done(struct calls_scratch *s)
{
    buf_done(&s->payload);
    http_client_answer_done(&s->answer);
}

static int answer_code(const struct http_client_answer *answer, const char *what, struct err *err)
{
    int status = answer->status;
    if (status == 200)
        return 0;
    int code = status == 401   ? E_AUTH
               : status == 403 ? E_DENIED
               : status == 404 ? E_NOT_FOUND
               : status == 507 ? E_FULL
               : status == 503 ? E_AGAIN
               : status == 409 ? E_EXISTS
               : status == 413 ? E_LIMIT
               : status < 500  ? E_PARSE
                               : E_IO;
    struct str body = str_sub(buf_str(&answer->body), 0, SAID_BYTES);
    return err_set(err, code, "%s: the server answered %d: %.*s", what, status, STR_FMT(body));
}

static int post(struct http_client *client, const char *server, uint64_t epoch, uint64_t sequence,
                struct calls_scratch *s, struct err *err)
{
    char url[URL_BYTES];
    char epoch_text[24];
    char number[24];
    (void)snprintf(url, sizeof url, "%s/device/v1/batch", server);
    (void)snprintf(epoch_text, sizeof epoch_text, "%llu", (unsigned long long)epoch);
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)sequence);
    const struct http_client_header headers[] = {
        {BATCH_HEADER_EPOCH, str_of(epoch_text)},
        {BATCH_HEADER_SEQUENCE, str_of(number)},
        {"Content-Encoding", STR(BATCH_ENCODING)},
    };
    struct http_client_request request = {.method = "POST",
                                          .url = url,
                                          .headers = headers,
                                          .header_count = ARRAY_LEN(headers),
                                          .content_type = BATCH_CONTENT_TYPE,
                                          .body = buf_str(&s->payload)};
    if (FAILPOINT("uplink.post.before"))
        return err_set(err, E_CONNECT, "the call failed");
    int rc = http_client_call(client, &request, &s->answer, err);
    if (rc == 0 && FAILPOINT("uplink.post.after"))
        return err_set(err, E_CLOSED, "the answer was lost");
    return rc ? rc : answer_code(&s->answer, "batch", err);
}

static bool is_poison(int rc)
{
    return rc == E_PARSE || rc == E_LIMIT || rc == E_EXISTS;
}

int calls_batch(struct http_client *client, const char *server, struct spool *spool,
                struct calls_scratch *s, uint64_t *ret_sequence, bool *ret_dropped, struct err *err)
{
    uint64_t sequence;
    uint32_t events;
    *ret_sequence = 0;
    *ret_dropped = false;
    int rc = spool_peek(spool, &s->payload, &sequence, &events, err);
    if (rc)
        return rc;
    *ret_sequence = sequence;
    rc = post(client, server, spool_epoch(spool), sequence, s, err);
    if (rc && !is_poison(rc))
        return rc;
    *ret_dropped = rc != 0;
    struct err trouble = {0};
    rc = spool_ack(spool, sequence, &trouble);
    if (rc)
        *err = trouble;
    return rc;
}

int calls_file(struct http_client *client, const char *server, const char *name,
               const char *version, struct calls_scratch *s, struct err *err)
{
    char url[URL_BYTES];
    (void)snprintf(url, sizeof url, "%s/device/v1/%s/%s", server, name, version);
    struct http_client_request request = {
        .url = url, .answer_bytes_max = (uint64_t)param_default(PARAM_RULESET_BYTES) + 4096};
    int rc = http_client_call(client, &request, &s->answer, err);
    return rc ? rc : answer_code(&s->answer, name, err);
}

int calls_renew(struct http_client *client, const char *server, struct str body,
                struct calls_scratch *s, struct err *err)
{
    char url[URL_BYTES];
    (void)snprintf(url, sizeof url, "%s/device/v1/renew", server);
    struct http_client_request request = {
        .method = "POST", .url = url, .content_type = "application/json", .body = body};
    int rc = http_client_call(client, &request, &s->answer, err);
    return rc ? rc : answer_code(&s->answer, "renewal", err);
}
