/* Rules in: the public face of building. See detect.h; the steps are in builder_compile.c
 * (conditions), builder_filter.c (filters), builder_correlation.c, and at the end
 * builder_finish.c (the image). */
#include "detect/builder_priv.h"

#include "base/mem.h"
#include "detect/exception_build.h"
#include "detect/jamf.h"
#include "detect/sigma_correlation.h"
#include "schema/param.h"

/* Parsing one document may take this much memory. */
enum { DOCUMENT_BYTES_MOST = 256 << 20 };

int builder_new(struct builder **ret_builder)
{
    struct builder *b = mem_calloc(1, sizeof *b);
    if (!b)
        return E_NOMEM;
    *ret_builder = b;
    return 0;
}

void builder_on_note(struct builder *b, builder_refused_fn note, void *arg)
{
    b->note = note;
    b->note_arg = arg;
}

void builder_free(struct builder *b)
{
    if (!b)
        return;
    struct buf *const bufs[] = {&b->pool,
                                &b->rules,
                                &b->techniques,
                                &b->code,
                                &b->item_list,
                                &b->field_list,
                                &b->logsources,
                                &b->scratch,
                                &b->filter_code,
                                &b->filters,
                                &b->yara,
                                &b->correlations,
                                &b->image_correlations,
                                &b->image_correlation_refs,
                                &b->image_correlation_groups,
                                &b->image_correlation_fields,
                                &b->image_silent};
    struct map *const maps[] = {&b->strings, &b->items,    &b->fields,
                                &b->sources, &b->rule_ids, &b->names};
    for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
        buf_done(bufs[i]);
    for (size_t i = 0; i < ARRAY_LEN(maps); i++)
        map_done(maps[i]);
    list_done(&b->list);
    exceptions_done(&b->exceptions);
    arena_done(&b->arena);
    mem_free(b);
}

/* ------------------------------------------------------------------ adding */

static int add_techniques(struct builder *b, const struct sigma_rule *rule)
{
    for (size_t i = 0; i < rule->techniques_len; i++) {
        struct image_str name;
        int rc = builder_string(b, rule->techniques[i], &name);
        if (rc)
            return rc;
        buf_add(&b->techniques, &name, sizeof name);
    }
    return buf_check(&b->techniques);
}

static int add_record(struct builder *b, const struct sigma_rule *rule, struct str source)
{
    struct image_rule r = {.level = (uint32_t)rule->level,
                           .code_start = builder_count(&b->code, sizeof(uint32_t)),
                           .techniques_start =
                               builder_count(&b->techniques, sizeof(struct image_str)),
                           .techniques_len = (uint32_t)rule->techniques_len};
    const struct {
        struct str text;
        struct image_str *ret;
    } texts[] = {{rule->id, &r.id},
                 {rule->title, &r.title},
                 {rule->description, &r.description},
                 {source, &r.source}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(texts); i++)
        rc = builder_string(b, texts[i].text, texts[i].ret);
    if (rc == 0)
        rc = builder_logsource(b, rule, &r.logsource);
    if (rc == 0)
        rc = add_techniques(b, rule);
    if (rc == 0)
        rc = builder_compile(b, rule);
    if (rc)
        return rc;
    r.code_len = builder_count(&b->code, sizeof(uint32_t)) - r.code_start;
    buf_add(&b->rules, &r, sizeof r);
    return buf_check(&b->rules);
}

static int check_id(const struct builder *b, const struct sigma_rule *rule, struct err *err)
{
    uint64_t index;
    if (!map_find(&b->rule_ids, rule->id, &index))
        return 0;
    err_at(err, NULL, rule->line, rule->column);
    if (index >= BUILDER_CORRELATION)
        return err_set(err, E_EXISTS, "id '%.*s' is already used by a correlation",
                       STR_FMT(rule->id));
    struct image_rule other;
    memcpy(&other, b->rules.ptr + index * sizeof other, sizeof other);
    err_at(err, NULL, rule->line, rule->column);
    return err_set(err, E_EXISTS, "rule id '%.*s' is already used by %.*s", STR_FMT(rule->id),
                   (int)other.source.len, b->pool.ptr + other.source.offset);
}

