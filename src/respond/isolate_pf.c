/* Isolation as pf rules. See isolate_pf.h; what passes and why: isolate.h.
 *
 * pf keeps approved states for ever: whoever loads these rules flushes the states, and the
 * lifeline's rule takes `flags any`, so that its open connection is approved anew. Errors such as
 * "packet too big" belong to the lifeline's state and pass with it. */
#include "respond/isolate_pf.h"

#define CALL_OURS "anchor \"" ISOLATE_PF_ANCHOR "\""

static void add_endpoint(struct buf *out, const struct isolate_address *a, const uint32_t *uid)
{
    buf_addf(out, "pass out quick %s proto tcp from any to ", a->v6 ? "inet6" : "inet");
    isolate_address_add_ip(out, a);
    buf_addf(out, " port %u", (unsigned)a->port);
    if (uid)
        buf_addf(out, " user %lu", (unsigned long)*uid);
    buf_add_cstr(out, " flags any keep state\n");
}

/* The link must live: DHCP by broadcast, DHCPv6 by link-local multicast, neighbour discovery, and
 * listener reports (they carry a router-alert option). */
static const char link_rules[] =
    "pass out quick inet proto udp from any port 68 to 255.255.255.255 port 67 no state\n"
    "pass in quick inet proto udp from any port 67 to any port 68 no state\n"
    "pass out quick inet6 proto udp from fe80::/10 port 546 to ff02::1:2 port 547 no state\n"
    "pass in quick inet6 proto udp from fe80::/10 port 547 to any port 546 no state\n"
    "pass out quick inet6 proto icmp6 all icmp6-type { 133, 135, 136 } no state\n"
    "pass in quick inet6 proto icmp6 all icmp6-type { 134, 135, 136 } no state\n"
    "pass out quick inet6 proto icmp6 all icmp6-type { 131, 143 } allow-opts no state\n"
    "pass in quick inet6 proto icmp6 all icmp6-type 130 allow-opts no state\n";

/* Apple's own networks; names would need DNS, which is closed. */
static const char mdm_rules[] =
    "pass out quick inet proto tcp from any to 17.0.0.0/8 port { 443, 2197, 5223 } user root "
    "flags any keep state\n"
    "pass out quick inet6 proto tcp from any to 2620:149::/32 port { 443, 2197, 5223 } user root "
    "flags any keep state\n";

int isolate_pf_add_anchor(struct buf *out, const struct isolate_policy *policy)
{
    /* `set skip` is not allowed in an anchor. */
    buf_add_cstr(out, "pass quick on lo0 all no state\n");
    for (uint32_t i = 0; i < policy->lifeline_len; i++)
        add_endpoint(out, &policy->lifeline[i], &policy->uid);
    for (uint32_t i = 0; i < policy->allow_len; i++)
        add_endpoint(out, &policy->allow[i], NULL);
    buf_add_cstr(out, link_rules);
    if (policy->keep_mdm)
        buf_add_cstr(out, mdm_rules);
    buf_add_cstr(out, "block drop quick all\n");
    return buf_check(out);
}

int isolate_pf_add_main(struct buf *out, bool ours)
{
    buf_add_cstr(out, "scrub-anchor \"com.apple/*\"\n"
                      "nat-anchor \"com.apple/*\"\n"
                      "rdr-anchor \"com.apple/*\"\n"
                      "dummynet-anchor \"com.apple/*\"\n");
    if (ours)
        buf_add_cstr(out, CALL_OURS "\n");
    buf_add_cstr(out, "anchor \"com.apple/*\"\n"
                      "load anchor \"com.apple\" from \"/etc/pf.anchors/com.apple\"\n");
    return buf_check(out);
}

bool isolate_pf_enabled(struct str info)
{
    struct str line;
    while (str_next(&info, '\n', &line)) {
        if (str_starts(str_trim(line), STR("Status: Enabled")))
            return true;
    }
    return false;
}

bool isolate_pf_anchor_first(struct str rules)
{
    struct str line;
    while (str_next(&rules, '\n', &line)) {
        line = str_trim(line);
        /* Normalisation is printed among the rules but decides nothing. */
        if (line.len == 0 || str_starts(line, STR("scrub")) || str_starts(line, STR("dummynet")))
            continue;
        return str_starts(line, STR(CALL_OURS));
    }
    return false;
}

bool isolate_pf_calls_anchor(struct str rules)
{
    struct str line;
    while (str_next(&rules, '\n', &line)) {
        if (str_starts(str_trim(line), STR(CALL_OURS)))
            return true;
    }
    return false;
}

/* "PID Process-name TOKEN TIMESTAMP" with blanks between; the name may hold blanks too. */
bool isolate_pf_holds(struct str references, uint64_t token)
{
    struct str line, word;
    while (str_next(&references, '\n', &line)) {
        line = str_trim(line);
        for (bool pid = true; str_next(&line, ' ', &word); pid = false) {
            uint64_t number;
            if (!pid && word.len && str_to_u64(word, &number) == 0 && number == token)
                return true;
        }
    }
    return false;
}

int isolate_pf_token(struct str printed, uint64_t *ret_token)
{
    struct str line;
    while (str_next(&printed, '\n', &line)) {
        line = str_trim(line);
        size_t colon = str_find_char(line, ':');
        if (!str_starts(line, STR("Token")) || colon == SIZE_MAX)
            continue;
        return str_to_u64(str_trim(str_sub(line, colon + 1, SIZE_MAX)), ret_token) ? E_PARSE : 0;
    }
    return E_PARSE;
}
