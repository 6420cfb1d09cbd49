/* Comparisons of a key path with literals. A quantifier and a negation become one of "some value",
 * "every value", each possibly inverted: ANY x != y is NOT every x == y. See jamf_priv.h. */
#include "detect/jamf_priv.h"

#include "base/buf.h"
#include "base/text.h"
#include "detect/regex.h"

static bool is_list(const struct jamf_key *key)
{
    return key->type == KEY_LIST || key->type == KEY_XATTRS;
}

/* ------------------------------------------------------------------ values */

static int text_of(struct jamf_lowering *l, const struct predicate_operand *o, struct str *ret)
{
    if (o->type != OPERAND_STRING && o->type != OPERAND_NUMBER)
        return jamf_fail(l, o->at, E_PARSE, "a text is expected");
    *ret = o->text;
    return 0;
}

/* "rbIoddPMz9MoMMZl1ATihY8wlMk=" is a cdhash there, forty hexadecimal digits here. */
static int cdhash_of(struct jamf_lowering *l, const struct predicate_operand *o, struct str *ret)
{
    enum { CDHASH_BYTES = 20 };
    int rc = text_of(l, o, ret);
    if (rc || ret->len == (size_t)2 * CDHASH_BYTES)
        return rc;
    CLEANUP(buf_done) struct buf bytes = {0};
    rc = text_base64_decode(*ret, &bytes);
    if (rc == E_NOMEM)
        return rc;
    if (rc || bytes.len != CDHASH_BYTES)
        return jamf_fail(l, o->at, E_PARSE, "a cdhash is 20 bytes in base64, or 40 hex digits");
    CLEANUP(buf_done) struct buf hex = {0};
    text_hex_add(&hex, bytes.ptr, bytes.len);
    if (buf_check(&hex))
        return E_NOMEM;
    *ret = arena_str(l->arena, buf_str(&hex));
    return ret->ptr ? 0 : E_NOMEM;
}

static int whole_number(struct jamf_lowering *l, const struct predicate_operand *o, int64_t *ret)
{
    if (o->type == OPERAND_STRING && str_to_i64(o->text, ret) == 0)
        return 0;
    if (o->type != OPERAND_NUMBER || o->fraction)
        return jamf_fail(l, o->at, E_PARSE, "a whole number is expected");
    *ret = o->number;
    return 0;
}

/* Text that the value is compared with for equality. */
static int equal_text(struct jamf_lowering *l, const struct jamf_key *key,
                      const struct predicate_operand *o, struct str *ret)
{
    enum { EXIT_MOST = 255, EXIT_SHIFT = 8 };
    int64_t number;
    if (key->type == KEY_CDHASH)
        return cdhash_of(l, o, ret);
    if (key->type == KEY_DISK && o->type == OPERAND_BOOL) {
        *ret = o->number ? STR("true") : STR("false");
        return 0;
    }
    if (key->type != KEY_NUMBER && key->type != KEY_EXIT)
        return text_of(l, o, ret);
    int rc = whole_number(l, o, &number);
    if (rc)
        return rc;
    if (key->type == KEY_EXIT && (number < 0 || number > EXIT_MOST))
        return jamf_fail(l, o->at, E_PARSE, "an exit code is 0 to 255");
    if (key->type == KEY_EXIT)
        number *= INT64_C(1) << EXIT_SHIFT;
    *ret = arena_fmt(l->arena, "%lld", (long long)number);
    return ret->ptr ? 0 : E_NOMEM;
}

static int add_equal(struct jamf_lowering *l, const struct jamf_key *key,
                     const struct predicate_operand *o, struct sigma_item *item)
{
    struct sigma_value *value = &item->values[item->values_len];
    bool signing = key->type == KEY_SIGNING;
    struct str text = STR("");
    l->at = o->at;
    if (o->type != OPERAND_NIL) {
        int rc = equal_text(l, key, o, &text);
        if (rc)
            return rc;
    }
    if (o->type == OPERAND_NIL || (signing && text.len == 0)) {
        *value = (struct sigma_value){.null = true, .column = l->at};
        value = &item->values[++item->values_len];
    }
    if (o->type == OPERAND_NIL && !signing)
        return 0;
    item->values_len++;
    return jamf_text_value(l, text, SIGMA_EQUALS, item->unmarked, value) ? 0 : E_NOMEM;
}

