/* The one-pass walk over a record beside the trie of wanted paths. See ndjson.h; for the bounds of
 * the scanners, ndjson_scan_priv.h. */
#include "codec/ndjson.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "codec/ndjson_hint_priv.h"
#include "codec/ndjson_line_priv.h"
#include "codec/ndjson_priv.h"
#include "codec/ndjson_scan_priv.h"

typedef unsigned char byte; /* unit scalar: one byte of the record */

enum {
    END_OF_CHAIN = UINT32_MAX,
    ASTRAY_MOST = 8, /* keys of a record that came out of order, and as many for four values */
    RETRY_EVERY = 32 /* records */
};

/* What a path holds of the current record: a chain of values. */
struct slot {
    uint32_t generation; /* of the record it belongs to; any other = empty */
    uint32_t first;
    uint32_t last;
    uint32_t count;
};

struct ndjson {
    const struct ndjson_paths *paths;
    struct slot *slots; /* by rank */
    uint32_t *entered;  /* by node: generation in which it was last entered */
    uint16_t *inside;   /* by node: child whose key came first in its object */
    uint16_t *after;    /* by node: sibling whose key came next */
    struct ndjson_value *values;
    size_t values_len;
    size_t values_cap;
    struct buf text;   /* unescaped strings; room for all of a record is made at once */
    struct buf scalar; /* copy of a record that is neither object nor array */
    uint32_t generation;
    uint32_t astray; /* wanted keys of the record that were not the expected ones */
    bool foresee;    /* the stream has an order of keys */
    uint8_t root_type;
};

struct walk {
    struct ndjson_scan scan;
    struct ndjson *n;
    const struct ndjson_paths *paths;
    size_t record_len;
    bool wants_text; /* a picked string needs unescaping */
};

/* The value being read: where it stands in the record. Handed on by reference: a copy made right
 * after the key was stored would wait for the store. */
struct place {
    struct str key;
    uint32_t index;
};

static const byte *walk_container(struct walk *w, uint16_t at, const struct place *place,
                                  const byte *p, unsigned depth);

/* ------------------------------------------------------------------ keeping values */

static void forget_chain(struct ndjson *n, struct slot *slot)
{
    if (slot->generation != n->generation)
        return;
    for (uint32_t i = slot->first; i != END_OF_CHAIN; i = n->values[i].next)
        n->values[i].path = NDJSON_NONE;
    slot->generation = n->generation - 1;
}

/* A key came a second time: what was picked below its first value no longer counts. */
static void forget_below(struct ndjson *n, const struct ndjson_node *node)
{
    for (unsigned rank = node->below_first; rank < node->below_end; rank++)
        forget_chain(n, &n->slots[rank]);
}

static struct ndjson_value *keep(struct walk *w, const struct ndjson_node *node,
                                 const struct place *place, enum ndjson_type type, const byte *from,
                                 const byte *to)
{
    struct ndjson *n = w->n;
    if (UNLIKELY(n->values_len == n->values_cap)) {
        if (n->values_len >= NDJSON_VALUES_MAX) {
            (void)ndjson_fail_code(&w->scan, from, E_LIMIT, "too many values");
            return NULL;
        }
        if (mem_grow(&n->values, &n->values_cap, n->values_len + 1, sizeof *n->values)) {
            (void)ndjson_fail_code(&w->scan, from, E_NOMEM, "out of memory");
            return NULL;
        }
    }
    struct slot *slot = &n->slots[node->leaf];
    uint32_t at = (uint32_t)n->values_len++;
    if (!node->list)
        forget_chain(n, slot);
    if (slot->generation == n->generation) {
        n->values[slot->last].next = at;
        slot->count++;
    } else {
        slot->generation = n->generation;
        slot->first = at;
        slot->count = 1;
    }
    slot->last = at;
    struct ndjson_value *v = &n->values[at];
    v->raw = str_n((const char *)from, (size_t)(to - from));
    v->i = 0;
    v->key = node->starred ? place->key : (struct str){0};
    v->index = place->index;
    v->next = END_OF_CHAIN;
    v->path = w->paths->path_of[node->leaf];
    v->type = (uint8_t)type;
    v->escaped = false;
    return v;
}

/* 1 to 19 digits as a number; loads no byte at or behind `end`. */
static uint64_t read_digits(const byte *p, size_t len, const byte *end)
{
    uint64_t value = 0;
    size_t first = (len - 1) % 8 + 1;
    if (LIKELY(end - p >= 8 + (ptrdiff_t)len)) {
        value = ndjson_digits8(ndjson_load8((const char *)p), first);
        for (p += first, len -= first; len; p += 8, len -= 8)
            value = value * 100000000 + ndjson_digits8(ndjson_load8((const char *)p), 8);
        return value;
    }
    while (len--)
        value = value * 10 + (uint64_t)(*p++ - '0');
    return value;
}

