/* The bytes of a segment. See segformat_priv.h. */
#include "store/segformat_priv.h"

#include <string.h>

#include "base/rd.h"
#include "crypto/hash.h"

static const struct str head_magic = {"CORDSEG1", 8};
static const struct str frame_magic = {"CFRM", 4};
static const struct str footer_magic = {"CFTR", 4};
static const struct str end_magic = {"CEND", 4};

enum { FOOTER_VERSION = 1, TAG_SUMMARY = 1, TAG_DEVICES = 2, TAG_INDEX = 3, TAG_KEYS = 4 };
enum { SUMMARY_BYTES = 3 * 8 + 4 * 8 + 4 * 8 };

int segformat_sum(struct str bytes, unsigned char ret_sum[SEGFORMAT_SUM_BYTES])
{
    unsigned char full[HASH_BYTES];
    int rc = hash_sha256(bytes, full);
    if (rc)
        return rc;
    memcpy(ret_sum, full, SEGFORMAT_SUM_BYTES);
    return 0;
}

int segformat_check(struct str bytes, const void *stored, const char *what, uint64_t offset,
                    struct err *err)
{
    unsigned char sum[SEGFORMAT_SUM_BYTES];
    int rc = segformat_sum(bytes, sum);
    if (rc)
        return err_set(err, rc, "no memory for a checksum");
    if (memcmp(sum, stored, sizeof sum) != 0)
        return err_set(err, E_PARSE, "the checksum of the %s at byte %llu does not fit", what,
                       (unsigned long long)offset);
    return 0;
}

/* Append the checksum of `bytes`; a failure sticks in the buffer. */
static void add_sum(struct buf *out, struct str bytes)
{
    unsigned char sum[SEGFORMAT_SUM_BYTES];
    if (buf_check(out))
        return;
    if (segformat_sum(bytes, sum)) {
        out->error = E_NOMEM;
        return;
    }
    buf_add(out, sum, sizeof sum);
}

/* The checksum of everything from `from` on. */
static void add_sum_from(struct buf *out, size_t from)
{
    if (!buf_check(out))
        add_sum(out, str_n(out->ptr + from, out->len - from));
}

void segformat_add_header(struct buf *out, const struct segment_head *head)
{
    size_t from = out->len;
    buf_add_str(out, head_magic);
    buf_add_u16(out, head->format);
    buf_add_u16(out, head->schema);
    buf_add_u32(out, head->shard);
    buf_add_u64(out, (uint64_t)head->created_ns);
    buf_add_u64(out, head->id);
    add_sum_from(out, from);
}

int segformat_header(struct str bytes, struct segment_head *ret_head, struct err *err)
{
    if (bytes.len < SEGMENT_HEADER_BYTES || !str_starts(bytes, head_magic))
        return err_set(err, E_PARSE, "not a segment: its magic is missing");
    struct rd r = rd_of(str_sub(bytes, head_magic.len, SEGMENT_HEADER_BYTES - head_magic.len));
    struct segment_head head = {0};
    head.format = rd_u16(&r);
    head.schema = rd_u16(&r);
    head.shard = rd_u32(&r);
    head.created_ns = (int64_t)rd_u64(&r);
    head.id = rd_u64(&r);
    if (head.format < SEGMENT_FORMAT_LEAST || head.format > SEGMENT_FORMAT)
        return err_set(err, E_VERSION, "segment format %u, this program reads %d to %d",
                       head.format, SEGMENT_FORMAT_LEAST, SEGMENT_FORMAT);
    size_t body = SEGMENT_HEADER_BYTES - SEGFORMAT_SUM_BYTES;
    int rc = segformat_check(str_sub(bytes, 0, body), bytes.ptr + body, "segment header", 0, err);
    if (rc)
        return rc;
    *ret_head = head;
    return 0;
}

