/* Words of a predicate to its tree, by recursive descent: `or` over `and` over `not` over
 * comparisons of two operands (predicate_operand.c). See predicate.h. One word of look-ahead; an
 * opening parenthesis may begin a condition or an operand, which is decided by what follows the
 * first operand in it. */
#include "detect/predicate_priv.h"

static int new_node(struct predicate_parser *p, enum predicate_node_type type, uint32_t at,
                    struct predicate_node **ret_node)
{
    if (++p->nodes > PREDICATE_NODES)
        return err_set(p->err, E_LIMIT, "the predicate has more than %d parts", PREDICATE_NODES);
    struct predicate_node *node = arena_alloc(p->arena, sizeof *node);
    if (!node)
        return E_NOMEM;
    node->type = type;
    node->at = at;
    *ret_node = node;
    return 0;
}

/* ------------------------------------------------------------------ comparisons */

static const struct {
    const char *sign;
    enum predicate_operator op;
} operators[] = {
    {"==", PREDICATE_EQ},
    {"=", PREDICATE_EQ},
    {"!=", PREDICATE_NE},
    {"<>", PREDICATE_NE},
    {"<", PREDICATE_LT},
    {"<=", PREDICATE_LE},
    {"=<", PREDICATE_LE},
    {">", PREDICATE_GT},
    {">=", PREDICATE_GE},
    {"=>", PREDICATE_GE},
    {"between", PREDICATE_BETWEEN},
    {"in", PREDICATE_IN},
    {"contains", PREDICATE_CONTAINS},
    {"beginswith", PREDICATE_BEGINSWITH},
    {"endswith", PREDICATE_ENDSWITH},
    {"like", PREDICATE_LIKE},
    {"matches", PREDICATE_MATCHES},
};

static bool find_operator(const struct predicate_parser *p, enum predicate_operator *ret_op)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (predicate_is_sign(p, operators[i].sign) || predicate_is_word(p, operators[i].sign)) {
            *ret_op = operators[i].op;
            return true;
        }
    }
    return false;
}

const char *predicate_operator_name(enum predicate_operator op)
{
    static const char *const names[] = {"==",       "!=",      "<",      "<=",       ">",
                                        ">=",       "BETWEEN", "IN",     "CONTAINS", "BEGINSWITH",
                                        "ENDSWITH", "LIKE",    "MATCHES"};
    return names[op];
}

/* `[c]`, `[cd]`, ... behind an operator. `n` (the texts are normalised already) changes nothing. */
static int parse_options(struct predicate_parser *p, struct predicate_node *node)
{
    if (!predicate_is_sign(p, "["))
        return 0;
    int rc = predicate_advance(p);
    if (rc)
        return rc;
    if (p->token.type != TOKEN_WORD)
        return predicate_expected(p, "an option (c, d, n)");
    for (size_t i = 0; i < p->token.text.len; i++) {
        switch (char_lower(p->token.text.ptr[i])) {
        case 'c':
            node->options |= PREDICATE_CASELESS;
            break;
        case 'd':
            node->options |= PREDICATE_UNMARKED;
            break;
        case 'n':
            break;
        default:
            return predicate_expected(p, "an option (c, d, n)");
        }
    }
    rc = predicate_advance(p);
    return rc ? rc : predicate_take_sign(p, "]", "']'");
}

static int check_comparison(struct predicate_parser *p, const struct predicate_node *node)
{
    const struct predicate_operand *right = &node->right;
    bool paths = right->type == OPERAND_PATH;
    switch (node->op) {
    case PREDICATE_IN:
        if (right->type != OPERAND_SET && right->type != OPERAND_STRING && !paths)
            return predicate_fail(p, right->at, E_PARSE,
                                  "IN takes a set {...}, a text or a key path");
        return 0;
    case PREDICATE_BETWEEN:
        if (right->type != OPERAND_SET || right->items_len != 2 ||
            right->items[0].type != OPERAND_NUMBER || right->items[1].type != OPERAND_NUMBER)
            return predicate_fail(p, right->at, E_PARSE, "BETWEEN takes {lowest, highest}");
        return 0;
    case PREDICATE_CONTAINS:
    case PREDICATE_BEGINSWITH:
    case PREDICATE_ENDSWITH:
    case PREDICATE_LIKE:
    case PREDICATE_MATCHES:
        if (right->type != OPERAND_STRING && !paths)
            return predicate_fail(p, right->at, E_PARSE, "the operator takes a text");
        return 0;
    default:
        if (right->type == OPERAND_SET)
            return predicate_fail(p, right->at, E_PARSE, "a set is compared with IN");
        return 0;
    }
}

