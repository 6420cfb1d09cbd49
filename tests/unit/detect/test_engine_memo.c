/* detect/engine_memo: an engine that remembers values answers as one that has seen nothing yet. */
#include "harness/test.h"

#include "base/buf.h"
#include "detect/detect.h"

static const char rules_text[] =
    "---\ntitle: suffix\nlogsource: {product: windows}\n"
    "detection: {s: {Image|endswith: ['\\evil.exe', '\\tool.exe']}, condition: s}\n"
    "---\ntitle: inside\ndetection: {s: {ParentImage|contains: '\\temp\\'}, condition: s}\n"
    "---\ntitle: keywords of one product\nlogsource: {product: windows}\n"
    "detection: {s: [secretword, 'other word'], condition: s}\n"
    "---\ntitle: of another product\nlogsource: {product: linux}\n"
    "detection: {s: [secretword], t: {Image|contains: word}, condition: s and t}\n"
    "---\ntitle: list\ndetection: {s: {process.args|startswith: 'secretword'}, condition: s}\n"
    "---\ntitle: extra\ndetection: {s: {Extra|endswith: 'evil.exe'}, condition: s}\n"
    "---\ntitle: many\ndetection: {s: {Image|contains: [a, b, c, d, e, f, g, h, i, j, k, l, m, n,"
    " o, p, q, r, s, t, u, v, w, x, y, z, ab, cd, ef, gh, ij, kl, mn, op, qr, st, uv, wx, yz]},"
    " condition: s}\n";

static const char *const values[] = {
    "C:\\Windows\\evil.exe",
    "C:\\Windows\\EVIL.exe",
    "C:\\Temp\\tool.exe",
    "C:\\temp\\secretword.exe",
    "secretword",
    "an other word of eight and more",
    "C:\\Windows\\explorer.exe",
    "abcdefghijklmnopqrstuvwxyz.exe",
    "evil.exe",
    "short",
};

struct dice {
    uint64_t state;
};

static unsigned below(struct dice *d, unsigned n)
{
    d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(d->state >> 33) % n;
}

/* One of the known values, or one that never comes again. */
static struct str value_of(struct dice *d, unsigned once_in, struct buf *fresh)
{
    const char *known = values[below(d, ARRAY_LEN(values))];
    if (below(d, once_in))
        return str_of(known);
    buf_clear(fresh);
    buf_addf(fresh, "C:\\%u\\%s", below(d, 1u << 30), known);
    return buf_str(fresh);
}

/* What matched, as one text. */
static void add_matches(struct buf *out, struct engine *engine, const struct event *ev)
{
    const struct match *matches;
    int count = engine_match(engine, ev, &matches);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        buf_addf(out, "%u", matches[i].rule);
        for (uint32_t k = 0; k < matches[i].fields_len; k++)
            buf_addf(out, " %.*s=%.*s", STR_FMT(matches[i].fields[k].field),
                     STR_FMT(matches[i].fields[k].value));
        buf_add_char(out, '\n');
    }
}

static void events_of(struct ruleset *rules, unsigned once_in, uint64_t seed)
{
    static const struct str products[] = {{"windows", 7}, {"linux", 5}, {"macos", 5}, {"", 0}};
    struct dice d = {seed};
    struct buf fresh[6] = {{0}};
    struct buf got = {0};
    struct buf wanted = {0};
    struct engine *engine;
    size_t bytes = 0;
    assert_ok(engine_new(rules, &engine));
    for (unsigned n = 0; n < 4000; n++) {
        static struct event ev;
        event_clear(&ev);
        ev.kind = KIND_EXEC;
        ev.product = products[below(&d, ARRAY_LEN(products))];
        event_set_str(&ev, F_EXECUTABLE, value_of(&d, once_in, &fresh[0]));
        if (below(&d, 2))
            event_set_str(&ev, F_PARENT_EXECUTABLE, value_of(&d, once_in, &fresh[1]));
        const struct str args[] = {value_of(&d, once_in, &fresh[2]), STR("-x"),
                                   value_of(&d, once_in, &fresh[3])};
        event_set_list(&ev, F_ARGS, args, below(&d, 4));
        const struct extra extras[] = {
            {STR("Extra"), {.type = VALUE_STR, .s = value_of(&d, once_in, &fresh[4])}},
            {STR("Unnamed"), {.type = VALUE_STR, .s = value_of(&d, 100, &fresh[5])}}};
        ev.extras = extras;
        ev.extras_len = below(&d, 3);
        struct engine *naive;
        assert_ok(engine_new(rules, &naive));
        buf_clear(&got);
        buf_clear(&wanted);
        add_matches(&got, engine, &ev);
        add_matches(&wanted, naive, &ev);
        engine_free(naive);
        bytes += wanted.len;
        assert_true(str_eq(buf_str(&got), buf_str(&wanted)));
    }
    assert_true(bytes > 4000);
    engine_free(engine);
    buf_done(&got);
    buf_done(&wanted);
    for (unsigned i = 0; i < ARRAY_LEN(fresh); i++)
        buf_done(&fresh[i]);
}

static void values_seen_before_are_answered_as_new_ones(void **state)
{
    (void)state;
    struct builder *b;
    struct builder_counts counts = {0};
    struct buf image = {0};
    struct ruleset *rules;
    assert_ok(builder_new(&b));
    assert_ok(builder_add_sigma(b, STR(rules_text), "r.yml", NULL, NULL, &counts, NULL));
    assert_int_equal(counts.refused, 0);
    assert_ok(builder_finish(b, &image, NULL));
    builder_free(b);
    assert_ok(ruleset_load(buf_str(&image), &rules, NULL));
    events_of(rules, 50, 1); /* nearly all known */
    events_of(rules, 4, 2);
    events_of(rules, 1, 3); /* none known: the memo is in doubt */
    ruleset_unref(rules);
    buf_done(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_seen_before_are_answered_as_new_ones),
    };
    return cmocka_run_group_tests_name("detect/engine_memo", tests, NULL, NULL);
}
