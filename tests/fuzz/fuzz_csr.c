/* Fuzz target: certificate requests from a device that wants to be enrolled. A request that is
 * accepted must yield a key that can be written and named. */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/sign.h"
#include "crypto/x509_csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct buf name CLEANUP(buf_done) = {0};
    struct err err = {0};
    char id[SIGN_KEY_ID_BYTES];
    int rc = x509_csr_read(str_n((const char *)data, size), &key, &name, &err);
    if (rc == 0 && (!key || sign_key_id(key, id) != 0))
        abort();
    if (rc != 0 && (key || err.message[0] == '\0'))
        abort();
    return 0;
}
