/* One YAML document of Jamf Protect to a rule: head, kind of event, predicate. Called by the
 * builder; refuses what it does not understand, with the place inside the predicate.
 * Source: jamf/jamfprotect, custom_analytic_detections and unified_log_filters. */
#include "detect/jamf_priv.h"

struct reader {
    const struct yaml_node *doc;
    const struct yaml_node *text; /* the predicate's scalar */
    struct str file;
    struct arena *arena;
    struct sigma_rule *rule;
    jamf_note_fn note;
    void *arg;
    struct err *err;
};

static bool is_scalar(const struct yaml_node *node)
{
    return node && node->type == YAML_SCALAR;
}

bool jamf_is(const struct yaml_node *doc)
{
    if (doc->type != YAML_MAP || yaml_find(doc, "detection"))
        return false;
    return is_scalar(yaml_find(doc, "inputType")) || is_scalar(yaml_find(doc, "filter")) ||
           is_scalar(yaml_find(doc, "predicate"));
}

/* ------------------------------------------------------------------ places */

static size_t offset_of(struct str file, uint32_t line, uint32_t column)
{
    size_t at = 0;
    for (; line > 1 && at < file.len; at++)
        line -= file.ptr[at] == '\n' ? 1 : 0;
    return at + column - 1;
}

/* A place in the file that moves along with the scalar's text. */
struct cursor {
    struct str file;
    size_t at;
    uint32_t line;
    uint32_t column;
};

static char byte_at(const struct cursor *c, size_t ahead)
{
    return c->at + ahead < c->file.len ? c->file.ptr[c->at + ahead] : '\0';
}

static void step(struct cursor *c)
{
    bool end = byte_at(c, 0) == '\n';
    c->at++;
    c->line += end ? 1 : 0;
    c->column = end ? 1 : c->column + 1;
}

static void skip_blanks(struct cursor *c, bool lines)
{
    while (byte_at(c, 0) == ' ' || byte_at(c, 0) == '\t' || (lines && byte_at(c, 0) == '\n'))
        step(c);
}

/* Behind the scalar's quote, or at the first line of its block. Where the quote belongs to the text
 * (see jamf_repair.c) there is nothing to go behind. */
static char enter_scalar(struct cursor *c, struct str text)
{
    char style = byte_at(c, 0);
    char next = byte_at(c, 1);
    if (text.len && text.ptr[0] == style && next != '\\' && next != style)
        return ' ';
    if (style == '"' || style == '\'') {
        step(c);
        return style;
    }
    if (style != '|' && style != '>')
        return ' ';
    while (byte_at(c, 0) && byte_at(c, 0) != '\n')
        step(c);
    skip_blanks(c, true);
    return style;
}

/* Move past what stands for one byte of the scalar's text. */
static void pass(struct cursor *c, char style, char meant)
{
    if (byte_at(c, 0) == '\n') {
        step(c);
        skip_blanks(c, meant == ' ');
        return;
    }
    if ((style == '"' && byte_at(c, 0) == '\\') ||
        (style == '\'' && byte_at(c, 0) == '\'' && byte_at(c, 1) == '\''))
        step(c);
    step(c);
}

/* Where byte `at` of the predicate stands in the file. */
static void place(const struct reader *r, uint32_t at, struct err *err)
{
    struct cursor c = {.file = r->file,
                       .at = offset_of(r->file, r->text->line, r->text->column),
                       .line = r->text->line,
                       .column = r->text->column};
    if (c.at < r->file.len) {
        char style = enter_scalar(&c, r->text->text);
        for (uint32_t i = 0; i < at && i < r->text->text.len && c.at < c.file.len; i++)
            pass(&c, style, r->text->text.ptr[i]);
    }
    err_at(err, NULL, c.line, c.column);
}

static void left_out(void *arg, uint32_t at, const char *reason)
{
    struct reader *r = arg;
    struct err note = {0};
    if (!r->note)
        return;
    place(r, at, &note);
    (void)err_set(&note, E_UNSUPPORTED, "this part never holds and is left out: %s", reason);
    r->note(r->arg, &note);
}

static void note_disk(struct reader *r, bool needed)
{
    struct err note = {0};
    if (!r->note)
        return;
    place(r, 0, &note);
    (void)err_set(&note, E_UNSUPPORTED, "it %s, which only 'cordon detect --disk' reads",
                  needed ? "needs files on disk"
                         : "takes hashes that the event lacks from the disk");
    r->note(r->arg, &note);
}

/* ------------------------------------------------------------------ head */

static int text_of(struct reader *r, const char *const *keys, size_t keys_len, size_t most,
                   struct str *ret_text)
{
    for (size_t i = 0; i < keys_len; i++) {
        const struct yaml_node *node = yaml_find(r->doc, keys[i]);
        if (!is_scalar(node) || yaml_is_null(node) || node->text.len == 0)
            continue;
        if (node->text.len > most)
            return sigma_fail(r->err, node, E_LIMIT, "%s is longer than %zu bytes", keys[i], most);
        *ret_text = node->text;
        return 0;
    }
    return 0;
}

