/* Telemetry segments: a file of the data folder, or one carried over from elsewhere. The first byte
 * says how the rest is used: as it is, with the checksums put right so that what is behind them is
 * reached too, or as lines of telemetry that are written as a segment and read again. */
#include "fuzz/fuzz.h"

#include "base/buf.h"
#include "store/segformat_priv.h"
#include "store/segwrite.h"

enum { MODE_SEALED, MODE_RANGE, MODE_FOOTER, MODE_FRAMES, MODE_LINES, MODES };
enum { PLAIN_MOST = 8 * 1024 * 1024, DEVICE_LEN_AT = 96, KEYS_AT = 6, STORED_AT = 8 };

static void add_head(struct buf *out)
{
    const struct segment_head head = {.format = SEGMENT_FORMAT, .schema = SEGMENT_SCHEMA, .id = 1};
    segformat_add_header(out, &head);
}

/* The input as footer, with a trailer that fits. */
static void wrap_footer(struct buf *out, struct str footer)
{
    unsigned char sum[SEGFORMAT_SUM_BYTES];
    add_head(out);
    buf_add_str(out, footer);
    buf_add_u64(out, SEGMENT_HEADER_BYTES);
    buf_add_u32(out, (uint32_t)footer.len);
    if (buf_check(out) || segformat_sum(str_sub(buf_str(out), SEGMENT_HEADER_BYTES, SIZE_MAX), sum))
        abort();
    buf_add(out, sum, sizeof sum);
    buf_add_cstr(out, "CEND");
}

/* The input as frames whose magic, lengths and checksums are put right one after the other. */
static void wrap_frames(struct buf *out, struct str in)
{
    add_head(out);
    while (in.len > SEGFORMAT_FRAME_FIXED) {
        size_t device = (unsigned char)in.ptr[DEVICE_LEN_AT] % (SEGMENT_DEVICE_BYTES + 1);
        size_t keys = (unsigned char)in.ptr[KEYS_AT + 1];
        size_t head = SEGFORMAT_FRAME_FIXED + device + keys;
        if (in.len <= head)
            break;
        size_t stored =
            (unsigned char)in.ptr[STORED_AT + 2] * 256u + (unsigned char)in.ptr[STORED_AT + 3];
        if (stored > in.len - head)
            stored = in.len - head;
        size_t at = out->len;
        buf_add_str(out, str_sub(in, 0, head + stored));
        if (buf_check(out))
            abort();
        char *frame = out->ptr + at;
        unsigned char sum[SEGFORMAT_SUM_BYTES];
        memcpy(frame, "CFRM", 4);
        frame[4] = (char)(head >> 8);
        frame[5] = (char)head;
        frame[KEYS_AT] = 0;
        frame[STORED_AT] = frame[STORED_AT + 1] = 0;
        frame[STORED_AT + 2] = (char)(stored >> 8);
        frame[STORED_AT + 3] = (char)stored;
        frame[DEVICE_LEN_AT] = (char)device;
        if (segformat_sum(str_n(frame + head, stored), sum))
            abort();
        memcpy(frame + head - 2 * SEGFORMAT_SUM_BYTES, sum, sizeof sum);
        if (segformat_sum(str_n(frame, head - SEGFORMAT_SUM_BYTES), sum))
            abort();
        memcpy(frame + head - SEGFORMAT_SUM_BYTES, sum, sizeof sum);
        in = str_sub(in, head + stored, SIZE_MAX);
    }
}

/* Any bytes may be asked; what knows nothing says maybe. */
static void ask(struct str keys)
{
    bool any = false;
    int64_t first = 0;
    int64_t last = 0;
    bool known = segkeys_times(keys, &any, &first, &last);
    bool value = segkeys_value(keys, F_NAME, STR("curl"));
    bool part = segkeys_last_part(keys, F_EXECUTABLE, STR("curl"));
    bool exists = segkeys_exists(keys, F_KIND);
    bool category = segkeys_category(keys, STR("process_creation"));
    FUZZ_ASSERT(known || (value && part && exists && category));
}

