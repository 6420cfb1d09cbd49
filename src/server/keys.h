/* The server's keys: the authority for device and server certificates, the key commands are signed
 * with, the key rulesets are signed with. Each is sealed on its own in a folder outside the data
 * folder, so that a stolen database, backup or proxy cannot command a device. Opened once at start.
 */
#ifndef CORDON_SERVER_KEYS_H
#define CORDON_SERVER_KEYS_H

#include <stdbool.h>

#include "base/arena.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "crypto/x509.h"
#include "crypto/x509_issue.h"
#include "server/config.h"

struct keys {
    struct x509_cert *ca_cert;
    struct sign_key *ca_key;
    struct sign_key *command_key;
    struct sign_key *ruleset_key;
    struct sign_key *server_key;
    struct x509_cert *server_cert;
    char ca_fingerprint[HASH_HEX_BYTES]; /* SHA-256 of the authority's certificate */
    bool created;                        /* this start made them */
    bool development;                    /* sealed with a throw-away key: say so */
};

/**
 * Unseal the keys, or make them on the first start; issue a server certificate when there is none,
 * its names changed, or it has less than a third of its life left.
 * @return 0, E_CRYPTO (wrong key-encryption key or a changed file), E_STATE (some files are
 * missing), E_ARG (bad kek or names), E_DENIED, E_IO, E_NOMEM. Call keys_close afterwards, also on
 * failure.
 */
int keys_open(const struct server_config *config, int64_t now_ns, struct keys *ret_keys,
              struct err *err) MUST_CHECK;
void keys_close(struct keys *k);
/**
 * The same for the server certificate alone, while the server runs: read it again, issue another
 * when it is missing or grows old.
 * @param ret_changed the certificate is another one now: give it to the listeners
 * @return as keys_open; on failure everything stays
 */
int keys_renew(const struct server_config *config, int64_t now_ns, struct keys *k,
               bool *ret_changed, struct err *err) MUST_CHECK;

#endif
