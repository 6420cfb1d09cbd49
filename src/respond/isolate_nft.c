/* Isolation as nftables objects. See isolate_nft.h; what passes and why: isolate.h.
 *
 * The chains hook in late (priority 300), behind every translation of addresses, so that a
 * rewritten destination cannot slip through, and use no connection tracking: an open connection has
 * no privilege. A drop here is final whatever other tables accept. */
#include "respond/isolate_nft.h"

#include <string.h>

enum { PRIORITY = 300 };

static const char family[] = "inet";

void isolate_nft_unref(json_t **value)
{
    json_decref(*value);
    *value = NULL;
}

/* ------------------------------------------------------------------ rules */

struct rules {
    json_t *list;
    bool failed; /* out of memory somewhere */
};

/* One `left == right` match; steals both. */
static json_t *match(json_t *left, json_t *right)
{
    return json_pack("{s:{s:s,s:o,s:o}}", "match", "op", "==", "left", left, "right", right);
}

static json_t *match_meta(const char *key, json_t *right)
{
    return match(json_pack("{s:{s:s}}", "meta", "key", key), right);
}

static json_t *match_field(const char *protocol, const char *field, json_t *right)
{
    return match(json_pack("{s:{s:s,s:s}}", "payload", "protocol", protocol, "field", field),
                 right);
}

static json_t *match_number(const char *protocol, const char *field, int value)
{
    return match_field(protocol, field, json_integer(value));
}

static json_t *match_text(const char *protocol, const char *field, const char *value)
{
    return match_field(protocol, field, json_string(value));
}

static json_t *match_ip(const char *field, const struct isolate_address *a)
{
    CLEANUP(buf_done) struct buf b = {0};
    isolate_address_add_ip(&b, a);
    return match_field(a->v6 ? "ip6" : "ip", field,
                       buf_check(&b) ? NULL : json_stringn(b.ptr, b.len));
}

static json_t *match_link_local(const char *field)
{
    return match_field("ip6", field,
                       json_pack("{s:{s:s,s:i}}", "prefix", "addr", "fe80::", "len", 10));
}

/* A rule that accepts what all matches fit; steals them. */
static void add_rule(struct rules *r, const char *chain, json_t *const *matches, size_t len)
{
    json_t *expr = json_array();
    for (size_t i = 0; i < len; i++)
        r->failed |= json_array_append_new(expr, matches[i]) != 0;
    r->failed |= json_array_append_new(expr, json_pack("{s:n}", "accept")) != 0;
    json_t *rule = json_pack("{s:{s:s,s:s,s:s,s:o}}", "rule", "family", family, "table",
                             ISOLATE_NFT_TABLE, "chain", chain, "expr", expr);
    r->failed |= json_array_append_new(r->list, rule) != 0;
}

#define ACCEPT(rules, chain, ...)                                                                  \
    add_rule((rules), (chain), (json_t *[]){__VA_ARGS__}, ARRAY_LEN(((json_t *[]){__VA_ARGS__})))

/* ------------------------------------------------------------------ the policy */

static void add_chain(struct rules *r, const char *hook)
{
    json_t *chain = json_pack("{s:{s:s,s:s,s:s,s:s,s:s,s:i,s:s}}", "chain", "family", family,
                              "table", ISOLATE_NFT_TABLE, "name", hook, "type", "filter", "hook",
                              hook, "prio", PRIORITY, "policy", "drop");
    r->failed |= json_array_append_new(r->list, chain) != 0;
}

/* For whom an arriving packet is cannot be matched on input; another user's answer dies on output.
 */
static void add_replies(struct rules *r, const struct isolate_address *a)
{
    ACCEPT(r, "input", match_ip("saddr", a), match_number("tcp", "sport", a->port));
}

static void add_endpoints(struct rules *r, const struct isolate_policy *p)
{
    for (uint32_t i = 0; i < p->lifeline_len; i++) {
        const struct isolate_address *a = &p->lifeline[i];
        ACCEPT(r, "output", match_meta("skuid", json_integer(p->uid)), match_ip("daddr", a),
               match_number("tcp", "dport", a->port));
        add_replies(r, a);
    }
    for (uint32_t i = 0; i < p->allow_len; i++) {
        const struct isolate_address *a = &p->allow[i];
        ACCEPT(r, "output", match_ip("daddr", a), match_number("tcp", "dport", a->port));
        add_replies(r, a);
    }
}

/* DHCP (RFC 2131): to the broadcast address only, which no router forwards; renewing by unicast
 * fails and the client falls back to broadcast (4.4.5). DHCPv6 (RFC 8415): link-local only. */
static void add_dhcp(struct rules *r)
{
    ACCEPT(r, "output", match_text("ip", "daddr", "255.255.255.255"),
           match_number("udp", "sport", 68), match_number("udp", "dport", 67));
    ACCEPT(r, "input", match_number("udp", "sport", 67), match_number("udp", "dport", 68));
    ACCEPT(r, "output", match_link_local("saddr"), match_text("ip6", "daddr", "ff02::1:2"),
           match_number("udp", "sport", 546), match_number("udp", "dport", 547));
    ACCEPT(r, "input", match_link_local("saddr"), match_number("udp", "sport", 547),
           match_number("udp", "dport", 546));
}

