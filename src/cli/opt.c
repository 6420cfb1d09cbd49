/* Command line parser over const tables. See opt.h. */
#include "cli/opt.h"

#include <assert.h>

#include "base/mem.h"
#include "base/timefmt.h"

/* A suggestion may be this many single-character edits away, and less than half of the word. */
#define SUGGEST_EDITS_MAX 3

const struct opt_row opt_global_rows[] = {
    {"help", 'h', OPT_FLAG, NULL, "show help and stop", 0, 0},
    {"version", 0, OPT_FLAG, NULL, "show the version and stop", 0, 0},
    {"no-color", 0, OPT_FLAG, NULL, "no colours, also without NO_COLOR in the environment", 0, 0},
    OPT_END,
};

/* ------------------------------------------------------------------ suggestions */

struct suggestion {
    struct str word; /* what was typed */
    struct str best;
    unsigned edits;
};

static struct suggestion suggest_for(struct str word)
{
    unsigned half = (unsigned)word.len / 2;
    unsigned most = half < SUGGEST_EDITS_MAX ? half : SUGGEST_EDITS_MAX;
    return (struct suggestion){.word = word, .edits = most + 1};
}

static void suggest_try(struct suggestion *s, struct str candidate)
{
    if (s->edits == 0)
        return;
    unsigned edits = str_distance(s->word, candidate, s->edits - 1);
    if (edits < s->edits) {
        s->edits = edits;
        s->best = candidate;
    }
}

static int unknown(struct err *err, const char *what, const char *dashes, struct suggestion s)
{
    if (s.best.len)
        return err_set(err, E_ARG, "unknown %s '%s%.*s'; did you mean '%s%.*s'?", what, dashes,
                       STR_FMT(s.word), dashes, STR_FMT(s.best));
    return err_set(err, E_ARG, "unknown %s '%s%.*s'", what, dashes, STR_FMT(s.word));
}

/* ------------------------------------------------------------------ tables */

/* The three tables that hold for a command, in the order in which they are searched. */
struct tables {
    const struct opt_row *list[3];
};

static struct tables tables_of(const struct opt_command *command)
{
    return (struct tables){
        {command ? command->rows : NULL, command ? command->shared : NULL, opt_global_rows}};
}

static const struct opt_row *find_long(const struct opt_command *command, struct str name)
{
    struct tables tables = tables_of(command);
    for (size_t t = 0; t < ARRAY_LEN(tables.list); t++) {
        for (const struct opt_row *row = tables.list[t]; row && row->name; row++) {
            if (str_is(name, row->name))
                return row;
        }
    }
    return NULL;
}

static const struct opt_row *find_letter(const struct opt_command *command, char letter)
{
    struct tables tables = tables_of(command);
    for (size_t t = 0; t < ARRAY_LEN(tables.list); t++) {
        for (const struct opt_row *row = tables.list[t]; row && row->name; row++) {
            if (row->letter == letter)
                return row;
        }
    }
    return NULL;
}

static int unknown_option(const struct opt_command *command, struct str name, struct err *err)
{
    struct tables tables = tables_of(command);
    struct suggestion s = suggest_for(name);
    for (size_t t = 0; t < ARRAY_LEN(tables.list); t++) {
        for (const struct opt_row *row = tables.list[t]; row && row->name; row++)
            suggest_try(&s, str_of(row->name));
    }
    return unknown(err, "option", "--", s);
}

/* ------------------------------------------------------------------ values */

static int parse_number(const struct opt_row *row, const char *text, int64_t *ret_number,
                        struct err *err)
{
    bool any = row->least == 0 && row->most == 0;
    int64_t most = any ? INT64_MAX : row->most;
    int64_t number = 0;
    if (str_to_i64(str_of(text), &number) || number < row->least || number > most) {
        if (any)
            return err_set(err, E_ARG, "--%s: '%s' is not a number", row->name, text);
        return err_set(err, E_ARG, "--%s: '%s' is not a number from %lld to %lld", row->name, text,
                       (long long)row->least, (long long)most);
    }
    *ret_number = number;
    return 0;
}

static int parse_choice(const struct opt_row *row, const char *text, int64_t *ret_number,
                        struct err *err)
{
    struct str rest = str_of(row->value);
    struct str word;
    for (int64_t index = 0; str_next(&rest, '|', &word); index++) {
        if (str_is(word, text)) {
            *ret_number = index;
            return 0;
        }
    }
    return err_set(err, E_ARG, "--%s: '%s' is not one of %s", row->name, text, row->value);
}

