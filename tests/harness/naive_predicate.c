/* Reference evaluator for predicates. See naive_predicate.h. */
#include "harness/naive_predicate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/jamf_priv.h"
#include "detect/marks.h"
#include "detect/regex.h"

enum { VALUES_MOST = 64, TEXT_MOST = 512 };

/* What a key path has in an event: any number of texts. */
struct values {
    char texts[VALUES_MOST][TEXT_MOST];
    size_t len;
    bool list;
};

static enum truth truth(bool b)
{
    return b ? TRUTH_YES : TRUTH_NO;
}

static enum truth inverse(enum truth t)
{
    return t == TRUTH_UNKNOWN ? t : truth(t == TRUTH_NO);
}

static void add_text(struct values *v, struct str s)
{
    if (v->len == VALUES_MOST || s.len >= TEXT_MOST)
        abort();
    memcpy(v->texts[v->len], s.ptr ? s.ptr : "", s.len);
    v->texts[v->len++][s.len] = '\0';
}

static void read_field(const struct event *ev, enum field_id id, struct values *v)
{
    char number[32];
    struct value value = event_get(ev, id);
    v->len = 0;
    v->list = value.type == VALUE_LIST;
    if (value.type == VALUE_STR)
        add_text(v, value.s);
    (void)snprintf(number, sizeof number, "%lld", (long long)value.i);
    if (value.type == VALUE_INT)
        add_text(v, str_of(number));
    if (value.type == VALUE_BOOL)
        add_text(v, str_of(value.b ? "true" : "false"));
    for (uint32_t i = 0; value.type == VALUE_LIST && i < value.count; i++)
        add_text(v, value.list[i]);
}

static bool has(const struct event *ev, enum field_id id)
{
    static struct values v;
    read_field(ev, id, &v);
    return v.len > 0;
}