/* ------------------------------------------------------------------ several values for each */

void jamf_add_quoted(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool plain = (unsigned char)c >= 0x80 || c == '_' || (c >= '0' && c <= '9') ||
                     (char_lower(c) >= 'a' && char_lower(c) <= 'z');
        if ((unsigned char)c < 0x20)
            buf_addf(out, "\\x%02x", (unsigned char)c);
        else
            buf_addf(out, plain ? "%c" : "\\%c", c);
    }
}

/* "Every value is one of these" as one expression: as items each would have to be all of them. */
static int join_values(struct jamf_lowering *l, const struct jamf_comparison *c,
                       struct sigma_item *item)
{
    CLEANUP(buf_done) struct buf out = {0};
    for (uint32_t i = 0; i < c->literals_len; i++) {
        struct str text = STR("");
        int rc = text_of(l, &c->literals[i], &text);
        if (rc)
            return rc;
        if (i)
            buf_add_char(&out, '|');
        jamf_add_quoted(&out, text);
    }
    if (buf_check(&out))
        return E_NOMEM;
    struct str pattern = arena_str(l->arena, buf_str(&out));
    if (!pattern.ptr)
        return E_NOMEM;
    item->match = SIGMA_REGEX;
    item->regex_flags = REGEX_WHOLE | (item->cased ? 0 : REGEX_CASELESS);
    item->values_len = 1;
    return jamf_text_value(l, pattern, SIGMA_REGEX, item->unmarked, item->values) ? 0 : E_NOMEM;
}

static int equal_item(struct jamf_lowering *l, const struct jamf_comparison *c,
                      struct sigma_item *item)
{
    item->values = arena_array(l->arena, (size_t)c->literals_len * 2, sizeof(*item->values));
    if (!item->values)
        return E_NOMEM;
    bool number = c->subject.key->type == KEY_NUMBER || c->subject.key->type == KEY_EXIT;
    if (number || c->subject.key->type == KEY_CDHASH)
        item->cased = false;
    if (item->quantifier == SIGMA_EVERY && c->literals_len > 1)
        return join_values(l, c, item);
    for (uint32_t i = 0; i < c->literals_len; i++) {
        int rc = add_equal(l, c->subject.key, &c->literals[i], item);
        if (rc)
            return rc;
    }
    return 0;
}

/* ------------------------------------------------------------------ other operators */

static int text_item(struct jamf_lowering *l, const struct jamf_comparison *c,
                     struct sigma_item *item)
{
    static const enum sigma_match matches[] = {[PREDICATE_IN] = SIGMA_PART_OF,
                                               [PREDICATE_CONTAINS] = SIGMA_CONTAINS,
                                               [PREDICATE_BEGINSWITH] = SIGMA_STARTSWITH,
                                               [PREDICATE_ENDSWITH] = SIGMA_ENDSWITH,
                                               [PREDICATE_LIKE] = SIGMA_EQUALS,
                                               [PREDICATE_MATCHES] = SIGMA_REGEX};
    struct str text;
    int rc = text_of(l, &c->literals[0], &text);
    if (rc)
        return rc;
    l->at = c->literals[0].at;
    if (text.len == 0 && c->op != PREDICATE_LIKE && c->op != PREDICATE_MATCHES)
        return jamf_fail(l, l->at, E_PARSE, "no text contains the empty text");
    if (text.len > SIGMA_VALUE_BYTES)
        return jamf_fail(l, l->at, E_LIMIT, "the text is longer than %d bytes", SIGMA_VALUE_BYTES);
    item->match = matches[c->op];
    item->values = arena_alloc(l->arena, sizeof(*item->values));
    item->values_len = 1;
    if (item->match == SIGMA_REGEX)
        item->regex_flags = REGEX_WHOLE | (item->cased ? 0 : REGEX_CASELESS);
    if (!item->values || !jamf_text_value(l, text, item->match, item->unmarked, item->values))
        return E_NOMEM;
    if (c->op != PREDICATE_LIKE)
        return 0;
    /* The wildcards of LIKE are those of Sigma. */
    if (item->unmarked && !jamf_unmark(l, &text))
        return E_NOMEM;
    item->values->raw = text;
    return pattern_parse(text, l->arena, item->values->alternatives);
}