static int parse_value(const struct opt_row *row, const char *text, int64_t *ret_number,
                       struct err *err)
{
    switch (row->type) {
    case OPT_NUMBER:
        return parse_number(row, text, ret_number, err);
    case OPT_DURATION:
        if (timefmt_parse_duration(str_of(text), ret_number))
            return err_set(err, E_ARG, "--%s: '%s' is not a duration such as 90s, 15m, 4h or 7d",
                           row->name, text);
        return 0;
    case OPT_CHOICE:
        return parse_choice(row, text, ret_number, err);
    case OPT_FLAG:
    case OPT_TEXT:
    case OPT_TEXTS:
        break;
    }
    return 0;
}

/* ------------------------------------------------------------------ parsing */

struct parser {
    struct opt *opt;
    int argc;
    char *const *argv;
    int at;
};

static int give(struct parser *p, const struct opt_row *row, const char *text, struct err *err)
{
    if (str_is(str_of(row->name), "help")) {
        p->opt->help = true;
    } else if (str_is(str_of(row->name), "version")) {
        p->opt->version = true;
    } else if (str_is(str_of(row->name), "no-color")) {
        p->opt->no_color = true;
    } else {
        struct opt_given given = {.row = row, .text = text};
        int rc = text ? parse_value(row, text, &given.number, err) : 0;
        if (rc)
            return rc;
        p->opt->given[p->opt->given_len++] = given;
    }
    return 0;
}

/* The value in the next argument. One that looks like an option is more likely a forgotten value
 * than meant; "--name=-x" says it without doubt. */
static int next_value(struct parser *p, const struct opt_row *row, const char **ret_text,
                      struct err *err)
{
    const char *text = p->at + 1 < p->argc ? p->argv[p->at + 1] : NULL;
    bool number =
        row->type == OPT_NUMBER && text && text[0] == '-' && text[1] >= '0' && text[1] <= '9';
    if (!text || (text[0] == '-' && text[1] != '\0' && !number))
        return err_set(err, E_ARG, "--%s needs a value: --%s=%s", row->name, row->name, row->value);
    p->at++;
    *ret_text = text;
    return 0;
}

static int parse_long(struct parser *p, const char *arg, struct err *err)
{
    struct str name = str_of(arg + 2);
    const char *text = NULL;
    size_t equals = str_find_char(name, '=');
    if (equals != SIZE_MAX) {
        text = name.ptr + equals + 1;
        name.len = equals;
    }
    const struct opt_row *row = find_long(p->opt->command, name);
    if (!row)
        return unknown_option(p->opt->command, name, err);
    if (row->type == OPT_FLAG && text)
        return err_set(err, E_ARG, "--%s takes no value", row->name);
    if (row->type != OPT_FLAG && !text) {
        int rc = next_value(p, row, &text, err);
        if (rc)
            return rc;
    }
    return give(p, row, text, err);
}

static int parse_letters(struct parser *p, const char *arg, struct err *err)
{
    for (const char *letter = arg + 1; *letter; letter++) {
        const struct opt_row *row = find_letter(p->opt->command, *letter);
        int rc = 0;
        if (!row)
            return err_set(err, E_ARG, "unknown option '-%c'", *letter);
        if (row->type == OPT_FLAG) {
            rc = give(p, row, NULL, err);
            if (rc)
                return rc;
            continue;
        }
        const char *text = letter + 1;
        if (!*text)
            rc = next_value(p, row, &text, err);
        return rc ? rc : give(p, row, text, err);
    }
    return 0;
}

static bool is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] != '\0';
}

static int parse_option(struct parser *p, struct err *err)
{
    const char *arg = p->argv[p->at];
    return arg[1] == '-' ? parse_long(p, arg, err) : parse_letters(p, arg, err);
}

