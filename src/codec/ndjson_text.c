/* Text of picked values: unescaping of checked strings, numbers that are no integers. */
#include <stdlib.h>
#include <string.h>

#include "codec/ndjson.h"
#include "codec/ndjson_priv.h"
#include "codec/ndjson_scan_priv.h"

enum { DOUBLE_BYTES_MAX = 256 };

static uint32_t hex4(const unsigned char *p)
{
    return (uint32_t)ndjson_hex_value(p[0]) << 12 | (uint32_t)ndjson_hex_value(p[1]) << 8 |
           (uint32_t)ndjson_hex_value(p[2]) << 4 | (uint32_t)ndjson_hex_value(p[3]);
}

static char plain_escape(unsigned char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return (char)c;
    }
}

static char *put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *out++ = (char)(0xe0 | code >> 12);
        } else {
            *out++ = (char)(0xf0 | code >> 18);
            *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (code & 0x3f));
    return out;
}

/* *p is behind "\u"; moves past the digits and, for a pair of surrogates, past the second escape.
 * A surrogate without its partner has no character: U+FFFD. */
static uint32_t read_unicode(const unsigned char **p, const unsigned char *end)
{
    uint32_t code = hex4(*p);
    *p += 4;
    if (code < 0xd800 || code >= 0xe000)
        return code;
    if (code < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        uint32_t low = hex4(*p + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            *p += 6;
            return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return 0xfffd;
}

size_t ndjson_unescape(struct str raw, char *out)
{
    const unsigned char *p = (const unsigned char *)raw.ptr;
    const unsigned char *end = p + raw.len;
    char *start = out;
    while (p < end) {
        if (*p != '\\') {
            *out++ = (char)*p++;
        } else if (p[1] != 'u') {
            *out++ = plain_escape(p[1]);
            p += 2;
        } else {
            p += 2;
            out = put_utf8(out, read_unicode(&p, end));
        }
    }
    return (size_t)(out - start);
}

int ndjson_double(const struct ndjson_value *v, double *ret_value)
{
    if (v->type != NDJSON_INT && v->type != NDJSON_UINT && v->type != NDJSON_NUMBER)
        return E_ARG;
    char digits[DOUBLE_BYTES_MAX + 1];
    if (v->raw.len > DOUBLE_BYTES_MAX)
        return E_LIMIT;
    memcpy(digits, v->raw.ptr, v->raw.len);
    digits[v->raw.len] = '\0';
    *ret_value = strtod(digits, NULL);
    return 0;
}