void segformat_add_frame(struct buf *out, const struct segment_frame *frame, struct str payload)
{
    size_t from = out->len;
    buf_add_str(out, frame_magic);
    buf_add_u16(out, (uint16_t)(SEGFORMAT_FRAME_FIXED + frame->device.len + frame->keys.len));
    buf_add_u16(out, (uint16_t)frame->keys.len);
    buf_add_u32(out, (uint32_t)payload.len);
    buf_add_u32(out, frame->plain_bytes);
    buf_add_u32(out, frame->events);
    buf_add_u32(out, frame->first_ordinal);
    buf_add_u64(out, frame->epoch);
    buf_add_u64(out, frame->sequence);
    buf_add_u64(out, (uint64_t)frame->time_min_ns);
    buf_add_u64(out, (uint64_t)frame->time_max_ns);
    buf_add_u64(out, (uint64_t)frame->received_ns);
    for (unsigned i = 0; i < 4; i++)
        buf_add_u64(out, frame->kinds[i]);
    buf_add_u8(out, (uint8_t)frame->device.len);
    buf_add_str(out, frame->device);
    buf_add_str(out, frame->keys);
    add_sum(out, payload);
    add_sum_from(out, from);
}

/* The limits every frame obeys, whether its header or the index describes it. A footer may leave
 * the keys of all its frames out. */
static bool frame_possible(const struct segment_frame *f, bool indexed)
{
    size_t keys =
        indexed && f->keys.len == 0 && f->header_bytes > SEGFORMAT_FRAME_FIXED + f->device.len
            ? f->header_bytes - SEGFORMAT_FRAME_FIXED - f->device.len
            : f->keys.len;
    return f->stored_bytes > 0 && f->plain_bytes > 0 && f->plain_bytes <= SEGMENT_LINE_BYTES_MOST &&
           f->stored_bytes <= SEGMENT_LINE_BYTES_MOST + SEGMENT_FRAME_BYTES && f->device.len > 0 &&
           f->device.len <= SEGMENT_DEVICE_BYTES && f->sequence > 0 && keys <= SEGKEYS_BYTES_MOST &&
           f->header_bytes == SEGFORMAT_FRAME_FIXED + f->device.len + keys;
}

int segformat_frame(struct str bytes, uint64_t offset, struct segment_frame *ret_frame,
                    unsigned char ret_payload_sum[SEGFORMAT_SUM_BYTES], struct err *err)
{
    struct rd r = rd_of(bytes);
    struct segment_frame f = {.offset = offset};
    if (!str_eq(rd_bytes(&r, frame_magic.len), frame_magic))
        return err_set(err, E_PARSE, "no frame at byte %llu", (unsigned long long)offset);
    f.header_bytes = rd_u16(&r);
    size_t key_bytes = rd_u16(&r);
    f.stored_bytes = rd_u32(&r);
    f.plain_bytes = rd_u32(&r);
    f.events = rd_u32(&r);
    f.first_ordinal = rd_u32(&r);
    f.epoch = rd_u64(&r);
    f.sequence = rd_u64(&r);
    f.time_min_ns = (int64_t)rd_u64(&r);
    f.time_max_ns = (int64_t)rd_u64(&r);
    f.received_ns = (int64_t)rd_u64(&r);
    for (unsigned i = 0; i < 4; i++)
        f.kinds[i] = rd_u64(&r);
    f.device = rd_bytes(&r, rd_u8(&r));
    f.keys = rd_bytes(&r, key_bytes);
    struct str payload_sum = rd_bytes(&r, SEGFORMAT_SUM_BYTES);
    struct str sum = rd_bytes(&r, SEGFORMAT_SUM_BYTES);
    if (r.failed || !frame_possible(&f, false))
        return err_set(err, E_PARSE, "the frame header at byte %llu is damaged",
                       (unsigned long long)offset);
    int rc = segformat_check(str_sub(bytes, 0, f.header_bytes - SEGFORMAT_SUM_BYTES), sum.ptr,
                             "frame header", offset, err);
    if (rc)
        return rc;
    memcpy(ret_payload_sum, payload_sum.ptr, SEGFORMAT_SUM_BYTES);
    *ret_frame = f;
    return 0;
}

