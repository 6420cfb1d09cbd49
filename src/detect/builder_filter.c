/* Filters: each is compiled when it is added and kept beside the rules; when all rules are there,
 * its code is put behind that of every rule it applies to, so that both must hold. Called by
 * builder.c. Source: Sigma filters specification 2.1. */
#include "detect/builder_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct builder_filter {
    struct str source;
    struct str logsource[3];
    struct sigma_ref *refs; /* their text is in the builder's arena */
    size_t refs_len;
    uint32_t code_start; /* in filter_code */
    uint32_t code_len;
    uint32_t line;
    uint32_t column;
    bool any;
};

/* A filter that applies to a rule. */
struct application {
    uint32_t rule;
    uint32_t filter;
};

static int copy_texts(struct builder *b, const struct sigma_filter *filter, struct str source,
                      struct builder_filter *f)
{
    const struct str parts[] = {filter->rule->product, filter->rule->category,
                                filter->rule->service};
    f->source = arena_str(&b->arena, source);
    f->refs = arena_array(&b->arena, filter->refs_len, sizeof(*f->refs));
    if (!f->source.ptr || !f->refs)
        return E_NOMEM;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        f->logsource[i] = arena_str(&b->arena, parts[i]);
        if (!f->logsource[i].ptr)
            return E_NOMEM;
    }
    for (size_t i = 0; i < filter->refs_len; i++) {
        f->refs[i] = filter->refs[i];
        f->refs[i].text = arena_str(&b->arena, filter->refs[i].text);
        if (!f->refs[i].text.ptr)
            return E_NOMEM;
    }
    return 0;
}

int builder_filter_add(struct builder *b, const struct sigma_filter *filter, struct str source)
{
    size_t at = b->code.len;
    struct builder_filter f = {.refs_len = filter->refs_len,
                               .any = filter->any,
                               .line = filter->rule->line,
                               .column = filter->rule->column,
                               .code_start = builder_count(&b->filter_code, sizeof(uint32_t))};
    if (builder_count(&b->filters, sizeof f) >= BUILDER_FILTERS_MOST)
        return E_LIMIT;
    int rc = copy_texts(b, filter, source, &f);
    if (rc == 0)
        rc = builder_compile(b, filter->rule);
    if (rc)
        return rc;
    buf_add(&b->filter_code, b->code.ptr + at, b->code.len - at);
    buf_truncate(&b->code, at);
    f.code_len = builder_count(&b->filter_code, sizeof(uint32_t)) - f.code_start;
    if (builder_count(&b->filter_code, sizeof(uint32_t)) > BUILDER_CODE_TOTAL)
        return E_LIMIT;
    buf_add(&b->filters, &f, sizeof f);
    rc = buf_check(&b->filter_code);
    return rc ? rc : buf_check(&b->filters);
}

/* ------------------------------------------------------------------ which rules */

static const struct image_rule *rule_at(const struct builder *b, uint32_t rule)
{
    return (const struct image_rule *)(const void *)b->rules.ptr + rule;
}

/* A part that the filter leaves open fits every rule. */
static bool fits(const struct builder *b, const struct builder_filter *f, uint32_t rule)
{
    struct image_logsource s;
    memcpy(&s, b->logsources.ptr + rule_at(b, rule)->logsource * sizeof s, sizeof s);
    const struct image_str parts[] = {s.product, s.category, s.service};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct str part = str_n(b->pool.ptr + parts[i].offset, parts[i].len);
        if (f->logsource[i].len && !str_eq(f->logsource[i], part))
            return false;
    }
    return true;
}

static void apply(struct buf *list, uint32_t rule, uint32_t filter)
{
    struct application a = {rule, filter};
    buf_add(list, &a, sizeof a);
}

