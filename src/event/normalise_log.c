/* Lines of the unified log, as `log show` and `log stream` print them with --style ndjson. A line
 * belongs to the process that wrote it; what a subsystem says about others stands in the message.
 * Source: log(1), macOS 12 to 26. */
#include "base/timefmt.h"
#include "event/normalise_priv.h"

enum { MESSAGE_PATH, MACH_TIME_PATH, TIME_PATH, MESSAGE_TYPE_PATH, EVENT_TYPE_PATH };

static const struct {
    const char *key;
    unsigned target;
} rows[] = {
    {"eventMessage", F_LOG_MESSAGE},
    {"machTimestamp", TARGET_MARK},
    {"timestamp", TARGET_TIME},
    {"messageType", TARGET_MARK},
    {"eventType", TARGET_MARK},
    {"subsystem", F_LOG_SUBSYSTEM},
    {"category", F_LOG_CATEGORY},
    {"formatString", F_LOG_FORMAT},
    {"senderImagePath", F_LOG_SENDER},
    {"processImagePath", F_EXECUTABLE},
    {"processID", F_PID},
    {"userID", F_UID},
};

static int make_paths(struct arena *arena, struct format_paths *ret_paths)
{
    struct path_builder b = {.arena = arena};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        normalise_path_key(&b, str_of(rows[i].key), rows[i].target);
    return normalise_paths_done(&b, ret_paths);
}

static bool is_log(const struct normaliser *n, const struct ndjson *j)
{
    (void)n;
    return ndjson_get(j, MACH_TIME_PATH) &&
           (ndjson_get(j, MESSAGE_PATH) || ndjson_get(j, EVENT_TYPE_PATH));
}

/* "2026-11-24 09:12:03.123456+0100": RFC 3339 but for the colon of the offset. */
static void put_time(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    enum { OFFSET_BYTES = 5, COLON = 2 };
    struct str text = normalise_text(j, TIME_PATH);
    if (text.len <= OFFSET_BYTES)
        return;
    char sign = text.ptr[text.len - OFFSET_BYTES];
    if (sign == '+' || sign == '-')
        text = normalise_concat(n, str_sub(text, 0, text.len - COLON), STR(":"),
                                str_sub(text, text.len - COLON, COLON));
    int64_t ns;
    if (timefmt_parse(text, &ns) == 0)
        ev->time_ns = ns;
}

/* A line without a type (an activity, a signpost) has its event's type. */
static void put_type(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    struct str type = normalise_text(j, MESSAGE_TYPE_PATH);
    if (type.len == 0)
        type = normalise_text(j, EVENT_TYPE_PATH);
    if (type.len)
        event_set_str(ev, F_LOG_TYPE, normalise_lower(n, type));
}

static void fill(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    ev->kind = KIND_LOG;
    const uint16_t *targets = n->paths[FORMAT_LOG].targets;
    for (unsigned path = 0; path < ARRAY_LEN(rows); path++) {
        if (targets[path] < FIELD_COUNT)
            normalise_put(n, j, path, ev, (enum field_id)targets[path]);
    }
    put_time(n, j, ev);
    put_type(n, j, ev);
    normalise_macos(ev);
    normalise_derive(n, ev);
}

const struct format_ops normalise_log = {FORMAT_LOG, make_paths, is_log, fill};
