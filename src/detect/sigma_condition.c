/* The condition of a Sigma rule: `selection and not 1 of filter_*`. A recursive descent parser
 * whose depth is limited; selections are shared, not copied. Called by sigma_parse alone.
 * Source: Sigma rules specification 2.1, "Condition"; binding strength: not, and, or. */
#include "detect/sigma.h"

#include "base/mem.h"

enum token_type { TOKEN_WORD, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_END };

struct condition {
    const struct yaml_node *node;
    const struct sigma_rule *rule;
    struct arena *arena;
    struct err *err;
    struct str text;
    size_t pos; /* behind the current token */
    enum token_type type;
    struct str word;    /* the current token's text */
    size_t token_start; /* its offset */
    unsigned depth;
};

/* An error at the current token. Offsets can be told only where the text stands on one line as it
 * is, which is how conditions are written. */
static int fail(struct condition *c, int code, const char *what, struct str word)
{
    bool plain = c->node->plain && str_find_char(c->text, '\n') == SIZE_MAX;
    err_at(c->err, NULL, c->node->line, c->node->column + (plain ? (uint32_t)c->token_start : 0));
    if (word.len)
        return err_set(c->err, code, "condition: %s '%.*s'", what, STR_FMT(word));
    return err_set(c->err, code, "condition: %s", what);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void next(struct condition *c)
{
    while (c->pos < c->text.len && is_space(c->text.ptr[c->pos]))
        c->pos++;
    c->token_start = c->pos;
    if (c->pos == c->text.len) {
        c->type = TOKEN_END;
        c->word = STR("");
        return;
    }
    char first = c->text.ptr[c->pos++];
    c->type = first == '(' ? TOKEN_OPEN : first == ')' ? TOKEN_CLOSE : TOKEN_WORD;
    while (c->type == TOKEN_WORD && c->pos < c->text.len) {
        char ch = c->text.ptr[c->pos];
        if (is_space(ch) || ch == '(' || ch == ')' || ch == '|')
            break;
        c->pos++;
    }
    c->word = str_sub(c->text, c->token_start, c->pos - c->token_start);
}

static bool at_keyword(const struct condition *c, struct str keyword)
{
    return c->type == TOKEN_WORD && str_eq_nocase(c->word, keyword);
}

static int new_node(struct condition *c, enum sigma_node_type type,
                    const struct sigma_node *const *operands, size_t len,
                    const struct sigma_node **ret_node)
{
    if (type != SIGMA_NOT && len == 1) {
        *ret_node = operands[0];
        return 0;
    }
    struct sigma_node *node = arena_alloc(c->arena, sizeof *node);
    const struct sigma_node **copy = arena_array(c->arena, len, sizeof(*copy));
    if (!node || !copy)
        return E_NOMEM;
    memcpy(copy, operands, len * sizeof(*copy));
    *node = (struct sigma_node){.type = type, .operands = copy, .operands_len = len};
    *ret_node = node;
    return 0;
}

/* `*` stands for any characters; nothing else is special. */
static bool name_matches(struct str glob, struct str name)
{
    size_t g = 0;
    size_t n = 0;
    size_t star = SIZE_MAX;
    size_t star_name = 0;
    while (n < name.len) {
        if (g < glob.len && glob.ptr[g] == '*') {
            star = ++g;
            star_name = n;
        } else if (g < glob.len && glob.ptr[g] == name.ptr[n]) {
            g++;
            n++;
        } else if (star != SIZE_MAX) {
            g = star;
            n = ++star_name;
        } else {
            return false;
        }
    }
    while (g < glob.len && glob.ptr[g] == '*')
        g++;
    return g == glob.len;
}

/* Names that begin with an underscore are helpers: a pattern takes them only when it says so. */
static bool selected(struct str pattern, struct str name)
{
    bool hidden = name.len && name.ptr[0] == '_' && !(pattern.len && pattern.ptr[0] == '_');
    return !hidden && name_matches(pattern, name);
}

static int parse_of(struct condition *c, enum sigma_node_type type,
                    const struct sigma_node **ret_node)
{
    next(c); /* the pattern */
    if (c->type != TOKEN_WORD)
        return fail(c, E_PARSE, "expected a selection pattern or 'them' after 'of'", c->word);
    struct str pattern = at_keyword(c, STR("them")) ? STR("*") : c->word;
    const struct sigma_node *found[SIGMA_SELECTIONS];
    size_t len = 0;
    for (size_t i = 0; i < c->rule->selections_len; i++) {
        if (selected(pattern, c->rule->selections[i].name))
            found[len++] = c->rule->selections[i].node;
    }
    if (len == 0)
        return fail(c, E_PARSE, "no selection matches", c->word);
    next(c);
    return new_node(c, type, found, len, ret_node);
}

static int unknown_selection(struct condition *c)
{
    struct str nearest = STR("");
    unsigned best = 3;
    for (size_t i = 0; i < c->rule->selections_len; i++) {
        struct str name = c->rule->selections[i].name;
        unsigned distance = str_distance(c->word, name, 2);
        if (distance < best) {
            best = distance;
            nearest = name;
        }
    }
    int rc = fail(c, E_PARSE, "there is no selection", c->word);
    if (nearest.len)
        return err_set(c->err, E_PARSE,
                       "condition: there is no selection '%.*s' (did you mean '%.*s'?)",
                       STR_FMT(c->word), STR_FMT(nearest));
    return rc;
}

static bool is_number(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] < '0' || word.ptr[i] > '9')
            return false;
    }
    return word.len > 0;
}

