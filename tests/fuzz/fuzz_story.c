/* Fuzz stories of the simulator: what is accepted can be moved to a Mac, line by line. */
#include "fuzz/fuzz.h"

#include "rebase.h"
#include "story.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str text = fuzz_take_rest(&in);
    struct story *s = NULL;
    struct err err = {0};
    if (story_parse(text, "fuzz", NULL, NULL, &s, &err) != 0) {
        FUZZ_ASSERT(err.message[0]);
        return 0;
    }
    struct rebase r = {.story = s, .run = 1, .turn = 3, .speed = 7, .user = STR("u")};
    FUZZ_ASSERT(s->cast > 0 && s->loop_first <= s->len);
    for (size_t i = 0; i < s->len; i++) {
        struct buf out CLEANUP(buf_done) = {0};
        FUZZ_ASSERT(rebase_record(&r, &s->lines[i], i, &out) == 0 && out.len);
        buf_clear(&out);
        int rc = rebase_exit(&r, &s->lines[i], 0, i, &out);
        FUZZ_ASSERT(rc == 0 || rc == E_UNSUPPORTED);
    }
    story_free(s);
    return 0;
}
