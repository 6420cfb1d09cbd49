/* Inside of codec/ndjson: the grammar of JSON tokens over borrowed bytes, inlined into the walkers
 * because every byte of telemetry passes here. Strings go 16 bytes a step (SSE2, NEON).
 *
 * Bounds: text that starts with a brace or bracket is scanned only when its last byte is one too.
 * No white space, number, literal or separator contains that byte, so a scanner cannot pass it
 * except by closing a level: the end is checked after a closing brace and inside strings, and
 * nowhere else.
 */
#ifndef CORDON_CODEC_NDJSON_SCAN_PRIV_H
#define CORDON_CODEC_NDJSON_SCAN_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "codec/ndjson_block_priv.h"

struct ndjson_scan {
    const unsigned char *end; /* one past a closing brace or bracket */
    const unsigned char *fault_at;
    const char *fault;
    int code; /* E_AGAIN: the text ends before the value does */
};

static inline bool ndjson_is_special(unsigned char c)
{
    return c == '"' || c == '\\' || c < 0x20;
}

/* The ndjson_fail functions note the fault and yield NULL. */
static inline const unsigned char *ndjson_fail_code(struct ndjson_scan *w, const unsigned char *at,
                                                    int code, const char *fault)
{
    w->code = code;
    w->fault_at = at;
    w->fault = fault;
    return NULL;
}

static inline const unsigned char *ndjson_fail(struct ndjson_scan *w, const unsigned char *at,
                                               const char *fault)
{
    return ndjson_fail_code(w, at, E_PARSE, fault);
}

static inline const unsigned char *ndjson_fail_end(struct ndjson_scan *w)
{
    return ndjson_fail_code(w, w->end, E_AGAIN, "the record ends too early");
}

