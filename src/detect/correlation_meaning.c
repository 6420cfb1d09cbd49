/* Digests of meaning. See correlation_meaning.h. Operands of `and` and `or` are sorted by digest,
 * and the same operator inside is taken apart: the builder orders them by what other rules ask for.
 * For the same reason flags that only say how an item is evaluated are left out. */
#include "detect/correlation_meaning.h"

#include <stdlib.h>

#include "base/mem.h"
#include "detect/correlation.h"

static void add_text(struct buf *out, const struct image *image, struct image_str s)
{
    buf_add_u64(out, s.len);
    buf_add_str(out, image_text(image, s));
}

static int finish(const struct buf *of, unsigned char digest[HASH_BYTES])
{
    return buf_check(of) ? E_NOMEM : hash_sha256(buf_str(of), digest);
}

/* ------------------------------------------------------------------ rules */

static int digest_item(const struct image *image, uint32_t index, unsigned char digest[HASH_BYTES])
{
    CLEANUP(buf_done) struct buf text = {0};
    const struct image_item *item = &image->items[index];
    bool literal = item->kind <= ITEM_EXISTS;
    bool reference = item->kind == ITEM_FIELDREF;
    buf_add_u8(&text, OP_ITEM);
    buf_add_u16(&text, item->kind);
    buf_add_u16(&text, (uint16_t)(literal ? item->flags & ~ITEM_LAZY : item->flags));
    buf_add_u32(&text, reference ? item->argument & ~FIELDREF_FIELD : item->argument);
    add_text(&text, image, image->fields[item->field].name);
    add_text(&text, image, item->text);
    return finish(&text, digest);
}

static int digest_code(const struct image *image, const uint32_t *code,
                       unsigned char digest[HASH_BYTES]);

static uint32_t span_of(uint32_t word)
{
    return word >> OP_SHIFT == OP_ITEM ? 1 : word & OP_ARGUMENT;
}

/* Append the digests of an operator's operands. */
static int add_operands(const struct image *image, const uint32_t *code, struct buf *digests)
{
    uint32_t op = *code >> OP_SHIFT;
    int rc = 0;
    for (uint32_t at = 1; rc == 0 && at < span_of(*code); at += span_of(code[at])) {
        unsigned char digest[HASH_BYTES];
        if (op != OP_NOT && code[at] >> OP_SHIFT == op) {
            rc = add_operands(image, code + at, digests);
            continue;
        }
        rc = digest_code(image, code + at, digest);
        buf_add(digests, digest, rc ? 0 : sizeof digest);
    }
    return rc;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES);
}

/* The nesting of the code is bounded by IMAGE_DEPTH_MOST. */
static int digest_code(const struct image *image, const uint32_t *code,
                       unsigned char digest[HASH_BYTES])
{
    CLEANUP(buf_done) struct buf digests = {0};
    uint32_t op = *code >> OP_SHIFT;
    if (op == OP_ITEM)
        return digest_item(image, *code & OP_ARGUMENT, digest);
    int rc = add_operands(image, code, &digests);
    if (rc || buf_check(&digests))
        return E_NOMEM;
    if (digests.len)
        qsort(digests.ptr, digests.len / HASH_BYTES, HASH_BYTES, by_bytes);
    buf_add_u8(&digests, (uint8_t)op);
    return finish(&digests, digest);
}

static int digest_rule(const struct image *image, uint32_t index, unsigned char digest[HASH_BYTES])
{
    CLEANUP(buf_done) struct buf text = {0};
    unsigned char code[HASH_BYTES];
    const struct image_rule *rule = &image->rules[index];
    const struct image_logsource *source = &image->logsources[rule->logsource];
    int rc = digest_code(image, image->code + rule->code_start, code);
    if (rc)
        return rc;
    buf_add_cstr(&text, "rule");
    add_text(&text, image, rule->id);
    add_text(&text, image, source->product);
    add_text(&text, image, source->category);
    add_text(&text, image, source->service);
    buf_add(&text, code, sizeof code);
    return finish(&text, digest);
}

/* ------------------------------------------------------------------ correlations */

/* Its own words, without its rules. */
static void add_definition(struct buf *out, const struct image *image,
                           const struct image_correlation *c)
{
    buf_add_cstr(out, "correlation");
    add_text(out, image, c->id);
    buf_add_u32(out, c->type);
    buf_add_u64(out, (uint64_t)c->timespan_ns);
    buf_add_u32(out, c->percentile);
    buf_add_u32(out, c->bounds_set);
    for (unsigned i = 0; i < BOUNDS; i++)
        buf_add_u64(out, c->bounds_set >> i & 1 ? (uint64_t)c->bounds[i] : 0);
    buf_add_u32(out, c->fields_len);
    buf_add_u32(out, c->groups_len);
    for (uint32_t i = 0; i < c->groups_len; i++)
        add_text(out, image, image->correlation_groups[c->groups_start + i]);
    buf_add_u32(out, c->refs_len);
}

static int keep(struct correlation_meaning *m, uint32_t rule,
                const unsigned char digest[HASH_BYTES])
{
    unsigned char *copy = arena_alloc(&m->arena, HASH_BYTES);
    if (!copy)
        return E_NOMEM;
    memcpy(copy, digest, HASH_BYTES);
    m->digests[rule] = copy;
    return 0;
}

/* The correlations before it have theirs. */
static int digest_correlation(struct correlation_meaning *m, const struct image *image,
                              uint32_t index)
{
    CLEANUP(buf_done) struct buf text = {0};
    unsigned char digest[HASH_BYTES];
    const struct image_correlation *c = &image->correlations[index];
    int rc = 0;
    add_definition(&text, image, c);
    for (uint32_t i = 0; i < c->refs_len; i++) {
        const struct image_correlation_ref *ref = &image->correlation_refs[c->refs_start + i];
        if (!m->digests[ref->rule]) {
            rc = digest_rule(image, ref->rule, digest);
            if (rc == 0)
                rc = keep(m, ref->rule, digest);
            if (rc)
                return rc;
        }
        buf_add(&text, m->digests[ref->rule], HASH_BYTES);
        for (uint32_t k = 0; k < c->groups_len + c->fields_len; k++)
            add_text(&text, image, image->correlation_fields[ref->fields_start + k]);
    }
    rc = finish(&text, digest);
    return rc ? rc : keep(m, image->rules_len + index, digest);
}

int correlation_meaning_init(struct correlation_meaning *m, const struct image *image)
{
    m->digests = mem_calloc((size_t)image->rules_len + image->correlations_len, sizeof *m->digests);
    int rc = m->digests ? 0 : E_NOMEM;
    for (uint32_t i = 0; rc == 0 && i < image->correlations_len; i++)
        rc = digest_correlation(m, image, i);
    return rc;
}

void correlation_meaning_done(struct correlation_meaning *m)
{
    mem_free(m->digests);
    arena_done(&m->arena);
    *m = (struct correlation_meaning){0};
}
