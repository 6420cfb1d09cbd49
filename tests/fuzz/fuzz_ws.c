/* WebSocket frames: the first byte chooses the role; the messages must not depend on how the bytes
 * are cut, and none may exceed the limit. */
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "codec/ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_BYTES_MAX = 4096 };

static int hear(enum ws_role role, struct str in, size_t step, struct buf *out)
{
    struct ws_decoder d = {.role = role, .message_bytes_max = MESSAGE_BYTES_MAX};
    int rc = E_AGAIN;
    for (size_t used = 0; used < in.len && rc == E_AGAIN; used += step) {
        struct str piece = str_sub(in, used, step);
        struct ws_event event;
        uint16_t code = 0;
        while ((rc = ws_decode(&d, &piece, &event, &code)) == 0) {
            if (event.payload.len > MESSAGE_BYTES_MAX)
                abort();
            buf_add_u8(out, (uint8_t)event.opcode);
            buf_add_u32(out, (uint32_t)event.payload.len);
            buf_add_str(out, event.payload);
        }
        if (rc != E_AGAIN && code == 0)
            abort();
    }
    ws_decoder_done(&d);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum ws_role role = data[0] & 1 ? WS_SERVER : WS_CLIENT;
    struct str in = {(const char *)data + 1, size - 1};
    struct buf whole = {0};
    struct buf pieces = {0};
    int rc = hear(role, in, size, &whole);
    if (hear(role, in, 2, &pieces) != rc || !str_eq(buf_str(&whole), buf_str(&pieces)))
        abort();
    buf_done(&whole);
    buf_done(&pieces);
    return 0;
}