#define TEXT_OF(r, most, ret, ...)                                                                 \
    text_of((r), (const char *const[]){__VA_ARGS__},                                               \
            ARRAY_LEN(((const char *const[]){__VA_ARGS__})), (most), (ret))

static int read_level(struct reader *r)
{
    const struct yaml_node *node = yaml_find(r->doc, "severity");
    r->rule->level = LEVEL_INFORMATIONAL;
    if (!node || yaml_is_null(node))
        return 0;
    for (int level = LEVEL_INFORMATIONAL; level <= LEVEL_CRITICAL; level++) {
        if (is_scalar(node) &&
            str_eq_nocase(node->text, str_of(rule_level_name((enum rule_level)level)))) {
            r->rule->level = (enum rule_level)level;
            return 0;
        }
    }
    return sigma_fail(r->err, node, E_PARSE, "severity must be Informational, Low, Medium or High");
}

static bool is_digits(struct str s, size_t from, size_t len)
{
    for (size_t i = from; i < from + len; i++) {
        if (i >= s.len || s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    }
    return true;
}

/* Length of the technique at the byte: "T1059", "T1059.004"; 0 = none. */
static size_t technique_at(struct str s, size_t at)
{
    enum { MAIN = 5, SUB = 9 };
    if (char_lower(s.ptr[at]) != 't' || !is_digits(s, at + 1, 4) || is_digits(s, at + MAIN, 1))
        return 0;
    bool sub = at + MAIN < s.len && s.ptr[at + MAIN] == '.' && is_digits(s, at + MAIN + 1, 3);
    return sub ? SUB : MAIN;
}

static int add_technique(struct reader *r, const struct yaml_node *node)
{
    struct sigma_rule *rule = r->rule;
    for (size_t at = 0; at < node->text.len; at++) {
        size_t len = technique_at(node->text, at);
        if (len == 0)
            continue;
        struct str name = arena_str(r->arena, str_sub(node->text, at, len));
        if (!name.ptr)
            return E_NOMEM;
        if (rule->techniques_len == SIGMA_TECHNIQUES)
            return sigma_fail(r->err, node, E_LIMIT, "more than %d techniques", SIGMA_TECHNIQUES);
        bool known = false;
        for (size_t i = 0; i < rule->techniques_len; i++)
            known |= str_eq_nocase(rule->techniques[i], name);
        ((char *)(uintptr_t)name.ptr)[0] = 'T';
        if (!known)
            rule->techniques[rule->techniques_len++] = name;
        at += len - 1;
    }
    return 0;
}

/* Techniques stand among free text: in the tags, and in both lists of categories. */
static int read_techniques(struct reader *r)
{
    static const char *const lists[] = {"tags", "MitreCategories", "categories"};
    r->rule->techniques = arena_array(r->arena, SIGMA_TECHNIQUES, sizeof(struct str));
    if (!r->rule->techniques)
        return E_NOMEM;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const struct yaml_node *list = yaml_find(r->doc, lists[i]);
        for (size_t k = 0; list && list->type == YAML_LIST && k < list->len; k++) {
            int rc = is_scalar(list->items[k]) ? add_technique(r, list->items[k]) : 0;
            if (rc)
                return rc;
        }
    }
    return 0;
}

static int read_head(struct reader *r)
{
    struct sigma_rule *rule = r->rule;
    rule->product = STR("macos");
    int rc = TEXT_OF(r, SIGMA_TITLE_BYTES, &rule->title, "label", "name");
    if (rc == 0 && rule->title.len == 0)
        return sigma_fail(r->err, r->doc, E_PARSE, "a rule needs a name");
    rule->id = rule->title;
    if (rc == 0)
        rc = TEXT_OF(r, SIGMA_ID_BYTES, &rule->id, "uuid", "name");
    if (rc == 0 && rule->id.len > SIGMA_ID_BYTES)
        return sigma_fail(r->err, r->doc, E_LIMIT, "without uuid the name is at most %d bytes",
                          SIGMA_ID_BYTES);
    if (rc == 0)
        rc = TEXT_OF(r, SIGMA_DESCRIPTION_BYTES, &rule->description, "longDescription",
                     "shortDescription", "description");
    if (rc == 0)
        rc = read_level(r);
    return rc ? rc : read_techniques(r);
}

/* ------------------------------------------------------------------ predicate */

static int read_input(struct reader *r, unsigned *ret_input)
{
    const struct yaml_node *node = yaml_find(r->doc, "inputType");
    if (yaml_find(r->doc, "predicate") && !node) {
        *ret_input = INPUT_LOG;
        return 0;
    }
    if (!is_scalar(node))
        return sigma_fail(r->err, node ? node : r->doc, E_PARSE, "an analytic needs its inputType");
    for (size_t i = 0; i < jamf_inputs_len; i++) {
        if (str_is(node->text, jamf_inputs[i].name)) {
            *ret_input = jamf_inputs[i].input;
            return 0;
        }
    }
    return sigma_fail(r->err, node, E_UNSUPPORTED,
                      "the rule can never fire: no sensor reports events like %.*s",
                      STR_FMT(str_sub(node->text, 0, 60)));
}

