/* Fuzz target: bearer tokens as a peer sends them. */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str kind = {0};
    if (token_parse(str_n((const char *)data, size), &kind) == 0 &&
        (kind.len == 0 || kind.len > TOKEN_KIND_BYTES_MAX))
        abort();
    return 0;
}
