/* The order of evaluation: conditions ask for what is already known first, then for what takes a
 * look at the event, then for regular expressions, last for what only the disk has. And which
 * literals are worth looking for in every event: a short one that announces no rule is cheaper to
 * look for when a rule asks, because it is found everywhere. Called by builder.c when the witnesses
 * are chosen. */
#include "detect/builder_priv.h"

#include "base/mem.h"
#include "detect/disk.h"

#include <stdlib.h>

enum { SHORT_BYTES = 4 };

void builder_set_lazy(struct builder *b, const struct witness_index *index)
{
    struct image_item *items = builder_items(b);
    const uint32_t *start = (const uint32_t *)(const void *)index->start.ptr;
    for (uint32_t i = 0; i < builder_count(&b->item_list, sizeof *items); i++) {
        bool is_literal = items[i].kind == ITEM_PREFIX || items[i].kind == ITEM_SUFFIX ||
                          items[i].kind == ITEM_CONTAINS;
        bool announces = start[i] != start[i + 1];
        if (is_literal && items[i].text.len < SHORT_BYTES && !announces)
            items[i].flags = ITEM_LAZY;
    }
}

/* ------------------------------------------------------------------ order */

struct operand {
    uint32_t start; /* in the code */
    uint32_t span;
    unsigned cost;
};

static unsigned item_cost(const struct builder *b, const struct image_item *item)
{
    struct image_str name = builder_fields(b)[item->field].name;
    if (disk_is_field(str_n(b->pool.ptr + name.offset, name.len)))
        return 4;
    if (item->kind == ITEM_REGEX)
        return 3;
    if (item->kind > ITEM_NULL)
        return 2;
    return item_is_eager(item) ? 0 : 1;
}

static uint32_t span_of(uint32_t word)
{
    return word >> OP_SHIFT == OP_ITEM ? 1 : word & OP_ARGUMENT;
}

static int by_cost(const void *a, const void *b)
{
    const struct operand *x = a;
    const struct operand *y = b;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    return (x->start > y->start) - (x->start < y->start);
}

/* Dearest item among the words. */
static unsigned cost_of(const struct builder *b, const uint32_t *code, uint32_t span)
{
    unsigned most = 0;
    for (uint32_t i = 0; i < span; i++) {
        unsigned cost = code[i] >> OP_SHIFT == OP_ITEM
                            ? item_cost(b, &builder_items(b)[code[i] & OP_ARGUMENT])
                            : 0;
        most = cost > most ? cost : most;
    }
    return most;
}

/* Sort the operands of the operator at `code`, then those inside them. `copy` has room for the
 * span. Depth is bounded by the parser's limits. */
static int sort_operator(const struct builder *b, uint32_t *code, uint32_t *copy)
{
    uint32_t span = span_of(*code);
    CLEANUP(mem_freep) struct operand *operands = NULL;
    size_t len = 0;
    size_t cap = 0;
    for (uint32_t at = 1; at < span; at += span_of(code[at])) {
        if (mem_grow(&operands, &cap, len + 1, sizeof *operands))
            return E_NOMEM;
        uint32_t inner = span_of(code[at]);
        operands[len++] = (struct operand){at, inner, cost_of(b, code + at, inner)};
    }
    if (len > 1)
        qsort(operands, len, sizeof *operands, by_cost);
    memcpy(copy, code, span * sizeof *code);
    uint32_t to = 1;
    for (size_t i = 0; i < len; i++) {
        memcpy(code + to, copy + operands[i].start, operands[i].span * sizeof *code);
        to += operands[i].span;
    }
    for (uint32_t at = 1; at < span; at += span_of(code[at])) {
        int rc = code[at] >> OP_SHIFT == OP_ITEM ? 0 : sort_operator(b, code + at, copy);
        if (rc)
            return rc;
    }
    return 0;
}

int builder_order(struct builder *b)
{
    uint32_t *code = (uint32_t *)(void *)b->code.ptr;
    uint32_t len = builder_count(&b->code, sizeof *code);
    CLEANUP(mem_freep) uint32_t *copy = mem_calloc(len, sizeof *copy);
    if (!copy)
        return E_NOMEM;
    for (uint32_t at = 0; at < len; at += span_of(code[at])) {
        int rc = code[at] >> OP_SHIFT == OP_ITEM ? 0 : sort_operator(b, code + at, copy);
        if (rc)
            return rc;
    }
    return 0;
}
