/* A small certificate world for tests: an authority, a server for 127.0.0.1 and localhost, devices.
 */
#ifndef CORDON_TESTS_HARNESS_PKI_H
#define CORDON_TESTS_HARNESS_PKI_H

#include <stdint.h>

#include "base/buf.h"
#include "crypto/x509_issue.h"

struct pki {
    struct sign_key *ca_key;
    struct x509_cert *ca_cert;
    struct buf ca_pem;
    unsigned char ca_fingerprint[32];
    struct buf server_cert_pem; /* server certificate, then the authority */
    struct buf server_key_pem;
};

/** A certificate with its key, as PEM texts. */
struct pki_identity {
    struct buf cert_pem;
    struct buf key_pem;
    char fingerprint_hex[65];
};

/** Fails the test when anything goes wrong, like all of these. */
void pki_init(struct pki *pki);
void pki_done(struct pki *pki);
/** Certificate of a device, issued `age_days` ago for `life_days`. */
void pki_issue_device(const struct pki *pki, const char *device_id, int age_days, int life_days,
                      struct pki_identity *ret_identity);
/** Another certificate for the server, issued `age_days` ago for 90 days; PEM with the authority
 * behind it. */
void pki_issue_server(const struct pki *pki, int age_days, struct pki_identity *ret_identity);
void pki_identity_done(struct pki_identity *identity);

#endif
