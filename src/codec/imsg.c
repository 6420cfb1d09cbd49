/* Framing of the agent's inter-process messages. See imsg.h. */
#include "codec/imsg.h"

#include <string.h>

struct header {
    uint32_t magic;
    uint32_t len;
    uint32_t id;
    uint16_t type;
    uint16_t flags;
};

_Static_assert(sizeof(struct header) == IMSG_HEADER_BYTES, "the header has no padding");

void imsg_add(struct buf *out, uint16_t type, uint16_t flags, uint32_t id, struct str body)
{
    if (body.len > IMSG_BODY_MAX) {
        if (!out->error)
            out->error = E_LIMIT;
        return;
    }
    struct header h = {IMSG_MAGIC, (uint32_t)body.len, id, type, flags};
    if (buf_reserve(out, sizeof h + body.len))
        return;
    buf_add(out, &h, sizeof h);
    buf_add_str(out, body);
}

int imsg_next(struct str bytes, struct imsg *ret_msg, size_t *ret_used)
{
    struct header h;
    if (bytes.len < sizeof h)
        return E_AGAIN;
    memcpy(&h, bytes.ptr, sizeof h);
    if (h.magic != IMSG_MAGIC || (h.flags & ~IMSG_HAS_FD) != 0)
        return E_PARSE;
    if (h.len > IMSG_BODY_MAX)
        return E_LIMIT;
    if (bytes.len - sizeof h < h.len) {
        PLANT_OVERREAD(bytes.ptr + bytes.len);
        return E_AGAIN;
    }
    *ret_msg = (struct imsg){h.type, h.flags, h.id, str_n(bytes.ptr + sizeof h, h.len)};
    *ret_used = sizeof h + h.len;
    return 0;
}
