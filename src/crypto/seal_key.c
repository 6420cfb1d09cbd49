/* Key-encryption keys. See seal_key.h. */
#include "crypto/seal_key.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <argon2.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/seal_priv.h"
#include "crypto/secret.h"
#include "os/file.h"
#include "os/random.h"

struct seal_key {
    enum seal_source source;
    bool is_development;
    unsigned char bytes[SEAL_KEY_BYTES]; /* of SEAL_SOURCE_KEY, or the last derivation */
    bool derived;
    struct seal_derivation how; /* of `bytes`, when derived */
    size_t passphrase_len;
    char passphrase[SEAL_PASSPHRASE_BYTES_MAX];
};

enum {
    KEY_TEXT_BYTES_MAX = 2 * SEAL_KEY_BYTES + 2,
    PASSPHRASE_TEXT_BYTES_MAX = SEAL_PASSPHRASE_BYTES_MAX + 2
};

void seal_key_free(struct seal_key *key)
{
    if (!key)
        return;
    secret_wipe(key, sizeof *key);
    mem_free(key);
}

void seal_key_freep(struct seal_key **key)
{
    seal_key_free(*key);
    *key = NULL;
}

bool seal_key_is_development(const struct seal_key *key)
{
    return key->is_development;
}

enum seal_source seal_priv_source(const struct seal_key *key)
{
    return key->source;
}

int seal_key_from_bytes(struct str bytes, struct seal_key **ret_key, struct err *err)
{
    if (bytes.len != SEAL_KEY_BYTES)
        return err_set(err, E_ARG, "a key has %d bytes, not %zu", SEAL_KEY_BYTES, bytes.len);
    struct seal_key *key = mem_calloc(1, sizeof *key);
    if (!key)
        return err_set(err, E_NOMEM, "out of memory");
    key->source = SEAL_SOURCE_KEY;
    (void)memcpy(key->bytes, bytes.ptr, SEAL_KEY_BYTES);
    *ret_key = key;
    return 0;
}

/* 32 bytes as they are, or as hexadecimal digits with a line end. */
static int from_text(struct str text, const char *path, struct seal_key **ret_key, struct err *err)
{
    unsigned char raw[SEAL_KEY_BYTES];
    size_t len = 0;
    if (text.len == SEAL_KEY_BYTES)
        return seal_key_from_bytes(text, ret_key, err);
    int rc = text_hex_decode(str_trim(text), raw, sizeof raw, &len);
    if (rc || len != sizeof raw)
        rc = err_set(err, E_PARSE, "%s holds neither %d bytes nor %d hexadecimal digits", path,
                     SEAL_KEY_BYTES, 2 * SEAL_KEY_BYTES);
    else
        rc = seal_key_from_bytes(str_n((const char *)raw, sizeof raw), ret_key, err);
    secret_wipe(raw, sizeof raw);
    return rc;
}

static int read_key_file(const char *path, struct seal_key **ret_key, struct err *err)
{
    struct buf text CLEANUP(secret_buf_done) = {0};
    int rc = file_read(path, KEY_TEXT_BYTES_MAX, &text, err);
    if (rc == E_LIMIT)
        return err_set(err, E_PARSE, "%s holds neither %d bytes nor %d hexadecimal digits", path,
                       SEAL_KEY_BYTES, 2 * SEAL_KEY_BYTES);
    return rc ? rc : from_text(buf_str(&text), path, ret_key, err);
}

