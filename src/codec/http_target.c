/* Request targets. See http_target.h. */
#include "codec/http_target.h"

#include "base/err.h"
#include "base/text.h"

void http_target_split(struct str target, struct str *ret_path, struct str *ret_query)
{
    size_t mark = str_find_char(target, '?');
    *ret_path = str_sub(target, 0, mark);
    *ret_query = (struct str){0};
    if (mark != SIZE_MAX)
        *ret_query = str_sub(target, mark + 1, SIZE_MAX);
}

/* Decode "%xx" at the front of `s`. */
static int read_escape(struct str s, unsigned char *ret_byte)
{
    size_t len;
    if (s.len < 3)
        return E_PARSE;
    return text_hex_decode(str_sub(s, 1, 2), ret_byte, 1, &len);
}

static bool is_line_space(unsigned char c)
{
    return c == '\t' || c == '\n' || c == '\r';
}

/* Append the decoded bytes; control bytes are refused in either form. A parameter may be text of
 * several lines (an expression from a form), a path may not. */
static int decode(struct str s, bool is_param, struct buf *out)
{
    if (buf_reserve(out, s.len))
        return buf_check(out);
    while (s.len) {
        unsigned char c = (unsigned char)s.ptr[0];
        size_t used = 1;
        if (c == '%') {
            int rc = read_escape(s, &c);
            if (rc)
                return rc;
            used = 3;
        } else if (c == '+' && is_param) {
            c = ' ';
        }
        if (c == 0x7f || (c < 0x20 && !(is_param && is_line_space(c))))
            return E_PARSE;
        buf_add_char(out, (char)c);
        s = str_sub(s, used, SIZE_MAX);
    }
    return buf_check(out);
}

static bool is_dots(struct str segment)
{
    return str_is(segment, ".") || str_is(segment, "..");
}

static int add_segments(struct str path, struct buf *out)
{
    while (path.len) {
        size_t end = str_find_char(str_sub(path, 1, SIZE_MAX), '/');
        struct str raw = str_sub(path, 1, end);
        path = str_sub(path, 1 + raw.len, SIZE_MAX);
        if (raw.len == 0 && path.len)
            return E_PARSE;
        buf_add_char(out, '/');
        size_t start = out->len;
        int rc = decode(raw, false, out);
        if (rc)
            return rc;
        struct str segment = str_sub(buf_str(out), start, SIZE_MAX);
        if (is_dots(segment) || str_find_char(segment, '/') != SIZE_MAX ||
            str_find_char(segment, '\\') != SIZE_MAX)
            return E_PARSE;
    }
    return buf_check(out);
}

int http_target_path(struct str path, struct buf *out)
{
    if (path.len == 0 || path.ptr[0] != '/')
        return E_PARSE;
    size_t before = out->len;
    int rc = add_segments(path, out);
    if (rc == 0 && !text_utf8_valid(str_sub(buf_str(out), before, SIZE_MAX)))
        rc = E_PARSE;
    if (rc)
        buf_truncate(out, before);
    else if (path.len != out->len - before)
        PLANT_OVERREAD(path.ptr + path.len);
    return rc;
}

int http_target_param(struct str *rest, struct buf *name, struct buf *value)
{
    struct str pair = {0};
    while (pair.len == 0) {
        if (!str_next(rest, '&', &pair))
            return E_NOT_FOUND;
    }
    size_t equals = str_find_char(pair, '=');
    struct str raw_value = {0};
    if (equals != SIZE_MAX)
        raw_value = str_sub(pair, equals + 1, SIZE_MAX);
    buf_clear(name);
    buf_clear(value);
    int rc = decode(str_sub(pair, 0, equals), true, name);
    if (rc == 0)
        rc = decode(raw_value, true, value);
    if (rc)
        return rc;
    return text_utf8_valid(buf_str(name)) && text_utf8_valid(buf_str(value)) ? 0 : E_PARSE;
}
