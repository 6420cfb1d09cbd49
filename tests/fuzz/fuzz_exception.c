/* Fuzz exceptions: whatever is accepted has an id, a reason, a scope and conditions, and becomes an
 * image that loads and matches; hiding takes alerts away and never adds one. */
#include "detect/detect.h"
#include "detect/exception.h"
#include "fuzz/fuzz.h"

static const char *const rule = "title: A\nid: a\ntags: [attack.t1059.004]\n"
                                "detection: {s: {CommandLine|contains: evil}, condition: s}\n";

static void check_refusal(void *arg, const struct err *err)
{
    (*(uint32_t *)arg)++;
    FUZZ_ASSERT(err->code < 0 && err->message[0] && err->source[0]);
}

static void check_parsed(struct str text)
{
    struct exceptions list = {0};
    uint32_t refused = 0;
    struct err err = {0};
    int rc = exceptions_parse(&list, text, "fuzz", NULL, NULL, &refused, &err);
    FUZZ_ASSERT(rc == 0 || (rc == err.code && err.message[0]));
    for (size_t i = 0; i < list.len; i++) {
        const struct exception *e = &list.items[i];
        FUZZ_ASSERT(e->id.len && e->reason.len && e->tests_len);
        FUZZ_ASSERT(e->all_rules || e->rules_len || e->tags_len);
        for (size_t k = 1; k < e->tests_len; k++)
            FUZZ_ASSERT(e->tests[k].kind >= e->tests[k - 1].kind);
    }
    exceptions_done(&list);
}

static void match(struct ruleset *r, struct str text)
{
    struct engine *e;
    static struct event ev;
    const struct match *m;
    if (engine_new(r, &e))
        abort();
    event_clear(&ev);
    event_set_str(&ev, F_COMMAND_LINE, STR("evil --flag"));
    event_set_str(&ev, F_EXECUTABLE, STR("/opt/a"));
    event_set_str(&ev, F_USER, str_sub(text, 0, 3));
    engine_set_device(e, str_sub(text, 3, 80));
    int count = engine_match(e, &ev, &m);
    FUZZ_ASSERT(count == 0 || count == 1);
    uint64_t hidden = 0;
    for (uint32_t i = 0; i < ruleset_exceptions(r); i++)
        hidden += engine_hidden(e, i);
    FUZZ_ASSERT(hidden == (count == 0 ? 1 : 0) && hidden == engine_stats(e)->hidden);
    engine_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str text = fuzz_take_rest(&in);
    check_parsed(text);
    struct builder *b;
    struct builder_counts counts = {0};
    struct builder_counts added = {0};
    uint32_t refused = 0;
    if (builder_new(&b))
        abort();
    int rc = builder_add_exceptions(b, text, "fuzz", check_refusal, &refused, &added, NULL);
    FUZZ_ASSERT(refused == added.refused);
    if (rc == 0) {
        struct buf image = {0};
        struct ruleset *r;
        if (builder_add_sigma(b, str_of(rule), "r", NULL, NULL, &counts, NULL) ||
            builder_finish(b, &image, NULL) || ruleset_load(buf_str(&image), &r, NULL))
            abort();
        FUZZ_ASSERT(ruleset_exceptions(r) == added.accepted);
        match(r, text);
        ruleset_unref(r);
        buf_done(&image);
    }
    builder_free(b);
    return 0;
}
