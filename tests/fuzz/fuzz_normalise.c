/* One record of any format: what is accepted has a flat form that is valid JSON, is recognised as
 * Cordon's own and comes back as it was; the process tree takes the event and tells no circle. The
 * first byte chooses the format (0 = recognise it). */
#include "fuzz/fuzz.h"

#include "base/buf.h"
#include "event/normalise.h"
#include "event/proctree.h"

enum { FORMATS = FORMAT_SIGMA + 1, PROCESSES = 64 };

static void check_strings(const struct event *ev, struct str record)
{
    FUZZ_ASSERT(str_eq(ev->raw, record));
    FUZZ_ASSERT(ev->kind < KIND_COUNT && ev->extras_len <= 1024);
    for (size_t i = 0; i < ev->extras_len; i++) {
        FUZZ_ASSERT(ev->extras[i].name.len <= record.len + 1024);
        for (size_t k = 0; k < i; k++)
            FUZZ_ASSERT(!str_eq(ev->extras[i].name, ev->extras[k].name));
    }
}

static void check_round_trip(struct normaliser *again, const struct event *ev)
{
    static struct event back;
    CLEANUP(buf_done) struct buf first = {0};
    CLEANUP(buf_done) struct buf second = {0};
    event_add_json(&first, ev);
    FUZZ_ASSERT(buf_check(&first) == 0);
    struct err err = {0};
    FUZZ_ASSERT(normaliser_record(again, buf_str(&first), FORMAT_AUTO, &back, &err) == 0);
    event_add_json(&second, &back);
    FUZZ_ASSERT(str_eq(buf_str(&first), buf_str(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct normaliser *n;
    static struct normaliser *again;
    static struct event ev;
    struct proctree *tree;
    if (!n && (normaliser_new(&n) || normaliser_new(&again)))
        abort();
    if (proctree_new(PROCESSES, &tree))
        abort();
    struct fuzz_input input = fuzz_input_of(data, size);
    enum event_format format = (enum event_format)(fuzz_take_byte(&input) % FORMATS);
    CLEANUP(fuzz_freep) struct str record = fuzz_take_rest(&input);
    struct err err = {0};
    int rc = normaliser_record(n, record, format, &ev, &err);
    FUZZ_ASSERT(rc == 0 || rc == E_PARSE || rc == E_LIMIT);
    if (rc == 0) {
        check_strings(&ev, record);
        check_round_trip(again, &ev);
        FUZZ_ASSERT(proctree_apply(tree, &ev) == 0);
        unsigned steps = 0;
        for (const struct process *p = proctree_subject(tree, &ev); p; p = p->parent)
            FUZZ_ASSERT(++steps < PROCESSES);
    } else {
        FUZZ_ASSERT(err.code == rc && ev.extras_len == 0);
    }
    proctree_free(tree);
    return 0;
}
