/* WebSocket frames: the first byte chooses our role; the messages must not depend on how the bytes
 * are cut, none may exceed the limit, and what we write of the input is read as it was. With the
 * second bit set the input is a handshake key. */
#include "fuzz/fuzz.h"

#include "base/err.h"
#include "base/text.h"
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

static void check_key(struct str key)
{
    char accept[WS_ACCEPT_BYTES + 1];
    FUZZ_ASSERT(!ws_key_valid(key) || ws_accept_key(key, accept) == 0);
}

/* One message and a close, written by one side and read by the other. */
static void check_written(enum ws_role role, struct str in)
{
    struct ws_decoder d = {.role = role == WS_SERVER ? WS_CLIENT : WS_SERVER,
                           .message_bytes_max = in.len};
    struct buf out CLEANUP(buf_done) = {0};
    struct ws_event event;
    uint16_t code = 0;
    ws_encode(&out, role, WS_BINARY, in, 0x12345678);
    ws_encode_close(&out, role, WS_CLOSE_NORMAL, text_utf8_valid(in) ? in : STR(""), 0x9abcdef0);
    FUZZ_ASSERT(buf_check(&out) == 0);
    struct str rest = buf_str(&out);
    FUZZ_ASSERT(ws_decode(&d, &rest, &event, &code) == 0 && str_eq(event.payload, in));
    FUZZ_ASSERT(ws_decode(&d, &rest, &event, &code) == 0 && event.opcode == WS_CLOSE);
    FUZZ_ASSERT(event.close_code == WS_CLOSE_NORMAL && rest.len == 0);
    ws_decoder_done(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_of(data, size);
    unsigned choice = fuzz_take_byte(&input);
    enum ws_role role = choice & 1 ? WS_SERVER : WS_CLIENT;
    CLEANUP(fuzz_freep) struct str in = fuzz_take_rest(&input);
    if (choice & 2) {
        check_key(in);
        return 0;
    }
    check_written(role, in);
    struct buf whole = {0};
    struct buf pieces = {0};
    int rc = hear(role, in, in.len, &whole);
    FUZZ_ASSERT(hear(role, in, 2, &pieces) == rc);
    FUZZ_ASSERT(str_eq(buf_str(&whole), buf_str(&pieces)));
    buf_done(&whole);
    buf_done(&pieces);
    return 0;
}
