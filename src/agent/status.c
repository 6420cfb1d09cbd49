/* The device's status as JSON. See status.h. */
#include "agent/status.h"

#include "agent/actions.h"
#include "agent/children.h"
#include "agent/facts.h"
#include "agent/prevention.h"
#include "agent/scanner.h"
#include "codec/json_out.h"
#include "device/orders.h"
#include "sensor/sensor.h"

static void add_raw(struct json_out *j, const char *key, struct str object)
{
    json_key(j, key);
    json_raw(j, object.len ? object : STR("{}"));
}

static void add_sensor(const struct status *s, struct json_out *j)
{
    struct sensor_health h = {0};
    if (s->sensor)
        s->sensor_kind->health(s->sensor, &h);
    json_key(j, "sensor");
    json_object_begin(j);
    json_kv_cstr(j, "name", s->sensor_kind ? s->sensor_kind->name : "none");
    json_kv_cstr(j, "tier", sensor_tier_name(h.tier));
    json_kv_bool(j, "running", h.running);
    json_kv_uint(j, "records", h.records);
    json_kv_uint(j, "lost", h.lost);
    json_kv_uint(j, "restarts", h.restarts);
    json_kv_bool(j, "paused", s->paused);
    json_kv_cstr(j, "condition", h.condition ? h.condition : "");
    json_kv_cstr(j, "text", s->sensor ? h.text : s->sensor_trouble);
    json_object_end(j);
}

static void add_health(const struct status *s, struct json_out *j)
{
    struct buf trouble CLEANUP(buf_done) = {0};
    json_key(j, "health");
    json_object_begin(j);
    add_sensor(s, j);
    json_key(j, "commands");
    json_object_begin(j);
    orders_health(s->orders, j);
    json_object_end(j);
    json_key(j, "prevention");
    prevention_health(s->prevention, j);
    add_raw(j, "analyst", s->analyst_health);
    add_raw(j, "uplink", s->uplink_health);
    json_key(j, "yara");
    scanner_health(s->scanner, j);
    json_kv_uint(j, "analyst_restarts", children_restarts(s->children, AGENT_ROLE_ANALYST));
    json_kv_uint(j, "uplink_restarts", children_restarts(s->children, AGENT_ROLE_UPLINK));
    actions_trouble(s->actions, &trouble);
    json_kv_str(j, "containment", buf_str(&trouble));
    json_kv_uint(j, "containment_reasserted", actions_reasserted(s->actions));
    json_object_end(j);
}

int status_write(const struct status *s, struct buf *out)
{
    struct json_out j = {.out = out};
    uint64_t generation;
    struct str state;
    actions_isolation(s->actions, &generation, &state);
    json_object_begin(&j);
    json_kv_str(&j, "boot", s->facts->boot);
    json_kv_cstr(&j, "challenge", orders_challenge(s->orders));
    int64_t server_now = orders_server_now(s->orders);
    json_kv_int(&j, "server_time_ns", server_now == INT64_MIN ? 0 : server_now);
    json_key(&j, "isolation");
    json_object_begin(&j);
    json_kv_uint(&j, "generation", generation);
    json_kv_str(&j, "state", state);
    json_object_end(&j);
    json_kv_cstr(&j, "ruleset", s->ruleset);
    json_kv_cstr(&j, "plan", s->plan);
    json_key(&j, "facts");
    json_object_begin(&j);
    facts_add_json(s->facts, &j);
    json_object_end(&j);
    add_health(s, &j);
    json_object_end(&j);
    return buf_check(out);
}
