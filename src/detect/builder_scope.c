/* Which literals the rules of one product ask for: where they are few, an event of that product is
 * searched for them alone. Called by builder.c. */
#include "detect/builder_priv.h"

#include "base/mem.h"

/* Texts of the pool are unique: the same place is the same text. */
static bool same(struct image_str a, struct image_str b)
{
    return a.len == b.len && (a.len == 0 || a.offset == b.offset);
}

/* Bits of the product: those without a number of their own ask for everything. */
static uint64_t bits_of(struct builder_scopes *s, struct image_str product)
{
    for (unsigned i = 0; i < s->products_len; i++) {
        if (same(s->products[i], product))
            return UINT64_C(1) << i;
    }
    if (s->products_len == BUILDER_SCOPES_MOST)
        return 0;
    s->products[s->products_len] = product;
    return UINT64_C(1) << s->products_len++;
}

static void ask_all(const struct builder *b, struct builder_scopes *s)
{
    const struct image_rule *rules = (const void *)b->rules.ptr;
    const struct image_logsource *sources = (const void *)b->logsources.ptr;
    const struct image_item *items = builder_items(b);
    const uint32_t *code = (const void *)b->code.ptr;
    uint32_t len = builder_count(&b->rules, sizeof *rules);
    for (uint32_t r = 0; r < len; r++) {
        uint64_t bits = bits_of(s, sources[rules[r].logsource].product);
        for (uint32_t i = 0; i < rules[r].code_len; i++) {
            uint32_t word = code[rules[r].code_start + i];
            if (word >> OP_SHIFT != OP_ITEM)
                continue;
            /* The item and all that must hold for it to hold. */
            for (uint32_t item = word & OP_ARGUMENT; item != IMAGE_NONE; item = items[item].gate)
                s->asked[item] |= bits;
        }
    }
}

int builder_scopes_init(struct builder_scopes *s, const struct builder *b)
{
    uint32_t items = builder_count(&b->item_list, sizeof(struct image_item));
    *s = (struct builder_scopes){.products_len = 1, .asked = mem_calloc(items, sizeof *s->asked)};
    if (!s->asked)
        return E_NOMEM;
    ask_all(b, s);
    return 0;
}

void builder_scopes_done(struct builder_scopes *s)
{
    mem_free(s->asked);
}

bool builder_scopes_pick(const struct builder_scopes *s, unsigned scope,
                         const struct literal *literals, size_t len, struct literal *out,
                         size_t *ret_len)
{
    enum { SMALL = 16 };
    uint64_t wanted = UINT64_C(1) << scope | 1;
    *ret_len = 0;
    for (size_t i = 0; i < len; i++) {
        uint64_t asked = s->asked[literals[i].item];
        if (asked == 0 || asked & wanted)
            out[(*ret_len)++] = literals[i];
    }
    return len > SMALL && *ret_len <= len / 4 * 3;
}
