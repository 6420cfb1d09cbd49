/* What detection offers to the programs: build a ruleset from rule files, load a ruleset image,
 * match events against it. The image is immutable and position-independent: it can be mapped from a
 * file and shared by threads; an engine is one thread's scratch. */
#ifndef CORDON_DETECT_DETECT_H
#define CORDON_DETECT_DETECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "event/event.h"

/* ------------------------------------------------------------------ building */

struct builder;

/** What builder_add_sigma did with the documents of one file. */
struct builder_counts {
    uint32_t accepted;  /* rules */
    uint32_t refused;   /* documents */
    uint32_t filters;   /* accepted ones; counted by builder_link */
    uint32_t documents; /* given, the refused ones too */
};

/** One refused document: called for each with a report that has file, line and column. */
typedef void (*builder_refused_fn)(void *arg, const struct err *err);

/** @return 0 or E_NOMEM */
int builder_new(struct builder **ret_builder) MUST_CHECK;
void builder_free(struct builder *b);
/** Have `note` called for what is accepted although part of it was repaired or left out. */
void builder_on_note(struct builder *b, builder_refused_fn note, void *arg);

/**
 * Compile every document of one file into the ruleset being built: Sigma rules and filters, and
 * analytics and unified log filters of Jamf Protect, told apart by their keys. A document that
 * cannot be compiled is refused by itself: `refused` is called and the others go in.
 *
 * @param b       open builder; copies what it needs
 * @param yaml    the file's bytes, borrowed for the call
 * @param source  the file's name, for places and for rule_info.source; copied
 * @param refused may be NULL
 * @param counts  added to
 * @return 0, also when rules were refused; E_NOMEM or E_LIMIT (ruleset full) otherwise
 */
int builder_add_sigma(struct builder *b, struct str yaml, const char *source,
                      builder_refused_fn refused, void *arg, struct builder_counts *counts,
                      struct err *err) MUST_CHECK;

struct list;

/**
 * Put the entries of prevent and allow lists (detect/list.h) into the ruleset being built. Expired
 * entries too: the device's clock decides. The youngest `issued_ns` becomes the lists' age.
 * @param list borrowed for the call
 * @return 0, E_DENIED (an entry that list_guard refuses), E_LIMIT, E_NOMEM
 */
int builder_add_list(struct builder *b, const struct list *list, struct err *err) MUST_CHECK;

/**
 * Put exceptions to rules (detect/exception.h) into the ruleset being built. They may be added
 * before the rules they are for; one for rules that never come does nothing.
 * @param refused may be NULL; called for every exception that is wrong
 * @param counts  added to
 * @return 0, also when some were refused; E_PARSE (no exceptions at all), E_LIMIT, E_NOMEM
 */
int builder_add_exceptions(struct builder *b, struct str yaml, const char *source,
                           builder_refused_fn refused, void *arg, struct builder_counts *counts,
                           struct err *err) MUST_CHECK;

struct placeholders;

/** Values for `expand` in what is added from now on. Borrowed as long as the builder. */
void builder_use_placeholders(struct builder *b, const struct placeholders *placeholders);

/**
 * Let the filters find their rules, wherever either was defined. Nothing can be added afterwards.
 * builder_finish does it too, but then nobody hears of what is refused.
 *
 * @param refused called for each filter that names what is not there; may be NULL
 * @param counts  added to
 * @return 0, E_NOMEM or E_LIMIT (ruleset full)
 */
int builder_link(struct builder *b, builder_refused_fn refused, void *arg,
                 struct builder_counts *counts, struct err *err) MUST_CHECK;

/**
 * Carry one file of YARA rules in the ruleset, as it is.
 * @param name where its rules come from; copied  @param text at most PARAM_YARA_BYTES; copied
 * @return 0, E_LIMIT (too long, or too many), E_PARSE (a NUL byte), E_NOMEM
 */
int builder_add_yara(struct builder *b, struct str name, struct str text,
                     struct err *err) MUST_CHECK;

/**
 * Write the image of all rules added. The same rules in the same order give the same bytes.
 * @return 0, E_NOMEM, E_LIMIT
 */
int builder_finish(struct builder *b, struct buf *ret_image, struct err *err) MUST_CHECK;

/* ------------------------------------------------------------------ the ruleset */

struct ruleset;

enum rule_level { LEVEL_INFORMATIONAL, LEVEL_LOW, LEVEL_MEDIUM, LEVEL_HIGH, LEVEL_CRITICAL };

/** What a rule says about itself; slices live as long as the ruleset. */
struct rule_info {
    struct str id;
    struct str title;
    struct str description;
    struct str source; /* file it came from */
    enum rule_level level;
    const struct str *techniques; /* "T1059.004", upper case */
    uint32_t techniques_len;
};