static inline bool ndjson_is_space(unsigned char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const unsigned char *ndjson_skip_space(const unsigned char *p)
{
    while (UNLIKELY(ndjson_is_space(*p)))
        p++;
    return p;
}

static inline bool ndjson_is_digit(unsigned char c)
{
    return (unsigned char)(c - '0') < 10;
}

static inline int ndjson_hex_value(unsigned char c)
{
    if (ndjson_is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* p is at a backslash; past the escape, or NULL. */
static inline const unsigned char *ndjson_skip_escape(struct ndjson_scan *w, const unsigned char *p)
{
    if (UNLIKELY(w->end - p < 2))
        return ndjson_fail_end(w);
    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 2;
    case 'u':
        for (unsigned i = 2; i < 6; i++) {
            if (w->end - p <= (ptrdiff_t)i)
                return ndjson_fail_end(w);
            if (ndjson_hex_value(p[i]) < 0)
                return ndjson_fail(w, p + i, "\\u needs four hexadecimal digits");
        }
        return p + 6;
    default:
        return ndjson_fail(w, p + 1, "unknown escape in a string");
    }
}

/* p is behind the opening quote; at the closing quote, or NULL. Byte by byte. */
static inline const unsigned char *
ndjson_skip_string_portable(struct ndjson_scan *w, const unsigned char *p, bool *ret_escaped)
{
    for (;;) {
        while (p < w->end && !ndjson_is_special(*p))
            p++;
        if (UNLIKELY(p == w->end)) {
            PLANT_OVERREAD(p);
            return ndjson_fail_end(w);
        }
        if (LIKELY(*p == '"'))
            return p;
        if (UNLIKELY(*p != '\\'))
            return ndjson_fail(w, p, "control character in a string");
        *ret_escaped = true;
        p = ndjson_skip_escape(w, p);
        if (UNLIKELY(!p))
            return NULL;
    }
}

#ifdef NDJSON_BLOCK16
/* Escapes of two characters that the block leaves to be looked at singly. */
static inline bool ndjson_is_rare_escape(unsigned char c)
{
    return c == 'n' || c == 't' || c == 'r' || c == 'b' || c == 'f';
}

/* A block of string text at p with a backslash in it: check its escapes together. @return a byte
 * that no backslash stands before: the first quote or control character, else one from which the
 * scan goes on; or NULL */
static inline const unsigned char *ndjson_skip_escapes16(struct ndjson_scan *w,
                                                         const unsigned char *p, ndjson_v16 v)
{
    uint32_t slashes = ndjson_equal16(v, '\\');
    uint32_t quotes = ndjson_equal16(v, '"');
    uint32_t escaped = ndjson_escaped16(slashes);
    uint32_t stops = (quotes | ndjson_control16(v)) & ~escaped;
    uint32_t before = (stops - 1) & ~stops & 0xffff;
    uint32_t rare = escaped & before & ~(slashes | quotes | ndjson_equal16(v, '/'));
    for (; UNLIKELY(rare); rare &= rare - 1) {
        unsigned at = (unsigned)__builtin_ctz(rare);
        if (!ndjson_is_rare_escape(p[at]))
            return ndjson_skip_escape(w, p + at - 1);
    }
    if (stops)
        return p + (unsigned)__builtin_ctz(stops);
    return p + 16 - ((slashes & ~escaped) >> 15 & 1); /* the last backslash takes the next byte */
}
#endif

/* The same, a block at a time where there are blocks. */
static inline const unsigned char *ndjson_skip_string(struct ndjson_scan *w, const unsigned char *p,
                                                      bool *ret_escaped)
{
#ifdef NDJSON_BLOCK16
    while (LIKELY(w->end - p >= 16)) {
        ndjson_v16 v = ndjson_load16(p);
        unsigned at = ndjson_special16(v);
        if (at == 16) {
            p += 16;
            continue;
        }
        if (LIKELY(p[at] == '"'))
            return p + at;
        if (UNLIKELY(p[at] != '\\'))
            return ndjson_fail(w, p + at, "control character in a string");
        *ret_escaped = true;
        p = ndjson_skip_escapes16(w, p, v);
        if (UNLIKELY(!p))
            return NULL;
    }
#endif
    return ndjson_skip_string_portable(w, p, ret_escaped);
}

/* Past the digits at p, which may be none. Most numbers are short, and a loop whose end the
 * processor foresees lets it read on where a calculated length would make it wait. */
static inline const unsigned char *ndjson_skip_digits(const unsigned char *p)
{
    while (ndjson_is_digit(*p))
        p++;
    return p;
}

/* p is at '-' or a digit; past the number, or NULL. */
static inline const unsigned char *ndjson_skip_number(struct ndjson_scan *w, const unsigned char *p,
                                                      bool *ret_integer)
{
    if (*p == '-')
        p++;
    const unsigned char *from = p;
    p = ndjson_skip_digits(p);
    if (UNLIKELY(p == from))
        return ndjson_fail(w, p, "a number needs a digit here");
    if (*from == '0')
        p = from + 1; /* nothing may follow: the caller wants a separator there */
    if (LIKELY(*p != '.' && (*p | 0x20) != 'e'))
        return p;
    *ret_integer = false;
    if (*p == '.') {
        from = ++p;
        p = ndjson_skip_digits(p);
        if (p == from)
            return ndjson_fail(w, p, "a number needs a digit after its point");
    }
    if ((*p | 0x20) == 'e') {
        p++;
        if (*p == '+' || *p == '-')
            p++;
        from = p;
        p = ndjson_skip_digits(p);
        if (p == from)
            return ndjson_fail(w, p, "a number needs a digit in its exponent");
    }
    return p;
}

/* p is at the first letter; past the word, or NULL. Stops at the first byte that differs. */
static inline const unsigned char *ndjson_skip_word(struct ndjson_scan *w, const unsigned char *p,
                                                    const char *word)
{
    for (; *word; word++, p++) {
        if (UNLIKELY(*p != (unsigned char)*word))
            return ndjson_fail(w, p, "expected true, false or null");
    }
    return p;
}

/* p is at the first byte of a value that is neither object nor array; past it, or NULL. */
static inline const unsigned char *ndjson_skip_scalar(struct ndjson_scan *w, const unsigned char *p)
{
    bool ignored = false;
    switch (*p) {
    case '"':
        p = ndjson_skip_string(w, p + 1, &ignored);
        return p ? p + 1 : NULL;
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
    case '9':
        return ndjson_skip_number(w, p, &ignored);
    case 't':
        return ndjson_skip_word(w, p, "true");
    case 'f':
        return ndjson_skip_word(w, p, "false");
    case 'n':
        return ndjson_skip_word(w, p, "null");
    default:
        return ndjson_fail(w, p, "expected a value");
    }
}

/* p is at '{' or '['; past its end, or NULL. `depth` levels are open around it. */
const unsigned char *ndjson_skip_container(struct ndjson_scan *w, const unsigned char *p,
                                           unsigned depth);

#endif
