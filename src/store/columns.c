/* The columns of every record. See columns.h. */
#include "store/columns.h"

#include <assert.h>
#include <string.h>

#include "base/compiler.h"

#define TEXT(record, field)                                                                        \
    {                                                                                              \
#field, COLUMN_TEXT, offsetof(struct record, field), NULL, 0, 0                            \
    }
#define BLOB(record, field)                                                                        \
    {                                                                                              \
#field, COLUMN_BLOB, offsetof(struct record, field), NULL, 0, 0                            \
    }
#define INT(record, field)                                                                         \
    {                                                                                              \
#field, COLUMN_INT, offsetof(struct record, field), NULL, 0, 0                             \
    }
#define U64(record, field)                                                                         \
    {                                                                                              \
#field, COLUMN_U64, offsetof(struct record, field), NULL, 0, 0                             \
    }
#define BOOL(record, field)                                                                        \
    {                                                                                              \
#field, COLUMN_BOOL, offsetof(struct record, field), NULL, 0, 0                            \
    }
#define NAME(record, field, names, len)                                                            \
    {                                                                                              \
#field, COLUMN_NAME, offsetof(struct record, field), (names), sizeof((names)[0]), (len)    \
    }

static const struct column device[] = {
    TEXT(store_device, id),
    TEXT(store_device, hardware_uuid),
    TEXT(store_device, hostname),
    TEXT(store_device, platform),
    TEXT(store_device, os_version),
    TEXT(store_device, agent_version),
    TEXT(store_device, address),
    TEXT(store_device, cert_serial),
    TEXT(store_device, key_fingerprint),
    TEXT(store_device, next_serial),
    TEXT(store_device, next_fingerprint),
    INT(store_device, cert_expires_ns),
    NAME(store_device, state, device_state_names, DEVICE_STATE_COUNT),
    TEXT(store_device, enrolled_with),
    INT(store_device, first_seen_ns),
    INT(store_device, last_seen_ns),
    INT(store_device, clock_offset_ns),
    TEXT(store_device, facts_json),
    TEXT(store_device, health_json),
    NAME(store_device, isolation_desired, isolation_names, ISOLATION_COUNT),
    INT(store_device, desired_generation),
    NAME(store_device, isolation_observed, isolation_names, ISOLATION_COUNT),
    INT(store_device, observed_generation),
    NAME(store_device, condition, condition_names, CONDITION_COUNT),
};

static const struct column enroll_token[] = {
    TEXT(store_enroll_token, hash),
    TEXT(store_enroll_token, label),
    NAME(store_enroll_token, kind, enroll_kind_names, ENROLL_KIND_COUNT),
    INT(store_enroll_token, uses_left),
    INT(store_enroll_token, uses),
    INT(store_enroll_token, created_ns),
    INT(store_enroll_token, expires_ns),
    TEXT(store_enroll_token, created_by),
    BOOL(store_enroll_token, revoked),
};

static const struct column user[] = {
    TEXT(store_user, name),          NAME(store_user, role, role_table, ROLE_COUNT),
    TEXT(store_user, password_hash), BOOL(store_user, must_change_password),
    BOOL(store_user, disabled),      INT(store_user, created_ns),
    TEXT(store_user, created_by),    INT(store_user, last_login_ns),
};

static const struct column token[] = {
    TEXT(store_token, hash),        NAME(store_token, kind, token_kind_names, TOKEN_KIND_COUNT),
    TEXT(store_token, user),        TEXT(store_token, name),
    INT(store_token, created_ns),   INT(store_token, expires_ns),
    INT(store_token, last_used_ns), TEXT(store_token, address),
};

static const struct column alert[] = {
    TEXT(store_alert, id),
    TEXT(store_alert, device),
    TEXT(store_alert, rule_id),
    TEXT(store_alert, rule_title),
    NAME(store_alert, level, alert_level_names, ALERT_LEVEL_COUNT),
    TEXT(store_alert, techniques),
    INT(store_alert, time_ns),
    INT(store_alert, received_ns),
    INT(store_alert, stored_ns),
    NAME(store_alert, state, alert_state_names, ALERT_STATE_COUNT),
    TEXT(store_alert, state_by),
    INT(store_alert, state_ns),
    TEXT(store_alert, state_reason),
    INT(store_alert, count),
    TEXT(store_alert, json),
};

static const struct column batch[] = {
    TEXT(store_batch_row, device),      U64(store_batch_row, epoch),
    U64(store_batch_row, sequence),     INT(store_batch_row, segment),
    INT(store_batch_row, offset),       INT(store_batch_row, length),
    INT(store_batch_row, plain_length), INT(store_batch_row, events),
    INT(store_batch_row, alerts),       INT(store_batch_row, lost),
    TEXT(store_batch_row, sha256),      INT(store_batch_row, received_ns),
    INT(store_batch_row, stored_ns),
};

static const struct column epoch[] = {
    TEXT(store_epoch, device), U64(store_epoch, epoch),      U64(store_epoch, last_sequence),
    INT(store_epoch, batches), INT(store_epoch, events),     INT(store_epoch, missing),
    INT(store_epoch, lost),    INT(store_epoch, updated_ns), BLOB(store_epoch, window),
};

static const struct column segment[] = {
    INT(store_segment, id),
    INT(store_segment, shard),
    TEXT(store_segment, path),
    NAME(store_segment, state, segment_state_names, SEGMENT_STATE_COUNT),
    INT(store_segment, created_ns),
    INT(store_segment, sealed_ns),
    INT(store_segment, bytes),
    INT(store_segment, events),
    INT(store_segment, received_min_ns),
    INT(store_segment, received_max_ns),
};

