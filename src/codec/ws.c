/* WebSocket framing and handshake key. See ws.h. */
#include "codec/ws.h"

#include <openssl/evp.h>

#include "base/err.h"
#include "base/text.h"

enum { FIN = 0x80, RESERVED = 0x70, OPCODE = 0x0f, MASKED = 0x80, LENGTH = 0x7f };

static bool is_control(unsigned opcode)
{
    return (opcode & 8) != 0;
}

static int fail(struct ws_decoder *d, int code, uint16_t close_code, uint16_t *ret_close_code)
{
    d->failed = true;
    *ret_close_code = close_code;
    return code;
}

/* Bytes the frame header has, as far as its first two bytes tell. Section 5.2. */
static unsigned header_size(const unsigned char *h)
{
    unsigned length = h[1] & LENGTH;
    unsigned extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    return 2 + extended + (h[1] & MASKED ? 4u : 0u);
}

static uint64_t payload_length(const unsigned char *h)
{
    unsigned length = h[1] & LENGTH;
    if (length < 126)
        return length;
    uint64_t value = 0;
    for (unsigned i = 0; i < (length == 126 ? 2u : 8u); i++)
        value = value << 8 | h[2 + i];
    return value;
}

/* Judge a complete frame header. @return 0, E_PARSE or E_LIMIT */
static int check_header(const struct ws_decoder *d)
{
    const unsigned char *h = d->header;
    unsigned opcode = h[0] & OPCODE;
    bool fin = (h[0] & FIN) != 0;
    uint64_t length = payload_length(h);
    unsigned form = h[1] & LENGTH;
    if (h[0] & RESERVED || ((h[1] & MASKED) != 0) != (d->role == WS_SERVER))
        return E_PARSE;
    if ((form == 126 && length < 126) || (form == 127 && length <= UINT16_MAX))
        return E_PARSE;
    if (is_control(opcode))
        return opcode > WS_PONG || !fin || length > WS_CONTROL_BYTES ? E_PARSE : 0;
    if (opcode > WS_BINARY || (opcode == WS_CONTINUATION) != d->in_message)
        return E_PARSE;
    if (length > d->message_bytes_max || d->message.len > d->message_bytes_max - (size_t)length)
        return E_LIMIT;
    return 0;
}

/* Gather header bytes. @return 0 when the header is complete, else E_AGAIN, E_PARSE, E_LIMIT */
static int read_header(struct ws_decoder *d, struct str *in)
{
    while (d->header_len < 2 || d->header_len < header_size(d->header)) {
        if (in->len == 0)
            return E_AGAIN;
        d->header[d->header_len++] = (unsigned char)in->ptr[0];
        *in = str_sub(*in, 1, SIZE_MAX);
    }
    int rc = check_header(d);
    if (rc)
        return rc;
    unsigned opcode = d->header[0] & OPCODE;
    if (opcode == WS_TEXT || opcode == WS_BINARY) {
        d->first_opcode = (unsigned char)opcode;
        d->in_message = true;
    }
    d->payload_left = payload_length(d->header);
    d->mask_at = 0;
    d->control_len = 0;
    d->in_payload = true;
    return 0;
}

static void unmask(struct ws_decoder *d, unsigned char *p, size_t len)
{
    const unsigned char *mask = d->header + header_size(d->header) - 4;
    for (size_t i = 0; i < len; i++)
        p[i] ^= mask[(d->mask_at + i) & 3];
    d->mask_at = (unsigned char)((d->mask_at + len) & 3);
}

/* Gather payload bytes. @return 0 when the frame is complete, else E_AGAIN or E_NOMEM */
static int read_payload(struct ws_decoder *d, struct str *in)
{
    size_t n = d->payload_left < in->len ? (size_t)d->payload_left : in->len;
    unsigned char *at;
    if (n == 0)
        return d->payload_left ? E_AGAIN : 0;
    if (is_control(d->header[0] & OPCODE)) {
        at = d->control + d->control_len;
        memcpy(at, in->ptr, n);
        d->control_len = (unsigned char)(d->control_len + n);
    } else {
        size_t before = d->message.len;
        buf_add(&d->message, in->ptr, n);
        if (buf_check(&d->message))
            return buf_check(&d->message);
        at = (unsigned char *)d->message.ptr + before;
    }
    if (d->role == WS_SERVER)
        unmask(d, at, n);
    *in = str_sub(*in, n, SIZE_MAX);
    d->payload_left -= n;
    return d->payload_left ? E_AGAIN : 0;
}

/* Codes a peer may send. Section 7.4.1 and the IANA registry. */
static bool is_close_code(unsigned code)
{
    if (code >= 3000 && code <= 4999)
        return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != WS_CLOSE_NO_CODE &&
           code != WS_CLOSE_ABNORMAL;
}

static int finish_close(struct ws_decoder *d, struct ws_event *ret_event, uint16_t *ret_close_code)
{
    struct ws_event event = {.opcode = WS_CLOSE, .close_code = WS_CLOSE_NO_CODE};
    if (d->control_len == 1)
        return fail(d, E_PARSE, WS_CLOSE_PROTOCOL, ret_close_code);
    if (d->control_len >= 2) {
        event.close_code = (uint16_t)(d->control[0] << 8 | d->control[1]);
        event.payload = str_n((const char *)d->control + 2, d->control_len - 2u);
        if (!is_close_code(event.close_code))
            return fail(d, E_PARSE, WS_CLOSE_PROTOCOL, ret_close_code);
        if (!text_utf8_valid(event.payload))
            return fail(d, E_PARSE, WS_CLOSE_BAD_TEXT, ret_close_code);
    }
    d->failed = true;
    *ret_event = event;
    return 0;
}

