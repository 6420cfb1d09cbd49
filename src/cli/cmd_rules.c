/* `cordon rules check`, `list` and `build`. See cmd_rules.h. */
#include "cli/cmd_rules.h"

#include <stdio.h>

#include "cli/cli.h"
#include "cli/listing.h"
#include "cli/rules.h"
#include "os/file.h"

static void print_refused(void *arg, const struct err *err)
{
    struct cli *cli = arg;
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof(text));
    out_line(&cli->out, "%s", text);
}

static void print_note(void *arg, const struct err *err)
{
    struct err noted = *err;
    err_prefix(&noted, "note");
    print_refused(arg, &noted);
}

const struct opt_row cmd_rules_rows[] = {
    RULES_PLACEHOLDERS,
    OPT_END,
};

const struct opt_row cmd_rules_list_rows[] = {
    OPT_OUTPUT(LISTING_FORMS),
    RULES_PLACEHOLDERS,
    OPT_END,
};

int cmd_rules_check(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct rules rules CLEANUP(rules_done) = {0};
    if (rules_init(&rules, print_refused, cli))
        return err_set(err, E_NOMEM, "out of memory");
    builder_on_note(rules.builder, print_note, cli);
    rules.note = print_note;
    int rc = rules_use_options(&rules, opt, err);
    for (size_t i = 0; rc == 0 && i < opt->args_len; i++)
        rc = rules_add_path(&rules, opt->args[i], err);
    if (rc == 0)
        rc = rules_finish(&rules, err);
    if (rc)
        return rc;
    char filters[40] = "";
    if (rules.counts.filters)
        (void)snprintf(filters, sizeof filters, ", %u filters", rules.counts.filters);
    out_line(&cli->out, "%u files, %u rules accepted%s, %u refused", rules.files,
             rules.counts.accepted, filters, rules.counts.refused);
    return rules.counts.refused ? EXIT_REFUSED : 0;
}

int cmd_rules_list(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const struct listing_column columns[] = {
        {"level", "LEVEL"}, {"title", "RULE"},    {"techniques", "TECHNIQUES"},
        {"id", "ID"},       {"source", "SOURCE"},
    };
    struct rules rules CLEANUP(rules_done) = {0};
    struct listing list CLEANUP(listing_done);
    listing_init(&list, (enum listing_form)opt_choice(opt, "output"), columns, ARRAY_LEN(columns));
    int rc = rules_init(&rules, rules_warn_refused, cli);
    if (!rc)
        rc = rules_use_options(&rules, opt, err);
    if (!rc && !opt->args_len)
        rc = rules_add_builtin(&rules, err);
    for (size_t i = 0; !rc && i < opt->args_len; i++)
        rc = rules_add_path(&rules, opt->args[i], err);
    if (!rc)
        rc = rules_finish(&rules, err);
    if (rc)
        return rc;
    for (uint32_t i = 0; i < ruleset_len(rules.set) + ruleset_correlations(rules.set); i++) {
        struct rule_info info = ruleset_info(rules.set, i);
        listing_cstr(&list, rule_level_name(info.level));
        listing_str(&list, info.title);
        listing_strs(&list, info.techniques, info.techniques_len);
        listing_str(&list, info.id);
        listing_str(&list, info.source);
    }
    return listing_print(&list, &cli->out) ? err_set(err, E_NOMEM, "out of memory") : 0;
}

const struct opt_row cmd_rules_build_rows[] = {
    {"to", 't', OPT_TEXT, "FILE", "where to write the ruleset (required)", 0, 0},
    RULES_PLACEHOLDERS,
    {"no-builtin", 0, OPT_FLAG, NULL,
     "leave out the analytics and signatures that come with the program", 0, 0},
    OPT_END,
};

int cmd_rules_build(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct rules rules CLEANUP(rules_done) = {0};
    const char *to = opt_text(opt, "to", NULL);
    if (!to)
        return err_set(err, E_ARG, "say where to write the ruleset: --to FILE");
    int rc = rules_init(&rules, print_refused, cli);
    if (!rc)
        rc = rules_use_options(&rules, opt, err);
    if (!rc && !opt_flag(opt, "no-builtin"))
        rc = rules_add_builtin(&rules, err);
    if (!rc && !opt_flag(opt, "no-builtin"))
        rc = rules_add_signatures(&rules, err);
    for (size_t i = 0; !rc && i < opt->args_len; i++)
        rc = rules_add_path(&rules, opt->args[i], err);
    if (!rc && !rules.counts.accepted)
        rc = err_set(err, E_ARG, "there is no rule to build from");
    if (!rc)
        rc = rules_finish(&rules, err);
    if (!rc)
        rc = file_write_atomic(to, buf_str(&rules.image), 0644, err);
    if (rc)
        return rc;
    out_line(&cli->out, "%s: %u rules, %u refused, %zu bytes, version %.*s", to,
             rules.counts.accepted, rules.counts.refused, rules.image.len,
             STR_FMT(ruleset_version(rules.set)));
    return rules.counts.refused ? EXIT_REFUSED : 0;
}