/* Options that stand before the command; only the global ones are known there. */
static int parse_leading(struct parser *p, struct err *err)
{
    for (; p->at < p->argc && is_option(p->argv[p->at]); p->at++) {
        int rc = parse_option(p, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int unknown_noun(const struct opt_command *commands, const char *noun, struct err *err)
{
    struct suggestion s = suggest_for(str_of(noun));
    for (const struct opt_command *c = commands; c->noun; c++)
        suggest_try(&s, str_of(c->noun));
    return unknown(err, "command", "", s);
}

static int unknown_verb(const struct opt_command *commands, const char *noun, const char *verb,
                        struct err *err)
{
    struct suggestion s = suggest_for(str_of(verb));
    for (const struct opt_command *c = commands; c->noun; c++) {
        if (c->verb && str_is(str_of(c->noun), noun))
            suggest_try(&s, str_of(c->verb));
    }
    int rc = unknown(err, "command", "", s);
    err_prefix(err, "%s", noun);
    return rc;
}

/* Noun and verb -> row. Leaves `command` NULL when only --help for a noun was asked for. */
static int parse_words(struct parser *p, const struct opt_command *commands, struct err *err)
{
    const char *noun = p->argv[p->at];
    const struct opt_command *first = commands;
    while (first->noun && !str_is(str_of(first->noun), noun))
        first++;
    if (!first->noun)
        return unknown_noun(commands, noun, err);
    p->opt->noun = first->noun;
    p->at++;
    if (!first->verb) {
        p->opt->command = first;
        return 0;
    }
    int rc = parse_leading(p, err);
    if (rc || p->opt->help || p->opt->version)
        return rc;
    if (p->at >= p->argc)
        return err_set(err, E_ARG, "'%s' needs a verb; see 'cordon %s --help'", noun, noun);
    const char *verb = p->argv[p->at];
    for (const struct opt_command *c = first; c->noun && str_is(str_of(c->noun), noun); c++) {
        if (str_is(str_of(c->verb), verb)) {
            p->opt->command = c;
            p->at++;
            return 0;
        }
    }
    return unknown_verb(commands, noun, verb, err);
}

static int parse_rest(struct parser *p, struct err *err)
{
    bool only_args = false;
    for (; p->at < p->argc; p->at++) {
        const char *arg = p->argv[p->at];
        if (!only_args && str_is(str_of(arg), "--")) {
            only_args = true;
        } else if (!only_args && is_option(arg)) {
            int rc = parse_option(p, err);
            if (rc)
                return rc;
        } else {
            p->opt->args[p->opt->args_len++] = arg;
        }
    }
    return 0;
}

static int check_args(const struct opt *opt, struct err *err)
{
    const struct opt_command *c = opt->command;
    if (opt->help || opt->version)
        return 0;
    if (opt->args_len < c->args_least)
        return err_set(err, E_ARG, "too few arguments: expected %s", c->args);
    if (c->args_most != OPT_ARGS_ANY && opt->args_len > c->args_most)
        return err_set(err, E_ARG, "unexpected argument '%s'", opt->args[c->args_most]);
    return 0;
}

int opt_parse(const struct opt_command *commands, int argc, char *const *argv, struct opt *ret_opt,
              struct err *err)
{
    struct opt opt CLEANUP(opt_done) = {0};
    size_t slots = argc > 0 ? (size_t)argc : 1;
    struct parser p = {.opt = &opt, .argc = argc, .argv = argv, .at = 1};

    /* One word can hold several letters, each of them an option. */
    size_t given_slots = slots;
    for (int i = 1; i < argc; i++)
        given_slots += strlen(argv[i]);
    opt.given = mem_calloc(given_slots, sizeof(*opt.given));
    opt.args = mem_calloc(slots, sizeof(*opt.args));
    if (!opt.given || !opt.args)
        return err_set(err, E_NOMEM, "out of memory");

    int rc = parse_leading(&p, err);
    if (rc)
        return rc;
    if (p.at < argc) {
        rc = parse_words(&p, commands, err);
        if (!rc && opt.command) {
            rc = parse_rest(&p, err);
            if (!rc)
                rc = check_args(&opt, err);
        }
    } else if (!opt.help && !opt.version) {
        rc = err_set(err, E_ARG, "which command? See 'cordon --help'");
    }
    if (rc)
        return rc;
    *ret_opt = opt;
    opt = (struct opt){0};
    return 0;
}

void opt_done(struct opt *opt)
{
    mem_free(opt->given);
    mem_free(opt->args);
    *opt = (struct opt){0};
}

/* ------------------------------------------------------------------ what was given */

static const struct opt_given *last(const struct opt *opt, const char *name)
{
    assert(find_long(opt->command, str_of(name)));
    for (size_t i = opt->given_len; i > 0; i--) {
        if (str_is(str_of(name), opt->given[i - 1].row->name))
            return &opt->given[i - 1];
    }
    return NULL;
}

bool opt_flag(const struct opt *opt, const char *name)
{
    return last(opt, name) != NULL;
}

const char *opt_text(const struct opt *opt, const char *name, const char *fallback)
{
    const struct opt_given *given = last(opt, name);
    return given ? given->text : fallback;
}

const char *opt_text_next(const struct opt *opt, const char *name, size_t *pos)
{
    assert(find_long(opt->command, str_of(name)));
    while (*pos < opt->given_len) {
        const struct opt_given *given = &opt->given[(*pos)++];
        if (str_is(str_of(name), given->row->name))
            return given->text;
    }
    return NULL;
}

int64_t opt_number(const struct opt *opt, const char *name, int64_t fallback)
{
    const struct opt_given *given = last(opt, name);
    return given ? given->number : fallback;
}

unsigned opt_choice(const struct opt *opt, const char *name)
{
    return (unsigned)opt_number(opt, name, 0);
}
