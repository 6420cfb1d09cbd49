/* Checks of text that people and devices send, shared by the files of this folder. */
#ifndef CORDON_FLEET_INPUT_PRIV_H
#define CORDON_FLEET_INPUT_PRIV_H

#include "base/err.h"
#include "base/str.h"

/** One line: well-formed UTF-8 without control characters, `least`..`most` bytes.
 * @return 0, E_ARG (err names `what`), E_LIMIT */
int input_line(struct str s, size_t least, size_t most, const char *what,
               struct err *err) MUST_CHECK;
/** A text a person wrote: as above, line ends and tabs allowed, not only white space. */
int input_reason(struct str s, size_t most, const char *what, struct err *err) MUST_CHECK;
/** JSON object text of at most `most` bytes. @return 0, E_PARSE, E_LIMIT */
int input_object(struct str s, size_t most, const char *what, struct err *err) MUST_CHECK;

#endif
