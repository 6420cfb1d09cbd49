/* JSON writer. See json_out.h. */
#include "codec/json_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/text.h"
#include "base/timefmt.h"

enum { DEPTH_MAX = 64 };

/* The comma between two values of one container. */
static void separate(struct json_out *j)
{
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    if (j->depth == 0)
        return;
    uint64_t bit = UINT64_C(1) << (j->depth - 1);
    if (j->has_item & bit)
        buf_add_char(j->out, ',');
    j->has_item |= bit;
}

static void open_level(struct json_out *j, char c)
{
    separate(j);
    if (j->depth == DEPTH_MAX) {
        /* The document cannot be finished; the buffer says so to whoever asks at the end. */
        j->out->error = j->out->error ? j->out->error : E_LIMIT;
        return;
    }
    j->depth++;
    j->has_item &= ~(UINT64_C(1) << (j->depth - 1));
    buf_add_char(j->out, c);
}

static void close_level(struct json_out *j, char c)
{
    if (j->depth)
        j->depth--;
    j->after_key = false;
    buf_add_char(j->out, c);
}

void json_object_begin(struct json_out *j)
{
    open_level(j, '{');
}

void json_object_end(struct json_out *j)
{
    close_level(j, '}');
}

void json_array_begin(struct json_out *j)
{
    open_level(j, '[');
}

void json_array_end(struct json_out *j)
{
    close_level(j, ']');
}

void json_key_str(struct json_out *j, struct str key)
{
    separate(j);
    json_escape(j->out, key);
    buf_add_char(j->out, ':');
    j->after_key = true;
}

void json_key(struct json_out *j, const char *key)
{
    json_key_str(j, str_of(key));
}

void json_str(struct json_out *j, struct str s)
{
    separate(j);
    json_escape(j->out, s);
}

void json_cstr(struct json_out *j, const char *s)
{
    if (s)
        json_str(j, str_of(s));
    else
        json_null_value(j);
}

void json_uint(struct json_out *j, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    separate(j);
    buf_add(j->out, digits + at, sizeof digits - at);
}

void json_int(struct json_out *j, int64_t v)
{
    if (v >= 0) {
        json_uint(j, (uint64_t)v);
        return;
    }
    separate(j);
    buf_add_char(j->out, '-');
    j->after_key = true; /* the digits belong to the sign: no comma between them */
    json_uint(j, -(uint64_t)v);
}

void json_double(struct json_out *j, double v)
{
    if (!isfinite(v)) {
        json_null_value(j);
        return;
    }
    /* The shortest of the three forms that reads back as the same number. */
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    json_raw(j, str_of(text));
}

void json_bool(struct json_out *j, bool v)
{
    json_raw(j, v ? STR("true") : STR("false"));
}

void json_null_value(struct json_out *j)
{
    json_raw(j, STR("null"));
}

void json_raw(struct json_out *j, struct str text)
{
    separate(j);
    buf_add_str(j->out, text);
}

void json_time(struct json_out *j, int64_t ns)
{
    separate(j);
    buf_add_char(j->out, '"');
    timefmt_add(j->out, ns, 9);
    buf_add_char(j->out, '"');
}

void json_kv_str(struct json_out *j, const char *key, struct str s)
{
    json_key(j, key);
    json_str(j, s);
}

void json_kv_cstr(struct json_out *j, const char *key, const char *s)
{
    json_key(j, key);
    json_cstr(j, s);
}

void json_kv_int(struct json_out *j, const char *key, int64_t v)
{
    json_key(j, key);
    json_int(j, v);
}

void json_kv_uint(struct json_out *j, const char *key, uint64_t v)
{
    json_key(j, key);
    json_uint(j, v);
}

void json_kv_bool(struct json_out *j, const char *key, bool v)
{
    json_key(j, key);
    json_bool(j, v);
}

void json_kv_time(struct json_out *j, const char *key, int64_t ns)
{
    json_key(j, key);
    json_time(j, ns);
}

static void escape_one(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        buf_add_char(b, '\\');
        buf_add_char(b, (char)c);
        return;
    case '\b':
        buf_add_cstr(b, "\\b");
        return;
    case '\f':
        buf_add_cstr(b, "\\f");
        return;
    case '\n':
        buf_add_cstr(b, "\\n");
        return;
    case '\r':
        buf_add_cstr(b, "\\r");
        return;
    case '\t':
        buf_add_cstr(b, "\\t");
        return;
    default:
        buf_addf(b, "\\u%04x", c);
    }
}

#define ONES UINT64_C(0x0101010101010101)

/* The high bit of each byte that cannot be copied as it is; exact up to the first one. */
static uint64_t unclean(uint64_t v)
{
    uint64_t quote = v ^ ONES * '"';
    uint64_t backslash = v ^ ONES * '\\';
    uint64_t marks = (v - ONES * 0x20) | (quote - ONES) | (backslash - ONES);
    return (marks | v) & ONES * 0x80;
}

/* Where the text stops being ASCII that needs no escape, at or after `at`. */
static size_t skip_clean(struct str s, size_t at)
{
    for (; at + 8 <= s.len; at += 8) {
        uint64_t word;
        memcpy(&word, s.ptr + at, sizeof word);
        word = unclean(word);
        if (word)
            return at + (size_t)__builtin_ctzll(word) / 8;
    }
    for (; at < s.len; at++) {
        unsigned char c = (unsigned char)s.ptr[at];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            break;
    }
    return at;
}

void json_escape(struct buf *b, struct str s)
{
    if (buf_reserve(b, s.len + 2))
        return;
    buf_add_char(b, '"');
    size_t clean = 0; /* start of the bytes that are copied as they are */
    size_t i = 0;
    while ((i = skip_clean(s, i)) < s.len) {
        unsigned char c = (unsigned char)s.ptr[i];
        size_t from = i;
        if (c < 0x80) {
            buf_add(b, s.ptr + clean, from - clean);
            escape_one(b, c);
            clean = ++i;
            continue;
        }
        uint32_t code = text_utf8_next(s, &i);
        if (code == 0xfffd && i - from == 1) {
            buf_add(b, s.ptr + clean, from - clean);
            text_utf8_add(b, code);
            clean = i;
        }
    }
    buf_add(b, s.ptr ? s.ptr + clean : NULL, s.len - clean);
    buf_add_char(b, '"');
}
