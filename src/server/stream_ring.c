/* The kept messages of the live stream. See stream_ring.h. Source: the HTML standard, section
 * "Server-sent events". */
#include "server/stream_ring.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "os/random.h"

int stream_ring_init(struct stream_ring *r, size_t cap)
{
    struct buf hex CLEANUP(buf_done) = {0};
    unsigned char bytes[(STREAM_EPOCH_BYTES - 1) / 2];
    random_bytes(bytes, sizeof bytes);
    text_hex_add(&hex, bytes, sizeof bytes);
    struct stream_message *slots = mem_calloc(cap, sizeof *slots);
    if (!slots || buf_check(&hex)) {
        mem_free(slots);
        return E_NOMEM;
    }
    *r = (struct stream_ring){.slots = slots, .cap = cap, .first = 1};
    memcpy(r->epoch, buf_cstr(&hex), STREAM_EPOCH_BYTES);
    return 0;
}

void stream_ring_done(struct stream_ring *r)
{
    for (size_t i = 0; i < r->cap; i++)
        buf_done(&r->slots[i].text);
    mem_free(r->slots);
    *r = (struct stream_ring){0};
}

void stream_event_add(struct buf *out, const char *epoch, uint64_t sequence, const char *event,
                      struct str data)
{
    buf_addf(out, "id: %s-%llu\nevent: %s\ndata: ", epoch, (unsigned long long)sequence, event);
    buf_add_str(out, data);
    buf_add_cstr(out, "\n\n");
}

int stream_ring_add(struct stream_ring *r, enum permission_id reads, const char *event,
                    const struct buf *data)
{
    uint64_t sequence = r->last + 1;
    struct buf text CLEANUP(buf_done) = {0};
    stream_event_add(&text, r->epoch, sequence, event, buf_str(data));
    if (buf_check(&text) || buf_check(data))
        return buf_check(data) ? buf_check(data) : buf_check(&text);
    struct stream_message *m = &r->slots[sequence % r->cap];
    buf_done(&m->text);
    *m = (struct stream_message){reads, text};
    text = (struct buf){0};
    r->last = sequence;
    if (r->last - r->first >= r->cap)
        r->first = r->last - r->cap + 1;
    return 0;
}

void stream_ring_forget(struct stream_ring *r)
{
    r->last++; /* a number that nobody was given: every id of before is too old */
    r->first = r->last + 1;
}

const struct stream_message *stream_ring_get(const struct stream_ring *r, uint64_t sequence)
{
    return &r->slots[sequence % r->cap];
}

int stream_ring_resume(const struct stream_ring *r, struct str id, uint64_t *ret_sequence)
{
    uint64_t sequence;
    size_t dash = str_find_char(id, '-');
    if (id.len > STREAM_ID_BYTES || dash != STREAM_EPOCH_BYTES - 1)
        return E_PARSE;
    struct str number = str_sub(id, dash + 1, SIZE_MAX);
    if (str_to_u64(number, &sequence) != 0)
        return E_PARSE;
    if (!str_is(str_sub(id, 0, dash), r->epoch))
        return E_NOT_FOUND;
    PLANT_OVERREAD(id.ptr + id.len);
    if (sequence > r->last)
        return E_NOT_FOUND;
    if (!stream_ring_has(r, sequence))
        return E_LIMIT;
    *ret_sequence = sequence;
    return 0;
}