static int parse_quantifier(struct predicate_parser *p, struct predicate_node *node)
{
    static const struct {
        const char *word;
        enum predicate_quantifier quantifier;
    } words[] = {{"any", PREDICATE_ANY},
                 {"some", PREDICATE_ANY},
                 {"all", PREDICATE_ALL},
                 {"none", PREDICATE_NONE}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (predicate_is_word(p, words[i].word)) {
            node->quantifier = words[i].quantifier;
            return predicate_advance(p);
        }
    }
    return 0;
}

/* Put a NOT on top of the node; `x NOT IN y` is read as NOT x IN y. */
static int negate(struct predicate_parser *p, uint32_t at, const struct predicate_node **node)
{
    struct predicate_node *inverse;
    int rc = new_node(p, NODE_NOT, at, &inverse);
    if (rc)
        return rc;
    inverse->operands = arena_array(p->arena, 1, sizeof(*inverse->operands));
    if (!inverse->operands)
        return E_NOMEM;
    inverse->operands[0] = *node;
    inverse->operands_len = 1;
    *node = inverse;
    return 0;
}

static int parse_left(struct predicate_parser *p, struct predicate_node *node)
{
    if (p->waits) {
        p->waits = false;
        node->left = p->waiting;
        return 0;
    }
    int rc = parse_quantifier(p, node);
    if (rc || !predicate_is_sign(p, "("))
        return rc ? rc : predicate_operand(p, &node->left);
    /* A quantified or plain operand in parentheses. */
    rc = predicate_advance(p);
    if (rc == 0)
        rc = predicate_operand(p, &node->left);
    if (rc == 0)
        rc = predicate_take_sign(p, ")", "')'");
    return rc ? rc : predicate_steps(p, &node->left);
}

static int parse_comparison(struct predicate_parser *p, const struct predicate_node **ret_node)
{
    struct predicate_node *node;
    int rc = new_node(p, NODE_COMPARISON, p->waits ? p->waiting.at : p->token.at, &node);
    if (rc == 0)
        rc = parse_left(p, node);
    if (rc)
        return rc;
    uint32_t not_at = p->token.at;
    bool negated = predicate_is_word(p, "not");
    rc = negated ? predicate_advance(p) : 0;
    if (rc)
        return rc;
    node->op_at = p->token.at;
    if (!find_operator(p, &node->op))
        return predicate_expected(p, "a comparison (==, IN, CONTAINS ...)");
    rc = predicate_advance(p);
    if (rc == 0)
        rc = parse_options(p, node);
    if (rc == 0)
        rc = predicate_operand(p, &node->right);
    if (rc == 0)
        rc = check_comparison(p, node);
    if (rc == 0 && negated && node->quantifier != PREDICATE_PLAIN)
        return predicate_fail(p, not_at, E_PARSE, "NOT belongs in front of ANY, ALL or NONE");
    *ret_node = node;
    return rc == 0 && negated ? negate(p, not_at, ret_node) : rc;
}

/* ------------------------------------------------------------------ conditions */

/* Behind an opening parenthesis: a condition in it, or an operand. */
static int parse_parenthesis(struct predicate_parser *p, const struct predicate_node **ret_node)
{
    int rc = predicate_enter(p);
    if (rc == 0)
        rc = predicate_advance(p);
    if (rc)
        return rc;
    bool operand = p->token.type == TOKEN_VARIABLE || p->token.type == TOKEN_STRING ||
                   p->token.type == TOKEN_NUMBER ||
                   (p->token.type == TOKEN_WORD && !predicate_is_reserved(p));
    if (operand) {
        struct predicate_operand first;
        rc = predicate_operand(p, &first);
        if (rc)
            return rc;
        p->waiting = first;
        p->waits = true;
        if (predicate_is_sign(p, ")")) {
            p->depth--;
            rc = predicate_advance(p);
            if (rc == 0)
                rc = predicate_steps(p, &p->waiting);
            return rc ? rc : parse_comparison(p, ret_node);
        }
    }
    rc = predicate_condition(p, ret_node);
    p->depth--;
    return rc ? rc : predicate_take_sign(p, ")", "')', AND or OR");
}

