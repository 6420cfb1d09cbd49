/* Questions to the person at the terminal. Secrets are never arguments: they are typed without
 * echo, or come as one line of standard input when that is no terminal. */
#ifndef CORDON_CLI_PROMPT_H
#define CORDON_CLI_PROMPT_H

#include "base/buf.h"
#include "base/err.h"
#include "cli/cli.h"

/** Longest answer in bytes. */
enum { PROMPT_BYTES_MAX = 4096 };

/**
 * Ask for a line that is shown while it is typed.
 * @return 0; E_CLOSED (end of input), E_LIMIT, E_IO, E_NOMEM
 */
int prompt_line(struct cli *cli, const char *question, struct buf *ret_line,
                struct err *err) MUST_CHECK;

/** As prompt_line without echo; into a buffer of CLEANUP(secret_buf_done). */
int prompt_secret(struct cli *cli, const char *question, struct buf *ret_secret,
                  struct err *err) MUST_CHECK;

/**
 * Ask for the exact word `word`.
 * @return 0; E_DENIED (something else was typed, or nobody is there to ask)
 */
int prompt_word(struct cli *cli, const char *question, const char *word,
                struct err *err) MUST_CHECK;

#endif
