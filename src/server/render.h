/* Records of the store as JSON of the API (docs/api.md). One function a record; each writes one
 * object. */
#ifndef CORDON_SERVER_RENDER_H
#define CORDON_SERVER_RENDER_H

#include "server/server.h"

/** Also looks up how many alerts are open. Errors of the store. */
int render_device(struct server *s, struct store_tx *tx, const struct store_device *d,
                  struct json_out *j, struct err *err) MUST_CHECK;
/** The members alone, inside an object: lists and one alert add others. The host name is looked up.
 */
int render_alert(struct store_tx *tx, const struct store_alert *a, struct json_out *j,
                 struct err *err) MUST_CHECK;
int render_action(struct store_tx *tx, const struct store_action *a, struct json_out *j,
                  struct err *err) MUST_CHECK;
/** @param secret shown once, when it was made; else empty */
void render_enroll_token(const struct store_enroll_token *t, struct str secret, struct json_out *j);
/** @param whole with `detail`, which lists leave out */
void render_hunt(const struct store_hunt *h, bool whole, struct json_out *j);
void render_ruleset(const struct store_ruleset *r, struct json_out *j);
/** The members alone, inside an object: exceptions add others. */
void render_entry(const struct store_entry *e, struct json_out *j);
void render_audit(const struct store_audit *a, struct json_out *j);

/** Members of an account, inside an object: name, role, must_change_password, permissions. */
void render_person(struct str name, enum role_id role, bool must_change, struct json_out *j);
/** @param csrf empty: a bearer caller, which has none */
void render_session(struct str name, enum role_id role, bool must_change, struct str csrf,
                    int64_t expires_ns, struct json_out *j);

/** "key": time, left out when the time is 0. */
void render_time(struct json_out *j, const char *key, int64_t ns);
/** "key": stored JSON text, `{}` when empty. */
void render_stored_json(struct json_out *j, const char *key, struct str text);

/* A list answer: render_list_begin, items, render_list_end with the next cursor. */
void render_list_begin(struct json_out *j);
void render_list_end(struct json_out *j, struct str next);

#endif
