/* What is made from random bytes. See random.h; the bytes come from random_<system>.c. */
#include "os/random.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* A store the compiler may not drop although the bytes die right after. */
static void wipe(void *ptr, size_t len)
{
    (void)memset(ptr, 0, len);
    __asm__ volatile("" : : "r"(ptr) : "memory");
}

uint64_t random_u64(void)
{
    uint64_t v;
    random_bytes(&v, sizeof v);
    return v;
}

uint64_t random_below(uint64_t bound)
{
    assert(bound > 0);
    /* Refuse the low remainder of 2^64 so that every result is equally likely. */
    uint64_t reject = -bound % bound;
    uint64_t v;
    do {
        v = random_u64();
    } while (v < reject);
    return v % bound;
}

void random_token_add(struct buf *b, const char *prefix, size_t bytes)
{
    unsigned char raw[64];
    assert(bytes <= sizeof raw);
    random_bytes(raw, bytes);
    buf_add_cstr(b, prefix);
    text_base64url_add(b, raw, bytes);
    wipe(raw, sizeof raw);
}

void random_uuid_add(struct buf *b)
{
    static const unsigned char group_bytes[] = {4, 2, 2, 2, 6};
    unsigned char raw[16];
    random_bytes(raw, sizeof raw);
    raw[6] = (unsigned char)((raw[6] & 0x0f) | 0x40);
    raw[8] = (unsigned char)((raw[8] & 0x3f) | 0x80);
    size_t at = 0;
    for (size_t i = 0; i < sizeof group_bytes; i++) {
        if (i)
            buf_add_char(b, '-');
        text_hex_add(b, raw + at, group_bytes[i]);
        at += group_bytes[i];
    }
}
