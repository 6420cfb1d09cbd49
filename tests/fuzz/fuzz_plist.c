/* Fuzz property lists: whatever is accepted keeps to its limits, however often objects are shared.
 */
#include "codec/plist.h"
#include "base/text.h"
#include "fuzz/fuzz.h"

struct tally {
    size_t nodes;
    size_t text;
};

static void walk(const struct plist_value *v, unsigned depth, struct tally *t)
{
    t->nodes++;
    if (v->type == PLIST_STR || v->type == PLIST_DATA) {
        t->text += v->s.len;
        FUZZ_ASSERT(v->type == PLIST_DATA || text_utf8_valid(v->s));
    }
    if (v->type != PLIST_ARRAY && v->type != PLIST_DICT)
        return;
    FUZZ_ASSERT(depth < 16);
    for (size_t i = 0; i < v->len; i++) {
        if (v->type == PLIST_DICT) {
            t->nodes++;
            t->text += v->keys[i].len;
            FUZZ_ASSERT(text_utf8_valid(v->keys[i]));
            FUZZ_ASSERT(plist_find(v, v->keys[i]));
        }
        walk(&v->items[i], depth + 1, t);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct plist_limits limits = {
        .bytes = 65536, .text = 16384, .nodes = 2000, .depth = 16};
    struct fuzz_input in = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str bytes = fuzz_take_rest(&in);
    CLEANUP(arena_done) struct arena arena = {0};
    const struct plist_value *root;
    struct tally tally = {0};
    struct err err = {0};
    int rc = plist_parse(bytes, &limits, &arena, &root, &err);
    FUZZ_ASSERT(rc == 0 || (rc == err.code && err.message[0]));
    if (rc == 0)
        walk(root, 0, &tally);
    FUZZ_ASSERT(tally.nodes <= limits.nodes && tally.text <= limits.text);
    FUZZ_ASSERT(arena.used_bytes < ((size_t)limits.nodes * 256) + limits.text * 2);
    return 0;
}
