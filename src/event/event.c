/* Cordon's flat form of an event, as written to spools, segments, alerts and outputs. The reader of
 * the same form is normalise_cordon.c: what is written here comes back as it was. */
#include "event/event.h"

#include "codec/json_out.h"

static void add_value(struct json_out *j, enum field_type type, const struct value *v)
{
    switch (v->type) {
    case VALUE_NONE:
    case VALUE_NULL:
        json_null_value(j);
        return;
    case VALUE_STR:
        json_str(j, v->s);
        return;
    case VALUE_INT:
        if (type == FIELD_TIME)
            json_time(j, v->i);
        else
            json_int(j, v->i);
        return;
    case VALUE_BOOL:
        json_bool(j, v->b);
        return;
    case VALUE_LIST:
        json_array_begin(j);
        for (uint32_t i = 0; i < v->count; i++)
            json_str(j, v->list[i]);
        json_array_end(j);
        return;
    }
}

static void add_source(struct json_out *j, const char *key, struct str s)
{
    if (s.len)
        json_kv_str(j, key, s);
}

void event_add_json(struct buf *out, const struct event *ev)
{
    struct json_out j = {.out = out};
    json_object_begin(&j);
    json_kv_str(&j, "kind", kind_table[ev->kind].name);
    if (ev->time_ns)
        json_kv_time(&j, "time", ev->time_ns);
    add_source(&j, "product", ev->product);
    add_source(&j, "category", ev->category);
    add_source(&j, "service", ev->service);
    for (size_t word = 0; word < ARRAY_LEN(ev->present); word++) {
        for (uint64_t left = ev->present[word]; left; left &= left - 1) {
            size_t id = word * 64 + (unsigned)__builtin_ctzll(left);
            if (id == F_KIND || id == F_EVENT_TIME) /* stands in front already */
                continue;
            json_key_str(&j, field_table[id].name);
            add_value(&j, field_table[id].type, &ev->values[id]);
        }
    }
    for (size_t i = 0; i < ev->extras_len; i++) {
        json_key_str(&j, ev->extras[i].name);
        add_value(&j, FIELD_STR, &ev->extras[i].value);
    }
    json_object_end(&j);
}
