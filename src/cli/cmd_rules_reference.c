/* `cordon rules reference`: the tables of the rule language as a list, or as the part of
 * docs/rules.md that is made from them. */
#include "cli/cli.h"
#include "cli/cmd_rules.h"
#include "cli/listing.h"
#include "detect/correlation.h"
#include "detect/modifiers.h"
#include "detect/placeholder.h"

const struct opt_row cmd_rules_reference_rows[] = {
    OPT_OUTPUT(LISTING_FORMS),
    {"markdown", 0, OPT_FLAG, NULL, "print the tables of docs/rules.md", 0, 0},
    OPT_END,
};

static void add_values(struct buf *out, const struct placeholder_row *row)
{
    for (size_t i = 0; i < row->values_len; i++)
        buf_addf(out, "%s`%.*s`", i ? " " : "", STR_FMT(row->values[i]));
}

static void add_markdown(struct buf *out)
{
    buf_add_cstr(out, "| modifier | means |\n|---|---|\n");
    for (size_t i = 0; i < modifier_table_len; i++)
        buf_addf(out, "| `%.*s` | %.*s |\n", STR_FMT(modifier_table[i].name),
                 STR_FMT(modifier_table[i].doc));
    buf_add_cstr(out, "\n| correlation | compares |\n|---|---|\n");
    for (size_t i = 0; i < CORRELATION_TYPES; i++)
        buf_addf(out, "| `%.*s` | %.*s |\n", STR_FMT(correlation_table[i].name),
                 STR_FMT(correlation_table[i].doc));
    buf_add_cstr(out, "\n| placeholder | means | values |\n|---|---|---|\n");
    for (size_t i = 0; i < placeholder_table_len; i++) {
        buf_addf(out, "| `%%%.*s%%` | %.*s | ", STR_FMT(placeholder_table[i].name),
                 STR_FMT(placeholder_table[i].doc));
        add_values(out, &placeholder_table[i]);
        buf_add_cstr(out, " |\n");
    }
}

static void add_word(struct listing *list, const char *kind, struct str word, struct str doc)
{
    listing_cstr(list, kind);
    listing_str(list, word);
    listing_str(list, doc);
}

int cmd_rules_reference(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const struct listing_column columns[] = {
        {"kind", "KIND"}, {"word", "WORD"}, {"doc", "MEANS"}};
    if (opt_flag(opt, "markdown")) {
        add_markdown(&cli->out.text);
        return 0;
    }
    struct listing list CLEANUP(listing_done);
    listing_init(&list, (enum listing_form)opt_choice(opt, "output"), columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < modifier_table_len; i++)
        add_word(&list, "modifier", modifier_table[i].name, modifier_table[i].doc);
    for (size_t i = 0; i < CORRELATION_TYPES; i++)
        add_word(&list, "correlation", correlation_table[i].name, correlation_table[i].doc);
    for (size_t i = 0; i < placeholder_table_len; i++)
        add_word(&list, "placeholder", placeholder_table[i].name, placeholder_table[i].doc);
    return listing_print(&list, &cli->out) ? err_set(err, E_NOMEM, "out of memory") : 0;
}
