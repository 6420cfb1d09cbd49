/* What an event gives to a correlation: the group that its values of group-by make, and the number
 * or the hash that the condition works on. Called by correlator.c. Groups are known by a keyed hash
 * of their values, so that no event can choose its neighbours and no value is kept. */
#include "detect/correlator_priv.h"

#include "base/mem.h"
#include "crypto/hash.h"
#include "detect/number.h"

/* ------------------------------------------------------------------ values of an event */

static int join_list(struct correlator *c, const struct value *v, struct str *ret_text)
{
    buf_clear(&c->scratch);
    for (uint32_t i = 0; i < v->count; i++) {
        buf_add_cstr(&c->scratch, i ? ", " : "");
        buf_add_str(&c->scratch, v->list[i]);
    }
    if (buf_check(&c->scratch))
        return E_NOMEM;
    *ret_text = arena_str(&c->texts, buf_str(&c->scratch));
    return ret_text->ptr ? 0 : E_NOMEM;
}

/* Text of a value; a NULL pointer where there is none. @return 0 or E_NOMEM */
static int text_of(struct correlator *c, const struct value *v, struct str *ret_text)
{
    *ret_text = (struct str){0};
    switch (v->type) {
    case VALUE_STR:
        *ret_text = v->s.ptr ? v->s : STR("");
        return 0;
    case VALUE_INT:
        *ret_text = arena_fmt(&c->texts, "%lld", (long long)v->i);
        return ret_text->ptr ? 0 : E_NOMEM;
    case VALUE_BOOL:
        *ret_text = v->b ? STR("true") : STR("false");
        return 0;
    case VALUE_LIST:
        return v->count ? join_list(c, v, ret_text) : 0;
    default:
        return 0;
    }
}

static int field_text(struct correlator *c, const struct event *ev, uint32_t field,
                      struct str *ret_text)
{
    enum field_id id = (enum field_id)c->field_ids[field];
    struct str name = image_text(&c->rules->image, c->rules->image.correlation_fields[field]);
    struct value none = {.type = VALUE_NONE};
    if (id != FIELD_COUNT)
        return text_of(c, event_has(ev, id) ? &ev->values[id] : &none, ret_text);
    for (size_t i = 0; i < ev->extras_len; i++) {
        if (str_eq(ev->extras[i].name, name))
            return text_of(c, &ev->extras[i].value, ret_text);
    }
    return text_of(c, &none, ret_text);
}

/* The value of a field: of the group of the correlation that fired where it has that name, else of
 * the event. */
static int value_of(struct correlator *c, const struct event *ev, const struct made *made,
                    uint32_t field, struct str *ret_text)
{
    const struct image *image = &c->rules->image;
    struct str name = image_text(image, image->correlation_fields[field]);
    const struct image_correlation *child = made ? c->states[made->correlation].image : NULL;
    for (uint32_t i = 0; child && i < child->groups_len; i++) {
        if (str_eq(image_text(image, image->correlation_groups[child->groups_start + i]), name)) {
            *ret_text = made->values[i];
            return 0;
        }
    }
    return field_text(c, ev, field, ret_text);
}

static int hash_texts(struct correlator *c, const struct str *texts, size_t len,
                      unsigned char digest[HASH_BYTES])
{
    buf_clear(&c->scratch);
    buf_add(&c->scratch, c->seed, sizeof c->seed);
    for (size_t i = 0; i < len; i++) {
        buf_add_u64(&c->scratch, texts[i].len);
        buf_add_str(&c->scratch, texts[i]);
    }
    return buf_check(&c->scratch) ? E_NOMEM : hash_sha256(buf_str(&c->scratch), digest);
}

/* ------------------------------------------------------------------ what an event gives */

/* The number or the hash that the condition works on. *ret_whole is false where there is none. */
static int fill_value(struct correlator *c, const struct image_correlation *image,
                      const struct str *fields, struct input *in, bool *ret_whole)
{
    unsigned char digest[HASH_BYTES];
    struct number number;
    int64_t thousandths;
    int rc = 0;
    switch ((enum correlation_type)image->type) {
    case CORRELATION_EVENT_COUNT:
        in->value = 0;
        break;
    case CORRELATION_TEMPORAL:
    case CORRELATION_TEMPORAL_ORDERED:
        in->value = in->slot;
        break;
    case CORRELATION_VALUE_COUNT:
        rc = hash_texts(c, fields, image->fields_len, digest);
        if (rc == 0)
            memcpy(&in->value, digest, sizeof in->value);
        break;
    default:
        *ret_whole =
            number_parse(fields[0], &number) == 0 && number_thousandths(number, &thousandths);
        in->value = *ret_whole ? (uint64_t)thousandths : 0;
    }
    return rc;
}

/* What one rule, or one match of a correlation, gives to a correlation. */
static int add_input(struct correlator *c, struct correlation_state *s, const struct event *ev,
                     uint32_t slot, const struct made *made)
{
    const struct image_correlation *image = s->image;
    const struct image_correlation_ref *ref =
        &c->rules->image.correlation_refs[image->refs_start + slot];
    uint32_t len = image->groups_len + image->fields_len;
    struct str *texts = arena_array(&c->texts, (size_t)len + 1, sizeof *texts);
    struct input in = {.slot = slot,
                       .rule = ref->rule,
                       .values = texts,
                       .time_ns = made ? made->time_ns : c->now_ns};
    unsigned char digest[HASH_BYTES];
    bool whole = true;
    int rc = texts ? 0 : E_NOMEM;
    for (uint32_t i = 0; rc == 0 && i < len; i++) {
        rc = value_of(c, ev, made, ref->fields_start + i, &texts[i]);
        whole &= rc == 0 && texts[i].ptr != NULL;
    }
    if (rc == 0 && whole)
        rc = fill_value(c, image, texts + image->groups_len, &in, &whole);
    if (rc == 0 && whole)
        rc = hash_texts(c, texts, image->groups_len, digest);
    if (rc)
        return rc;
    c->stats.incomplete += whole ? 0 : 1;
    if (!whole)
        return 0;
    memcpy(in.key, digest, sizeof in.key);
    if (mem_grow(&c->inputs, &c->inputs_cap, c->inputs_len + 1, sizeof(*c->inputs)))
        return E_NOMEM;
    c->inputs[c->inputs_len++] = in;
    return 0;
}

static bool has_fired(const struct correlator *c, uint32_t rule)
{
    return (c->fired[rule / 64] >> (rule % 64) & 1) != 0;
}

int correlator_gather(struct correlator *c, struct correlation_state *s, const struct event *ev)
{
    const struct image *image = &c->rules->image;
    int rc = 0;
    c->inputs_len = 0;
    for (uint32_t slot = 0; rc == 0 && slot < s->image->refs_len; slot++) {
        uint32_t rule = image->correlation_refs[s->image->refs_start + slot].rule;
        if (rule < image->rules_len) {
            rc = has_fired(c, rule) ? add_input(c, s, ev, slot, NULL) : 0;
            continue;
        }
        for (size_t i = 0; rc == 0 && i < c->made_len; i++) {
            struct made made = c->made[i];
            if (made.correlation == rule - image->rules_len)
                rc = add_input(c, s, ev, slot, &made);
        }
    }
    return rc;
}