/* Exit codes are the upper byte of the wait status: 3 is 768 to 1023. */
static void exit_bounds(enum sigma_match *match, int64_t *number)
{
    enum { EXIT_UNIT = 256 };
    if (*match == SIGMA_LTE || *match == SIGMA_GT) {
        *match = *match == SIGMA_LTE ? SIGMA_LT : SIGMA_GTE;
        (*number)++;
    }
    *number *= EXIT_UNIT;
}

static int order_node(struct jamf_lowering *l, const struct jamf_comparison *c,
                      const struct sigma_item *item, enum sigma_match match,
                      const struct predicate_operand *o, const struct sigma_node **ret_node)
{
    struct sigma_item ordered = *item;
    int64_t number;
    const struct jamf_key *key = c->subject.key;
    if (key->type != KEY_NUMBER && key->type != KEY_EXIT && key->type != KEY_LIST &&
        key->type != KEY_DISK)
        return jamf_fail(l, c->literals[0].at, E_UNSUPPORTED,
                         "'%s' compares numbers here, not texts", predicate_operator_name(c->op));
    int rc = whole_number(l, o, &number);
    if (rc)
        return rc;
    if (number > INT32_MAX && key->type == KEY_EXIT)
        return jamf_fail(l, o->at, E_PARSE, "an exit code is 0 to 255");
    if (key->type == KEY_EXIT)
        exit_bounds(&match, &number);
    struct str text = arena_fmt(l->arena, "%lld", (long long)number);
    ordered.match = match;
    ordered.values = arena_alloc(l->arena, sizeof(*ordered.values));
    ordered.values_len = 1;
    if (!ordered.values || !text.ptr)
        return E_NOMEM;
    *ordered.values =
        (struct sigma_value){.raw = text, .number = {.whole = number}, .column = o->at};
    *ret_node = jamf_item(l, &ordered);
    return *ret_node ? 0 : E_NOMEM;
}

static int order(struct jamf_lowering *l, const struct jamf_comparison *c,
                 const struct sigma_item *item, const struct sigma_node **ret_node)
{
    static const enum sigma_match matches[] = {[PREDICATE_LT] = SIGMA_LT,
                                               [PREDICATE_LE] = SIGMA_LTE,
                                               [PREDICATE_GT] = SIGMA_GT,
                                               [PREDICATE_GE] = SIGMA_GTE};
    if (c->op != PREDICATE_BETWEEN)
        return order_node(l, c, item, matches[c->op], &c->literals[0], ret_node);
    if (item->quantifier == SIGMA_SOME && is_list(c->subject.key))
        return jamf_fail(l, l->at, E_UNSUPPORTED, "BETWEEN is not supported for lists");
    const struct sigma_node *both[2];
    int rc = order_node(l, c, item, SIGMA_GTE, &c->literals[0], &both[0]);
    if (rc == 0)
        rc = order_node(l, c, item, SIGMA_LTE, &c->literals[1], &both[1]);
    *ret_node = rc ? NULL : jamf_join(l, SIGMA_AND, both, ARRAY_LEN(both));
    return rc ? rc : *ret_node ? 0 : E_NOMEM;
}

/* ------------------------------------------------------------------ counting */

/* At least so many values satisfy the item. */
static int at_least(struct jamf_lowering *l, const struct sigma_item *item, int64_t number,
                    struct jamf_condition *ret)
{
    *ret = (struct jamf_condition){.known = KNOWN_TRUE};
    if (number <= 0)
        return 0;
    if (number > SIGMA_NUMBER_MOST)
        return jamf_fail(l, l->at, E_LIMIT, "more than %d elements cannot be counted",
                         SIGMA_NUMBER_MOST);
    struct sigma_item counted = *item;
    counted.quantifier = number == 1 ? SIGMA_SOME : SIGMA_AT_LEAST;
    counted.number = (uint32_t)number;
    return jamf_known(jamf_item(l, &counted), ret);
}

