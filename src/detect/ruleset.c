/* Loading a ruleset image and answering questions about its rules. See detect.h. */
#include "detect/ruleset_priv.h"

#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "detect/disk.h"

const char *rule_level_name(enum rule_level level)
{
    static const char *const names[] = {"informational", "low", "medium", "high", "critical"};
    return names[level];
}

/* ------------------------------------------------------------------ loading */

/* Index of the field that is already there under this name, or IMAGE_NONE. */
static uint32_t find_field(const struct ruleset *r, const struct ruleset_field *f)
{
    uint64_t index = IMAGE_NONE;
    if (f->id != FIELD_COUNT)
        return r->field_of[f->id];
    if (f->name.len == 0)
        return r->everything;
    (void)map_find(&r->extras, f->name, &index);
    return (uint32_t)index;
}

static int add_scope(struct ruleset *r, struct str product, uint32_t *ret_scope)
{
    for (*ret_scope = 0; *ret_scope < r->scopes_len; ++*ret_scope) {
        if (str_eq(r->scopes[*ret_scope], product))
            return 0;
    }
    if (r->scopes_len == RULESET_SCOPES_MOST)
        return E_LIMIT;
    r->scopes[r->scopes_len++] = product;
    return 0;
}

static int load_matchers(struct ruleset *r, struct err *err)
{
    const struct image *image = &r->image;
    r->matchers = mem_calloc(image->matchers_len, sizeof(*r->matchers));
    CLEANUP(mem_freep) uint32_t *scopes = mem_calloc(image->matchers_len, sizeof *scopes);
    if (!r->matchers || !scopes)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    r->scopes_len = 1;
    for (uint32_t i = 0; i < image->matchers_len; i++) {
        const struct image_matcher *from = &image->matchers[i];
        r->matchers[i] =
            (struct ruleset_matcher){matcher_find(from->kind)->scan, image->tables + from->offset};
        if (add_scope(r, image_text(image, from->product), &scopes[i]))
            return err_set(err, E_PARSE, "ruleset is damaged: matchers of too many products");
    }
    r->ranges = mem_calloc((size_t)image->fields_len * r->scopes_len, sizeof(*r->ranges));
    if (!r->ranges)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    for (uint32_t i = 0; i < image->matchers_len; i++) {
        struct ruleset_range *range =
            &r->ranges[(size_t)image->matchers[i].field * r->scopes_len + scopes[i]];
        if (range->len == 0)
            range->start = i;
        range->costly |= range->len > 0 || image->matchers[i].kind != MATCHER_EXACT;
        range->keywords |= image->matchers[i].keywords != 0;
        if (range->start + range->len++ != i)
            return err_set(err, E_PARSE, "ruleset is damaged: matcher %u out of order", i);
    }
    /* A product without matchers of its own needs those for all. */
    for (uint32_t f = 0; f < image->fields_len; f++) {
        struct ruleset_range *ranges = &r->ranges[(size_t)f * r->scopes_len];
        for (uint32_t s = 1; s < r->scopes_len; s++) {
            if (ranges[s].len == 0)
                ranges[s] = ranges[0];
        }
    }
    return 0;
}

static int load_fields(struct ruleset *r, struct err *err)
{
    const struct image *image = &r->image;
    r->fields = mem_calloc(image->fields_len, sizeof(*r->fields));
    if (!r->fields)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    for (uint32_t i = 0; i < image->fields_len; i++) {
        struct ruleset_field *f = &r->fields[i];
        f->name = image_text(image, image->fields[i].name);
        f->id = field_find(f->name);
        f->exists_item = image->fields[i].exists_item;
        f->on_disk = disk_is_field(f->name);
        if (find_field(r, f) != IMAGE_NONE)
            return err_set(err, E_PARSE, "ruleset is damaged: field %u is there twice", i);
        if (f->id != FIELD_COUNT) {
            r->field_of[f->id] = i;
            r->wanted[f->id / 64] |= UINT64_C(1) << (f->id % 64);
        } else if (f->name.len == 0) {
            r->everything = i;
        } else if (map_put(&r->extras, f->name, i)) {
            return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
        } else {
            shape_add(&r->extra_shapes, f->name);
        }
    }
    return 0;
}

/* Whether the rule asks for the field that stands for every field. */
static bool asks_everything(const struct ruleset *r, const struct image_rule *rule)
{
    const struct image *image = &r->image;
    for (uint32_t i = 0; i < rule->code_len; i++) {
        uint32_t word = image->code[rule->code_start + i];
        if (word >> OP_SHIFT == OP_ITEM && image->items[word & OP_ARGUMENT].field == r->everything)
            return true;
    }
    return false;
}

static int load_rules(struct ruleset *r, struct err *err)
{
    const struct image *image = &r->image;
    r->techniques = mem_calloc(image->techniques_len, sizeof(*r->techniques));
    r->rules = mem_calloc(image->rules_len, sizeof(*r->rules));
    r->regex_of = mem_calloc(image->items_len, sizeof(*r->regex_of));
    r->asks_everything = mem_calloc(image->logsources_len, sizeof(*r->asks_everything));
    if (!r->techniques || !r->rules || !r->regex_of || !r->asks_everything)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    for (uint32_t i = 0; i < image->techniques_len; i++)
        r->techniques[i] = image_text(image, image->techniques[i]);
    for (uint32_t i = 0; i < image->rules_len; i++) {
        const struct image_rule *rule = &image->rules[i];
        r->rules[i] = (struct ruleset_rule){rule->logsource, rule->code_start};
        if (asks_everything(r, rule))
            r->asks_everything[rule->logsource] = true;
    }
    for (uint32_t i = 0; i < image->items_len; i++)
        r->regex_of[i] = image->items[i].kind == ITEM_REGEX ? r->regexes++ : 0;
    return 0;
}

