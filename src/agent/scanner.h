/* Files that events name, scanned with the ruleset's YARA rules. The monitor opens them, on a
 * thread of this file; a worker process without rights looks into them (src/yara); what it finds
 * comes back as a record, like one of the sensor's. */
#ifndef CORDON_AGENT_SCANNER_H
#define CORDON_AGENT_SCANNER_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "codec/json_out.h"
#include "os/loop.h"

struct scanner;

/** A record about a file in which rules were found; on the loop. */
typedef void (*scanner_fn)(void *arg, struct str record);

/**
 * @param program, config  as for children_new: the worker is this program in a role of its own
 * @return 0, E_NOMEM
 */
int scanner_new(struct loop *loop, const char *program, const char *config, scanner_fn fn,
                void *arg, struct scanner **ret_scanner) MUST_CHECK;
/** Ends thread and worker; after it nothing is reported any more. NULL is allowed. */
void scanner_free(struct scanner *s);

/**
 * Scan with the YARA rules of this ruleset from now on; they are copied. Whether they compile shows
 * later, in the health.
 * @param fd verified image, borrowed; -1 = there is none yet
 * @return 0; on failure the earlier rules stay: E_IO, E_VERSION, E_PARSE, E_NOMEM
 */
int scanner_use(struct scanner *s, int fd, struct err *err) MUST_CHECK;
/**
 * Ask for a file: the body of AGENT_SCAN. Without rules nothing happens; when too many wait it is
 * counted and left out.
 * @return 0, E_PARSE, E_NOMEM
 */
int scanner_ask(struct scanner *s, struct str body) MUST_CHECK;
/** Counters, and what is wrong with the rules, as the value of a key. */
void scanner_health(struct scanner *s, struct json_out *j);

#endif
