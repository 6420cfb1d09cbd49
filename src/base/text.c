/* UTF-8, hexadecimal, base64, printable escapes. See text.h. */
#include "base/text.h"

#include "base/err.h"

/* Length of the well-formed sequence at p, 0 when ill-formed. RFC 3629 section 4 table. */
static size_t sequence(const unsigned char *p, size_t left, uint32_t *ret_code)
{
    unsigned char c = p[0];
    if (c < 0x80) {
        *ret_code = c;
        return 1;
    }
    size_t n;
    uint32_t code;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    if (c >= 0xc2 && c <= 0xdf) {
        n = 2;
        code = c & 0x1fu;
    } else if (c >= 0xe0 && c <= 0xef) {
        n = 3;
        code = c & 0x0fu;
        if (c == 0xe0)
            low = 0xa0;
        if (c == 0xed)
            high = 0x9f;
    } else if (c >= 0xf0 && c <= 0xf4) {
        n = 4;
        code = c & 0x07u;
        if (c == 0xf0)
            low = 0x90;
        if (c == 0xf4)
            high = 0x8f;
    } else {
        return 0;
    }
    if (left < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (p[i] < low || p[i] > high)
            return 0;
        code = code << 6 | (p[i] & 0x3fu);
        low = 0x80;
        high = 0xbf;
    }
    *ret_code = code;
    return n;
}

static inline uint64_t word_at(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline bool is_ascii32(const unsigned char *p)
{
    uint64_t tops = word_at(p) | word_at(p + 8) | word_at(p + 16) | word_at(p + 24);
    return (tops & 0x8080808080808080u) == 0;
}

bool text_utf8_valid(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t i = 0;
    while (i < s.len) {
        while (s.len - i >= 32 && is_ascii32(p + i))
            i += 32;
        if (s.len - i >= 8 && (word_at(p + i) & 0x8080808080808080u) == 0) {
            i += 8;
            continue;
        }
        if (i == s.len)
            break;
        uint32_t code;
        size_t n = sequence(p + i, s.len - i, &code);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

uint32_t text_utf8_next(struct str s, size_t *pos)
{
    uint32_t code;
    size_t n = sequence((const unsigned char *)s.ptr + *pos, s.len - *pos, &code);
    if (n == 0) {
        *pos += 1;
        return 0xfffd;
    }
    *pos += n;
    return code;
}

void text_utf8_add(struct buf *b, uint32_t c)
{
    if (c < 0x80) {
        buf_add_char(b, (char)c);
    } else if (c < 0x800) {
        char raw[] = {(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};
        buf_add(b, raw, sizeof raw);
    } else if (c < 0x10000) {
        char raw[] = {(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)),
                      (char)(0x80 | (c & 0x3f))};
        buf_add(b, raw, sizeof raw);
    } else {
        char raw[] = {(char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 0x3f)),
                      (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f))};
        buf_add(b, raw, sizeof raw);
    }
}

static const char hex_digits[] = "0123456789abcdef";

void text_hex_add(struct buf *b, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    if (len > SIZE_MAX / 2 || buf_reserve(b, len * 2))
        return;
    for (size_t i = 0; i < len; i++) {
        b->ptr[b->len++] = hex_digits[p[i] >> 4];
        b->ptr[b->len++] = hex_digits[p[i] & 15];
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = char_lower(c);
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

int text_hex_decode(struct str hex, unsigned char *out, size_t cap, size_t *ret_len)
{
    if (hex.len % 2)
        return E_PARSE;
    if (hex.len / 2 > cap)
        return E_LIMIT;
    for (size_t i = 0; i < hex.len; i += 2) {
        int high = hex_value(hex.ptr[i]);
        int low = hex_value(hex.ptr[i + 1]);
        if (high < 0 || low < 0)
            return E_PARSE;
        out[i / 2] = (unsigned char)(high << 4 | low);
    }
    *ret_len = hex.len / 2;
    return 0;
}

static void base64_add(struct buf *b, const unsigned char *p, size_t len, const char *alphabet,
                       bool pad)
{
    if (len > SIZE_MAX / 2 || buf_reserve(b, (len + 2) / 3 * 4))
        return;
    for (; len >= 3; p += 3, len -= 3) {
        b->ptr[b->len++] = alphabet[p[0] >> 2];
        b->ptr[b->len++] = alphabet[(p[0] & 3) << 4 | p[1] >> 4];
        b->ptr[b->len++] = alphabet[(p[1] & 15) << 2 | p[2] >> 6];
        b->ptr[b->len++] = alphabet[p[2] & 63];
    }
    if (len == 0)
        return;
    b->ptr[b->len++] = alphabet[p[0] >> 2];
    if (len == 1) {
        b->ptr[b->len++] = alphabet[(p[0] & 3) << 4];
    } else {
        b->ptr[b->len++] = alphabet[(p[0] & 3) << 4 | p[1] >> 4];
        b->ptr[b->len++] = alphabet[(p[1] & 15) << 2];
    }
    for (size_t i = len; pad && i < 3; i++)
        b->ptr[b->len++] = '=';
}

void text_base64_add(struct buf *b, const void *bytes, size_t len)
{
    base64_add(b, bytes, len, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
               true);
}

void text_base64url_add(struct buf *b, const void *bytes, size_t len)
{
    base64_add(b, bytes, len, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
               false);
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    return -1;
}

int text_base64_decode(struct str text, struct buf *out)
{
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    if (padding && text.len % 4 != 0)
        return E_PARSE;
    size_t before = out->len;
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < text.len - padding; i++) {
        int v = base64_value(text.ptr[i]);
        if (v < 0) {
            buf_truncate(out, before);
            return E_PARSE;
        }
        bits = bits << 6 | (uint32_t)v;
        have += 6;
        if (have >= 8) {
            have -= 8;
            buf_add_u8(out, (uint8_t)(bits >> have));
        }
    }
    /* A lone last digit, or bits that no byte holds: two texts would mean the same bytes. */
    if (have >= 6 || (bits & ((1u << have) - 1)) != 0) {
        buf_truncate(out, before);
        return E_PARSE;
    }
    if (padding)
        PLANT_OVERREAD(text.ptr + text.len);
    return buf_check(out);
}

/* Invisible or direction-changing characters that can make a shown text lie. */
static bool is_deceptive(uint32_t c)
{
    return (c >= 0x80 && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xe0000 && c <= 0xe007f);
}

void text_add_printable(struct buf *b, struct str s)
{
    size_t i = 0;
    while (i < s.len) {
        uint32_t code;
        size_t n = sequence((const unsigned char *)s.ptr + i, s.len - i, &code);
        if (n == 0) {
            buf_addf(b, "\\x%02x", (unsigned char)s.ptr[i]);
            i++;
            continue;
        }
        if (code < 0x20 || code == 0x7f)
            buf_addf(b, "\\x%02x", code);
        else if (is_deceptive(code))
            buf_addf(b, code > 0xffff ? "\\U%08x" : "\\u%04x", code);
        else
            buf_add(b, s.ptr + i, n);
        i += n;
    }
}
