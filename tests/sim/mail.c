/* A Mac's blocking calls, one at a time, made by a courier: enrollment, signed files, batches,
 * renewal. What fails is tried again after a growing, jittered pause. See mac.h. */
#include <stdio.h>

#include "base/text.h"
#include "crypto/secret.h"
#include "crypto/x509_csr.h"
#include "device/identity.h"
#include "mac.h"
#include "os/file.h"
#include "os/log.h"
#include "proto/enroll.h"
#include "proto/signed_file.h"

enum { RETRY_FIRST_MS = 500, RETRY_MOST_MS = 30000, TOKEN_MAX = 256 };

/* ---------------------------------------------------------------- in a courier's thread */

static int write_request(const struct mac *m, const struct sign_key *key, struct str token,
                         struct buf *out, struct err *err)
{
    struct buf der CLEANUP(buf_done) = {0};
    struct buf csr CLEANUP(buf_done) = {0};
    int rc = x509_csr_make(key, str_of(m->persona.host), &der, err);
    if (rc)
        return rc;
    text_base64_add(&csr, der.ptr, der.len);
    struct enroll_request r = {
        .token = token,
        .csr = buf_str(&csr),
        .hardware_uuid = str_of(m->persona.hardware_uuid),
        .hostname = str_of(m->persona.host),
        .platform = STR("macos"),
        .os_version = str_of(m->persona.os_version),
        .agent_version = STR(CORDON_VERSION),
    };
    rc = buf_check(&csr) ? E_NOMEM : enroll_request_write(&r, out);
    return rc ? err_set(err, rc, "out of memory") : 0;
}

static int read_token(const char *path, struct buf *out, struct err *err)
{
    if (buf_reserve(out, TOKEN_MAX))
        return err_set(err, E_NOMEM, "out of memory");
    return file_read(path, TOKEN_MAX, out, err);
}

static int ask(struct mac *m, unsigned thread, const struct sign_key *key, struct err *err)
{
    struct buf token CLEANUP(secret_buf_done) = {0};
    struct buf body CLEANUP(secret_buf_done) = {0};
    struct http_client_answer *answer = &m->mail.scratch.answer;
    char url[MAC_PATH_BYTES];
    (void)snprintf(url, sizeof url, "%s/device/v1/enroll", m->sim->options->server);
    int rc = read_token(m->sim->options->token_file, &token, err);
    if (rc == 0)
        rc = write_request(m, key, str_trim(buf_str(&token)), &body, err);
    struct http_client_request request = {
        .method = "POST", .url = url, .content_type = "application/json", .body = buf_str(&body)};
    if (rc == 0)
        rc = http_client_call(m->sim->enrolling[thread], &request, answer, err);
    if (rc == 0 && answer->status != 200)
        rc = err_set(err, answer->status == 401 ? E_AUTH : E_IO, "the server answered %d: %.*s",
                     answer->status, STR_FMT(str_sub(buf_str(&answer->body), 0, 200)));
    return rc;
}

/* The trust comes last: without it the Mac counts as not enrolled. */
static int keep(struct mac *m, const struct sign_key *key, const struct enroll_reply *reply,
                struct err *err)
{
    struct identity identity = {0};
    char path[MAC_PATH_BYTES + 32];
    int rc = buf_reserve(&identity.key_pem, SIGN_PEM_BYTES_MAX);
    if (rc == 0)
        rc = sign_key_to_pem(key, &identity.key_pem, err);
    buf_add_str(&identity.cert_pem, reply->certificate);
    buf_add_str(&identity.ca_pem, reply->ca);
    if (rc == 0 && (buf_check(&identity.cert_pem) || buf_check(&identity.ca_pem)))
        rc = err_set(err, E_NOMEM, "out of memory");
    if (rc == 0)
        rc = identity_save(m->folder, &identity, (uid_t)-1, (gid_t)-1, err);
    mac_path(m, "trust.json", path);
    if (rc == 0)
        rc = trust_save(path, reply, err);
    identity_done(&identity);
    return rc;
}

