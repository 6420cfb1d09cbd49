/* Whether a name is surely not in a set of names, by its length and three of its bytes: far cheaper
 * than a look-up in a map, which most foreign names would end with nothing. */
#ifndef CORDON_BASE_SHAPE_H
#define CORDON_BASE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { SHAPES = 8192 };

struct shape_set {
    uint64_t bits[SHAPES / 64];
};

/** 0 .. SHAPES - 1; names of different shape are different. */
static inline unsigned shape_of(struct str name)
{
    if (name.len == 0)
        return 0;
    unsigned h = (unsigned)name.len * 2654435761u;
    h = (h ^ (unsigned char)name.ptr[0]) * 2654435761u;
    h = (h ^ (unsigned char)name.ptr[name.len - 1]) * 2654435761u;
    h = (h ^ (unsigned char)name.ptr[name.len / 2]) * 2654435761u;
    return h >> 19; /* 13 bits */
}

static inline void shape_add(struct shape_set *set, struct str name)
{
    unsigned shape = shape_of(name);
    set->bits[shape / 64] |= UINT64_C(1) << shape % 64;
}

/** @return false when no name of this shape was added */
static inline bool shape_has(const struct shape_set *set, unsigned shape)
{
    return (set->bits[shape / 64] >> shape % 64 & 1) != 0;
}

#endif
