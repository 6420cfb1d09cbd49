/* `cordon help [NOUN [VERB]]`. See cmd_help.h. docs/cli.md is what --markdown prints. */
#include "cli/cmd_help.h"

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/help.h"

const struct opt_row cmd_help_rows[] = {
    {"markdown", 0, OPT_FLAG, NULL, "print the reference of every command in Markdown", 0, 0},
    OPT_END,
};

int cmd_help(struct cli *cli, const struct opt *opt, struct err *err)
{
    if (opt_flag(opt, "markdown")) {
        help_add_markdown(&cli->out.text, cli_commands);
        return 0;
    }
    /* "help rules check" means "rules check --help". */
    struct opt about CLEANUP(opt_done) = {0};
    const char **words CLEANUP(mem_freep) = mem_calloc(opt->args_len + 2, sizeof(*words));
    if (!words)
        return E_NOMEM;
    words[0] = "cordon";
    for (size_t i = 0; i < opt->args_len; i++)
        words[i + 1] = opt->args[i];
    words[opt->args_len + 1] = "--help";
    int rc = opt_parse(cli_commands, (int)opt->args_len + 2, (char *const *)(uintptr_t)words,
                       &about, err);
    if (rc)
        return rc;
    help_add(&cli->out.text, cli_commands, &about);
    return 0;
}