/* The word behind the current one, without moving. */
static bool followed_by_of(const struct condition *c)
{
    struct condition ahead = *c;
    next(&ahead);
    return at_keyword(&ahead, STR("of"));
}

static int parse_word(struct condition *c, const struct sigma_node **ret_node)
{
    if (followed_by_of(c)) {
        bool all = at_keyword(c, STR("all"));
        bool any = at_keyword(c, STR("1")) || at_keyword(c, STR("any"));
        if (all || any) {
            next(c); /* of */
            return parse_of(c, all ? SIGMA_AND : SIGMA_OR, ret_node);
        }
        if (is_number(c->word))
            return fail(c, E_UNSUPPORTED,
                        "a count before 'of' other than 1 is not supported:", c->word);
    }
    for (size_t i = 0; i < c->rule->selections_len; i++) {
        if (str_eq(c->rule->selections[i].name, c->word)) {
            *ret_node = c->rule->selections[i].node;
            next(c);
            return 0;
        }
    }
    return unknown_selection(c);
}

static int parse_or(struct condition *c, const struct sigma_node **ret_node);

static int parse_primary(struct condition *c, const struct sigma_node **ret_node)
{
    if (c->type == TOKEN_OPEN) {
        next(c);
        int rc = parse_or(c, ret_node);
        if (rc)
            return rc;
        if (c->type != TOKEN_CLOSE)
            return fail(c, E_PARSE, "expected ')'", STR(""));
        next(c);
        return 0;
    }
    if (c->type == TOKEN_END)
        return fail(c, E_PARSE, "ends where a selection is expected", STR(""));
    if (c->type == TOKEN_CLOSE || at_keyword(c, STR("and")) || at_keyword(c, STR("or")))
        return fail(c, E_PARSE, "expected a selection, found", c->word);
    return parse_word(c, ret_node);
}

static int parse_not(struct condition *c, const struct sigma_node **ret_node)
{
    if (++c->depth > SIGMA_CONDITION_DEPTH)
        return fail(c, E_LIMIT, "nested too deeply", STR(""));
    int rc;
    if (at_keyword(c, STR("not"))) {
        next(c);
        const struct sigma_node *operand;
        rc = parse_not(c, &operand);
        if (rc == 0)
            rc = new_node(c, SIGMA_NOT, &operand, 1, ret_node);
    } else {
        rc = parse_primary(c, ret_node);
    }
    c->depth--;
    return rc;
}

/* A chain `x and y and z` or `x or y or z`; `operand` parses the next stronger level. */
static int parse_chain(struct condition *c, struct str keyword, enum sigma_node_type type,
                       int (*operand)(struct condition *, const struct sigma_node **),
                       const struct sigma_node **ret_node)
{
    CLEANUP(mem_freep) const struct sigma_node **operands = NULL;
    size_t len = 0;
    size_t cap = 0;
    for (;;) {
        const struct sigma_node *node = NULL;
        int rc = operand(c, &node);
        if (rc)
            return rc;
        if (mem_grow(&operands, &cap, len + 1, sizeof(*operands)))
            return E_NOMEM;
        operands[len++] = node;
        if (!at_keyword(c, keyword))
            return new_node(c, type, operands, len, ret_node);
        next(c);
    }
}

static int parse_and(struct condition *c, const struct sigma_node **ret_node)
{
    return parse_chain(c, STR("and"), SIGMA_AND, parse_not, ret_node);
}

static int parse_or(struct condition *c, const struct sigma_node **ret_node)
{
    return parse_chain(c, STR("or"), SIGMA_OR, parse_and, ret_node);
}

int sigma_condition(const struct yaml_node *text, const struct sigma_rule *rule,
                    struct arena *arena, const struct sigma_node **ret_node, struct err *err)
{
    if (text->text.len > SIGMA_CONDITION_BYTES)
        return sigma_fail(err, text, E_LIMIT, "condition is longer than %d bytes",
                          SIGMA_CONDITION_BYTES);
    struct condition c = {
        .node = text, .rule = rule, .arena = arena, .err = err, .text = text->text};
    next(&c);
    const struct sigma_node *node;
    int rc = parse_or(&c, &node);
    if (rc)
        return rc;
    if (c.type == TOKEN_WORD && c.word.ptr[0] == '|')
        return fail(&c, E_UNSUPPORTED,
                    "aggregations ('|') are not supported; write a correlation rule", STR(""));
    if (c.type != TOKEN_END)
        return fail(&c, E_PARSE, "expected 'and', 'or' or the end, found", c.word);
    *ret_node = node;
    return 0;
}