int seal_key_from_credential(const char *name, struct seal_key **ret_key, struct err *err)
{
    char path[PATH_MAX];
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (!folder || !*folder)
        return err_set(err, E_NOT_FOUND,
                       "the service manager passed no credentials "
                       "(CREDENTIALS_DIRECTORY is not set)");
    if (strchr(name, '/') || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return err_set(err, E_ARG, "not a credential's name: %.100s", name);
    /* The folder is the service's own; systemd sets modes that our check of a file would refuse. */
    return read_key_file(path, ret_key, err);
}

static int require_private(const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot stat %s", path);
    if (st.st_mode & 077)
        return err_set(err, E_DENIED, "%s has mode %04o: others may use it, it must be 0600", path,
                       (unsigned)st.st_mode & 07777);
    return 0;
}

int seal_key_from_file(const char *path, struct seal_key **ret_key, struct err *err)
{
    int rc = require_private(path, err);
    return rc ? rc : read_key_file(path, ret_key, err);
}

static int from_passphrase(struct str text, struct seal_key **ret_key, struct err *err)
{
    text = str_sub(text, 0, str_find_char(text, '\n'));
    if (text.len && text.ptr[text.len - 1] == '\r')
        text.len--;
    if (text.len < SEAL_PASSPHRASE_BYTES_MIN)
        return err_set(err, E_ARG, "the passphrase has %zu bytes, at least %d are needed", text.len,
                       SEAL_PASSPHRASE_BYTES_MIN);
    if (text.len > SEAL_PASSPHRASE_BYTES_MAX)
        return err_set(err, E_LIMIT, "the passphrase is longer than %d bytes",
                       SEAL_PASSPHRASE_BYTES_MAX);
    struct seal_key *key = mem_calloc(1, sizeof *key);
    if (!key)
        return err_set(err, E_NOMEM, "out of memory");
    key->source = SEAL_SOURCE_PASSPHRASE;
    key->passphrase_len = text.len;
    (void)memcpy(key->passphrase, text.ptr, text.len);
    *ret_key = key;
    return 0;
}

int seal_key_from_passphrase_file(const char *path, struct seal_key **ret_key, struct err *err)
{
    struct buf text CLEANUP(secret_buf_done) = {0};
    int rc = require_private(path, err);
    if (!rc)
        rc = file_read(path, PASSPHRASE_TEXT_BYTES_MAX, &text, err);
    return rc ? rc : from_passphrase(buf_str(&text), ret_key, err);
}

int seal_key_from_passphrase_fd(int fd, struct seal_key **ret_key, struct err *err)
{
    char text[PASSPHRASE_TEXT_BYTES_MAX];
    size_t len = 0;
    int rc = 0;
    while (len < sizeof text && !memchr(text, '\n', len)) {
        ssize_t n = read(fd, text + len, sizeof text - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = err_errno(err, E_IO, errno, "cannot read the passphrase");
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    if (!rc)
        rc = from_passphrase(str_n(text, len), ret_key, err);
    secret_wipe(text, sizeof text);
    return rc;
}

int seal_key_development(const char *path, struct seal_key **ret_key, struct err *err)
{
    struct seal_key *key CLEANUP(seal_key_freep) = NULL;
    if (!file_exists(path)) {
        unsigned char raw[SEAL_KEY_BYTES];
        random_bytes(raw, sizeof raw);
        int rc = file_write_atomic(path, str_n((const char *)raw, sizeof raw), 0600, err);
        secret_wipe(raw, sizeof raw);
        if (rc)
            return rc;
    }
    int rc = seal_key_from_file(path, &key, err);
    if (rc)
        return rc;
    key->is_development = true;
    *ret_key = TAKE(key);
    return 0;
}

static bool same_derivation(const struct seal_derivation *a, const struct seal_derivation *b)
{
    return a->memory_kib == b->memory_kib && a->passes == b->passes &&
           memcmp(a->salt, b->salt, sizeof a->salt) == 0;
}

static int derive(struct seal_key *key, const struct seal_derivation *how, struct err *err)
{
    if (key->derived && same_derivation(&key->how, how))
        return 0;
    if (how->memory_kib < 8 || how->memory_kib > SEAL_MEMORY_KIB_MAX || how->passes < 1 ||
        how->passes > SEAL_PASSES_MAX)
        return err_set(err, E_CRYPTO, "the seal asks for %u KiB and %u passes",
                       (unsigned)how->memory_kib, (unsigned)how->passes);
    key->derived = false;
    int why =
        argon2id_hash_raw(how->passes, how->memory_kib, 1, key->passphrase, key->passphrase_len,
                          how->salt, sizeof how->salt, key->bytes, sizeof key->bytes);
    if (why != ARGON2_OK)
        return err_set(err, E_NOMEM, "cannot stretch the passphrase: %s",
                       argon2_error_message(why));
    key->how = *how;
    key->derived = true;
    return 0;
}

int seal_priv_bytes(struct seal_key *key, const struct seal_derivation *how,
                    const unsigned char **ret_bytes, unsigned char ret_id[8], struct err *err)
{
    static const char label[] = "cordon key-encryption key id";
    unsigned char id[HASH_BYTES];
    int rc = 0;
    if (key->source == SEAL_SOURCE_PASSPHRASE)
        rc = derive(key, how, err);
    if (rc)
        return rc;
    rc = hash_hmac(str_n((const char *)key->bytes, sizeof key->bytes), str_of(label), id);
    if (rc)
        return err_set(err, rc, "%s", err_sentence(rc));
    (void)memcpy(ret_id, id, 8);
    *ret_bytes = key->bytes;
    return 0;
}
