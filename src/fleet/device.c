/* Devices. See device.h. */
#include "fleet/device.h"

#include "base/buf.h"
#include "codec/json_out.h"
#include "fleet/action.h"
#include "fleet/enrollment.h"
#include "fleet/input_priv.h"
#include "os/random.h"
#include "schema/param.h"

enum { UUID_BYTES = 64, HOSTNAME_BYTES = 255, VERSION_BYTES = 64, REASON_BYTES = 2000 };

static int check_request(const struct device_request *r, struct err *err)
{
    int rc = input_line(r->hardware_uuid, 1, UUID_BYTES, "the hardware uuid", err);
    if (!rc)
        rc = input_line(r->hostname, 1, HOSTNAME_BYTES, "the host name", err);
    if (!rc)
        rc = input_line(r->os_version, 0, VERSION_BYTES, "the system's version", err);
    if (!rc)
        rc = input_line(r->agent_version, 0, VERSION_BYTES, "the agent's version", err);
    if (!rc && !str_is(r->platform, "macos") && !str_is(r->platform, "linux"))
        rc = err_set(err, E_ARG, "the platform is neither macos nor linux");
    return rc;
}

static int new_id(struct arena *arena, struct str *ret_id, struct err *err)
{
    struct buf id CLEANUP(buf_done) = {0};
    random_uuid_add(&id);
    *ret_id = buf_check(&id) ? (struct str){0} : arena_str(arena, buf_str(&id));
    return ret_id->ptr ? 0 : err_set(err, E_NOMEM, "no memory for a device");
}

static int audit(struct store_tx *tx, const struct actor *by, int64_t now_ns, const char *verb,
                 const struct store_device *device, struct str reason, struct err *err)
{
    struct buf detail CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &detail};
    json_object_begin(&j);
    json_kv_str(&j, "hostname", device->hostname);
    json_kv_str(&j, "serial", device->cert_serial);
    if (reason.len)
        json_kv_str(&j, "reason", reason);
    json_object_end(&j);
    if (buf_check(&detail))
        return err_set(err, E_NOMEM, "no memory for an audit entry");
    return actor_audit(tx, by, now_ns, verb, "device", device->id, buf_str(&detail), err);
}

static int leave(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                 struct store_device *device, enum device_state state, const char *verb,
                 struct str reason, struct err *err)
{
    device->state = state;
    int rc = store_device_put(tx, device, err);
    if (!rc)
        rc = action_close_device(tx, by, now_ns, device->id, STR("the device left the fleet"), err);
    return rc ? rc : audit(tx, by, now_ns, verb, device, reason, err);
}

/* The record before of the same machine gives way; its isolation goes over to the new one. */
static int replace_old(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                       struct str hardware_uuid, struct arena *arena, bool *ret_isolated,
                       struct err *err)
{
    struct store_device old;
    int rc = store_device_find_hardware(tx, hardware_uuid, arena, &old, NULL);
    if (rc == E_NOT_FOUND)
        return 0;
    if (rc)
        return err_set(err, rc, "cannot read the devices");
    *ret_isolated = old.isolation_desired == ISOLATION_ISOLATED;
    return leave(tx, by, now_ns, &old, DEVICE_RETIRED, "device.replace",
                 STR("the same machine enrolled again"), err);
}

int device_enroll(struct store_tx *tx, const struct device_request *request,
                  const struct device_issuer *issuer, int64_t now_ns, struct arena *arena,
                  struct store_device *ret_device, struct device_certificate *ret_certificate,
                  struct err *err)
{
    struct device_certificate certificate;
    struct store_device device = {0};
    bool isolated = false;
    int rc = check_request(request, err);
    if (!rc)
        rc = enrollment_use(tx, request->token_hash, now_ns, err);
    if (!rc)
        rc = new_id(arena, &device.id, err);
    if (!rc)
        rc = issuer->issue(issuer->arg, request->csr, device.id, now_ns, arena, &certificate, err);
    if (rc)
        return rc;
    const struct actor by = actor_device(device.id, request->address);
    rc = replace_old(tx, &by, now_ns, request->hardware_uuid, arena, &isolated, err);
    if (rc)
        return rc;
    device.hardware_uuid = request->hardware_uuid;
    device.hostname = request->hostname;
    device.platform = request->platform;
    device.os_version = request->os_version;
    device.agent_version = request->agent_version;
    device.address = request->address;
    device.cert_serial = certificate.serial;
    device.key_fingerprint = certificate.fingerprint;
    device.cert_expires_ns = certificate.expires_ns;
    device.state = DEVICE_ENROLLED;
    device.enrolled_with = request->token_hash;
    device.first_seen_ns = device.last_seen_ns = now_ns;
    device.facts_json = device.health_json = STR("{}");
    rc = store_device_put(tx, &device, err);
    if (!rc)
        rc = audit(tx, &by, now_ns, "device.enroll", &device, STR(""), err);
    if (!rc && isolated)
        rc = action_carry_isolation(tx, now_ns, device.id, err);
    if (!rc)
        rc = store_device_get(tx, device.id, arena, ret_device, err);
    if (!rc)
        *ret_certificate = certificate;
    return rc;
}