static void read_integer(struct ndjson_value *v, const byte *end)
{
    enum { DIGITS_SAFE = 19 }; /* more may pass what 64 bits hold */
    bool negative = v->raw.ptr[0] == '-';
    struct str digits = {v->raw.ptr + negative, v->raw.len - negative};
    uint64_t value = 0;
    if (LIKELY(digits.len <= DIGITS_SAFE))
        value = read_digits((const byte *)digits.ptr, digits.len, end);
    else if (str_to_u64(digits, &value))
        return;
    if (negative) {
        if (value > (uint64_t)INT64_MAX + 1)
            return;
        v->i = (int64_t)-value;
        v->type = NDJSON_INT;
    } else {
        v->u = value;
        v->type = value > INT64_MAX ? NDJSON_UINT : NDJSON_INT;
    }
}

/* ------------------------------------------------------------------ the walk */

static const byte *keep_scalar(struct walk *w, const struct ndjson_node *node,
                               const struct place *place, const byte *p)
{
    const byte *from = p;
    enum ndjson_type type;
    bool flag = false;
    switch (*p) {
    case '"': {
        p = ndjson_skip_string(&w->scan, p + 1, &flag);
        if (!p)
            return NULL;
        struct ndjson_value *v = keep(w, node, place, NDJSON_STR, from + 1, p);
        if (!v)
            return NULL;
        v->escaped = flag;
        w->wants_text |= flag;
        return p + 1;
    }
    case 't':
        p = ndjson_skip_word(&w->scan, p, "true");
        type = NDJSON_TRUE;
        break;
    case 'f':
        p = ndjson_skip_word(&w->scan, p, "false");
        type = NDJSON_FALSE;
        break;
    case 'n':
        p = ndjson_skip_word(&w->scan, p, "null");
        type = NDJSON_NULL;
        break;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': {
        flag = true;
        p = ndjson_skip_number(&w->scan, p, &flag);
        if (!p)
            return NULL;
        struct ndjson_value *v = keep(w, node, place, NDJSON_NUMBER, from, p);
        if (!v)
            return NULL;
        if (flag)
            read_integer(v, w->scan.end);
        return p;
    }
    default:
        return ndjson_fail(&w->scan, p, "expected a value");
    }
    return p && keep(w, node, place, type, from, p) ? p : NULL;
}

static int reserve_text(struct walk *w)
{
    return buf_reserve(&w->n->text, w->record_len - w->n->text.len);
}

static struct str decode(struct ndjson *n, struct str raw)
{
    char *out = n->text.ptr + n->text.len;
    size_t len = ndjson_unescape(raw, out);
    n->text.len += len;
    return str_n(out, len);
}

static const struct ndjson_edge *find_child(const struct ndjson_paths *paths,
                                            const struct ndjson_node *node,
                                            const struct ndjson_key *key)
{
    if (node->children == 0)
        return NULL;
    const struct ndjson_edge *edge =
        paths->edges + node->table + (ndjson_key_hash(key, node->seed) >> node->shift);
    for (;; edge++) {
        if (ndjson_key_eq(&edge->key, key))
            return edge;
        if (LIKELY(!edge->passed))
            return NULL;
    }
}

/* A key led to the node. */
static inline void renew(struct ndjson *n, uint16_t at)
{
    const struct ndjson_node *node = &n->paths->nodes[at];
    if (node->renews) {
        if (UNLIKELY(n->entered[at] == n->generation))
            forget_below(n, node);
        n->entered[at] = n->generation;
    }
}

/* p is behind a key's opening quote; at its closing quote, or NULL. */
static const byte *read_key(struct walk *w, const byte *p, struct ndjson_key *ret_key)
{
    struct ndjson_scan *scan = &w->scan;
#ifdef NDJSON_BLOCK16
    if (LIKELY(scan->end - p >= 16)) {
        ndjson_v16 v = ndjson_load16(p);
        unsigned len = ndjson_special16(v);
        if (LIKELY(len < 16 && p[len] == '"')) {
            ret_key->text = (const char *)p;
            ret_key->len = len;
            ndjson_first16(v, len, &ret_key->head, &ret_key->tail);
            return p + len;
        }
    }
#endif
    bool escaped = false;
    const byte *to = ndjson_skip_string(scan, p, &escaped);
    if (UNLIKELY(!to))
        return NULL;
    struct str key = str_n((const char *)p, (size_t)(to - p));
    if (UNLIKELY(escaped)) {
        if (reserve_text(w))
            return ndjson_fail_code(scan, p, E_NOMEM, "out of memory");
        key = decode(w->n, key);
    }
    *ret_key = ndjson_key_of(key.ptr, key.len);
    return to;
}

