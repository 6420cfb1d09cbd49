/* Files that people send for a scan: one after the other, on a thread that keeps the ruleset it
 * used last open and its YARA worker running. What a worker says is parsed here before anybody gets
 * it. */
#ifndef CORDON_SERVER_SCANS_H
#define CORDON_SERVER_SCANS_H

#include "server/server.h"

/** One file from its first byte to its answer. `{.fd = -1}` before use. */
struct scan_task {
    struct scans *scans;
    int fd; /* unlinked, owned; nobody can write to it any more when it is scanned */
    uint64_t bytes;
    char version[HASH_HEX_BYTES]; /* of the ruleset */
    /* Filled by the scan. */
    int rc; /* of what went wrong before the file was looked at */
    struct err err;
    char sha256[HASH_HEX_BYTES];
    struct buf prevent; /* JSON object: the entry that names its hash; empty = none */
    struct buf matches; /* JSON array */
    uint32_t matches_len;
    uint32_t rules;  /* YARA rules of the ruleset */
    bool complete;   /* every rule was asked about the whole file */
    struct err lack; /* why it is not complete */
};

/** For CLEANUP(scan_task_done). */
void scan_task_done(struct scan_task *t);

int scans_new(struct server *s, struct scans **ret_scans, struct err *err) MUST_CHECK;
/** Waits for the file that is being scanned, ends the worker. NULL is allowed. */
void scans_free(struct scans *s);

/** Take a place, before anything is received. @return 0, E_RATE (all are taken) */
int scans_reserve(struct scans *s, struct err *err) MUST_CHECK;
void scans_release(struct scans *s);
/**
 * Scan, in a place reserved before, then call `done(loop, arg)`.
 * @param task borrowed until then
 * @return 0, E_NOMEM, E_RATE
 */
int scans_run(struct scans *s, struct scan_task *task, loop_fn done, void *arg) MUST_CHECK;

#endif
