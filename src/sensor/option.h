/* A sensor's own options: "key=value" pairs, one a line, blank lines ignored. Called by the
 * sensors' open functions; knows no key itself. */
#ifndef CORDON_SENSOR_OPTION_H
#define CORDON_SENSOR_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct option {
    struct str key;
    struct str value; /* empty when the line has no '=' */
};

/** Cut the next pair off the front of *rest; false at the end. Slices are borrowed from the text.
 */
bool option_next(struct str *rest, struct option *ret_option);
/** "yes", "no", "true", "false". @return 0 or E_ARG naming the key */
int option_bool(const struct option *o, bool *ret_value, struct err *err) MUST_CHECK;
/** Duration such as "5s" in milliseconds, at least 1. @return 0 or E_ARG */
int option_ms(const struct option *o, int64_t *ret_ms, struct err *err) MUST_CHECK;
/** The error for a key the sensor does not have. @param has the keys it has, in words */
int option_unknown(const struct option *o, const char *sensor, const char *has,
                   struct err *err) MUST_CHECK;

#endif
