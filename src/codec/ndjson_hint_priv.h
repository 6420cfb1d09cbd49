/* Inside of codec/ndjson: foreseeing keys. Where a key ends says where the next byte to read is,
 * and a processor that has to calculate it waits for every key. Records of one stream mostly have
 * their keys in one order, so each key remembers which one came after it; that one is compared as a
 * whole, quote and colon included, and its length is known before it was read. A guess that fails
 * costs one comparison; a guess never decides anything but how a key is read. */
#ifndef CORDON_CODEC_NDJSON_HINT_PRIV_H
#define CORDON_CODEC_NDJSON_HINT_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/ndjson_block_priv.h"

/* A key as it stands in a record, behind its opening quote: text, quote, colon. */
struct ndjson_hint {
    unsigned char first[16]; /* its first bytes */
    unsigned char last[16];  /* its last, when it has more than 16 */
    uint32_t need;           /* bits of `first` that are its own */
    uint32_t len;            /* 0 = no key: nothing is foreseen */
};

enum { NDJSON_HINT_BYTES = 32 }; /* of the longest key with quote and colon */

/* The key's text has no quote, backslash or control character. */
static inline struct ndjson_hint ndjson_hint_of(const char *text, size_t len)
{
    struct ndjson_hint h = {.len = 0};
    unsigned char literal[NDJSON_HINT_BYTES];
    size_t whole = len + 2;
    if (whole > sizeof literal)
        return h;
    memcpy(literal, text, len);
    literal[len] = '"';
    literal[len + 1] = ':';
    memcpy(h.first, literal, whole < 16 ? whole : 16);
    if (whole > 16)
        memcpy(h.last, literal + whole - 16, 16);
    h.need = whole < 16 ? (1u << whole) - 1 : 0xffff;
    h.len = (uint32_t)whole;
    return h;
}

/* Does the key stand at p, which is behind a quote? NDJSON_HINT_BYTES at p are the record's. */
static inline bool ndjson_hint_holds(const struct ndjson_hint *h, const unsigned char *p)
{
#ifdef NDJSON_BLOCK16
    if (h->need & ~ndjson_same16(ndjson_load16(p), ndjson_load16(h->first)))
        return false;
    if (h->len <= 16)
        return h->len != 0;
    return ndjson_same16(ndjson_load16(p + h->len - 16), ndjson_load16(h->last)) == 0xffff;
#else
    (void)h;
    (void)p;
    return false;
#endif
}

#endif
