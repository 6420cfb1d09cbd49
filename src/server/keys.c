/* Sealed keys of the server. See keys.h. Files in keys_dir: NAME.sealed, ca.pem, server.pem,
 * server.names. */
#include "server/keys.h"

#include "base/buf.h"
#include "base/timefmt.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "os/file.h"

enum { SERVER_CERT_DAYS = 397, FILE_MAX = 64 * 1024, DAY_S = 86400 };

/* One sealed key: its file and purpose are the same word. */
static const char *const key_names[] = {"ca", "command", "ruleset", "server"};

static struct sign_key **key_slot(struct keys *k, size_t i)
{
    struct sign_key **slots[] = {&k->ca_key, &k->command_key, &k->ruleset_key, &k->server_key};
    return slots[i];
}

static int open_kek(const struct server_config *config, struct seal_key **ret_key, struct err *err)
{
    struct str kek = config->kek;
    if (str_is(kek, "credential"))
        return seal_key_from_credential(SEAL_CREDENTIAL, ret_key, err);
    size_t colon = str_find_char(kek, ':');
    /* Values of a configuration are NUL-terminated, so the rest is a C string. */
    const char *path = colon == SIZE_MAX ? NULL : kek.ptr + colon + 1;
    if (path && str_starts(kek, STR("key-file:")))
        return seal_key_from_file(path, ret_key, err);
    if (path && str_starts(kek, STR("passphrase-file:")))
        return seal_key_from_passphrase_file(path, ret_key, err);
    if (path && str_starts(kek, STR("development:")))
        return seal_key_development(path, ret_key, err);
    return err_set(err, E_ARG,
                   "kek '%.*s': expected credential, key-file:PATH, passphrase-file:PATH or "
                   "development:PATH",
                   STR_FMT(kek));
}

static void path_of(const struct server_config *config, const char *name, const char *suffix,
                    struct buf *out)
{
    buf_clear(out);
    buf_addf(out, "%.*s/%s%s", STR_FMT(config->keys_dir), name, suffix);
}

static int save_sealed(const struct server_config *config, struct seal_key *kek, const char *name,
                       const struct sign_key *key, struct err *err)
{
    struct buf pem CLEANUP(secret_buf_done) = {0};
    struct buf sealed CLEANUP(buf_done) = {0};
    struct buf path CLEANUP(buf_done) = {0};
    int rc = buf_reserve(&pem, SIGN_PEM_BYTES_MAX);
    if (rc == 0)
        rc = sign_key_to_pem(key, &pem, err);
    if (rc == 0)
        rc = seal_make(kek, str_of(name), buf_str(&pem), &sealed, err);
    path_of(config, name, ".sealed", &path);
    return rc ? rc : file_write_atomic(buf_cstr(&path), buf_str(&sealed), 0600, err);
}

static int load_sealed(const struct server_config *config, struct seal_key *kek, const char *name,
                       struct sign_key **ret_key, struct err *err)
{
    struct buf pem CLEANUP(secret_buf_done) = {0};
    struct buf sealed CLEANUP(buf_done) = {0};
    struct buf path CLEANUP(buf_done) = {0};
    path_of(config, name, ".sealed", &path);
    int rc = file_read(buf_cstr(&path), FILE_MAX, &sealed, err);
    if (rc == 0)
        rc = buf_reserve(&pem, FILE_MAX);
    if (rc == 0)
        rc = seal_open(kek, str_of(name), buf_str(&sealed), &pem, err);
    if (rc == 0)
        rc = sign_key_from_pem(buf_str(&pem), ret_key, err);
    if (rc)
        err_prefix(err, "%s", buf_cstr(&path));
    return rc;
}

static int save_cert(const struct server_config *config, const char *name,
                     const struct x509_cert *cert, struct err *err)
{
    struct buf pem CLEANUP(buf_done) = {0};
    struct buf path CLEANUP(buf_done) = {0};
    path_of(config, name, ".pem", &path);
    int rc = x509_to_pem(cert, &pem, err);
    return rc ? rc : file_write_atomic(buf_cstr(&path), buf_str(&pem), 0644, err);
}

static int load_cert(const struct server_config *config, const char *name,
                     struct x509_cert **ret_cert, struct err *err)
{
    struct buf pem CLEANUP(buf_done) = {0};
    struct buf path CLEANUP(buf_done) = {0};
    path_of(config, name, ".pem", &path);
    int rc = file_read(buf_cstr(&path), FILE_MAX, &pem, err);
    return rc ? rc : x509_from_pem(buf_str(&pem), ret_cert, err);
}

/* The authority's certificate is written last: while it is missing, a start begins anew. */
static int create(const struct server_config *config, struct seal_key *kek, int64_t now_ns,
                  struct keys *k, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(key_names); i++) {
        int rc = sign_key_new(key_slot(k, i), err);
        if (rc == 0)
            rc = save_sealed(config, kek, key_names[i], *key_slot(k, i), err);
        if (rc)
            return rc;
    }
    int rc = x509_ca_create(k->ca_key, STR("Cordon CA"), now_ns, &k->ca_cert, err);
    if (rc == 0)
        rc = save_cert(config, "ca", k->ca_cert, err);
    k->created = rc == 0;
    return rc;
}

