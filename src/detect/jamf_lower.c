/* A predicate's tree to a rule's. Negations are carried down to the comparisons, so that what no
 * event tells can be left out of an `or` and makes an `and` unknowable, in whatever it is nested.
 * See jamf_priv.h. */
#include "detect/jamf_priv.h"

#include "base/buf.h"

/* ------------------------------------------------------------------ key paths */

static const struct jamf_key tags_key = {
    "$tags", 0,   KEY_MISSING, FIELD_COUNT, SIGMA_WHOLE, "Jamf Protect's own analytics set it",
    NULL,    NULL};
static const struct jamf_key element_key = {
    "[...]", 0,   KEY_MISSING, FIELD_COUNT, SIGMA_WHOLE, "needs the file that an element names",
    NULL,    NULL};

static const struct {
    const char *name;
    enum sigma_view view;
} views[] = {{"stringByDeletingLastPathComponent.lastPathComponent", SIGMA_FOLDER_NAME},
             {"lastPathComponent", SIGMA_LAST_COMPONENT},
             {"pathExtension", SIGMA_EXTENSION},
             {"stringByDeletingLastPathComponent", SIGMA_FOLDER}};

/* Names of the parts, joined by dots, up to the first that is no name. */
static int join_names(struct jamf_lowering *l, const struct predicate_operand *o,
                      uint32_t *ret_next, struct str *ret_path)
{
    CLEANUP(buf_done) struct buf path = {0};
    uint32_t i = 0;
    bool event = o->variable.len == 0 && o->parts_len > 1 && o->parts[0].type == PART_NAME &&
                 str_is(o->parts[0].name, "event");
    for (i = event ? 1 : 0; i < o->parts_len && o->parts[i].type == PART_NAME; i++) {
        if (path.len)
            buf_add_char(&path, '.');
        buf_add_str(&path, o->parts[i].name);
    }
    *ret_next = i;
    *ret_path = buf_check(&path) ? (struct str){0} : arena_str(l->arena, buf_str(&path));
    return ret_path->ptr ? 0 : E_NOMEM;
}

static int unknown_key(struct jamf_lowering *l, const struct predicate_operand *o, struct str path)
{
    const struct jamf_key *near = jamf_key_suggest(path, l->input);
    if (near)
        return jamf_fail(l, o->at, E_PARSE, "unknown key path '%.*s' (did you mean '%s'?)",
                         STR_FMT(str_sub(path, 0, 100)), near->path);
    return jamf_fail(l, o->at, E_PARSE, "unknown key path '%.*s' of this kind of event",
                     STR_FMT(str_sub(path, 0, 100)));
}

static const struct jamf_key *find_key(struct jamf_lowering *l, struct str path,
                                       enum sigma_view *ret_view)
{
    const struct jamf_key *key = jamf_key_find(path, l->input);
    if (key) {
        *ret_view = key->view;
        return key;
    }
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        struct str name = str_of(views[i].name);
        if (path.len <= name.len + 1 || !str_ends(path, name) ||
            path.ptr[path.len - name.len - 1] != '.')
            continue;
        key = jamf_key_find(str_sub(path, 0, path.len - name.len - 1), l->input);
        *ret_view = views[i].view;
        if (key && key->type == KEY_TEXT && key->view == SIGMA_WHOLE)
            return key;
    }
    *ret_view = SIGMA_WHOLE;
    return jamf_key_missing(path, l->input);
}

/* `[LAST]`, `.@count` and the like behind the names. */
static int take_steps(struct jamf_lowering *l, const struct predicate_operand *o, uint32_t next,
                      struct jamf_subject *subject)
{
    if (next == o->parts_len || subject->key->type == KEY_MISSING)
        return 0;
    if (subject->key->type == KEY_DISK)
        return jamf_fail(l, o->parts[next].at, E_UNSUPPORTED,
                         "elements of a property list's arrays are not told apart");
    const struct predicate_part *part = &o->parts[next];
    if (subject->key->type != KEY_LIST && subject->key->type != KEY_XATTRS)
        return jamf_fail(l, part->at, E_PARSE, "'%s' is no list", subject->key->path);
    subject->size = part->type == PART_SIZE;
    if (!subject->size) {
        subject->quantifier = SIGMA_ELEMENT;
        subject->number = part->type == PART_LAST ? SIGMA_LAST : part->index;
        if (part->type == PART_INDEX && part->index > SIGMA_NUMBER_MOST)
            return jamf_fail(l, part->at, E_LIMIT, "an element's number is at most %d",
                             SIGMA_NUMBER_MOST);
    }
    if (next + 1 == o->parts_len)
        return 0;
    for (size_t i = 0; !subject->size && next + 2 == o->parts_len && i < ARRAY_LEN(views); i++) {
        if (o->parts[next + 1].type == PART_NAME &&
            str_is(o->parts[next + 1].name, views[i].name)) {
            subject->view = views[i].view;
            return 0;
        }
    }
    if (subject->size)
        return jamf_fail(l, o->parts[next + 1].at, E_PARSE, "nothing can follow a count");
    subject->key = &element_key;
    return 0;
}

