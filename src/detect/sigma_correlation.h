/* A correlation document as it is written. See sigma.h for memory and places. */
#ifndef CORDON_DETECT_SIGMA_CORRELATION_H
#define CORDON_DETECT_SIGMA_CORRELATION_H

#include "detect/correlation.h"
#include "detect/sigma.h"

/** In events of the rule, the alias means this field. */
struct sigma_alias {
    struct str name;
    struct sigma_ref rule;
    struct str field;
};

struct sigma_correlation {
    const struct sigma_rule *head;
    enum correlation_type type;
    struct sigma_ref *refs;
    size_t refs_len;
    struct str *groups; /* fields or aliases */
    size_t groups_len;
    struct str *fields; /* of the condition: fields or aliases */
    size_t fields_len;
    struct sigma_alias *aliases;
    size_t aliases_len;
    int64_t timespan_ns;
    int64_t bounds[BOUNDS]; /* thousandths */
    uint32_t bounds_set;    /* bit for each that is there */
    uint32_t percentile;    /* 0 .. 100 */
    bool generate;          /* the rules alert by themselves too */
};

/** Read one document of kind SIGMA_CORRELATION; as sigma_parse. */
int sigma_correlation(const struct yaml_node *doc, struct arena *arena,
                      struct sigma_correlation **ret_correlation, struct err *err) MUST_CHECK;

#endif
