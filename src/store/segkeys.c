/* Keys of a frame. See segkeys.h. A key is a 64-bit hash of a field's name, what is said of it and
 * the text; fields are known by name, since their numbers are not the same in every version. */
#include "store/segkeys.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rd.h"
#include "event/normalise.h"

enum { VERSION = 2, FLAG_TIME = 1, PROBES = 7, BITS_PER_KEY = 10, TABLE_LEAST = 4096 };

/* What a key says. */
enum { SAYS_EXISTS = 1, SAYS_VALUE, SAYS_LAST_PART, SAYS_CATEGORY };

/* Which texts of a field have keys. */
enum { WHOLE = 1, LAST_PART = 2 };

/* The fields that have keys: what indicators are made of, and what analytics ask for first. Nearly
 * every event of a file has a path of its own: its last component alone says nearly as much.
 * A change raises VERSION. */
#define KEY_FIELDS(X)                                                                              \
    X(F_KIND, WHOLE)                                                                               \
    X(F_EXECUTABLE, WHOLE | LAST_PART)                                                             \
    X(F_NAME, WHOLE)                                                                               \
    X(F_SIGNING_ID, WHOLE)                                                                         \
    X(F_TEAM_ID, WHOLE)                                                                            \
    X(F_CDHASH, WHOLE)                                                                             \
    X(F_SHA256, WHOLE)                                                                             \
    X(F_USER, WHOLE)                                                                               \
    X(F_PARENT_EXECUTABLE, WHOLE | LAST_PART)                                                      \
    X(F_PARENT_NAME, WHOLE)                                                                        \
    X(F_TARGET_EXECUTABLE, WHOLE | LAST_PART)                                                      \
    X(F_FILE_PATH, LAST_PART)                                                                      \
    X(F_FILE_SHA256, WHOLE)                                                                        \
    X(F_NET_REMOTE_IP, WHOLE)                                                                      \
    X(F_NET_REMOTE_HOST, WHOLE)                                                                    \
    X(F_DNS_QUERY, WHOLE)                                                                          \
    X(F_LAUNCH_PROGRAM, WHOLE | LAST_PART)                                                         \
    X(F_MALWARE_NAME, WHOLE)

static const struct {
    enum field_id field;
    unsigned texts;
} key_fields[] = {
#define KEY_FIELD(field, texts) {field, texts},
    KEY_FIELDS(KEY_FIELD)
#undef KEY_FIELD
};

struct segkeys {
    struct normaliser *normaliser;
    struct event event;
    uint64_t seeds[ARRAY_LEN(key_fields)];
    uint64_t *table; /* distinct keys, open addressing; 0 = empty */
    size_t cap;      /* power of two */
    size_t len;
    bool any_time;
    int64_t time_min_ns;
    int64_t time_max_ns;
};

/* ------------------------------------------------------------------ hashes */

static uint64_t seed_of(enum field_id field)
{
    return str_hash(field_table[field].name, 0);
}

static uint64_t mix(uint64_t h)
{
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

/* Eight bytes as a number that is the same on every machine, ASCII letters in lower case. */
static uint64_t lower_word(const char *ptr, size_t len)
{
    unsigned char bytes[8] = {0};
    uint64_t w = 0;
    memcpy(bytes, ptr, len);
    for (unsigned i = 0; i < 8; i++)
        w |= (uint64_t)bytes[i] << (8 * i);
    /* Bytes from 'A' to 'Z' have their bit 0x80 set in `letters`, those above 0x7f never. */
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t low = w & (0x7f * ones);
    uint64_t letters =
        (low + (0x80 - 'A') * ones) & ~(low + (0x7f - 'Z') * ones) & ~w & (0x80 * ones);
    return w | letters >> 2;
}

/* The hash of the text in lower case; never 0. */
static uint64_t key_of(uint64_t seed, unsigned says, struct str text)
{
    uint64_t h = seed + says + text.len * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t at = 0; at < text.len; at += 8) {
        size_t len = text.len - at < 8 ? text.len - at : 8;
        h = (h ^ lower_word(text.ptr + at, len)) * UINT64_C(0x9fb21c651e98df25);
        h ^= h >> 32;
    }
    h = mix(h);
    return h ? h : 1;
}

