/* The correlations of a foreign image: every index once, and no correlation built on a later one.
 * Called by ruleset_check. */
#include "detect/ruleset_priv.h"

#include "detect/correlation.h"

static bool text_ok(const struct image *image, struct image_str s)
{
    return s.offset <= image->strings_len && s.len <= image->strings_len - s.offset;
}

static bool slice_ok(uint32_t start, uint32_t len, uint32_t total)
{
    return start <= total && len <= total - start;
}

static bool numbers_ok(const struct image_correlation *c)
{
    return c->type < CORRELATION_TYPES && c->level <= LEVEL_CRITICAL && c->percentile <= 100 &&
           c->timespan_ns > 0 && c->timespan_ns <= CORRELATION_TIMESPAN_MOST_NS &&
           c->bounds_set != 0 && c->bounds_set >> BOUNDS == 0 && c->refs_len > 0 &&
           c->refs_len <= CORRELATION_RULES && c->groups_len <= CORRELATION_GROUP_FIELDS &&
           c->fields_len <= CORRELATION_VALUE_FIELDS &&
           (c->fields_len > 0) == correlation_table[c->type].takes_field;
}

static bool refs_ok(const struct image *image, const struct image_correlation *c, uint32_t own)
{
    if (!slice_ok(c->refs_start, c->refs_len, image->correlation_refs_len))
        return false;
    for (uint32_t i = 0; i < c->refs_len; i++) {
        const struct image_correlation_ref *ref = &image->correlation_refs[c->refs_start + i];
        if (ref->rule >= image->rules_len + own ||
            !slice_ok(ref->fields_start, c->groups_len + c->fields_len,
                      image->correlation_fields_len))
            return false;
    }
    return true;
}

static bool correlation_ok(const struct image *image, uint32_t index, uint32_t *techniques)
{
    const struct image_correlation *c = &image->correlations[index];
    bool ok = text_ok(image, c->id) && text_ok(image, c->title) && text_ok(image, c->description) &&
              text_ok(image, c->source) && numbers_ok(c) && c->techniques_start == *techniques &&
              slice_ok(*techniques, c->techniques_len, image->techniques_len) &&
              slice_ok(c->groups_start, c->groups_len, image->correlation_groups_len) &&
              refs_ok(image, c, index);
    *techniques += ok ? c->techniques_len : 0;
    return ok;
}

int ruleset_check_correlations(const struct image *image, struct err *err)
{
    uint32_t techniques = 0;
    if (image->rules_len) {
        const struct image_rule *last = &image->rules[image->rules_len - 1];
        techniques = last->techniques_start + last->techniques_len;
    }
    if (image->correlations_len > IMAGE_NONE - image->rules_len)
        return err_set(err, E_PARSE, "ruleset is damaged: too many correlations");
    for (uint32_t i = 0; i < image->correlations_len; i++) {
        if (!correlation_ok(image, i, &techniques))
            return err_set(err, E_PARSE, "ruleset is damaged: correlation %u", i);
    }
    for (uint32_t i = 0; i < image->correlation_groups_len; i++) {
        if (!text_ok(image, image->correlation_groups[i]))
            return err_set(err, E_PARSE, "ruleset is damaged: group %u", i);
    }
    for (uint32_t i = 0; i < image->correlation_fields_len; i++) {
        if (!text_ok(image, image->correlation_fields[i]))
            return err_set(err, E_PARSE, "ruleset is damaged: field of a correlation %u", i);
    }
    for (uint32_t i = 0; i < image->silent_len; i++) {
        if (image->silent[i] >= image->rules_len + image->correlations_len)
            return err_set(err, E_PARSE, "ruleset is damaged: silent rule %u", i);
    }
    return 0;
}