static int find_named(const struct builder *b, const struct builder_filter *f, uint32_t filter,
                      struct buf *list, struct err *err)
{
    size_t before = list->len;
    int rc = 0;
    for (size_t i = 0; i < f->refs_len && rc == 0; i++) {
        uint32_t rule;
        err_at(err, NULL, f->refs[i].line, f->refs[i].column);
        rc = builder_find_rule(b, f->refs[i].text, &rule, err);
        if (rc == 0 && !fits(b, f, rule))
            rc = err_set(err, E_PARSE, "rule '%.*s' is of another log source than the filter",
                         STR_FMT(f->refs[i].text));
        if (rc == 0)
            apply(list, rule, filter);
    }
    if (rc)
        buf_truncate(list, before);
    return rc;
}

static void find_any(const struct builder *b, const struct builder_filter *f, uint32_t filter,
                     struct buf *list)
{
    for (uint32_t rule = 0; rule < builder_count(&b->rules, sizeof(struct image_rule)); rule++) {
        if (fits(b, f, rule))
            apply(list, rule, filter);
    }
}

static int find_all(const struct builder *b, const struct builder_hearer *hearer, struct buf *list)
{
    const struct builder_filter *filters = (const void *)b->filters.ptr;
    for (uint32_t i = 0; i < builder_count(&b->filters, sizeof *filters); i++) {
        struct err why = {0};
        char source[ERR_SOURCE_BYTES];
        (void)snprintf(source, sizeof source, "%.*s", STR_FMT(filters[i].source));
        err_at(&why, source, filters[i].line, filters[i].column);
        int rc = 0;
        if (filters[i].any)
            find_any(b, &filters[i], i, list);
        else
            rc = find_named(b, &filters[i], i, list, &why);
        hearer->counts->filters += rc == 0 ? 1 : 0;
        hearer->counts->refused += rc ? 1 : 0;
        if (rc && hearer->refused)
            hearer->refused(hearer->arg, &why);
    }
    return buf_check(list);
}

static int by_rule(const void *a, const void *b)
{
    const struct application *x = a;
    const struct application *y = b;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    return (x->filter > y->filter) - (x->filter < y->filter);
}

/* ------------------------------------------------------------------ the code */

/* One rule's code with that of its filters, `len` of them. */
static int join(const struct builder *b, struct image_rule *rule, const struct application *list,
                size_t len, struct buf *code)
{
    const struct builder_filter *filters = (const void *)b->filters.ptr;
    size_t start = code->len;
    uint32_t span = rule->code_len + 1;
    for (size_t i = 0; i < len; i++)
        span += filters[list[i].filter].code_len;
    if (start / sizeof span + span > BUILDER_CODE_TOTAL)
        return E_LIMIT;
    uint32_t both = op_word(OP_AND, span);
    if (len)
        buf_add(code, &both, sizeof both);
    buf_add(code, b->code.ptr + rule->code_start * sizeof span, rule->code_len * sizeof span);
    for (size_t i = 0; i < len; i++)
        buf_add(code, b->filter_code.ptr + filters[list[i].filter].code_start * sizeof span,
                filters[list[i].filter].code_len * sizeof span);
    rule->code_start = (uint32_t)(start / sizeof span);
    rule->code_len = (uint32_t)((code->len - start) / sizeof span);
    return buf_check(code);
}

static int rewrite(struct builder *b, const struct application *list, size_t len)
{
    struct image_rule *rules = (struct image_rule *)(void *)b->rules.ptr;
    struct buf code = {0};
    size_t at = 0;
    int rc = 0;
    for (uint32_t r = 0; rc == 0 && r < builder_count(&b->rules, sizeof *rules); r++) {
        size_t from = at;
        while (at < len && list[at].rule == r)
            at++;
        rc = join(b, &rules[r], list + from, at - from, &code);
    }
    if (rc) {
        buf_done(&code);
        return rc;
    }
    buf_done(&b->code);
    b->code = code;
    return 0;
}

int builder_filter_apply(struct builder *b, const struct builder_hearer *hearer)
{
    CLEANUP(buf_done) struct buf list = {.limit = BUILDER_CODE_TOTAL};
    int rc = find_all(b, hearer, &list);
    size_t len = list.len / sizeof(struct application);
    if (rc || len == 0)
        return rc;
    qsort(list.ptr, len, sizeof(struct application), by_rule);
    return rewrite(b, (const struct application *)(const void *)list.ptr, len);
}