static size_t keys_bytes(const struct segment_frame *frames, uint32_t frames_len)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < frames_len; i++)
        bytes += 2 + frames[i].keys.len;
    return bytes;
}

static void add_section(struct buf *out, uint16_t tag, size_t len)
{
    buf_add_u16(out, tag);
    buf_add_u32(out, (uint32_t)len);
}

static void add_index(struct buf *out, const struct segment_frame *f, uint32_t device)
{
    buf_add_u64(out, f->offset);
    buf_add_u16(out, (uint16_t)f->header_bytes);
    buf_add_u32(out, f->stored_bytes);
    buf_add_u32(out, f->plain_bytes);
    buf_add_u32(out, f->events);
    buf_add_u32(out, f->first_ordinal);
    buf_add_u32(out, device);
    buf_add_u64(out, f->epoch);
    buf_add_u64(out, f->sequence);
    buf_add_u64(out, (uint64_t)f->time_min_ns);
    buf_add_u64(out, (uint64_t)f->time_max_ns);
    buf_add_u64(out, (uint64_t)f->received_ns);
    for (unsigned i = 0; i < 4; i++)
        buf_add_u64(out, f->kinds[i]);
    buf_add_u32(out, 0);
}

/* The keys of every frame, or none at all when they are too large together. */
static void add_keys(struct buf *out, const struct segment_frame *frames, uint32_t frames_len)
{
    add_section(out, TAG_KEYS, keys_bytes(frames, frames_len));
    for (uint32_t i = 0; i < frames_len; i++) {
        buf_add_u16(out, (uint16_t)frames[i].keys.len);
        buf_add_str(out, frames[i].keys);
    }
}

int segformat_add_footer(struct buf *out, uint64_t offset, const struct segment_summary *summary,
                         const struct str *devices, uint32_t devices_len,
                         const struct segment_frame *frames, const uint32_t *device_of,
                         uint32_t frames_len)
{
    size_t from = out->len;
    size_t device_bytes = 4;
    bool with_keys = keys_bytes(frames, frames_len) <= SEGFORMAT_KEYS_BYTES_MOST;
    for (uint32_t i = 0; i < devices_len; i++)
        device_bytes += 1 + devices[i].len;
    if (frames_len > SEGMENT_FRAMES_MOST || device_bytes > SEGMENT_FOOTER_BYTES_MOST / 2)
        return E_LIMIT;
    buf_add_str(out, footer_magic);
    buf_add_u16(out, FOOTER_VERSION);
    buf_add_u16(out, with_keys ? 4 : 3);
    add_section(out, TAG_SUMMARY, SUMMARY_BYTES);
    buf_add_u64(out, summary->frames);
    buf_add_u64(out, summary->events);
    buf_add_u64(out, summary->devices);
    buf_add_u64(out, (uint64_t)summary->time_min_ns);
    buf_add_u64(out, (uint64_t)summary->time_max_ns);
    buf_add_u64(out, (uint64_t)summary->received_min_ns);
    buf_add_u64(out, (uint64_t)summary->received_max_ns);
    for (unsigned i = 0; i < 4; i++)
        buf_add_u64(out, summary->kinds[i]);
    add_section(out, TAG_DEVICES, device_bytes);
    buf_add_u32(out, devices_len);
    for (uint32_t i = 0; i < devices_len; i++) {
        buf_add_u8(out, (uint8_t)devices[i].len);
        buf_add_str(out, devices[i]);
    }
    add_section(out, TAG_INDEX, 4 + (size_t)frames_len * SEGFORMAT_INDEX_BYTES);
    buf_add_u32(out, frames_len);
    for (uint32_t i = 0; i < frames_len; i++)
        add_index(out, &frames[i], device_of[i]);
    if (with_keys)
        add_keys(out, frames, frames_len);
    size_t footer_bytes = out->len - from;
    buf_add_u64(out, offset);
    buf_add_u32(out, (uint32_t)footer_bytes);
    add_sum_from(out, from);
    buf_add_str(out, end_magic);
    return buf_check(out);
}

