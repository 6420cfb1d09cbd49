/* One thread's scratch for matching: what the current event has shown so far. Shared by engine*.c
 * only. Everything is sized when the engine is made, save for a few arrays that grow to the largest
 * event seen; between events only what was touched is reset. */
#ifndef CORDON_DETECT_ENGINE_PRIV_H
#define CORDON_DETECT_ENGINE_PRIV_H

#include "base/arena.h"
#include "detect/regex.h"
#include "detect/ruleset_priv.h"

enum {
    ENGINE_SOURCES = 16,        /* log sources of events remembered */
    ENGINE_SOURCE_BYTES = 64,   /* longest component remembered */
    ENGINE_VALUE_BYTES = 4096,  /* of a value that is reported */
    ENGINE_REPORTED_FIELDS = 64 /* of one match */
};

/** Which rules apply to one log source of events. */
struct engine_source {
    bool valid;
    bool kind_known;
    bool everything; /* a rule that applies asks for every field */
    uint32_t scope;  /* of its product, 0 = none of its own */
    uint8_t lens[3];
    char parts[3][ENGINE_SOURCE_BYTES];
    uint8_t *applies; /* by log source of the ruleset */
    uint32_t *always; /* those that apply and have always-candidates */
    uint32_t always_len;
};

/** Values that the matchers have seen before, and what they found; see engine_memo.c. */
struct engine_memo {
    struct engine_known *known;
    struct engine_memo_use {
        uint8_t doubts; /* that values come again */
        uint8_t tries;
    } * uses;          /* by plan */
    struct hits found; /* in the value being scanned, empty otherwise */
    unsigned next;
};

/** What the disk said about a field of the event with this number. */
struct engine_disk_value {
    uint32_t epoch;
    struct value value;
};

struct engine {
    struct ruleset *rules;
    const struct event *ev; /* the one being matched */
    struct hits hits;       /* items that hold */
    uint64_t *known;        /* items whose answer is known: eager ones, and lazy ones once asked */
    uint32_t *asked;        /* lazy items whose bit is set in `known` */
    uint32_t asked_len;

    /* Extra fields of the event that some rule names: a list per field, as index + 1. */
    uint32_t *first_extra; /* by field; meaningful where extra_epoch has the epoch */
    uint32_t *extra_epoch;
    uint32_t epoch;
    uint32_t *next_extra; /* by extra of the event */
    size_t next_extra_cap;

    uint64_t *candidates;         /* by rule */
    uint64_t *candidates_summary; /* bit: that word of `candidates` is not 0 */

    struct engine_source sources[ENGINE_SOURCES];
    struct engine_source *source; /* of the event */
    unsigned next_source;

    struct engine_memo memo;

    struct regex **regexes;
    bool *regex_bad; /* cannot be compiled */
    struct regex_scratch *regex_scratch;

    struct match *matches;
    size_t matches_len;
    size_t matches_cap;
    struct matched_field *fields;
    size_t fields_len;
    size_t fields_cap;
    struct arena texts;                    /* numbers as text */
    int failed;                            /* E_NOMEM of a lazy item */
    const struct disk *disk;               /* NULL = nobody to ask */
    struct engine_disk_value *disk_values; /* by field */
    uint64_t *hidden;                      /* by exception */
    char device[65];
    size_t device_len;
    struct engine_stats stats;
};

/* engine_scan.c */

/** The values of a field, one after the other; lists give each element. Start with `field` set. */
struct engine_values {
    uint32_t field;
    const struct value *value; /* the current one */
    uint32_t next_extra;       /* index + 1 of the next extra of this field, 0 = none */
    uint32_t next_any;         /* of the field with the empty name: field id, then extra */
    uint32_t element;
    bool started;
    char number[24]; /* text of a number */
};
bool engine_next_value(struct engine *e, struct engine_values *v, struct str *ret_text);

/** Run the matchers over every field of the event that some rule names. @return 0 or E_NOMEM */
int engine_scan(struct engine *e) MUST_CHECK;

/* engine_memo.c */

int engine_memo_init(struct engine *e) MUST_CHECK;
void engine_memo_done(struct engine *e);

/** Run the plan's matchers over the text. */
typedef void (*engine_scan_fn)(const struct engine *e, uint32_t plan, struct str text,
                               struct hits *hits);
/** Add to the event's hits what `scan` finds in the text, or what it found when the text was there
 * before. @param plan number of the matchers: 2 * (field * scopes + scope) + keywords or not */
void engine_memo_scan(struct engine *e, uint32_t plan, struct str text, engine_scan_fn scan);

/* engine_disk.c */

/** Value of a field that only the disk has, or NULL. There must be a disk. */
const struct value *engine_disk_value(struct engine *e, uint32_t field);

/* engine_source.c */

int engine_source_init(struct engine *e) MUST_CHECK;
void engine_source_done(struct engine *e);
/** Find which rules apply to the event's log source. */
void engine_source_find(struct engine *e);

/* engine_except.c */

/** Whether an exception hides what this rule has matched; counts it. */
bool engine_is_excepted(struct engine *e, uint32_t rule);

/* engine_eval.c */

/** Whether the rule's condition holds; e->failed is set when that could not be found out. */
bool engine_holds(struct engine *e, uint32_t rule);
/** Append why it holds to e->fields. @return 0 or E_NOMEM */
int engine_explain(struct engine *e, uint32_t rule) MUST_CHECK;

#endif
