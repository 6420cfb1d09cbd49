/* What a health report says. See device.h, device_condition. The report is the device's word; the
 * shape is the agent's (docs/protocol.md), and one of another shape is no good sign. */
#include <jansson.h>

#include "fleet/device.h"
#include "proto/json_in.h"
#include "schema/param.h"

static bool is_filled(const json_t *object, const char *key)
{
    return json_string_length(json_object_get(object, key)) > 0;
}

static bool sees_all(const json_t *sensor)
{
    const char *tier = json_string_value(json_object_get(sensor, "tier"));
    return tier && strcmp(tier, "none") != 0 && strcmp(tier, "degraded") != 0;
}

enum condition device_condition(struct str health_json)
{
    json_t *health CLEANUP(json_in_freep) = NULL;
    if (json_in_object(health_json, (size_t)param_default(PARAM_FACTS_BYTES), &health, NULL) != 0)
        return CONDITION_UNKNOWN;
    const json_t *sensor = json_object_get(health, "sensor");
    if (is_filled(health, "containment"))
        return CONDITION_POOR;
    if (!sensor)
        return CONDITION_UNKNOWN;
    bool good = json_is_true(json_object_get(sensor, "running")) && sees_all(sensor) &&
                !is_filled(sensor, "text");
    return good ? CONDITION_GOOD : CONDITION_POOR;
}