static int load(const struct server_config *config, struct seal_key *kek, struct keys *k,
                struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(key_names); i++) {
        int rc = load_sealed(config, kek, key_names[i], key_slot(k, i), err);
        if (rc == E_NOT_FOUND)
            return err_set(err, E_STATE,
                           "%.*s/%s.sealed is missing while ca.pem is there: restore it from a "
                           "backup",
                           STR_FMT(config->keys_dir), key_names[i]);
        if (rc)
            return rc;
    }
    return load_cert(config, "ca", &k->ca_cert, err);
}

static int split_names(struct str text, struct str names[X509_SANS_MAX], size_t *ret_len,
                       struct err *err)
{
    struct str name;
    *ret_len = 0;
    while (str_next(&text, ',', &name)) {
        name = str_trim(name);
        if (name.len == 0)
            continue;
        if (*ret_len == X509_SANS_MAX)
            return err_set(err, E_LIMIT, "names: more than %d", X509_SANS_MAX);
        names[(*ret_len)++] = name;
    }
    return *ret_len ? 0 : err_set(err, E_ARG, "names: at least one host name is needed");
}

static bool still_good(const struct server_config *config, const struct keys *k, int64_t now_ns)
{
    struct buf path CLEANUP(buf_done) = {0};
    struct buf names CLEANUP(buf_done) = {0};
    struct err ignored;
    const struct x509_cert *cas[] = {k->ca_cert};
    path_of(config, "server", ".names", &path);
    if (file_read(buf_cstr(&path), FILE_MAX, &names, &ignored) != 0 ||
        !str_eq(buf_str(&names), config->names))
        return false;
    if (x509_verify(k->server_cert, cas, 1, X509_FOR_SERVER, now_ns, &ignored) != 0)
        return false;
    int64_t left_s = (x509_not_after_ns(k->server_cert) - now_ns) / NS_PER_S;
    return left_s > (int64_t)SERVER_CERT_DAYS * DAY_S / 3;
}

static int open_server_cert(const struct server_config *config, int64_t now_ns, struct keys *k,
                            struct err *err)
{
    struct err ignored = {0};
    struct str names[X509_SANS_MAX];
    size_t names_len;
    if (load_cert(config, "server", &k->server_cert, &ignored) == 0) {
        if (still_good(config, k, now_ns))
            return 0;
        x509_free(TAKE(k->server_cert));
    }
    struct x509_ca ca = {k->ca_cert, k->ca_key};
    struct buf path CLEANUP(buf_done) = {0};
    path_of(config, "server", ".names", &path);
    int rc = split_names(config->names, names, &names_len, err);
    if (rc == 0)
        rc = x509_issue_server(&ca, k->server_key, names, names_len, now_ns, SERVER_CERT_DAYS,
                               &k->server_cert, err);
    if (rc == 0)
        rc = save_cert(config, "server", k->server_cert, err);
    if (rc == 0)
        rc = file_write_atomic(buf_cstr(&path), config->names, 0644, err);
    return rc;
}

int keys_open(const struct server_config *config, int64_t now_ns, struct keys *ret_keys,
              struct err *err)
{
    struct keys *k = ret_keys;
    struct seal_key *kek CLEANUP(seal_key_freep) = NULL;
    struct buf path CLEANUP(buf_done) = {0};
    *k = (struct keys){0};
    int rc = file_mkdirs(config->keys_dir.ptr, 0700, err);
    if (rc == 0)
        rc = open_kek(config, &kek, err);
    if (rc)
        return rc;
    k->development = seal_key_is_development(kek);
    path_of(config, "ca", ".pem", &path);
    rc = file_exists(buf_cstr(&path)) ? load(config, kek, k, err)
                                      : create(config, kek, now_ns, k, err);
    if (rc == 0)
        rc = open_server_cert(config, now_ns, k, err);
    if (rc == 0)
        rc = x509_fingerprint(k->ca_cert, k->ca_fingerprint);
    return rc;
}

int keys_renew(const struct server_config *config, int64_t now_ns, struct keys *k,
               bool *ret_changed, struct err *err)
{
    char before[HASH_HEX_BYTES];
    char after[HASH_HEX_BYTES];
    struct keys next = *k;
    next.server_cert = NULL;
    int rc = open_server_cert(config, now_ns, &next, err);
    if (rc == 0)
        rc = x509_fingerprint(k->server_cert, before);
    if (rc == 0)
        rc = x509_fingerprint(next.server_cert, after);
    if (rc) {
        x509_free(next.server_cert);
        return rc;
    }
    x509_free(k->server_cert);
    k->server_cert = next.server_cert;
    *ret_changed = strcmp(before, after) != 0;
    return 0;
}

void keys_close(struct keys *k)
{
    for (size_t i = 0; i < ARRAY_LEN(key_names); i++)
        sign_key_free(*key_slot(k, i));
    x509_free(k->ca_cert);
    x509_free(k->server_cert);
    *k = (struct keys){0};
}
