/* Hash map from byte strings to a 64-bit value (an index or a pointer). Keys are borrowed: the
 * caller keeps them alive as long as the map. Open addressing, deletion by back-shift. Seeded, so
 * that a peer who chooses keys cannot aim at one bucket when the seed is random. */
#ifndef CORDON_BASE_MAP_H
#define CORDON_BASE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct map_slot {
    struct str key;
    uint64_t value;
    uint64_t hash; /* 0 = empty */
};

/** `{0}` is a valid empty map with seed 0. */
struct map {
    struct map_slot *slots;
    size_t cap; /* power of two or 0 */
    size_t len;
    uint64_t seed;
};

/** Insert or replace. @return 0 or E_NOMEM (map unchanged) */
int map_put(struct map *m, struct str key, uint64_t value) MUST_CHECK;
/** @return false when the key is absent (then *ret_value is untouched; it may be NULL) */
bool map_find(const struct map *m, struct str key, uint64_t *ret_value);
/** Insert or replace a pointer. @return 0 or E_NOMEM */
int map_put_ptr(struct map *m, struct str key, void *value) MUST_CHECK;
/** The pointer stored under the key, or NULL. */
void *map_find_ptr(const struct map *m, struct str key);
/** @return true when the key was there */
bool map_remove(struct map *m, struct str key);
/** Next occupied slot at or after *pos, which moves past it; NULL at the end. Start with 0. */
struct map_slot *map_next(const struct map *m, size_t *pos);
/** Empty it, keeping the memory. */
void map_clear(struct map *m);
/** Free it. For CLEANUP(map_done). */
void map_done(struct map *m);

#endif
