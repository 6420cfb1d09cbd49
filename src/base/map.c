/* Open-addressing hash map. See map.h. */
#include "base/map.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

/* Eight bytes a step, the last eight overlapping the ones before. */
static uint64_t hash_key(const struct map *m, struct str key)
{
    uint64_t h = mix(m->seed, key.len);
    uint64_t word = 0;
    if (key.len >= sizeof word) {
        for (size_t i = 0; i + sizeof word < key.len; i += sizeof word) {
            memcpy(&word, key.ptr + i, sizeof word);
            h = mix(h, word);
        }
        memcpy(&word, key.ptr + key.len - sizeof word, sizeof word);
    } else {
        for (size_t i = 0; i < key.len; i++)
            word = word << 8 | (unsigned char)key.ptr[i];
    }
    h = mix(mix(h, word), m->seed);
    return h ? h : 1;
}

static struct map_slot *probe(const struct map *m, struct str key, uint64_t hash)
{
    size_t mask = m->cap - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        struct map_slot *slot = &m->slots[i];
        if (slot->hash == 0 || (slot->hash == hash && str_eq(slot->key, key)))
            return slot;
    }
}

static int grow(struct map *m)
{
    size_t cap = m->cap ? m->cap * 2 : 16;
    struct map_slot *slots = mem_calloc(cap, sizeof *slots);
    if (!slots)
        return E_NOMEM;
    struct map bigger = {.slots = slots, .cap = cap, .len = m->len, .seed = m->seed};
    for (size_t i = 0; i < m->cap; i++) {
        const struct map_slot *old = &m->slots[i];
        if (old->hash)
            *probe(&bigger, old->key, old->hash) = *old;
    }
    mem_free(m->slots);
    *m = bigger;
    return 0;
}

int map_put(struct map *m, struct str key, uint64_t value)
{
    uint64_t hash = hash_key(m, key);
    if (m->cap) {
        struct map_slot *slot = probe(m, key, hash);
        if (slot->hash) {
            slot->value = value;
            return 0;
        }
    }
    if (m->len + 1 > m->cap / 4 * 3 && grow(m))
        return E_NOMEM;
    *probe(m, key, hash) = (struct map_slot){key, value, hash};
    m->len++;
    return 0;
}

bool map_find(const struct map *m, struct str key, uint64_t *ret_value)
{
    if (m->len == 0)
        return false;
    const struct map_slot *slot = probe(m, key, hash_key(m, key));
    if (!slot->hash)
        return false;
    if (ret_value)
        *ret_value = slot->value;
    return true;
}

int map_put_ptr(struct map *m, struct str key, void *value)
{
    return map_put(m, key, (uint64_t)(uintptr_t)value);
}

void *map_find_ptr(const struct map *m, struct str key)
{
    uint64_t value;
    return map_find(m, key, &value) ? (void *)(uintptr_t)value : NULL;
}

bool map_remove(struct map *m, struct str key)
{
    if (m->len == 0)
        return false;
    struct map_slot *slot = probe(m, key, hash_key(m, key));
    if (!slot->hash)
        return false;
    size_t mask = m->cap - 1;
    size_t hole = (size_t)(slot - m->slots);
    for (size_t i = (hole + 1) & mask; m->slots[i].hash; i = (i + 1) & mask) {
        size_t home = (size_t)m->slots[i].hash & mask;
        /* Move an entry back when the hole lies on its probe path. */
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = (struct map_slot){0};
    m->len--;
    return true;
}

struct map_slot *map_next(const struct map *m, size_t *pos)
{
    while (*pos < m->cap) {
        struct map_slot *slot = &m->slots[(*pos)++];
        if (slot->hash)
            return slot;
    }
    return NULL;
}

void map_clear(struct map *m)
{
    if (m->cap)
        memset(m->slots, 0, m->cap * sizeof *m->slots);
    m->len = 0;
}

void map_done(struct map *m)
{
    mem_free(m->slots);
    uint64_t seed = m->seed;
    *m = (struct map){.seed = seed};
}
