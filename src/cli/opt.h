/* Command lines from tables: a row per command and per option gives parsing, usage errors with a
 * suggestion, and help (help.h). The rows are const data; what was given is kept beside them.
 * Called by cli.c; knows nothing of what a command does. Conventions: POSIX utility guidelines with
 * GNU long options; options and arguments may be mixed, "--" ends the options. */
#ifndef CORDON_CLI_OPT_H
#define CORDON_CLI_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct cli;
struct opt;

enum opt_type {
    OPT_FLAG,     /* no value */
    OPT_TEXT,     /* any value; the last one given counts */
    OPT_TEXTS,    /* may be given several times */
    OPT_NUMBER,   /* decimal integer within least..most */
    OPT_DURATION, /* "90s", "15m", "4h", "7d"; kept in nanoseconds */
    OPT_CHOICE    /* one of the words in `value`, separated by '|'; the first is the default */
};

struct opt_row {
    const char *name; /* long form without dashes; NULL ends a table */
    char letter;      /* short form; 0 = none */
    enum opt_type type;
    const char *value; /* what help calls the value ("PATH"), or the words of a choice */
    const char *doc;   /* one sentence without a full stop */
    int64_t least;     /* OPT_NUMBER only; least == most == 0: any number from 0 up */
    int64_t most;
};

/** The `-o` option of commands that print lists. */
#define OPT_OUTPUT(words)                                                                          \
    {                                                                                              \
        "output", 'o', OPT_CHOICE, words, "form of the output", 0, 0                               \
    }
/** Ends a table of options. */
#define OPT_END                                                                                    \
    {                                                                                              \
        NULL, 0, OPT_FLAG, NULL, NULL, 0, 0                                                        \
    }

/** @return exit status 0..255, or a negative err code with the reason in `err` */
typedef int (*opt_run_fn)(struct cli *cli, const struct opt *opt, struct err *err);

#define OPT_ARGS_ANY UINT16_MAX

struct opt_command {
    const char *group;            /* heading under which lists of commands show it */
    const char *noun;             /* NULL ends a table */
    const char *verb;             /* NULL: the noun is the whole command */
    const char *args;             /* how usage shows the arguments: "FILE..."; "" = none */
    uint16_t args_least;          /* fewest arguments */
    uint16_t args_most;           /* most arguments; OPT_ARGS_ANY = no limit */
    const struct opt_row *rows;   /* options of this command, may be NULL */
    const struct opt_row *shared; /* options it shares with others, may be NULL */
    const char *summary;          /* one line for lists of commands, no full stop */
    const char *text;             /* the rest of its help: paragraphs and examples; may be NULL */
    opt_run_fn run;
};

/** Options every command understands: --help, --version, --no-color. */
extern const struct opt_row opt_global_rows[];

/** One option that was given. */
struct opt_given {
    const struct opt_row *row;
    const char *text; /* borrowed from argv; NULL for a flag */
    int64_t number;   /* OPT_NUMBER, OPT_DURATION (ns); OPT_CHOICE: index of the word */
};

/** A parsed command line. Strings are borrowed from argv. `{0}` is empty. */
struct opt {
    const struct opt_command *command; /* NULL: only --help or --version was asked for */
    const char *noun;                  /* what --help is about: NULL = everything */
    bool help;
    bool version;
    bool no_color;
    struct opt_given *given; /* in the order of the command line */
    size_t given_len;
    const char **args;
    size_t args_len;
};

/**
 * Parse a command line against a table of commands.
 *
 * @param commands ends with a NULL noun; rows of one noun stand together
 * @param argv     argc strings, [0] is the program; borrowed as long as ret_opt is used
 * @param ret_opt  opt_done frees it
 * @return 0; E_ARG (err says what is wrong, with a suggestion when one is near), E_NOMEM
 */
int opt_parse(const struct opt_command *commands, int argc, char *const *argv, struct opt *ret_opt,
              struct err *err) MUST_CHECK;
/** For CLEANUP(opt_done). */
void opt_done(struct opt *opt);

/* What was given. Naming an option that the command's tables do not have is a programming error
 * (assert). */
bool opt_flag(const struct opt *opt, const char *name);
/** Last value, or `fallback`. */
const char *opt_text(const struct opt *opt, const char *name, const char *fallback);
/** Next value of an OPT_TEXTS option at or after *pos, which moves past it; NULL at the end. Start
 * with 0. */
const char *opt_text_next(const struct opt *opt, const char *name, size_t *pos);
/** OPT_NUMBER or OPT_DURATION (nanoseconds), or `fallback`. */
int64_t opt_number(const struct opt *opt, const char *name, int64_t fallback);
/** Index of the chosen word of an OPT_CHOICE option; 0 (the first) when it was not given. */
unsigned opt_choice(const struct opt *opt, const char *name);

#endif
