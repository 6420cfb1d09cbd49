/* Bearer tokens. See token.h. */
#include "crypto/token.h"

#include "os/random.h"

#define PREFIX "cordon_"

enum { SECRET_BYTES = 32 };

static bool kind_valid(struct str kind)
{
    if (kind.len == 0 || kind.len > TOKEN_KIND_BYTES_MAX)
        return false;
    for (size_t i = 0; i < kind.len; i++) {
        if (kind.ptr[i] < 'a' || kind.ptr[i] > 'z')
            return false;
    }
    return true;
}

static bool is_base64url(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

int token_make(struct str kind, struct buf *out)
{
    char prefix[sizeof PREFIX + TOKEN_KIND_BYTES_MAX + 1] = PREFIX;
    if (!kind_valid(kind))
        return E_ARG;
    (void)memcpy(prefix + sizeof PREFIX - 1, kind.ptr, kind.len);
    prefix[sizeof PREFIX - 1 + kind.len] = '_';
    random_token_add(out, prefix, SECRET_BYTES);
    return buf_check(out);
}

int token_parse(struct str token, struct str *ret_kind)
{
    if (!str_starts(token, STR(PREFIX)))
        return E_PARSE;
    struct str rest = str_sub(token, sizeof PREFIX - 1, SIZE_MAX);
    size_t kind_len = str_find_char(rest, '_');
    struct str kind = str_sub(rest, 0, kind_len);
    if (kind_len == SIZE_MAX || !kind_valid(kind))
        return E_PARSE;
    struct str secret = str_sub(rest, kind_len + 1, SIZE_MAX);
    if (secret.len != TOKEN_SECRET_CHARS)
        return E_PARSE;
    for (size_t i = 0; i < secret.len; i++) {
        if (!is_base64url(secret.ptr[i]))
            return E_PARSE;
    }
    PLANT_OVERREAD(secret.ptr + secret.len);
    *ret_kind = kind;
    return 0;
}

int token_hash(struct str token, char ret_hex[HASH_HEX_BYTES])
{
    return hash_sha256_hex(token, ret_hex);
}
