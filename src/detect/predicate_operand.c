/* Operands of a predicate: key paths, values, sets and SUBQUERYs, and the handling of words that
 * the whole parser shares. See predicate_priv.h. */
#include "detect/predicate_priv.h"

/* ------------------------------------------------------------------ words */

/* The column is a byte of the text until predicate_parse knows the line. */
int(predicate_fail)(struct predicate_parser *p, uint32_t at, int code, const char *what)
{
    p->token.at = at;
    return err_set(p->err, code, "%s", what);
}

int(predicate_expected)(struct predicate_parser *p, const char *what)
{
    const struct predicate_token *t = &p->token;
    if (t->type == TOKEN_END)
        return err_set(p->err, E_PARSE, "%s is expected, but the predicate ends", what);
    if (t->type == TOKEN_STRING)
        return err_set(p->err, E_PARSE, "%s is expected instead of a text", what);
    return err_set(p->err, E_PARSE, "%s is expected instead of '%s%.*s'", what,
                   t->type == TOKEN_VARIABLE ? "$" : "", STR_FMT(str_sub(t->text, 0, 60)));
}

int predicate_advance(struct predicate_parser *p)
{
    return predicate_lex(&p->lexer, &p->token, p->err);
}

bool predicate_is_sign(const struct predicate_parser *p, const char *sign)
{
    return p->token.type == TOKEN_SIGN && str_is(p->token.text, sign);
}

bool predicate_is_word(const struct predicate_parser *p, const char *word)
{
    return p->token.type == TOKEN_WORD && str_eq_nocase(p->token.text, str_of(word));
}

int predicate_take_sign(struct predicate_parser *p, const char *sign, const char *what)
{
    return predicate_is_sign(p, sign) ? predicate_advance(p) : predicate_expected(p, what);
}

int predicate_enter(struct predicate_parser *p)
{
    if (++p->depth > PREDICATE_DEPTH)
        return err_set(p->err, E_LIMIT, "conditions are nested deeper than %d", PREDICATE_DEPTH);
    return 0;
}

/* ------------------------------------------------------------------ key paths */

static int add_part(struct predicate_parser *p, struct predicate_operand *o,
                    struct predicate_part part)
{
    if (o->parts_len == PREDICATE_PARTS)
        return err_set(p->err, E_LIMIT, "the key path has more than %d parts", PREDICATE_PARTS);
    if (!o->parts)
        o->parts = arena_array(p->arena, PREDICATE_PARTS, sizeof(*o->parts));
    if (!o->parts)
        return E_NOMEM;
    o->parts[o->parts_len++] = part;
    return 0;
}

/* `[LAST]`, `[FIRST]`, `[SIZE]`, `[3]` behind a path. */
static int parse_index(struct predicate_parser *p, struct predicate_operand *o)
{
    struct predicate_part part = {.at = p->token.at};
    int rc = predicate_advance(p);
    if (rc)
        return rc;
    if (predicate_is_word(p, "LAST"))
        part.type = PART_LAST;
    else if (predicate_is_word(p, "FIRST"))
        part.type = PART_FIRST;
    else if (predicate_is_word(p, "SIZE"))
        part.type = PART_SIZE;
    else if (p->token.type == TOKEN_NUMBER)
        part.type = PART_INDEX;
    else
        return predicate_expected(p, "FIRST, LAST, SIZE or the number of an element");
    if (part.type == PART_INDEX) {
        if (p->token.fraction || p->token.number < 0 || p->token.number > PREDICATE_INDEX_MOST)
            return err_set(p->err, E_LIMIT, "an element's number is 0 to %d", PREDICATE_INDEX_MOST);
        part.index = (uint32_t)p->token.number;
    }
    rc = add_part(p, o, part);
    if (rc == 0)
        rc = predicate_advance(p);
    return rc ? rc : predicate_take_sign(p, "]", "']'");
}

static int parse_step(struct predicate_parser *p, struct predicate_operand *o)
{
    struct predicate_part part = {.at = p->token.at};
    bool collection = predicate_is_sign(p, "@");
    int rc = collection ? predicate_advance(p) : 0;
    if (rc)
        return rc;
    if (p->token.type != TOKEN_WORD && (collection || p->token.type != TOKEN_STRING))
        return predicate_expected(p, "the name of a key");
    part.name = p->token.text;
    if (collection && !predicate_is_word(p, "count"))
        return err_set(p->err, E_UNSUPPORTED, "'@%.*s' is not supported, only '@count'",
                       STR_FMT(str_sub(part.name, 0, 60)));
    part.type = collection ? PART_SIZE : PART_NAME;
    rc = add_part(p, o, part);
    return rc ? rc : predicate_advance(p);
}

/* What may stand behind an operand: `.name`, `."quoted name"`, `.@count`, `[LAST]`. */
int predicate_steps(struct predicate_parser *p, struct predicate_operand *o)
{
    int rc = 0;
    while (rc == 0 && (predicate_is_sign(p, ".") || predicate_is_sign(p, "["))) {
        if (predicate_is_sign(p, "[")) {
            rc = parse_index(p, o);
            continue;
        }
        rc = predicate_advance(p);
        if (rc == 0)
            rc = parse_step(p, o);
    }
    return rc;
}

