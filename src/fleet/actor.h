/* Who does something, and whether they may: the one choke point for permissions. */
#ifndef CORDON_FLEET_ACTOR_H
#define CORDON_FLEET_ACTOR_H

#include <stdbool.h>

#include "base/err.h"
#include "schema/permission.h"
#include "store/store.h"

enum actor_kind { ACTOR_SYSTEM, ACTOR_USER, ACTOR_DEVICE };

/** Plain values; slices are borrowed. */
struct actor {
    enum actor_kind kind;
    struct str name;    /* user name, device id, or the part of the system that acts */
    enum role_id role;  /* of a user */
    struct str address; /* where the request came from; may be empty */
};

/** The server itself, for sweeps and automation. */
struct actor actor_system(const char *part);
struct actor actor_device(struct str device, struct str address);

/**
 * May the actor do this? The system may; a device may nothing of the vocabulary.
 * @return 0, E_DENIED with a sentence naming the permission
 */
int actor_may(const struct actor *by, enum permission_id permission, struct err *err) MUST_CHECK;

/**
 * Append one entry to the audit log in the same transaction as the deed.
 * @param object      "device:ID" is written from kind "device" and the id
 * @param detail_json a JSON object text, or empty
 */
int actor_audit(struct store_tx *tx, const struct actor *by, int64_t now_ns, const char *verb,
                const char *object_kind, struct str object_id, struct str detail_json,
                struct err *err) MUST_CHECK;

#endif
