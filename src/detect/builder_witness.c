/* Chooses each rule's witnesses: a set of eager items of which at least one must hold for the rule
 * to hold, so that the rule costs nothing until one does. From the conditions of an `and` the
 * cheapest set is taken, for an `or` all sets together; under a `not` there is none. Rules without
 * a set are candidates for every event of their log source. Called by builder.c. */
#include "detect/builder_priv.h"

#include "base/mem.h"

#include <stdlib.h>

#define NO_WITNESS UINT64_MAX

struct chooser {
    const struct builder *b;
    const struct image_item *items;
    const uint32_t *uses; /* rules that name the item, by item */
    uint64_t *weights;    /* by item, 0 = not known yet */
    uint32_t *set;        /* stack of items */
    size_t len;
    size_t cap;
    int rc;
};

static const uint32_t *code_of(const struct builder *b)
{
    return (const uint32_t *)(const void *)b->code.ptr;
}

/* A value that looks like the name of a file or a path. */
static bool names_a_file(struct str text)
{
    return str_find_char(text, '/') != SIZE_MAX || str_find_char(text, '\\') != SIZE_MAX ||
           str_find_char(text, '.') != SIZE_MAX;
}

/* How often the item will announce its rules in vain, of 65,536 values: short literals are common,
 * so is what many rules name, and what stands in typical values. A whole value says little by its
 * length (a vendor's name is long and everywhere), more by being a file's. */
static uint64_t weight_of(const struct chooser *c, uint32_t item)
{
    enum {
        LONG_ENOUGH = 12,
        ANY_VALUE = 512,
        FILE_VALUE = 32,
        VALUES = 65536,
        FIELD_IS_THERE = 1 << 24
    };
    const struct image_item *i = &c->items[item];
    uint64_t uses = 1 + (uint64_t)c->uses[item];
    struct str text = str_n(c->b->pool.ptr + i->text.offset, i->text.len);
    if (i->kind == ITEM_EXISTS)
        return FIELD_IS_THERE;
    uint64_t typical = builder_typical((enum image_item_kind)i->kind, text, VALUES);
    if (i->kind == ITEM_EXACT)
        return typical + uses * (names_a_file(text) ? FILE_VALUE : ANY_VALUE);
    uint32_t len = i->text.len < LONG_ENOUGH ? i->text.len : LONG_ENOUGH;
    return typical + uses * (((uint64_t)4 << (LONG_ENOUGH - len)) + 1);
}

static void push(struct chooser *c, uint32_t item)
{
    if (mem_grow(&c->set, &c->cap, c->len + 1, sizeof(*c->set)))
        c->rc = E_NOMEM;
    else
        c->set[c->len++] = item;
}

/* A short literal to be looked for in every value of an event: rather let the few log sources whose
 * rules have one evaluate them always than make every event pay. */
static bool is_short_word(const struct chooser *c, uint32_t item)
{
    enum { SHORT_BYTES = 3 };
    const struct image_item *i = &c->items[item];
    return i->kind != ITEM_EXISTS && i->text.len < SHORT_BYTES &&
           builder_fields(c->b)[i->field].name.len == 0;
}

static uint64_t choose_item(struct chooser *c, uint32_t item)
{
    uint32_t witness = c->items[item].kind <= ITEM_EXISTS ? item : c->items[item].gate;
    if (witness == IMAGE_NONE || !item_is_eager(&c->items[witness]) || is_short_word(c, witness))
        return NO_WITNESS;
    push(c, witness);
    if (c->weights[witness] == 0)
        c->weights[witness] = weight_of(c, witness);
    return c->weights[witness];
}

static uint64_t choose(struct chooser *c, uint32_t pc);

static uint32_t span(const struct chooser *c, uint32_t pc)
{
    uint32_t word = code_of(c->b)[pc];
    return word >> OP_SHIFT == OP_ITEM ? 1 : word & OP_ARGUMENT;
}

/* The cheapest operand's set replaces the ones before it. */
static uint64_t choose_and(struct chooser *c, uint32_t pc)
{
    uint64_t best = NO_WITNESS;
    size_t start = c->len;
    for (uint32_t at = pc + 1; at < pc + span(c, pc); at += span(c, at)) {
        size_t from = c->len;
        uint64_t weight = choose(c, at);
        if (weight < best) {
            best = weight;
            if (from > start)
                memmove(c->set + start, c->set + from, (c->len - from) * sizeof(*c->set));
            c->len = start + (c->len - from);
        } else {
            c->len = from;
        }
    }
    return best;
}

static uint64_t choose_or(struct chooser *c, uint32_t pc)
{
    uint64_t sum = 0;
    size_t start = c->len;
    for (uint32_t at = pc + 1; at < pc + span(c, pc); at += span(c, at)) {
        uint64_t weight = choose(c, at);
        if (weight == NO_WITNESS) {
            c->len = start;
            return NO_WITNESS;
        }
        sum += weight;
    }
    return sum;
}

