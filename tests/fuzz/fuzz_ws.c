/* WebSocket frames: the first byte chooses our role; the messages must not depend on how the bytes
 * are cut, and none may exceed the limit. */
#include "fuzz/fuzz.h"

#include "base/err.h"
#include "codec/ws.h"

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
            FUZZ_ASSERT(event.payload.len <= MESSAGE_BYTES_MAX);
            buf_add_u8(out, (uint8_t)event.opcode);
            buf_add_u32(out, (uint32_t)event.payload.len);
            buf_add_str(out, event.payload);
        }
        FUZZ_ASSERT(rc == E_AGAIN || code != 0);
    }
    ws_decoder_done(&d);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_of(data, size);
    enum ws_role role = fuzz_take_byte(&input) & 1 ? WS_SERVER : WS_CLIENT;
    CLEANUP(fuzz_freep) struct str in = fuzz_take_rest(&input);
    struct buf whole = {0};
    struct buf pieces = {0};
    int rc = hear(role, in, in.len, &whole);
    FUZZ_ASSERT(hear(role, in, 2, &pieces) == rc);
    FUZZ_ASSERT(str_eq(buf_str(&whole), buf_str(&pieces)));
    buf_done(&whole);
    buf_done(&pieces);
    return 0;
}
