/* Decimal numbers as rules and events write them: `42`, `-7`, `0.25`. Exact to nine decimals over
 * the whole range of 64-bit integers; no rounding, no exponent. */
#ifndef CORDON_DETECT_NUMBER_H
#define CORDON_DETECT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct number {
    int64_t whole;
    int32_t nanos; /* of one; its sign is the number's */
};

/** Read the whole slice; decimals after the ninth are ignored. @return 0, E_PARSE or E_LIMIT */
int number_parse(struct str text, struct number *ret_number) MUST_CHECK;
/** @return -1, 0 or 1 */
int number_cmp(struct number a, struct number b);
/** The number in thousandths, further decimals cut off. @return false when it is too large */
bool number_thousandths(struct number n, int64_t *ret_value);

#endif
