/* The CA that a server shows before anybody trusts it: read once at the first login, so that a
 * person can compare its fingerprint with what the server's administrator says. Nothing is sent to
 * the server and nothing that it says is believed. */
#ifndef CORDON_CLI_PIN_H
#define CORDON_CLI_PIN_H

#include "base/err.h"

enum { PIN_NAME_BYTES = 128 };

struct pin {
    char sha256[65];           /* of the last certificate of the chain, lower-case hex */
    char name[PIN_NAME_BYTES]; /* its common name, "" when it has none */
    unsigned chain_len;        /* certificates shown; 1 = the server's own certificate alone */
    int64_t not_after_ns;
};

/**
 * Connect and look at the certificates. Blocks.
 *
 * @param server     as config_server made it
 * @param timeout_ms for connecting and for the handshake, each
 * @return 0; E_CONNECT, E_TIMEOUT, E_CRYPTO (no TLS 1.3), E_NOMEM
 */
int pin_fetch(const char *server, int64_t timeout_ms, struct pin *ret_pin,
              struct err *err) MUST_CHECK;

#endif
