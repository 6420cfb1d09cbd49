/* Expression text to a tree: recursive descent with a limited depth; binding strength: not, and,
 * or. See expr.h. */
#include "base/mem.h"
#include "base/text.h"
#include "detect/regex.h"
#include "detect/expr_priv.h"

const struct expr_op_row expr_op_table[EXPR_OPS] = {
#define EXPR_OP_ROW(id, spelling, types, doc) {STR(spelling), types, STR(doc)},
    EXPR_OP_LIST(EXPR_OP_ROW)
#undef EXPR_OP_ROW
};

struct parser {
    struct expr_lexer lexer;
    struct expr_token token; /* the current one */
    const struct expr_schema *schema;
    int64_t now_ns;
    struct arena *arena;
    struct err *err;
    unsigned depth;
    size_t compares;
    size_t values;
};

static int next(struct parser *p)
{
    return expr_lex(&p->lexer, &p->token, p->err);
}

/* An error at the current token. */
static int expected(struct parser *p, const char *what)
{
    char name[80];
    err_at(p->err, NULL, p->token.line, p->token.column);
    return err_set(p->err, E_PARSE, "expected %s, found %s", what,
                   expr_token_name(&p->token, name));
}

static int limit(struct parser *p, const char *what, int most)
{
    err_at(p->err, NULL, p->token.line, p->token.column);
    return err_set(p->err, E_LIMIT, "%s: at most %d are allowed", what, most);
}

/* ------------------------------------------------------------------ names */

static bool is_last_part(struct str name, struct str word)
{
    return word.len && name.len > word.len && name.ptr[name.len - word.len - 1] == '.' &&
           str_ends_nocase(name, word);
}

/* The name that was probably meant: a misspelling, else a field that ends with the word. */
static struct str nearest(const struct expr_schema *schema, struct str word)
{
    enum { MOST = 3 };
    struct str best = {0};
    unsigned least = MOST + 1;
    for (size_t i = 0; i < schema->len; i++) {
        unsigned d = str_distance(schema->fields[i].name, word, MOST);
        bool same = str_eq_nocase(schema->fields[i].name, word);
        d = same ? 0 : d;
        if (schema->fields[i].name.len && d < least && (same || d < word.len)) {
            least = d;
            best = schema->fields[i].name;
        }
    }
    for (size_t i = 0; least > 2 && i < schema->len; i++) {
        if (is_last_part(schema->fields[i].name, word))
            return schema->fields[i].name;
    }
    return best;
}

static int unknown_field(struct parser *p)
{
    struct str word = str_sub(p->token.text, 0, 100);
    struct str near = nearest(p->schema, word);
    err_at(p->err, NULL, p->token.line, p->token.column);
    if (near.len)
        return err_set(p->err, E_PARSE, "there is no field '%.*s' (did you mean '%.*s'?)",
                       STR_FMT(word), STR_FMT(near));
    return err_set(p->err, E_PARSE, "there is no field '%.*s'%s", STR_FMT(word),
                   p->schema->open ? "; put quotes around the name of a field no table knows" : "");
}

static int field(struct parser *p, struct expr_compare *c)
{
    c->line = p->token.line;
    c->column = p->token.column;
    if (p->token.type == EXPR_TOKEN_STRING && p->schema->open && p->token.text.len &&
        p->token.text.len <= SIGMA_NAME_BYTES) {
        c->field = p->token.text;
        c->type = FIELD_STR;
        c->open = true;
    }
    for (size_t i = 0; i < p->schema->len; i++) {
        const struct expr_field *f = &p->schema->fields[i];
        if (f->name.len && str_eq(f->name, p->token.text)) {
            c->field = f->canonical;
            c->type = f->type;
            c->open = false;
            return next(p);
        }
    }
    if (c->open)
        return next(p);
    if (p->token.type == EXPR_TOKEN_WORD)
        return unknown_field(p);
    return expected(p, "the name of a field, 'not' or '('");
}