int segformat_trailer(struct str tail, uint64_t file_bytes, uint64_t *ret_offset,
                      uint32_t *ret_bytes, struct err *err)
{
    if (tail.len < SEGFORMAT_TRAILER_BYTES || !str_ends(tail, end_magic))
        return err_set(err, E_NOT_FOUND, "the segment is not sealed");
    struct rd r = rd_of(str_sub(tail, tail.len - SEGFORMAT_TRAILER_BYTES, SIZE_MAX));
    uint64_t offset = rd_u64(&r);
    uint32_t bytes = rd_u32(&r);
    if (offset < SEGMENT_HEADER_BYTES || bytes > SEGMENT_FOOTER_BYTES_MOST || offset > file_bytes ||
        file_bytes - offset != (uint64_t)bytes + SEGFORMAT_TRAILER_BYTES)
        return err_set(err, E_PARSE, "the segment's trailer points outside the file");
    *ret_offset = offset;
    *ret_bytes = bytes;
    return 0;
}

static bool read_summary(struct str content, struct segment_summary *ret)
{
    struct rd r = rd_of(content);
    ret->frames = rd_u64(&r);
    ret->events = rd_u64(&r);
    ret->devices = rd_u64(&r);
    ret->time_min_ns = (int64_t)rd_u64(&r);
    ret->time_max_ns = (int64_t)rd_u64(&r);
    ret->received_min_ns = (int64_t)rd_u64(&r);
    ret->received_max_ns = (int64_t)rd_u64(&r);
    for (unsigned i = 0; i < 4; i++)
        ret->kinds[i] = rd_u64(&r);
    return rd_done(&r);
}

static bool read_devices(struct str content, struct segfooter *ret)
{
    struct rd r = rd_of(content);
    ret->devices_len = rd_u32(&r);
    if (r.failed)
        return false;
    ret->devices = str_n((const char *)r.ptr, r.left);
    for (uint32_t i = 0; i < ret->devices_len && !r.failed; i++) {
        struct str device = rd_bytes(&r, rd_u8(&r));
        if (device.len == 0 || device.len > SEGMENT_DEVICE_BYTES)
            return false;
    }
    return rd_done(&r);
}

static bool read_index(struct str content, struct segfooter *ret)
{
    struct rd r = rd_of(content);
    ret->index_len = rd_u32(&r);
    if (r.failed || ret->index_len > SEGMENT_FRAMES_MOST)
        return false;
    ret->index = rd_bytes(&r, (size_t)ret->index_len * SEGFORMAT_INDEX_BYTES);
    return rd_done(&r);
}

/* One length and its bytes for each frame of the index, which was read before. */
static bool read_keys(struct str content, struct segfooter *ret)
{
    struct rd r = rd_of(content);
    for (uint32_t i = 0; i < ret->index_len && !r.failed; i++)
        (void)rd_bytes(&r, rd_u16(&r));
    ret->keys = content;
    return rd_done(&r);
}

