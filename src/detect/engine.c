/* Matching events against a loaded ruleset. See detect.h.
 * Per event: the matchers tell which items hold (engine_scan.c), the items announce candidate rules
 * of the event's log source (engine_source.c), the candidates' conditions decide (engine_eval.c).
 */
#include "detect/engine_priv.h"

#include "base/mem.h"

static size_t words(uint32_t bits)
{
    return (size_t)bits / 64 + 1;
}

/* ------------------------------------------------------------------ life */

/* Eager items are answered by the scan: unless it finds them they do not hold. */
static void set_known(struct engine *e)
{
    const struct image *image = &e->rules->image;
    for (uint32_t i = 0; i < image->items_len; i++) {
        if (item_is_eager(&image->items[i]))
            e->known[i / 64] |= UINT64_C(1) << (i % 64);
    }
}

static int reserve(struct engine *e)
{
    const struct image *image = &e->rules->image;
    e->hits.bits = mem_calloc(words(image->items_len), sizeof(uint64_t));
    e->hits.touched = mem_calloc(image->items_len, sizeof(uint32_t));
    e->known = mem_calloc(words(image->items_len), sizeof(uint64_t));
    e->asked = mem_calloc(image->items_len, sizeof(uint32_t));
    e->first_extra = mem_calloc(image->fields_len, sizeof(uint32_t));
    e->extra_epoch = mem_calloc(image->fields_len, sizeof(uint32_t));
    e->candidates = mem_calloc(words(image->rules_len), sizeof(uint64_t));
    e->candidates_summary = mem_calloc(words((uint32_t)words(image->rules_len)), sizeof(uint64_t));
    e->regexes = mem_calloc(e->rules->regexes, sizeof(*e->regexes));
    e->regex_bad = mem_calloc(e->rules->regexes, sizeof(*e->regex_bad));
    e->hidden = mem_calloc(image->exceptions_len, sizeof(*e->hidden));
    if (!e->hits.bits || !e->hits.touched || !e->known || !e->asked || !e->first_extra ||
        !e->extra_epoch || !e->candidates || !e->candidates_summary || !e->regexes ||
        !e->regex_bad || !e->hidden)
        return E_NOMEM;
    if (engine_memo_init(e))
        return E_NOMEM;
    return engine_source_init(e);
}

int engine_new(struct ruleset *r, struct engine **ret_engine)
{
    struct engine *e = mem_calloc(1, sizeof *e);
    if (!e)
        return E_NOMEM;
    e->rules = ruleset_ref(r);
    if (reserve(e)) {
        engine_free(e);
        return E_NOMEM;
    }
    set_known(e);
    *ret_engine = e;
    return 0;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    for (uint32_t i = 0; e->regexes && i < e->rules->regexes; i++)
        regex_free(e->regexes[i]);
    regex_scratch_free(e->regex_scratch);
    engine_source_done(e);
    engine_memo_done(e);
    mem_free(e->hits.bits);
    mem_free(e->hits.touched);
    mem_free(e->known);
    mem_free(e->asked);
    mem_free(e->first_extra);
    mem_free(e->extra_epoch);
    mem_free(e->next_extra);
    mem_free(e->candidates);
    mem_free(e->candidates_summary);
    mem_free(e->regexes);
    mem_free(e->regex_bad);
    mem_free(e->hidden);
    mem_free(e->disk_values);
    mem_free(e->matches);
    mem_free(e->fields);
    arena_done(&e->texts);
    ruleset_unref(e->rules);
    mem_free(e);
}

/* ------------------------------------------------------------------ one event */

static void reset(struct engine *e)
{
    for (uint32_t i = 0; i < e->hits.len; i++)
        e->hits.bits[e->hits.touched[i] / 64] = 0;
    e->hits.len = 0;
    for (uint32_t i = 0; i < e->asked_len; i++)
        e->known[e->asked[i] / 64] &= ~(UINT64_C(1) << (e->asked[i] % 64));
    e->asked_len = 0;
    e->matches_len = 0;
    e->fields_len = 0;
    e->failed = 0;
    arena_clear(&e->texts);
    if (++e->epoch == 0) {
        memset(e->extra_epoch, 0, e->rules->image.fields_len * sizeof(uint32_t));
        e->epoch = 1;
    }
}

static void add_candidate(struct engine *e, uint32_t rule)
{
    uint32_t word = rule / 64;
    e->candidates[word] |= UINT64_C(1) << (rule % 64);
    e->candidates_summary[word / 64] |= UINT64_C(1) << (word % 64);
}

/* The rules' code is asked for here, so that it has arrived when they are decided. */
static void announce(struct engine *e)
{
    const struct image *image = &e->rules->image;
    const struct ruleset_rule *rules = e->rules->rules;
    for (uint32_t i = 0; i < e->hits.len; i++) {
        uint32_t item = e->hits.touched[i];
        for (uint32_t w = image->witness_start[item]; w < image->witness_start[item + 1]; w++) {
            uint32_t rule = image->witness_rules[w];
            if (!e->source->applies[rules[rule].logsource])
                continue;
            __builtin_prefetch(&image->code[rules[rule].code_start]);
            add_candidate(e, rule);
        }
    }
    for (uint32_t i = 0; i < e->source->always_len; i++) {
        const struct image_logsource *s = &image->logsources[e->source->always[i]];
        for (uint32_t a = 0; a < s->always_len; a++)
            add_candidate(e, image->always[s->always_start + a]);
    }
}

/* The fields are found later by their number: the array may still move. */
static int decide(struct engine *e, uint32_t rule)
{
    e->stats.candidates++;
    if (!engine_holds(e, rule) || e->failed)
        return e->failed;
    if (engine_is_excepted(e, rule))
        return 0;
    size_t from = e->fields_len;
    int rc = engine_explain(e, rule);
    if (rc)
        return rc;
    if (mem_grow(&e->matches, &e->matches_cap, e->matches_len + 1, sizeof(*e->matches)))
        return E_NOMEM;
    e->matches[e->matches_len++] =
        (struct match){.rule = rule, .fields_len = (uint32_t)(e->fields_len - from)};
    return 0;
}

/* In rule order; leaves no candidate behind, also after a failure. */
static int decide_all(struct engine *e)
{
    int rc = 0;
    size_t summary_words = words((uint32_t)words(e->rules->image.rules_len));
    for (size_t s = 0; s < summary_words; s++) {
        for (uint64_t summary = e->candidates_summary[s]; summary; summary &= summary - 1) {
            size_t word = s * 64 + (size_t)__builtin_ctzll(summary);
            for (uint64_t bits = e->candidates[word]; bits && rc == 0; bits &= bits - 1)
                rc = decide(e, (uint32_t)(word * 64 + (size_t)__builtin_ctzll(bits)));
            e->candidates[word] = 0;
        }
        e->candidates_summary[s] = 0;
    }
    return rc;
}

int engine_match(struct engine *e, const struct event *ev, const struct match **ret_matches)
{
    reset(e);
    e->ev = ev;
    e->stats.events++;
    engine_source_find(e);
    int rc = engine_scan(e);
    if (rc)
        return rc;
    announce(e);
    rc = decide_all(e);
    if (rc)
        return rc;
    size_t start = 0;
    for (size_t i = 0; i < e->matches_len; i++) {
        e->matches[i].fields = e->matches[i].fields_len ? e->fields + start : NULL;
        start += e->matches[i].fields_len;
    }
    e->stats.matches += e->matches_len;
    *ret_matches = e->matches;
    return (int)e->matches_len;
}

const struct engine_stats *engine_stats(const struct engine *e)
{
    return &e->stats;
}