/* ------------------------------------------------------------------ comparisons */

static unsigned type_bit(const struct expr_compare *c)
{
    static const unsigned bits[] = {[FIELD_STR] = EXPR_ON_TEXT,
                                    [FIELD_INT] = EXPR_ON_NUMBER,
                                    [FIELD_BOOL] = EXPR_ON_BOOL,
                                    [FIELD_LIST] = EXPR_ON_TEXT,
                                    [FIELD_TIME] = EXPR_ON_TIME};
    return c->open ? EXPR_ON_TEXT | EXPR_ON_NUMBER : bits[c->type];
}

static const char *type_name(enum field_type type)
{
    static const char *const names[] = {[FIELD_STR] = "text",
                                        [FIELD_INT] = "a number",
                                        [FIELD_BOOL] = "true or false",
                                        [FIELD_LIST] = "a list of texts",
                                        [FIELD_TIME] = "a time"};
    return names[type];
}

static int unknown_operator(struct parser *p, const struct expr_compare *c)
{
    struct str word = str_sub(p->token.text, 0, 60);
    struct str near = {0};
    unsigned least = 3;
    for (size_t i = 0; i < EXPR_OPS && p->token.type == EXPR_TOKEN_WORD; i++) {
        struct str spelling = expr_op_table[i].spelling;
        unsigned d = str_distance(spelling, word, 2);
        if (d < least && d < spelling.len) {
            least = d;
            near = spelling;
        }
    }
    if (!near.len)
        return expected(p, "=, !=, <, <=, >, >=, in, contains, startswith, endswith, like, "
                           "matches, cidr or exists");
    err_at(p->err, NULL, p->token.line, p->token.column);
    return err_set(p->err, E_PARSE,
                   "expected an operator after '%.*s', found '%.*s' (did you mean '%.*s'?)",
                   STR_FMT(c->field), STR_FMT(word), STR_FMT(near));
}

static int operator(struct parser *p, struct expr_compare *c)
{
    bool relation = p->token.type == EXPR_TOKEN_RELATION;
    if (expr_is_keyword(&p->token, "not")) {
        c->negated = true;
        int rc = next(p);
        if (rc)
            return rc;
        if (p->token.type != EXPR_TOKEN_WORD)
            return expected(p, "in, contains, startswith, endswith, like, matches, cidr or exists "
                               "after 'not'");
    }
    for (unsigned i = 0; i < EXPR_OPS; i++) {
        struct str spelling = expr_op_table[i].spelling;
        bool here =
            relation ? str_eq(p->token.text, spelling)
                     : p->token.type == EXPR_TOKEN_WORD && str_eq_nocase(p->token.text, spelling);
        if (!here)
            continue;
        if (!(expr_op_table[i].types & type_bit(c))) {
            err_at(p->err, NULL, p->token.line, p->token.column);
            return err_set(p->err, E_PARSE, "'%.*s' cannot be used with '%.*s', which is %s",
                           STR_FMT(spelling), STR_FMT(c->field), type_name(c->type));
        }
        c->op = (enum expr_op)i;
        return next(p);
    }
    return unknown_operator(p, c);
}

static bool is_reserved(const struct expr_token *t)
{
    static const char *const words[] = {"and", "or", "not", "in"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (expr_is_keyword(t, words[i]))
            return true;
    }
    return false;
}

