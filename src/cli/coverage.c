/* Rules by technique. See coverage.h. */
#include "cli/coverage.h"

#include <stdlib.h>

#include "base/mem.h"
#include "codec/json_out.h"
#include "schema/attack.h"

#define LAYER_VERSION     "4.5"
#define NAVIGATOR_VERSION "5.1.0"

bool coverage_sees(const struct coverage_rule *rule, enum event_source source)
{
    return source == EVENT_SOURCES ? rule->sources != 0 : (rule->sources >> source & 1) != 0;
}

static struct coverage_rule rule_coverage(const struct ruleset *set, uint32_t rule)
{
    struct coverage_rule c = {.sources = 0};
    for (unsigned s = 0; s < EVENT_SOURCES; s++) {
        struct kind_set kinds = coverage_kinds(set, rule, tier_table[s].product);
        for (unsigned k = KIND_UNKNOWN + 1; k < KIND_COUNT; k++) {
            if (!kind_set_has(&kinds, (enum event_kind)k))
                continue;
            kind_set_add(&c.kinds, (enum event_kind)k);
            if (tier_tells((enum event_source)s, (enum event_kind)k))
                c.sources |= UINT32_C(1) << s;
        }
    }
    return c;
}

static int by_id(const void *a, const void *b)
{
    const struct coverage_technique *x = a;
    const struct coverage_technique *y = b;
    return str_cmp(x->id, y->id);
}

/* Make one entry of all entries of a technique. A rule is counted once however often it names one.
 */
static void merge(struct coverage *c)
{
    size_t len = 0;
    qsort(c->techniques, c->techniques_len, sizeof *c->techniques, by_id);
    for (size_t i = 0; i < c->techniques_len; i++) {
        struct coverage_technique *one = &c->techniques[i];
        struct coverage_technique *last = len ? &c->techniques[len - 1] : NULL;
        if (!last || !str_eq(last->id, one->id)) {
            c->techniques[len++] = *one;
            continue;
        }
        bool better = one->seen ? !last->seen || one->level > last->level
                                : !last->seen && one->level > last->level;
        if (better)
            last->level = one->level;
        last->rules += one->rules;
        last->seen += one->seen;
    }
    c->techniques_len = len;
}

static bool named_before(const struct rule_info *info, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++) {
        if (str_eq(technique_current(info->techniques[i]), technique_current(info->techniques[at])))
            return true;
    }
    return false;
}

int coverage_make(const struct ruleset *set, enum event_source source, struct coverage *ret)
{
    uint32_t rules = ruleset_len(set);
    size_t named = 0;
    for (uint32_t i = 0; i < rules; i++)
        named += ruleset_info(set, i).techniques_len;
    *ret = (struct coverage){.set = set};
    ret->rules = mem_calloc(rules + 1, sizeof *ret->rules);
    ret->techniques = mem_calloc(named + 1, sizeof *ret->techniques);
    if (!ret->rules || !ret->techniques) {
        coverage_done(ret);
        return E_NOMEM;
    }
    for (uint32_t i = 0; i < rules; i++) {
        struct rule_info info = ruleset_info(set, i);
        ret->rules[i] = rule_coverage(set, i);
        for (uint32_t t = 0; t < info.techniques_len; t++) {
            if (!named_before(&info, t))
                ret->techniques[ret->techniques_len++] =
                    (struct coverage_technique){.id = technique_current(info.techniques[t]),
                                                .rules = 1,
                                                .seen = coverage_sees(&ret->rules[i], source),
                                                .level = info.level};
        }
    }
    merge(ret);
    return 0;
}

void coverage_done(struct coverage *c)
{
    mem_free(c->rules);
    mem_free(c->techniques);
    *c = (struct coverage){0};
}

/* ------------------------------------------------------------------ Navigator layer */