/* Bit `probe` of a key in a filter of `bits` bits. */
static size_t bit_of(uint64_t key, unsigned probe, size_t bits)
{
    uint64_t step = key >> 32 | 1;
    return (size_t)((key + probe * step) % bits);
}

/* ------------------------------------------------------------------ making */

int segkeys_new(struct segkeys **ret_keys)
{
    struct segkeys *k = mem_calloc(1, sizeof *k);
    if (!k)
        return E_NOMEM;
    k->cap = TABLE_LEAST;
    k->table = mem_calloc(k->cap, sizeof *k->table);
    if (!k->table || normaliser_new(&k->normaliser)) {
        segkeys_free(k);
        return E_NOMEM;
    }
    for (size_t i = 0; i < ARRAY_LEN(key_fields); i++)
        k->seeds[i] = seed_of(key_fields[i].field);
    *ret_keys = k;
    return 0;
}

void segkeys_free(struct segkeys *k)
{
    if (!k)
        return;
    normaliser_free(k->normaliser);
    mem_free(k->table);
    mem_free(k);
}

static void put(uint64_t *table, size_t cap, uint64_t key, size_t *len)
{
    size_t at = (size_t)key & (cap - 1);
    while (table[at] && table[at] != key)
        at = (at + 1) & (cap - 1);
    *len += table[at] ? 0 : 1;
    table[at] = key;
}

static int add_key(struct segkeys *k, uint64_t key)
{
    put(k->table, k->cap, key, &k->len);
    if (k->len * 2 < k->cap)
        return 0;
    size_t len = 0;
    uint64_t *larger = mem_calloc(k->cap * 2, sizeof *larger);
    if (!larger)
        return E_NOMEM;
    for (size_t i = 0; i < k->cap; i++) {
        if (k->table[i])
            put(larger, k->cap * 2, k->table[i], &len);
    }
    mem_free(k->table);
    k->table = larger;
    k->cap *= 2;
    return 0;
}

static int add_text(struct segkeys *k, size_t i, struct str text)
{
    int rc = 0;
    if (key_fields[i].texts & WHOLE)
        rc = add_key(k, key_of(k->seeds[i], SAYS_VALUE, text));
    if (!rc && key_fields[i].texts & LAST_PART)
        rc = add_key(k, key_of(k->seeds[i], SAYS_LAST_PART, str_basename(text)));
    return rc;
}

static int add_field(struct segkeys *k, size_t i, const struct value *v)
{
    char number[24];
    int rc = 0;
    if (v->type == VALUE_NONE || v->type == VALUE_NULL)
        return 0;
    if (v->type == VALUE_STR)
        rc = add_text(k, i, v->s);
    else if (v->type == VALUE_BOOL)
        rc = add_text(k, i, v->b ? STR("true") : STR("false"));
    else if (v->type == VALUE_INT)
        rc = add_text(
            k, i, str_n(number, (size_t)snprintf(number, sizeof number, "%lld", (long long)v->i)));
    for (uint32_t e = 0; v->type == VALUE_LIST && !rc && e < v->count; e++)
        rc = add_text(k, i, v->list[e]);
    return rc ? rc : add_key(k, key_of(k->seeds[i], SAYS_EXISTS, STR("")));
}

/* A rule for some category concerns an event that names it, and one that does not say enough to
 * tell: see detect/engine_source.c. */
static int add_category(struct segkeys *k, const struct event *ev)
{
    bool silent = !ev->product.len && !ev->category.len && !ev->service.len;
    if (!ev->category.len && ev->kind != KIND_UNKNOWN && !silent)
        return 0;
    return add_key(k, key_of(0, SAYS_CATEGORY, ev->category));
}

static int add_event(struct segkeys *k, const struct event *ev)
{
    int rc = add_category(k, ev);
    for (size_t i = 0; !rc && i < ARRAY_LEN(key_fields); i++) {
        if (event_has(ev, key_fields[i].field))
            rc = add_field(k, i, &ev->values[key_fields[i].field]);
    }
    if (ev->time_ns) {
        if (!k->any_time || ev->time_ns < k->time_min_ns)
            k->time_min_ns = ev->time_ns;
        if (!k->any_time || ev->time_ns > k->time_max_ns)
            k->time_max_ns = ev->time_ns;
        k->any_time = true;
    }
    return rc;
}