static int join_bounds(struct jamf_lowering *l, const struct jamf_condition *low,
                       const struct jamf_condition *above, struct jamf_condition *ret)
{
    if (above->known == KNOWN_TRUE)
        return jamf_never(l, KNOWN_FALSE, ret, "a number of elements is never negative");
    const struct sigma_node *below = jamf_not(l, above->node);
    if (low->known == KNOWN_TRUE)
        return jamf_known(below, ret);
    const struct sigma_node *both[] = {low->node, below};
    return jamf_known(jamf_join(l, SIGMA_AND, both, ARRAY_LEN(both)), ret);
}

int jamf_count(struct jamf_lowering *l, struct sigma_item item, enum predicate_operator op,
               const struct predicate_operand *number, struct jamf_condition *ret)
{
    struct jamf_condition low;
    struct jamf_condition above;
    int64_t n;
    int64_t most;
    int rc = whole_number(l, number, &n);
    if (rc == 0)
        rc = op == PREDICATE_BETWEEN ? whole_number(l, number + 1, &most) : 0;
    if (rc)
        return rc;
    if (n < -1 || n > INT32_MAX)
        n = n < 0 ? -1 : INT32_MAX;
    switch (op) {
    case PREDICATE_GT:
        return at_least(l, &item, n + 1, ret);
    case PREDICATE_GE:
        return at_least(l, &item, n, ret);
    case PREDICATE_LT:
        low.known = KNOWN_TRUE;
        rc = at_least(l, &item, n, &above);
        break;
    case PREDICATE_LE:
        low.known = KNOWN_TRUE;
        rc = at_least(l, &item, n + 1, &above);
        break;
    case PREDICATE_EQ:
    case PREDICATE_NE:
        rc = at_least(l, &item, n, &low);
        if (rc == 0)
            rc = at_least(l, &item, n + 1, &above);
        break;
    case PREDICATE_BETWEEN:
        rc = at_least(l, &item, n, &low);
        if (rc == 0)
            rc = at_least(l, &item, most < SIGMA_NUMBER_MOST ? most + 1 : INT32_MAX, &above);
        break;
    default:
        return jamf_fail(l, l->at, E_UNSUPPORTED, "a number of elements is not compared with %s",
                         predicate_operator_name(op));
    }
    rc = rc ? rc : join_bounds(l, &low, &above, ret);
    if (rc == 0 && op == PREDICATE_NE) {
        if (ret->known == KNOWN_NODE)
            return jamf_known(jamf_not(l, ret->node), ret);
        ret->known = KNOWN_TRUE;
    }
    return rc;
}

/* An item that any value satisfies. */
static int anything(struct jamf_lowering *l, const struct jamf_comparison *c,
                    struct sigma_item *ret_item)
{
    struct sigma_item item = {.field = jamf_field(&c->subject), .values_len = 1};
    struct pattern *p = arena_alloc(l->arena, sizeof *p);
    item.values = arena_alloc(l->arena, sizeof(*item.values));
    if (!item.values || !p || pattern_parse(STR("*"), l->arena, p))
        return E_NOMEM;
    *item.values = (struct sigma_value){.raw = STR("*"), .alternatives = p, .alternatives_len = 1};
    *ret_item = item;
    return 0;
}

static int count_elements(struct jamf_lowering *l, const struct jamf_comparison *c,
                          struct jamf_condition *ret)
{
    struct sigma_item item;
    int rc = anything(l, c, &item);
    return rc ? rc : jamf_count(l, item, c->op, c->literals, ret);
}

/* An element that the list does not have is nil. */
static int element_is_nil(struct jamf_lowering *l, const struct jamf_comparison *c,
                          struct jamf_condition *ret)
{
    struct sigma_item item;
    if (c->op != PREDICATE_EQ && c->op != PREDICATE_NE)
        return jamf_fail(l, l->at, E_PARSE, "nil is compared with == or !=");
    int rc = anything(l, c, &item);
    if (rc)
        return rc;
    item.quantifier = SIGMA_ELEMENT;
    item.number = c->subject.number;
    const struct sigma_node *node = jamf_item(l, &item);
    bool is_nil = (c->op == PREDICATE_EQ) != (c->quantifier == PREDICATE_NONE);
    return jamf_known(is_nil ? jamf_not(l, node) : node, ret);
}

