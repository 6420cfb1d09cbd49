/* Binary property lists: "bplist00", objects, a table of their offsets, a trailer. See plist.h.
 * Every object is read at each reference to it: circles and shared objects end at the limits. */
#include "codec/plist_priv.h"

#include <math.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/timefmt.h"

enum {
    HEAD_BYTES = 8,
    TRAILER_BYTES = 32,
    TRAILER_SIZES = 6,   /* bytes of the trailer before the two sizes */
    EPOCH_S = 978307200, /* 2001-01-01 since 1970 */
    SIZE_FOLLOWS = 15    /* instead of a length: an integer object has it */
};

struct binary {
    struct plist_reading *r;
    struct str objects; /* from the head up to the table */
    struct str table;
    uint64_t count;
    unsigned offset_bytes;
    unsigned ref_bytes;
};

static int damaged(const struct binary *b, const char *what)
{
    return err_set(b->r->err, E_PARSE, "the binary property list is damaged: %s", what);
}

static uint64_t big_endian(const char *at, unsigned len)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < len; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

/* Take bytes from the front. @return false when there are fewer */
static bool take(struct str *from, uint64_t len, struct str *ret)
{
    if (len > from->len)
        return false;
    *ret = str_n(from->ptr, (size_t)len);
    *from = str_n(from->ptr + len, from->len - (size_t)len);
    return true;
}

static int open_list(struct binary *b)
{
    struct str all = b->r->bytes;
    if (!str_starts(all, STR("bplist0")) || all.len < HEAD_BYTES + TRAILER_BYTES)
        return damaged(b, "no head or no trailer");
    const char *trailer = all.ptr + all.len - TRAILER_BYTES;
    b->offset_bytes = (unsigned char)trailer[TRAILER_SIZES];
    b->ref_bytes = (unsigned char)trailer[TRAILER_SIZES + 1];
    b->count = big_endian(trailer + 8, 8);
    uint64_t table_at = big_endian(trailer + 24, 8);
    uint64_t end = all.len - TRAILER_BYTES;
    if (b->offset_bytes < 1 || b->offset_bytes > 8 || b->ref_bytes < 1 || b->ref_bytes > 8)
        return damaged(b, "sizes in the trailer");
    if (table_at < HEAD_BYTES || table_at > end || b->count > (end - table_at) / b->offset_bytes)
        return damaged(b, "table of offsets");
    b->objects = str_n(all.ptr, (size_t)table_at);
    b->table = str_n(all.ptr + table_at, (size_t)b->count * b->offset_bytes);
    return 0;
}

/* What stands from the object's first byte on. */
static int find_object(const struct binary *b, uint64_t number, struct str *ret)
{
    if (number >= b->count)
        return damaged(b, "reference to an object that is not there");
    uint64_t at = big_endian(b->table.ptr + number * b->offset_bytes, b->offset_bytes);
    if (at < HEAD_BYTES || at >= b->objects.len)
        return damaged(b, "offset of an object");
    *ret = str_n(b->objects.ptr + at, b->objects.len - (size_t)at);
    return 0;
}

/* ------------------------------------------------------------------ scalars */

static int read_int(const struct binary *b, unsigned power, struct str rest, int64_t *ret)
{
    struct str bytes;
    if (power > 4 || !take(&rest, UINT64_C(1) << power, &bytes))
        return damaged(b, "an integer");
    /* Sixteen bytes: the upper eight are empty but for numbers that do not fit eight. */
    bool wide = bytes.len > 8;
    uint64_t low = big_endian(bytes.ptr + (wide ? 8 : 0), wide ? 8 : (unsigned)bytes.len);
    bool is_large = wide && (big_endian(bytes.ptr, 8) != 0 || low > INT64_MAX);
    *ret = is_large ? INT64_MAX : (int64_t)low;
    return 0;
}

