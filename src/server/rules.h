/* Rulesets of the fleet: compiled from the built-in analytics, the operator's rules, the prevent
 * lists and the exceptions; stored as images in the data folder, signed when a device fetches them,
 * one of them active. */
#ifndef CORDON_SERVER_RULES_H
#define CORDON_SERVER_RULES_H

#include "base/arena.h"
#include "base/buf.h"
#include "detect/list.h"
#include "server/server.h"

/** What the ruleset is made of, besides the analytics that come with the program. */
struct rules_source {
    struct buf own; /* the operator's rules, YAML */
    struct list list;
    struct buf exceptions; /* YAML */
};

/** What compiling yielded. */
struct rules_built {
    struct buf image;
    char version[HASH_HEX_BYTES];
    uint32_t rules;
    uint32_t refused;
    struct buf refusals; /* JSON array of {"place","message"} */
};

/**
 * Read what is in force: the own rules, the entries of lists, the exceptions. Any thread.
 * @return 0, errors of the store and of files. Call rules_source_done in any case.
 */
int rules_source_read(struct server *s, struct rules_source *source, struct err *err) MUST_CHECK;
void rules_source_done(struct rules_source *source);

/** Keep own rules in the data folder (idempotent). @param ret_name what the setting holds */
int rules_own_save(struct server *s, struct str yaml, char ret_name[HASH_HEX_BYTES],
                   struct err *err) MUST_CHECK;
/** Name of the setting that says which own rules are in force. */
#define RULES_OWN_SETTING "rules.own"

/**
 * Compile the built-in analytics and everything of the source. Any thread.
 * @return 0, E_NOMEM, E_LIMIT, E_PARSE (no rule of `own`, which is not empty, is accepted); refused
 * rules and exceptions beside accepted ones are counted and listed
 */
int rules_build(const struct rules_source *source, struct rules_built *ret_built,
                struct err *err) MUST_CHECK;
void rules_built_done(struct rules_built *b);

/** Write an image to the data folder (idempotent) and fill the record for the store. */
int rules_save(struct server *s, const struct rules_built *b, struct str created_by,
               struct arena *arena, struct store_ruleset *ret_record, struct err *err) MUST_CHECK;

/** At start: compile what is in force with this program's analytics, and make it active. */
int rules_start(struct server *s, struct err *err) MUST_CHECK;

/** The signed file of a version, for devices. @param version 64 hexadecimal digits, checked by the
 * caller: it names a file. @return 0, E_NOT_FOUND, E_IO */
int rules_signed(struct server *s, struct str version, struct buf *out, struct err *err) MUST_CHECK;

#endif