static bool is_text(const struct event *ev, enum field_id id, const char *text)
{
    static struct values v;
    read_field(ev, id, &v);
    for (size_t i = 0; i < v.len; i++) {
        if (str_eq_nocase(str_of(v.texts[i]), str_of(text)))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ comparing texts */

static void change_view(char *text, enum sigma_view view)
{
    size_t len = strlen(text);
    if (view == SIGMA_WHOLE)
        return;
    if (view == SIGMA_FOLDER_NAME) {
        change_view(text, SIGMA_FOLDER);
        change_view(text, SIGMA_LAST_COMPONENT);
        return;
    }
    while (len > 1 && text[len - 1] == '/')
        text[--len] = '\0';
    char *slash = strrchr(text, '/');
    if (len == 1 && *text == '/' && view == SIGMA_LAST_COMPONENT)
        return;
    if (view == SIGMA_FOLDER) {
        if (!slash)
            *text = '\0';
        while (slash && slash > text && *slash == '/')
            *slash-- = '\0';
        if (slash && slash == text)
            text[1] = '\0';
        return;
    }
    if (slash)
        memmove(text, slash + 1, strlen(slash + 1) + 1);
    if (view == SIGMA_LAST_COMPONENT)
        return;
    char *dot = strrchr(text, '.');
    if (!dot || dot == text)
        *text = '\0';
    else
        memmove(text, dot + 1, strlen(dot + 1) + 1);
}

static void simplify(char *text, uint32_t options)
{
    if (options & PREDICATE_UNMARKED) {
        char copy[TEXT_MOST];
        size_t len = marks_remove(str_of(text), copy);
        memcpy(text, copy, len);
        text[len] = '\0';
    }
    for (char *p = text; (options & PREDICATE_CASELESS) && *p; p++)
        *p = char_lower(*p);
}

/* `*` and `?` by trying everything; a backslash takes the next wildcard literally. */
static bool like(const char *pattern, const char *text)
{
    if (*pattern == '\0')
        return *text == '\0';
    if (*pattern == '*') {
        for (const char *at = text;; at++) {
            if (like(pattern + 1, at))
                return true;
            if (*at == '\0')
                return false;
        }
    }
    if (*pattern == '?') {
        if (*text == '\0')
            return false;
        for (text++; (*text & 0xc0) == 0x80;)
            text++;
        return like(pattern + 1, text);
    }
    if (*pattern == '\\' && pattern[1] && strchr("*?\\", pattern[1]))
        pattern++;
    return *pattern == *text && like(pattern + 1, text + 1);
}

static bool matches(const char *pattern, const char *text)
{
    static struct regex_scratch *scratch;
    struct regex *regex;
    if (!scratch && regex_scratch_new(&scratch))
        abort();
    char whole[2 * TEXT_MOST];
    (void)snprintf(whole, sizeof whole, "\\A(?:%s)\\z", pattern);
    if (regex_new(str_of(whole), 0, false, &regex, NULL))
        abort();
    bool result = regex_match(regex, scratch, str_of(text)) == 1;
    regex_free(regex);
    return result;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

/* One text against one literal; NE is dealt with by the caller. */
static bool text_holds(const char *given, enum predicate_operator op, uint32_t options,
                       const struct predicate_operand *o)
{
    char text[TEXT_MOST];
    char literal[TEXT_MOST];
    (void)snprintf(text, sizeof text, "%s", given);
    (void)snprintf(literal, sizeof literal, "%.*s", STR_FMT(o->text));
    simplify(text, options);
    simplify(literal, op == PREDICATE_MATCHES ? options & PREDICATE_UNMARKED : options);
    switch (op) {
    case PREDICATE_EQ:
        return strcmp(text, literal) == 0;
    case PREDICATE_CONTAINS:
        return strstr(text, literal) != NULL;
    case PREDICATE_BEGINSWITH:
        return strncmp(text, literal, strlen(literal)) == 0;
    case PREDICATE_ENDSWITH:
        return ends_with(text, literal);
    case PREDICATE_LIKE:
        return like(literal, text);
    case PREDICATE_MATCHES:
        if (options & PREDICATE_CASELESS) {
            memmove(literal + 4, literal, strlen(literal) + 1);
            memcpy(literal, "(?i)", 4);
        }
        return matches(literal, text);
    case PREDICATE_IN: /* part of the literal */
        return *text && strstr(literal, text) != NULL;
    default:
        abort();
    }
}

static bool number_holds(int64_t number, enum predicate_operator op,
                         const struct predicate_operand *o, size_t len)
{
    switch (op) {
    case PREDICATE_EQ:
        return number == o->number;
    case PREDICATE_NE:
        return number != o->number;
    case PREDICATE_LT:
        return number < o->number;
    case PREDICATE_LE:
        return number <= o->number;
    case PREDICATE_GT:
        return number > o->number;
    case PREDICATE_GE:
        return number >= o->number;
    case PREDICATE_BETWEEN:
        return number >= o[0].number && number <= o[1].number;
    case PREDICATE_IN:
        for (size_t i = 0; i < len; i++) {
            if (number == o[i].number)
                return true;
        }
        return false;
    default:
        abort();
    }
}

/* ------------------------------------------------------------------ facts */

static bool has_type(const struct event *ev, int64_t type, unsigned input)
{
    bool folder = is_text(ev, F_FILE_TYPE, "dir");
    if (input == INPUT_PROCESS)
        return (type == 1 && ev->kind == KIND_EXEC) || (type == 2 && ev->kind == KIND_EXIT);
    switch (ev->kind) {
    case KIND_CREATE:
        return type == (folder ? 7 : 0);
    case KIND_COPYFILE:
    case KIND_LINK:
        return type == 0;
    case KIND_UNLINK:
        return type == 1;
    case KIND_RENAME:
        return type == 3;
    case KIND_WRITE:
    case KIND_TRUNCATE:
        return type == 4;
    case KIND_CLOSE:
        return type == 4 && is_text(ev, F_FILE_MODIFIED, "true");
    case KIND_SETOWNER:
        return type == 8;
    case KIND_CLONE:
        return type == 14;
    default:
        return false;
    }
}

static bool has_signer(const struct event *ev, int64_t signer)
{
    enum { VALID = 1, AD_HOC = 2, SIGNED = 0x20000000 };
    int64_t flags = event_int(ev, F_CS_FLAGS, 0);
    int64_t category = event_int(ev, F_CS_CATEGORY, -1);
    bool platform = is_text(ev, F_PLATFORM_BINARY, "true");
    bool team = event_str(ev, F_TEAM_ID).len > 0;
    switch (signer) {
    case 0:
        return platform || category == 1;
    case 1:
        return category == 4;
    case 2:
        return category == 6 || (category < 0 && team && !platform && !(flags & AD_HOC));
    case 3:
        return (flags & AD_HOC) && !platform;
    default:
        return event_has(ev, F_CS_FLAGS) && !(flags & (SIGNED | VALID | AD_HOC)) && !platform;
    }
}

static bool is_shell(struct str name)
{
    static const char *const names[] = {"sh", "bash", "zsh", "csh", "tcsh", "ksh", "dash", "fish"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_eq_nocase(name, str_of(names[i])))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ comparisons */

struct side {
    const struct jamf_key *key;
    struct values *values;
    bool size;
    bool element;
};

static bool signing_is_empty(const struct side *s)
{
    return s->values->len == 0 || s->values->texts[0][0] == '\0';
}

static bool equals_any(const struct side *s, const char *text, const struct predicate_node *node)
{
    const struct predicate_operand *o = &node->right;
    size_t len = o->type == OPERAND_SET ? o->items_len : 1;
    o = o->type == OPERAND_SET ? o->items : o;
    for (size_t i = 0; i < len; i++) {
        uint32_t options = s->key->type == KEY_NUMBER ? 0 : node->options;
        if (text_holds(text, PREDICATE_EQ, options, &o[i]))
            return true;
    }
    return false;
}

static bool value_holds(const struct side *s, const char *text, const struct predicate_node *node)
{
    bool set = node->right.type == OPERAND_SET;
    int64_t number;
    if (node->op == PREDICATE_EQ || node->op == PREDICATE_NE || (node->op == PREDICATE_IN && set))
        return equals_any(s, text, node) != (node->op == PREDICATE_NE);
    if (node->op >= PREDICATE_LT && node->op <= PREDICATE_BETWEEN)
        return str_to_i64(str_of(text), &number) == 0 &&
               number_holds(number, node->op, set ? node->right.items : &node->right, 2);
    return text_holds(text, node->op, node->options, &node->right);
}

static bool quantified_holds(const struct side *s, const struct predicate_node *node)
{
    size_t holding = 0;
    for (size_t i = 0; i < s->values->len; i++)
        holding += value_holds(s, s->values->texts[i], node) ? 1 : 0;
    bool single = s->element || s->key->type != KEY_LIST;
    if (single && s->values->len == 0) {
        bool differs = node->op == PREDICATE_NE && node->right.type != OPERAND_NIL;
        return node->quantifier == PREDICATE_NONE ? !differs : differs;
    }
    switch (node->quantifier) {
    case PREDICATE_ALL:
        return holding == s->values->len;
    case PREDICATE_NONE:
        return holding == 0;
    default:
        return holding > 0;
    }
}

/* nil, and "" of what Jamf Protect gives as "" when there is none. */
static bool nil_holds(const struct side *s, const struct predicate_node *node)
{
    bool empty = s->key->type == KEY_SIGNING ? signing_is_empty(s) : s->values->len == 0;
    return (empty == (node->op != PREDICATE_NE)) != (node->quantifier == PREDICATE_NONE);
}

static enum truth fact_holds(const struct side *s, const struct predicate_node *node,
                             unsigned input, const struct event *ev)
{
    const struct predicate_operand *o = &node->right;
    size_t len = o->type == OPERAND_SET ? o->items_len : 1;
    o = o->type == OPERAND_SET ? o->items : o;
    bool holds = false;
    for (int64_t n = 0; n < 16; n++) {
        if (!number_holds(n, node->op, o, len))
            continue;
        holds |= s->key->type == KEY_TYPE ? has_type(ev, n, input) : n < 5 && has_signer(ev, n);
    }
    return truth(holds);
}

static enum truth flag_holds(const struct side *s, const struct predicate_node *node,
                             unsigned input, const struct event *ev)
{
    bool yes;
    if (s->key->type == KEY_IS_TYPE) {
        yes = strcmp(s->key->path, "isModified") == 0
                  ? has_type(ev, 4, input)
                  : has_type(ev, 0, input) || has_type(ev, 7, input);
        return truth(yes == (node->right.number == 1));
    }
    if (!has(ev, s->key->field))
        return TRUTH_NO;
    yes = is_shell(event_str(ev, s->key->field));
    return truth(yes == (node->right.number == 1));
}

/* SUBQUERY(list, $x, condition).@count OP number */
static bool element_satisfies(const struct predicate_node *node, const char *text)
{
    static const struct jamf_key plain = {.type = KEY_TEXT};
    struct side s = {.key = &plain};
    bool all = true;
    bool any = false;
    switch (node->type) {
    case NODE_COMPARISON:
        return value_holds(&s, text, node);
    case NODE_NOT:
        return !element_satisfies(node->operands[0], text);
    default:
        break;
    }
    for (uint32_t i = 0; i < node->operands_len; i++) {
        bool holds = element_satisfies(node->operands[i], text);
        all &= holds;
        any |= holds;
    }
    return node->type == NODE_AND ? all : any;
}

static enum truth subquery_holds(const struct predicate_node *node, const struct event *ev)
{
    static struct values v;
    int64_t count = 0;
    read_field(ev, F_ARGS, &v);
    for (size_t i = 0; i < v.len; i++)
        count += element_satisfies(node->left.condition, v.texts[i]) ? 1 : 0;
    return truth(number_holds(count, node->op, &node->right, 1));
}

/* Names of a path without `event`; steps behind them are read by the caller. */
static void name_of(const struct predicate_operand *o, char out[TEXT_MOST], uint32_t *ret_next)
{
    uint32_t i = o->variable.len == 0 && str_is(o->parts[0].name, "event") ? 1 : 0;
    out[0] = '\0';
    for (; i < o->parts_len && o->parts[i].type == PART_NAME; i++) {
        size_t len = strlen(out);
        (void)snprintf(out + len, TEXT_MOST - len, "%s%.*s", len ? "." : "",
                       STR_FMT(o->parts[i].name));
    }
    *ret_next = i;
}

static const struct jamf_key *key_of(char *name, unsigned input, enum sigma_view *ret_view)
{
    static const struct {
        const char *name;
        enum sigma_view view;
    } views[] = {{".stringByDeletingLastPathComponent.lastPathComponent", SIGMA_FOLDER_NAME},
                 {".lastPathComponent", SIGMA_LAST_COMPONENT},
                 {".pathExtension", SIGMA_EXTENSION},
                 {".stringByDeletingLastPathComponent", SIGMA_FOLDER}};
    const struct jamf_key *key = jamf_key_find(str_of(name), input);
    *ret_view = key ? key->view : SIGMA_WHOLE;
    for (size_t i = 0; !key && i < ARRAY_LEN(views); i++) {
        if (!ends_with(name, views[i].name))
            continue;
        name[strlen(name) - strlen(views[i].name)] = '\0';
        *ret_view = views[i].view;
        return jamf_key_find(str_of(name), input);
    }
    return key;
}

/* Keep the element that a step names. */
static void pick_element(struct values *v, const struct predicate_part *part)
{
    size_t index = part->type == PART_LAST ? v->len - 1 : part->index;
    bool there = v->len > 0 && index < v->len;
    if (there && index)
        memcpy(v->texts[0], v->texts[index], TEXT_MOST);
    v->len = there ? 1 : 0;
}

static enum truth comparison_holds(const struct predicate_node *node, unsigned input,
                                   const struct event *ev)
{
    static struct values v;
    struct predicate_node turned = *node;
    char name[TEXT_MOST];
    uint32_t next;
    enum sigma_view view;
    if (node->left.type == OPERAND_SUBQUERY)
        return subquery_holds(node, ev);
    if (node->left.type != OPERAND_PATH) { /* "x" IN path */
        turned.left = node->right;
        turned.right = node->left;
        turned.op = node->op == PREDICATE_IN ? PREDICATE_CONTAINS : node->op;
    }
    if (str_is(turned.left.variable, "tags"))
        return TRUTH_UNKNOWN;
    name_of(&turned.left, name, &next);
    const struct jamf_key *key = key_of(name, input, &view);
    struct side s = {.key = key, .values = &v};
    if (!key || key->type == KEY_MISSING)
        return TRUTH_UNKNOWN;
    /* Nobody is there to look at the disk. */
    if (key->disk && (key->field == FIELD_COUNT || !event_has(ev, key->field)))
        return TRUTH_UNKNOWN;
    if (key->type == KEY_TYPE || key->type == KEY_SIGNER)
        return fact_holds(&s, &turned, input, ev);
    if (key->type == KEY_SHELL || key->type == KEY_IS_TYPE)
        return flag_holds(&s, &turned, input, ev);
    read_field(ev, key->field, &v);
    if (next < turned.left.parts_len && turned.left.parts[next].type == PART_SIZE)
        return truth(
            number_holds((int64_t)v.len, turned.op,
                         turned.right.type == OPERAND_SET ? turned.right.items : &turned.right, 1));
    if (next < turned.left.parts_len) {
        s.element = true;
        pick_element(&v, &turned.left.parts[next]);
    }
    for (size_t i = 0; i < v.len; i++)
        change_view(v.texts[i], view);
    bool empty = turned.right.type == OPERAND_STRING && turned.right.text.len == 0 &&
                 key->type == KEY_SIGNING &&
                 (turned.op == PREDICATE_EQ || turned.op == PREDICATE_NE);
    if (turned.right.type == OPERAND_NIL || empty)
        return truth(nil_holds(&s, &turned));
    if (key->type == KEY_LIST && !s.element && turned.quantifier == PREDICATE_PLAIN &&
        turned.op == PREDICATE_CONTAINS)
        turned.op = PREDICATE_EQ;
    return truth(quantified_holds(&s, &turned));
}

/* ------------------------------------------------------------------ the whole */

enum truth naive_predicate(const struct predicate_node *node, unsigned input,
                           const struct event *ev)
{
    enum truth least = TRUTH_YES;
    enum truth most = TRUTH_NO;
    switch (node->type) {
    case NODE_TRUE:
        return TRUTH_YES;
    case NODE_FALSE:
        return TRUTH_NO;
    case NODE_COMPARISON:
        return comparison_holds(node, input, ev);
    case NODE_NOT:
        return inverse(naive_predicate(node->operands[0], input, ev));
    default:
        break;
    }
    for (uint32_t i = 0; i < node->operands_len; i++) {
        enum truth t = naive_predicate(node->operands[i], input, ev);
        least = t < least ? t : least;
        most = t > most ? t : most;
    }
    return node->type == NODE_AND ? least : most;
}

bool naive_predicate_fires(const struct predicate_node *node, unsigned input,
                           const struct event *ev)
{
    bool about = false;
    for (int64_t type = 0; type < 16; type++)
        about |= has_type(ev, type, input);
    return about && naive_predicate(node, input, ev) == TRUTH_YES;
}
