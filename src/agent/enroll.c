/* Enrollment. See enroll.h. The server is believed because its CA's fingerprint is known
 * beforehand. */
#include "agent/enroll.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/account.h"
#include "agent/facts.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "crypto/x509_csr.h"
#include "device/identity.h"
#include "device/trust.h"
#include "net/http_client.h"
#include "os/file.h"
#include "os/log.h"
#include "proto/enroll.h"

enum { TOKEN_MAX = 256, PATH_BYTES = 512 };

static int read_token(const char *path, struct buf *out, struct err *err)
{
    if (buf_reserve(out, TOKEN_MAX))
        return err_set(err, E_NOMEM, "out of memory");
    int rc = file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, TOKEN_MAX, out, err);
    if (rc)
        return rc;
    struct str token = str_trim(buf_str(out));
    if (token.len == 0)
        return err_set(err, E_ARG, "%s holds no token", path);
    memmove(out->ptr, token.ptr, token.len);
    buf_truncate(out, token.len);
    return 0;
}

static int fingerprint_of(struct str hex, unsigned char ret[TLS_FINGERPRINT_BYTES], struct err *err)
{
    size_t len;
    if (text_hex_decode(hex, ret, TLS_FINGERPRINT_BYTES, &len) != 0 || len != TLS_FINGERPRINT_BYTES)
        return err_set(err, E_ARG, "ca_fingerprint '%.*s': expected 64 hex digits", STR_FMT(hex));
    return 0;
}

int enroll_body(const struct sign_key *key, struct str token, struct buf *out, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct buf der CLEANUP(buf_done) = {0};
    struct buf csr CLEANUP(buf_done) = {0};
    struct facts facts;
    int rc = facts_read(&arena, &facts, err);
    if (rc == 0)
        rc = x509_csr_make(key, str_sub(facts.hostname, 0, 64), &der, err);
    if (rc)
        return rc;
    text_base64_add(&csr, der.ptr, der.len);
    struct enroll_request r = {
        .token = token,
        .csr = buf_str(&csr),
        .hardware_uuid = facts.hardware_uuid,
        .hostname = facts.hostname,
        .platform = facts.platform,
        .os_version = facts.os_version,
        .agent_version = STR(CORDON_VERSION),
    };
    rc = enroll_request_write(&r, out);
    return rc ? err_set(err, rc, "out of memory") : 0;
}

static int call(const struct agent_config *config, const struct buf *body,
                struct http_client_answer *answer, struct err *err)
{
    unsigned char fingerprint[TLS_FINGERPRINT_BYTES];
    struct http_client *client CLEANUP(http_client_freep) = NULL;
    char url[PATH_BYTES];
    int rc = fingerprint_of(config->ca_fingerprint, fingerprint, err);
    if (rc)
        return rc;
    struct tls_client_options tls = {.ca_fingerprint = fingerprint, .any_time = true};
    struct http_client_options o = {.tls = &tls};
    rc = http_client_new(&o, &client, err);
    if (rc)
        return rc;
    (void)snprintf(url, sizeof url, "%.*s/device/v1/enroll", STR_FMT(config->server));
    struct http_client_request request = {
        .method = "POST", .url = url, .content_type = "application/json", .body = buf_str(body)};
    rc = http_client_call(client, &request, answer, err);
    if (rc == E_CRYPTO) {
        const struct err why = *err;
        return err_set(err, rc, "%s (expected: a server of the CA with ca_fingerprint %.*s)",
                       why.message, STR_FMT(config->ca_fingerprint));
    }
    if (rc)
        return rc;
    if (answer->status != 200)
        return err_set(err, answer->status == 401 ? E_AUTH : E_DENIED,
                       "the server answered %d: %.*s", answer->status,
                       STR_FMT(str_sub(buf_str(&answer->body), 0, 300)));
    return 0;
}

static int keep(const struct agent_config *config, const struct sign_key *key,
                const struct enroll_reply *reply, const char *trust_path, struct err *err)
{
    struct identity identity = {0};
    char folder[PATH_BYTES];
    uid_t uid;
    gid_t gid;
    int rc = account_find(config->uplink_user, &uid, &gid, err);
    if (rc == 0)
        rc = buf_reserve(&identity.key_pem, SIGN_PEM_BYTES_MAX);
    if (rc == 0)
        rc = sign_key_to_pem(key, &identity.key_pem, err);
    buf_add_str(&identity.cert_pem, reply->certificate);
    buf_add_str(&identity.ca_pem, reply->ca);
    if (rc == 0 && (buf_check(&identity.cert_pem) || buf_check(&identity.ca_pem)))
        rc = err_set(err, E_NOMEM, "out of memory");
    (void)snprintf(folder, sizeof folder, "%.*s/uplink", STR_FMT(config->state_dir));
    if (rc == 0)
        rc = identity_save(folder, &identity, uid, gid, err);
    /* The trust comes last: without it the agent counts as not enrolled. */
    if (rc == 0)
        rc = trust_save(trust_path, reply, err);
    identity_done(&identity);
    return rc;
}

/* The state folder is root's; the uplink's folder in it must be reachable for its account. */
static int make_folders(const struct agent_config *config, struct err *err)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%.*s", STR_FMT(config->state_dir));
    int rc = file_mkdirs(path, 0711, err);
    (void)snprintf(path, sizeof path, "%.*s/monitor", STR_FMT(config->state_dir));
    return rc ? rc : file_mkdirs(path, 0700, err);
}

int enroll_run(const struct agent_config *config, const char *token_path, struct err *err)
{
    struct buf token CLEANUP(secret_buf_done) = {0};
    struct buf body CLEANUP(secret_buf_done) = {0};
    struct arena arena CLEANUP(arena_done) = {0};
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct http_client_answer answer CLEANUP(http_client_answer_done) = {0};
    struct enroll_reply reply;
    char trust_path[PATH_BYTES];
    (void)snprintf(trust_path, sizeof trust_path, "%.*s/monitor/trust.json",
                   STR_FMT(config->state_dir));
    if (config->server.len == 0)
        return err_set(err, E_ARG, "the configuration names no server");
    if (file_exists(trust_path))
        return err_set(err, E_STATE, "this machine is enrolled already (%s)", trust_path);
    int rc = make_folders(config, err);
    if (rc == 0)
        rc = read_token(token_path, &token, err);
    if (rc == 0)
        rc = sign_key_new(&key, err);
    if (rc == 0)
        rc = enroll_body(key, buf_str(&token), &body, err);
    if (rc == 0)
        rc = call(config, &body, &answer, err);
    if (rc == 0)
        rc = enroll_reply_read(buf_str(&answer.body), &arena, &reply, err);
    if (rc == 0)
        rc = keep(config, key, &reply, trust_path, err);
    if (rc == 0)
        log_info("enrolled", KV_STR("device", reply.device), KV_STR("server", config->server));
    return rc;
}
