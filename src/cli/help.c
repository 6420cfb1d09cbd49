/* Help from the command table. See help.h. */
#include "cli/help.h"

#define COLUMN_MAX 30 /* a left column wider than this gets a line of its own */

/* ------------------------------------------------------------------ plain text */

static void add_pair(struct buf *out, const struct buf *left, size_t width, const char *right)
{
    buf_add_cstr(out, "  ");
    buf_add_str(out, buf_str(left));
    if (left->len > width) {
        buf_add_cstr(out, "\n  ");
        buf_addf(out, "%*s", (int)width, "");
    } else {
        buf_addf(out, "%*s", (int)(width - left->len), "");
    }
    buf_addf(out, "  %s\n", right);
}

static void add_words(struct buf *out, const struct opt_command *c)
{
    buf_add_cstr(out, c->noun);
    if (c->verb)
        buf_addf(out, " %s", c->verb);
}

static void add_option(struct buf *out, const struct opt_row *row)
{
    if (row->letter)
        buf_addf(out, "-%c, ", row->letter);
    else
        buf_add_cstr(out, "    ");
    buf_addf(out, "--%s", row->name);
    if (row->type != OPT_FLAG)
        buf_addf(out, "=%s", row->value);
}

static void add_usage(struct buf *out, const struct opt_command *c)
{
    buf_add_cstr(out, "cordon ");
    add_words(out, c);
    if ((c->rows && c->rows[0].name) || (c->shared && c->shared[0].name))
        buf_add_cstr(out, " [OPTION]...");
    if (c->args[0])
        buf_addf(out, " %s", c->args);
}

static size_t option_width(const struct opt_row *rows, size_t width)
{
    struct buf left CLEANUP(buf_done) = {0};
    for (const struct opt_row *row = rows; row && row->name; row++) {
        buf_clear(&left);
        add_option(&left, row);
        if (left.len > width && left.len <= COLUMN_MAX)
            width = left.len;
    }
    return width;
}

static void add_options(struct buf *out, const char *title, const struct opt_row *rows,
                        size_t width)
{
    struct buf left CLEANUP(buf_done) = {0};
    if (!rows || !rows[0].name)
        return;
    buf_addf(out, "\n%s:\n", title);
    for (const struct opt_row *row = rows; row->name; row++) {
        buf_clear(&left);
        add_option(&left, row);
        add_pair(out, &left, width, row->doc);
    }
}

static void add_command(struct buf *out, const struct opt_command *c)
{
    buf_add_cstr(out, "usage: ");
    add_usage(out, c);
    buf_addf(out, "\n\n%s.\n", c->summary);
    if (c->text)
        buf_addf(out, "\n%s\n", c->text);
    size_t width = option_width(c->rows, 0);
    width = option_width(c->shared, width);
    width = option_width(opt_global_rows, width);
    add_options(out, "Options", c->rows, width);
    add_options(out, "Shared options", c->shared, width);
    add_options(out, "Always", opt_global_rows, width);
}

/* Every command, or those of one noun, under their headings. */
static void add_list(struct buf *out, const struct opt_command *commands, const char *noun)
{
    struct buf left CLEANUP(buf_done) = {0};
    size_t width = 0;
    for (const struct opt_command *c = commands; c->noun; c++) {
        buf_clear(&left);
        add_words(&left, c);
        if (left.len > width)
            width = left.len;
    }
    const char *group = NULL;
    for (const struct opt_command *c = commands; c->noun; c++) {
        if (noun && !str_is(str_of(noun), c->noun))
            continue;
        if (!noun && (!group || !str_is(str_of(group), c->group))) {
            group = c->group;
            buf_addf(out, "\n%s:\n", group);
        }
        buf_clear(&left);
        add_words(&left, c);
        add_pair(out, &left, width, c->summary);
    }
}

void help_add(struct buf *out, const struct opt_command *commands, const struct opt *opt)
{
    if (opt->command) {
        add_command(out, opt->command);
        return;
    }
    if (opt->noun) {
        buf_addf(out, "usage: cordon %s COMMAND [OPTION]... [ARGUMENT]...\n\n", opt->noun);
        add_list(out, commands, opt->noun);
    } else {
        buf_add_cstr(out, "usage: cordon COMMAND [OPTION]... [ARGUMENT]...\n\n"
                          "Security incident response for Macs: offline tools and the fleet.\n");
        add_list(out, commands, NULL);
        add_options(out, "Always", opt_global_rows, option_width(opt_global_rows, 0));
    }
    buf_add_cstr(out, "\n'cordon COMMAND --help' explains one command.\n");
}

/* ------------------------------------------------------------------ Markdown */

static void add_markdown_options(struct buf *out, const struct opt_row *rows)
{
    if (!rows || !rows[0].name)
        return;
    buf_add_char(out, '\n');
    for (const struct opt_row *row = rows; row->name; row++) {
        buf_add_cstr(out, "- `");
        if (row->letter)
            buf_addf(out, "-%c`, `", row->letter);
        buf_addf(out, "--%s", row->name);
        if (row->type != OPT_FLAG)
            buf_addf(out, "=%s", row->value);
        buf_addf(out, "`: %s.\n", row->doc);
    }
}

/* Indented lines are commands to type: a code block in Markdown. */
static void add_markdown_text(struct buf *out, const char *text)
{
    struct str rest = str_of(text);
    struct str line;
    buf_add_char(out, '\n');
    while (str_next(&rest, '\n', &line)) {
        bool code = str_starts(line, STR("  "));
        if (code)
            buf_add_cstr(out, "  ");
        for (size_t i = 0; i < line.len; i++) {
            if (!code && line.ptr[i] == '*')
                buf_add_char(out, '\\');
            buf_add_char(out, line.ptr[i]);
        }
        buf_add_char(out, '\n');
    }
}

void help_add_markdown(struct buf *out, const struct opt_command *commands)
{
    buf_add_cstr(out, "# `cordon`: every command\n");
    const char *group = NULL;
    for (const struct opt_command *c = commands; c->noun; c++) {
        if (!group || !str_is(str_of(group), c->group)) {
            group = c->group;
            buf_addf(out, "\n## %s\n", group);
        }
        buf_add_cstr(out, "\n### `");
        add_words(out, c);
        buf_add_cstr(out, "`\n\n    ");
        add_usage(out, c);
        buf_addf(out, "\n\n%s.\n", c->summary);
        if (c->text)
            add_markdown_text(out, c->text);
        add_markdown_options(out, c->rows);
        add_markdown_options(out, c->shared);
    }
    buf_add_cstr(out, "\n## Always\n");
    add_markdown_options(out, opt_global_rows);
}
