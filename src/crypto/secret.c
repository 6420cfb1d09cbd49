/* Wiping secrets. See secret.h. */
#include "crypto/secret.h"

#include <openssl/crypto.h>

void secret_wipe(void *ptr, size_t len)
{
    if (len)
        OPENSSL_cleanse(ptr, len);
}

void secret_buf_done(struct buf *b)
{
    secret_wipe(b->ptr, b->cap);
    buf_done(b);
}
