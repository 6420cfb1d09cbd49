/* Cordon's own certificate authority: makes itself, device certificates and server certificates.
 * Who may have one is decided above; this only writes what it is told. Source: RFC 5280. */
#ifndef CORDON_CRYPTO_X509_ISSUE_H
#define CORDON_CRYPTO_X509_ISSUE_H

#include "base/err.h"
#include "crypto/sign.h"
#include "crypto/x509.h"

enum {
    X509_CA_DAYS = 3653,       /* ten years */
    X509_ISSUE_DAYS_MAX = 825, /* longest life of what the authority issues */
    X509_SANS_MAX = 32,        /* most names of a server certificate */
    X509_SAN_BYTES_MAX = 253,  /* longest host name */
    X509_BACKDATE_S = 86400    /* valid from a day ago: clocks of devices differ */
};

/** The authority: its certificate and the key that belongs to it, both borrowed. */
struct x509_ca {
    const struct x509_cert *cert;
    const struct sign_key *key;
};

/**
 * Make a self-signed authority that may issue end certificates only (path length 0).
 * @param name    its common name, 1 .. 64 bytes
 * @param now_ns  wall time
 * @return 0, E_ARG, E_NOMEM
 */
int x509_ca_create(const struct sign_key *key, struct str name, int64_t now_ns,
                   struct x509_cert **ret_cert, struct err *err) MUST_CHECK;

/**
 * Issue a certificate for a device: common name = device id, client authentication, random serial.
 * It never outlives the authority.
 * @param days  life, 1 .. X509_ISSUE_DAYS_MAX
 * @return 0, E_ARG, E_STATE (the authority itself is not valid now), E_NOMEM
 */
int x509_issue_device(const struct x509_ca *ca, const struct sign_key *device_key,
                      struct str device_id, int64_t now_ns, int days, struct x509_cert **ret_cert,
                      struct err *err) MUST_CHECK;

/**
 * Issue a certificate for a server: server authentication; subject alternative names from `names`,
 * each a host name ("*." allowed in front) or an IP address.
 * @return as x509_issue_device; E_ARG names the bad one
 */
int x509_issue_server(const struct x509_ca *ca, const struct sign_key *server_key,
                      const struct str *names, size_t name_count, int64_t now_ns, int days,
                      struct x509_cert **ret_cert, struct err *err) MUST_CHECK;

#endif
