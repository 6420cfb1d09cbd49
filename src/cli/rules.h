/* From rule files to a ruleset in memory, for the commands that compile or run rules. A rule that
 * cannot be compiled is reported and left out; a file that cannot be read is an error. */
#ifndef CORDON_CLI_RULES_H
#define CORDON_CLI_RULES_H

#include "base/buf.h"
#include "base/err.h"
#include "cli/opt.h"
#include "detect/detect.h"

/** The `--placeholders` option of commands that compile rules. */
#define RULES_PLACEHOLDERS                                                                         \
    {                                                                                              \
        "placeholders", 0, OPT_TEXTS, "FILE", "YAML file of values for the modifier 'expand'", 0,  \
            0                                                                                      \
    }

struct rules {
    struct builder *builder;
    builder_refused_fn refused; /* may be NULL */
    builder_refused_fn note;    /* told what a compiler of YARA rules warns of; may be NULL */
    void *refused_arg;          /* of both */
    struct placeholders *placeholders; /* NULL: only what comes with the program */
    struct builder_counts counts;
    struct builder_counts exceptions;
    uint32_t files;
    struct buf image;    /* what `set` points into */
    struct ruleset *set; /* NULL before rules_finish */
};

/** A builder_refused_fn that warns on standard error. @param cli struct cli */
void rules_warn_refused(void *cli, const struct err *err);
/** @return 0 or E_NOMEM */
int rules_init(struct rules *r, builder_refused_fn refused, void *arg) MUST_CHECK;
/** Take the values of every `--placeholders` file, for the rules added afterwards. */
int rules_use_options(struct rules *r, const struct opt *opt, struct err *err) MUST_CHECK;
/** For CLEANUP(rules_done). */
void rules_done(struct rules *r);
/** Compile the file, or all rule files below the folder. @return 0 or an error of rulefiles_each */
int rules_add_path(struct rules *r, const char *path, struct err *err) MUST_CHECK;
/** Compile the built-in analytics. */
int rules_add_builtin(struct rules *r, struct err *err) MUST_CHECK;
/** Add the built-in signatures: devices with YARA look into files with them. */
int rules_add_signatures(struct rules *r, struct err *err) MUST_CHECK;
/** Compile the documents of one text. */
int rules_add_bytes(struct rules *r, const char *source, struct str bytes,
                    struct err *err) MUST_CHECK;
/**
 * Take the ruleset that `cordon rules build` wrote instead of rule files; nothing else may be
 * added.
 * @return 0, E_NOT_FOUND, E_DENIED, E_LIMIT, E_IO, E_PARSE (damaged), E_VERSION, E_NOMEM
 */
int rules_load(struct rules *r, const char *path, struct err *err) MUST_CHECK;
/** Add the exceptions of a file; those that are wrong are reported like rules. @return 0, E_PARSE,
 * E_LIMIT, E_NOMEM, an error of file_read */
int rules_add_exceptions(struct rules *r, const char *path, struct err *err) MUST_CHECK;
/** Make `set` from everything added. @return 0, E_NOMEM, E_LIMIT */
int rules_finish(struct rules *r, struct err *err) MUST_CHECK;

#endif
