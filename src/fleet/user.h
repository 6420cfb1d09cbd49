/* People: accounts, roles, sessions and API tokens. Every call is for a unit of work (store_write)
 * and leaves its audit entry there, unless it says it reads. Passwords are hashed and checked by
 * the caller outside the writer thread (crypto/password.h); only hashes come in here. */
#ifndef CORDON_FLEET_USER_H
#define CORDON_FLEET_USER_H

#include "fleet/actor.h"

enum { USER_NAME_BYTES = 64 };

/** 1..64 bytes of a-z 0-9 . _ - @, starting with a letter or digit. */
bool user_name_valid(struct str name);

/**
 * Add a person. Owners are made by owners only; the first of all by the system.
 * @return 0, E_DENIED, E_ARG (name), E_EXISTS
 */
int user_create(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str name,
                enum role_id role, struct str password_hash, bool must_change,
                struct err *err) MUST_CHECK;
/** Change a role; ends the person's sessions. E_STATE: it would leave no enabled owner. */
int user_set_role(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str name,
                  enum role_id role, struct err *err) MUST_CHECK;
/** Disable (ends sessions and API tokens) or enable. E_STATE: the last owner. */
int user_set_disabled(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str name,
                      bool disabled, struct err *err) MUST_CHECK;
/**
 * Set a password: one's own, or somebody's (then they must change it). Ends the person's sessions
 * but the one of `keep_session_hash` (may be empty).
 */
int user_set_password(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str name,
                      struct str password_hash, struct str keep_session_hash,
                      struct err *err) MUST_CHECK;

/** Open a session after the password was checked. E_DENIED: disabled meanwhile. */
int user_session_open(struct store_tx *tx, struct str name, struct str token_hash, int64_t now_ns,
                      int64_t expires_ns, struct str user_agent, struct str address,
                      struct err *err) MUST_CHECK;
/** Audit a login that failed; `name` is what was typed, cut to 64 bytes. */
int user_login_failed(struct store_tx *tx, struct str name, int64_t now_ns, struct str address,
                      struct err *err) MUST_CHECK;
/** End one's own session, or delete an API token: one's own, or anybody's with users.write. */
int user_token_delete(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                      struct str token_hash, struct err *err) MUST_CHECK;
/** Make an API token for oneself. */
int user_token_create(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                      struct str token_hash, struct str label, int64_t expires_ns,
                      struct err *err) MUST_CHECK;

/**
 * Who holds this token now? Reads.
 * @param token_hash SHA-256 of the presented token, lower-case hex
 * @param ret_actor  name in the arena, role of the user now; address is left empty
 * @param ret_must_change the person must set a new password before anything else
 * @return 0, E_AUTH (unknown, expired, or the user is disabled)
 */
int user_authenticate(struct store_tx *tx, struct str token_hash, int64_t now_ns,
                      struct arena *arena, struct actor *ret_actor, bool *ret_must_change,
                      struct err *err) MUST_CHECK;

#endif
