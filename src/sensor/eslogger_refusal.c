/* The refusals of eslogger. See eslogger_refusal.h. */
#include "sensor/eslogger_refusal.h"

#include <stddef.h>

const struct eslogger_refusal eslogger_refusals[] = {
    {"ERR_NOT_PERMITTED", ESLOGGER_NO_FULL_DISK_ACCESS,
     "give Full Disk Access to cordon-agent or to /usr/bin/eslogger: push the profiles of 'cordon "
     "mac-profiles' by MDM, or add it under System Settings, Privacy & Security"},
    {"needs TCC Full Disk Access", ESLOGGER_NO_FULL_DISK_ACCESS,
     "give Full Disk Access to cordon-agent or to /usr/bin/eslogger: push the profiles of 'cordon "
     "mac-profiles' by MDM, or add it under System Settings, Privacy & Security"},
    {"ERR_NOT_PRIVILEGED", "not_root", "run the agent as root, by its launch daemon"},
    {"ERR_NOT_ENTITLED", "not_entitled",
     "the system does not accept this eslogger: is it Apple's (codesign -v /usr/bin/eslogger)"},
    {"ERR_TOO_MANY_CLIENTS", "too_many_clients",
     "remove another EndpointSecurity product: the system has no room for one more"},
    {"Failed to parse event types", "unknown_event",
     "take out of sensor.events what 'eslogger --list-events' does not print"},
    {NULL, NULL, NULL},
};

const struct eslogger_refusal *eslogger_refusal_find(struct str line)
{
    for (const struct eslogger_refusal *r = eslogger_refusals; r->words; r++) {
        if (str_find(line, str_of(r->words)) != SIZE_MAX)
            return r;
    }
    return NULL;
}
