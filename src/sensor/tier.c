/* Kinds of events by source. See tier.h. */
#include "sensor/tier.h"

#include "sensor/eslogger_args.h"

const struct tier_row tier_table[EVENT_SOURCES] = {
#define TIER_ROW(id, name, product, doc) {STR(name), STR(product), STR(doc)},
    TIER_LIST(TIER_ROW)
#undef TIER_ROW
};

static bool list_has(struct str list, struct str name)
{
    struct str word;
    while (name.len && str_next(&list, ',', &word)) {
        if (str_eq(word, name))
            return true;
    }
    return false;
}

bool tier_tells(enum event_source source, enum event_kind kind)
{
    struct str es = kind_table[kind].es;
    if (kind == KIND_SENSOR || kind == KIND_PREVENT) /* the agent's own, whatever watches */
        return true;
    if (kind == KIND_YARA_MATCH) /* a Mac has no YARA */
        return source == SOURCE_KERNEL;
    switch (source) {
    case SOURCE_ES:
        return es.len || kind == KIND_EXEC_DENIED;
    case SOURCE_ESLOGGER:
        return list_has(str_of(eslogger_base_events), es);
    case SOURCE_KERNEL:
        /* What proc_events_linux.c makes. */
        return kind == KIND_EXEC || kind == KIND_FORK || kind == KIND_EXIT || kind == KIND_SETUID ||
               kind == KIND_CREATE || kind == KIND_CLOSE || kind == KIND_RENAME ||
               kind == KIND_UNLINK;
    default:
        return false;
    }
}
