/* One cookie of a request's Cookie field. Cookies of other names belong to other programs of the
 * same host and are passed over, whatever they hold; our own is taken strictly. Source: RFC 6265,
 * sections 4.1.1 (octets of a value) and 4.2.1. */
#ifndef CORDON_CODEC_COOKIE_H
#define CORDON_CODEC_COOKIE_H

#include "base/compiler.h"
#include "base/str.h"

/**
 * Value of the cookie of that name (case-sensitive).
 * @param ret_value slice of `field`, may be empty; bytes 21, 23-2B, 2D-3A, 3C-5B, 5D-7E only
 * @return 0, E_NOT_FOUND, or E_PARSE: the name stands there more than once (somebody planted a
 *         second one), or the value has a byte that a cookie cannot have
 */
int cookie_find(struct str field, struct str name, struct str *ret_value) MUST_CHECK;

#endif