int device_renew(struct store_tx *tx, struct str id, struct str csr,
                 const struct device_issuer *issuer, int64_t now_ns, struct arena *arena,
                 struct device_certificate *ret_certificate, struct err *err)
{
    struct device_certificate certificate;
    struct store_device device;
    int rc = store_device_get(tx, id, arena, &device, err);
    if (rc)
        return rc;
    if (device.state != DEVICE_ENROLLED)
        return err_set(err, E_DENIED, "device '%.*s' is not enrolled any more", STR_FMT(id));
    rc = issuer->issue(issuer->arg, csr, id, now_ns, arena, &certificate, err);
    if (rc)
        return rc;
    device.cert_expires_ns = certificate.expires_ns;
    if (str_eq(certificate.fingerprint, device.key_fingerprint)) {
        /* The same key again: nothing to switch over to. */
        device.cert_serial = certificate.serial;
        device.next_serial = device.next_fingerprint = STR("");
    } else {
        device.next_serial = certificate.serial;
        device.next_fingerprint = certificate.fingerprint;
    }
    const struct actor by = actor_device(id, device.address);
    rc = store_device_put(tx, &device, err);
    if (!rc)
        rc = audit(tx, &by, now_ns, "device.renew", &device, STR(""), err);
    if (!rc)
        *ret_certificate = certificate;
    return rc;
}

int device_authenticate(struct store_tx *tx, struct str fingerprint, struct arena *arena,
                        struct store_device *ret_device, bool *ret_is_next, struct err *err)
{
    struct store_device device;
    int rc = store_device_find_key(tx, fingerprint, arena, &device, NULL);
    if (rc)
        return err_set(err, rc == E_NOT_FOUND ? E_AUTH : rc, "the device's key is not known");
    if (device.state != DEVICE_ENROLLED)
        return err_set(err, E_DENIED, "device '%.*s' is %s", STR_FMT(device.id),
                       device_state_names[device.state].ptr);
    *ret_is_next = !str_eq(device.key_fingerprint, fingerprint);
    *ret_device = device;
    return 0;
}

int device_promote(struct store_tx *tx, struct str id, struct str fingerprint, int64_t now_ns,
                   struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_device device;
    int rc = store_device_get(tx, id, &arena, &device, err);
    if (!rc && device.state != DEVICE_ENROLLED)
        rc = err_set(err, E_DENIED, "device '%.*s' is not enrolled any more", STR_FMT(id));
    if (rc || str_eq(device.key_fingerprint, fingerprint))
        return rc;
    if (fingerprint.len == 0 || !str_eq(device.next_fingerprint, fingerprint))
        return err_set(err, E_STATE, "the key is not the one given out last");
    device.cert_serial = device.next_serial;
    device.key_fingerprint = device.next_fingerprint;
    device.next_serial = device.next_fingerprint = STR("");
    const struct actor by = actor_device(id, device.address);
    rc = store_device_put(tx, &device, err);
    return rc ? rc : audit(tx, &by, now_ns, "device.promote", &device, STR(""), err);
}

static int leave_by(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                    enum device_state state, const char *verb, struct str reason, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_device device;
    int rc = actor_may(by, PERM_DEVICES_REVOKE, err);
    if (!rc)
        rc = input_reason(reason, REASON_BYTES, "the reason", err);
    if (!rc)
        rc = store_device_get(tx, id, &arena, &device, err);
    if (rc)
        return rc;
    if (device.state == state || device.state == DEVICE_REVOKED)
        return err_set(err, E_STATE, "device '%.*s' is %s already", STR_FMT(id),
                       device_state_names[device.state].ptr);
    return leave(tx, by, now_ns, &device, state, verb, reason, err);
}

int device_revoke(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                  struct str reason, struct err *err)
{
    return leave_by(tx, by, now_ns, id, DEVICE_REVOKED, "device.revoke", reason, err);
}

int device_retire(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                  struct str reason, struct err *err)
{
    return leave_by(tx, by, now_ns, id, DEVICE_RETIRED, "device.retire", reason, err);
}

int device_facts(struct store_tx *tx, struct str id, const struct device_report *report,
                 int64_t now_ns, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_device device;
    size_t most = (size_t)param_default(PARAM_FACTS_BYTES);
    int rc = input_line(report->hostname, 0, HOSTNAME_BYTES, "the host name", err);
    if (!rc)
        rc = input_line(report->os_version, 0, VERSION_BYTES, "the system's version", err);
    if (!rc)
        rc = input_line(report->agent_version, 0, VERSION_BYTES, "the agent's version", err);
    if (!rc && report->facts_json.len)
        rc = input_object(report->facts_json, most, "the facts", err);
    if (!rc && report->health_json.len)
        rc = input_object(report->health_json, most, "the health report", err);
    if (!rc)
        rc = store_device_get(tx, id, &arena, &device, err);
    if (rc)
        return rc;
    if (report->hostname.len)
        device.hostname = report->hostname;
    if (report->os_version.len)
        device.os_version = report->os_version;
    if (report->agent_version.len)
        device.agent_version = report->agent_version;
    if (report->facts_json.len)
        device.facts_json = report->facts_json;
    if (report->health_json.len) {
        device.health_json = report->health_json;
        device.condition = device_condition(report->health_json);
    }
    if (now_ns > device.last_seen_ns)
        device.last_seen_ns = now_ns;
    return store_device_put(tx, &device, err);
}
