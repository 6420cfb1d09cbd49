/* Argon2id over libargon2. See password.h. */
#include "crypto/password.h"

#include <argon2.h>

#include "crypto/secret.h"
#include "os/random.h"

struct params {
    uint64_t memory_kib;
    uint64_t passes;
    uint64_t lanes;
};

static int refuse_length(struct str password, struct err *err)
{
    if (password.len >= 1 && password.len <= PASSWORD_BYTES_MAX)
        return 0;
    return err_set(err, E_ARG, "a password has 1 to %d bytes", PASSWORD_BYTES_MAX);
}

int password_hash(struct str password, struct buf *out, struct err *err)
{
    unsigned char salt[PASSWORD_SALT_BYTES];
    char text[PASSWORD_STORED_BYTES_MAX];
    int rc = refuse_length(password, err);
    if (rc)
        return rc;
    random_bytes(salt, sizeof salt);
    int why = argon2id_hash_encoded(PASSWORD_PASSES, PASSWORD_MEMORY_KIB, PASSWORD_LANES,
                                    password.ptr, password.len, salt, sizeof salt,
                                    PASSWORD_HASH_BYTES, text, sizeof text);
    if (why != ARGON2_OK)
        return err_set(err, E_NOMEM, "cannot hash the password: %s", argon2_error_message(why));
    buf_add_cstr(out, text);
    rc = buf_check(out);
    return rc ? err_set(err, rc, "cannot hash the password: %s", err_sentence(rc)) : 0;
}

/* "<letter>=<number><end>" off the front. */
static int take_number(struct str *rest, const char *name, char end, uint64_t *ret_value)
{
    struct str piece;
    if (!str_starts(*rest, str_of(name)) || str_find_char(*rest, end) == SIZE_MAX ||
        !str_next(rest, end, &piece))
        return E_PARSE;
    return str_to_u64(str_sub(piece, strlen(name), SIZE_MAX), ret_value) ? E_PARSE : 0;
}

/* What the text asks for: "$argon2id$v=19$m=19456,t=2,p=1$salt$hash". */
static int parse(struct str stored, struct params *ret_params)
{
    struct params p;
    if (stored.len >= PASSWORD_STORED_BYTES_MAX || memchr(stored.ptr, '\0', stored.len) ||
        !str_starts(stored, STR("$argon2id$v=19$")))
        return E_PARSE;
    struct str rest = str_sub(stored, strlen("$argon2id$v=19$"), SIZE_MAX);
    if (take_number(&rest, "m=", ',', &p.memory_kib) || take_number(&rest, "t=", ',', &p.passes) ||
        take_number(&rest, "p=", '$', &p.lanes))
        return E_PARSE;
    if (p.memory_kib > PASSWORD_STORED_MEMORY_KIB_MAX || p.passes > PASSWORD_STORED_PASSES_MAX ||
        p.lanes > PASSWORD_STORED_LANES_MAX)
        return E_PARSE;
    *ret_params = p;
    return 0;
}

int password_verify(struct str password, struct str stored, bool *ret_outdated)
{
    struct params p;
    char text[PASSWORD_STORED_BYTES_MAX];
    if (stored.len == 0 || parse(stored, &p))
        return E_PARSE;
    if (refuse_length(password, NULL))
        return E_AUTH;
    (void)memcpy(text, stored.ptr, stored.len);
    text[stored.len] = '\0';
    switch (argon2id_verify(text, password.ptr, password.len)) {
    case ARGON2_OK:
        break;
    case ARGON2_VERIFY_MISMATCH:
        return E_AUTH;
    case ARGON2_MEMORY_ALLOCATION_ERROR:
        return E_NOMEM;
    default:
        return E_PARSE;
    }
    if (ret_outdated)
        *ret_outdated = p.memory_kib != PASSWORD_MEMORY_KIB || p.passes != PASSWORD_PASSES ||
                        p.lanes != PASSWORD_LANES;
    return 0;
}

int password_verify_nobody(struct str password)
{
    static const unsigned char salt[PASSWORD_SALT_BYTES] = {0};
    unsigned char hash[PASSWORD_HASH_BYTES];
    if (refuse_length(password, NULL))
        return E_AUTH;
    int why = argon2id_hash_raw(PASSWORD_PASSES, PASSWORD_MEMORY_KIB, PASSWORD_LANES, password.ptr,
                                password.len, salt, sizeof salt, hash, sizeof hash);
    secret_wipe(hash, sizeof hash);
    return why == ARGON2_MEMORY_ALLOCATION_ERROR ? E_NOMEM : E_AUTH;
}