static int parse_path(struct predicate_parser *p, struct predicate_operand *o)
{
    o->type = OPERAND_PATH;
    if (p->token.type == TOKEN_VARIABLE) {
        o->variable = p->token.text;
    } else {
        o->text = p->token.text;
        int rc = add_part(p, o, (struct predicate_part){.name = o->text, .at = o->at});
        if (rc)
            return rc;
    }
    int rc = predicate_advance(p);
    if (rc == 0 && predicate_is_sign(p, "("))
        return predicate_fail(p, o->at, E_UNSUPPORTED, "functions are not supported");
    if (rc == 0)
        rc = predicate_steps(p, o);
    if (o->parts_len > 1)
        o->text = STR("");
    return rc;
}

/* ------------------------------------------------------------------ operands */

enum { SET_ITEMS = 4096 };

static int parse_set(struct predicate_parser *p, struct predicate_operand *o)
{
    struct predicate_operand *items = NULL;
    uint32_t cap = 0;
    o->type = OPERAND_SET;
    int rc = predicate_advance(p);
    while (rc == 0 && !predicate_is_sign(p, "}")) {
        if (o->items_len && (rc = predicate_take_sign(p, ",", "',' or '}'")) != 0)
            return rc;
        if (o->items_len == SET_ITEMS)
            return err_set(p->err, E_LIMIT, "a set has more than %d members", SET_ITEMS);
        if (o->items_len == cap) {
            uint32_t wider = cap ? cap * 2 : 8;
            struct predicate_operand *copy = arena_array(p->arena, wider, sizeof *copy);
            if (!copy)
                return E_NOMEM;
            if (cap)
                memcpy(copy, items, cap * sizeof *copy);
            items = copy;
            cap = wider;
        }
        uint32_t at = p->token.at;
        rc = predicate_operand(p, &items[o->items_len]);
        if (rc == 0 && items[o->items_len].type > OPERAND_NIL)
            return predicate_fail(p, at, E_PARSE,
                                  "a member of a set must be a text, a number or nil");
        o->items_len++;
    }
    o->items = items;
    return rc ? rc : predicate_advance(p);
}

/* SUBQUERY(collection, $element, condition) */
static int parse_subquery(struct predicate_parser *p, struct predicate_operand *o)
{
    struct predicate_operand *collection = arena_alloc(p->arena, sizeof *collection);
    if (!collection)
        return E_NOMEM;
    o->type = OPERAND_SUBQUERY;
    o->items = collection;
    o->items_len = 1;
    int rc = predicate_enter(p);
    if (rc == 0)
        rc = predicate_advance(p);
    if (rc == 0)
        rc = predicate_take_sign(p, "(", "'('");
    if (rc == 0 && p->token.type != TOKEN_WORD && p->token.type != TOKEN_VARIABLE)
        return predicate_expected(p, "the key path of a collection");
    if (rc == 0)
        rc = predicate_operand(p, collection);
    if (rc == 0)
        rc = predicate_take_sign(p, ",", "','");
    if (rc == 0 && p->token.type != TOKEN_VARIABLE)
        return predicate_expected(p, "a variable such as $x");
    o->variable = p->token.text;
    if (rc == 0)
        rc = predicate_advance(p);
    if (rc == 0)
        rc = predicate_take_sign(p, ",", "','");
    if (rc == 0)
        rc = predicate_condition(p, &o->condition);
    if (rc == 0)
        rc = predicate_take_sign(p, ")", "')'");
    p->depth--;
    return rc ? rc : predicate_steps(p, o);
}

static bool parse_constant(const struct predicate_parser *p, struct predicate_operand *o)
{
    static const struct {
        const char *word;
        enum predicate_operand_type type;
        int64_t number;
    } constants[] = {{"nil", OPERAND_NIL, 0},   {"null", OPERAND_NIL, 0},
                     {"true", OPERAND_BOOL, 1}, {"yes", OPERAND_BOOL, 1},
                     {"no", OPERAND_BOOL, 0},   {"false", OPERAND_BOOL, 0}};
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (predicate_is_word(p, constants[i].word)) {
            o->type = constants[i].type;
            o->number = constants[i].number;
            return true;
        }
    }
    return false;
}

bool predicate_is_reserved(const struct predicate_parser *p)
{
    static const char *const words[] = {
        "and",  "or",      "not", "in",   "between", "contains", "beginswith",    "endswith",
        "like", "matches", "any", "some", "all",     "none",     "truepredicate", "falsepredicate"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (predicate_is_word(p, words[i]))
            return true;
    }
    return false;
}

int predicate_operand(struct predicate_parser *p, struct predicate_operand *o)
{
    *o = (struct predicate_operand){.at = p->token.at};
    switch (p->token.type) {
    case TOKEN_STRING:
        o->type = OPERAND_STRING;
        o->text = p->token.text;
        return predicate_advance(p);
    case TOKEN_NUMBER:
        o->type = OPERAND_NUMBER;
        o->number = p->token.number;
        o->fraction = p->token.fraction;
        o->text = p->token.text;
        return predicate_advance(p);
    case TOKEN_VARIABLE:
        return parse_path(p, o);
    case TOKEN_WORD:
        if (predicate_is_word(p, "subquery"))
            return parse_subquery(p, o);
        if (predicate_is_word(p, "cast") || predicate_is_word(p, "function"))
            return err_set(p->err, E_UNSUPPORTED, "functions are not supported");
        if (parse_constant(p, o))
            return predicate_advance(p);
        return predicate_is_reserved(p) ? predicate_expected(p, "a key path or a value")
                                        : parse_path(p, o);
    default:
        if (predicate_is_sign(p, "{"))
            return parse_set(p, o);
        return predicate_expected(p, "a key path or a value");
    }
}
