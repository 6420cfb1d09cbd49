/* The ruleset as the root process keeps it: what the uplink brought is copied, its signature
 * verified once, the payload stored in the root's folder and handed to the analyst as a read-only
 * descriptor. */
#ifndef CORDON_AGENT_RULESET_FILE_H
#define CORDON_AGENT_RULESET_FILE_H

#include "base/err.h"
#include "crypto/hash.h"
#include "proto/command.h"

struct ruleset_file {
    char path[512];
    char version[HASH_HEX_BYTES]; /* SHA-256 of the payload; "" = none */
    int fd;                       /* of the payload, -1 = none */
};

/** Look for a stored ruleset in `folder`; none is fine. @return 0, E_IO, E_LIMIT, E_NOMEM */
int ruleset_file_open(struct ruleset_file *r, const char *folder, struct err *err) MUST_CHECK;
/**
 * Verify a signed file and make its payload the ruleset.
 * @param fd   borrowed; read from its start, at most PARAM_RULESET_BYTES
 * @return 0, E_CRYPTO, E_PARSE, E_LIMIT, E_FULL, E_IO, E_NOMEM; on failure the old one stays
 */
int ruleset_file_receive(struct ruleset_file *r, int fd, const struct command_key *keys,
                         size_t keys_len, struct err *err) MUST_CHECK;
void ruleset_file_close(struct ruleset_file *r);

#endif
