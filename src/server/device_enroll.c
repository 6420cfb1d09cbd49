/* Enrollment and renewal of devices: certificates from the server's own authority. */
#include "base/text.h"
#include "base/timefmt.h"
#include "crypto/token.h"
#include "crypto/x509_csr.h"
#include "fleet/device.h"
#include "os/clock.h"
#include "os/log.h"
#include "proto/enroll.h"
#include "schema/param.h"
#include "server/channels.h"
#include "server/handlers.h"

/* ---------------------------------------------------------------- the authority as an issuer */

static int describe(const struct x509_cert *cert, struct arena *arena,
                    struct device_certificate *ret, struct err *err)
{
    struct buf pem CLEANUP(buf_done) = {0};
    struct buf serial CLEANUP(buf_done) = {0};
    char fingerprint[HASH_HEX_BYTES];
    int rc = x509_to_pem(cert, &pem, err);
    if (rc == 0)
        rc = x509_serial(cert, &serial);
    if (rc == 0)
        rc = x509_fingerprint(cert, fingerprint);
    if (rc)
        return rc;
    struct device_certificate c = {
        .serial = arena_str(arena, buf_str(&serial)),
        .fingerprint = arena_str(arena, str_of(fingerprint)),
        .pem = arena_str(arena, buf_str(&pem)),
        .expires_ns = x509_not_after_ns(cert),
    };
    if (!c.serial.ptr || !c.fingerprint.ptr || !c.pem.ptr)
        return err_set(err, E_NOMEM, "out of memory");
    *ret = c;
    return 0;
}

static int issue(void *arg, struct str csr, struct str device_id, int64_t now_ns,
                 struct arena *arena, struct device_certificate *ret_certificate, struct err *err)
{
    const struct server *s = arg;
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct x509_cert *cert CLEANUP(x509_freep) = NULL;
    struct x509_ca ca = {s->keys.ca_cert, s->keys.ca_key};
    int rc = x509_csr_read(csr, &key, NULL, err);
    if (rc == E_UNSUPPORTED) /* the device's fault, not a want of this server's */
        rc = err_set(err, E_ARG, "the request's key is not EC P-256");
    if (rc == 0)
        rc = x509_issue_device(&ca, key, device_id, now_ns,
                               (int)param_default(PARAM_DEVICE_CERT_DAYS), &cert, err);
    return rc ? rc : describe(cert, arena, ret_certificate, err);
}

/* ---------------------------------------------------------------- the answer */

static int public_pem(const struct sign_key *key, struct arena *arena, struct str *ret,
                      struct err *err)
{
    struct buf pem CLEANUP(buf_done) = {0};
    int rc = sign_public_to_pem(key, &pem, err);
    if (rc)
        return rc;
    *ret = arena_str(arena, buf_str(&pem));
    return ret->ptr ? 0 : err_set(err, E_NOMEM, "out of memory");
}

static int write_reply(struct job *j, struct str device, struct str certificate, struct err *err)
{
    const struct server *s = j->server;
    struct buf ca CLEANUP(buf_done) = {0};
    struct enroll_reply r = {.device = device,
                             .certificate = certificate,
                             .command_keys_len = 1,
                             .ruleset_keys_len = 1,
                             .server_time_ns = clock_wall_ns()};
    int rc = x509_to_pem(s->keys.ca_cert, &ca, err);
    if (rc == 0)
        rc = public_pem(s->keys.command_key, &j->arena, &r.command_keys[0], err);
    if (rc == 0)
        rc = public_pem(s->keys.ruleset_key, &j->arena, &r.ruleset_keys[0], err);
    if (rc)
        return rc;
    r.ca = buf_str(&ca);
    return enroll_reply_write(&r, &j->out);
}

/* ---------------------------------------------------------------- calls */

struct enrolling {
    struct enroll_request body;
    struct str csr;
    struct str address;
    struct str device;   /* the new one */
    struct str replaced; /* the machine's device before, or empty */
    char token_hash[HASH_HEX_BYTES];
};

