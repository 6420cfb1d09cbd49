/* Giving devices another ruleset: what it is made of was changed, so it is compiled anew on the
 * thread of its own, saved, made active, told to the devices; then the request is answered. */
#ifndef CORDON_SERVER_RULES_CHANGE_H
#define CORDON_SERVER_RULES_CHANGE_H

#include "server/server.h"

/**
 * Compile, activate and answer with a status and a JSON object: `members`, then what was compiled.
 * Changes that come one after the other are compiled one after the other, each with all that was
 * stored before: the last one is what stays active.
 *
 * @param own     the operator's rules instead of those in force, borrowed until the answer; NULL
 *                pointer: those in force
 * @param members JSON members with a comma behind each, consumed
 */
void rules_change(struct call *c, int status, struct str own, struct buf *members);

/** The same without anybody waiting, after a change of the server's own; trouble is logged. */
void rules_refresh(struct server *s);

#endif
