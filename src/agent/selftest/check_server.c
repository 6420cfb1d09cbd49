/* The way to the server, and its clock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/selftest/checks.h"
#include "base/timefmt.h"
#include "crypto/x509.h"
#include "device/identity.h"
#include "net/http_client.h"
#include "os/clock.h"

enum { PATH_BYTES = 1024, CONNECT_MS = 10000, OFFSET_MOST_S = 300, PAST_BYTES = 64 };

/* Date: Tue, 24 Nov 2026 08:56:43 GMT (RFC 9110, IMF-fixdate). @return INT64_MIN when it is none */
static int64_t time_of(struct str date)
{
    char text[PAST_BYTES];
    struct tm tm = {0};
    if (date.len == 0 || date.len >= sizeof text)
        return INT64_MIN;
    memcpy(text, date.ptr, date.len);
    text[date.len] = '\0';
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return end && *end == '\0' ? (int64_t)timegm(&tm) * NS_PER_S : INT64_MIN;
}

static const char *todo_for(int rc)
{
    switch (rc) {
    case E_CRYPTO:
        return "Compare ca_fingerprint with what the server prints at its start; somebody may be "
               "in "
               "between.";
    case E_NOT_FOUND:
        return "Enroll the device: cordon-agent enroll --token-file FILE.";
    case E_DENIED:
        return "Run it as root: sudo cordon-agent selftest.";
    case E_ARG:
    case E_PARSE:
        return "Correct server and ca_fingerprint in agent.conf.";
    default:
        return "Check the address, the network, a VPN or proxy, and that cordond runs.";
    }
}

/* Any answer will do: it came from a server that shows a certificate of the pinned authority. */
static int ask(struct selftest *t, const struct identity *identity,
               struct http_client_answer *answer, struct err *err)
{
    struct http_client *client CLEANUP(http_client_freep) = NULL;
    struct tls_client_options tls = {.ca_pem = buf_str(&identity->ca_pem),
                                     .cert_pem = buf_str(&identity->cert_pem),
                                     .key_pem = buf_str(&identity->key_pem),
                                     .any_time = true};
    struct http_client_options o = {
        .tls = &tls, .connect_timeout_ms = CONNECT_MS, .timeout_ms = CONNECT_MS};
    char url[PATH_BYTES];
    (void)snprintf(url, sizeof url, "%.*s/", STR_FMT(t->config->server));
    struct http_client_request request = {.url = url};
    int rc = http_client_new(&o, &client, err);
    return rc ? rc : http_client_call(client, &request, answer, err);
}

/* The authority that enrollment pinned is the one the configuration names. */
static int compare_pin(const struct selftest *t, const struct identity *identity, struct err *err)
{
    char have[HASH_HEX_BYTES];
    struct x509_cert *ca CLEANUP(x509_freep) = NULL;
    int rc = x509_from_pem(buf_str(&identity->ca_pem), &ca, err);
    if (rc == 0)
        rc = x509_fingerprint(ca, have);
    if (rc)
        return rc;
    if (t->config->ca_fingerprint.len && !str_eq_nocase(t->config->ca_fingerprint, str_of(have)))
        return err_set(err, E_CRYPTO, "the stored authority is %s, ca_fingerprint is %.*s", have,
                       STR_FMT(t->config->ca_fingerprint));
    return 0;
}

void check_server(struct selftest *t, struct selftest_result *r)
{
    char folder[PATH_BYTES];
    struct identity identity;
    struct http_client_answer answer CLEANUP(http_client_answer_done) = {0};
    struct err err = {0};
    (void)snprintf(folder, sizeof folder, "%.*s/uplink", STR_FMT(t->config->state_dir));
    int64_t start_ms = clock_mono_ms();
    int rc = identity_load(folder, &identity, &err);
    if (rc == 0)
        rc = compare_pin(t, &identity, &err);
    if (rc == 0)
        rc = ask(t, &identity, &answer, &err);
    if (rc) {
        selftest_failed_err(r, todo_for(rc), &err);
    } else {
        t->server_time_ns = time_of(http_client_find(&answer, "Date"));
        selftest_ok(r, "%.*s answers in %lld ms, its authority is the pinned one",
                    STR_FMT(t->config->server), (long long)(clock_mono_ms() - start_ms));
    }
    identity_done(&identity);
}

void check_clock(struct selftest *t, struct selftest_result *r)
{
    if (t->server_time_ns == INT64_MIN) {
        selftest_failed(r, "See the check of the server.", "the server told no time");
        return;
    }
    long long offset_s = (long long)((clock_wall_ns() - t->server_time_ns) / NS_PER_S);
    if (llabs(offset_s) > OFFSET_MOST_S)
        selftest_failed(r,
                        "Set the clock. Orders are judged by the server's time all the same, but "
                        "the times of events are this clock's.",
                        "the clock is %lld s %s the server's", llabs(offset_s),
                        offset_s > 0 ? "ahead of" : "behind");
    else
        selftest_ok(r, "%lld s off", offset_s);
}