static int enroll_work(struct store_tx *tx, struct job *j, struct err *err)
{
    struct enrolling *e = j->data;
    struct device_issuer issuer = {issue, j->server};
    struct store_device old;
    int rc = store_device_find_hardware(tx, e->body.hardware_uuid, &j->arena, &old, NULL);
    if (rc == 0)
        e->replaced = old.id;
    else if (rc != E_NOT_FOUND)
        return err_set(err, rc, "cannot read the devices");
    struct device_request request = {
        .token_hash = str_of(e->token_hash),
        .csr = e->csr,
        .hardware_uuid = e->body.hardware_uuid,
        .hostname = e->body.hostname,
        .platform = e->body.platform,
        .os_version = e->body.os_version,
        .agent_version = e->body.agent_version,
        .address = e->address,
    };
    struct store_device device;
    struct device_certificate certificate;
    rc = device_enroll(tx, &request, &issuer, clock_wall_ns(), &j->arena, &device, &certificate,
                       err);
    if (rc)
        return rc;
    /* The server's own machine: its isolation is guarded. The policy belongs to this thread. */
    if (str_eq(e->body.hardware_uuid, j->server->own_machine)) {
        struct str id = arena_str(&j->server->arena, device.id);
        if (!id.ptr)
            return err_set(err, E_NOMEM, "out of memory");
        j->server->policy.own_device = id;
    }
    e->device = device.id;
    return write_reply(j, device.id, certificate.pem, err);
}

static void enrolled(struct job *j)
{
    const struct enrolling *e = j->data;
    if (j->rc == 0) {
        log_info("device enrolled", KV_STR("device", e->device),
                 KV_STR("hostname", e->body.hostname), KV_STR("address", e->address));
        if (e->replaced.len)
            channels_revoke(j->server->channels, e->replaced);
    }
    job_reply(j);
}

static int renew_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct enrolling *e = j->data;
    struct device_issuer issuer = {issue, j->server};
    struct device_certificate certificate;
    int rc = device_renew(tx, j->call->device.id, e->csr, &issuer, clock_wall_ns(), &j->arena,
                          &certificate, err);
    return rc ? rc : write_reply(j, j->call->device.id, certificate.pem, err);
}

/* The request travels as PEM or as base64 of its DER form. */
static int take_csr(struct str text, struct arena *arena, struct str *ret, struct err *err)
{
    struct buf der CLEANUP(buf_done) = {0};
    if (str_starts(text, STR("-----BEGIN"))) {
        *ret = text;
        return 0;
    }
    if (text_base64_decode(text, &der) != 0)
        return err_set(err, E_PARSE, "member 'csr' is neither PEM nor base64");
    *ret = arena_str(arena, buf_str(&der));
    return ret->ptr ? 0 : err_set(err, E_NOMEM, "out of memory");
}

static void begin(struct call *c, job_work_fn work, job_done_fn done, bool with_token)
{
    struct err err = {0};
    struct job *j = job_new(c->server, c, work, done, NULL);
    if (!j)
        return;
    struct enrolling *e = arena_alloc(&j->arena, sizeof *e);
    j->data = e;
    int rc = e ? enroll_request_read(buf_str(http_req_body(c->req)), &j->arena, &e->body, &err)
               : E_NOMEM;
    if (rc == 0)
        rc = take_csr(e->body.csr, &j->arena, &e->csr, &err);
    if (rc == 0) {
        e->address = arena_str(&j->arena, str_of(http_req_peer_address(c->req)));
        rc = e->address.ptr ? 0 : E_NOMEM;
    }
    if (rc == 0 && with_token) {
        struct str kind;
        if (token_parse(e->body.token, &kind) != 0 || !str_is(kind, "enroll"))
            rc = err_set(&err, E_AUTH, "the enrollment token is not valid");
        else
            rc = token_hash(e->body.token, e->token_hash);
    }
    if (rc) {
        job_refuse(j, rc, &err);
        return;
    }
    job_start(j);
}

void device_call_enroll(struct call *c)
{
    begin(c, enroll_work, enrolled, true);
}

void device_call_renew(struct call *c)
{
    begin(c, renew_work, job_reply, false);
}
