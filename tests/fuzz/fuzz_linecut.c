/* Fuzz line assembly and the sequence numbers: pieces of any size give the same lines as the whole
 * input cut at once. */
#include "fuzz/fuzz.h"
#include "sensor/esseq.h"
#include "sensor/linecut.h"

enum { LIMIT = 64 };

struct seen {
    uint64_t hash;
    uint64_t lines;
    uint64_t missing;
    struct esseq seq;
};

static void take(void *arg, struct str line)
{
    struct seen *s = arg;
    bool numbered;
    FUZZ_ASSERT(line.len > 0 && line.len <= LIMIT);
    FUZZ_ASSERT(str_find_char(line, '\n') == SIZE_MAX);
    s->hash = str_hash(line, s->hash + 1);
    s->lines++;
    s->missing += esseq_note(&s->seq, line, &numbered);
}

static void run(struct str text, size_t piece, struct seen *s, uint64_t *ret_dropped)
{
    struct linecut c CLEANUP(linecut_done) = {.limit = LIMIT};
    while (text.len) {
        struct fuzz_input in = {(const uint8_t *)text.ptr, text.len};
        CLEANUP(fuzz_freep) struct str part = fuzz_take(&in, piece);
        linecut_feed(&c, part, take, s);
        FUZZ_ASSERT(c.part.len <= LIMIT);
        text = str_sub(text, part.len, SIZE_MAX);
    }
    linecut_end(&c, take, s);
    *ret_dropped = c.dropped;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    size_t piece = (size_t)fuzz_take_byte(&in) % 16 + 1;
    struct str text = str_n((const char *)in.ptr, in.len);
    struct seen whole = {0}, pieces = {0};
    uint64_t whole_dropped, pieces_dropped;
    run(text, SIZE_MAX, &whole, &whole_dropped);
    run(text, piece, &pieces, &pieces_dropped);
    FUZZ_ASSERT(whole.hash == pieces.hash && whole.lines == pieces.lines);
    FUZZ_ASSERT(whole.missing == pieces.missing && whole_dropped == pieces_dropped);
    return 0;
}
