/* One event in the flat schema: a kind, three clocks, a log source and typed fields.
 * Made by a normaliser, enriched by the process tree, read by detection and by every writer.
 * Owns nothing: slices point into the input line or the normaliser's scratch and are valid until
 * the next event is made. Field ids, names and types: schema/field.h. */
#ifndef CORDON_EVENT_EVENT_H
#define CORDON_EVENT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "schema/field.h"
#include "schema/kind.h"

enum value_type {
    VALUE_NONE, /* the event does not have the field */
    VALUE_NULL, /* the event says null */
    VALUE_STR,
    VALUE_INT,
    VALUE_BOOL,
    VALUE_LIST /* of strings */
};

struct value {
    enum value_type type;
    uint32_t count; /* items of a list */
    union {
        struct str s;
        int64_t i;
        bool b;
        const struct str *list;
    };
};

/** A field no table knows: kept for evidence, and matched when a rule names it. */
struct extra {
    struct str name; /* top-level key, or dotted path */
    struct value value;
};

struct event {
    enum event_kind kind;
    int64_t time_ns;    /* the device's clock; 0 = the source had none */
    struct str product; /* Sigma log source; empty = unknown, every rule applies */
    struct str category;
    struct str service;
    struct str raw; /* the line it came from */
    uint64_t present[(FIELD_COUNT + 63) / 64];
    struct value values[FIELD_COUNT]; /* meaningful only where `present` has the bit */
    const struct extra *extras;
    size_t extras_len;
};

/** Forget the content; costs a few words, not the whole array. */
static inline void event_clear(struct event *ev)
{
    ev->kind = KIND_UNKNOWN;
    ev->time_ns = 0;
    ev->product = ev->category = ev->service = ev->raw = (struct str){0};
    for (size_t i = 0; i < ARRAY_LEN(ev->present); i++)
        ev->present[i] = 0;
    ev->extras = NULL;
    ev->extras_len = 0;
}

static inline bool event_has(const struct event *ev, enum field_id id)
{
    return (ev->present[id / 64] >> (id % 64) & 1) != 0;
}

/** The value, or one of type VALUE_NONE. */
static inline struct value event_get(const struct event *ev, enum field_id id)
{
    return event_has(ev, id) ? ev->values[id] : (struct value){.type = VALUE_NONE};
}

/** String value, or an empty slice when absent or of another type. */
static inline struct str event_str(const struct event *ev, enum field_id id)
{
    return event_has(ev, id) && ev->values[id].type == VALUE_STR ? ev->values[id].s
                                                                 : (struct str){0};
}

/** Integer value, or `fallback`. */
static inline int64_t event_int(const struct event *ev, enum field_id id, int64_t fallback)
{
    return event_has(ev, id) && ev->values[id].type == VALUE_INT ? ev->values[id].i : fallback;
}

static inline void event_set(struct event *ev, enum field_id id, struct value v)
{
    ev->present[id / 64] |= UINT64_C(1) << (id % 64);
    ev->values[id] = v;
}

/* These write the members one by one: a whole value made on the stack would be read back in larger
 * pieces than it was written, and the processor waits for that. */
static inline struct value *event_slot(struct event *ev, enum field_id id, enum value_type type)
{
    ev->present[id / 64] |= UINT64_C(1) << (id % 64);
    ev->values[id].type = type;
    ev->values[id].count = 0;
    return &ev->values[id];
}

static inline void event_set_str(struct event *ev, enum field_id id, struct str s)
{
    event_slot(ev, id, VALUE_STR)->s = s;
}

static inline void event_set_int(struct event *ev, enum field_id id, int64_t i)
{
    event_slot(ev, id, VALUE_INT)->i = i;
}

static inline void event_set_bool(struct event *ev, enum field_id id, bool b)
{
    event_slot(ev, id, VALUE_BOOL)->b = b;
}

static inline void event_set_list(struct event *ev, enum field_id id, const struct str *items,
                                  size_t count)
{
    event_set(ev, id, (struct value){.type = VALUE_LIST, .count = (uint32_t)count, .list = items});
}

/**
 * Append the event as one flat JSON object on one line: "kind", "time", "product", "category",
 * "service", known fields by dotted name, then extras. normaliser_record reads it back exactly
 * (FORMAT_CORDON). A FIELD_TIME value is nanoseconds since 1970 here and RFC 3339 text in the JSON.
 */
void event_add_json(struct buf *out, const struct event *ev);

/** A set of fields, a bit each, as in event.present. */
struct event_fields {
    uint64_t bits[(FIELD_COUNT + 63) / 64];
};

static inline struct event_fields event_fields_of(const struct event *ev)
{
    struct event_fields fields;
    for (size_t i = 0; i < ARRAY_LEN(fields.bits); i++)
        fields.bits[i] = ev->present[i];
    return fields;
}

/**
 * Let an event outlive whoever made it: all that does not lie in its `raw` is copied.
 *
 * @param arena the event is valid as long as this and what `raw` points to
 * @param kept  fields that need no copy; NULL: none, and the log source and extras are copied too
 * @return 0 or E_NOMEM (the event is then not usable)
 * Cost: the fields it has and the bytes that are copied.
 */
int event_keep(struct event *ev, struct arena *arena, const struct event_fields *kept) MUST_CHECK;

#endif
