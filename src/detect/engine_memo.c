/* What the matchers found in values that come again and again: paths of programs, users, log
 * channels. A value that is known costs a comparison of its bytes instead of a pass of every
 * matcher. A table of fixed size, two places a value; a field whose values do not come again
 * (hashes, times) soon stops asking. Called by engine_scan.c. */
#include "detect/engine_priv.h"

#include "base/mem.h"
#include "detect/fold.h"

enum {
    PLACES = 1024, /* a power of two */
    TEXT_LEAST = 8,
    TEXT_MOST = 160,
    ITEMS_MOST = 28,
    DOUBTS_MOST = 32, /* an unknown value adds one, a known one takes two away */
    TRY_EVERY = 16    /* values in doubt: to see whether they come again by now */
};

struct engine_known {
    uint64_t hash; /* 0 = nothing is here */
    uint32_t plan;
    uint16_t text_len;
    uint16_t items_len;
    uint32_t items[ITEMS_MOST];
    char text[TEXT_MOST];
};

int engine_memo_init(struct engine *e)
{
    const struct ruleset *r = e->rules;
    struct engine_memo *m = &e->memo;
    m->known = mem_calloc(PLACES, sizeof(*m->known));
    m->uses = mem_calloc(2 * (size_t)r->image.fields_len * r->scopes_len, sizeof(*m->uses));
    m->found.bits = mem_calloc((size_t)r->image.items_len / 64 + 1, sizeof(uint64_t));
    m->found.touched = mem_calloc(r->image.items_len, sizeof(uint32_t));
    return m->known && m->uses && m->found.bits && m->found.touched ? 0 : E_NOMEM;
}

void engine_memo_done(struct engine *e)
{
    mem_free(e->memo.known);
    mem_free(e->memo.uses);
    mem_free(e->memo.found.bits);
    mem_free(e->memo.found.touched);
}

/* Of the ends and the middle: the text is compared anyway. */
static uint64_t hash_of(uint32_t plan, struct str text)
{
    uint64_t h = fold_mix(plan, text.len);
    h = fold_mix(h, fold_load8(text.ptr + text.len - 8));
    h ^= fold_load8(text.ptr) * UINT64_C(0xff51afd7ed558ccd);
    h = fold_mix(h, fold_load8(text.ptr + (text.len - 8) / 2));
    if (text.len >= 24)
        h = fold_mix(h, fold_load8(text.ptr + text.len - 16) ^ fold_load8(text.ptr + 8) << 1);
    return h | 1;
}

static bool is_worth(struct engine_memo_use *use, struct str text)
{
    if (text.len < TEXT_LEAST || text.len > TEXT_MOST)
        return false;
    return use->doubts < DOUBTS_MOST || use->tries++ % TRY_EVERY == 0;
}

static struct engine_known *place_of(const struct engine_memo *m, uint64_t hash)
{
    return &m->known[hash >> 32 & (PLACES - 2)];
}

static const struct engine_known *find(const struct engine_memo *m, uint64_t hash, uint32_t plan,
                                       struct str text)
{
    const struct engine_known *k = place_of(m, hash);
    for (unsigned i = 0; i < 2; i++, k++) {
        if (k->hash == hash && k->plan == plan && k->text_len == text.len &&
            memcmp(k->text, text.ptr, text.len) == 0)
            return k;
    }
    return NULL;
}

static void remember(struct engine_memo *m, uint64_t hash, uint32_t plan, struct str text)
{
    struct engine_known *k = place_of(m, hash);
    if (k->hash)
        k += m->next++ & 1;
    k->hash = hash;
    k->plan = plan;
    k->text_len = (uint16_t)text.len;
    k->items_len = (uint16_t)m->found.len;
    memcpy(k->items, m->found.touched, m->found.len * sizeof(*k->items));
    memcpy(k->text, text.ptr, text.len);
}

/* Move what was found into the event's hits. */
static void take_found(struct engine *e)
{
    struct hits *found = &e->memo.found;
    for (uint32_t i = 0; i < found->len; i++) {
        hits_add(&e->hits, found->touched[i]);
        found->bits[found->touched[i] / 64] = 0;
    }
    found->len = 0;
}

void engine_memo_scan(struct engine *e, uint32_t plan, struct str text, engine_scan_fn scan)
{
    struct engine_memo *m = &e->memo;
    struct engine_memo_use *use = &m->uses[plan];
    if (!is_worth(use, text)) {
        scan(e, plan, text, &e->hits);
        return;
    }
    uint64_t hash = hash_of(plan, text);
    const struct engine_known *k = find(m, hash, plan, text);
    if (k) {
        use->doubts = use->doubts > 2 ? (uint8_t)(use->doubts - 2) : 0;
        for (uint32_t i = 0; i < k->items_len; i++)
            hits_add(&e->hits, k->items[i]);
        return;
    }
    if (use->doubts < DOUBTS_MOST)
        use->doubts++;
    scan(e, plan, text, &m->found);
    if (m->found.len <= ITEMS_MOST)
        remember(m, hash, plan, text);
    take_found(e);
}
