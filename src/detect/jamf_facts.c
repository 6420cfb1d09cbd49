/* Comparisons with numbers that Jamf Protect gives meanings to: the type of an event, who signed a
 * program, and its yes-or-no properties. Each becomes a condition over what our events say. A
 * number is compared by asking for every number that would do. See jamf_priv.h.
 * Source: Apple, kern/cs_blobs.h (flags and validation categories). */
#include "detect/jamf_priv.h"

enum { CS_VALID = 0x1, CS_ADHOC = 0x2, CS_SIGNED = 0x20000000 };

enum { CATEGORY_PLATFORM = 1, CATEGORY_APP_STORE = 4, CATEGORY_DEVELOPER_ID = 6 };

enum {
    SIGNER_APPLE,
    SIGNER_APP_STORE,
    SIGNER_DEVELOPER_ID,
    SIGNER_AD_HOC,
    SIGNER_UNSIGNED,
    SIGNERS
};

static const char *const shells[] = {"bash", "csh", "dash", "fish", "ksh", "sh", "tcsh", "zsh"};

/* ------------------------------------------------------------------ numbers */

static int number_of(struct jamf_lowering *l, const struct predicate_operand *o, int64_t *ret)
{
    bool text = o->type == OPERAND_STRING && str_to_i64(o->text, ret) == 0;
    if (text)
        return 0;
    if ((o->type != OPERAND_NUMBER || o->fraction) && o->type != OPERAND_BOOL)
        return jamf_fail(l, o->at, E_PARSE, "a whole number is expected");
    *ret = o->number;
    return 0;
}

static bool number_fits(enum predicate_operator op, int64_t number, const int64_t *wanted,
                        size_t len)
{
    switch (op) {
    case PREDICATE_NE:
        return number != wanted[0];
    case PREDICATE_LT:
        return number < wanted[0];
    case PREDICATE_LE:
        return number <= wanted[0];
    case PREDICATE_GT:
        return number > wanted[0];
    case PREDICATE_GE:
        return number >= wanted[0];
    case PREDICATE_BETWEEN:
        return number >= wanted[0] && number <= wanted[1];
    default:
        break;
    }
    for (size_t i = 0; i < len; i++) {
        if (number == wanted[i])
            return true;
    }
    return false;
}

/* The literals as numbers, in the arena. */
static int numbers_of(struct jamf_lowering *l, const struct jamf_comparison *c, int64_t **ret)
{
    if (c->op > PREDICATE_IN)
        return jamf_fail(l, l->at, E_PARSE, "%s compares texts, and this is a number",
                         predicate_operator_name(c->op));
    int64_t *numbers = arena_array(l->arena, c->literals_len, sizeof *numbers);
    if (!numbers)
        return E_NOMEM;
    for (uint32_t i = 0; i < c->literals_len; i++) {
        int rc = number_of(l, &c->literals[i], &numbers[i]);
        if (rc)
            return rc;
    }
    *ret = numbers;
    return 0;
}

/* ------------------------------------------------------------------ event types */

static const struct sigma_node *kind_node(struct jamf_lowering *l, const struct jamf_type *type,
                                          enum event_kind kind)
{
    const char *name = kind_table[kind].name.ptr;
    const struct sigma_node *nodes[] = {jamf_word(l, F_KIND, name), NULL};
    if (kind == KIND_CLOSE)
        nodes[1] = jamf_word(l, F_FILE_MODIFIED, "true");
    else if (kind == KIND_CREATE && type->number == 7)
        nodes[1] = jamf_word(l, F_FILE_TYPE, "dir");
    else if (kind == KIND_CREATE)
        nodes[1] = jamf_not(l, jamf_word(l, F_FILE_TYPE, "dir"));
    else
        return nodes[0];
    return jamf_join(l, SIGMA_AND, nodes, 2);
}

static const struct sigma_node *type_node(struct jamf_lowering *l, const struct jamf_type *type)
{
    const struct sigma_node *nodes[ARRAY_LEN(type->kinds)];
    size_t len = 0;
    while (len < ARRAY_LEN(type->kinds) && type->kinds[len] != KIND_UNKNOWN) {
        nodes[len] = kind_node(l, type, type->kinds[len]);
        len++;
    }
    return jamf_join(l, SIGMA_OR, nodes, len);
}

