/* The YARA worker of the server: this program once more, confined before it sees anything
 * (src/yara). Used by whoever compiles or scans on a thread that may wait. */
#ifndef CORDON_SERVER_YARA_PROCESS_H
#define CORDON_SERVER_YARA_PROCESS_H

#include "detect/yara_files.h"
#include "yara/worker.h"

/** Argument by which the program is started as the worker; see main.c. */
#define YARA_PROCESS_ARG "--yara-worker"

/** The worker's side. @return exit status */
int yara_process_main(void);

/**
 * A worker with the rules of a ruleset; it is not started yet.
 * @param files copied
 * @return 0 or E_NOMEM
 */
int yara_process_new(const struct yara_files *files, struct yara_worker **ret_worker,
                     struct err *err) MUST_CHECK;

/** What compiling rules told. `{0}` before use. */
struct yara_process_told {
    uint32_t files;
    uint32_t rules;
    struct buf warnings; /* "file:line: sentence", a line each */
};

/**
 * Whether the YARA rules of a ruleset compile; the worker is ended again. Blocks for a bounded
 * time.
 * @param image   as builder_finish made it
 * @param builtin how many files come first that are known to compile: the program's own
 * @return 0; E_PARSE, E_LIMIT (the message names file and line); E_NOMEM, E_IO
 */
int yara_process_check(struct str image, uint32_t builtin, struct yara_process_told *told,
                       struct err *err) MUST_CHECK;
void yara_process_told_done(struct yara_process_told *told);

#endif