static int read_double(const struct binary *b, unsigned power, struct str rest, double *ret)
{
    struct str bytes;
    if ((power != 2 && power != 3) || !take(&rest, UINT64_C(1) << power, &bytes))
        return damaged(b, "a real number");
    uint64_t bits = big_endian(bytes.ptr, (unsigned)bytes.len);
    uint32_t narrow = (uint32_t)bits;
    float f;
    if (power == 2) {
        memcpy(&f, &narrow, sizeof f);
        *ret = (double)f;
    } else {
        memcpy(ret, &bits, sizeof *ret);
    }
    return 0;
}

static int64_t date_of(double seconds)
{
    double ns = (seconds + EPOCH_S) * (double)NS_PER_S;
    if (isnan(ns))
        return 0;
    return ns >= (double)INT64_MAX ? INT64_MAX : ns <= (double)INT64_MIN ? INT64_MIN : (int64_t)ns;
}

/* Length of an object that has one: in the marker, or in an integer behind it. */
static int read_len(const struct binary *b, unsigned low, struct str *rest, uint64_t *ret_len)
{
    struct str marker;
    int64_t len;
    *ret_len = low;
    if (low != SIZE_FOLLOWS)
        return 0;
    if (!take(rest, 1, &marker) || ((unsigned char)marker.ptr[0] & 0xf0) != 0x10)
        return damaged(b, "length of an object");
    unsigned power = (unsigned char)marker.ptr[0] & 0x0f;
    int rc = read_int(b, power, *rest, &len);
    if (rc)
        return rc;
    if (len < 0)
        return damaged(b, "length of an object");
    *rest = str_sub(*rest, (size_t)1 << power, SIZE_MAX);
    *ret_len = (uint64_t)len;
    return 0;
}

/* UTF-16, big endian; half of a pair becomes U+FFFD. */
static int read_wide(const struct binary *b, struct str units, struct str *ret)
{
    CLEANUP(buf_done) struct buf text = {.limit = b->r->text_left + 1};
    for (size_t i = 0; i + 1 < units.len; i += 2) {
        uint32_t c = (uint32_t)big_endian(units.ptr + i, 2);
        if (c >= 0xd800 && c < 0xdc00 && i + 3 < units.len) {
            uint32_t low = (uint32_t)big_endian(units.ptr + i + 2, 2);
            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                i += 2;
            }
        }
        text_utf8_add(&text, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    }
    if (buf_check(&text) == E_NOMEM)
        return E_NOMEM;
    int rc = plist_count_text(b->r, buf_check(&text) ? SIZE_MAX : text.len);
    if (rc)
        return rc;
    *ret = arena_str(b->r->arena, buf_str(&text));
    return ret->ptr ? 0 : E_NOMEM;
}

static int read_text(const struct binary *b, unsigned high, unsigned low, struct str rest,
                     struct str *ret)
{
    enum { DATA = 4, ASCII = 5, WIDE = 6, UTF8 = 7 };
    uint64_t len;
    struct str bytes;
    int rc = read_len(b, low, &rest, &len);
    if (rc)
        return rc;
    uint64_t unit = high == WIDE ? 2 : 1;
    if (len > rest.len || !take(&rest, len * unit, &bytes)) {
        PLANT_OVERREAD(b->r->bytes.ptr + b->r->bytes.len);
        return damaged(b, "a text or data that ends behind the objects");
    }
    if (high == WIDE)
        return read_wide(b, bytes, ret);
    if (high != DATA && !text_utf8_valid(bytes))
        return damaged(b, "a text that is no UTF-8");
    *ret = bytes;
    return plist_count_text(b->r, bytes.len);
}

/* ------------------------------------------------------------------ containers */

static int read_value(const struct binary *b, uint64_t number, struct plist_value *ret);

static int read_key(const struct binary *b, uint64_t number, struct str *ret)
{
    struct plist_value key;
    struct str object;
    int rc = find_object(b, number, &object);
    if (rc == 0 && ((unsigned char)object.ptr[0] >> 4 < 5 || (unsigned char)object.ptr[0] >> 4 > 7))
        rc = damaged(b, "a key that is no text");
    if (rc == 0)
        rc = read_value(b, number, &key);
    if (rc == 0)
        *ret = key.s;
    return rc;
}