static uint64_t choose(struct chooser *c, uint32_t pc)
{
    uint32_t word = code_of(c->b)[pc];
    switch ((enum image_op)(word >> OP_SHIFT)) {
    case OP_ITEM:
        return choose_item(c, word & OP_ARGUMENT);
    case OP_AND:
        return choose_and(c, pc);
    case OP_OR:
        return choose_or(c, pc);
    default:
        return NO_WITNESS;
    }
}

/* ------------------------------------------------------------------ the index */

struct announced {
    uint32_t item;
    uint32_t rule;
};

static int by_item(const void *a, const void *b)
{
    const struct announced *x = a;
    const struct announced *y = b;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return (x->rule > y->rule) - (x->rule < y->rule);
}

static const struct image_rule *rules_of(const struct builder *b, uint32_t *ret_len)
{
    *ret_len = builder_count(&b->rules, sizeof(struct image_rule));
    return (const struct image_rule *)(const void *)b->rules.ptr;
}

static void count_uses(const struct builder *b, uint32_t *uses)
{
    const uint32_t *code = code_of(b);
    const struct image_item *items = builder_items(b);
    for (uint32_t pc = 0; pc < builder_count(&b->code, sizeof *code); pc++) {
        uint32_t item = code[pc] & OP_ARGUMENT;
        if (code[pc] >> OP_SHIFT != OP_ITEM)
            continue;
        uses[item]++;
        if (items[item].gate != IMAGE_NONE)
            uses[items[item].gate]++;
    }
}

/* Append (item, rule) for every rule with witnesses; IMAGE_NONE as item for a rule without. */
static int choose_all(struct chooser *c, struct buf *announced)
{
    uint32_t rules_len;
    const struct image_rule *rules = rules_of(c->b, &rules_len);
    for (uint32_t r = 0; r < rules_len && c->rc == 0; r++) {
        c->len = 0;
        if (choose(c, rules[r].code_start) == NO_WITNESS) {
            c->len = 0;
            push(c, IMAGE_NONE);
        }
        for (size_t i = 0; i < c->len; i++) {
            struct announced a = {c->set[i], r};
            buf_add(announced, &a, sizeof a);
        }
    }
    return c->rc ? c->rc : buf_check(announced);
}

static int write_items(const struct builder *b, const struct announced *list, size_t len,
                       struct witness_index *index)
{
    size_t next = 0;
    uint32_t written = 0;
    for (uint32_t item = 0; item < builder_count(&b->item_list, sizeof(struct image_item));
         item++) {
        buf_add(&index->start, &written, sizeof written);
        for (; next < len && list[next].item == item; next++) {
            if (next && list[next - 1].item == item && list[next - 1].rule == list[next].rule)
                continue;
            buf_add(&index->rules, &list[next].rule, sizeof(uint32_t));
            written++;
        }
    }
    buf_add(&index->start, &written, sizeof written);
    return buf_check(&index->start) ? buf_check(&index->start) : buf_check(&index->rules);
}

/* `list` holds the rules without a witness, in order. */
static int write_always(const struct builder *b, const struct announced *list, size_t len,
                        struct witness_index *index)
{
    uint32_t rules_len;
    const struct image_rule *rules = rules_of(b, &rules_len);
    uint32_t sources = builder_count(&b->logsources, sizeof(struct image_logsource));
    uint32_t written = 0;
    for (uint32_t s = 0; s < sources; s++) {
        struct image_logsource source;
        memcpy(&source, b->logsources.ptr + s * sizeof source, sizeof source);
        source.always_start = written;
        for (size_t i = 0; i < len; i++) {
            if (rules[list[i].rule].logsource != s)
                continue;
            buf_add(&index->always, &list[i].rule, sizeof(uint32_t));
            written++;
        }
        source.always_len = written - source.always_start;
        buf_add(&index->logsources, &source, sizeof source);
    }
    return buf_check(&index->always) ? buf_check(&index->always) : buf_check(&index->logsources);
}

int builder_witness(const struct builder *b, struct witness_index *index)
{
    uint32_t items_len = builder_count(&b->item_list, sizeof(struct image_item));
    CLEANUP(mem_freep) uint32_t *uses = mem_calloc(items_len, sizeof *uses);
    CLEANUP(mem_freep) uint64_t *weights = mem_calloc(items_len, sizeof *weights);
    if (!uses || !weights)
        return E_NOMEM;
    count_uses(b, uses);
    struct chooser c = {.b = b, .items = builder_items(b), .uses = uses, .weights = weights};
    CLEANUP(buf_done) struct buf announced = {0};
    int rc = choose_all(&c, &announced);
    mem_free(c.set);
    if (rc)
        return rc;
    struct announced *list = (struct announced *)(void *)announced.ptr;
    size_t len = announced.len / sizeof *list;
    if (len)
        qsort(list, len, sizeof *list, by_item);
    size_t with = len;
    while (with && list[with - 1].item == IMAGE_NONE)
        with--;
    rc = write_items(b, list, with, index);
    return rc ? rc : write_always(b, with < len ? list + with : NULL, len - with, index);
}
