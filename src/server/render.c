/* Records as JSON. See render.h. */
#include "server/render.h"

#include "proto/json_in.h"
#include "server/channels.h"

void render_time(struct json_out *j, const char *key, int64_t ns)
{
    if (ns)
        json_kv_time(j, key, ns);
}

void render_stored_json(struct json_out *j, const char *key, struct str text)
{
    json_key(j, key);
    json_raw(j, text.len ? text : STR("{}"));
}

void render_list_begin(struct json_out *j)
{
    json_object_begin(j);
    json_key(j, "items");
    json_array_begin(j);
}

void render_list_end(struct json_out *j, struct str next)
{
    json_array_end(j);
    if (next.len)
        json_kv_str(j, "next", next);
    json_object_end(j);
}

static void kv_filled(struct json_out *j, const char *key, struct str s)
{
    if (s.len)
        json_kv_str(j, key, s);
}

int render_device(struct server *s, struct store_tx *tx, const struct store_device *d,
                  struct json_out *j, struct err *err)
{
    int64_t alerts = 0;
    int rc = store_alert_count_open(tx, d->id, &alerts, err);
    if (rc)
        return rc;
    json_object_begin(j);
    json_kv_str(j, "id", d->id);
    json_kv_str(j, "hostname", d->hostname);
    json_kv_str(j, "platform", d->platform);
    json_kv_str(j, "os_version", d->os_version);
    json_kv_str(j, "agent_version", d->agent_version);
    json_kv_str(j, "hardware_uuid", d->hardware_uuid);
    json_kv_str(j, "state", device_state_names[d->state]);
    json_kv_bool(j, "online", channels_online(s->channels, d->id));
    json_kv_str(j, "address", d->address);
    render_time(j, "first_seen", d->first_seen_ns);
    render_time(j, "last_seen", d->last_seen_ns);
    render_time(j, "certificate_expires", d->cert_expires_ns);
    json_kv_int(j, "clock_offset_ms", d->clock_offset_ns / 1000000);
    json_key(j, "isolation");
    json_object_begin(j);
    json_kv_str(j, "desired", isolation_names[d->isolation_desired]);
    json_kv_int(j, "desired_generation", d->desired_generation);
    json_kv_str(j, "observed", isolation_names[d->isolation_observed]);
    json_kv_int(j, "observed_generation", d->observed_generation);
    json_object_end(j);
    json_kv_str(j, "condition", condition_names[d->condition]);
    json_kv_int(j, "open_alerts", alerts);
    render_stored_json(j, "facts", d->facts_json);
    render_stored_json(j, "health", d->health_json);
    json_object_end(j);
    return 0;
}

static int hostname_of(struct store_tx *tx, struct str device, struct json_out *j, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_device d;
    int rc = store_device_get(tx, device, &arena, &d, err);
    if (rc == 0)
        json_kv_str(j, "hostname", d.hostname);
    return rc == E_NOT_FOUND ? 0 : rc;
}

static void techniques(struct json_out *j, struct str list)
{
    struct str one;
    json_key(j, "techniques");
    json_array_begin(j);
    while (str_next(&list, ',', &one))
        json_str(j, one);
    json_array_end(j);
}

int render_alert(struct store_tx *tx, const struct store_alert *a, struct json_out *j,
                 struct err *err)
{
    json_kv_str(j, "id", a->id);
    json_kv_str(j, "device", a->device);
    int rc = hostname_of(tx, a->device, j, err);
    if (rc)
        return rc;
    json_key(j, "rule");
    json_object_begin(j);
    json_kv_str(j, "id", a->rule_id);
    json_kv_str(j, "title", a->rule_title);
    json_kv_str(j, "level", alert_level_names[a->level]);
    techniques(j, a->techniques);
    json_object_end(j);
    json_kv_str(j, "state", alert_state_names[a->state]);
    render_time(j, "time", a->time_ns);
    render_time(j, "received", a->received_ns);
    render_time(j, "stored", a->stored_ns);
    json_kv_int(j, "count", a->count);
    if (a->state == ALERT_ACKNOWLEDGED) {
        kv_filled(j, "acknowledged_by", a->state_by);
        render_time(j, "acknowledged_at", a->state_ns);
        kv_filled(j, "acknowledge_note", a->state_reason);
    } else if (a->state == ALERT_CLOSED) {
        kv_filled(j, "closed_by", a->state_by);
        render_time(j, "closed_at", a->state_ns);
        kv_filled(j, "close_reason", a->state_reason);
    } else {
        kv_filled(j, "reopened_by", a->state_by);
        render_time(j, "reopened_at", a->state_ns);
        kv_filled(j, "reopen_reason", a->state_reason);
    }
    return 0;
}