int jamf_type_condition(struct jamf_lowering *l, const struct jamf_comparison *c,
                        struct jamf_condition *ret)
{
    int64_t *wanted;
    int rc = numbers_of(l, c, &wanted);
    if (rc)
        return rc;
    const struct sigma_node *nodes[16];
    size_t len = 0;
    for (size_t i = 0; i < jamf_types_len; i++) {
        const struct jamf_type *type = &jamf_types[i];
        if ((type->input & l->input) && len < ARRAY_LEN(nodes) &&
            number_fits(c->op, type->number, wanted, c->literals_len))
            nodes[len++] = type_node(l, type);
    }
    if (len == 0)
        return jamf_never(l, KNOWN_FALSE, ret, "no event has such a type");
    return jamf_known(jamf_join(l, SIGMA_OR, nodes, len), ret);
}

const struct sigma_node *jamf_kinds(struct jamf_lowering *l)
{
    const char *names[64] = {0};
    size_t len = 0;
    bool closes = false;
    if (l->input == INPUT_LOG)
        return jamf_word(l, F_KIND, kind_table[KIND_LOG].name.ptr);
    for (size_t i = 0; i < jamf_types_len; i++) {
        const struct jamf_type *type = &jamf_types[i];
        bool twice = type->number == 7 && type->input == INPUT_FILE;
        for (size_t k = 0; k < ARRAY_LEN(type->kinds) && type->kinds[k] != KIND_UNKNOWN; k++) {
            if (!(type->input & l->input) || twice || len == ARRAY_LEN(names))
                continue;
            if (type->kinds[k] == KIND_CLOSE)
                closes = true;
            else
                names[len++] = kind_table[type->kinds[k]].name.ptr;
        }
    }
    const struct sigma_node *ways[] = {jamf_words(l, F_KIND, names, len), NULL};
    if (!closes)
        return ways[0];
    const struct sigma_node *changed[] = {jamf_word(l, F_KIND, kind_table[KIND_CLOSE].name.ptr),
                                          jamf_word(l, F_FILE_MODIFIED, "true")};
    ways[1] = jamf_join(l, SIGMA_AND, changed, ARRAY_LEN(changed));
    return jamf_join(l, SIGMA_OR, ways, ARRAY_LEN(ways));
}

/* ------------------------------------------------------------------ signers */

static const struct sigma_node *is_platform(struct jamf_lowering *l, enum field_id platform)
{
    return jamf_word(l, platform, "true");
}

/* A team's program that is not part of the system. Before macOS 26 an event does not tell the App
 * Store's from others; from then on the validation category does. */
static const struct sigma_node *by_team(struct jamf_lowering *l, bool parent)
{
    const struct sigma_node *nodes[] = {
        jamf_not(l, jamf_null(l, parent ? F_PARENT_TEAM_ID : F_TEAM_ID)),
        jamf_not(l, jamf_word(l, parent ? F_PARENT_TEAM_ID : F_TEAM_ID, "")),
        jamf_not(l, is_platform(l, parent ? F_PARENT_PLATFORM_BINARY : F_PLATFORM_BINARY)),
        NULL,
        NULL,
    };
    if (parent)
        return jamf_join(l, SIGMA_AND, nodes, 3);
    nodes[3] = jamf_null(l, F_CS_CATEGORY);
    nodes[4] = jamf_not(l, jamf_number(l, F_CS_FLAGS, SIGMA_ANY_BIT, CS_ADHOC));
    const struct sigma_node *ways[] = {
        jamf_number(l, F_CS_CATEGORY, SIGMA_EQUALS, CATEGORY_DEVELOPER_ID),
        jamf_join(l, SIGMA_AND, nodes, ARRAY_LEN(nodes))};
    return jamf_join(l, SIGMA_OR, ways, ARRAY_LEN(ways));
}

/* Only where the flags are told: without them nothing is known. */
static const struct sigma_node *by_nobody(struct jamf_lowering *l)
{
    const struct sigma_node *nodes[] = {
        jamf_not(l, jamf_null(l, F_CS_FLAGS)),
        jamf_not(l, jamf_number(l, F_CS_FLAGS, SIGMA_ANY_BIT, CS_SIGNED | CS_VALID | CS_ADHOC)),
        jamf_not(l, is_platform(l, F_PLATFORM_BINARY)),
    };
    return jamf_join(l, SIGMA_AND, nodes, ARRAY_LEN(nodes));
}