/* Neighbour discovery (RFC 4861) is valid with hop limit 255 only, so it cannot have crossed a
 * router; listener reports (RFC 3810) carry 1. Redirects stay out. */
static void add_link(struct rules *r)
{
    static const struct {
        const char *chain;
        int hop_limit;
        const char *type;
    } rows[] = {
        {"output", 255, "nd-router-solicit"},  {"output", 255, "nd-neighbor-solicit"},
        {"output", 255, "nd-neighbor-advert"}, {"output", 1, "mld-listener-report"},
        {"output", 1, "mld2-listener-report"}, {"input", 255, "nd-router-advert"},
        {"input", 255, "nd-neighbor-solicit"}, {"input", 255, "nd-neighbor-advert"},
        {"input", 1, "mld-listener-query"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ACCEPT(r, rows[i].chain, match_number("ip6", "hoplimit", rows[i].hop_limit),
               match_text("icmpv6", "type", rows[i].type));
    ACCEPT(r, "input", match_text("icmp", "type", "destination-unreachable"));
    ACCEPT(r, "input", match_text("icmpv6", "type", "packet-too-big"));
}

static json_t *table(void)
{
    return json_pack("{s:{s:s,s:s}}", "table", "family", family, "name", ISOLATE_NFT_TABLE);
}

json_t *isolate_nft_wanted(const struct isolate_policy *policy)
{
    struct rules r = {.list = json_array()};
    r.failed = json_array_append_new(r.list, table()) != 0;
    add_chain(&r, "input");
    add_chain(&r, "output");
    add_chain(&r, "forward");
    ACCEPT(&r, "input", match_meta("iif", json_string("lo")));
    ACCEPT(&r, "output", match_meta("oif", json_string("lo")));
    add_endpoints(&r, policy);
    add_dhcp(&r);
    add_link(&r);
    if (!r.failed)
        return r.list;
    json_decref(r.list);
    return NULL;
}

json_t *isolate_nft_command(json_t *wanted)
{
    /* Adding before deleting makes the deletion succeed whether or not the table was there. */
    json_t *list = json_pack("[{s:o},{s:o}]", "add", table(), "delete", table());
    bool failed = list == NULL;
    size_t i;
    json_t *object;
    json_array_foreach(wanted, i, object) failed |=
        json_array_append_new(list, json_pack("{s:O}", "add", object)) != 0;
    json_t *command = failed ? NULL : json_pack("{s:O}", "nftables", list);
    json_decref(list);
    return command;
}

/* ------------------------------------------------------------------ comparison */

/* nft lists a chain's rules behind their chain or behind all chains, by version. The order that
 * matters is the one within a chain: put the objects of each kind and chain together. */
static const struct {
    const char *kind;
    const char *chain; /* NULL = does not lie in a chain */
} groups[] = {{"table", NULL},    {"chain", NULL},     {"rule", "input"},
              {"rule", "output"}, {"rule", "forward"}, {NULL, NULL}};

static bool in_group(json_t *object, size_t group)
{
    if (!groups[group].kind) {
        for (size_t g = 0; groups[g].kind; g++) {
            if (in_group(object, g))
                return false;
        }
        return true;
    }
    json_t *body = json_object_get(object, groups[group].kind);
    if (!body || !groups[group].chain)
        return body != NULL;
    const char *chain = json_string_value(json_object_get(body, "chain"));
    return chain && strcmp(chain, groups[group].chain) == 0;
}

/* A copy in group order, without what only nft knows. */
static json_t *canonical(json_t *objects)
{
    json_t *out = json_array();
    bool failed = out == NULL;
    for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
        size_t i;
        json_t *object;
        json_array_foreach(objects, i, object)
        {
            if (json_object_get(object, "metainfo") || !in_group(object, g))
                continue;
            json_t *copy = json_deep_copy(object);
            (void)json_object_del(json_object_iter_value(json_object_iter(copy)), "handle");
            failed |= json_array_append_new(out, copy) != 0;
        }
    }
    if (!failed)
        return out;
    json_decref(out);
    return NULL;
}

int isolate_nft_compare(json_t *listing, json_t *wanted, struct err *err)
{
    json_t *objects = json_object_get(listing, "nftables");
    if (!json_is_array(objects))
        return err_set(err, E_PARSE, "nft gave no listing of %s", ISOLATE_NFT_TABLE);
    CLEANUP(isolate_nft_unref) json_t *have = canonical(objects);
    CLEANUP(isolate_nft_unref) json_t *want = canonical(wanted);
    if (!have || !want)
        return err_set(err, E_NOMEM, "out of memory");
    for (size_t i = 0; i < json_array_size(have) || i < json_array_size(want); i++) {
        if (json_equal(json_array_get(have, i), json_array_get(want, i)))
            continue;
        char *text = json_dumps(json_array_get(have, i), JSON_COMPACT | JSON_SORT_KEYS);
        (void)err_set(err, E_STATE, "object %zu of table %s is not as asked: %.300s", i + 1,
                      ISOLATE_NFT_TABLE, text ? text : "missing");
        free(text);
        return E_STATE;
    }
    return 0;
}