static inline const byte *skip_value(struct walk *w, const byte *p, unsigned depth)
{
    return *p == '{' || *p == '[' ? ndjson_skip_container(&w->scan, p, depth)
                                  : ndjson_skip_scalar(&w->scan, p);
}

/* A value below node `at`; p is at its first byte. */
static inline const byte *walk_value(struct walk *w, uint16_t at, const struct place *place,
                                     const byte *p, unsigned depth)
{
    const struct ndjson_node *node = &w->paths->nodes[at];
    if (*p == '{' || *p == '[')
        return walk_container(w, at, place, p, depth);
    return node->leaf != NDJSON_NONE ? keep_scalar(w, node, place, p)
                                     : ndjson_skip_scalar(&w->scan, p);
}

/* Read the key at p, the opening quote, and enter what it leads to. *next is the child whose key
 * is expected here; it moves on to where the one after the key is noted. @return at the value */
static inline const byte *walk_key(struct walk *w, uint16_t at, const byte *p, uint16_t **next,
                                   struct str *ret_key, uint16_t *ret_child)
{
    struct ndjson_scan *scan = &w->scan;
    struct ndjson *n = w->n;
    if (UNLIKELY(*p != '"'))
        return ndjson_fail(scan, p, "expected a key in quotes");
    p++;
    uint16_t child;
    if (*next && scan->end - p > NDJSON_HINT_BYTES &&
        ndjson_hint_holds(&w->paths->hints[**next], p)) {
        child = **next;
        *next = &n->after[child];
        p += w->paths->hints[child].len;
    } else {
        const struct ndjson_node *node = &w->paths->nodes[at];
        struct ndjson_key key;
        p = read_key(w, p, &key);
        if (UNLIKELY(!p))
            return NULL;
        p = ndjson_skip_space(p + 1);
        if (UNLIKELY(*p != ':'))
            return ndjson_fail(scan, p, "expected ':' after a key");
        p++;
        *ret_key = str_n(key.text, key.len);
        const struct ndjson_edge *edge = find_child(w->paths, node, &key);
        child = edge ? edge->node : node->star;
        if (edge && *next) {
            n->astray++;
            **next = child;
            *next = &n->after[child];
        } else if (edge && edge->idle) {
            child = NDJSON_NONE;
        }
    }
    *ret_child = child;
    if (child != NDJSON_NONE)
        renew(n, child);
    return ndjson_skip_space(p);
}

static const byte *walk_object(struct walk *w, uint16_t at, uint32_t index, const byte *p,
                               unsigned depth)
{
    struct ndjson_scan *scan = &w->scan;
    if (UNLIKELY(depth >= NDJSON_DEPTH_MAX))
        return ndjson_fail_code(scan, p, E_LIMIT, "nested too deep");
    p = ndjson_skip_space(p + 1);
    if (*p == '}')
        return p + 1;
    struct place place = {.index = index};
    for (uint16_t *next = w->n->foresee ? &w->n->inside[at] : NULL;;) {
        uint16_t child;
        p = walk_key(w, at, p, &next, &place.key, &child);
        if (UNLIKELY(!p))
            return NULL;
        p = child == NDJSON_NONE ? skip_value(w, p, depth + 1)
                                 : walk_value(w, child, &place, p, depth + 1);
        if (UNLIKELY(!p))
            return NULL;
        if (UNLIKELY(p == scan->end))
            return ndjson_fail_end(scan);
        p = ndjson_skip_space(p);
        if (*p == '}')
            return p + 1;
        if (UNLIKELY(*p != ','))
            return ndjson_fail(scan, p, "expected ',' or the end of an object");
        p = ndjson_skip_space(p + 1);
    }
}

static const byte *walk_array(struct walk *w, const struct ndjson_node *node, struct str key,
                              const byte *p, unsigned depth)
{
    struct ndjson_scan *scan = &w->scan;
    if (UNLIKELY(depth >= NDJSON_DEPTH_MAX))
        return ndjson_fail_code(scan, p, E_LIMIT, "nested too deep");
    p = ndjson_skip_space(p + 1);
    if (*p == ']')
        return p + 1;
    for (struct place place = {key, 0};; place.index++) {
        p = walk_value(w, node->element, &place, p, depth + 1);
        if (UNLIKELY(!p))
            return NULL;
        if (UNLIKELY(p == scan->end))
            return ndjson_fail_end(scan);
        p = ndjson_skip_space(p);
        if (*p == ']')
            return p + 1;
        if (UNLIKELY(*p != ','))
            return ndjson_fail(scan, p, "expected ',' or the end of an array");
        p = ndjson_skip_space(p + 1);
    }
}

