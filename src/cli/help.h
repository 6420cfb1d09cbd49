/* Help texts made from the command table: of the program, of one noun, of one command, and all of
 * it as a reference page. Called by cli.c and the documentation build. */
#ifndef CORDON_CLI_HELP_H
#define CORDON_CLI_HELP_H

#include "base/buf.h"
#include "cli/opt.h"

/**
 * Append the help that a command line asks for.
 * @param opt  command set: of that command; only noun set: its commands; neither: the program
 */
void help_add(struct buf *out, const struct opt_command *commands, const struct opt *opt);

/** Append the reference of every command in Markdown, in table order; the same bytes each time. */
void help_add_markdown(struct buf *out, const struct opt_command *commands);

#endif