static void write(const struct segkeys *k, struct buf *out)
{
    size_t bytes = (k->len * BITS_PER_KEY + 7) / 8;
    bytes = bytes < 8 ? 8 : bytes > SEGKEYS_BITS_BYTES_MOST ? SEGKEYS_BITS_BYTES_MOST : bytes;
    if (buf_reserve(out, SEGKEYS_HEAD_BYTES + bytes))
        return;
    buf_add_u8(out, VERSION);
    buf_add_u8(out, k->any_time ? FLAG_TIME : 0);
    buf_add_u64(out, (uint64_t)k->time_min_ns);
    buf_add_u64(out, (uint64_t)k->time_max_ns);
    unsigned char *bits = (unsigned char *)out->ptr + out->len;
    memset(bits, 0, bytes);
    out->len += bytes;
    for (size_t i = 0; i < k->cap; i++) {
        for (unsigned p = 0; k->table[i] && p < PROBES; p++) {
            size_t bit = bit_of(k->table[i], p, bytes * 8);
            bits[bit / 8] |= (unsigned char)(1u << (bit % 8));
        }
    }
}

int segkeys_add(struct segkeys *k, struct str plain, struct buf *out)
{
    struct str line;
    memset(k->table, 0, k->cap * sizeof *k->table);
    k->len = 0;
    k->any_time = false;
    k->time_min_ns = k->time_max_ns = 0;
    while (str_next(&plain, '\n', &line)) {
        int rc = normaliser_record(k->normaliser, line, FORMAT_CORDON, &k->event, NULL);
        if (!rc)
            rc = add_event(k, &k->event);
        if (rc == E_NOMEM)
            return rc;
    }
    write(k, out);
    return buf_check(out);
}

/* ------------------------------------------------------------------ asking */

static bool is_known(struct str keys)
{
    return keys.len > SEGKEYS_HEAD_BYTES && keys.ptr[0] == VERSION;
}

static bool has(struct str keys, uint64_t key)
{
    const unsigned char *bits = (const unsigned char *)keys.ptr + SEGKEYS_HEAD_BYTES;
    for (unsigned p = 0; p < PROBES; p++) {
        size_t bit = bit_of(key, p, (keys.len - SEGKEYS_HEAD_BYTES) * 8);
        if (!(bits[bit / 8] >> (bit % 8) & 1))
            return false;
    }
    return true;
}

/* Where the field is in the table; past its end when it has no keys. */
static size_t place_of(enum field_id field)
{
    size_t i = 0;
    while (i < ARRAY_LEN(key_fields) && key_fields[i].field != field)
        i++;
    return i;
}

bool segkeys_value(struct str keys, enum field_id field, struct str lower)
{
    size_t i = place_of(field);
    if (!is_known(keys) || i == ARRAY_LEN(key_fields))
        return true;
    if (!(key_fields[i].texts & WHOLE))
        return segkeys_last_part(keys, field, str_basename(lower));
    return has(keys, key_of(seed_of(field), SAYS_VALUE, lower));
}

bool segkeys_last_part(struct str keys, enum field_id field, struct str lower)
{
    size_t i = place_of(field);
    if (!is_known(keys) || i == ARRAY_LEN(key_fields))
        return true;
    if (!(key_fields[i].texts & LAST_PART))
        return segkeys_exists(keys, field);
    return has(keys, key_of(seed_of(field), SAYS_LAST_PART, lower));
}

bool segkeys_exists(struct str keys, enum field_id field)
{
    return !is_known(keys) || place_of(field) == ARRAY_LEN(key_fields) ||
           has(keys, key_of(seed_of(field), SAYS_EXISTS, STR("")));
}

bool segkeys_category(struct str keys, struct str lower)
{
    return !is_known(keys) || has(keys, key_of(0, SAYS_CATEGORY, lower)) ||
           has(keys, key_of(0, SAYS_CATEGORY, STR("")));
}

bool segkeys_times(struct str keys, bool *ret_any, int64_t *ret_min_ns, int64_t *ret_max_ns)
{
    if (!is_known(keys))
        return false;
    struct rd r = rd_of(str_sub(keys, 1, SEGKEYS_HEAD_BYTES - 1));
    *ret_any = (rd_u8(&r) & FLAG_TIME) != 0;
    *ret_min_ns = (int64_t)rd_u64(&r);
    *ret_max_ns = (int64_t)rd_u64(&r);
    return true;
}
