/* Fuzz target: sealed secrets, opened with a fixed key. Nothing may open but what was sealed with
 * it, and a failure must leave the output as it was. */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/seal.h"
#include "crypto/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal_key *key CLEANUP(seal_key_freep) = NULL;
    struct buf plain CLEANUP(secret_buf_done) = {0};
    struct err err = {0};
    struct seal_info info;
    struct str sealed = str_n((const char *)data, size);
    if (seal_key_from_bytes(STR("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"), &key, &err))
        abort();
    int inspected = seal_inspect(sealed, &info, &err);
    int rc = seal_open(key, STR("p"), sealed, &plain, &err);
    if (rc == 0 && (inspected != 0 || plain.len != size - SEAL_OVERHEAD_BYTES))
        abort();
    if (rc != 0 && plain.len != 0)
        abort();
    return 0;
}