/* One value with the `ago` behind it. */
static int value(struct parser *p, const struct expr_compare *c, struct expr_value *ret_value)
{
    struct expr_token t = p->token;
    bool number = c->open && expr_op_table[c->op].types == (EXPR_ON_NUMBER | EXPR_ON_TIME);
    enum field_type type = number ? FIELD_INT : c->type;
    if ((t.type != EXPR_TOKEN_WORD && t.type != EXPR_TOKEN_STRING) || is_reserved(&t))
        return expected(p, is_reserved(&t) ? "a value (a word of the language needs quotes)"
                                           : "a value");
    if (++p->values > EXPR_VALUES_MOST)
        return limit(p, "values of one expression", EXPR_VALUES_MOST);
    size_t most = c->op == EXPR_MATCHES ? (size_t)REGEX_PATTERN_BYTES : (size_t)SIGMA_VALUE_BYTES;
    if (t.text.len > most)
        return limit(p, "bytes of a value", (int)most);
    int rc = next(p);
    bool ago = !rc && expr_is_keyword(&p->token, "ago");
    if (!rc && ago)
        rc = next(p);
    return rc ? rc : expr_value(&t, ago, type, p->now_ns, ret_value, p->err);
}

static int add_value(struct parser *p, struct expr_compare *c, struct buf *list)
{
    struct expr_value v;
    int rc = value(p, c, &v);
    if (rc)
        return rc;
    buf_add(list, &v, sizeof v);
    return buf_check(list);
}

/* ( value, value ... ) behind `in`, and behind every operator of texts that wants one. */
static int values(struct parser *p, struct expr_compare *c)
{
    CLEANUP(buf_done) struct buf list = {0};
    bool parenthesis = p->token.type == EXPR_TOKEN_OPEN;
    if (parenthesis && !(expr_op_table[c->op].types & EXPR_ON_TEXT))
        return expected(p, "one value");
    if (c->op == EXPR_IN && !parenthesis)
        return expected(p, "'(' and a list of values after 'in'");
    int rc = parenthesis ? next(p) : 0;
    if (!rc)
        rc = add_value(p, c, &list);
    while (!rc && parenthesis && p->token.type == EXPR_TOKEN_COMMA) {
        rc = next(p);
        if (!rc)
            rc = add_value(p, c, &list);
    }
    if (rc)
        return rc;
    if (parenthesis && p->token.type != EXPR_TOKEN_CLOSE)
        return expected(p, "',' or ')' in the list of values");
    rc = parenthesis ? next(p) : 0;
    if (rc)
        return rc;
    c->values_len = list.len / sizeof(struct expr_value);
    c->values = arena_array(p->arena, c->values_len, sizeof *c->values);
    if (!c->values)
        return E_NOMEM;
    memcpy(c->values, list.ptr, list.len);
    return 0;
}

static int compare(struct parser *p, const struct expr_node **ret_node)
{
    struct expr_compare *c = arena_alloc(p->arena, sizeof *c);
    struct expr_node *node = arena_alloc(p->arena, sizeof *node);
    if (!c || !node)
        return E_NOMEM;
    if (++p->compares > EXPR_COMPARES_MOST)
        return limit(p, "comparisons of one expression", EXPR_COMPARES_MOST);
    int rc = field(p, c);
    if (!rc)
        rc = operator(p, c);
    if (!rc && c->op != EXPR_EXISTS)
        rc = values(p, c);
    if (rc)
        return rc;
    if (c->op == EXPR_NOT_EQUALS) {
        c->op = EXPR_EQUALS;
        c->negated = true;
    }
    *node = (struct expr_node){.type = EXPR_COMPARE, .compare = c};
    *ret_node = node;
    return 0;
}

/* ------------------------------------------------------------------ the tree */

static int new_node(struct parser *p, enum expr_node_type type,
                    const struct expr_node *const *operands, size_t len,
                    const struct expr_node **ret_node)
{
    if (type != EXPR_NOT && len == 1) {
        *ret_node = operands[0];
        return 0;
    }
    struct expr_node *node = arena_alloc(p->arena, sizeof *node);
    const struct expr_node **copy = arena_array(p->arena, len, sizeof(*copy));
    if (!node || !copy)
        return E_NOMEM;
    memcpy(copy, operands, len * sizeof(*copy));
    *node = (struct expr_node){.type = type, .operands = copy, .operands_len = len};
    *ret_node = node;
    return 0;
}

static int parse_or(struct parser *p, const struct expr_node **ret_node);