/* The titles of the rules that name the technique, for its tooltip. */
static void add_comment(struct json_out *j, const struct coverage *c, struct str id,
                        enum event_source source, struct buf *scratch)
{
    buf_clear(scratch);
    for (uint32_t i = 0; i < ruleset_len(c->set); i++) {
        struct rule_info info = ruleset_info(c->set, i);
        for (uint32_t t = 0; t < info.techniques_len; t++) {
            if (!str_eq(technique_current(info.techniques[t]), id) || named_before(&info, t))
                continue;
            buf_addf(scratch, "%s%.*s (%s)%s", scratch->len ? "\n" : "", STR_FMT(info.title),
                     rule_level_name(info.level),
                     coverage_sees(&c->rules[i], source) ? "" : ", blind here");
        }
    }
    json_key(j, "comment");
    json_str(j, buf_str(scratch));
}

static void add_technique(struct json_out *j, const struct coverage *c,
                          const struct coverage_technique *t, enum event_source source,
                          struct buf *scratch)
{
    json_object_begin(j);
    json_kv_str(j, "techniqueID", t->id);
    json_kv_uint(j, "score", t->seen);
    json_kv_bool(j, "enabled", true);
    add_comment(j, c, t->id, source, scratch);
    json_key(j, "metadata");
    json_array_begin(j);
    json_object_begin(j);
    json_kv_cstr(j, "name", "highest level");
    json_kv_cstr(j, "value", rule_level_name(t->level));
    json_object_end(j);
    json_array_end(j);
    json_object_end(j);
}

static void add_gradient(struct json_out *j, const struct coverage *c)
{
    uint32_t most = 1;
    for (size_t i = 0; i < c->techniques_len; i++)
        most = c->techniques[i].seen > most ? c->techniques[i].seen : most;
    json_key(j, "gradient");
    json_object_begin(j);
    json_key(j, "colors");
    json_array_begin(j);
    json_cstr(j, "#ffffff");
    json_cstr(j, "#66b1ff");
    json_cstr(j, "#0b4f9e");
    json_array_end(j);
    json_kv_int(j, "minValue", 0);
    json_kv_uint(j, "maxValue", most);
    json_object_end(j);
}

int coverage_add_layer(struct buf *out, const struct coverage *c, enum event_source source)
{
    struct json_out j = {.out = out};
    struct buf scratch CLEANUP(buf_done) = {0};
    json_object_begin(&j);
    json_kv_cstr(&j, "name", "Cordon detection coverage");
    json_key(&j, "versions");
    json_object_begin(&j);
    json_kv_cstr(&j, "attack", ATTACK_VERSION);
    json_kv_cstr(&j, "navigator", NAVIGATOR_VERSION);
    json_kv_cstr(&j, "layer", LAYER_VERSION);
    json_object_end(&j);
    json_kv_cstr(&j, "domain", "enterprise-attack");
    json_key(&j, "description");
    if (source == EVENT_SOURCES) {
        json_cstr(&j, "Score: rules that name the technique");
    } else {
        buf_addf(&scratch, "Score: rules that name the technique and can fire on events of '%.*s'",
                 STR_FMT(tier_table[source].name));
        json_str(&j, buf_str(&scratch));
    }
    json_key(&j, "filters");
    json_object_begin(&j);
    json_key(&j, "platforms");
    json_array_begin(&j);
    json_cstr(&j, source == SOURCE_KERNEL ? "Linux" : "macOS");
    json_array_end(&j);
    json_object_end(&j);
    json_kv_int(&j, "sorting", 3); /* by falling score */
    json_kv_bool(&j, "hideDisabled", false);
    json_key(&j, "techniques");
    json_array_begin(&j);
    for (size_t i = 0; i < c->techniques_len; i++)
        add_technique(&j, c, &c->techniques[i], source, &scratch);
    json_array_end(&j);
    add_gradient(&j, c);
    json_object_end(&j);
    return buf_check(&scratch) ? E_NOMEM : buf_check(out);
}
