/* Cuts this device off the network at the kernel's packet filter, and puts it back: nftables on
 * Linux (isolate_linux.c), pf on macOS (isolate_macos.c). Acts on the network namespace of the
 * caller. No memory of its own: what is wanted is kept, persisted and re-asserted by isolation.h,
 * which is what the agent calls.
 *
 * While isolated nothing passes, in or out or through, over IPv4 or IPv6, whatever was open before,
 * except:
 *   loopback
 *   TCP between the lifeline's user and the lifeline's addresses and ports
 *   TCP to the addresses the order allows besides
 *   DHCP and DHCPv6 on the link, neighbour discovery and multicast listener reports: without them
 *     the link loses its address and with it the lifeline
 *   inbound "destination unreachable" and "packet too big": without them large packets of the
 *     lifeline vanish on paths with a small MTU
 * It holds against programs that are not root; root can take any rule out (isolation.h notices and
 * puts it back) and can write to the link below the packet filter (AF_PACKET, BPF).
 */
#ifndef CORDON_RESPOND_ISOLATE_H
#define CORDON_RESPOND_ISOLATE_H

#include "respond/isolate_policy.h"

enum isolate_found {
    ISOLATE_ABSENT,    /* our rules are not in the kernel */
    ISOLATE_AS_WANTED, /* they are, exactly */
    ISOLATE_DIFFERENT  /* somebody changed them */
};

/**
 * Put the rules into the kernel in one step, replacing older ones of ours, and read them back.
 * Foreign rules stay untouched. Blocks for some 20 ms, 20 s at most.
 * @return 0, E_ARG (no lifeline), E_DENIED (no privilege), E_UNSUPPORTED (no packet filter
 * program), E_STATE (what the kernel has afterwards is not what was asked), E_IO, E_TIMEOUT,
 * E_NOMEM
 */
int isolate_apply(const struct isolate_policy *policy, struct err *err) MUST_CHECK;

/** Take our rules out; succeeds when there are none. @return as isolate_apply */
int isolate_release(struct err *err) MUST_CHECK;

/** Compare the kernel's rules with what `wanted` would make; `err` names the first difference.
 * @return as isolate_apply; 0 for all three findings */
int isolate_check(const struct isolate_policy *wanted, enum isolate_found *ret_found,
                  struct err *err) MUST_CHECK;

/** Have the packet filter's program read the rules without putting them in force. For the
 * self-test. @return as isolate_apply; E_STATE quotes what is refused */
int isolate_dry_run(const struct isolate_policy *policy, struct err *err) MUST_CHECK;

#endif