int jamf_subject_of(struct jamf_lowering *l, const struct predicate_operand *path,
                    struct jamf_subject *ret_subject)
{
    *ret_subject = (struct jamf_subject){0};
    if (str_is(path->variable, "tags")) {
        ret_subject->key = &tags_key;
        ret_subject->path = STR("$tags");
        return 0;
    }
    if (path->variable.len && !str_is(path->variable, "event"))
        return jamf_fail(l, path->at, E_PARSE, "unknown variable '$%.*s'",
                         STR_FMT(str_sub(path->variable, 0, 60)));
    uint32_t next;
    struct str names;
    int rc = join_names(l, path, &next, &names);
    if (rc)
        return rc;
    ret_subject->path = names;
    ret_subject->key = find_key(l, names, &ret_subject->view);
    if (!ret_subject->key)
        return unknown_key(l, path, names);
    return take_steps(l, path, next, ret_subject);
}

/* ------------------------------------------------------------------ comparisons */

static bool is_subject(const struct predicate_operand *o)
{
    return o->type == OPERAND_PATH || o->type == OPERAND_SUBQUERY;
}

/* The operator with its sides exchanged. */
static int mirror(struct jamf_lowering *l, const struct predicate_node *node,
                  enum predicate_operator *ret_op)
{
    static const enum predicate_operator mirrored[] = {PREDICATE_EQ, PREDICATE_NE, PREDICATE_GT,
                                                       PREDICATE_GE, PREDICATE_LT, PREDICATE_LE};
    if (node->op <= PREDICATE_GE) {
        *ret_op = mirrored[node->op];
        return 0;
    }
    /* "x" IN path: the path has it; "x" CONTAINS path: it has the path. */
    if (node->op == PREDICATE_IN || node->op == PREDICATE_CONTAINS) {
        *ret_op = node->op == PREDICATE_IN ? PREDICATE_CONTAINS : PREDICATE_IN;
        return 0;
    }
    return jamf_fail(l, node->op_at, E_UNSUPPORTED, "%s needs its key path on the left",
                     predicate_operator_name(node->op));
}

static int both_paths(struct jamf_lowering *l, const struct predicate_node *node)
{
    const struct predicate_operand *right = &node->right;
    if (right->type == OPERAND_PATH && right->text.len)
        return jamf_fail(l, right->at, E_PARSE, "a text needs quotes: \"%.*s\"",
                         STR_FMT(str_sub(right->text, 0, 60)));
    return jamf_fail(l, right->at, E_UNSUPPORTED, "two key paths cannot be compared");
}

static int compare(struct jamf_lowering *l, const struct predicate_node *node,
                   struct jamf_condition *ret)
{
    const struct predicate_operand *subject = &node->left;
    const struct predicate_operand *other = &node->right;
    struct jamf_comparison c = {
        .quantifier = node->quantifier, .op = node->op, .options = node->options};
    int rc = 0;
    l->at = node->at;
    if (!is_subject(subject)) {
        subject = &node->right;
        other = &node->left;
        if (!is_subject(subject))
            return jamf_fail(l, node->at, E_PARSE, "a comparison needs a key path");
        rc = mirror(l, node, &c.op);
    }
    if (rc)
        return rc;
    if (subject->type == OPERAND_SUBQUERY)
        return is_subject(other)
                   ? both_paths(l, node)
                   : jamf_subquery(l, subject, c.op,
                                   other->type == OPERAND_SET ? other->items : other, ret);
    rc = jamf_subject_of(l, subject, &c.subject);
    if (rc)
        return rc;
    struct predicate_operand word = *other;
    if (other->type == OPERAND_PATH && other->text.len && c.subject.key->type == KEY_LOG_TYPE) {
        word.type = OPERAND_STRING;
        other = &word;
    }
    if (is_subject(other) && c.subject.key->type != KEY_MISSING)
        return both_paths(l, node);
    bool set = other->type == OPERAND_SET;
    c.literals = set ? other->items : other;
    c.literals_len = set ? other->items_len : 1;
    c.part_of = c.op == PREDICATE_IN && !set;
    l->at = node->at;
    return jamf_compare(l, &c, ret);
}

