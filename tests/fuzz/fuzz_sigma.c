/* Fuzz Sigma rule files: whatever is accepted becomes an image that loads and matches. A comment in
 * the first line is the value of the event's field `t`. */
#include "base/timefmt.h"
#include "detect/correlator.h"
#include "fuzz/fuzz.h"

static void check_refusal(void *arg, const struct err *err)
{
    (*(uint32_t *)arg)++;
    FUZZ_ASSERT(err->code < 0 && err->message[0] && err->source[0]);
}

static void match(struct ruleset *r, struct str text)
{
    struct engine *e;
    if (engine_new(r, &e))
        abort();
    static struct event ev;
    event_clear(&ev);
    ev.kind = KIND_EXEC;
    struct str head = str_sub(text, 0, 200);
    struct str time = str_sub(head, 0, str_find_char(head, '\n'));
    struct extra extras[] = {
        {STR("a"), {.type = VALUE_STR, .s = head}},
        {STR("t"),
         {.type = VALUE_STR, .s = str_starts(time, STR("# ")) ? str_sub(time, 2, SIZE_MAX) : time}},
        {STR("ip"), {.type = VALUE_STR, .s = STR("10.1.2.3")}},
        {STR("v6"), {.type = VALUE_STR, .s = STR("fe80::1%en0")}},
        {STR("n"), {.type = VALUE_STR, .s = STR("12.25")}},
    };
    event_set_str(&ev, F_EXECUTABLE, STR("/usr/bin/osascript"));
    event_set_str(&ev, F_COMMAND_LINE, head);
    event_set_int(&ev, F_PID, 7);
    event_set_list(&ev, F_ARGS, &head, 1);
    ev.extras = extras;
    ev.extras_len = ARRAY_LEN(extras);
    const struct match *matches;
    int count = engine_match(e, &ev, &matches);
    FUZZ_ASSERT(count >= 0 && (uint32_t)count <= ruleset_len(r));
    for (int i = 0; i < count; i++) {
        FUZZ_ASSERT(i == 0 || matches[i].rule > matches[i - 1].rule);
        struct buf out = {0};
        alert_add_json(&out, STR(""), r, &matches[i], &ev);
        FUZZ_ASSERT(buf_check(&out) == 0);
        buf_done(&out);
    }
    /* One sees all events, the others each one and hand on what they know: the alerts are the
     * same. */
    struct correlator *c;
    struct correlator *whole;
    const struct correlated *fired = NULL;
    if (correlator_new(r, &c) || correlator_new(r, &whole))
        abort();
    for (int64_t i = 0; i < 8; i++) {
        struct correlator *next;
        if (correlator_new(r, &next) || correlator_adopt(next, c))
            abort();
        correlator_free(c);
        c = next;
        ev.time_ns = (1700000000 + (i % 3 ? i : -i)) * NS_PER_S;
        int expected = correlator_event(whole, &ev, (uint64_t)i, matches, count, &fired);
        int alerts = correlator_event(c, &ev, (uint64_t)i, matches, count, &fired);
        FUZZ_ASSERT(alerts >= 0 && alerts == expected);
        for (int k = 0; k < alerts; k++) {
            struct buf out = {0};
            alert_add_correlated_json(&out, STR(""), r, &fired[k], &ev, NULL, NULL);
            FUZZ_ASSERT(buf_check(&out) == 0 && fired[k].events_len > 0);
            buf_done(&out);
        }
    }
    correlator_free(whole);
    correlator_free(c);
    engine_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str text = fuzz_take_rest(&in);
    struct builder *b;
    if (builder_new(&b))
        abort();
    struct builder_counts counts = {0};
    uint32_t refused = 0;
    if (builder_add_sigma(b, text, "fuzz", check_refusal, &refused, &counts, NULL))
        abort();
    FUZZ_ASSERT(refused == counts.refused);
    struct buf image = {0};
    if (builder_link(b, check_refusal, &refused, &counts, NULL))
        abort();
    FUZZ_ASSERT(refused == counts.refused);
    if (builder_finish(b, &image, NULL))
        abort();
    builder_free(b);
    struct ruleset *r;
    if (ruleset_load(buf_str(&image), &r, NULL))
        abort();
    FUZZ_ASSERT(ruleset_len(r) + ruleset_correlations(r) + ruleset_yara_len(r) == counts.accepted);
    match(r, text);
    ruleset_unref(r);
    buf_done(&image);
    return 0;
}
