/* The device's own record of every command that reached its root process: an append-only file of
 * one JSON object a line, each holding the SHA-256 of the line before (a cut or changed line
 * shows), and the memory of action ids that were accepted, so that none runs twice. Written and
 * synced before a command runs. */
#ifndef CORDON_DEVICE_CMDLOG_H
#define CORDON_DEVICE_CMDLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct cmdlog;

/**
 * Open or create the log; every line is read and its chain checked.
 * @return 0, E_CRYPTO (the chain is broken; err names the line), E_IO, E_NOMEM
 */
int cmdlog_open(const char *path, struct cmdlog **ret_log, struct err *err) MUST_CHECK;
void cmdlog_free(struct cmdlog *log);

/** True when this action id was accepted before and has not expired since. */
bool cmdlog_seen(const struct cmdlog *log, struct str action);
/**
 * How an accepted action ended.
 * @param ret_state  its state, empty while it runs  @param ret_reason the rest of its "finished"
 * detail
 * @return false when the id is not known. Slices live as long as the log.
 */
bool cmdlog_find(const struct cmdlog *log, struct str action, struct str *ret_state,
                 struct str *ret_reason);
/** Highest desired-state generation accepted; 0 = none. */
uint64_t cmdlog_generation(const struct cmdlog *log);

/**
 * Append one line and make it durable.
 *
 * @param verb       "accepted", "refused", "finished"
 * @param action     action id, may be foreign text
 * @param name       command's name
 * @param detail     a sentence or a state
 * @param expires_ns server's time until which the id must be remembered ("accepted" only)
 * @param generation of the desired state, 0 = none
 * Fail points: cmdlog.append, cmdlog.fsync.
 * @return 0, E_FULL, E_IO, E_NOMEM. On failure the command must not run.
 */
int cmdlog_add(struct cmdlog *log, const char *verb, struct str action, struct str name,
               struct str detail, int64_t expires_ns, uint64_t generation,
               struct err *err) MUST_CHECK;

/** Call fn for each action that was accepted and has no "finished" line: it was interrupted.
 * `generation` is that of the desired state it sets, 0 = none. */
void cmdlog_unfinished(const struct cmdlog *log,
                       void (*fn)(void *arg, struct str action, uint64_t generation), void *arg);

#endif
