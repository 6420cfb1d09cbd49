/* What an isolated device may still reach: the lifeline (addresses of the server, for one user) and
 * addresses the order allowed besides. Plain values; addresses only, never names, because name
 * resolution is dead while isolated. Used by every isolation file; touches no kernel. */
#ifndef CORDON_RESPOND_ISOLATE_POLICY_H
#define CORDON_RESPOND_ISOLATE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { ISOLATE_ADDRESSES_MAX = 32 };

/** One TCP endpoint. */
struct isolate_address {
    bool v6;
    uint16_t port;
    unsigned char ip[16]; /* network order; IPv4 uses the first 4 and leaves the rest 0 */
};

struct isolate_policy {
    uint64_t generation; /* of the desired state this comes from */
    uint32_t uid;        /* user the lifeline is for */
    bool keep_mdm;       /* macOS: leave root the way to Apple's management ports */
    uint32_t lifeline_len;
    uint32_t allow_len;
    struct isolate_address lifeline[ISOLATE_ADDRESSES_MAX]; /* current and standby servers */
    struct isolate_address allow[ISOLATE_ADDRESSES_MAX];    /* for every user */
};

/**
 * Parse "192.0.2.10:8443" or "[2001:db8::10]:8443". An IPv4 address mapped into IPv6 becomes IPv4.
 * @return 0, E_ARG (also for port 0, the unspecified address, multicast, and zone ids)
 */
int isolate_address_parse(struct str text, struct isolate_address *ret_address,
                          struct err *err) MUST_CHECK;
/** Append the address without port or brackets. */
void isolate_address_add_ip(struct buf *out, const struct isolate_address *a);
/** Append the form that isolate_address_parse reads. */
void isolate_address_add(struct buf *out, const struct isolate_address *a);

bool isolate_address_equal(const struct isolate_address *a, const struct isolate_address *b);

/** Add an endpoint to a list unless it is there already. @return 0 or E_LIMIT */
int isolate_policy_add(struct isolate_address *list, uint32_t *len,
                       const struct isolate_address *address, struct err *err) MUST_CHECK;
bool isolate_policy_equal(const struct isolate_policy *a, const struct isolate_policy *b);

#endif