/* ------------------------------------------------------------------ conditions */

static int lower(struct jamf_lowering *l, const struct predicate_node *node, bool negated,
                 struct jamf_condition *ret);

/* Parts of an `or` that cannot hold are left out of it; the same parts decide an `and`. */
static int lower_chain(struct jamf_lowering *l, const struct predicate_node *node, bool negated,
                       struct jamf_condition *ret)
{
    bool is_and = (node->type == NODE_AND) != negated;
    const struct sigma_node **nodes = arena_array(l->arena, node->operands_len, sizeof *nodes);
    size_t len = 0;
    bool nothing = false;
    bool never = false;
    bool always = false;
    struct err first = {0};
    uint32_t first_at = 0;
    if (!nodes)
        return E_NOMEM;
    for (uint32_t i = 0; i < node->operands_len; i++) {
        struct jamf_condition c;
        l->reason = (struct err){0};
        int rc = lower(l, node->operands[i], negated, &c);
        if (rc)
            return rc;
        if (c.known == KNOWN_NODE)
            nodes[len++] = c.node;
        nothing |= c.known == KNOWN_NOTHING;
        never |= c.known == KNOWN_FALSE;
        always |= c.known == KNOWN_TRUE;
        bool dead = c.known == KNOWN_NOTHING || c.known == KNOWN_FALSE;
        if (dead && !first.message[0]) {
            first = l->reason;
            first_at = l->reason_at;
        }
    }
    l->reason = first;
    l->reason_at = first_at;
    if (is_and ? never || nothing : !always && len == 0) {
        ret->known = never && (is_and || !nothing) ? KNOWN_FALSE : KNOWN_NOTHING;
        return 0;
    }
    if (!is_and && always) {
        ret->known = KNOWN_TRUE;
        return 0;
    }
    if (!is_and && l->left_out && l->reason.message[0])
        l->left_out(l->arg, l->reason_at, l->reason.message);
    l->reason = (struct err){0};
    if (len == 0) {
        ret->known = KNOWN_TRUE;
        return 0;
    }
    return jamf_known(jamf_join(l, is_and ? SIGMA_AND : SIGMA_OR, nodes, len), ret);
}

static int lower(struct jamf_lowering *l, const struct predicate_node *node, bool negated,
                 struct jamf_condition *ret)
{
    int rc;
    switch (node->type) {
    case NODE_NOT:
        return lower(l, node->operands[0], !negated, ret);
    case NODE_AND:
    case NODE_OR:
        return lower_chain(l, node, negated, ret);
    case NODE_TRUE:
    case NODE_FALSE:
        l->at = node->at;
        ret->known = KNOWN_TRUE;
        if ((node->type == NODE_FALSE) != negated)
            (void)jamf_never(l, KNOWN_FALSE, ret, "FALSEPREDICATE never holds");
        return 0;
    default:
        break;
    }
    *ret = (struct jamf_condition){.known = KNOWN_NOTHING};
    l->told = NULL;
    rc = compare(l, node, ret);
    if (rc)
        return rc;
    if (ret->known == KNOWN_NODE) {
        const struct sigma_node *both[] = {negated ? jamf_not(l, ret->node) : ret->node, l->told};
        return jamf_known(jamf_join(l, SIGMA_AND, both, l->told ? 2 : 1), ret);
    }
    if (!negated)
        return 0;
    if (ret->known == KNOWN_FALSE) {
        ret->known = KNOWN_TRUE;
        l->reason = (struct err){0};
    } else if (ret->known == KNOWN_TRUE) {
        return jamf_never(l, KNOWN_FALSE, ret, "the comparison always holds, and is negated");
    }
    return 0;
}

int jamf_lower(struct jamf_lowering *l, const struct predicate_node *node,
               struct jamf_condition *ret_condition)
{
    return lower(l, node, false, ret_condition);
}
