/* Whom this device obeys: its own id and the public keys of commands and rulesets, learnt at
 * enrollment and kept in the root process's folder. Written once; a new enrollment replaces it. */
#ifndef CORDON_DEVICE_TRUST_H
#define CORDON_DEVICE_TRUST_H

#include "base/arena.h"
#include "base/err.h"
#include "proto/command.h"
#include "proto/enroll.h"

struct trust {
    struct arena arena; /* owns the texts */
    struct str device;
    struct command_key command_keys[PROTO_KEYS_MAX];
    size_t command_keys_len;
    struct command_key ruleset_keys[PROTO_KEYS_MAX];
    size_t ruleset_keys_len;
};

/** Store what an enrollment answered. Errors of file_write_atomic. */
int trust_save(const char *path, const struct enroll_reply *reply, struct err *err) MUST_CHECK;
/**
 * Load it; call trust_done afterwards, also on failure.
 * @return 0, E_NOT_FOUND (not enrolled), E_PARSE, E_UNSUPPORTED (a key is not P-256), E_IO, E_NOMEM
 */
int trust_load(const char *path, struct trust *ret_trust, struct err *err) MUST_CHECK;
void trust_done(struct trust *t);

#endif
