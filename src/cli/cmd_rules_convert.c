/* `cordon rules convert`: rules of another language as Sigma rules. See cmd_rules.h. */
#include "cli/cmd_rules.h"

#include "cli/cli.h"
#include "cli/rulefiles.h"
#include "detect/jamf.h"

const struct opt_row cmd_rules_convert_rows[] = {
    {"from", 0, OPT_CHOICE, "jamf", "language of the rules", 0, 0},
    OPT_END,
};

struct conversion {
    struct cli *cli;
    struct buf yaml;
    struct builder_counts counts;
};

static void warn(void *arg, const struct err *err)
{
    struct conversion *c = arg;
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof(text));
    cli_warn(c->cli, "%s", text);
}

static void warn_note(void *arg, const struct err *err)
{
    struct err noted = *err;
    err_prefix(&noted, "note");
    warn(arg, &noted);
}

static int convert_file(void *arg, const char *path, struct str bytes, struct err *err)
{
    struct conversion *c = arg;
    return jamf_convert(bytes, path, &c->yaml, warn, warn_note, c, &c->counts, err);
}

int cmd_rules_convert(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct conversion c = {.cli = cli};
    int rc = 0;
    for (size_t i = 0; !rc && i < opt->args_len; i++)
        rc = rulefiles_each(opt->args[i], RULEFILES_YAML, convert_file, &c, err);
    if (!rc) {
        buf_add_str(&cli->out.text, buf_str(&c.yaml));
        out_end_line(&cli->out);
    }
    buf_done(&c.yaml);
    return rc ? rc : c.counts.refused ? EXIT_REFUSED : 0;
}
