/* The text that every match of a regular expression must contain, so that the engine runs the
 * expression only on values that have it. Reads the pattern's top level: plain characters that
 * stand side by side and are not optional. Whatever it is not sure about ends the text or, where
 * the meaning of the rest could change, the search. Must never claim a text that some match lacks.
 * Source: pcre2pattern(3). */
#include "detect/regex_literal_priv.h"

/* The collected text ends here. */
static void end_run(struct regex_reader *r)
{
    size_t len = r->text.len - r->run_start;
    if (len > r->best_len) {
        r->best_start = r->run_start;
        r->best_len = len;
    }
    r->run_start = r->text.len;
    r->last = SIZE_MAX;
}

/* Letters outside ASCII equal some ASCII letters when case is ignored: U+017F is an s, U+212A a k.
 */
static bool folds_outside_ascii(char c)
{
    char lower = char_lower(c);
    return (unsigned char)c >= 0x80 || lower == 's' || lower == 'k';
}

static void add_char(struct regex_reader *r, char c)
{
    if (r->caseless && folds_outside_ascii(c)) {
        end_run(r);
        return;
    }
    r->last = (unsigned char)c < 0x80 ? r->text.len : SIZE_MAX;
    buf_add_char(&r->text, char_lower(c));
}

/* The last character may be missing: take it back and end the text. A character of several bytes
 * cannot be taken back in one piece, so the whole text goes. */
static void drop_last(struct regex_reader *r)
{
    buf_truncate(&r->text, r->last != SIZE_MAX ? r->last : r->run_start);
    end_run(r);
}

bool regex_skip_class(struct regex_reader *r)
{
    r->pos++;
    if (regex_more(r) && regex_peek(r) == '^')
        r->pos++;
    if (regex_more(r) && regex_peek(r) == ']')
        r->pos++;
    while (regex_more(r) && regex_peek(r) != ']') {
        /* "[:alpha:]" and the like are rare enough to give up on. */
        if (regex_peek(r) == '[')
            return false;
        r->pos += regex_peek(r) == '\\' ? 2 : 1;
    }
    if (!regex_more(r))
        return false;
    r->pos++;
    return true;
}

/* What may follow "(?" without changing how the rest of the pattern is read. */
static bool group_is_plain(struct str inside)
{
    static const char *const starts[] = {":", "=", "!", ">", "<=", "<!", "P<", "<"};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        if (str_starts(inside, str_of(starts[i])))
            return true;
    }
    return false;
}

bool regex_skip_group(struct regex_reader *r)
{
    unsigned depth = 0;
    while (regex_more(r)) {
        char c = regex_peek(r);
        if (c == '[') {
            if (!regex_skip_class(r))
                return false;
            continue;
        }
        if (c == '\\') {
            struct str next = str_sub(r->pattern, r->pos + 1, 1);
            if (next.len == 0 || next.ptr[0] == 'Q' || next.ptr[0] == 'E')
                return false;
            r->pos += 2;
            continue;
        }
        r->pos++;
        if (c == '(') {
            depth++;
            struct str inside = str_sub(r->pattern, r->pos, SIZE_MAX);
            if (str_starts(inside, STR("*")))
                return false;
            if (str_starts(inside, STR("?")) && !group_is_plain(str_sub(inside, 1, SIZE_MAX)))
                return false;
        } else if (c == ')' && --depth == 0) {
            return true;
        }
    }
    return false;
}

/* `(?i)` and other bare flags that keep the meaning of plain characters. */
static bool skip_flags(struct regex_reader *r)
{
    struct str rest = str_sub(r->pattern, r->pos, SIZE_MAX);
    size_t end = str_find_char(rest, ')');
    if (!str_starts(rest, STR("(?")) || end == SIZE_MAX || end == 2)
        return false;
    bool caseless = false;
    for (size_t i = 2; i < end; i++) {
        if (!strchr("ims", rest.ptr[i]))
            return false;
        caseless |= rest.ptr[i] == 'i';
    }
    r->caseless |= caseless;
    r->pos += end + 1;
    return true;
}

/* A backslash and what belongs to it. @return false for anything that needs more understanding */
static bool read_escape(struct regex_reader *r)
{
    if (r->pos + 1 >= r->pattern.len)
        return false;
    char c = r->pattern.ptr[r->pos + 1];
    r->pos += 2;
    bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word && (unsigned char)c < 0x80) {
        add_char(r, c);
        return true;
    }
    if (c == '\0' || !strchr("dDwWsSbBAzZhHvVRtnrfae", c))
        return false;
    end_run(r);
    return true;
}

/* Length of a quantifier "{2}", "{2,}", "{2,5}" at the position, 0 when it is none. */
static size_t braces(const struct regex_reader *r)
{
    struct str rest = str_sub(r->pattern, r->pos, SIZE_MAX);
    size_t end = str_find_char(rest, '}');
    if (end == SIZE_MAX || end < 2 || rest.ptr[1] == ',')
        return 0;
    unsigned commas = 0;
    for (size_t i = 1; i < end; i++) {
        commas += rest.ptr[i] == ',' ? 1 : 0;
        if (rest.ptr[i] != ',' && (rest.ptr[i] < '0' || rest.ptr[i] > '9'))
            return 0;
    }
    return commas <= 1 ? end + 1 : 0;
}

/* A quantifier behind the last element. @return false when the braces are none */
static bool read_quantifier(struct regex_reader *r)
{
    char c = regex_peek(r);
    if (c == '{') {
        size_t len = braces(r);
        if (len == 0)
            return false;
        r->pos += len;
    } else {
        r->pos++;
    }
    /* `x+` has one x in any case; what follows need not stand beside that one. */
    if (c == '+')
        end_run(r);
    else
        drop_last(r);
    if (regex_more(r) && (regex_peek(r) == '?' || regex_peek(r) == '+'))
        r->pos++;
    return true;
}

bool regex_read_element(struct regex_reader *r)
{
    char c = regex_peek(r);
    switch (c) {
    case '|':
        return false;
    case '\\':
        return read_escape(r);
    case '(':
        end_run(r);
        return skip_flags(r) || regex_skip_group(r);
    case '[':
        end_run(r);
        return regex_skip_class(r);
    case '*':
    case '?':
    case '+':
    case '{':
        return read_quantifier(r);
    case '.':
    case '^':
    case '$':
        end_run(r);
        r->pos++;
        return true;
    case ')':
    case '#':
        return false;
    default:
        add_char(r, c);
        r->pos++;
        return true;
    }
}

struct str regex_best_text(struct regex_reader *r)
{
    end_run(r);
    return str_sub(buf_str(&r->text), r->best_start, r->best_len);
}

int regex_literal(struct str pattern, uint32_t flags, struct buf *out)
{
    struct regex_reader r = {
        .pattern = pattern, .caseless = (flags & REGEX_CASELESS) != 0, .last = SIZE_MAX};
    bool known = true;
    while (known && regex_more(&r))
        known = regex_read_element(&r);
    if (known)
        buf_add_str(out, regex_best_text(&r));
    if (buf_check(&r.text))
        out->error = buf_check(&r.text);
    buf_done(&r.text);
    return buf_check(out);
}
