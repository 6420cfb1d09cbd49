/* The end of building: the order of evaluation, the matchers of every field, and all sections into
 * one image. See detect.h, builder_finish. */
#include "detect/builder_priv.h"

#include "base/mem.h"
#include "detect/exception_build.h"
#include "detect/prevent_build.h"

struct tables {
    struct buf matchers; /* struct image_matcher */
    struct buf tables;
    uint32_t field; /* whose matchers are being added */
    struct image_str product;
    bool keywords; /* are among their literals */
};

static int add_table(void *arg, const struct matcher_ops *ops, const struct literal *literals,
                     size_t len)
{
    static const char zeros[IMAGE_ALIGN];
    struct tables *t = arg;
    buf_add(&t->tables, zeros, (IMAGE_ALIGN - t->tables.len % IMAGE_ALIGN) % IMAGE_ALIGN);
    size_t start = t->tables.len;
    int rc = ops->build(literals, len, &t->tables);
    if (rc)
        return rc;
    if (t->tables.len > UINT32_MAX)
        return E_LIMIT;
    struct image_matcher m = {.kind = ops->kind,
                              .field = t->field,
                              .offset = (uint32_t)start,
                              .bytes = (uint32_t)(t->tables.len - start),
                              .product = t->product,
                              .keywords = t->keywords};
    buf_add(&t->matchers, &m, sizeof m);
    return buf_check(&t->matchers);
}

static struct literal literal_of(const struct builder *b, uint32_t item)
{
    static const uint32_t where[] = {[ITEM_EXACT] = AT_START | AT_END,
                                     [ITEM_PREFIX] = AT_START,
                                     [ITEM_SUFFIX] = AT_END,
                                     [ITEM_CONTAINS] = 0};
    const struct image_item *i = &builder_items(b)[item];
    return (struct literal){str_n(b->pool.ptr + i->text.offset, i->text.len), item, where[i->kind]};
}

static bool has_literal(const struct image_item *item)
{
    return item->kind <= ITEM_CONTAINS && item_is_eager(item);
}

/* Put the literals in the order of their fields; start[f] is where field f begins. */
static void sort_literals(const struct builder *b, struct literal *literals, uint32_t *start,
                          uint32_t fields)
{
    const struct image_item *items = builder_items(b);
    uint32_t len = builder_count(&b->item_list, sizeof *items);
    for (uint32_t i = 0; i < len; i++) {
        if (has_literal(&items[i]))
            start[items[i].field + 2]++;
    }
    for (uint32_t f = 2; f < fields + 2; f++)
        start[f] += start[f - 1];
    for (uint32_t i = 0; i < len; i++) {
        if (has_literal(&items[i]))
            literals[start[items[i].field + 1]++] = literal_of(b, i);
    }
}

/* Literals of one field, ordered by what they are found by. */
struct literals {
    struct literal *first;
    size_t len;
};

/* Whether to look for the keywords, too, when a field is searched: one pass over a value instead of
 * two, where they are few and the field's own literals so many that its tables hardly grow. */
static bool takes_keywords(const struct literals *own, const struct literals *keywords)
{
    enum { FEW = 1024 };
    return keywords->len && keywords->len <= FEW && keywords->first != own->first &&
           own->len >= 2 * keywords->len;
}

/* Plan the matchers of one field: all its literals, and again those of each product that asks for
 * few of them. A product that asks for none gets an empty table, to say so.
 * @param scratch room for all literals of both */
static int add_field(struct tables *t, const struct builder_scopes *scopes,
                     const struct literals *own, const struct literals *keywords,
                     struct literal *scratch)
{
    bool both = takes_keywords(own, keywords);
    int rc = 0;
    for (unsigned p = 1; rc == 0 && p < scopes->products_len; p++) {
        size_t len;
        size_t more = 0;
        if (!builder_scopes_pick(scopes, p, own->first, own->len, scratch, &len))
            continue;
        if (both && len)
            (void)builder_scopes_pick(scopes, p, keywords->first, keywords->len, scratch + len,
                                      &more);
        t->keywords = both && len;
        t->product = scopes->products[p];
        rc = len ? matcher_plan(scratch, len + more, add_table, t)
                 : add_table(t, &matcher_exact, NULL, 0);
    }
    t->product = (struct image_str){0};
    t->keywords = both;
    if (rc || !both)
        return rc ? rc : matcher_plan(own->first, own->len, add_table, t);
    memcpy(scratch, own->first, own->len * sizeof *scratch);
    memcpy(scratch + own->len, keywords->first, keywords->len * sizeof *scratch);
    return matcher_plan(scratch, own->len + keywords->len, add_table, t);
}

