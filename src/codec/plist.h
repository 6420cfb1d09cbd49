/* Reads Apple's property lists, the XML and the binary form, into a tree. Hostile: a binary list
 * may refer to one object from many places, so that few bytes mean much; what counts against the
 * limits is what comes out, each reference anew. Writing is plist_out.h. Source:
 * PropertyList-1.0.dtd, CFBinaryPList.c's description of the format. */
#ifndef CORDON_CODEC_PLIST_H
#define CORDON_CODEC_PLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum plist_type {
    PLIST_BOOL, /* b */
    PLIST_INT,  /* i; above INT64_MAX it is INT64_MAX */
    PLIST_REAL, /* r; may be infinite or no number */
    PLIST_DATE, /* i: nanoseconds since 1970, what lies beyond is the nearest */
    PLIST_STR,  /* s: well-formed UTF-8, may hold NUL */
    PLIST_DATA, /* s: any bytes */
    PLIST_UID,  /* i: a reference of a keyed archive */
    PLIST_ARRAY,
    PLIST_DICT
};

struct plist_value {
    enum plist_type type;
    union {
        bool b;
        int64_t i;
        double r;
        struct str s;
        struct {
            const struct plist_value *items; /* of an array or a dictionary */
            const struct str *keys;          /* of a dictionary, in the order of the items */
            size_t len;
        };
    };
};

struct plist_limits {
    size_t bytes;   /* of the input */
    size_t text;    /* bytes of all texts and data that come out */
    uint32_t nodes; /* values and keys */
    uint32_t depth; /* of nested arrays and dictionaries, at most PLIST_DEPTH_MOST */
};

#define PLIST_DEPTH_MOST 128

/**
 * Parse a whole list.
 *
 * @param bytes borrowed; must stay valid as long as the tree
 * @param arena the tree is in it and in `bytes`
 * @param err   what is wrong; line of an XML list
 * @return 0, E_PARSE (no list, damaged, another encoding than UTF-8, entities of its own), E_LIMIT,
 * E_NOMEM
 * Cost: linear in what comes out.
 */
int plist_parse(struct str bytes, const struct plist_limits *limits, struct arena *arena,
                const struct plist_value **ret_root, struct err *err) MUST_CHECK;

/** Value of a dictionary by key: of repeated keys the last. NULL: not there, or no dictionary. */
const struct plist_value *plist_find(const struct plist_value *dict, struct str key);

#endif