static const struct column action[] = {
    TEXT(store_action, id),
    TEXT(store_action, request),
    TEXT(store_action, device),
    TEXT(store_action, name),
    TEXT(store_action, args_json),
    NAME(store_action, state, action_state_table, ACTION_STATE_COUNT),
    TEXT(store_action, reason),
    TEXT(store_action, requested_by),
    INT(store_action, requested_ns),
    TEXT(store_action, decided_by),
    INT(store_action, decided_ns),
    TEXT(store_action, decision),
    INT(store_action, queued_ns),
    INT(store_action, delivered_ns),
    INT(store_action, finished_ns),
    INT(store_action, expires_ns),
    INT(store_action, generation),
    INT(store_action, rollback_ns),
    INT(store_action, due_ns),
    TEXT(store_action, result_json),
    BLOB(store_action, nonce),
    BLOB(store_action, envelope),
};

static const struct column ruleset[] = {
    TEXT(store_ruleset, version),   TEXT(store_ruleset, path),      INT(store_ruleset, bytes),
    INT(store_ruleset, rules),      TEXT(store_ruleset, signed_by), TEXT(store_ruleset, created_by),
    INT(store_ruleset, created_ns), BOOL(store_ruleset, active),
};

static const struct column entry[] = {
    TEXT(store_entry, id),
    TEXT(store_entry, kind),
    TEXT(store_entry, value),
    TEXT(store_entry, verdict),
    TEXT(store_entry, body),
    TEXT(store_entry, reason),
    TEXT(store_entry, source),
    INT(store_entry, expires_ns),
    TEXT(store_entry, created_by),
    INT(store_entry, created_ns),
    TEXT(store_entry, removed_by),
    INT(store_entry, removed_ns),
    TEXT(store_entry, removed_reason),
};

static const struct column audit[] = {
    INT(store_audit, sequence), INT(store_audit, time_ns),      TEXT(store_audit, actor_kind),
    TEXT(store_audit, actor),   TEXT(store_audit, address),     TEXT(store_audit, verb),
    TEXT(store_audit, object),  TEXT(store_audit, detail_json), TEXT(store_audit, prev),
    TEXT(store_audit, hash),
};

static const struct column hunt[] = {
    TEXT(store_hunt, id),
    TEXT(store_hunt, kind),
    TEXT(store_hunt, title),
    TEXT(store_hunt, devices_json),
    INT(store_hunt, since_ns),
    INT(store_hunt, until_ns),
    NAME(store_hunt, state, hunt_state_names, HUNT_STATE_COUNT),
    TEXT(store_hunt, error),
    TEXT(store_hunt, created_by),
    INT(store_hunt, created_ns),
    INT(store_hunt, started_ns),
    INT(store_hunt, finished_ns),
    INT(store_hunt, rules),
    INT(store_hunt, segments),
    INT(store_hunt, segments_done),
    INT(store_hunt, bytes),
    INT(store_hunt, bytes_done),
    INT(store_hunt, frames),
    INT(store_hunt, frames_skipped),
    INT(store_hunt, events),
    INT(store_hunt, matches),
    INT(store_hunt, results),
    INT(store_hunt, damaged),
    BOOL(store_hunt, truncated),
    INT(store_hunt, received_min_ns),
    INT(store_hunt, received_max_ns),
    TEXT(store_hunt, detail_json),
};

static const struct column hunt_result[] = {
    TEXT(store_hunt_result, hunt),   INT(store_hunt_result, time_ns),
    TEXT(store_hunt_result, id),     TEXT(store_hunt_result, rule_id),
    TEXT(store_hunt_result, device), INT(store_hunt_result, received_ns),
    TEXT(store_hunt_result, json),
};

#define TABLE(name, columns, key_len, record)                                                      \
    {                                                                                              \
        (name), (columns), ARRAY_LEN(columns), (key_len), sizeof(struct record)                    \
    }

const struct table table_device = TABLE("devices", device, 1, store_device);
const struct table table_enroll_token = TABLE("enroll_tokens", enroll_token, 1, store_enroll_token);
const struct table table_user = TABLE("users", user, 1, store_user);
const struct table table_token = TABLE("tokens", token, 1, store_token);
const struct table table_alert = TABLE("alerts", alert, 1, store_alert);
const struct table table_batch = TABLE("batches", batch, 3, store_batch_row);
const struct table table_epoch = TABLE("epochs", epoch, 2, store_epoch);
const struct table table_segment = TABLE("segments", segment, 1, store_segment);
const struct table table_action = TABLE("actions", action, 1, store_action);
const struct table table_ruleset = TABLE("rulesets", ruleset, 1, store_ruleset);
const struct table table_entry = TABLE("entries", entry, 1, store_entry);
const struct table table_hunt = TABLE("hunts", hunt, 1, store_hunt);
const struct table table_hunt_result = TABLE("hunt_results", hunt_result, 3, store_hunt_result);
const struct table table_audit = TABLE("audit", audit, 1, store_audit);

const struct table *const table_all[] = {
    &table_device, &table_enroll_token, &table_user,        &table_token,  &table_alert,
    &table_batch,  &table_epoch,        &table_segment,     &table_action, &table_ruleset,
    &table_entry,  &table_hunt,         &table_hunt_result, &table_audit,  NULL};

const struct column *column_get(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->len; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    }
    assert(!"no such column");
    return &table->columns[0];
}

struct str column_name_of(const struct column *column, unsigned i)
{
    const char *base = column->names;
    return *(const struct str *)(const void *)(base + i * column->names_size);
}

unsigned column_name_find(const struct column *column, struct str name)
{
    for (unsigned i = 0; i < column->names_len; i++) {
        if (str_eq(column_name_of(column, i), name))
            return i;
    }
    return column->names_len;
}
