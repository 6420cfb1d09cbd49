/* IP networks: `10.0.0.0/8`, `fe80::/10`. An IPv4 address is the IPv6 address that maps it, so that
 * both forms of one address compare equal.
 * Source: RFC 4291 section 2.2 (text) and 2.5.5.2 (mapped addresses), RFC 4632. */
#ifndef CORDON_DETECT_CIDR_H
#define CORDON_DETECT_CIDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/** Plain bytes: part of the image format. */
struct cidr {
    uint8_t prefix; /* bits of `address` that count, 0 .. 128 */
    uint8_t address[16];
};

/** @return 0 or E_PARSE: no address, a prefix too long, or bits set behind the prefix */
int cidr_parse(struct str text, struct cidr *ret_network, struct err *err) MUST_CHECK;
/** False also when the text is no address. A zone ("%en0") is ignored. */
bool cidr_contains(const struct cidr *network, struct str address);

#endif