int builder_remember(struct builder *b, const struct sigma_rule *head, uint64_t what)
{
    struct str id = arena_str(&b->arena, head->id);
    int rc = id.ptr ? map_put(&b->rule_ids, id, what) : E_NOMEM;
    if (rc || head->name.len == 0)
        return rc;
    struct str name = arena_str(&b->arena, head->name);
    bool known = map_find(&b->names, head->name, NULL);
    return name.ptr ? map_put(&b->names, name, known ? BUILDER_AMBIGUOUS : what) : E_NOMEM;
}

int builder_find(const struct builder *b, struct str ref, uint64_t *ret_what, struct err *err)
{
    uint64_t what;
    if (!map_find(&b->rule_ids, ref, &what) && !map_find(&b->names, ref, &what))
        return err_set(err, E_NOT_FOUND, "there is no rule with the id or name '%.*s'",
                       STR_FMT(ref));
    if (what == BUILDER_AMBIGUOUS)
        return err_set(err, E_EXISTS, "several rules have the name '%.*s'", STR_FMT(ref));
    *ret_what = what;
    return 0;
}

int builder_find_rule(const struct builder *b, struct str ref, uint32_t *ret_rule, struct err *err)
{
    uint64_t what;
    int rc = builder_find(b, ref, &what, err);
    if (rc)
        return rc;
    if (what >= BUILDER_CORRELATION)
        return err_set(err, E_PARSE, "'%.*s' is a correlation", STR_FMT(ref));
    *ret_rule = (uint32_t)what;
    return 0;
}

/* What ends the building, with its reason. */
static int give_up(struct builder *b, int rc, struct err *err)
{
    b->failed = rc;
    return err_set(err, rc, "%s", rc == E_LIMIT ? "the ruleset is full" : err_sentence(rc));
}

int builder_add_yara(struct builder *b, struct str name, struct str text, struct err *err)
{
    struct image_yara file;
    if (text.len > (uint64_t)param_default(PARAM_YARA_BYTES))
        return err_set(err, E_LIMIT,
                       "%zu bytes of YARA rules in one file, at most %lld are allowed", text.len,
                       (long long)param_default(PARAM_YARA_BYTES));
    if (builder_count(&b->yara, sizeof file) == (uint64_t)param_default(PARAM_YARA_FILES))
        return err_set(err, E_LIMIT, "more than %lld files of YARA rules",
                       (long long)param_default(PARAM_YARA_FILES));
    if (text.len && memchr(text.ptr, 0, text.len))
        return err_set(err, E_PARSE, "not text: a NUL byte");
    int rc = builder_string(b, name, &file.name);
    if (rc == 0)
        rc = builder_string(b, text, &file.text);
    if (rc == 0) {
        buf_add(&b->yara, &file, sizeof file);
        rc = buf_check(&b->yara);
    }
    return rc ? err_set(err, rc, "%s", err_sentence(rc)) : 0;
}

/* A checked rule into the ruleset. @return 0, E_NOMEM or E_LIMIT for the builder */
static int add_checked(struct builder *b, const struct sigma_rule *rule, struct str source,
                       struct err *err)
{
    if (builder_count(&b->rules, sizeof(struct image_rule)) >= BUILDER_RULES_MOST)
        return err_set(err, E_LIMIT, "a ruleset holds at most %d rules", BUILDER_RULES_MOST);
    int rc = add_record(b, rule, source);
    if (rc == 0)
        rc = builder_remember(b, rule, builder_count(&b->rules, sizeof(struct image_rule)) - 1);
    return rc ? give_up(b, rc, err) : 0;
}

