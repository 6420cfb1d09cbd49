/* From an event to a code identity. See prevent_event.h. */
#include "detect/prevent_event.h"

#include "base/text.h"

/* A digest that is none is not known. */
static struct str digest(struct str hex, unsigned char *bytes, size_t size)
{
    size_t len;
    if (hex.len != 2 * size || text_hex_decode(hex, bytes, size, &len))
        return (struct str){0};
    return str_n((const char *)bytes, len);
}

struct code_identity prevent_identity(const struct event *ev, struct prevent_digests *digests)
{
    struct value platform = event_get(ev, F_PLATFORM_BINARY);
    return (struct code_identity){
        .path = event_str(ev, F_EXECUTABLE),
        .sha256 = digest(event_str(ev, F_SHA256), digests->sha256, sizeof digests->sha256),
        .cdhash = digest(event_str(ev, F_CDHASH), digests->cdhash, sizeof digests->cdhash),
        .signing_id = event_str(ev, F_SIGNING_ID),
        .team_id = event_str(ev, F_TEAM_ID),
        .platform = platform.type == VALUE_BOOL && platform.b};
}
