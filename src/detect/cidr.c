/* IP networks. See cidr.h. */
#include "detect/cidr.h"

#include <arpa/inet.h>

_Static_assert(sizeof(struct cidr) == 17, "format");

enum { MAPPED_PREFIX = 96, TEXT_MOST = INET6_ADDRSTRLEN };

/* @return bits of the address as written (32 or 128), 0 when it is none */
static unsigned parse_address(struct str text, uint8_t address[16])
{
    char copy[TEXT_MOST];
    size_t zone = str_find_char(text, '%');
    if (zone != SIZE_MAX)
        text.len = zone;
    if (text.len >= sizeof copy || text.len == 0)
        return 0;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (memchr(copy, ':', text.len))
        return inet_pton(AF_INET6, copy, address) == 1 ? 128 : 0;
    memset(address, 0, 10);
    memset(address + 10, 0xff, 2);
    return inet_pton(AF_INET, copy, address + 12) == 1 ? 32 : 0;
}

static bool equal_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    if (memcmp(a, b, bits / 8) != 0)
        return false;
    unsigned rest = bits % 8;
    return rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

static bool has_bits_behind(const struct cidr *network)
{
    for (unsigned bit = network->prefix; bit < 128; bit++) {
        if (network->address[bit / 8] >> (7 - bit % 8) & 1)
            return true;
    }
    return false;
}

int cidr_parse(struct str text, struct cidr *ret_network, struct err *err)
{
    size_t slash = str_find_char(text, '/');
    struct cidr network;
    unsigned bits = parse_address(str_sub(text, 0, slash), network.address);
    if (bits == 0)
        return err_set(err, E_PARSE, "'%.*s' is no IP network", STR_FMT(text));
    uint64_t prefix = bits;
    if (slash != SIZE_MAX &&
        (str_to_u64(str_sub(text, slash + 1, SIZE_MAX), &prefix) || prefix > bits))
        return err_set(err, E_PARSE, "'%.*s': the prefix must be 0 to %u", STR_FMT(text), bits);
    network.prefix = (uint8_t)(bits == 32 ? prefix + MAPPED_PREFIX : prefix);
    if (has_bits_behind(&network))
        return err_set(err, E_PARSE, "'%.*s' has bits set behind its prefix", STR_FMT(text));
    *ret_network = network;
    return 0;
}

bool cidr_contains(const struct cidr *network, struct str address)
{
    uint8_t bytes[16];
    return parse_address(address, bytes) && equal_bits(network->address, bytes, network->prefix);
}
