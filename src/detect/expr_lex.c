/* Words of an expression, with their places. See expr_priv.h. A word without quotes ends at white
 * space, a quote, a parenthesis, a comma or a relation, so that paths, addresses and times need no
 * quotes. In "..." a backslash before a quote or a backslash stands for that character; in '...'
 * there are no escapes, for regular expressions and paths of Windows. */
#include "detect/expr_priv.h"

#include <stdio.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool ends_word(char c)
{
    return is_space(c) || c == '(' || c == ')' || c == ',' || c == '"' || c == '\'' || c == '=' ||
           c == '!' || c == '<' || c == '>';
}

/* The character at the position, or NUL at the end. */
static char at(const struct expr_lexer *l)
{
    return l->pos < l->text.len ? l->text.ptr[l->pos] : '\0';
}

/* Columns count characters: a continuation byte of UTF-8 is none. */
static void step(struct expr_lexer *l)
{
    char c = l->text.ptr[l->pos++];
    if (c == '\n') {
        l->line++;
        l->column = 1;
    } else if (((unsigned char)c & 0xc0) != 0x80) {
        l->column++;
    }
}

static int string(struct expr_lexer *l, struct expr_token *t, struct err *err)
{
    char quote = at(l);
    bool escapes = quote == '"';
    bool escaped = false;
    step(l);
    size_t from = l->pos;
    while (l->pos < l->text.len && at(l) != quote) {
        if (escapes && at(l) == '\\' && l->pos + 1 < l->text.len) {
            char next = l->text.ptr[l->pos + 1];
            if (next == '"' || next == '\\') {
                escaped = true;
                step(l);
            }
        }
        step(l);
    }
    if (l->pos >= l->text.len) {
        err_at(err, NULL, t->line, t->column);
        return err_set(err, E_PARSE, "the string that begins here has no closing %c", quote);
    }
    t->type = EXPR_TOKEN_STRING;
    t->text = str_sub(l->text, from, l->pos - from);
    step(l);
    if (!escaped)
        return 0;
    char *copy = arena_cstr(l->arena, t->text);
    if (!copy)
        return E_NOMEM;
    size_t len = 0;
    for (size_t i = 0; i < t->text.len; i++) {
        bool pair =
            copy[i] == '\\' && i + 1 < t->text.len && (copy[i + 1] == '"' || copy[i + 1] == '\\');
        i += pair ? 1 : 0;
        copy[len++] = copy[i];
    }
    t->text = str_n(copy, len);
    return 0;
}

static int relation(struct expr_lexer *l, struct expr_token *t, struct err *err)
{
    size_t from = l->pos;
    char first = at(l);
    t->type = EXPR_TOKEN_RELATION;
    step(l);
    /* `==` is what many type for `=`. */
    if (at(l) == '=')
        step(l);
    t->text = str_sub(l->text, from, l->pos - from);
    if (str_is(t->text, "=="))
        t->text = STR("=");
    if (first == '!' && t->text.len == 1) {
        err_at(err, NULL, t->line, t->column);
        return err_set(err, E_PARSE, "'!' stands only in '!='; the word for the opposite is 'not'");
    }
    return 0;
}

int expr_lex(struct expr_lexer *l, struct expr_token *t, struct err *err)
{
    while (l->pos < l->text.len && is_space(at(l)))
        step(l);
    *t = (struct expr_token){.type = EXPR_TOKEN_END, .line = l->line, .column = l->column};
    if (l->pos >= l->text.len)
        return 0;
    size_t from = l->pos;
    char c = at(l);
    switch (c) {
    case '"':
    case '\'':
        return string(l, t, err);
    case '=':
    case '!':
    case '<':
    case '>':
        return relation(l, t, err);
    case '(':
    case ')':
    case ',':
        t->type = c == '(' ? EXPR_TOKEN_OPEN : c == ')' ? EXPR_TOKEN_CLOSE : EXPR_TOKEN_COMMA;
        step(l);
        break;
    default:
        t->type = EXPR_TOKEN_WORD;
        while (l->pos < l->text.len && !ends_word(at(l)))
            step(l);
        break;
    }
    t->text = str_sub(l->text, from, l->pos - from);
    return 0;
}

const char *expr_token_name(const struct expr_token *t, char name[80])
{
    struct str shown = str_sub(t->text, 0, 60);
    if (t->type == EXPR_TOKEN_END)
        return "the end";
    const char *quote = t->type == EXPR_TOKEN_STRING ? "\"" : "'";
    (void)snprintf(name, 80, "%s%.*s%s%s", quote, STR_FMT(shown),
                   shown.len < t->text.len ? "..." : "", quote);
    return name;
}

bool expr_is_keyword(const struct expr_token *t, const char *keyword)
{
    return t->type == EXPR_TOKEN_WORD && str_eq_nocase(t->text, str_of(keyword));
}
