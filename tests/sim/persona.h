/* Who a simulated Mac is: invented people, hosts, models and serial numbers, the same for one seed
 * and number every time. Nobody here exists; serial numbers say so. */
#ifndef CORDON_SIM_PERSONA_H
#define CORDON_SIM_PERSONA_H

#include <stdint.h>

#include "base/compiler.h"
#include "codec/json_out.h"

struct persona {
    char host[64];
    char user[32];
    char full_name[64];
    char model[16];      /* "Mac16,1" */
    char model_name[48]; /* "MacBook Pro (14-inch, 2024)" */
    char chip[24];
    char os_version[40]; /* "macOS 26.1 (25B78)" */
    char kernel[16];
    char serial[16];
    char hardware_uuid[37];
    char boot[37]; /* boot session */
    int64_t memory_bytes;
    bool admin;
};

/**
 * Make the persona of device `index` (from 0).
 * @param names prefix of host names ("lab" gives "lab-001"), or NULL: the invented people's hosts
 */
void persona_make(uint64_t seed, unsigned index, const char *names, struct persona *ret_persona);

/** Append what a Mac's agent reports as facts, as members of the open object. */
void persona_facts(const struct persona *p, struct json_out *j);

/** The next number of a generator that always yields the same series for one start value. */
uint64_t persona_random(uint64_t *state);

#endif
