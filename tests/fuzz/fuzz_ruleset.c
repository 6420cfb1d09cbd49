/* Fuzz the loader of ruleset images. The input is a list of changes to a real image (4 bytes
 * offset, 4 bytes value, little-endian) or, when it begins with 'R', an image of its own. The
 * checksum is made right again, or no change would get further than that. Whatever loads is matched
 * against. */
#include "base/timefmt.h"
#include "detect/correlator.h"
#include "detect/detect.h"
#include "detect/image.h"
#include "detect/list.h"
#include "detect/prevent.h"
#include "fuzz/fuzz.h"

static const char *const rules =
    "title: a\ntags: [attack.t1059.004]\nlogsource: {product: macos, category: process_creation}\n"
    "detection:\n  s:\n    Image|endswith: [/osascript, /sh, '']\n"
    "    CommandLine|contains: [password, ' -', keychain, LaunchAgents, a*b, security, dump]\n"
    "  n:\n    Extra|re: 'x+[0-9]'\n    User: null\n  condition: s and not n or 1 of x*\n"
    "  x1: {Image: /bin/ls, ProcessId: 7}\n  x2: {process.args|startswith: '-'}\n---\n"
    "title: b\ndetection: {s: {User: '*', Image|contains: abc}, condition: not s}\n---\n"
    "title: c\ndetection:\n  k: [osascript, 'x*y']\n  s: {Image|cased|startswith: /usr}\n"
    "  t: {ProcessId|lt: 9, CommandLine|fieldref|contains: process.args, Ip|cidr: 10.0.0.0/8}\n"
    "  condition: k and (s or t)\n---\n"
    "title: d\nname: d\ndetection: {s: {Image|contains: osa}, condition: s}\n---\n"
    "title: e\nname: e\ndetection: {s: {ProcessId: 7}, condition: s}\n---\n"
    "title: f\nname: f\ntags: [attack.t1110]\ncorrelation:\n  type: value_count\n"
    "  rules: [d, e]\n  group-by: [who, User]\n  timespan: 1m\n"
    "  condition: {field: [Extra, ProcessId], gte: 1, lt: 9}\n"
    "  aliases: {who: {d: Image, e: Extra}}\n---\n"
    "title: g\ncorrelation: {type: temporal_ordered, rules: [f, e], timespan: 1h, "
    "condition: {gte: 1}}\n---\n"
    "title: h\ncorrelation: {type: value_percentile, rules: [d], timespan: 5s, generate: true, "
    "condition: {field: ProcessId, percentile: 50, lte: 7}}\n---\n"
    "title: i\nlogsource: {}\nfilter: {rules: [d], s: {User: none}, condition: not s}\n";

static const char *const entries =
    "value,action,reason\nABCDE12345,deny,r\nABCDE12345,allow,\n/usr/*,allow,r\n/usr/bin/*,allow,\n"
    "0123456789abcdef0123456789abcdef01234567,deny,r\n";

static void make_image(struct buf *image)
{
    struct builder *b;
    struct builder_counts counts = {0};
    struct list list = {0};
    struct list_counts list_counts = {0};
    if (list_parse(&list, str_of(entries), LIST_FORMAT_CSV, "l", NULL, NULL, NULL, &list_counts,
                   NULL) ||
        builder_new(&b) || builder_add_list(b, &list, NULL) ||
        builder_add_sigma(b, str_of(rules), "r", NULL, NULL, &counts, NULL) ||
        builder_finish(b, image, NULL) || counts.accepted != 5)
        abort();
    builder_free(b);
    list_done(&list);
}

static void decide(const struct ruleset *r)
{
    struct code_identity id = {.path = STR("/usr/bin/osascript"), .team_id = STR("ABCDE12345")};
    struct prevent_verdict v;
    enum prevent_decision d = prevent_check(ruleset_prevent(r), &id, 1, &v);
    FUZZ_ASSERT(d != PREVENT_DENY && (d == PREVENT_NONE || v.key.len <= LIST_VALUE_BYTES));
}

