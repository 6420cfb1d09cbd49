/* A loaded ruleset: the checked image and what was worked out from it once. Immutable; shared by
 * threads. Read by the engine and by alerts. */
#ifndef CORDON_DETECT_RULESET_PRIV_H
#define CORDON_DETECT_RULESET_PRIV_H

#include <stdatomic.h>

#include "base/map.h"
#include "base/shape.h"
#include "crypto/hash.h"
#include "detect/detect.h"
#include "detect/image.h"
#include "detect/matcher.h"
#include "detect/prevent.h"
#include "schema/field.h"

struct ruleset_matcher {
    void (*scan)(const char *table, struct str text, struct hits *hits);
    const char *table;
};

/* The matchers that an event of one product needs for one field. */
struct ruleset_range {
    uint32_t start;
    uint32_t len;
    bool costly;   /* more than one look-up of the whole value */
    bool keywords; /* the literals of the rules that name no field are found as well */
};

/** What announcing a rule needs of its record, close together. */
struct ruleset_rule {
    uint32_t logsource;
    uint32_t code_start;
};

enum { RULESET_SCOPES_MOST = 64 };

struct ruleset_field {
    struct str name;
    enum field_id id; /* FIELD_COUNT: an extra field, found by name */
    uint32_t exists_item;
    bool on_disk; /* detect/disk.h */
};

struct ruleset {
    atomic_uint references;
    struct image image;
    struct str *techniques;           /* of all rules */
    struct ruleset_field *fields;     /* [image.fields_len] */
    struct ruleset_matcher *matchers; /* ordered by field, then as the image has them */
    struct ruleset_range *ranges;     /* [fields][scopes_len] */
    /* Products that have matchers of their own in some field; [0] is empty: every other one. */
    struct str scopes[RULESET_SCOPES_MOST];
    uint32_t scopes_len;
    uint32_t field_of[FIELD_COUNT];           /* index into fields, or IMAGE_NONE */
    uint64_t wanted[(FIELD_COUNT + 63) / 64]; /* bit: some rule names the field */
    struct map extras;                        /* name -> index into fields */
    struct shape_set extra_shapes;            /* of the names in extras */
    struct ruleset_rule *rules;
    uint32_t everything;   /* field with the empty name, or IMAGE_NONE */
    bool *asks_everything; /* by log source: some rule asks for that field */
    uint32_t *regex_of;    /* of each item: its number among the regexes */
    uint32_t regexes;
    struct prevent prevent;
    char version[HASH_HEX_BYTES];
};

/**
 * Check every record of the image: after this no index, offset or length in it can lead outside.
 * @return 0 or E_PARSE
 */
int ruleset_check(const struct image *image, struct err *err) MUST_CHECK;

/** The same for correlations; the rules must have been checked. In ruleset_check_correlation.c. */
int ruleset_check_correlations(const struct image *image, struct err *err) MUST_CHECK;

/**
 * Whether rules of the log source concern events of this product, category and service; see
 * engine_source.c for what a missing part means.
 * @param kind_known the event's kind is one of the table, so a category it lacks is known to be
 * none
 */
bool ruleset_source_applies(const struct image *image, const struct image_logsource *s,
                            const struct str parts[3], bool kind_known);

#endif
