/* What the device says about itself: host name, system, machine. Cheap facts only; inventory is
 * collect/'s. */
#ifndef CORDON_AGENT_FACTS_H
#define CORDON_AGENT_FACTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct facts {
    struct str hardware_uuid;
    struct str hostname;
    struct str platform; /* "macos" or "linux" */
    struct str os_version;
    struct str kernel;
    struct str cpu;  /* machine type as uname says */
    struct str boot; /* boot id */
};

/** @return 0, E_IO (no machine identity), E_NOMEM. Texts live in the arena. */
int facts_read(struct arena *arena, struct facts *ret_facts, struct err *err) MUST_CHECK;
/** Append them as members of the open JSON object. */
struct json_out;
void facts_add_json(const struct facts *f, struct json_out *j);

#endif