int segformat_footer(struct str bytes, uint64_t offset, struct segfooter *ret_footer,
                     struct err *err)
{
    struct segfooter f = {0};
    unsigned seen = 0;
    bool good = true;
    if (bytes.len < SEGFORMAT_TRAILER_BYTES)
        return err_set(err, E_PARSE, "the footer at byte %llu is cut short",
                       (unsigned long long)offset);
    size_t body = bytes.len - end_magic.len - SEGFORMAT_SUM_BYTES;
    int rc = segformat_check(str_sub(bytes, 0, body), bytes.ptr + body, "footer", offset, err);
    if (rc)
        return rc;
    struct rd r = rd_of(str_sub(bytes, 0, bytes.len - SEGFORMAT_TRAILER_BYTES));
    good = str_eq(rd_bytes(&r, footer_magic.len), footer_magic);
    uint16_t version = rd_u16(&r);
    if (good && !r.failed && version != FOOTER_VERSION)
        return err_set(err, E_VERSION, "segment footer version %u, this program reads %d", version,
                       FOOTER_VERSION);
    unsigned sections = rd_u16(&r);
    for (unsigned i = 0; i < sections && good && !r.failed; i++) {
        uint16_t tag = rd_u16(&r);
        struct str content = rd_bytes(&r, rd_u32(&r));
        if (r.failed)
            break;
        if (tag == TAG_SUMMARY)
            good = read_summary(content, &f.summary);
        else if (tag == TAG_DEVICES)
            good = read_devices(content, &f);
        else if (tag == TAG_INDEX)
            good = read_index(content, &f);
        else if (tag == TAG_KEYS)
            good = (seen & 1u << TAG_INDEX) && read_keys(content, &f);
        else
            continue;
        good = good && !(seen & 1u << tag);
        seen |= 1u << tag;
    }
    if (!good || !rd_done(&r) ||
        (seen & ~(1u << TAG_KEYS)) != (1u << TAG_SUMMARY | 1u << TAG_DEVICES | 1u << TAG_INDEX) ||
        f.summary.frames != f.index_len || f.summary.devices != f.devices_len)
        return err_set(err, E_PARSE, "the footer at byte %llu is damaged",
                       (unsigned long long)offset);
    *ret_footer = f;
    return 0;
}

int segformat_index(const struct segfooter *footer, uint32_t i, uint64_t footer_offset,
                    const struct str *devices, struct str *keys, struct segment_frame *ret_frame,
                    struct err *err)
{
    struct rd left = rd_of(*keys);
    struct rd r =
        rd_of(str_sub(footer->index, (size_t)i * SEGFORMAT_INDEX_BYTES, SEGFORMAT_INDEX_BYTES));
    struct segment_frame f = {0};
    f.offset = rd_u64(&r);
    f.header_bytes = rd_u16(&r);
    f.stored_bytes = rd_u32(&r);
    f.plain_bytes = rd_u32(&r);
    f.events = rd_u32(&r);
    f.first_ordinal = rd_u32(&r);
    uint32_t device = rd_u32(&r);
    f.epoch = rd_u64(&r);
    f.sequence = rd_u64(&r);
    f.time_min_ns = (int64_t)rd_u64(&r);
    f.time_max_ns = (int64_t)rd_u64(&r);
    f.received_ns = (int64_t)rd_u64(&r);
    for (unsigned k = 0; k < 4; k++)
        f.kinds[k] = rd_u64(&r);
    (void)rd_u32(&r);
    if (rd_done(&r) && device < footer->devices_len)
        f.device = devices[device];
    if (keys->len)
        f.keys = rd_bytes(&left, rd_u16(&left));
    if (!frame_possible(&f, true) || f.offset < SEGMENT_HEADER_BYTES || f.offset > footer_offset ||
        footer_offset - f.offset < (uint64_t)f.header_bytes + f.stored_bytes)
        return err_set(err, E_PARSE, "entry %u of the frame index is damaged", i);
    *keys = str_n((const char *)left.ptr, left.left);
    *ret_frame = f;
    return 0;
}

void segformat_summarise(struct segment_summary *s, const struct segment_frame *f)
{
    if (f->time_min_ns && (!s->time_min_ns || f->time_min_ns < s->time_min_ns))
        s->time_min_ns = f->time_min_ns;
    if (f->time_max_ns > s->time_max_ns)
        s->time_max_ns = f->time_max_ns;
    if (!s->frames || f->received_ns < s->received_min_ns)
        s->received_min_ns = f->received_ns;
    if (!s->frames || f->received_ns > s->received_max_ns)
        s->received_max_ns = f->received_ns;
    for (unsigned i = 0; i < 4; i++)
        s->kinds[i] |= f->kinds[i];
    s->frames++;
    s->events += f->events;
}