/* @param version empty: hash the image and compare its digest */
static int load(struct str image, struct str version, struct ruleset **ret_ruleset, struct err *err)
{
    struct ruleset *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    atomic_init(&r->references, 1);
    r->everything = IMAGE_NONE;
    for (unsigned i = 0; i < FIELD_COUNT; i++)
        r->field_of[i] = IMAGE_NONE;
    int rc = image_open(image, version.len == 0, &r->image, err);
    if (rc == 0)
        rc = ruleset_check(&r->image, err);
    if (rc == 0)
        rc = prevent_init(&r->image, &r->prevent, err);
    if (rc == 0) {
        PLANT_OVERREAD(image.ptr + image.len);
        rc = load_fields(r, err);
    }
    if (rc == 0)
        rc = load_matchers(r, err);
    if (rc == 0)
        rc = load_rules(r, err);
    if (rc == 0 && version.len)
        memcpy(r->version, version.ptr, version.len);
    else if (rc == 0 && hash_sha256_hex(image, r->version))
        rc = err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    if (rc) {
        ruleset_unref(r);
        return rc;
    }
    *ret_ruleset = r;
    return 0;
}

int ruleset_load(struct str image, struct ruleset **ret_ruleset, struct err *err)
{
    return load(image, (struct str){0}, ret_ruleset, err);
}

int ruleset_load_verified(struct str image, struct str version, struct ruleset **ret_ruleset,
                          struct err *err)
{
    unsigned char digest[HASH_BYTES];
    size_t len;
    if (text_hex_decode(version, digest, sizeof digest, &len) || len != sizeof digest)
        return err_set(err, E_ARG, "'%.*s' is no version of a ruleset", STR_FMT(version));
    return load(image, version, ret_ruleset, err);
}

struct ruleset *ruleset_ref(struct ruleset *r)
{
    (void)atomic_fetch_add_explicit(&r->references, 1, memory_order_relaxed);
    return r;
}

void ruleset_unref(struct ruleset *r)
{
    if (!r || atomic_fetch_sub_explicit(&r->references, 1, memory_order_acq_rel) != 1)
        return;
    mem_free(r->techniques);
    mem_free(r->fields);
    mem_free(r->matchers);
    mem_free(r->ranges);
    mem_free(r->rules);
    mem_free(r->regex_of);
    mem_free(r->asks_everything);
    map_done(&r->extras);
    mem_free(r);
}

/* ------------------------------------------------------------------ questions */

uint32_t ruleset_len(const struct ruleset *r)
{
    return r->image.rules_len;
}

uint32_t ruleset_correlations(const struct ruleset *r)
{
    return r->image.correlations_len;
}

static struct rule_info correlation_info(const struct ruleset *r, uint32_t correlation)
{
    const struct image *image = &r->image;
    const struct image_correlation *i = &image->correlations[correlation];
    return (struct rule_info){.id = image_text(image, i->id),
                              .title = image_text(image, i->title),
                              .description = image_text(image, i->description),
                              .source = image_text(image, i->source),
                              .level = (enum rule_level)i->level,
                              .techniques = r->techniques + i->techniques_start,
                              .techniques_len = i->techniques_len};
}

struct rule_info ruleset_info(const struct ruleset *r, uint32_t rule)
{
    const struct image *image = &r->image;
    if (rule >= image->rules_len)
        return correlation_info(r, rule - image->rules_len);
    const struct image_rule *i = &image->rules[rule];
    return (struct rule_info){.id = image_text(image, i->id),
                              .title = image_text(image, i->title),
                              .description = image_text(image, i->description),
                              .source = image_text(image, i->source),
                              .level = (enum rule_level)i->level,
                              .techniques = r->techniques + i->techniques_start,
                              .techniques_len = i->techniques_len};
}

uint32_t ruleset_yara_len(const struct ruleset *r)
{
    return r->image.yara_len;
}

struct str ruleset_version(const struct ruleset *r)
{
    return str_n(r->version, 64);
}

const struct prevent *ruleset_prevent(const struct ruleset *r)
{
    return &r->prevent;
}

uint32_t ruleset_exceptions(const struct ruleset *r)
{
    return r->image.exceptions_len;
}

struct str ruleset_exception_id(const struct ruleset *r, uint32_t exception)
{
    return image_text(&r->image, r->image.exceptions[exception].id);
}

uint32_t ruleset_exception_rules(const struct ruleset *r, uint32_t exception)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->image.exception_list_len; i++)
        count += r->image.exception_list[i] == exception ? 1 : 0;
    return count;
}

void ruleset_mark_correlated(const struct ruleset *r, bool *marks)
{
    for (uint32_t i = 0; i < r->image.correlation_refs_len; i++) {
        uint32_t rule = r->image.correlation_refs[i].rule;
        if (rule < r->image.rules_len + r->image.correlations_len)
            marks[rule] = true;
    }
}

bool ruleset_is_silent(const struct ruleset *r, uint32_t rule)
{
    size_t low = 0;
    size_t high = r->image.silent_len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->image.silent[middle] < rule)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->image.silent_len && r->image.silent[low] == rule;
}
