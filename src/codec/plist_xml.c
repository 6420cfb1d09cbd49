/* Property lists in XML: the few elements that they have, nothing of XML's own machinery. A
 * document type is passed over; one with declarations inside is refused, and so is every entity but
 * the five of XML itself. See plist.h. */
#include "codec/plist_priv.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/timefmt.h"

enum { NUMBER_BYTES = 64, ENTITY_BYTES = 10 };

struct xml {
    struct plist_reading *r;
    size_t pos;
};

/* A tag as it stands in the text. */
struct tag {
    struct str name;
    bool opens;  /* <a> */
    bool closes; /* </a> */
};               /* neither: <a/> */

static struct str rest_of(const struct xml *x)
{
    return str_sub(x->r->bytes, x->pos, SIZE_MAX);
}

static int damaged(const struct xml *x, const char *what)
{
    uint32_t line = 1;
    for (size_t i = 0; i < x->pos && i < x->r->bytes.len; i++)
        line += x->r->bytes.ptr[i] == '\n' ? 1 : 0;
    err_at(x->r->err, NULL, line, 0);
    return err_set(x->r->err, E_PARSE, "the property list is damaged: %s", what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Go behind the next `end`. */
static int pass(struct xml *x, const char *end)
{
    size_t at = str_find(rest_of(x), str_of(end));
    if (at == SIZE_MAX)
        return damaged(x, "it ends inside a comment or declaration");
    x->pos += at + strlen(end);
    return 0;
}

/* Pass blanks, comments, instructions and the document type. */
static int pass_between(struct xml *x)
{
    for (;;) {
        struct str rest = rest_of(x);
        int rc = 0;
        if (rest.len && is_blank(rest.ptr[0])) {
            x->pos++;
        } else if (str_starts(rest, STR("<!--"))) {
            rc = pass(x, "-->");
        } else if (str_starts(rest, STR("<?"))) {
            rc = pass(x, "?>");
        } else if (str_starts(rest, STR("<!DOCTYPE"))) {
            size_t end = str_find_char(rest, '>');
            if (str_find_char(str_sub(rest, 0, end), '[') != SIZE_MAX)
                return damaged(x, "declarations of its own are not read");
            rc = pass(x, ">");
        } else {
            return 0;
        }
        if (rc)
            return rc;
    }
}

static int read_tag(struct xml *x, struct tag *ret)
{
    int rc = pass_between(x);
    if (rc)
        return rc;
    struct str rest = rest_of(x);
    size_t end = str_find_char(rest, '>');
    if (rest.len == 0 || rest.ptr[0] != '<' || end == SIZE_MAX) {
        PLANT_OVERREAD(x->r->bytes.ptr + x->r->bytes.len);
        return damaged(x, "a tag is expected");
    }
    struct str inside = str_sub(rest, 1, end - 1);
    bool closes = str_starts(inside, STR("/"));
    bool is_empty = !closes && inside.len && inside.ptr[inside.len - 1] == '/';
    inside = closes ? str_sub(inside, 1, SIZE_MAX) : inside;
    size_t len = 0;
    while (len < inside.len && !is_blank(inside.ptr[len]) && inside.ptr[len] != '/')
        len++;
    if (len == 0)
        return damaged(x, "a tag without a name");
    *ret = (struct tag){str_sub(inside, 0, len), !closes && !is_empty, closes};
    x->pos += end + 1;
    return 0;
}

/* ------------------------------------------------------------------ text */

static bool is_xml_char(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800) ||
           (c >= 0xe000 && c <= 0x10ffff && c != 0xfffe && c != 0xffff);
}

/* "&#65;" and "&#x41;". @return false when it is none */
static bool number_of(struct str name, uint32_t *ret)
{
    bool hex = name.len > 1 && name.ptr[1] == 'x';
    uint32_t value = 0;
    size_t from = hex ? 2 : 1;
    if (name.len <= from)
        return false;
    for (size_t i = from; i < name.len; i++) {
        char c = char_lower(name.ptr[i]);
        bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && !(hex && c >= 'a' && c <= 'f'))
            return false;
        value = value * (hex ? 16 : 10) + (uint32_t)(is_digit ? c - '0' : c - 'a' + 10);
        if (value > 0x10ffff)
            return false;
    }
    *ret = value;
    return is_xml_char(value);
}

/* At an ampersand. */
static int add_entity(struct xml *x, struct buf *text)
{
    static const struct {
        const char *name;
        char c;
    } known[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    struct str rest = str_sub(rest_of(x), 1, ENTITY_BYTES);
    size_t end = str_find_char(rest, ';');
    struct str name = str_sub(rest, 0, end);
    uint32_t code = 0;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (str_is(name, known[i].name))
            code = (unsigned char)known[i].c;
    }
    if (end == SIZE_MAX || (!code && !(str_starts(name, STR("#")) && number_of(name, &code))))
        return damaged(x, "an entity that is not known");
    text_utf8_add(text, code);
    x->pos += end + 2;
    return 0;
}

