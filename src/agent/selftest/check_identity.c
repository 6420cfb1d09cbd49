/* What the device learnt at its enrollment. */
#include <stdio.h>

#include "agent/selftest/checks.h"
#include "base/timefmt.h"
#include "crypto/x509.h"
#include "device/identity.h"
#include "device/trust.h"
#include "os/clock.h"

enum { PATH_BYTES = 1024, DAYS_LEAST = 7 };

#define ENROLL "Enroll the device: cordon-agent enroll --token-file FILE."
#define ENROLL_ANEW                                                                                \
    "Enroll it anew: move the folder away, then cordon-agent enroll --token-file FILE."
#define NS_PER_DAY (86400 * NS_PER_S)

void check_enrolled(struct selftest *t, struct selftest_result *r)
{
    char path[PATH_BYTES];
    struct trust trust = {0};
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%.*s/monitor/trust.json", STR_FMT(t->config->state_dir));
    int rc = trust_load(path, &trust, &err);
    if (t->config->server.len == 0)
        selftest_failed(r, "Write server and ca_fingerprint into agent.conf.",
                        "the configuration names no server");
    else if (rc)
        selftest_failed_err(r, rc == E_NOT_FOUND ? ENROLL : ENROLL_ANEW, &err);
    else
        selftest_ok(r, "device %.*s of %.*s, %zu command keys", STR_FMT(trust.device),
                    STR_FMT(t->config->server), trust.command_keys_len);
    trust_done(&trust);
}

static void judge(const struct x509_cert *cert, const struct x509_cert *ca,
                  struct selftest_result *r)
{
    struct buf name CLEANUP(buf_done) = {0};
    struct buf until CLEANUP(buf_done) = {0};
    struct err err = {0};
    const struct x509_cert *cas[] = {ca};
    int64_t now_ns = clock_wall_ns();
    int64_t end_ns = x509_not_after_ns(cert);
    long long days = (long long)((end_ns - now_ns) / NS_PER_DAY);
    timefmt_add(&until, end_ns, 0);
    /* Its signature is judged at a time at which it was valid; the time itself comes after. */
    int rc = x509_verify(cert, cas, 1, X509_FOR_CLIENT, x509_not_before_ns(cert), &err);
    if (rc == 0)
        rc = x509_common_name(cert, &name, &err);
    if (rc)
        selftest_failed_err(r, ENROLL_ANEW, &err);
    else if (now_ns >= end_ns)
        selftest_failed(r, "Set the clock if it is wrong; else " ENROLL_ANEW,
                        "the certificate expired at %s", buf_cstr(&until));
    else if (now_ns < x509_not_before_ns(cert))
        selftest_failed(r, "Set the clock.", "the certificate is not valid yet");
    else if (days < DAYS_LEAST)
        selftest_failed(r,
                        "It renews itself in the last third of its life: find out why the agent "
                        "does not reach the server.",
                        "the certificate ends in %lld days, at %s", days, buf_cstr(&until));
    else
        selftest_ok(r, "valid until %s, %lld days", buf_cstr(&until), days);
}

void check_certificate(struct selftest *t, struct selftest_result *r)
{
    char folder[PATH_BYTES];
    struct identity identity;
    struct err err = {0};
    struct x509_cert *cert CLEANUP(x509_freep) = NULL;
    struct x509_cert *ca CLEANUP(x509_freep) = NULL;
    (void)snprintf(folder, sizeof folder, "%.*s/uplink", STR_FMT(t->config->state_dir));
    int rc = identity_load(folder, &identity, &err);
    if (rc == 0)
        rc = x509_from_pem(buf_str(&identity.cert_pem), &cert, &err);
    if (rc == 0)
        rc = x509_from_pem(buf_str(&identity.ca_pem), &ca, &err);
    if (rc)
        selftest_failed_err(r, rc == E_NOT_FOUND ? ENROLL : ENROLL_ANEW, &err);
    else
        judge(cert, ca, r);
    identity_done(&identity);
}