static int read_container(const struct binary *b, unsigned low, struct str rest, bool is_dict,
                          struct plist_value *ret)
{
    uint64_t len;
    struct str refs;
    int rc = read_len(b, low, &rest, &len);
    if (rc)
        return rc;
    /* Each reference is at least a byte: with this, no product overflows. */
    if (len > rest.len || !take(&rest, len * b->ref_bytes * (is_dict ? 2 : 1), &refs))
        return damaged(b, "a container that ends behind the objects");
    rc = plist_count_nodes(b->r, is_dict ? len * 2 : len);
    if (rc)
        return rc;
    struct plist_value *items = arena_array(b->r->arena, (size_t)len, sizeof *items);
    struct str *keys = is_dict ? arena_array(b->r->arena, (size_t)len, sizeof *keys) : NULL;
    if (!items || (is_dict && !keys))
        return E_NOMEM;
    rc = plist_enter(b->r);
    for (uint64_t i = 0; rc == 0 && i < len; i++) {
        const char *at = refs.ptr + i * b->ref_bytes;
        if (is_dict) {
            rc = read_key(b, big_endian(at, b->ref_bytes), &keys[i]);
            at += len * b->ref_bytes;
        }
        if (rc == 0)
            rc = read_value(b, big_endian(at, b->ref_bytes), &items[i]);
    }
    b->r->depth_left++;
    *ret = (struct plist_value){.type = is_dict ? PLIST_DICT : PLIST_ARRAY,
                                .items = items,
                                .keys = keys,
                                .len = (size_t)len};
    return rc;
}

static int read_simple(const struct binary *b, unsigned low, struct plist_value *ret)
{
    enum { IS_FALSE = 8, IS_TRUE = 9 };
    if (low != IS_FALSE && low != IS_TRUE)
        return damaged(b, "an object of no known type");
    *ret = (struct plist_value){.type = PLIST_BOOL, .b = low == IS_TRUE};
    return 0;
}

static int read_uid(const struct binary *b, unsigned low, struct str rest, struct plist_value *ret)
{
    struct str bytes;
    if (low > 7 || !take(&rest, low + 1, &bytes))
        return damaged(b, "a reference of an archive");
    uint64_t value = big_endian(bytes.ptr, low + 1);
    ret->type = PLIST_UID;
    ret->i = value > INT64_MAX ? INT64_MAX : (int64_t)value;
    return 0;
}

static int read_value(const struct binary *b, uint64_t number, struct plist_value *ret)
{
    struct str rest;
    double seconds = 0;
    int rc = find_object(b, number, &rest);
    if (rc)
        return rc;
    unsigned high = (unsigned char)rest.ptr[0] >> 4;
    unsigned low = (unsigned char)rest.ptr[0] & 0x0f;
    rest = str_n(rest.ptr + 1, rest.len - 1);
    *ret = (struct plist_value){0};
    switch (high) {
    case 0x0:
        return read_simple(b, low, ret);
    case 0x1:
        ret->type = PLIST_INT;
        return read_int(b, low, rest, &ret->i);
    case 0x2:
        ret->type = PLIST_REAL;
        return read_double(b, low, rest, &ret->r);
    case 0x3:
        rc = read_double(b, low, rest, &seconds);
        *ret = (struct plist_value){.type = PLIST_DATE, .i = date_of(seconds)};
        return rc;
    case 0x4:
        ret->type = PLIST_DATA;
        return read_text(b, high, low, rest, &ret->s);
    case 0x5:
    case 0x6:
    case 0x7:
        ret->type = PLIST_STR;
        return read_text(b, high, low, rest, &ret->s);
    case 0x8:
        return read_uid(b, low, rest, ret);
    case 0xa:
        return read_container(b, low, rest, false, ret);
    case 0xd:
        return read_container(b, low, rest, true, ret);
    default:
        return damaged(b, "an object of no known type");
    }
}

int plist_binary(struct plist_reading *r, struct plist_value *ret_root)
{
    struct binary b = {.r = r};
    int rc = open_list(&b);
    if (rc)
        return rc;
    return read_value(&b, big_endian(r->bytes.ptr + r->bytes.len - TRAILER_BYTES + 16, 8),
                      ret_root);
}
