/* Addresses and policies of isolation. See isolate_policy.h. */
#include "respond/isolate_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* "ip:port" or "[ip]:port" into its parts. */
static int split(struct str text, struct str *ret_ip, struct str *ret_port, bool *ret_v6)
{
    size_t colon = str_rfind_char(text, ':');
    if (colon == SIZE_MAX)
        return E_ARG;
    struct str ip = str_sub(text, 0, colon);
    bool brackets = ip.len >= 2 && ip.ptr[0] == '[' && ip.ptr[ip.len - 1] == ']';
    *ret_v6 = brackets;
    *ret_ip = brackets ? str_sub(ip, 1, ip.len - 2) : ip;
    *ret_port = str_sub(text, colon + 1, SIZE_MAX);
    return 0;
}

static int to_bytes(struct str ip, bool v6, unsigned char out[16])
{
    char text[INET6_ADDRSTRLEN];
    if (ip.len >= sizeof text || str_find_char(ip, '\0') != SIZE_MAX)
        return E_ARG;
    memcpy(text, ip.ptr, ip.len);
    text[ip.len] = '\0';
    return inet_pton(v6 ? AF_INET6 : AF_INET, text, out) == 1 ? 0 : E_ARG;
}

static void unmap(struct isolate_address *a)
{
    static const unsigned char prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (!a->v6 || memcmp(a->ip, prefix, sizeof prefix) != 0)
        return;
    memmove(a->ip, a->ip + sizeof prefix, 4);
    memset(a->ip + 4, 0, 12);
    a->v6 = false;
}

/* Not one host: a lifeline to it would be none, or one to everybody. */
static bool unusable(const struct isolate_address *a)
{
    static const unsigned char none[16] = {0};
    if (memcmp(a->ip, none, sizeof none) == 0)
        return true;
    return a->v6 ? a->ip[0] == 0xff : a->ip[0] >= 224;
}

int isolate_address_parse(struct str text, struct isolate_address *ret_address, struct err *err)
{
    struct isolate_address a = {0};
    struct str ip, port;
    uint64_t number;
    if (split(text, &ip, &port, &a.v6) || to_bytes(ip, a.v6, a.ip))
        return err_set(err, E_ARG, "'%.*s' is not like 192.0.2.1:443 or [2001:db8::1]:443",
                       STR_FMT(text));
    if (str_to_u64(port, &number) || number == 0 || number > UINT16_MAX)
        return err_set(err, E_ARG, "the port of '%.*s' is not 1 to 65535", STR_FMT(text));
    a.port = (uint16_t)number;
    unmap(&a);
    if (unusable(&a))
        return err_set(err, E_ARG, "'%.*s' is not the address of one host", STR_FMT(text));
    *ret_address = a;
    return 0;
}

void isolate_address_add_ip(struct buf *out, const struct isolate_address *a)
{
    char text[INET6_ADDRSTRLEN];
    if (inet_ntop(a->v6 ? AF_INET6 : AF_INET, a->ip, text, sizeof text))
        buf_add_cstr(out, text);
}

void isolate_address_add(struct buf *out, const struct isolate_address *a)
{
    if (a->v6)
        buf_add_char(out, '[');
    isolate_address_add_ip(out, a);
    if (a->v6)
        buf_add_char(out, ']');
    buf_addf(out, ":%u", (unsigned)a->port);
}

bool isolate_address_equal(const struct isolate_address *a, const struct isolate_address *b)
{
    return a->v6 == b->v6 && a->port == b->port && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

int isolate_policy_add(struct isolate_address *list, uint32_t *len,
                       const struct isolate_address *address, struct err *err)
{
    for (uint32_t i = 0; i < *len; i++) {
        if (isolate_address_equal(&list[i], address))
            return 0;
    }
    if (*len == ISOLATE_ADDRESSES_MAX)
        return err_set(err, E_LIMIT, "more than %d addresses", ISOLATE_ADDRESSES_MAX);
    list[(*len)++] = *address;
    return 0;
}

static bool same_list(const struct isolate_address *a, uint32_t a_len,
                      const struct isolate_address *b, uint32_t b_len)
{
    if (a_len != b_len)
        return false;
    for (uint32_t i = 0; i < a_len; i++) {
        if (!isolate_address_equal(&a[i], &b[i]))
            return false;
    }
    return true;
}

bool isolate_policy_equal(const struct isolate_policy *a, const struct isolate_policy *b)
{
    return a->generation == b->generation && a->uid == b->uid && a->keep_mdm == b->keep_mdm &&
           same_list(a->lifeline, a->lifeline_len, b->lifeline, b->lifeline_len) &&
           same_list(a->allow, a->allow_len, b->allow, b->allow_len);
}