/* What the channel stored: {"message": ..., "result": {...}}. */
static int result_of(const struct store_action *a, struct json_out *j, struct err *err)
{
    json_t *o CLEANUP(json_in_freep) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct str message = STR("");
    struct str result = STR("");
    int rc = a->result_json.len ? json_in_object(a->result_json, SIZE_MAX, &o, err) : 0;
    if (rc == 0 && o)
        rc = json_in_text(o, "message", false, SIZE_MAX, &arena, &message, err);
    if (rc == 0 && o)
        rc = json_in_raw(o, "result", SIZE_MAX, &arena, &result, err);
    if (rc)
        return rc;
    json_kv_str(j, "message", message);
    render_stored_json(j, "result", result);
    return 0;
}

int render_action(struct store_tx *tx, const struct store_action *a, struct json_out *j,
                  struct err *err)
{
    json_object_begin(j);
    json_kv_str(j, "id", a->id);
    json_kv_str(j, "request", a->request);
    json_kv_str(j, "device", a->device);
    int rc = hostname_of(tx, a->device, j, err);
    if (rc)
        return rc;
    json_kv_str(j, "name", a->name);
    render_stored_json(j, "arguments", a->args_json);
    json_kv_str(j, "reason", a->reason);
    json_kv_str(j, "state", action_state_table[a->state].name);
    json_kv_bool(j, "final", action_state_table[a->state].final);
    json_kv_str(j, "requested_by", a->requested_by);
    render_time(j, "requested_at", a->requested_ns);
    kv_filled(j, "decided_by", a->decided_by);
    render_time(j, "decided_at", a->decided_ns);
    kv_filled(j, "decision", a->decision);
    render_time(j, "queued_at", a->queued_ns);
    render_time(j, "delivered_at", a->delivered_ns);
    render_time(j, "finished_at", a->finished_ns);
    render_time(j, "expires", a->expires_ns);
    if (a->generation)
        json_kv_int(j, "generation", a->generation);
    render_time(j, "rollback_at", a->rollback_ns);
    rc = result_of(a, j, err);
    json_object_end(j);
    return rc;
}

void render_enroll_token(const struct store_enroll_token *t, struct str secret, struct json_out *j)
{
    json_object_begin(j);
    json_kv_str(j, "id", t->hash);
    kv_filled(j, "token", secret);
    json_kv_str(j, "kind", enroll_kind_names[t->kind]);
    json_kv_str(j, "note", t->label);
    if (t->uses_left >= 0)
        json_kv_int(j, "uses_left", t->uses_left);
    json_kv_int(j, "uses", t->uses);
    render_time(j, "created", t->created_ns);
    render_time(j, "expires", t->expires_ns);
    json_kv_str(j, "created_by", t->created_by);
    json_kv_bool(j, "revoked", t->revoked);
    json_object_end(j);
}

/* The ids of a stored list, or an empty one. */
static void render_ids(struct json_out *j, const char *key, struct str list)
{
    json_key(j, key);
    json_raw(j, list.len ? list : STR("[]"));
}