/* A frame is complete. @return 0 (event), E_AGAIN (a fragment, nothing to tell yet) or an error */
static int finish_frame(struct ws_decoder *d, struct ws_event *ret_event, uint16_t *ret_close_code)
{
    unsigned opcode = d->header[0] & OPCODE;
    bool fin = (d->header[0] & FIN) != 0;
    d->in_payload = false;
    d->header_len = 0;
    if (opcode == WS_CLOSE)
        return finish_close(d, ret_event, ret_close_code);
    if (is_control(opcode)) {
        *ret_event = (struct ws_event){
            .opcode = (enum ws_opcode)opcode,
            .payload = str_n((const char *)d->control, d->control_len),
        };
        return 0;
    }
    if (!fin)
        return E_AGAIN;
    if (d->first_opcode == WS_TEXT && !text_utf8_valid(buf_str(&d->message)))
        return fail(d, E_PARSE, WS_CLOSE_BAD_TEXT, ret_close_code);
    d->in_message = false;
    *ret_event = (struct ws_event){
        .opcode = (enum ws_opcode)d->first_opcode,
        .payload = buf_str(&d->message),
    };
    return 0;
}

/* The message given out by the previous call has been used. */
static void forget_message(struct ws_decoder *d)
{
    if (d->in_message || d->message.len == 0)
        return;
    if (d->message.cap > WS_KEEP_BYTES)
        buf_done(&d->message);
    else
        buf_clear(&d->message);
}

int ws_decode(struct ws_decoder *d, struct str *in, struct ws_event *ret_event,
              uint16_t *ret_close_code)
{
    if (d->failed)
        return fail(d, E_PARSE, WS_CLOSE_PROTOCOL, ret_close_code);
    forget_message(d);
    for (;;) {
        int rc = d->in_payload ? 0 : read_header(d, in);
        if (rc == 0)
            rc = read_payload(d, in);
        if (rc == E_AGAIN)
            return rc;
        if (rc == E_NOMEM)
            return fail(d, rc, WS_CLOSE_INTERNAL, ret_close_code);
        if (rc == E_LIMIT)
            return fail(d, rc, WS_CLOSE_TOO_BIG, ret_close_code);
        if (rc)
            return fail(d, rc, WS_CLOSE_PROTOCOL, ret_close_code);
        if (d->in_message && is_control(d->header[0] & OPCODE))
            PLANT_OVERREAD(in->ptr + in->len);
        rc = finish_frame(d, ret_event, ret_close_code);
        if (rc != E_AGAIN)
            return rc;
    }
}

void ws_decoder_done(struct ws_decoder *d)
{
    buf_done(&d->message);
}

void ws_encode(struct buf *out, enum ws_role role, enum ws_opcode opcode, struct str payload,
               uint32_t mask)
{
    unsigned char mask_bit = role == WS_CLIENT ? MASKED : 0;
    if (payload.len > SIZE_MAX - WS_HEADER_BYTES || buf_reserve(out, payload.len + WS_HEADER_BYTES))
        return;
    buf_add_u8(out, (uint8_t)(FIN | (unsigned)opcode));
    if (payload.len < 126) {
        buf_add_u8(out, (uint8_t)(mask_bit | payload.len));
    } else if (payload.len <= UINT16_MAX) {
        buf_add_u8(out, mask_bit | 126);
        buf_add_u16(out, (uint16_t)payload.len);
    } else {
        buf_add_u8(out, mask_bit | 127);
        buf_add_u64(out, payload.len);
    }
    unsigned char key[4] = {(unsigned char)(mask >> 24), (unsigned char)(mask >> 16),
                            (unsigned char)(mask >> 8), (unsigned char)mask};
    if (role == WS_CLIENT)
        buf_add(out, key, sizeof key);
    size_t at = out->len;
    buf_add_str(out, payload);
    for (size_t i = 0; role == WS_CLIENT && i < payload.len; i++)
        out->ptr[at + i] = (char)(out->ptr[at + i] ^ key[i & 3]);
}

void ws_encode_close(struct buf *out, enum ws_role role, uint16_t code, struct str reason,
                     uint32_t mask)
{
    char payload[WS_CONTROL_BYTES] = {(char)(code >> 8), (char)(code & 0xff)};
    size_t len = reason.len;
    if (len > sizeof payload - 2) {
        len = sizeof payload - 2;
        while (len && ((unsigned char)reason.ptr[len] & 0xc0) == 0x80)
            len--;
    }
    if (len)
        memcpy(payload + 2, reason.ptr, len);
    ws_encode(out, role, WS_CLOSE, str_n(payload, len + 2), mask);
}

bool ws_key_valid(struct str key)
{
    if (key.len != 24 || key.ptr[22] != '=' || key.ptr[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++) {
        char c = char_lower(key.ptr[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/'))
            return false;
    }
    return true;
}

int ws_accept_key(struct str key, char ret_accept[WS_ACCEPT_BYTES + 1])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char joined[128];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    if (key.len > sizeof joined - sizeof guid)
        return E_ARG;
    memcpy(joined, key.ptr, key.len);
    memcpy(joined + key.len, guid, sizeof guid - 1);
    if (EVP_Digest(joined, key.len + sizeof guid - 1, digest, &digest_len, EVP_sha1(), NULL) != 1)
        return E_NOMEM;
    (void)EVP_EncodeBlock((unsigned char *)ret_accept, digest, (int)digest_len);
    return 0;
}