/* Recursion follows the trie, whose depth is that of the longest wanted path. */
static const byte *walk_container(struct walk *w, uint16_t at, const struct place *place,
                                  const byte *p, unsigned depth)
{
    const struct ndjson_node *node = &w->paths->nodes[at];
    const byte *from = p;
    bool object = *p == '{';
    /* What nothing is wanted of is walked only for its order of keys. */
    bool wanted = node->below_first != node->below_end || (object && w->n->foresee);
    if (wanted && object && (node->children || node->star != NDJSON_NONE))
        p = walk_object(w, at, place->index, p, depth);
    else if (wanted && !object && node->element != NDJSON_NONE)
        p = walk_array(w, node, place->key, p, depth);
    else
        p = skip_value(w, p, depth);
    if (p && node->leaf != NDJSON_NONE &&
        !keep(w, node, place, object ? NDJSON_OBJECT : NDJSON_ARRAY, from, p))
        return NULL;
    return p;
}

static enum ndjson_type type_of(byte c)
{
    switch (c) {
    case '{':
        return NDJSON_OBJECT;
    case '[':
        return NDJSON_ARRAY;
    case '"':
        return NDJSON_STR;
    case 't':
        return NDJSON_TRUE;
    case 'f':
        return NDJSON_FALSE;
    case 'n':
        return NDJSON_NULL;
    default:
        return NDJSON_NUMBER;
    }
}

/* ------------------------------------------------------------------ one record */

static void forget_all(struct ndjson *n)
{
    n->values_len = 0;
    buf_clear(&n->text);
    if (++n->generation == 0) {
        memset(n->slots, 0, n->paths->paths_len * sizeof *n->slots);
        memset(n->entered, 0, n->paths->nodes_len * sizeof *n->entered);
        n->generation = 1;
    }
}

static int report(struct ndjson *n, struct str record, const struct ndjson_scan *scan, size_t at,
                  struct err *err)
{
    forget_all(n);
    err_at(err, NULL, 0, (uint32_t)(at < record.len ? at : record.len) + 1);
    return err_set(err, scan->code == E_AGAIN ? E_PARSE : scan->code, "%s", scan->fault);
}

/* Walk `text`, whose last byte is a closing brace or bracket of the record or one put behind it. */
static const byte *walk_record(struct walk *w, struct str text, bool container)
{
    const byte *p = (const byte *)text.ptr;
    p = walk_value(w, 0, &(struct place){0}, p, 0);
    if (!p)
        return NULL;
    if (!container) {
        p = ndjson_skip_space(p);
        if (p == w->scan.end - 1)
            return p;
    } else if (p == w->scan.end) {
        return p;
    }
    return ndjson_fail(&w->scan, p, "more text behind the record");
}

static bool is_well_formed(struct str text)
{
    size_t ascii = ndjson_kernel_chosen()->ascii(text);
    return ascii == text.len || text_utf8_valid(str_sub(text, ascii, SIZE_MAX));
}

static size_t ill_formed_at(struct str s)
{
    size_t i = 0;
    while (i < s.len) {
        size_t from = i;
        if (text_utf8_next(s, &i) == 0xfffd && i - from == 1)
            return from;
    }
    return s.len;
}

/* The text does not end as it should: find out what is wrong first. @return where */
static size_t explain_cut(struct ndjson_scan *scan, struct str text)
{
    size_t len = text.len;
    switch (ndjson_measure(text, &len)) {
    case 0:
        scan->fault = "more text behind the record";
        return len;
    case E_AGAIN:
        scan->fault = "the record ends too early";
        return text.len;
    case E_LIMIT:
        scan->code = E_LIMIT;
        scan->fault = "nested too deep";
        return len;
    default:
        scan->fault = "malformed JSON";
        return len;
    }
}