static void walk(struct segment_reader *reader, size_t size)
{
    struct buf plain CLEANUP(buf_done) = {0};
    struct segment_frame frame;
    size_t frames = 0;
    while (plain.len < PLAIN_MOST && segment_reader_next(reader, &frame, NULL) == 0) {
        size_t before = plain.len;
        frames++;
        ask(frame.keys);
        FUZZ_ASSERT(frame.device.len > 0 && frame.device.len <= SEGMENT_DEVICE_BYTES);
        FUZZ_ASSERT(frame.offset >= SEGMENT_HEADER_BYTES &&
                    frame.offset + frame.header_bytes + frame.stored_bytes <= size);
        FUZZ_ASSERT(segment_reader_has_device(reader, frame.device));
        if (frame.plain_bytes <= PLAIN_MOST &&
            segment_reader_plain(reader, &frame, &plain, NULL) == 0)
            FUZZ_ASSERT(plain.len - before == frame.plain_bytes);
        else
            FUZZ_ASSERT(plain.len == before);
    }
    FUZZ_ASSERT(frames <= SEGMENT_FRAMES_MOST);
}

/* Two batches of these lines; what cannot be cut leaves the segment as it was. */
static void write_lines(struct buf *out, struct str lines)
{
    static struct segkeys *keys;
    struct segfile *file CLEANUP(segfile_freep) = segfile_new(1, 0, 0);
    uint32_t events = 0;
    if (!file || (!keys && segkeys_new(&keys)))
        abort();
    for (size_t i = 0; i < lines.len; i++)
        events += lines.ptr[i] == '\n';
    add_head(out);
    for (unsigned batch = 0; batch < 2; batch++) {
        struct segframes cut CLEANUP(segframes_done) = {0};
        struct segment_frame like = {.sequence = batch + 1, .device = batch ? STR("a") : STR("b")};
        segment_kind_add(like.kinds, STR("exec"));
        if (segframes_cut(&cut, &like, lines, events, PLAIN_MOST, keys, NULL))
            break;
        for (size_t i = 0; i < cut.len; i++) {
            struct segment_frame frame = cut.items[i];
            frame.offset += out->len;
            FUZZ_ASSERT(segfile_add(file, &frame) == 0);
        }
        buf_add_str(out, buf_str(&cut.bytes));
    }
    file->committed = out->len;
    file->frames_committed = file->frames_len;
    file->summary_committed = file->summary;
    FUZZ_ASSERT(segfile_footer(file, out) == 0);
}

/* What was written is found, and its text is the same. */
static void read_lines(struct segment_reader *reader, struct str lines)
{
    struct buf plain CLEANUP(buf_done) = {0};
    struct segment_frame frame;
    while (segment_reader_next(reader, &frame, NULL) == 0) {
        FUZZ_ASSERT(segment_kind_maybe(frame.kinds, STR("exec")));
        FUZZ_ASSERT(segment_reader_plain(reader, &frame, &plain, NULL) == 0);
        ask(frame.keys);
    }
    FUZZ_ASSERT(plain.len == 0 || plain.len == 2 * lines.len);
    FUZZ_ASSERT(plain.len == 0 || str_eq(str_sub(buf_str(&plain), 0, lines.len), lines));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    struct buf made CLEANUP(buf_done) = {0};
    struct segment_reader *reader CLEANUP(segment_reader_closep) = NULL;
    unsigned mode = fuzz_take_byte(&in) % MODES;
    CLEANUP(fuzz_freep) struct str given = fuzz_take_rest(&in);
    if (mode == MODE_FOOTER)
        wrap_footer(&made, given);
    else if (mode == MODE_FRAMES)
        wrap_frames(&made, given);
    else if (mode == MODE_LINES)
        write_lines(&made, given);
    else
        buf_add_str(&made, given);
    struct fuzz_input exact = fuzz_input_of((const uint8_t *)buf_cstr(&made), made.len);
    CLEANUP(fuzz_freep) struct str bytes = fuzz_take_rest(&exact);
    uint64_t committed = mode == MODE_RANGE || mode == MODE_FRAMES ? bytes.len : 0;
    int rc = segment_reader_of_bytes(bytes, committed, &reader, NULL);
    FUZZ_ASSERT(mode != MODE_LINES || rc == 0);
    if (rc == 0 && mode == MODE_LINES)
        read_lines(reader, given);
    else if (rc == 0)
        walk(reader, bytes.len);
    return 0;
}
