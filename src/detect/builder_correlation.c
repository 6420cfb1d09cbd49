/* Correlations: kept as they were read until all rules are there, then put in an order in which
 * each comes behind those it builds on, with fields for names. Called by builder.c. Source: Sigma
 * correlation rules specification 2.1. */
#include "detect/builder_priv.h"

#include <stdio.h>

#include "base/mem.h"
#include "detect/sigma_correlation.h"

enum state { WAITING, ACCEPTED, REFUSED };

struct builder_correlation {
    struct sigma_correlation *c; /* its texts are in the builder's arena */
    struct str source;
    enum state state;
    uint32_t index; /* in the image, when accepted */
    uint32_t chain; /* correlations on top of each other */
};

/* ------------------------------------------------------------------ keeping */

static int keep(struct builder *b, struct str *text)
{
    *text = arena_str(&b->arena, *text);
    return text->ptr ? 0 : E_NOMEM;
}

static int keep_all(struct builder *b, struct str **texts, size_t len)
{
    struct str *copy = arena_array(&b->arena, len, sizeof *copy);
    if (!copy)
        return E_NOMEM;
    for (size_t i = 0; i < len; i++) {
        copy[i] = (*texts)[i];
        if (keep(b, &copy[i]))
            return E_NOMEM;
    }
    *texts = copy;
    return 0;
}

static int keep_refs(struct builder *b, struct sigma_correlation *c)
{
    struct sigma_ref *refs = arena_array(&b->arena, c->refs_len, sizeof *refs);
    struct sigma_alias *aliases = arena_array(&b->arena, c->aliases_len, sizeof *aliases);
    if (!refs || !aliases)
        return E_NOMEM;
    for (size_t i = 0; i < c->refs_len; i++) {
        refs[i] = c->refs[i];
        if (keep(b, &refs[i].text))
            return E_NOMEM;
    }
    for (size_t i = 0; i < c->aliases_len; i++) {
        aliases[i] = c->aliases[i];
        if (keep(b, &aliases[i].name) || keep(b, &aliases[i].rule.text) ||
            keep(b, &aliases[i].field))
            return E_NOMEM;
    }
    c->refs = refs;
    c->aliases = aliases;
    return 0;
}

static int keep_head(struct builder *b, struct sigma_correlation *c)
{
    struct sigma_rule *head = arena_alloc(&b->arena, sizeof *head);
    if (!head)
        return E_NOMEM;
    *head = *c->head;
    if (keep(b, &head->id) || keep(b, &head->title) || keep(b, &head->name) ||
        keep(b, &head->description))
        return E_NOMEM;
    c->head = head;
    return keep_all(b, &head->techniques, head->techniques_len);
}

int builder_correlation_add(struct builder *b, const struct sigma_correlation *correlation,
                            struct str source)
{
    struct sigma_correlation *c = arena_alloc(&b->arena, sizeof *c);
    struct builder_correlation record = {.c = c, .source = arena_str(&b->arena, source)};
    uint32_t number = builder_count(&b->correlations, sizeof record);
    if (!c || !record.source.ptr)
        return E_NOMEM;
    if (number >= BUILDER_CORRELATIONS_MOST)
        return E_LIMIT;
    *c = *correlation;
    if (keep_head(b, c) || keep_refs(b, c) || keep_all(b, &c->groups, c->groups_len) ||
        keep_all(b, &c->fields, c->fields_len))
        return E_NOMEM;
    buf_add(&b->correlations, &record, sizeof record);
    int rc = buf_check(&b->correlations);
    return rc ? rc : builder_remember(b, c->head, BUILDER_CORRELATION + number);
}

/* ------------------------------------------------------------------ linking */

struct linker {
    struct builder *b;
    struct builder_correlation *list;
    uint32_t len;
    uint32_t rules_len;
    const struct builder_hearer *hearer;
};

/* What a correlation's rules are in the image. */
struct resolved {
    uint32_t rules[CORRELATION_RULES];
    uint32_t chain;
    bool waits; /* for a correlation that is not accepted yet */
};

static int resolve_one(const struct linker *l, const struct sigma_ref *ref, uint32_t *ret_rule,
                       struct resolved *r, struct err *err)
{
    uint64_t found;
    err_at(err, NULL, ref->line, ref->column);
    int rc = builder_find(l->b, ref->text, &found, err);
    if (rc)
        return rc;
    if (found < BUILDER_CORRELATION) {
        *ret_rule = (uint32_t)found;
        return 0;
    }
    const struct builder_correlation *other = &l->list[found - BUILDER_CORRELATION];
    if (other->state == REFUSED)
        return err_set(err, E_PARSE, "correlation '%.*s' was refused", STR_FMT(ref->text));
    *ret_rule = l->rules_len + other->index;
    r->waits |= other->state == WAITING;
    r->chain = other->chain + 1 > r->chain ? other->chain + 1 : r->chain;
    return 0;
}

