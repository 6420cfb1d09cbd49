/* Name-based UUIDs. See uuid5.h. */
#include "crypto/uuid5.h"

#include <stdio.h>

#include "crypto/ossl_priv.h"

enum { SHA1_BYTES = 20, VERSION = 0x50, VARIANT = 0x80 };

const unsigned char uuid5_dns[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                     0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

int uuid5_make(const unsigned char space[16], struct str name, char ret_text[UUID5_TEXT_BYTES])
{
    EVP_MD_CTX *ctx CLEANUP(ossl_priv_md_ctx_freep) = EVP_MD_CTX_new();
    unsigned char u[SHA1_BYTES];
    unsigned len = 0;
    if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) != 1 ||
        EVP_DigestUpdate(ctx, space, 16) != 1 || EVP_DigestUpdate(ctx, name.ptr, name.len) != 1 ||
        EVP_DigestFinal_ex(ctx, u, &len) != 1 || len != SHA1_BYTES)
        return E_NOMEM;
    u[6] = (unsigned char)((u[6] & 0x0f) | VERSION);
    u[8] = (unsigned char)((u[8] & 0x3f) | VARIANT);
    (void)snprintf(ret_text, UUID5_TEXT_BYTES,
                   "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X", u[0],
                   u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13],
                   u[14], u[15]);
    return 0;
}
