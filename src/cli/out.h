/* Buffered text to a descriptor: the standard output and standard error of the commands. Errors
 * stick, like those of a buffer; the program asks once at its end. */
#ifndef CORDON_CLI_OUT_H
#define CORDON_CLI_OUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct out {
    int fd;           /* borrowed */
    bool tty;         /* a person reads it: no block buffering */
    bool color;       /* may hold escape sequences for colours */
    unsigned columns; /* width of the terminal; 0 = no terminal, never cut lines */
    struct buf text;  /* not yet written; append here, then call out_end_line */
    int error;        /* first failure, sticky: E_CLOSED (nobody reads), E_FULL, E_IO, E_NOMEM */
};

/** @param allow_color false switches colours off in any case */
void out_init(struct out *o, int fd, bool allow_color);
/** After a whole line or record: writes when a person reads it or enough has gathered. */
void out_end_line(struct out *o);
/** Write everything now. */
void out_flush(struct out *o);
/** Flush and free. @return the sticky error or 0 */
int out_done(struct out *o);
/** Report a failure of `o` in words. @return its code, 0 when there was none */
int out_check(const struct out *o, struct err *err);

/** One line of foreign or own text, made safe for a terminal, and its line end. */
void out_line(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** Foreign text made safe for a terminal. */
void out_printable(struct out *o, struct str text);

#endif