static int resolve(const struct linker *l, const struct sigma_correlation *c, struct resolved *r,
                   struct err *err)
{
    *r = (struct resolved){.chain = 1};
    for (size_t i = 0; i < c->refs_len; i++) {
        int rc = resolve_one(l, &c->refs[i], &r->rules[i], r, err);
        if (rc)
            return rc;
        for (size_t k = 0; k < i && !r->waits; k++) {
            if (r->rules[k] == r->rules[i])
                return err_set(err, E_PARSE, "rule '%.*s' is named twice",
                               STR_FMT(c->refs[i].text));
        }
    }
    if (r->chain > CORRELATION_CHAIN)
        return err_set(err, E_LIMIT, "more than %d correlations on top of each other",
                       CORRELATION_CHAIN);
    return 0;
}

/* Every alias speaks of rules of the correlation, and of all of them. */
static int check_aliases(const struct linker *l, const struct sigma_correlation *c,
                         const struct resolved *r, uint32_t *alias_rules, struct err *err)
{
    struct resolved unused = {0};
    for (size_t i = 0; i < c->aliases_len; i++) {
        int rc = resolve_one(l, &c->aliases[i].rule, &alias_rules[i], &unused, err);
        bool member = false;
        for (size_t k = 0; rc == 0 && k < c->refs_len; k++)
            member |= r->rules[k] == alias_rules[i];
        if (rc == 0 && !member)
            rc = err_set(err, E_PARSE, "rule '%.*s' is not one of the correlation",
                         STR_FMT(c->aliases[i].rule.text));
        if (rc)
            return rc;
    }
    return 0;
}

/* The field that a name means in events of the rule. */
static int field_of(const struct sigma_correlation *c, const uint32_t *alias_rules, uint32_t rule,
                    struct str name, struct str *ret_field, struct err *err)
{
    bool is_alias = false;
    *ret_field = name;
    for (size_t i = 0; i < c->aliases_len; i++) {
        if (!str_eq(c->aliases[i].name, name))
            continue;
        is_alias = true;
        if (alias_rules[i] == rule) {
            *ret_field = c->aliases[i].field;
            return 0;
        }
    }
    if (!is_alias)
        return 0;
    err_at(err, NULL, c->head->line, c->head->column);
    return err_set(err, E_PARSE, "alias '%.*s' says nothing of one of the rules", STR_FMT(name));
}

static int add_text(struct builder *b, struct buf *list, struct str text)
{
    struct image_str s;
    int rc = builder_string(b, text, &s);
    buf_add(list, &s, sizeof s);
    return rc ? rc : buf_check(list);
}

static int add_fields(struct builder *b, const struct sigma_correlation *c,
                      const uint32_t *alias_rules, uint32_t rule, int *ret_refused, struct err *err)
{
    *ret_refused = 0;
    for (size_t i = 0; i < c->groups_len + c->fields_len; i++) {
        struct str field;
        struct str name = i < c->groups_len ? c->groups[i] : c->fields[i - c->groups_len];
        *ret_refused = field_of(c, alias_rules, rule, name, &field, err);
        if (*ret_refused)
            return 0;
        int rc = add_text(b, &b->image_correlation_fields, field);
        if (rc)
            return rc;
    }
    return 0;
}

static int add_record(struct builder *b, const struct builder_correlation *record,
                      uint32_t refs_start)
{
    const struct sigma_correlation *c = record->c;
    struct image_correlation r = {
        .timespan_ns = c->timespan_ns,
        .bounds_set = c->bounds_set,
        .type = (uint32_t)c->type,
        .level = (uint32_t)c->head->level,
        .percentile = c->percentile,
        .techniques_start = builder_count(&b->techniques, sizeof(struct image_str)),
        .techniques_len = (uint32_t)c->head->techniques_len,
        .refs_start = refs_start,
        .refs_len = (uint32_t)c->refs_len,
        .groups_start = builder_count(&b->image_correlation_groups, sizeof(struct image_str)),
        .groups_len = (uint32_t)c->groups_len,
        .fields_len = (uint32_t)c->fields_len};
    memcpy(r.bounds, c->bounds, sizeof r.bounds);
    int rc = builder_string(b, c->head->id, &r.id);
    if (rc == 0)
        rc = builder_string(b, c->head->title, &r.title);
    if (rc == 0)
        rc = builder_string(b, c->head->description, &r.description);
    if (rc == 0)
        rc = builder_string(b, record->source, &r.source);
    for (size_t i = 0; rc == 0 && i < c->groups_len; i++)
        rc = add_text(b, &b->image_correlation_groups, c->groups[i]);
    for (size_t i = 0; rc == 0 && i < c->head->techniques_len; i++)
        rc = add_text(b, &b->techniques, c->head->techniques[i]);
    buf_add(&b->image_correlations, &r, sizeof r);
    return rc ? rc : buf_check(&b->image_correlations);
}

