/* Reading members of a parsed JSON object with limits and errors that name the member: the common
 * part of the control-plane bodies (requests, channel messages, plans). Over jansson. */
#ifndef CORDON_PROTO_JSON_IN_H
#define CORDON_PROTO_JSON_IN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/** For CLEANUP(json_in_freep). */
void json_in_freep(json_t **value);

/**
 * Parse a text that must be one JSON object; duplicate members are refused.
 * @return 0, E_PARSE (err has line and column), E_LIMIT (longer than `limit`)
 */
int json_in_object(struct str text, size_t limit, json_t **ret_object, struct err *err) MUST_CHECK;

/**
 * Copy a text member into the arena.
 * @param required when false an absent or null member yields an empty slice
 * @param max      most bytes
 * @return 0, E_PARSE, E_LIMIT, E_NOMEM
 */
int json_in_text(const json_t *object, const char *key, bool required, size_t max,
                 struct arena *arena, struct str *ret, struct err *err) MUST_CHECK;
/** Integer member. */
int json_in_int(const json_t *object, const char *key, bool required, int64_t fallback,
                int64_t *ret, struct err *err) MUST_CHECK;
/** Boolean member. */
int json_in_bool(const json_t *object, const char *key, bool required, bool fallback, bool *ret,
                 struct err *err) MUST_CHECK;
/** Serialise a member (object or array) compactly into the arena; empty when absent. */
int json_in_raw(const json_t *object, const char *key, size_t max, struct arena *arena,
                struct str *ret, struct err *err) MUST_CHECK;

#endif