/* @return the condition; NULL with *ret_known false when no event tells it */
static const struct sigma_node *signer_node(struct jamf_lowering *l, int64_t signer, bool parent,
                                            bool *ret_known)
{
    *ret_known = true;
    if (parent && signer != SIGNER_APPLE && signer != SIGNER_DEVELOPER_ID) {
        *ret_known = false;
        return NULL;
    }
    switch (signer) {
    case SIGNER_APPLE: {
        const struct sigma_node *ways[] = {
            is_platform(l, parent ? F_PARENT_PLATFORM_BINARY : F_PLATFORM_BINARY),
            parent ? NULL : jamf_number(l, F_CS_CATEGORY, SIGMA_EQUALS, CATEGORY_PLATFORM)};
        return jamf_join(l, SIGMA_OR, ways, parent ? 1 : 2);
    }
    case SIGNER_APP_STORE:
        return jamf_number(l, F_CS_CATEGORY, SIGMA_EQUALS, CATEGORY_APP_STORE);
    case SIGNER_DEVELOPER_ID:
        return by_team(l, parent);
    case SIGNER_AD_HOC: {
        const struct sigma_node *nodes[] = {jamf_number(l, F_CS_FLAGS, SIGMA_ANY_BIT, CS_ADHOC),
                                            jamf_not(l, is_platform(l, F_PLATFORM_BINARY))};
        return jamf_join(l, SIGMA_AND, nodes, ARRAY_LEN(nodes));
    }
    default:
        return by_nobody(l);
    }
}

int jamf_signer_condition(struct jamf_lowering *l, const struct jamf_comparison *c,
                          struct jamf_condition *ret)
{
    int64_t *wanted;
    int rc = numbers_of(l, c, &wanted);
    if (rc)
        return rc;
    bool parent = c->subject.key->field == F_PARENT_PLATFORM_BINARY;
    const struct sigma_node *nodes[SIGNERS];
    size_t len = 0;
    bool any = false;
    for (int64_t signer = 0; signer < SIGNERS; signer++) {
        bool known;
        if (!number_fits(c->op, signer, wanted, c->literals_len))
            continue;
        any = true;
        const struct sigma_node *node = signer_node(l, signer, parent, &known);
        if (known && !node)
            return E_NOMEM;
        if (known)
            nodes[len++] = node;
    }
    if (len == 0)
        return jamf_never(l, any ? KNOWN_NOTHING : KNOWN_FALSE, ret, "%s",
                          any ? "of a parent only signer types 0 and 2 are known"
                              : "there is no such signer type");
    return jamf_known(jamf_join(l, SIGMA_OR, nodes, len), ret);
}

int jamf_fitting_signers(struct jamf_lowering *l, const struct jamf_comparison *c,
                         unsigned *ret_signers)
{
    int64_t *wanted;
    unsigned signers = 0;
    int rc = numbers_of(l, c, &wanted);
    if (rc)
        return rc;
    for (unsigned signer = 0; signer < SIGNERS; signer++)
        signers |= number_fits(c->op, signer, wanted, c->literals_len) ? 1U << signer : 0;
    *ret_signers = signers;
    return 0;
}

/* ------------------------------------------------------------------ log types */

static const struct {
    int64_t number;
    const char *name;
} log_types[] = {{0, "default"}, {1, "info"}, {2, "debug"}, {16, "error"}, {17, "fault"}};

/* `error`, "Error" and 16 are the same. */
static int log_number(struct jamf_lowering *l, const struct predicate_operand *o, int64_t *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(log_types); i++) {
        if (str_eq_nocase(o->text, str_of(log_types[i].name))) {
            *ret = log_types[i].number;
            return 0;
        }
    }
    if (number_of(l, o, ret) == 0)
        return 0;
    return jamf_fail(l, o->at, E_PARSE, "default, info, debug, error or fault is expected");
}

int jamf_log_type_condition(struct jamf_lowering *l, const struct jamf_comparison *c,
                            struct jamf_condition *ret)
{
    int64_t *wanted = arena_array(l->arena, c->literals_len, sizeof *wanted);
    if (!wanted)
        return E_NOMEM;
    for (uint32_t i = 0; i < c->literals_len; i++) {
        int rc = log_number(l, &c->literals[i], &wanted[i]);
        if (rc)
            return rc;
    }
    if (c->op > PREDICATE_IN || c->part_of)
        return jamf_fail(l, l->at, E_PARSE, "a log type is not compared with %s",
                         predicate_operator_name(c->op));
    const char *names[ARRAY_LEN(log_types)];
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(log_types); i++) {
        if (number_fits(c->op, log_types[i].number, wanted, c->literals_len))
            names[len++] = log_types[i].name;
    }
    if (len == 0)
        return jamf_never(l, KNOWN_FALSE, ret, "no log line has such a type");
    return jamf_known(jamf_words(l, F_LOG_TYPE, names, len), ret);
}

