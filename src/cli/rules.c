/* Rule files -> ruleset. See rules.h. */
#include "cli/rules.h"

#include "cli/cli.h"
#include "cli/rulefiles.h"
#include "cli/yaracheck.h"
#include "codec/yaml.h"
#include "detect/placeholder.h"
#include "os/file.h"
#include "schema/param.h"

void rules_warn_refused(void *cli, const struct err *err)
{
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof text);
    cli_warn(cli, "%s (the rule is left out)", text);
}

int rules_init(struct rules *r, builder_refused_fn refused, void *arg)
{
    *r = (struct rules){.refused = refused, .refused_arg = arg};
    return builder_new(&r->builder);
}

void rules_done(struct rules *r)
{
    if (r->set)
        ruleset_unref(r->set);
    builder_free(r->builder);
    placeholders_free(r->placeholders);
    buf_done(&r->image);
    *r = (struct rules){0};
}

int rules_add_bytes(struct rules *r, const char *source, struct str bytes, struct err *err)
{
    r->files++;
    return builder_add_sigma(r->builder, bytes, source, r->refused, r->refused_arg, &r->counts,
                             err);
}

static void note_lines(const struct rules *r, struct str lines)
{
    while (r->note && lines.len) {
        struct err noted = {0};
        size_t len = str_find_char(lines, '\n');
        struct str line = str_sub(lines, 0, len);
        (void)err_set(&noted, E_PARSE, "%.*s", STR_FMT(line));
        r->note(r->refused_arg, &noted);
        lines = len == SIZE_MAX ? (struct str){0} : str_sub(lines, len + 1, SIZE_MAX);
    }
}

/* A file that does not compile is refused as a rule is. */
static int add_yara(struct rules *r, const char *path, struct str bytes, struct err *err)
{
    struct err why = {0};
    uint32_t rules = 0;
    CLEANUP(buf_done) struct buf warnings = {0};
    r->files++;
    int rc = yaracheck(path, bytes, &rules, &warnings, &why);
    if (rc == 0)
        rc = builder_add_yara(r->builder, str_of(path), bytes, &why);
    if (rc == E_NOMEM)
        return err_set(err, rc, "out of memory");
    r->counts.accepted += rules;
    note_lines(r, buf_str(&warnings));
    if (rc) {
        r->counts.refused++;
        if (r->refused)
            r->refused(r->refused_arg, &why);
    }
    return 0;
}

static int add_file(void *arg, const char *path, struct str bytes, struct err *err)
{
    return yaracheck_is_name(path) ? add_yara(arg, path, bytes, err)
                                   : rules_add_bytes(arg, path, bytes, err);
}

int rules_add_path(struct rules *r, const char *path, struct err *err)
{
    return rulefiles_each(path, RULEFILES_YAML | RULEFILES_YARA, add_file, r, err);
}

int rules_add_builtin(struct rules *r, struct err *err)
{
    return rulefiles_each_builtin(add_file, r, err);
}

/* They compile: a test sees to it. A program without YARA builds rulesets for devices that have it.
 */
static int add_signature(void *arg, const char *path, struct str bytes, struct err *err)
{
    struct rules *r = arg;
    r->files++;
    r->counts.accepted++;
    return builder_add_yara(r->builder, str_of(path), bytes, err);
}

int rules_add_signatures(struct rules *r, struct err *err)
{
    return rulefiles_each_signature(add_signature, r, err);
}

int rules_load(struct rules *r, const char *path, struct err *err)
{
    int rc = file_read(path, (size_t)param_default(PARAM_RULESET_BYTES), &r->image, err);
    if (rc)
        return rc;
    err_at(err, path, 0, 0);
    return ruleset_load(buf_str(&r->image), &r->set, err);
}

int rules_add_exceptions(struct rules *r, const char *path, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    int rc = file_read(path, yaml_limits_default.bytes, &text, err);
    return rc ? rc
              : builder_add_exceptions(r->builder, buf_str(&text), path, r->refused, r->refused_arg,
                                       &r->exceptions, err);
}

static int use_file(struct rules *r, const char *path, struct err *err)
{
    struct buf bytes CLEANUP(buf_done) = {0};
    int rc = r->placeholders ? 0 : placeholders_new(&r->placeholders);
    if (rc == 0)
        rc = file_read(path, yaml_limits_default.bytes, &bytes, err);
    if (rc == 0)
        rc = placeholders_add(r->placeholders, buf_str(&bytes), path, err);
    if (rc == 0)
        builder_use_placeholders(r->builder, r->placeholders);
    return rc;
}

int rules_use_options(struct rules *r, const struct opt *opt, struct err *err)
{
    size_t pos = 0;
    const char *path;
    while ((path = opt_text_next(opt, "placeholders", &pos))) {
        int rc = use_file(r, path, err);
        if (rc)
            return rc;
    }
    return 0;
}

int rules_finish(struct rules *r, struct err *err)
{
    int rc = builder_link(r->builder, r->refused, r->refused_arg, &r->counts, err);
    if (rc == 0)
        rc = builder_finish(r->builder, &r->image, err);
    return rc ? rc : ruleset_load(buf_str(&r->image), &r->set, err);
}