void render_hunt(const struct store_hunt *h, bool whole, struct json_out *j)
{
    json_object_begin(j);
    json_kv_str(j, "id", h->id);
    json_kv_str(j, "kind", h->kind);
    json_kv_str(j, "title", h->title);
    json_kv_str(j, "state", hunt_state_names[h->state]);
    kv_filled(j, "error", h->error);
    render_ids(j, "devices", h->devices_json);
    render_time(j, "since", h->since_ns);
    render_time(j, "until", h->until_ns);
    json_kv_str(j, "created_by", h->created_by);
    render_time(j, "created", h->created_ns);
    render_time(j, "started", h->started_ns);
    render_time(j, "finished", h->finished_ns);
    json_kv_int(j, "rules", h->rules);
    json_kv_int(j, "segments", h->segments);
    json_kv_int(j, "segments_done", h->segments_done);
    json_kv_int(j, "bytes", h->bytes);
    json_kv_int(j, "bytes_done", h->bytes_done);
    json_kv_int(j, "frames", h->frames);
    json_kv_int(j, "frames_skipped", h->frames_skipped);
    json_kv_int(j, "events", h->events);
    json_kv_int(j, "matches", h->matches);
    json_kv_int(j, "results", h->results);
    json_kv_int(j, "damaged", h->damaged);
    json_kv_bool(j, "truncated", h->truncated);
    render_time(j, "received_first", h->received_min_ns);
    render_time(j, "received_last", h->received_max_ns);
    if (whole)
        render_stored_json(j, "detail", h->detail_json);
    json_object_end(j);
}

void render_ruleset(const struct store_ruleset *r, struct json_out *j)
{
    json_object_begin(j);
    json_kv_str(j, "version", r->version);
    json_kv_int(j, "rules", r->rules);
    json_kv_int(j, "bytes", r->bytes);
    json_kv_str(j, "signed_by", r->signed_by);
    json_kv_str(j, "created_by", r->created_by);
    render_time(j, "created", r->created_ns);
    json_kv_bool(j, "active", r->active);
    json_object_end(j);
}

void render_entry(const struct store_entry *e, struct json_out *j)
{
    json_kv_str(j, "id", e->id);
    json_kv_str(j, "type", e->kind);
    json_kv_str(j, "value", e->value);
    json_kv_str(j, "action", e->verdict);
    json_kv_str(j, "reason", e->reason);
    json_kv_str(j, "source", e->source);
    render_time(j, "expires", e->expires_ns);
    json_kv_str(j, "created_by", e->created_by);
    render_time(j, "created", e->created_ns);
    kv_filled(j, "removed_by", e->removed_by);
    render_time(j, "removed", e->removed_ns);
    kv_filled(j, "removed_reason", e->removed_reason);
}

void render_audit(const struct store_audit *a, struct json_out *j)
{
    json_object_begin(j);
    json_kv_int(j, "seq", a->sequence);
    render_time(j, "time", a->time_ns);
    json_kv_str(j, "actor_kind", a->actor_kind);
    json_kv_str(j, "actor", a->actor);
    json_kv_str(j, "address", a->address);
    json_kv_str(j, "verb", a->verb);
    json_kv_str(j, "object", a->object);
    render_stored_json(j, "detail", a->detail_json);
    json_kv_str(j, "hash", a->hash);
    json_object_end(j);
}

void render_person(struct str name, enum role_id role, bool must_change, struct json_out *j)
{
    json_kv_str(j, "name", name);
    json_kv_str(j, "role", role_table[role].name);
    json_kv_bool(j, "must_change_password", must_change);
    json_key(j, "permissions");
    json_array_begin(j);
    for (unsigned p = 0; p < PERMISSION_COUNT; p++) {
        if (role_has(role, (enum permission_id)p))
            json_str(j, permission_table[p].name);
    }
    json_array_end(j);
}

void render_session(struct str name, enum role_id role, bool must_change, struct str csrf,
                    int64_t expires_ns, struct json_out *j)
{
    json_object_begin(j);
    render_person(name, role, must_change, j);
    kv_filled(j, "csrf", csrf);
    render_time(j, "expires", expires_ns);
    json_object_end(j);
}