static int add_cdata(struct xml *x, struct buf *text)
{
    x->pos += strlen("<![CDATA[");
    size_t len = str_find(rest_of(x), STR("]]>"));
    if (len == SIZE_MAX)
        return damaged(x, "it ends inside a text");
    buf_add_str(text, str_sub(rest_of(x), 0, len));
    x->pos += len + strlen("]]>");
    return 0;
}

/* Content of an element that has text alone, up to its closing tag. */
static int add_text(struct xml *x, struct str name, struct buf *text)
{
    for (;;) {
        struct str rest = rest_of(x);
        size_t len = 0;
        while (len < rest.len && rest.ptr[len] != '<' && rest.ptr[len] != '&')
            len++;
        buf_add_str(text, str_sub(rest, 0, len));
        x->pos += len;
        rest = rest_of(x);
        struct tag tag;
        int rc;
        if (str_starts(rest, STR("&"))) {
            rc = add_entity(x, text);
        } else if (str_starts(rest, STR("<![CDATA["))) {
            rc = add_cdata(x, text);
        } else if (str_starts(rest, STR("<!--"))) {
            rc = pass(x, "-->");
        } else {
            rc = read_tag(x, &tag);
            if (rc == 0 && tag.closes && str_eq(tag.name, name))
                return 0;
            rc = rc ? rc : damaged(x, "an element inside a text");
        }
        if (rc)
            return rc;
    }
}

static int read_text(struct xml *x, struct tag tag, struct buf *text)
{
    int rc = tag.opens ? add_text(x, tag.name, text) : 0;
    if (rc == 0 && buf_check(text))
        return E_NOMEM;
    if (rc == 0 && !text_utf8_valid(buf_str(text)))
        return damaged(x, "a text that is no UTF-8");
    return rc;
}

static int keep_text(struct xml *x, const struct buf *text, struct str *ret)
{
    int rc = plist_count_text(x->r, text->len);
    if (rc)
        return rc;
    *ret = arena_str(x->r->arena, buf_str(text));
    return ret->ptr ? 0 : E_NOMEM;
}

/* ------------------------------------------------------------------ scalars */

static struct str trimmed(struct str s)
{
    while (s.len && is_blank(s.ptr[0]))
        s = str_sub(s, 1, SIZE_MAX);
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* Decimal, or hexadecimal with 0x; beyond int64_t the nearest. */
static bool integer_of(struct str s, int64_t *ret)
{
    bool is_negative = s.len && s.ptr[0] == '-';
    s = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+') ? str_sub(s, 1, SIZE_MAX) : s;
    bool hex = s.len > 2 && s.ptr[0] == '0' && char_lower(s.ptr[1]) == 'x';
    s = hex ? str_sub(s, 2, SIZE_MAX) : s;
    int64_t value = 0;
    bool over = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = char_lower(s.ptr[i]);
        bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && !(hex && c >= 'a' && c <= 'f'))
            return false;
        int digit = is_digit ? c - '0' : c - 'a' + 10;
        over |= __builtin_mul_overflow(value, (int64_t)(hex ? 16 : 10), &value) ||
                __builtin_sub_overflow(value, (int64_t)digit, &value);
    }
    if (over)
        *ret = is_negative ? INT64_MIN : INT64_MAX;
    else
        *ret = is_negative ? value : value == INT64_MIN ? INT64_MAX : -value;
    return s.len != 0;
}

static bool real_of(struct str s, double *ret)
{
    char copy[NUMBER_BYTES];
    char *end;
    if (s.len == 0 || s.len >= sizeof copy)
        return false;
    memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    *ret = strtod(copy, &end);
    return end == copy + s.len;
}

/* Base64 with blanks anywhere. */
static int data_of(struct xml *x, const struct buf *text, struct str *ret)
{
    CLEANUP(buf_done) struct buf packed = {0};
    CLEANUP(buf_done) struct buf bytes = {0};
    for (size_t i = 0; i < text->len; i++) {
        if (!is_blank(text->ptr[i]))
            buf_add_char(&packed, text->ptr[i]);
    }
    int rc = buf_check(&packed) ? E_NOMEM : text_base64_decode(buf_str(&packed), &bytes);
    if (rc == E_NOMEM || buf_check(&bytes))
        return E_NOMEM;
    return rc ? damaged(x, "data that is no base64") : keep_text(x, &bytes, ret);
}

