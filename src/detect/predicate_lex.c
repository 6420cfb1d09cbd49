/* Bytes of a predicate to words. See predicate_lex.h. Reads foreign text: every index is checked
 * against its end, and nothing is kept but slices of it and unescaped copies in the arena. */
#include "detect/predicate_lex.h"

#include "base/buf.h"
#include "base/text.h"

static bool more(const struct predicate_lexer *l)
{
    return l->pos < l->text.len;
}

static char peek(const struct predicate_lexer *l, size_t ahead)
{
    return l->pos + ahead < l->text.len ? l->text.ptr[l->pos + ahead] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (char_lower(c) >= 'a' && char_lower(c) <= 'z') || c == '_';
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ------------------------------------------------------------------ quotes */

enum quote { QUOTE_NONE, QUOTE_SINGLE, QUOTE_DOUBLE };

/* U+2018 to U+201F are the typographic quotes: single ones first. */
static enum quote quote_at(struct str text, size_t at, size_t *ret_bytes)
{
    *ret_bytes = 1;
    if (at >= text.len)
        return QUOTE_NONE;
    if (text.ptr[at] == '"')
        return QUOTE_DOUBLE;
    if (text.ptr[at] == '\'')
        return QUOTE_SINGLE;
    if (text.len - at < 3 || memcmp(text.ptr + at, "\xe2\x80", 2) != 0)
        return QUOTE_NONE;
    unsigned char last = (unsigned char)text.ptr[at + 2];
    *ret_bytes = 3;
    if (last >= 0x98 && last <= 0x9b)
        return QUOTE_SINGLE;
    return last >= 0x9c && last <= 0x9f ? QUOTE_DOUBLE : QUOTE_NONE;
}

/* Where the text that begins behind the opening quote ends: at the next quote of its kind, a plain
 * one before a typographic one when it was opened plainly. @return SIZE_MAX: nowhere */
static size_t find_end(const struct predicate_lexer *l, size_t from, enum quote kind, bool plain)
{
    size_t typographic = SIZE_MAX;
    for (size_t at = from; at < l->text.len; at++) {
        size_t bytes;
        if (l->text.ptr[at] == '\\') {
            at++;
            continue;
        }
        if (quote_at(l->text, at, &bytes) != kind)
            continue;
        if (bytes == 1 || !plain)
            return at;
        if (typographic == SIZE_MAX)
            typographic = at;
    }
    return typographic;
}

static bool hex_number(struct str digits, uint32_t *ret_number)
{
    *ret_number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = char_lower(digits.ptr[i]);
        if (!is_digit(c) && (c < 'a' || c > 'f'))
            return false;
        *ret_number = *ret_number * 16 + (uint32_t)(is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return digits.len > 0;
}

/* Append what the escape at raw[*at] means. A backslash before anything else is that character, as
 * Apple's parser reads it. */
static void add_escape(struct buf *out, struct str raw, size_t *at)
{
    static const char names[] = "ntrfabv0";
    static const char values[] = "\n\t\r\f\a\b\v";
    char c = raw.ptr[*at + 1];
    uint32_t number;
    size_t digits = c == 'u' ? 4 : 2;
    const char *name = strchr(names, c);
    if ((c == 'u' || c == 'x') && raw.len - *at - 2 >= digits &&
        hex_number(str_sub(raw, *at + 2, digits), &number)) {
        text_utf8_add(out, number);
        *at += 2 + digits;
        return;
    }
    buf_add_char(out, name && c ? values[name - names] : c);
    *at += 2;
}

static int unescape(struct predicate_lexer *l, struct str raw, struct str *ret_text)
{
    *ret_text = raw;
    if (str_find_char(raw, '\\') == SIZE_MAX)
        return 0;
    CLEANUP(buf_done) struct buf out = {0};
    for (size_t at = 0; at < raw.len;) {
        if (raw.ptr[at] == '\\' && at + 1 < raw.len)
            add_escape(&out, raw, &at);
        else
            buf_add_char(&out, raw.ptr[at++]);
    }
    if (buf_check(&out))
        return E_NOMEM;
    *ret_text = arena_str(l->arena, buf_str(&out));
    return ret_text->ptr ? 0 : E_NOMEM;
}

static int lex_string(struct predicate_lexer *l, enum quote kind, size_t quote_bytes,
                      struct predicate_token *t, struct err *err)
{
    size_t start = l->pos + quote_bytes;
    size_t end = find_end(l, start, kind, quote_bytes == 1);
    if (end == SIZE_MAX)
        return err_set(err, E_PARSE, "the text that begins here has no closing quote");
    size_t closing;
    (void)quote_at(l->text, end, &closing);
    t->type = TOKEN_STRING;
    l->pos = (uint32_t)(end + closing);
    return unescape(l, str_sub(l->text, start, end - start), &t->text);
}

/* ------------------------------------------------------------------ numbers */

static int lex_hex(struct predicate_lexer *l, struct predicate_token *t, struct err *err)
{
    size_t start = l->pos + 2;
    l->pos += 2;
    while (is_digit(peek(l, 0)) || is_letter(peek(l, 0)))
        l->pos++;
    struct str digits = str_sub(l->text, start, l->pos - start);
    uint32_t number;
    if (digits.len > 8)
        return err_set(err, E_LIMIT, "the number has more than 8 hexadecimal digits");
    if (!hex_number(digits, &number))
        return err_set(err, E_PARSE, "a hexadecimal digit is expected");
    t->number = number;
    return 0;
}

static int lex_number(struct predicate_lexer *l, struct predicate_token *t, struct err *err)
{
    t->type = TOKEN_NUMBER;
    size_t start = l->pos;
    bool negative = peek(l, 0) == '-';
    if (peek(l, 0) == '-' || peek(l, 0) == '+')
        l->pos++;
    if (peek(l, 0) == '0' && char_lower(peek(l, 1)) == 'x')
        return lex_hex(l, t, err);
    size_t first = l->pos;
    while (is_digit(peek(l, 0)))
        l->pos++;
    int rc =
        str_to_i64(str_sub(l->text, negative ? start : first, l->pos - (negative ? start : first)),
                   &t->number);
    if (rc)
        return err_set(err, rc, "the number is not within 64 bits");
    if (peek(l, 0) == '.' && is_digit(peek(l, 1))) {
        for (l->pos++; is_digit(peek(l, 0)); l->pos++)
            t->fraction |= peek(l, 0) != '0';
        if (negative && t->fraction)
            t->number--;
    }
    if (is_letter(peek(l, 0)))
        return err_set(err, E_PARSE, "the number is not written as a whole or decimal number");
    t->text = str_sub(l->text, start, l->pos - start);
    return 0;
}

/* ------------------------------------------------------------------ words and signs */

/* Part of a name: letters, digits, and whatever is no ASCII and no quote. */
static bool name_goes_on(const struct predicate_lexer *l)
{
    size_t bytes;
    char c = peek(l, 0);
    if (!more(l))
        return false;
    return is_letter(c) || is_digit(c) ||
           ((unsigned char)c >= 0x80 && quote_at(l->text, l->pos, &bytes) == QUOTE_NONE);
}

static void lex_word(struct predicate_lexer *l, enum predicate_token_type type,
                     struct predicate_token *t)
{
    size_t start = l->pos;
    while (name_goes_on(l))
        l->pos++;
    t->type = type;
    t->text = str_sub(l->text, start, l->pos - start);
}

static bool lex_sign(struct predicate_lexer *l, struct predicate_token *t)
{
    static const char *const signs[] = {"==", "=>", "=<", "<=", "<>", ">=", "!=", "&&",
                                        "||", "=",  "<",  ">",  "!",  "(",  ")",  "{",
                                        "}",  "[",  "]",  ",",  ".",  "@"};
    struct str rest = str_sub(l->text, l->pos, SIZE_MAX);
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (!str_starts(rest, str_of(signs[i])))
            continue;
        t->type = TOKEN_SIGN;
        t->text = str_of(signs[i]);
        l->pos += (uint32_t)t->text.len;
        return true;
    }
    return false;
}

int predicate_lex(struct predicate_lexer *l, struct predicate_token *ret_token, struct err *err)
{
    while (more(l) && is_space(peek(l, 0)))
        l->pos++;
    *ret_token = (struct predicate_token){.type = TOKEN_END, .at = l->pos};
    if (!more(l))
        return 0;
    char c = peek(l, 0);
    size_t bytes;
    enum quote kind = quote_at(l->text, l->pos, &bytes);
    if (kind != QUOTE_NONE)
        return lex_string(l, kind, bytes, ret_token, err);
    if (is_digit(c) || ((c == '-' || c == '+') && is_digit(peek(l, 1))))
        return lex_number(l, ret_token, err);
    if (c == '$') {
        l->pos++;
        lex_word(l, TOKEN_VARIABLE, ret_token);
        return ret_token->text.len ? 0
                                   : err_set(err, E_PARSE, "the name of a variable is expected");
    }
    if (name_goes_on(l)) {
        lex_word(l, TOKEN_WORD, ret_token);
        return 0;
    }
    if (lex_sign(l, ret_token))
        return 0;
    if (c == '+' || c == '-' || c == '*' || c == '/' || c == '%' || c == ':')
        return err_set(err, E_UNSUPPORTED, "arithmetic ('%c') is not supported", c);
    if ((unsigned char)c < 0x20 || c == 0x7f)
        return err_set(err, E_PARSE, "byte 0x%02x has no meaning here", (unsigned char)c);
    return err_set(err, E_PARSE, "'%c' has no meaning here", c);
}
