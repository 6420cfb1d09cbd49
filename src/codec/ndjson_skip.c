/* Checks and skips a value nobody wants, without recursion. See ndjson_scan_priv.h for the bounds.
 */
#include "codec/ndjson.h"
#include "codec/ndjson_scan_priv.h"

typedef unsigned char byte; /* unit scalar: one byte of the record */

const byte *ndjson_skip_container(struct ndjson_scan *w, const byte *p, unsigned depth)
{
    uint64_t objects = 0; /* one bit a level opened here, innermost lowest: 1 = object */
    unsigned opened = 0;
    for (;;) {
        /* p is at a value */
        if (*p == '{' || *p == '[') {
            if (UNLIKELY(depth + opened >= NDJSON_DEPTH_MAX))
                return ndjson_fail_code(w, p, E_LIMIT, "nested too deep");
            bool object = *p == '{';
            objects = objects << 1 | object;
            opened++;
            p = ndjson_skip_space(p + 1);
            if (*p != (object ? '}' : ']')) {
                if (object)
                    goto key;
                continue;
            }
        } else {
            p = ndjson_skip_scalar(w, p);
            if (UNLIKELY(!p))
                return NULL;
            p = ndjson_skip_space(p);
        }
        /* p is behind a value, or at the end of an empty container */
        while (*p != ',') {
            if (UNLIKELY(*p != (objects & 1 ? '}' : ']')))
                return ndjson_fail(w, p, "expected ',' or the end of an object or array");
            p++;
            objects >>= 1;
            if (--opened == 0)
                return p;
            if (UNLIKELY(p == w->end))
                return ndjson_fail_end(w);
            p = ndjson_skip_space(p);
        }
        p = ndjson_skip_space(p + 1);
        if (!(objects & 1))
            continue;
    key:
        if (UNLIKELY(*p != '"'))
            return ndjson_fail(w, p, "expected a key in quotes");
        bool ignored = false;
        p = ndjson_skip_string(w, p + 1, &ignored);
        if (UNLIKELY(!p))
            return NULL;
        p = ndjson_skip_space(p + 1);
        if (UNLIKELY(*p != ':'))
            return ndjson_fail(w, p, "expected ':' after a key");
        p = ndjson_skip_space(p + 1);
    }
}

int ndjson_measure(struct str text, size_t *ret_len)
{
    const byte *begin = (const byte *)text.ptr;
    const byte *end = begin + text.len;
    if (text.len == 0)
        return E_AGAIN;
    if (*begin != '{' && *begin != '[') {
        *ret_len = 0;
        return E_PARSE;
    }
    /* Scan up to the last closing byte that is there; the value cannot end behind it. */
    const byte *last = end - 1;
    while (last > begin && *last != '}' && *last != ']')
        last--;
    if (last == begin)
        return E_AGAIN;
    struct ndjson_scan w = {.end = last + 1};
    const byte *p = ndjson_skip_container(&w, begin, 0);
    if (!p && w.code == E_AGAIN)
        return E_AGAIN;
    *ret_len = (size_t)((p ? p : w.fault_at) - begin);
    return p ? 0 : w.code;
}
