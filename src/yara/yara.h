/* YARA rules: source text to compiled rules, bytes to the rules that match. Only ever called in a
 * worker process (serve.h): what is given here is hostile on both sides. One thread.
 * On a system without libyara everything is E_UNSUPPORTED. */
#ifndef CORDON_YARA_YARA_H
#define CORDON_YARA_YARA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/** Whether this program has YARA at all. */
bool yara_available(void);

struct yara_compiler;
struct yara_rules;

/** @return 0, E_NOMEM, E_UNSUPPORTED */
int yara_compiler_new(struct yara_compiler **ret_compiler, struct err *err) MUST_CHECK;
/** NULL is allowed. */
void yara_compiler_free(struct yara_compiler *c);
/**
 * Add the rules of one file, in a namespace of its own: two files may have rules of one name.
 *
 * @param name where errors point to
 * @param text NUL-terminated, without another NUL
 * @return 0, E_PARSE (err has file and line), E_LIMIT, E_NOMEM. After an error the compiler is only
 * good for yara_compiler_free.
 */
int yara_compiler_add(struct yara_compiler *c, const char *name, const char *text,
                      struct err *err) MUST_CHECK;
/**
 * Make rules of everything added; the compiler is used up.
 * @return 0, E_PARSE (a module that rules may not import), E_NOMEM
 */
int yara_compiler_finish(struct yara_compiler *c, struct yara_rules **ret_rules,
                         struct err *err) MUST_CHECK;

/** NULL is allowed. */
void yara_rules_free(struct yara_rules *r);
uint32_t yara_rules_len(const struct yara_rules *r);
/** What the compiler did not like, "file:line: sentence", a line each; bounded. Lives as long as r.
 */
struct str yara_rules_warnings(const struct yara_rules *r);

/**
 * Append the rules that match as JSON values with commas between them:
 * {"rule","file","tags":[],"meta":{name: text, number or boolean},
 *  "strings":[{"name","offset","bytes"}]}, of each string the first place, of a bounded number of
 * strings. Private rules and strings are left out.
 *
 * @param names     appended: the rules' identifiers, a line each; may be NULL
 * @param timeout_s whole seconds, 0 = none
 * @return 0, E_TIMEOUT (what matched before is in `out`), E_LIMIT (a rule with too many matches, or
 * too deep a recursion), E_NOMEM
 */
int yara_scan(struct yara_rules *r, struct str bytes, int timeout_s, struct buf *out,
              struct buf *names, struct err *err) MUST_CHECK;

#endif