static int read_scalar(struct xml *x, struct tag tag, struct plist_value *ret)
{
    CLEANUP(buf_done) struct buf text = {0};
    int rc = read_text(x, tag, &text);
    if (rc)
        return rc;
    struct str word = trimmed(buf_str(&text));
    bool good = true;
    if (str_is(tag.name, "string")) {
        ret->type = PLIST_STR;
        return keep_text(x, &text, &ret->s);
    }
    if (str_is(tag.name, "data")) {
        ret->type = PLIST_DATA;
        return data_of(x, &text, &ret->s);
    }
    if (str_is(tag.name, "true") || str_is(tag.name, "false")) {
        *ret = (struct plist_value){.type = PLIST_BOOL, .b = str_is(tag.name, "true")};
        good = word.len == 0;
    } else if (str_is(tag.name, "integer")) {
        ret->type = PLIST_INT;
        good = integer_of(word, &ret->i);
    } else if (str_is(tag.name, "real")) {
        ret->type = PLIST_REAL;
        good = real_of(word, &ret->r);
    } else if (str_is(tag.name, "date")) {
        ret->type = PLIST_DATE;
        good = timefmt_parse(word, &ret->i) == 0;
    } else {
        return damaged(x, "an element that property lists do not have");
    }
    return good ? 0 : damaged(x, "a number, date or truth value that cannot be read");
}

/* ------------------------------------------------------------------ containers */

/* Children so far; grows in the arena. */
struct children {
    struct plist_value *items;
    struct str *keys;
    size_t len;
    size_t cap;
};

static int make_room(struct xml *x, struct children *c, bool is_dict)
{
    if (c->len < c->cap)
        return 0;
    size_t cap = c->cap ? c->cap * 2 : 4;
    struct plist_value *items = arena_array(x->r->arena, cap, sizeof *items);
    struct str *keys = is_dict ? arena_array(x->r->arena, cap, sizeof *keys) : NULL;
    if (!items || (is_dict && !keys))
        return E_NOMEM;
    if (c->len) {
        memcpy(items, c->items, c->len * sizeof *items);
        if (is_dict)
            memcpy(keys, c->keys, c->len * sizeof *keys);
    }
    c->items = items;
    c->keys = keys;
    c->cap = cap;
    return 0;
}

static int read_key(struct xml *x, struct tag *tag, struct str *ret)
{
    CLEANUP(buf_done) struct buf text = {0};
    if (tag->closes || !str_is(tag->name, "key"))
        return damaged(x, "a key is expected");
    int rc = read_text(x, *tag, &text);
    if (rc == 0)
        rc = keep_text(x, &text, ret);
    return rc ? rc : read_tag(x, tag);
}

static int read_value(struct xml *x, struct tag tag, struct plist_value *ret);

static int read_children(struct xml *x, struct str name, bool is_dict, struct children *c)
{
    for (;;) {
        struct tag tag;
        struct str key = {0};
        int rc = read_tag(x, &tag);
        if (rc == 0 && tag.closes && str_eq(tag.name, name))
            return 0;
        if (rc == 0)
            rc = plist_count_nodes(x->r, is_dict ? 2 : 1);
        if (rc == 0)
            rc = make_room(x, c, is_dict);
        if (rc == 0 && is_dict)
            rc = read_key(x, &tag, &key);
        if (rc == 0)
            rc = read_value(x, tag, &c->items[c->len]);
        if (rc)
            return rc;
        if (is_dict)
            c->keys[c->len] = key;
        c->len++;
    }
}

static int read_value(struct xml *x, struct tag tag, struct plist_value *ret)
{
    bool is_dict = str_is(tag.name, "dict");
    struct children c = {0};
    *ret = (struct plist_value){0};
    if (tag.closes)
        return damaged(x, "a value is expected");
    if (!is_dict && !str_is(tag.name, "array"))
        return read_scalar(x, tag, ret);
    int rc = plist_enter(x->r);
    if (rc)
        return rc;
    rc = tag.opens ? read_children(x, tag.name, is_dict, &c) : 0;
    x->r->depth_left++;
    *ret = (struct plist_value){
        .type = is_dict ? PLIST_DICT : PLIST_ARRAY, .items = c.items, .keys = c.keys, .len = c.len};
    return rc;
}

int plist_xml(struct plist_reading *r, struct plist_value *ret_root)
{
    struct xml x = {.r = r};
    struct tag tag = {0};
    if (str_starts(r->bytes, STR("\xef\xbb\xbf")))
        x.pos = strlen("\xef\xbb\xbf");
    int rc = read_tag(&x, &tag);
    bool has_frame = rc == 0 && tag.opens && str_is(tag.name, "plist");
    if (has_frame)
        rc = read_tag(&x, &tag);
    if (rc == 0)
        rc = read_value(&x, tag, ret_root);
    if (rc == 0 && has_frame) {
        rc = read_tag(&x, &tag);
        if (rc == 0 && (!tag.closes || !str_is(tag.name, "plist")))
            rc = damaged(&x, "more than one value");
    }
    if (rc == 0)
        rc = pass_between(&x);
    return rc || x.pos == r->bytes.len ? rc : damaged(&x, "something behind its end");
}
