/* Text encodings: UTF-8 validation, hexadecimal, base64, and escaping for terminals. Pure
 * functions. */
#ifndef CORDON_BASE_TEXT_H
#define CORDON_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/** True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms). RFC 3629. */
bool text_utf8_valid(struct str s);
/** Append one code point (0 .. 0x10ffff) as UTF-8. */
void text_utf8_add(struct buf *b, uint32_t code_point);
/**
 * Decode the code point at `*pos`, moving past it; ill-formed bytes yield 0xfffd and one byte of
 * progress. @return the code point; call only while *pos < s.len
 */
uint32_t text_utf8_next(struct str s, size_t *pos);

/** Append lower-case hexadecimal digits of the bytes. */
void text_hex_add(struct buf *b, const void *bytes, size_t len);
/** Decode into `out`; @return 0, E_PARSE (odd length, bad digit) or E_LIMIT (longer than cap). */
int text_hex_decode(struct str hex, unsigned char *out, size_t cap, size_t *ret_len) MUST_CHECK;

/** Append standard base64 with padding. RFC 4648 section 4. */
void text_base64_add(struct buf *b, const void *bytes, size_t len);
/** Append base64url without padding. RFC 4648 section 5. */
void text_base64url_add(struct buf *b, const void *bytes, size_t len);
/**
 * Decode either alphabet, padding optional, no white space; appends to `out`. Strict (RFC 4648
 * section 3.5): bytes have one encoding per alphabet and padding form.
 * @return 0, E_PARSE (`out` unchanged), E_NOMEM or E_LIMIT
 */
int text_base64_decode(struct str text, struct buf *out) MUST_CHECK;

/**
 * Append text that is safe to show on a terminal: control characters, bidirectional overrides and
 * ill-formed bytes become visible escapes such as \x1b or \u202e. Everything foreign that is
 * printed goes through here.
 */
void text_add_printable(struct buf *b, struct str s);

#endif
