/* Lines of any known source -> events of the one schema. The format is recognised per record:
 * eslogger (schema versions 7 to 11), the Champollion and fleet-edr recordings, Elastic Endpoint
 * ECS documents, lines of the unified log as log(1) prints them, Cordon's own flat form, and flat
 * JSON with Sigma field names. Hostile input: every limit of schema/param.h applies, nothing is
 * trusted. One normaliser per thread. */
#ifndef CORDON_EVENT_NORMALISE_H
#define CORDON_EVENT_NORMALISE_H

#include "base/err.h"
#include "base/str.h"
#include "event/event.h"

/** X(enum, name) */
#define EVENT_FORMAT_LIST(X)                                                                       \
    X(FORMAT_AUTO, "auto")                                                                         \
    X(FORMAT_ESLOGGER, "eslogger")                                                                 \
    X(FORMAT_CHAMPOLLION, "champollion")                                                           \
    X(FORMAT_FLEETEDR, "fleet-edr")                                                                \
    X(FORMAT_ECS, "ecs")                                                                           \
    X(FORMAT_LOG, "log")                                                                           \
    X(FORMAT_CORDON, "cordon")                                                                     \
    X(FORMAT_SIGMA, "sigma")

enum event_format {
#define EVENT_FORMAT_ENUM(id, name) id,
    EVENT_FORMAT_LIST(EVENT_FORMAT_ENUM)
#undef EVENT_FORMAT_ENUM
};

struct normaliser;

/** @return 0 or E_NOMEM */
int normaliser_new(struct normaliser **ret_normaliser) MUST_CHECK;
void normaliser_free(struct normaliser *n);

/**
 * Turn one JSON object into an event.
 *
 * @param n       scratch of this thread
 * @param record  one JSON object, borrowed; must stay valid as long as the event is used
 * @param format  FORMAT_AUTO to recognise it
 * @param ev      overwritten; slices valid until the next call with the same normaliser
 * @param err     column (byte, 1-based) of the fault on failure
 * @return 0, E_PARSE (not a JSON object), E_LIMIT (too long or too deep), E_NOMEM
 */
int normaliser_record(struct normaliser *n, struct str record, enum event_format format,
                      struct event *ev, struct err *err) MUST_CHECK;

/**
 * The format that was recognised last, which the next record is tried as first: what a normaliser
 * remembers from record to record. With normaliser_expect another normaliser goes on where this one
 * is. FORMAT_AUTO = nothing recognised yet.
 */
enum event_format normaliser_expected(const struct normaliser *n);
void normaliser_expect(struct normaliser *n, enum event_format format);

const char *event_format_name(enum event_format format);

#endif
