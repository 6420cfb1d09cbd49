/* The isolation that is wanted, kept in a file so that it outlives the agent and the boot. A small
 * text with a checksum as its last line: a torn or edited file is noticed, not half obeyed. The
 * folder belongs to root; the checksum is no defence against root. Used by isolation.c only. */
#ifndef CORDON_RESPOND_ISOLATE_STATE_H
#define CORDON_RESPOND_ISOLATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/hash.h"
#include "respond/isolate_policy.h"

enum { ISOLATE_STATE_BYTES = 16384 }; /* most bytes of a state file */

struct isolate_record {
    bool isolated;                       /* what is wanted */
    bool confirmed;                      /* the server was reached through this isolation */
    bool has_code;                       /* a local release code exists */
    int64_t since_ns;                    /* wall time of the order, for people */
    unsigned char code_hash[HASH_BYTES]; /* SHA-256 of the release code */
    struct isolate_policy policy;        /* its generation counts in both states */
};

/** Append the file's text. @return 0 or E_NOMEM */
int isolate_state_add(struct buf *out, const struct isolate_record *r) MUST_CHECK;
/**
 * Read the text isolate_state_add writes, and only that: any other form is refused.
 * @return 0, E_PARSE (err has the line), E_CRYPTO (checksum), E_VERSION, E_LIMIT, E_NOMEM
 */
int isolate_state_parse(struct str text, struct isolate_record *ret_record,
                        struct err *err) MUST_CHECK;

/** Write the file durably, mode 0600. @return as file_write_atomic */
int isolate_state_save(const char *path, const struct isolate_record *r,
                       struct err *err) MUST_CHECK;
/** @return as isolate_state_parse, E_NOT_FOUND, E_IO */
int isolate_state_load(const char *path, struct isolate_record *ret_record,
                       struct err *err) MUST_CHECK;

#endif