/* ------------------------------------------------------------------ properties */

static int truth_of(struct jamf_lowering *l, const struct predicate_operand *o, bool *ret)
{
    bool yes = str_eq_nocase(o->text, STR("true")) || str_eq_nocase(o->text, STR("yes")) ||
               str_is(o->text, "1");
    bool no = str_eq_nocase(o->text, STR("false")) || str_eq_nocase(o->text, STR("no")) ||
              str_is(o->text, "0");
    *ret = o->type == OPERAND_STRING ? yes : o->number == 1;
    if (o->type == OPERAND_STRING ? yes || no
                                  : (o->type == OPERAND_NUMBER || o->type == OPERAND_BOOL) &&
                                        (o->number == 0 || o->number == 1) && !o->fraction)
        return 0;
    return jamf_fail(l, o->at, E_PARSE, "true or false is expected");
}

static const struct sigma_node *types_node(struct jamf_lowering *l, const char *path)
{
    static const struct {
        const char *path;
        int64_t numbers[2];
    } rows[] = {{"isNew", {0, 7}},      {"isNewFile", {0, 0}}, {"isNewDirectory", {7, 7}},
                {"isModified", {4, 4}}, {"isDeleted", {1, 1}}, {"isRenamed", {3, 3}}};
    const struct sigma_node *nodes[2];
    size_t len = 0;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        if (strcmp(rows[r].path, path) != 0)
            continue;
        for (size_t i = 0; i < jamf_types_len && len < ARRAY_LEN(nodes); i++) {
            const struct jamf_type *type = &jamf_types[i];
            if (type->input == INPUT_FILE &&
                (type->number == rows[r].numbers[0] || type->number == rows[r].numbers[1]))
                nodes[len++] = type_node(l, type);
        }
    }
    return jamf_join(l, SIGMA_OR, nodes, len);
}

/* The property holds; *ret_told, what must be there to say that it does not, or NULL. */
static const struct sigma_node *flag_node(struct jamf_lowering *l, const struct jamf_key *key,
                                          const struct sigma_node **ret_told)
{
    bool always_told = key->type == KEY_IS_TYPE || key->type == KEY_MARKED;
    *ret_told = always_told ? NULL : jamf_not(l, jamf_null(l, key->field));
    switch (key->type) {
    case KEY_SHELL:
        return jamf_words(l, key->field, shells, ARRAY_LEN(shells));
    case KEY_IS_TYPE:
        return types_node(l, key->path);
    case KEY_FOLDER:
        return jamf_word(l, key->field, "dir");
    default:
        break;
    }
    bool marked = key->type == KEY_MARKED;
    struct sigma_item item = {.field = marked ? str_of(key->disk) : field_table[key->field].name,
                              .match = marked ? SIGMA_EQUALS : SIGMA_ENDSWITH,
                              .values_len = 1};
    item.values = arena_alloc(l->arena, sizeof(*item.values));
    if (!item.values ||
        !jamf_text_value(l, marked ? STR("true") : STR(".app"), item.match, false, item.values))
        return NULL;
    return jamf_item(l, &item);
}

int jamf_flag_condition(struct jamf_lowering *l, const struct jamf_comparison *c,
                        struct jamf_condition *ret)
{
    bool wanted;
    if (c->op != PREDICATE_EQ && c->op != PREDICATE_NE)
        return jamf_fail(l, l->at, E_PARSE, "a yes-or-no property is compared with == or !=");
    int rc = truth_of(l, &c->literals[0], &wanted);
    if (rc)
        return rc;
    const struct sigma_node *told;
    const struct sigma_node *node = flag_node(l, c->subject.key, &told);
    if (wanted == (c->op == PREDICATE_EQ))
        return jamf_known(node, ret);
    const struct sigma_node *nodes[] = {jamf_not(l, node), told};
    return jamf_known(jamf_join(l, SIGMA_AND, nodes, told ? 2 : 1), ret);
}