static int never_fires(struct reader *r, const struct jamf_lowering *l, enum jamf_known known)
{
    place(r, l->reason_at, r->err);
    return err_set(r->err, known == KNOWN_FALSE ? E_PARSE : E_UNSUPPORTED,
                   "the rule can never fire: %s", l->reason.message);
}

/* The condition holds for no kind of event but those of the input. */
static bool names_kinds(const struct sigma_node *node)
{
    bool any = false;
    bool all = true;
    if (node->type == SIGMA_ITEM)
        return str_eq(node->item->field, field_table[F_KIND].name);
    for (size_t i = 0; i < node->operands_len; i++) {
        bool one = node->type != SIGMA_NOT && names_kinds(node->operands[i]);
        any |= one;
        all &= one;
    }
    return node->type == SIGMA_AND ? any : all;
}

static int lower_predicate(struct reader *r, const struct predicate_node *node, unsigned input)
{
    struct jamf_lowering l = {
        .arena = r->arena, .input = input, .err = r->err, .left_out = left_out, .arg = r};
    struct jamf_condition c;
    int rc = jamf_lower(&l, node, &c);
    if (rc) {
        place(r, l.at, r->err);
        return rc;
    }
    if (c.known == KNOWN_NOTHING || c.known == KNOWN_FALSE)
        return never_fires(r, &l, c.known);
    if (l.needs_disk || l.may_ask_disk)
        note_disk(r, l.needs_disk);
    const struct sigma_node *nodes[] = {jamf_kinds(&l), c.node};
    r->rule->condition = c.known == KNOWN_NODE && names_kinds(c.node)
                             ? c.node
                             : jamf_join(&l, SIGMA_AND, nodes, c.known == KNOWN_NODE ? 2 : 1);
    return r->rule->condition ? 0 : E_NOMEM;
}

static void set_place(const struct reader *r, uint32_t *line, uint32_t *column)
{
    struct err where = {0};
    if (*line)
        return; /* a node may be reached twice */
    place(r, *column, &where);
    *line = where.line;
    *column = where.column;
}

/* From bytes of the predicate to places in the file. */
static void set_places(const struct reader *r, const struct sigma_node *node)
{
    for (size_t i = 0; node->type != SIGMA_ITEM && i < node->operands_len; i++)
        set_places(r, node->operands[i]);
    if (node->type != SIGMA_ITEM)
        return;
    struct sigma_item *item = (struct sigma_item *)(uintptr_t)node->item; /* made by jamf_item */
    set_place(r, &item->line, &item->column);
    for (size_t i = 0; i < item->values_len; i++)
        set_place(r, &item->values[i].line, &item->values[i].column);
}

/* The rule's tree is one selection. */
static int set_selection(struct reader *r)
{
    r->rule->selections = arena_alloc(r->arena, sizeof(*r->rule->selections));
    if (!r->rule->selections)
        return E_NOMEM;
    *r->rule->selections =
        (struct sigma_selection){.name = STR("predicate"), .node = r->rule->condition};
    r->rule->selections_len = 1;
    return 0;
}

static int read_predicate(struct reader *r)
{
    unsigned input = 0;
    const char *key = yaml_find(r->doc, "filter") ? "filter" : "predicate";
    int rc = read_input(r, &input);
    if (rc)
        return rc;
    r->text = yaml_find(r->doc, key);
    if (!is_scalar(r->text))
        return sigma_fail(r->err, r->text ? r->text : r->doc, E_PARSE, "%s must be a predicate",
                          key);
    const struct predicate_node *node;
    uint32_t at = 0;
    rc = predicate_parse(r->text->text, r->arena, &node, &at, r->err);
    if (rc) {
        place(r, at, r->err);
        return rc;
    }
    rc = lower_predicate(r, node, input);
    if (rc)
        return rc;
    set_places(r, r->rule->condition);
    return set_selection(r);
}

/* A filter that is switched off is none. */
static int check_enabled(struct reader *r)
{
    struct str enabled = yaml_find_text(r->doc, "enabled");
    if (!str_eq_nocase(enabled, STR("false")) && !str_eq_nocase(enabled, STR("no")))
        return 0;
    return sigma_fail(r->err, yaml_find(r->doc, "enabled"), E_UNSUPPORTED,
                      "the rule can never fire: it is not enabled");
}

int jamf_parse(const struct yaml_node *doc, struct str file, struct arena *arena, jamf_note_fn note,
               void *arg, struct sigma_rule **ret_rule, struct err *err)
{
    struct reader r = {
        .doc = doc, .file = file, .arena = arena, .note = note, .arg = arg, .err = err};
    r.rule = arena_alloc(arena, sizeof *r.rule);
    if (!r.rule)
        return err_set(err, E_NOMEM, "out of memory");
    r.rule->line = doc->line;
    r.rule->column = doc->column;
    int rc = read_head(&r);
    if (rc == 0)
        rc = check_enabled(&r);
    if (rc == 0)
        rc = read_predicate(&r);
    if (rc == E_NOMEM)
        return err_set(err, E_NOMEM, "out of memory");
    if (rc)
        return rc;
    *ret_rule = r.rule;
    return 0;
}
