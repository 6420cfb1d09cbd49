/* Whether YARA rules compile, asked of a worker process (src/yara). */
#ifndef CORDON_CLI_YARACHECK_H
#define CORDON_CLI_YARACHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/** Whether the name says that a file holds YARA rules: *.yar, *.yara. */
bool yaracheck_is_name(const char *name);

/**
 * Compile one file of rules by itself.
 * @param ret_rules how many rules it has
 * @param warnings  what the compiler warns of is appended, a line each
 * @return 0, E_PARSE (err has file and line), E_LIMIT, E_TIMEOUT or E_CLOSED (the rules hurt),
 * E_UNSUPPORTED (no YARA on this system), E_NOMEM, E_IO
 */
int yaracheck(const char *name, struct str text, uint32_t *ret_rules, struct buf *warnings,
              struct err *err) MUST_CHECK;

#endif
