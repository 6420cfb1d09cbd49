/* `cordon exception check`: exceptions without a server. */
#include "cli/cmd_exception.h"

#include "cli/cli.h"
#include "cli/listing.h"
#include "cli/rules.h"

const struct opt_row cmd_exception_check_rows[] = {
    {"rules", 'r', OPT_TEXTS, "PATH", "Sigma rules to add: a file, or a folder with all below it",
     0, 0},
    {"no-builtin", 0, OPT_FLAG, NULL, "leave out the analytics that come with the program", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

static void warn_refused(void *arg, const struct err *err)
{
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof(text));
    out_line(&((struct cli *)arg)->err, "%s", text);
}

int cmd_exception_check(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const struct listing_column columns[] = {{"id", "ID"}, {"rules", "RULES"}};
    struct rules rules CLEANUP(rules_done) = {0};
    struct listing list CLEANUP(listing_done);
    size_t pos = 0;
    const char *path;
    listing_init(&list, (enum listing_form)opt_choice(opt, "output"), columns, ARRAY_LEN(columns));
    int rc = rules_init(&rules, warn_refused, cli);
    if (rc == 0 && !opt_flag(opt, "no-builtin"))
        rc = rules_add_builtin(&rules, err);
    while (rc == 0 && (path = opt_text_next(opt, "rules", &pos)))
        rc = rules_add_path(&rules, path, err);
    for (size_t i = 0; i < opt->args_len && rc == 0; i++)
        rc = rules_add_exceptions(&rules, opt->args[i], err);
    if (rc == 0)
        rc = rules_finish(&rules, err);
    if (rc)
        return rc;
    for (uint32_t i = 0; i < ruleset_exceptions(rules.set); i++) {
        listing_str(&list, ruleset_exception_id(rules.set, i));
        listing_int(&list, ruleset_exception_rules(rules.set, i));
    }
    if (listing_print(&list, &cli->out))
        return err_set(err, E_NOMEM, "out of memory");
    out_line(&cli->err, "%u exceptions accepted, %u refused", rules.exceptions.accepted,
             rules.exceptions.refused);
    return rules.exceptions.refused ? EXIT_REFUSED : 0;
}