static int enroll(struct mac *m, unsigned thread, struct err *err)
{
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct enroll_reply reply;
    int rc = sign_key_new(&key, err);
    if (rc == 0)
        rc = ask(m, thread, key, err);
    if (rc == 0)
        rc = enroll_reply_read(buf_str(&m->mail.scratch.answer.body), &arena, &reply, err);
    return rc ? rc : keep(m, key, &reply, err);
}

static int renew(struct mac *m, struct err *err)
{
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct buf body CLEANUP(buf_done) = {0};
    struct arena arena CLEANUP(arena_done) = {0};
    struct enroll_reply reply;
    char path[MAC_PATH_BYTES + 32];
    mac_path(m, "device.key", path);
    int rc = sign_key_load(path, &key, err);
    if (rc == 0)
        rc = write_request(m, key, STR(""), &body, err);
    if (rc == 0)
        rc = calls_renew(m->client, m->sim->options->server, buf_str(&body), &m->mail.scratch, err);
    if (rc == 0)
        rc = enroll_reply_read(buf_str(&m->mail.scratch.answer.body), &arena, &reply, err);
    return rc ? rc : identity_save_certificate(m->folder, reply.certificate, err);
}

static int work_on(struct mac *m, unsigned thread, struct err *err)
{
    const char *server = m->sim->options->server;
    uint64_t sequence;
    switch (m->mail.kind) {
    case MAIL_ENROLL:
        return enroll(m, thread, err);
    case MAIL_RULESET:
        return calls_file(m->client, server, "ruleset", m->mail.version, &m->mail.scratch, err);
    case MAIL_PLAN:
        return calls_file(m->client, server, "plan", m->mail.version, &m->mail.scratch, err);
    case MAIL_RENEW:
        return renew(m, err);
    case MAIL_BATCH:
        break;
    }
    return calls_batch(m->client, server, m->spool, &m->mail.scratch, &sequence, &m->mail.dropped,
                       err);
}

static void work(void *arg, unsigned thread)
{
    struct mac *m = arg;
    err_clear(&m->mail.err);
    m->mail.dropped = false;
    m->mail.rc = work_on(m, thread, &m->mail.err);
}

/* ---------------------------------------------------------------- on the loop */

static int take_ruleset(struct mac *m, struct err *err)
{
    struct buf aligned CLEANUP(buf_done) = {0}; /* the file as it came may lie anywhere */
    struct str payload;
    char version[HASH_HEX_BYTES];
    buf_add_str(&aligned, buf_str(&m->mail.scratch.answer.body));
    if (buf_check(&aligned))
        return err_set(err, E_NOMEM, "out of memory");
    int rc = signed_file_open(buf_str(&aligned), STR(SIGNED_PURPOSE_RULESET), m->trust.ruleset_keys,
                              m->trust.ruleset_keys_len, &payload, err);
    if (rc == 0)
        rc = hash_sha256_hex(payload, version);
    struct rules_entry rules;
    if (rc == 0)
        rc = rules_use(m->sim->rules, str_of(version), payload, &rules, err);
    if (rc == 0 && analysis_use(m->analysis, rules.ruleset, rules.engine))
        rc = err_set(err, E_NOMEM, "out of memory");
    if (rc)
        return rc;
    m->rules = rules;
    memcpy(m->ruleset, version, sizeof version);
    player_ready(m);
    rc = prevent_sweep(m);
    return rc ? err_set(err, rc, "out of memory") : 0;
}

static int take_plan(struct mac *m, struct err *err)
{
    struct str payload;
    char version[HASH_HEX_BYTES];
    int rc = signed_file_open(buf_str(&m->mail.scratch.answer.body), STR(SIGNED_PURPOSE_PLAN),
                              m->trust.ruleset_keys, m->trust.ruleset_keys_len, &payload, err);
    if (rc == 0)
        rc = hash_sha256_hex(payload, version);
    if (rc == 0)
        rc = analysis_plan(m->analysis, payload, err);
    if (rc)
        return rc;
    memcpy(m->plan, version, sizeof version);
    return 0;
}

static void forget_version(char wanted[HASH_HEX_BYTES], const char *version)
{
    if (strcmp(wanted, version) == 0)
        wanted[0] = '\0';
}

