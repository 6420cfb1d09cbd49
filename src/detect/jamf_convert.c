/* Rules of Jamf Protect to Sigma rules. See jamf.h. Called by `cordon rules convert`. */
#include "detect/builder_priv.h"
#include "detect/jamf.h"
#include "detect/sigma_write.h"

struct conversion {
    const char *source;
    struct str file;
    struct buf *out;
    jamf_note_fn note;
    void *arg;
};

static void note(void *arg, const struct err *what)
{
    const struct conversion *c = arg;
    struct err placed = *what;
    err_at(&placed, c->source, what->line, what->column);
    if (c->note)
        c->note(c->arg, &placed);
}

static void keep_reason(void *arg, const struct err *why)
{
    struct err *err = arg;
    if (err->message[0])
        return;
    (void)err_set(err, why->code, "its Sigma rule is refused: %s", why->message);
}

/* What was written must be a rule. */
static int read_again(struct str yaml, struct err *err)
{
    struct builder *b;
    struct builder_counts counts = {0};
    if (builder_new(&b))
        return E_NOMEM;
    int rc = builder_add_sigma(b, yaml, "converted", keep_reason, err, &counts, NULL);
    builder_free(b);
    if (rc == 0 && counts.accepted != 1)
        rc = err->code ? err->code : E_INTERNAL;
    return rc;
}

static int convert(struct conversion *c, const struct yaml_node *doc, struct err *err)
{
    CLEANUP(arena_done) struct arena arena = {0};
    CLEANUP(buf_done) struct buf yaml = {0};
    struct sigma_rule *rule;
    if (!jamf_is(doc))
        return sigma_fail(err, doc, E_PARSE,
                          "neither an analytic nor a unified log filter of Jamf Protect");
    int rc = jamf_parse(doc, c->file, &arena, note, c, &rule, err);
    if (rc == 0)
        rc = builder_check(rule, err);
    if (rc == 0)
        rc = sigma_write(rule, &yaml, err);
    if (rc)
        return rc;
    err_at(err, NULL, doc->line, doc->column);
    rc = read_again(buf_str(&yaml), err);
    if (rc)
        return rc;
    if (c->out->len)
        buf_add_cstr(c->out, "---\n");
    buf_add_str(c->out, buf_str(&yaml));
    return buf_check(c->out);
}

int jamf_convert(struct str file, const char *source, struct buf *out, builder_refused_fn refused,
                 jamf_note_fn on_note, void *arg, struct builder_counts *counts, struct err *err)
{
    CLEANUP(arena_done) struct arena arena = {0};
    CLEANUP(buf_done) struct buf repaired = {0};
    struct conversion c = {source, file, out, on_note, arg};
    struct yaml_node **docs;
    size_t len = 0;
    struct err why = {0};
    int rc = jamf_documents(file, source, &arena, &repaired, note, &c, &docs, &len, &why);
    if (rc && rc != E_NOMEM) {
        counts->refused++;
        if (refused)
            refused(arg, &why);
        return 0;
    }
    for (size_t i = 0; rc == 0 && i < len; i++) {
        if (yaml_is_null(docs[i]))
            continue;
        why = (struct err){0};
        err_at(&why, source, 0, 0);
        rc = convert(&c, docs[i], &why);
        if (rc == E_NOMEM)
            break;
        counts->accepted += rc == 0 ? 1 : 0;
        counts->refused += rc ? 1 : 0;
        if (rc && refused)
            refused(arg, &why);
        rc = 0;
    }
    return rc ? err_set(err, rc, "%s", err_sentence(rc)) : 0;
}