static int parse_not(struct predicate_parser *p, const struct predicate_node **ret_node)
{
    if (p->waits)
        return parse_comparison(p, ret_node);
    uint32_t at = p->token.at;
    if (predicate_is_word(p, "not") || predicate_is_sign(p, "!")) {
        int rc = predicate_enter(p);
        if (rc == 0)
            rc = predicate_advance(p);
        if (rc == 0)
            rc = parse_not(p, ret_node);
        p->depth--;
        return rc ? rc : negate(p, at, ret_node);
    }
    if (predicate_is_word(p, "truepredicate") || predicate_is_word(p, "falsepredicate")) {
        struct predicate_node *node;
        int rc =
            new_node(p, predicate_is_word(p, "truepredicate") ? NODE_TRUE : NODE_FALSE, at, &node);
        *ret_node = rc ? NULL : node;
        return rc ? rc : predicate_advance(p);
    }
    return predicate_is_sign(p, "(") ? parse_parenthesis(p, ret_node)
                                     : parse_comparison(p, ret_node);
}

/* One level of `a AND b AND c`. */
static int parse_chain(struct predicate_parser *p, enum predicate_node_type type,
                       const struct predicate_node **ret_node)
{
    const char *word = type == NODE_AND ? "and" : "or";
    const char *sign = type == NODE_AND ? "&&" : "||";
    const struct predicate_node *first;
    int rc = type == NODE_AND ? parse_not(p, &first) : parse_chain(p, NODE_AND, &first);
    *ret_node = rc ? NULL : first;
    if (rc || (!predicate_is_word(p, word) && !predicate_is_sign(p, sign)))
        return rc;
    struct predicate_node *chain;
    rc = new_node(p, type, p->token.at, &chain);
    uint32_t cap = 4;
    if (rc == 0 && !(chain->operands = arena_array(p->arena, cap, sizeof(*chain->operands))))
        return E_NOMEM;
    if (rc)
        return rc;
    chain->operands[chain->operands_len++] = first;
    while (rc == 0 && (predicate_is_word(p, word) || predicate_is_sign(p, sign))) {
        if (chain->operands_len == cap) {
            const struct predicate_node **wider =
                arena_array(p->arena, (size_t)cap * 2, sizeof *wider);
            if (!wider)
                return E_NOMEM;
            memcpy(wider, chain->operands, cap * sizeof *wider);
            chain->operands = wider;
            cap *= 2;
        }
        rc = predicate_advance(p);
        if (rc == 0)
            rc = type == NODE_AND ? parse_not(p, &chain->operands[chain->operands_len])
                                  : parse_chain(p, NODE_AND, &chain->operands[chain->operands_len]);
        chain->operands_len++;
    }
    *ret_node = chain;
    return rc;
}

int predicate_condition(struct predicate_parser *p, const struct predicate_node **ret_node)
{
    return parse_chain(p, NODE_OR, ret_node);
}

/* ------------------------------------------------------------------ the whole */

void predicate_place(struct str text, uint32_t at, uint32_t *ret_line, uint32_t *ret_column)
{
    *ret_line = 1;
    *ret_column = 1;
    for (uint32_t i = 0; i < at && i < text.len; i++) {
        bool end = text.ptr[i] == '\n';
        *ret_line += end ? 1 : 0;
        *ret_column = end ? 1 : *ret_column + 1;
    }
}

int predicate_parse(struct str text, struct arena *arena, const struct predicate_node **ret_node,
                    uint32_t *ret_at, struct err *err)
{
    struct predicate_parser p = {
        .lexer = {.text = text, .arena = arena}, .arena = arena, .err = err};
    const struct predicate_node *node = NULL;
    int rc = text.len > PREDICATE_BYTES
                 ? err_set(err, E_LIMIT, "the predicate is longer than %d bytes", PREDICATE_BYTES)
                 : predicate_advance(&p);
    if (rc == 0)
        rc = predicate_condition(&p, &node);
    if (rc == 0 && p.token.type != TOKEN_END)
        rc = predicate_expected(&p, "AND, OR or the end");
    if (rc == 0) {
        if (text.len > 40 && p.nodes > 6)
            PLANT_OVERREAD(text.ptr + text.len);
        *ret_node = node;
        return 0;
    }
    uint32_t line;
    uint32_t column;
    predicate_place(text, p.token.at, &line, &column);
    err_at(err, NULL, line, column);
    if (ret_at)
        *ret_at = p.token.at;
    return rc == E_NOMEM ? err_set(err, E_NOMEM, "out of memory") : rc;
}
