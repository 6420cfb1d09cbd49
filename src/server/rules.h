/* Rulesets of the fleet: compiled from the built-in analytics and the operator's rules, stored as
 * images in the data folder, signed when a device fetches them, one of them active. */
#ifndef CORDON_SERVER_RULES_H
#define CORDON_SERVER_RULES_H

#include "base/arena.h"
#include "base/buf.h"
#include "server/server.h"

/** What compiling yielded. */
struct rules_built {
    struct buf image;
    char version[HASH_HEX_BYTES];
    uint32_t rules;
    uint32_t refused;
    struct buf refusals; /* JSON array of {"place","message"} */
};

/**
 * Compile the built-in analytics and `extra` (YAML documents, may be empty). Any thread.
 * @return 0, E_NOMEM, E_LIMIT, E_PARSE (no rule of `extra` is accepted); refused rules beside
 * accepted ones are counted and listed
 */
int rules_build(struct str extra, struct rules_built *ret_built, struct err *err) MUST_CHECK;
void rules_built_done(struct rules_built *b);

/** Write an image to the data folder (idempotent) and fill the record for the store. */
int rules_save(struct server *s, const struct rules_built *b, struct str created_by,
               struct arena *arena, struct store_ruleset *ret_record, struct err *err) MUST_CHECK;

/** At start: make sure a ruleset is active; the built-in one when there was none or it is newer. */
int rules_start(struct server *s, struct err *err) MUST_CHECK;

/** The signed file of a version, for devices. @param version 64 hexadecimal digits, checked by the
 * caller: it names a file. @return 0, E_NOT_FOUND, E_IO */
int rules_signed(struct server *s, struct str version, struct buf *out, struct err *err) MUST_CHECK;

#endif