static int parse_primary(struct parser *p, const struct expr_node **ret_node)
{
    if (p->token.type != EXPR_TOKEN_OPEN)
        return compare(p, ret_node);
    int rc = next(p);
    if (!rc)
        rc = parse_or(p, ret_node);
    if (rc)
        return rc;
    if (p->token.type != EXPR_TOKEN_CLOSE)
        return expected(p, "')', 'and' or 'or'");
    return next(p);
}

static int parse_not(struct parser *p, const struct expr_node **ret_node)
{
    if (++p->depth > EXPR_DEPTH_MOST)
        return limit(p, "parentheses and 'not' inside each other", EXPR_DEPTH_MOST);
    int rc;
    if (expr_is_keyword(&p->token, "not")) {
        const struct expr_node *operand = NULL;
        rc = next(p);
        if (!rc)
            rc = parse_not(p, &operand);
        if (!rc)
            rc = new_node(p, EXPR_NOT, &operand, 1, ret_node);
    } else {
        rc = parse_primary(p, ret_node);
    }
    p->depth--;
    return rc;
}

/* A chain `x and y and z` or `x or y or z`; `operand` parses the next stronger level. */
static int parse_chain(struct parser *p, const char *keyword, enum expr_node_type type,
                       int (*operand)(struct parser *, const struct expr_node **),
                       const struct expr_node **ret_node)
{
    CLEANUP(mem_freep) const struct expr_node **operands = NULL;
    size_t len = 0;
    size_t cap = 0;
    for (;;) {
        const struct expr_node *node = NULL;
        int rc = operand(p, &node);
        if (rc)
            return rc;
        if (mem_grow(&operands, &cap, len + 1, sizeof(*operands)))
            return E_NOMEM;
        operands[len++] = node;
        if (!expr_is_keyword(&p->token, keyword))
            return new_node(p, type, operands, len, ret_node);
        rc = next(p);
        if (rc)
            return rc;
    }
}

static int parse_and(struct parser *p, const struct expr_node **ret_node)
{
    return parse_chain(p, "and", EXPR_AND, parse_not, ret_node);
}

static int parse_or(struct parser *p, const struct expr_node **ret_node)
{
    return parse_chain(p, "or", EXPR_OR, parse_and, ret_node);
}

/* What no text of ours holds, and no terminal should get back in a message. */
static int check_text(struct str text, struct err *err)
{
    uint32_t line = 1;
    uint32_t column = 1;
    if (text.len > EXPR_BYTES_MOST)
        return err_set(err, E_LIMIT, "the expression has %zu bytes, at most %d are allowed",
                       text.len, EXPR_BYTES_MOST);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
            err_at(err, NULL, line, column);
            return err_set(err, E_PARSE, "a control character (0x%02x)", c);
        }
        column = c == '\n' ? 1 : column + 1;
        line += c == '\n' ? 1 : 0;
    }
    if (!text_utf8_valid(text))
        return err_set(err, E_PARSE, "the expression is not UTF-8 text");
    return 0;
}

int expr_parse(struct str text, const struct expr_schema *schema, int64_t now_ns,
               struct arena *arena, const struct expr_node **ret_node, struct err *err)
{
    const struct expr_node *node = NULL;
    struct parser p = {.lexer = {.text = text, .line = 1, .column = 1, .arena = arena},
                       .schema = schema,
                       .now_ns = now_ns,
                       .arena = arena,
                       .err = err};
    int rc = check_text(text, err);
    if (!rc)
        rc = next(&p);
    if (!rc)
        rc = parse_or(&p, &node);
    if (!rc && p.token.type != EXPR_TOKEN_END)
        rc = expected(&p, "'and', 'or' or the end");
    if (rc == E_NOMEM)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    if (rc)
        return rc;
    if (node->type == EXPR_OR && node->operands_len > 2)
        PLANT_OVERREAD(text.ptr + text.len);
    *ret_node = node;
    return 0;
}