/**
 * Check an image completely (every offset, count, index and checksum) and make it usable. A hostile
 * image is refused here; after that it is trusted.
 *
 * @param image borrowed; must stay unchanged until ruleset_unref drops the last reference; 16-byte
 * aligned
 * @return 0, E_VERSION, E_PARSE (damaged; err says where), E_NOMEM
 */
int ruleset_load(struct str image, struct ruleset **ret_ruleset, struct err *err) MUST_CHECK;
/**
 * As ruleset_load, for an image whose bytes were hashed before by whoever keeps them, and were out
 * of others' reach since: its checksum is not computed again, everything else is checked as ever.
 *
 * @param version SHA-256 of the image as 64 lower-case hex digits, as it was found then; copied
 * @return as ruleset_load; E_ARG: `version` is no such thing
 */
int ruleset_load_verified(struct str image, struct str version, struct ruleset **ret_ruleset,
                          struct err *err) MUST_CHECK;
struct ruleset *ruleset_ref(struct ruleset *r);
void ruleset_unref(struct ruleset *r);

uint32_t ruleset_len(const struct ruleset *r);
/** Correlations; as rules they are numbered from ruleset_len on. */
uint32_t ruleset_correlations(const struct ruleset *r);
/** Whether a rule fires for correlations alone and should not alert by itself. */
bool ruleset_is_silent(const struct ruleset *r, uint32_t rule);
/** Mark each rule and correlation that some correlation builds on.
 * @param marks false, [ruleset_len + ruleset_correlations] */
void ruleset_mark_correlated(const struct ruleset *r, bool *marks);
/** @param rule 0 .. ruleset_len + ruleset_correlations - 1 */
struct rule_info ruleset_info(const struct ruleset *r, uint32_t rule);
/** SHA-256 of the image as 64 hex digits: the ruleset's version. */
struct str ruleset_version(const struct ruleset *r);
/** Files of YARA rules in the ruleset; yara_files.h reads them. */
uint32_t ruleset_yara_len(const struct ruleset *r);
const char *rule_level_name(enum rule_level level);

/** Exceptions to rules, in the order they were added. */
uint32_t ruleset_exceptions(const struct ruleset *r);
struct str ruleset_exception_id(const struct ruleset *r, uint32_t exception);
/** How many rules an exception is for. */
uint32_t ruleset_exception_rules(const struct ruleset *r, uint32_t exception);

struct prevent;
/** The prevent lists of the ruleset (detect/prevent.h); lives as long as it. */
const struct prevent *ruleset_prevent(const struct ruleset *r);

/* ------------------------------------------------------------------ matching */

struct engine;

/** Why a rule fired: one field and the value that satisfied it. */
struct matched_field {
    struct str field; /* the name the rule used */
    struct str value; /* cut to 4 KiB; NULL pointer: the rule asked for a field without value */
};

struct match {
    uint32_t rule;
    const struct matched_field *fields;
    uint32_t fields_len;
};

struct engine_stats {
    uint64_t events;
    uint64_t candidates; /* rules whose cheap necessary condition held */
    uint64_t matches;
    uint64_t hidden; /* that an exception kept from being matches */
    uint64_t regex_runs;
    uint64_t regex_limited; /* runs that hit a limit and counted as no match */
};

/** @param r borrowed reference is taken with ruleset_ref. @return 0 or E_NOMEM */
int engine_new(struct ruleset *r, struct engine **ret_engine) MUST_CHECK;
void engine_free(struct engine *e);

/**
 * Match one event against every rule.
 *
 * @param ret_matches array of the rules that fired, in rule order; valid until the next call
 * @return number of matches, or E_NOMEM (nothing was decided about this event)
 * Cost: the bytes of the fields that rules name, plus the candidates. No allocation in the steady
 * state.
 */
int engine_match(struct engine *e, const struct event *ev, const struct match **ret_matches);
const struct engine_stats *engine_stats(const struct engine *e);

/** Tell whose events these are, for exceptions of a device; events that say it themselves count
 * first. @param id copied, at most 64 bytes */
void engine_set_device(struct engine *e, struct str id);
/** Matches that an exception hid. @param exception 0 .. ruleset_exceptions-1 */
uint64_t engine_hidden(const struct engine *e, uint32_t exception);
/** Go on counting where an engine of an earlier ruleset stopped: exceptions are known by their id.
 */
void engine_carry_hidden(struct engine *e, const struct engine *from);

/**
 * Append one alert as a JSON object without line end:
 * {"rule":{"id","title","level","techniques":[]},"matched":{field:value},"event":{...}}
 * with `head` (e.g. "\"file\":\"a\",\"line\":3,") put in front of the rule.
 */
void alert_add_json(struct buf *out, struct str head, const struct ruleset *r,
                    const struct match *m, const struct event *ev);

#endif
