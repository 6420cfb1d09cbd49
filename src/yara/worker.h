/* A YARA worker from its user's side: rules are given once, then files one after the other. The
 * worker is started when it is needed, killed when it takes too long, and started again for the
 * next file. Blocking; one thread at a time. */
#ifndef CORDON_YARA_WORKER_H
#define CORDON_YARA_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct yara_limits {
    uint64_t file_bytes; /* read of one file; what follows is not looked at */
    uint32_t seconds;    /* of one file */
    uint32_t compile_seconds;
};

/** Limits that suit files of a person's computer. */
extern const struct yara_limits yara_limits_default;

struct yara_found {
    struct buf names; /* of the rules, a line each */
    struct buf rules; /* JSON values with commas between them; see yara_scan */
    uint64_t bytes;   /* looked at */
    bool cut;         /* the file went on */
};

/** For CLEANUP(yara_found_done). */
void yara_found_done(struct yara_found *f);

struct yara_worker;

/**
 * @param argv NULL-terminated program that calls yara_serve on its standard input; borrowed
 * @return 0 or E_NOMEM; nothing is started yet
 */
int yara_worker_new(const char *const *argv, const struct yara_limits *limits,
                    struct yara_worker **ret_worker) MUST_CHECK;
/** Ends the process. NULL is allowed. */
void yara_worker_free(struct yara_worker *w);
/** One file of rules; copied. Before the first scan. @return 0 or E_NOMEM */
int yara_worker_add(struct yara_worker *w, struct str name, struct str text) MUST_CHECK;
/**
 * Compile the rules: whoever wants to know early whether they are right.
 * @return 0, E_PARSE (err has file and line), E_LIMIT, E_TIMEOUT, E_CLOSED (the worker died of
 * them), E_NOMEM, E_UNSUPPORTED, E_IO
 */
int yara_worker_start(struct yara_worker *w, struct err *err) MUST_CHECK;
/**
 * Scan one file from its beginning.
 * @param fd     readable regular file, borrowed; its position stays
 * @param found  is replaced; yara_found_done frees it. After E_TIMEOUT it may hold what was found
 * before
 * @return 0; E_TIMEOUT, E_LIMIT, E_IO, E_CLOSED (the worker died of this file): the next scan works
 * again; as yara_worker_start when the worker had to be started
 */
int yara_worker_scan(struct yara_worker *w, int fd, struct yara_found *found,
                     struct err *err) MUST_CHECK;
/** Of the rules in use; 0 before the start. */
uint32_t yara_worker_rules(const struct yara_worker *w);
/** What libyara did not like in them: "file:line: sentence", a line each, bounded. Lives until the
 * next start. */
struct str yara_worker_warnings(const struct yara_worker *w);
/** How often a worker died or was killed. */
uint32_t yara_worker_losses(const struct yara_worker *w);

#endif