static int add_fields(const struct builder *b, struct tables *t,
                      const struct builder_scopes *scopes, struct literal *literals,
                      const uint32_t *start, struct literal *scratch)
{
    uint32_t fields = builder_count(&b->field_list, sizeof(struct image_field));
    struct literals keywords = {0};
    for (uint32_t f = 0; f < fields; f++) {
        if (builder_fields(b)[f].name.len == 0)
            keywords = (struct literals){literals + start[f], start[f + 1] - start[f]};
    }
    int rc = 0;
    for (t->field = 0; rc == 0 && t->field < fields; t->field++) {
        const struct literals own = {literals + start[t->field],
                                     start[t->field + 1] - start[t->field]};
        rc = add_field(t, scopes, &own, &keywords, scratch);
    }
    return rc;
}

static int add_matchers(const struct builder *b, struct tables *t)
{
    uint32_t fields = builder_count(&b->field_list, sizeof(struct image_field));
    uint32_t items = builder_count(&b->item_list, sizeof(struct image_item));
    CLEANUP(mem_freep) struct literal *literals = mem_calloc(items, sizeof *literals);
    CLEANUP(mem_freep) struct literal *scratch = mem_calloc(items, sizeof *scratch);
    CLEANUP(mem_freep) uint32_t *start = mem_calloc((size_t)fields + 2, sizeof *start);
    CLEANUP(builder_scopes_done) struct builder_scopes scopes = {0};
    if (!literals || !scratch || !start || builder_scopes_init(&scopes, b))
        return E_NOMEM;
    sort_literals(b, literals, start, fields);
    return add_fields(b, t, &scopes, literals, start, scratch);
}

static int add_origin(const struct builder *b, struct buf *out)
{
    struct image_prevent_origin origin = {.issued_ns = b->list.issued_ns};
    buf_add(out, &origin, sizeof origin);
    return buf_check(out);
}

int builder_finish(struct builder *b, struct buf *ret_image, struct err *err)
{
    struct builder_counts counts = {0};
    int rc = builder_link(b, NULL, NULL, &counts, err);
    if (rc)
        return rc;
    struct witness_index index = {0};
    struct tables t = {0};
    rc = builder_witness(b, &index);
    if (rc == 0) {
        builder_set_lazy(b, &index);
        rc = builder_order(b);
    }
    if (rc == 0)
        rc = add_matchers(b, &t);
    struct buf prevent = {0};
    struct buf prevent_texts = {0};
    if (rc == 0)
        rc = prevent_build(&b->list, &prevent, &prevent_texts);
    struct buf prevent_origin = {0};
    if (rc == 0 && b->list.issued_ns)
        rc = add_origin(b, &prevent_origin);
    struct exception_sections except = {0};
    if (rc == 0)
        rc = exception_build(b, &except);
    struct buf image = {0};
    if (rc == 0) {
        const struct buf parts[] = {b->pool,
                                    b->rules,
                                    b->techniques,
                                    b->code,
                                    b->item_list,
                                    b->field_list,
                                    index.logsources,
                                    index.always,
                                    index.start,
                                    index.rules,
                                    t.matchers,
                                    t.tables,
                                    b->yara,
                                    prevent,
                                    prevent_texts,
                                    prevent_origin,
                                    except.exceptions,
                                    except.tests,
                                    except.start,
                                    except.list,
                                    b->image_correlations,
                                    b->image_correlation_refs,
                                    b->image_correlation_groups,
                                    b->image_correlation_fields,
                                    b->image_silent};
        rc = image_write(parts, &image, err);
    } else {
        (void)err_set(err, rc, "%s", err_sentence(rc));
    }
    struct buf *const temporary[] = {&index.start, &index.rules, &index.always, &index.logsources,
                                     &t.matchers,  &t.tables,    &prevent,      &prevent_texts};
    for (size_t i = 0; i < ARRAY_LEN(temporary); i++)
        buf_done(temporary[i]);
    exception_sections_done(&except);
    buf_done(&prevent_origin);
    if (rc) {
        buf_done(&image);
        return rc;
    }
    buf_done(ret_image);
    *ret_image = image;
    return 0;
}
