/* Names of the enumerations in records. See record.h. */
#include "store/record.h"

#define NAME(id, name) STR(name),
const struct str device_state_names[DEVICE_STATE_COUNT] = {DEVICE_STATE_LIST(NAME)};
const struct str isolation_names[ISOLATION_COUNT] = {ISOLATION_LIST(NAME)};
const struct str condition_names[CONDITION_COUNT] = {CONDITION_LIST(NAME)};
const struct str token_kind_names[TOKEN_KIND_COUNT] = {TOKEN_KIND_LIST(NAME)};
const struct str enroll_kind_names[ENROLL_KIND_COUNT] = {ENROLL_KIND_LIST(NAME)};
const struct str alert_state_names[ALERT_STATE_COUNT] = {ALERT_STATE_LIST(NAME)};
const struct str alert_level_names[ALERT_LEVEL_COUNT] = {ALERT_LEVEL_LIST(NAME)};
const struct str hunt_state_names[HUNT_STATE_COUNT] = {HUNT_STATE_LIST(NAME)};
const struct str segment_state_names[SEGMENT_STATE_COUNT] = {SEGMENT_STATE_LIST(NAME)};
#undef NAME

unsigned record_name_find(const struct str *names, unsigned len, struct str name)
{
    for (unsigned i = 0; i < len; i++) {
        if (str_eq(names[i], name))
            return i;
    }
    return len;
}
