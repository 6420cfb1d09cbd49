/* Making this machine a device: key pair, request, certificate, trust. Run once, as root, before
 * the agent starts. */
#ifndef CORDON_AGENT_ENROLL_H
#define CORDON_AGENT_ENROLL_H

#include "agent/config.h"

/**
 * Enroll with the server of the configuration and store what it answered.
 * @param token_path file with the enrollment token, "-" = standard input
 * @return 0, E_STATE (enrolled already), E_AUTH (token), E_CRYPTO (the server's CA is another),
 * E_CONNECT, E_IO ...
 */
int enroll_run(const struct agent_config *config, const char *token_path,
               struct err *err) MUST_CHECK;

struct sign_key;

/**
 * Append the body of an enrollment (with a token) or of a renewal (without) for this machine and
 * key.
 * @return 0, E_IO (no machine identity), E_NOMEM
 */
int enroll_body(const struct sign_key *key, struct str token, struct buf *out,
                struct err *err) MUST_CHECK;

#endif
