/* The one-pass walk over a record beside the trie of wanted paths. See ndjson.h; for the bounds of
 * the scanners, ndjson_scan_priv.h. */
#include "codec/ndjson.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "codec/ndjson_priv.h"
#include "codec/ndjson_scan_priv.h"

typedef unsigned char byte; /* unit scalar: one byte of the record */

enum { END_OF_CHAIN = UINT32_MAX };

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
    struct ndjson_value *values;
    size_t values_len;
    size_t values_cap;
    struct buf text;   /* unescaped strings; room for all of a record is made at once */
    struct buf scalar; /* copy of a record that is neither object nor array */
    uint32_t generation;
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

static const byte *walk_value(struct walk *w, uint16_t at, const struct place *place, const byte *p,
                              unsigned depth);

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

static void read_integer(struct ndjson_value *v)
{
    bool negative = v->raw.ptr[0] == '-';
    const char *p = v->raw.ptr + negative;
    const char *end = v->raw.ptr + v->raw.len;
    uint64_t value = 0;
    if (LIKELY(end - p <= 18)) {
        while (p < end)
            value = value * 10 + (uint64_t)(*p++ - '0');
    } else if (str_to_u64(str_n(p, (size_t)(end - p)), &value)) {
        return;
    }
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
            read_integer(v);
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

static uint16_t find_child(const struct ndjson_paths *paths, const struct ndjson_node *node,
                           struct str text)
{
    if (node->children == 0)
        return NDJSON_NONE;
    const struct ndjson_key key = ndjson_key_of(text.ptr, text.len);
    const struct ndjson_edge *edge =
        paths->edges + node->table + (ndjson_key_hash(&key, node->seed) >> node->shift);
    for (;; edge++) {
        if (ndjson_key_eq(&edge->key, &key))
            return edge->node;
        if (LIKELY(!edge->passed))
            return NDJSON_NONE;
    }
}

/* The trie's node for a key of this object, or NDJSON_NONE. */
static uint16_t enter_key(struct walk *w, const struct ndjson_node *node, struct str key)
{
    struct ndjson *n = w->n;
    uint16_t child = find_child(w->paths, node, key);
    if (child == NDJSON_NONE)
        child = node->star;
    if (child == NDJSON_NONE)
        return child;
    const struct ndjson_node *below = &w->paths->nodes[child];
    if (below->renews) {
        if (UNLIKELY(n->entered[child] == n->generation))
            forget_below(n, below);
        n->entered[child] = n->generation;
    }
    return child;
}

static const byte *walk_object(struct walk *w, const struct ndjson_node *node, uint32_t index,
                               const byte *p, unsigned depth)
{
    struct ndjson_scan *scan = &w->scan;
    if (UNLIKELY(depth >= NDJSON_DEPTH_MAX))
        return ndjson_fail_code(scan, p, E_LIMIT, "nested too deep");
    p = ndjson_skip_space(p + 1);
    if (*p == '}')
        return p + 1;
    for (;;) {
        if (UNLIKELY(*p != '"'))
            return ndjson_fail(scan, p, "expected a key in quotes");
        bool escaped = false;
        const byte *from = p + 1;
        p = ndjson_skip_string(scan, from, &escaped);
        if (UNLIKELY(!p))
            return NULL;
        struct place place = {str_n((const char *)from, (size_t)(p - from)), index};
        if (UNLIKELY(escaped)) {
            if (reserve_text(w))
                return ndjson_fail_code(scan, from, E_NOMEM, "out of memory");
            place.key = decode(w->n, place.key);
        }
        p = ndjson_skip_space(p + 1);
        if (UNLIKELY(*p != ':'))
            return ndjson_fail(scan, p, "expected ':' after a key");
        p = ndjson_skip_space(p + 1);
        uint16_t child = enter_key(w, node, place.key);
        p = child == NDJSON_NONE ? ndjson_skip_value(scan, p, depth + 1)
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
static const byte *walk_value(struct walk *w, uint16_t at, const struct place *place, const byte *p,
                              unsigned depth)
{
    const struct ndjson_node *node = &w->paths->nodes[at];
    const byte *from = p;
    enum ndjson_type type;
    if (*p == '{') {
        type = NDJSON_OBJECT;
        p = node->children || node->star != NDJSON_NONE
                ? walk_object(w, node, place->index, p, depth)
                : ndjson_skip_value(&w->scan, p, depth);
    } else if (*p == '[') {
        type = NDJSON_ARRAY;
        p = node->element != NDJSON_NONE ? walk_array(w, node, place->key, p, depth)
                                         : ndjson_skip_value(&w->scan, p, depth);
    } else {
        return node->leaf != NDJSON_NONE ? keep_scalar(w, node, place, p)
                                         : ndjson_skip_value(&w->scan, p, depth);
    }
    if (p && node->leaf != NDJSON_NONE && !keep(w, node, place, type, from, p))
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
    if (!walk_record(&w, text, container))
        return report(n, record, &w.scan, lead + (size_t)(w.scan.fault_at - begin), err);
    if (w.scan.high && !text_utf8_valid(text)) {
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
    if (!n->slots || !n->entered) {
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

struct str ndjson_text(struct ndjson *n, struct ndjson_value *v)
{
    if (v->escaped) {
        v->raw = decode(n, v->raw);
        v->escaped = false;
    }
    return v->raw;
}
