/* The plan as the root process keeps it: verified once, stored in its folder, handed to the
 * analyst. */
#ifndef CORDON_AGENT_PLAN_FILE_H
#define CORDON_AGENT_PLAN_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"
#include "proto/command.h"

enum { PLAN_BYTES_MAX = 256 * 1024 };

struct plan_file {
    char path[512];
    char version[HASH_HEX_BYTES]; /* SHA-256 of the JSON; "" = none */
    struct buf json;
};

/** Look for a stored plan in `folder`; none is fine. @return 0, E_IO, E_LIMIT, E_NOMEM */
int plan_file_open(struct plan_file *p, const char *folder, struct err *err) MUST_CHECK;
/** Verify a signed plan and make it the plan. On failure the old one stays. */
int plan_file_receive(struct plan_file *p, struct str file, const struct command_key *keys,
                      size_t keys_len, struct err *err) MUST_CHECK;
void plan_file_close(struct plan_file *p);

#endif