static int take(struct mac *m, struct err *err)
{
    switch (m->mail.kind) {
    case MAIL_ENROLL:
        log_info("enrolled", KV_CSTR("host", m->persona.host));
        return mac_open(m, err);
    case MAIL_RULESET:
        forget_version(m->mail.want_ruleset, m->mail.version);
        return take_ruleset(m, err);
    case MAIL_PLAN:
        forget_version(m->mail.want_plan, m->mail.version);
        return take_plan(m, err);
    case MAIL_RENEW:
        /* It counts from the simulator's next start, as the agent's does from its own. */
        m->mail.renew_due = false;
        log_info("certificate renewed", KV_CSTR("host", m->persona.host));
        break;
    case MAIL_BATCH:
        m->mail.posted++;
        if (m->mail.dropped)
            log_error("the server refuses a batch for good; it is dropped",
                      KV_CSTR("host", m->persona.host), KV_CSTR("reason", m->mail.err.message));
        break;
    }
    return 0;
}

static void try_again(struct loop *loop, void *arg)
{
    struct mac *m = arg;
    (void)loop;
    m->mail.timer = 0;
    mail_kick(m);
}

static void failed(struct mac *m, const struct err *err)
{
    m->mail.failures++;
    m->mail.pause_ms = m->mail.pause_ms ? m->mail.pause_ms * 2 : RETRY_FIRST_MS;
    if (m->mail.pause_ms > RETRY_MOST_MS)
        m->mail.pause_ms = RETRY_MOST_MS;
    log_warn("the server did not take a call, trying again", KV_CSTR("host", m->persona.host),
             KV_CSTR("code", err_name(m->mail.rc)), KV_CSTR("reason", err->message));
    m->mail.timer = loop_timer(m->sim->loop, m->mail.pause_ms / 2 + mac_random(m, m->mail.pause_ms),
                               try_again, m);
}

static void done(void *arg)
{
    struct mac *m = arg;
    struct err err = {0};
    m->mail.under_way = false;
    if (m->mail.rc == E_NOT_FOUND && m->mail.kind == MAIL_RULESET)
        forget_version(m->mail.want_ruleset, m->mail.version);
    else if (m->mail.rc == E_NOT_FOUND && m->mail.kind == MAIL_PLAN)
        forget_version(m->mail.want_plan, m->mail.version);
    else if (m->mail.rc && m->mail.rc != E_NOT_FOUND) {
        failed(m, &m->mail.err);
        return;
    } else if (m->mail.rc == 0 && take(m, &err) != 0) {
        m->mail.rc = err.code;
        log_warn("what the server sent is refused", KV_CSTR("host", m->persona.host),
                 KV_CSTR("code", err_name(err.code)), KV_CSTR("reason", err.message));
    } else {
        m->mail.pause_ms = 0;
    }
    mail_kick(m);
}

static bool batch_waits(const struct mac *m)
{
    struct spool_stats stats;
    if (!m->spool)
        return false;
    spool_stats(m->spool, &stats);
    return stats.waiting_batches > 0;
}

static bool choose(struct mac *m)
{
    const char *version = "";
    if (!m->enrolled) {
        m->mail.kind = MAIL_ENROLL;
        return !m->stopping;
    }
    if (m->link.revoked)
        return false;
    if (m->mail.want_ruleset[0]) {
        m->mail.kind = MAIL_RULESET;
        version = m->mail.want_ruleset;
    } else if (m->mail.want_plan[0]) {
        m->mail.kind = MAIL_PLAN;
        version = m->mail.want_plan;
    } else if (m->mail.renew_due) {
        m->mail.kind = MAIL_RENEW;
    } else if (batch_waits(m)) {
        m->mail.kind = MAIL_BATCH;
    } else {
        return false;
    }
    (void)snprintf(m->mail.version, sizeof m->mail.version, "%s", version);
    return true;
}

void mail_kick(struct mac *m)
{
    if (m->mail.under_way || m->mail.timer || !choose(m))
        return;
    m->mail.under_way = true;
    m->mail.errand = (struct errand){.work = work, .done = done, .arg = m};
    courier_send(m->sim->courier, &m->mail.errand);
}

bool mail_idle(const struct mac *m)
{
    return !m->mail.under_way && (!m->enrolled || m->link.revoked || !batch_waits(m));
}