/* The event comes several times; what is known is handed on in between. */
static void correlate(struct ruleset *r, struct event *ev, const struct match *matches, int count)
{
    struct correlator *c;
    struct correlator *next;
    const struct correlated *fired = NULL;
    if (correlator_new(r, &c) || correlator_new(r, &next))
        abort();
    for (int64_t i = 0; i < 6; i++) {
        ev->time_ns = (1700000000 + (i % 3 ? i : -i)) * NS_PER_S;
        int alerts = correlator_event(c, ev, (uint64_t)i, matches, count, &fired);
        FUZZ_ASSERT(alerts >= 0);
        for (int k = 0; k < alerts; k++) {
            struct buf out = {0};
            alert_add_correlated_json(&out, STR(""), r, &fired[k], ev, NULL, NULL);
            buf_done(&out);
        }
        if (i == 2) {
            if (correlator_adopt(next, c))
                abort();
            correlator_free(c);
            c = TAKE(next);
        }
    }
    correlator_free(c);
}

static void match(struct ruleset *r)
{
    struct engine *e;
    if (engine_new(r, &e))
        abort();
    static struct event ev;
    event_clear(&ev);
    struct str args[] = {STR("ls"), STR("-l")};
    struct extra extra = {STR("Extra"), {.type = VALUE_STR, .s = STR("xx7")}};
    event_set_str(&ev, F_EXECUTABLE, STR("/usr/bin/osascript"));
    event_set_str(&ev, F_COMMAND_LINE, STR("security dump-keychain -d a__b password LaunchAgents"));
    event_set_int(&ev, F_PID, 7);
    event_set_str(&ev, F_USER, STR("ada"));
    event_set_list(&ev, F_ARGS, args, 2);
    ev.extras = &extra;
    ev.extras_len = 1;
    for (int round = 0; round < 2; round++) {
        const struct match *matches;
        int count = engine_match(e, &ev, &matches);
        FUZZ_ASSERT(count >= 0);
        for (int i = 0; i < count; i++) {
            struct buf out = {0};
            alert_add_json(&out, STR(""), r, &matches[i], &ev);
            buf_done(&out);
        }
        correlate(r, &ev, matches, count);
    }
    engine_free(e);
}

static char *change_image(struct fuzz_input *in, size_t *ret_len)
{
    static struct buf real;
    if (real.len == 0)
        make_image(&real);
    char *copy = aligned_alloc(IMAGE_ALIGN, real.len);
    if (!copy)
        abort();
    memcpy(copy, real.ptr, real.len);
    while (in->len >= 8) {
        uint32_t change[2];
        memcpy(change, in->ptr, sizeof change);
        in->ptr += sizeof change;
        in->len -= sizeof change;
        memcpy(copy + change[0] % (real.len / 4) * 4, &change[1], 4);
    }
    *ret_len = real.len;
    return copy;
}

static char *own_image(struct fuzz_input *in, size_t *ret_len)
{
    (void)fuzz_take_byte(in);
    *ret_len = in->len & ~(size_t)(IMAGE_ALIGN - 1);
    char *copy = aligned_alloc(IMAGE_ALIGN, *ret_len ? *ret_len : IMAGE_ALIGN);
    if (!copy)
        abort();
    memcpy(copy, in->ptr, *ret_len);
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    size_t len;
    char *bytes = size && data[0] == 'R' ? own_image(&in, &len) : change_image(&in, &len);
    if (len >= sizeof(struct image_header) && image_seal(bytes, len))
        abort();
    struct ruleset *r;
    struct err err = {0};
    int rc = ruleset_load(str_n(bytes, len), &r, &err);
    FUZZ_ASSERT(rc == 0 || (rc == err.code && err.message[0]));
    if (rc == 0) {
        match(r);
        decide(r);
        ruleset_unref(r);
    }
    free(bytes);
    return 0;
}
