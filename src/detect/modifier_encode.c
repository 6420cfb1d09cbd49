/* base64, base64offset and the forms of UTF-16: the value as it looks when it was encoded. Each
 * replaces every alternative of a value; values with wildcards have no encoded form. See
 * modifiers.h. Source: Sigma specification 2.1, modifiers, "base64", "base64offset", "utf16le". */
#include "detect/modifiers.h"

#include "base/buf.h"
#include "base/text.h"

enum { ENCODED_BYTES_MOST = 49152 };

/* Append the `variant`-th encoding of the text. */
typedef void (*encode_fn)(struct buf *out, struct str text, unsigned variant);

static int add_encoded(struct str text, encode_fn encode, unsigned variant, struct arena *arena,
                       struct pattern *ret_pattern, struct err *err)
{
    struct pattern_part *part = arena_alloc(arena, sizeof *part);
    struct buf out = {.limit = ENCODED_BYTES_MOST};
    encode(&out, text, variant);
    int rc = part ? buf_check(&out) : E_NOMEM;
    if (rc == 0) {
        *part = (struct pattern_part){PATTERN_TEXT, arena_str(arena, buf_str(&out))};
        rc = part->text.ptr ? 0 : E_NOMEM;
    }
    *ret_pattern = (struct pattern){part, out.len ? 1 : 0};
    buf_done(&out);
    if (rc == E_LIMIT)
        return err_set(err, E_LIMIT, "the encoded value takes more than %d bytes",
                       ENCODED_BYTES_MOST);
    return rc;
}

static int encode_all(struct sigma_value *value, encode_fn encode, unsigned variants,
                      struct arena *arena, struct err *err)
{
    struct pattern *all = arena_array(arena, value->alternatives_len * variants, sizeof *all);
    if (!all)
        return E_NOMEM;
    for (size_t i = 0; i < value->alternatives_len; i++) {
        struct str text;
        if (pattern_shape(&value->alternatives[i], &text) != PATTERN_EXACT)
            return err_set(err, E_PARSE, "a value with wildcards cannot be encoded");
        if (text.len == 0)
            return err_set(err, E_PARSE, "an empty value cannot be encoded");
        for (unsigned v = 0; v < variants; v++) {
            int rc = add_encoded(text, encode, v, arena, &all[i * variants + v], err);
            if (rc)
                return rc;
        }
    }
    value->alternatives = all;
    value->alternatives_len *= variants;
    return 0;
}

static void add_base64(struct buf *out, struct str text, unsigned variant)
{
    (void)variant;
    text_base64_add(out, text.ptr, text.len);
}

int modifier_base64(struct sigma_value *value, struct arena *arena, struct err *err)
{
    return encode_all(value, add_base64, 1, arena, err);
}

/* The text may begin at any place of a group of three bytes. The characters at both ends that also
 * depend on what stands around the text are left away. */
static void add_base64_offset(struct buf *out, struct str text, unsigned offset)
{
    static const size_t skip_front[] = {0, 2, 3};
    static const size_t skip_back[] = {0, 3, 2};
    struct buf shifted = {0};
    struct buf encoded = {0};
    buf_add(&shifted, "  ", offset);
    buf_add_str(&shifted, text);
    text_base64_add(&encoded, shifted.ptr, shifted.len);
    size_t back = skip_back[(text.len + offset) % 3];
    size_t front = skip_front[offset];
    if (buf_check(&shifted) || buf_check(&encoded))
        out->error = E_NOMEM;
    else if (encoded.len > front + back)
        buf_add(out, encoded.ptr + front, encoded.len - front - back);
    buf_done(&shifted);
    buf_done(&encoded);
}

int modifier_base64offset(struct sigma_value *value, struct arena *arena, struct err *err)
{
    return encode_all(value, add_base64_offset, 3, arena, err);
}

static void add_unit(struct buf *out, uint32_t unit, bool big)
{
    buf_add_u8(out, (uint8_t)(big ? unit >> 8 : unit));
    buf_add_u8(out, (uint8_t)(big ? unit : unit >> 8));
}

static void add_utf16(struct buf *out, struct str text, bool big)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t code = text_utf8_next(text, &at);
        if (code >= 0x10000) {
            add_unit(out, 0xd800 + ((code - 0x10000) >> 10), big);
            add_unit(out, 0xdc00 + ((code - 0x10000) & 0x3ff), big);
        } else {
            add_unit(out, code, big);
        }
    }
}

static void add_utf16le(struct buf *out, struct str text, unsigned variant)
{
    (void)variant;
    add_utf16(out, text, false);
}

static void add_utf16be(struct buf *out, struct str text, unsigned variant)
{
    (void)variant;
    add_utf16(out, text, true);
}

static void add_utf16_marked(struct buf *out, struct str text, unsigned variant)
{
    (void)variant;
    add_unit(out, 0xfeff, false);
    add_utf16(out, text, false);
}

int modifier_utf16le(struct sigma_value *value, struct arena *arena, struct err *err)
{
    return encode_all(value, add_utf16le, 1, arena, err);
}

int modifier_utf16be(struct sigma_value *value, struct arena *arena, struct err *err)
{
    return encode_all(value, add_utf16be, 1, arena, err);
}

int modifier_utf16(struct sigma_value *value, struct arena *arena, struct err *err)
{
    return encode_all(value, add_utf16_marked, 1, arena, err);
}
