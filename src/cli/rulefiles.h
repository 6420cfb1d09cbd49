/* Rule files by path: a file, or every rule file below a folder in the order of their names; and
 * the ones built into the program. Follows symbolic links, visits each folder once, skips hidden
 * names. */
#ifndef CORDON_CLI_RULEFILES_H
#define CORDON_CLI_RULEFILES_H

#include "base/err.h"
#include "base/str.h"

/** How the name of a built-in file begins in places and lists. */
#define RULEFILES_BUILTIN "builtin:"
/** What stands for the built-in files where a path is asked for. */
#define RULEFILES_BUILTIN_PATH "builtin"

/** Which files of a folder are rule files: *.yml and *.yaml, or *.yar and *.yara, or both. */
enum { RULEFILES_YAML = 1, RULEFILES_YARA = 2 };

/**
 * One rule file.
 * @param path  as reached from the path given; valid for the call
 * @param bytes valid for the call
 * @return 0 to go on; anything else ends the walk and is its result
 */
typedef int (*rulefiles_fn)(void *arg, const char *path, struct str bytes, struct err *err);

/**
 * Call `fn` for the file at `path`, whatever its name, or for every rule file below the folder.
 * @param kinds RULEFILES_ flags
 * @return 0, E_NOT_FOUND, E_DENIED, E_LIMIT (a file larger than a rule file may be), E_IO, E_NOMEM,
 * or what `fn` returned
 */
int rulefiles_each(const char *path, unsigned kinds, rulefiles_fn fn, void *arg,
                   struct err *err) MUST_CHECK;

/** Call `fn` for every built-in analytic. @return 0 or what `fn` returned */
int rulefiles_each_builtin(rulefiles_fn fn, void *arg, struct err *err) MUST_CHECK;

/** Call `fn` for every built-in signature, a YARA rule each. @return 0 or what `fn` returned */
int rulefiles_each_signature(rulefiles_fn fn, void *arg, struct err *err) MUST_CHECK;

#endif