/* Accept it, or say why not. @return 0, E_NOMEM or E_LIMIT for the builder */
static int accept(struct linker *l, struct builder_correlation *record, const struct resolved *r,
                  int *ret_refused, struct err *err)
{
    struct builder *b = l->b;
    const struct sigma_correlation *c = record->c;
    uint32_t alias_rules[CORRELATION_ALIASES];
    size_t fields = b->image_correlation_fields.len;
    size_t refs = b->image_correlation_refs.len;
    *ret_refused = check_aliases(l, c, r, alias_rules, err);
    for (size_t i = 0; *ret_refused == 0 && i < c->refs_len; i++) {
        struct image_correlation_ref ref = {
            r->rules[i], builder_count(&b->image_correlation_fields, sizeof(struct image_str))};
        buf_add(&b->image_correlation_refs, &ref, sizeof ref);
        int rc = add_fields(b, c, alias_rules, r->rules[i], ret_refused, err);
        if (rc)
            return rc;
    }
    if (*ret_refused) {
        buf_truncate(&b->image_correlation_fields, fields);
        buf_truncate(&b->image_correlation_refs, refs);
        return 0;
    }
    record->state = ACCEPTED;
    record->index = builder_count(&b->image_correlations, sizeof(struct image_correlation));
    record->chain = r->chain;
    int rc = add_record(b, record, (uint32_t)(refs / sizeof(struct image_correlation_ref)));
    return rc ? rc : buf_check(&b->image_correlation_refs);
}

static void refuse(struct linker *l, struct builder_correlation *record, struct err *why)
{
    record->state = REFUSED;
    l->hearer->counts->refused++;
    if (l->hearer->refused)
        l->hearer->refused(l->hearer->arg, why);
}

/* Try each that still waits. @return 1 when one was decided, 0, E_NOMEM or E_LIMIT */
static int round_of(struct linker *l, bool last)
{
    int progress = 0;
    for (uint32_t i = 0; i < l->len; i++) {
        struct builder_correlation *record = &l->list[i];
        struct resolved r;
        struct err why = {0};
        char source[ERR_SOURCE_BYTES];
        if (record->state != WAITING)
            continue;
        (void)snprintf(source, sizeof source, "%.*s", STR_FMT(record->source));
        err_at(&why, source, record->c->head->line, record->c->head->column);
        int refused = resolve(l, record->c, &r, &why);
        if (refused == 0 && r.waits && !last)
            continue;
        if (refused == 0 && r.waits) {
            err_at(&why, NULL, record->c->head->line, record->c->head->column);
            refused = err_set(&why, E_PARSE, "correlations build on each other in a circle");
        }
        int rc = refused ? 0 : accept(l, record, &r, &refused, &why);
        if (rc)
            return rc;
        if (refused)
            refuse(l, record, &why);
        else
            l->hearer->counts->accepted++;
        progress = 1;
    }
    return progress;
}

/* Rules that some correlation takes and none lets alert by themselves. */
static int add_silent(struct linker *l)
{
    struct builder *b = l->b;
    uint32_t total =
        l->rules_len + builder_count(&b->image_correlations, sizeof(struct image_correlation));
    CLEANUP(mem_freep) char *marks = mem_calloc((size_t)total + 1, 1);
    if (!marks)
        return E_NOMEM;
    const struct image_correlation *image = (const void *)b->image_correlations.ptr;
    const struct image_correlation_ref *refs = (const void *)b->image_correlation_refs.ptr;
    for (uint32_t i = 0; i < l->len; i++) {
        if (l->list[i].state != ACCEPTED)
            continue;
        const struct image_correlation *c = &image[l->list[i].index];
        for (uint32_t k = 0; k < c->refs_len; k++) {
            char *mark = &marks[refs[c->refs_start + k].rule];
            *mark = l->list[i].c->generate ? 2 : *mark ? *mark : 1;
        }
    }
    for (uint32_t rule = 0; rule < total; rule++) {
        if (marks[rule] == 1)
            buf_add(&b->image_silent, &rule, sizeof rule);
    }
    return buf_check(&b->image_silent);
}

int builder_correlation_link(struct builder *b, const struct builder_hearer *hearer)
{
    struct linker l = {.b = b,
                       .list = (struct builder_correlation *)(void *)b->correlations.ptr,
                       .len = builder_count(&b->correlations, sizeof(struct builder_correlation)),
                       .rules_len = builder_count(&b->rules, sizeof(struct image_rule)),
                       .hearer = hearer};
    int rc = 1;
    while (rc == 1)
        rc = round_of(&l, false);
    if (rc == 0)
        rc = round_of(&l, true);
    return rc < 0 ? rc : add_silent(&l);
}
