/* Devices: enrollment, certificates, signs of life, facts. For units of work unless it says reads.
 */
#ifndef CORDON_FLEET_DEVICE_H
#define CORDON_FLEET_DEVICE_H

#include "fleet/actor.h"

/** What the CA answered. Slices live in the arena given to the issuer. */
struct device_certificate {
    struct str serial;      /* lower-case hex */
    struct str fingerprint; /* SHA-256 of the certificate, lower-case hex */
    struct str pem;         /* what the device gets: its certificate and the chain */
    int64_t expires_ns;
};

/** Issues a certificate for a CSR with the device id as its name; checks the CSR's own signature.
 */
struct device_issuer {
    int (*issue)(void *arg, struct str csr, struct str device_id, int64_t now_ns,
                 struct arena *arena, struct device_certificate *ret_certificate, struct err *err);
    void *arg;
};

/** What a machine says of itself at enrollment. Lengths are checked here. */
struct device_request {
    struct str token_hash;
    struct str csr;
    struct str hardware_uuid;
    struct str hostname;
    struct str platform;
    struct str os_version;
    struct str agent_version;
    struct str address;
};

/**
 * Make a machine a device: use the token, issue the certificate, write the record. A machine whose
 * hardware uuid is enrolled already becomes a new device and the old record is retired, with an
 * audit entry: a reinstalled Mac keeps no claim to its old keys.
 *
 * @param arena      owns what is returned
 * @param ret_device the new record
 * @return 0, E_AUTH (token), E_ARG, E_LIMIT, E_CRYPTO (CSR)
 */
int device_enroll(struct store_tx *tx, const struct device_request *request,
                  const struct device_issuer *issuer, int64_t now_ns, struct arena *arena,
                  struct store_device *ret_device, struct device_certificate *ret_certificate,
                  struct err *err) MUST_CHECK;

/** Issue a further certificate; the old one is good until the new one was used once. */
int device_renew(struct store_tx *tx, struct str id, struct str csr,
                 const struct device_issuer *issuer, int64_t now_ns, struct arena *arena,
                 struct device_certificate *ret_certificate, struct err *err) MUST_CHECK;

/**
 * Which device has this key? Reads; for every request and connection.
 * @param ret_is_next it used a renewed certificate for the first time: call device_promote
 * @return 0, E_AUTH (unknown key), E_DENIED (revoked or retired)
 */
int device_authenticate(struct store_tx *tx, struct str fingerprint, struct arena *arena,
                        struct store_device *ret_device, bool *ret_is_next,
                        struct err *err) MUST_CHECK;
/** The renewed certificate becomes the only one. Doing it twice is fine. */
int device_promote(struct store_tx *tx, struct str id, struct str fingerprint, int64_t now_ns,
                   struct err *err) MUST_CHECK;

/** Take the certificate away for good; open actions are cancelled. The caller closes connections.
 */
int device_revoke(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                  struct str reason, struct err *err) MUST_CHECK;
/** The machine left the fleet in peace: as revoke, other state. */
int device_retire(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                  struct str reason, struct err *err) MUST_CHECK;

/** What a device reports about itself; empty slices leave what is there. */
struct device_report {
    struct str hostname;
    struct str os_version;
    struct str agent_version;
    struct str facts_json;  /* a JSON object, at most PARAM_FACTS_BYTES */
    struct str health_json; /* a JSON object, at most PARAM_FACTS_BYTES */
};
/**
 * What a health report says about its device: poor when the sensor does not run, sees less than it
 * should or names what is wrong, or when containment has a problem; unknown when it says nothing
 * about a sensor.
 * @param health_json a JSON object
 */
enum condition device_condition(struct str health_json);
/** @return 0, E_NOT_FOUND, E_PARSE (not a JSON object), E_LIMIT */
int device_facts(struct store_tx *tx, struct str id, const struct device_report *report,
                 int64_t now_ns, struct err *err) MUST_CHECK;

#endif