int ndjson_pick(struct ndjson *n, struct str record, struct err *err)
{
    forget_all(n);
    struct ndjson_scan scan = {.code = E_PARSE, .fault = "the record is empty"};
    size_t lead = 0;
    while (lead < record.len && ndjson_is_space((byte)record.ptr[lead]))
        lead++;
    size_t tail = record.len;
    while (tail > lead && ndjson_is_space((byte)record.ptr[tail - 1]))
        tail--;
    struct str text = str_sub(record, lead, tail - lead);
    if (text.len == 0)
        return report(n, record, &scan, lead, err);
    if (text.len > NDJSON_BYTES_MAX) {
        scan.code = E_LIMIT;
        scan.fault = "the record is too long";
        return report(n, record, &scan, lead, err);
    }
    bool container = text.ptr[0] == '{' || text.ptr[0] == '[';
    if (container && text.ptr[text.len - 1] != '}' && text.ptr[text.len - 1] != ']')
        return report(n, record, &scan, lead + explain_cut(&scan, text), err);
    if (!container) {
        buf_clear(&n->scalar);
        buf_add_str(&n->scalar, text);
        buf_add_char(&n->scalar, ']');
        if (buf_check(&n->scalar)) {
            scan.code = E_NOMEM;
            scan.fault = "out of memory";
            return report(n, record, &scan, lead, err);
        }
        text.ptr = n->scalar.ptr;
    }
    const byte *begin = (const byte *)text.ptr;
    struct walk w = {.scan = {.end = begin + text.len + !container},
                     .n = n,
                     .paths = n->paths,
                     .record_len = text.len};
    if (n->generation % RETRY_EVERY == 0)
        n->foresee = true;
    n->astray = 0;
    const byte *whole = walk_record(&w, text, container);
    n->foresee &= n->astray <= ASTRAY_MOST + n->values_len / 4;
    if (!whole)
        return report(n, record, &w.scan, lead + (size_t)(w.scan.fault_at - begin), err);
    if (!is_well_formed(text)) {
        w.scan.code = E_PARSE;
        w.scan.fault = "ill-formed UTF-8";
        return report(n, record, &w.scan, lead + ill_formed_at(text), err);
    }
    if (w.wants_text && reserve_text(&w)) {
        w.scan.code = E_NOMEM;
        w.scan.fault = "out of memory";
        return report(n, record, &w.scan, lead, err);
    }
    n->root_type = (uint8_t)type_of(*begin);
    return 0;
}

/* ------------------------------------------------------------------ the scratch */

int ndjson_new(const struct ndjson_paths *paths, struct ndjson **ret_ndjson)
{
    struct ndjson *n = mem_calloc(1, sizeof *n);
    if (!n)
        return E_NOMEM;
    n->paths = paths;
    n->generation = 1;
    n->slots = mem_calloc(paths->paths_len, sizeof *n->slots);
    n->entered = mem_calloc(paths->nodes_len, sizeof *n->entered);
    n->inside = mem_calloc(paths->nodes_len, sizeof *n->inside);
    n->after = mem_calloc(paths->nodes_len, sizeof *n->after);
    if (!n->slots || !n->entered || !n->inside || !n->after) {
        ndjson_free(n);
        return E_NOMEM;
    }
    *ret_ndjson = n;
    return 0;
}

void ndjson_free(struct ndjson *n)
{
    if (!n)
        return;
    mem_free(n->slots);
    mem_free(n->entered);
    mem_free(n->inside);
    mem_free(n->after);
    mem_free(n->values);
    buf_done(&n->text);
    buf_done(&n->scalar);
    mem_free(n);
}

enum ndjson_type ndjson_root_type(const struct ndjson *n)
{
    return (enum ndjson_type)n->root_type;
}

static const struct slot *slot_of(const struct ndjson *n, unsigned path)
{
    const struct slot *slot = &n->slots[n->paths->rank_of[path]];
    return slot->generation == n->generation ? slot : NULL;
}

struct ndjson_value *ndjson_get(const struct ndjson *n, unsigned path)
{
    const struct slot *slot = slot_of(n, path);
    return slot ? &n->values[slot->first] : NULL;
}

struct ndjson_value *ndjson_next(const struct ndjson *n, const struct ndjson_value *v)
{
    return v->next == END_OF_CHAIN ? NULL : &n->values[v->next];
}

uint32_t ndjson_count(const struct ndjson *n, unsigned path)
{
    const struct slot *slot = slot_of(n, path);
    return slot ? slot->count : 0;
}

struct ndjson_value *ndjson_each(const struct ndjson *n, size_t *pos)
{
    while (*pos < n->values_len) {
        struct ndjson_value *v = &n->values[(*pos)++];
        if (v->path != NDJSON_NONE)
            return v;
    }
    return NULL;
}

struct str ndjson_text_escaped(struct ndjson *n, struct ndjson_value *v)
{
    v->raw = decode(n, v->raw);
    v->escaped = false;
    return v->raw;
}