/* ------------------------------------------------------------------ the whole */

static bool is_nil(const struct jamf_comparison *c)
{
    return c->literals_len == 1 && c->literals[0].type == OPERAND_NIL;
}

/* What is asked of a list without saying of which elements. */
static int check_list(struct jamf_lowering *l, struct jamf_comparison *c)
{
    bool list = is_list(c->subject.key) && c->subject.quantifier == SIGMA_SOME;
    if (!list || c->quantifier != PREDICATE_PLAIN || is_nil(c))
        return 0;
    if (c->op != PREDICATE_CONTAINS)
        return jamf_fail(l, l->at, E_PARSE, "'%s' is a list: say ANY, ALL or NONE before it",
                         c->subject.key->path);
    c->op = PREDICATE_EQ; /* the list has this element */
    return 0;
}

static int compare_values(struct jamf_lowering *l, struct jamf_comparison *c,
                          struct jamf_condition *ret)
{
    bool inverted = c->quantifier == PREDICATE_NONE;
    bool every = c->quantifier == PREDICATE_ALL;
    bool list = is_list(c->subject.key) && c->subject.quantifier == SIGMA_SOME;
    if (c->op == PREDICATE_NE) {
        c->op = PREDICATE_EQ;
        inverted = !inverted;
        every = c->quantifier == PREDICATE_ANY || c->quantifier == PREDICATE_NONE;
    }
    struct sigma_item item = {.field = jamf_field(&c->subject),
                              .cased = !(c->options & PREDICATE_CASELESS),
                              .unmarked = (c->options & PREDICATE_UNMARKED) != 0,
                              .view = c->subject.view,
                              .quantifier = c->subject.quantifier,
                              .number = c->subject.number};
    if (c->literals_len == 0)
        return jamf_never(l, KNOWN_FALSE, ret, "nothing is a member of the empty set");
    if (list && every && !is_nil(c))
        item.quantifier = SIGMA_EVERY;
    const struct sigma_node *node = NULL;
    bool equal = c->op == PREDICATE_EQ || (c->op == PREDICATE_IN && !c->part_of);
    int rc;
    if (c->op >= PREDICATE_LT && c->op <= PREDICATE_BETWEEN)
        rc = order(l, c, &item, &node);
    else
        rc = equal ? equal_item(l, c, &item) : text_item(l, c, &item);
    if (rc == 0 && !node)
        node = jamf_item(l, &item);
    if (rc || !node)
        return rc ? rc : E_NOMEM;
    return jamf_known(inverted ? jamf_not(l, node) : node, ret);
}

int jamf_compare_told(struct jamf_lowering *l, const struct jamf_comparison *c,
                      struct jamf_condition *ret)
{
    const struct jamf_key *key = c->subject.key;
    if (c->subject.size)
        return count_elements(l, c, ret);
    switch (key->type) {
    case KEY_TYPE:
        return jamf_type_condition(l, c, ret);
    case KEY_SIGNER:
        return jamf_signer_condition(l, c, ret);
    case KEY_LOG_TYPE:
        return jamf_log_type_condition(l, c, ret);
    case KEY_SHELL:
    case KEY_IS_TYPE:
    case KEY_FOLDER:
    case KEY_BUNDLE:
    case KEY_MARKED:
        return jamf_flag_condition(l, c, ret);
    default:
        break;
    }
    if (is_nil(c) && c->subject.quantifier == SIGMA_ELEMENT)
        return element_is_nil(l, c, ret);
    struct jamf_comparison copy = *c;
    int rc = check_list(l, &copy);
    return rc ? rc : compare_values(l, &copy, ret);
}

int jamf_compare(struct jamf_lowering *l, const struct jamf_comparison *c,
                 struct jamf_condition *ret)
{
    const struct jamf_key *key = c->subject.key;
    if (key->type == KEY_MISSING)
        return jamf_never(l, KNOWN_NOTHING, ret, "'%.*s' is not in the event: %s",
                          STR_FMT(str_sub(c->subject.path, 0, 100)), key->note);
    return key->disk ? jamf_disk_compare(l, c, ret) : jamf_compare_told(l, c, ret);
}
