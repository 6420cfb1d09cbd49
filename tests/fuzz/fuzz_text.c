/* base/text: decoders of foreign text. What base64 accepts, its encoder gives back. */
#include "base/err.h"
#include "base/text.h"
#include "fuzz/fuzz.h"

static void try_base64(struct str text)
{
    struct buf raw CLEANUP(buf_done) = {0};
    struct buf again CLEANUP(buf_done) = {0};
    if (text_base64_decode(text, &raw)) {
        FUZZ_ASSERT(raw.len == 0);
        return;
    }
    text_base64url_add(&again, raw.ptr, raw.len);
    size_t digits = text.len;
    while (digits && text.ptr[digits - 1] == '=')
        digits--;
    FUZZ_ASSERT(again.len == digits);
    for (size_t i = 0; i < digits; i++) {
        char c = text.ptr[i] == '+' ? '-' : text.ptr[i] == '/' ? '_' : text.ptr[i];
        FUZZ_ASSERT(again.ptr[i] == c);
    }
}

static void try_hex(struct str text)
{
    unsigned char raw[64];
    size_t len;
    if (text_hex_decode(text, raw, sizeof raw, &len))
        return;
    struct buf again CLEANUP(buf_done) = {0};
    text_hex_add(&again, raw, len);
    FUZZ_ASSERT(str_eq_nocase(buf_str(&again), text));
}

static void try_utf8(struct str text)
{
    struct buf again CLEANUP(buf_done) = {0};
    struct buf shown CLEANUP(buf_done) = {0};
    size_t pos = 0;
    while (pos < text.len)
        text_utf8_add(&again, text_utf8_next(text, &pos));
    FUZZ_ASSERT(text_utf8_valid(buf_str(&again)));
    FUZZ_ASSERT(text_utf8_valid(text) == str_eq(text, buf_str(&again)));
    text_add_printable(&shown, text);
    FUZZ_ASSERT(text_utf8_valid(buf_str(&shown)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    struct str text CLEANUP(fuzz_freep) = fuzz_take_rest(&in);
    try_base64(text);
    try_hex(text);
    try_utf8(text);
    return 0;
}