int builder_add_rule(struct builder *b, const struct sigma_rule *rule, struct str source,
                     struct err *err)
{
    if (b->failed)
        return err_set(err, b->failed, "%s", err_sentence(b->failed));
    int rc = builder_check(rule, err);
    if (rc == 0)
        rc = check_id(b, rule, err);
    return rc ? rc : add_checked(b, rule, source, err);
}

/* One rule file while its documents are added. */
struct file {
    struct builder *b;
    const char *source;
    struct str bytes;
};

static void note(void *arg, const struct err *what)
{
    const struct file *f = arg;
    struct err placed = *what;
    err_at(&placed, f->source, what->line, what->column);
    if (f->b->note)
        f->b->note(f->b->note_arg, &placed);
}

/* One document of a kind. @return as add_document */
static int add_rule(struct file *f, const struct yaml_node *doc, struct arena *arena,
                    int *ret_refused, struct err *err)
{
    struct builder *b = f->b;
    struct sigma_rule *rule;
    *ret_refused = jamf_is(doc) ? jamf_parse(doc, f->bytes, arena, note, f, &rule, err)
                                : sigma_parse(doc, b->placeholders, arena, &rule, err);
    if (*ret_refused == 0)
        *ret_refused = builder_check(rule, err);
    if (*ret_refused == 0)
        *ret_refused = check_id(b, rule, err);
    return *ret_refused ? 0 : add_checked(b, rule, str_of(f->source), err);
}

static int add_filter(struct file *f, const struct yaml_node *doc, struct arena *arena,
                      int *ret_refused, struct err *err)
{
    struct builder *b = f->b;
    struct sigma_filter *filter;
    *ret_refused = sigma_filter(doc, b->placeholders, arena, &filter, err);
    if (*ret_refused == 0)
        *ret_refused = builder_check(filter->rule, err);
    if (*ret_refused)
        return 0;
    int rc = builder_filter_add(b, filter, str_of(f->source));
    return rc ? give_up(b, rc, err) : 0;
}

/* A document {name, yara: source}: how YARA rules come with others in one stream. */
static int add_yara_document(struct file *f, const struct yaml_node *doc,
                             const struct yaml_node *source, struct err *err)
{
    const struct yaml_node *name = yaml_find(doc, "name");
    err_at(err, NULL, source->line, source->column);
    return builder_add_yara(f->b,
                            name && name->type == YAML_SCALAR ? name->text : str_of(f->source),
                            source->text, err);
}

static int add_correlation(struct file *f, const struct yaml_node *doc, struct arena *arena,
                           int *ret_refused, struct err *err)
{
    struct builder *b = f->b;
    struct sigma_correlation *correlation;
    *ret_refused = sigma_correlation(doc, arena, &correlation, err);
    if (*ret_refused == 0)
        *ret_refused = check_id(b, correlation->head, err);
    if (*ret_refused)
        return 0;
    int rc = builder_correlation_add(b, correlation, str_of(f->source));
    return rc ? give_up(b, rc, err) : 0;
}

/* One document. @return 0, E_NOMEM or E_LIMIT for the builder; *ret_refused for the document */
static int add_document(struct file *f, const struct yaml_node *doc, struct arena *arena,
                        int *ret_refused, uint32_t *ret_rules, struct err *err)
{
    int rc = 0;
    const struct yaml_node *yara = doc->type == YAML_MAP ? yaml_find(doc, "yara") : NULL;
    *ret_rules = 0;
    if (yara && yara->type == YAML_SCALAR) {
        *ret_refused = add_yara_document(f, doc, yara, err);
        *ret_rules = 1;
        return *ret_refused == E_NOMEM ? E_NOMEM : 0;
    }
    switch (jamf_is(doc) ? SIGMA_RULE : sigma_kind_of(doc)) {
    case SIGMA_FILTER:
        rc = add_filter(f, doc, arena, ret_refused, err);
        break;
    case SIGMA_CORRELATION:
        rc = add_correlation(f, doc, arena, ret_refused, err);
        break;
    default:
        rc = add_rule(f, doc, arena, ret_refused, err);
        *ret_rules = 1;
    }
    return rc == 0 && *ret_refused == E_NOMEM ? E_NOMEM : rc;
}

static int add_documents(struct file *f, struct yaml_node *const *docs, size_t len,
                         builder_refused_fn refused, void *arg, struct builder_counts *counts,
                         struct err *err)
{
    for (size_t i = 0; i < len; i++) {
        if (yaml_is_null(docs[i]))
            continue;
        CLEANUP(arena_done) struct arena arena = {.limit_bytes = DOCUMENT_BYTES_MOST};
        struct err why = {0};
        err_at(&why, f->source, 0, 0);
        int refusal;
        uint32_t rules;
        int rc = add_document(f, docs[i], &arena, &refusal, &rules, &why);
        if (rc) {
            if (err)
                *err = why;
            return rc;
        }
        counts->documents++;
        counts->accepted += refusal == 0 ? rules : 0;
        counts->refused += refusal ? 1 : 0;
        if (refusal && refused)
            refused(arg, &why);
    }
    return 0;
}

int builder_add_sigma(struct builder *b, struct str yaml, const char *source,
                      builder_refused_fn refused, void *arg, struct builder_counts *counts,
                      struct err *err)
{
    if (b->failed)
        return err_set(err, b->failed, "%s", err_sentence(b->failed));
    CLEANUP(arena_done) struct arena arena = {0};
    CLEANUP(buf_done) struct buf repaired = {0};
    struct file f = {b, source, yaml};
    struct yaml_node **docs;
    size_t len;
    struct err why = {0};
    int rc = jamf_documents(yaml, source, &arena, &repaired, note, &f, &docs, &len, &why);
    if (rc == E_NOMEM)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    if (rc) {
        counts->refused++;
        if (refused)
            refused(arg, &why);
        return 0;
    }
    uint32_t accepted = counts->accepted;
    rc = add_documents(&f, docs, len, refused, arg, counts, err);
    if (rc == 0 && len > 1 && counts->accepted > accepted)
        PLANT_OVERREAD(yaml.ptr + yaml.len);
    return rc;
}

int builder_add_list(struct builder *b, const struct list *list, struct err *err)
{
    for (size_t i = 0; i < list->len; i++) {
        int rc = list_guard(&list->entries[i], err);
        if (rc == 0)
            rc = list_add(&b->list, &list->entries[i], err);
        if (rc)
            return rc;
    }
    if (list->issued_ns > b->list.issued_ns)
        b->list.issued_ns = list->issued_ns;
    return 0;
}

int builder_add_exceptions(struct builder *b, struct str yaml, const char *source,
                           builder_refused_fn refused, void *arg, struct builder_counts *counts,
                           struct err *err)
{
    size_t before = b->exceptions.len;
    uint32_t wrong = 0;
    int rc = exceptions_parse(&b->exceptions, yaml, source, refused, arg, &wrong, err);
    counts->refused += wrong;
    counts->accepted += (uint32_t)(b->exceptions.len - before);
    return rc;
}

void builder_use_placeholders(struct builder *b, const struct placeholders *placeholders)
{
    b->placeholders = placeholders;
}

/* ------------------------------------------------------------------ linking */

int builder_link(struct builder *b, builder_refused_fn refused, void *arg,
                 struct builder_counts *counts, struct err *err)
{
    if (b->failed)
        return err_set(err, b->failed, "%s", err_sentence(b->failed));
    if (b->linked)
        return 0;
    const struct builder_hearer hearer = {refused, arg, counts};
    int rc = builder_filter_apply(b, &hearer);
    if (rc == 0)
        rc = builder_correlation_link(b, &hearer);
    if (rc)
        return give_up(b, rc, err);
    b->linked = true;
    return 0;
}
