/* Hunts over stored segments against reading them naively, in one run: rules and expressions over
 * everything, with one thread and two; a needle by hash and by program, passed over frames and not;
 * and the price of the keys when a batch is stored.
 *
 *   build/release/bench/bench_hunt FOLDER [MEGABYTES]
 *
 * FOLDER is made and filled with MEGABYTES (1100) of synthetic events of a fixed seed. Naive: every
 * frame decompressed, and (a) the text searched for in the whole of it, as `zstd -dc | grep -F`
 * does, (b) each line parsed by jansson and one member compared. Wall time and CPU time of all
 * threads, the best of three each; rates are by CPU time. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/timefmt.h"
#include "crypto/hash.h"
#include "detect/expr.h"
#include "hunt/hunt.h"
#include "os/clock.h"
#include "schema/content.h"
#include "store/segframe.h"
#include "store/segment.h"

enum { DEVICES = 20, BATCH_EVENTS = 1000, RUNS = 3, PROGRAMS = 600 };

#define START_NS INT64_C(1763942400000000000)

static const char needle_hash[] =
    "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";

static uint64_t seed = 42;

static unsigned below(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed >> 33) % n);
}

static void check(int rc, const struct err *err, const char *what)
{
    if (!rc)
        return;
    (void)fprintf(stderr, "bench_hunt: %s: %s %s\n", what, err_name(rc), err->message);
    exit(1);
}

/* ------------------------------------------------------------------ filling */

/* A process start, a file event or a connection of some program; a program has one hash. */
static void add_event(struct buf *b, int64_t time_ns, bool needle)
{
    static const char *const folders[] = {"/usr/bin", "/bin", "/usr/libexec",
                                          "/Applications/Tool.app/Contents/MacOS",
                                          "/opt/homebrew/bin"};
    unsigned program = below(PROGRAMS);
    unsigned parent = below(PROGRAMS);
    unsigned kind = below(10);
    buf_addf(b, "{\"kind\":\"%s\",\"time\":\"",
             kind < 4   ? "exec"
             : kind < 8 ? "create"
                        : "network_connect");
    timefmt_add(b, time_ns, 9);
    buf_addf(b,
             "\",\"product\":\"macos\",\"category\":\"%s\",\"process.pid\":%u,"
             "\"process.executable\":\"%s/prog%u\",\"process.name\":\"prog%u\"",
             kind < 4   ? "process_creation"
             : kind < 8 ? "file_event"
                        : "network_connection",
             500 + below(60000), folders[program % 5], program, program);
    buf_addf(b,
             ",\"process.command_line\":\"prog%u --config /Users/ada/Library/%08x/%08x.plist "
             "--token %08x%08x -v\",\"process.args\":[\"prog%u\",\"--config\",\"-v\"]",
             program, below(1u << 30), below(1u << 30), below(1u << 30), below(1u << 30), program);
    buf_addf(b,
             ",\"process.hash.sha256\":\"%s\",\"process.signing.id\":\"com.example.prog%u\","
             "\"process.signing.team_id\":\"TEAM%06u\",\"process.signing.cdhash\":\"%040u\"",
             needle ? needle_hash : "", program, program % 40, program);
    buf_addf(b,
             ",\"process.parent.executable\":\"%s/prog%u\",\"process.parent.name\":\"prog%u\","
             "\"process.parent.pid\":%u,\"process.uid\":501,\"user.name\":\"user%u\"",
             folders[parent % 5], parent, parent, below(60000), below(30));
    if (kind >= 4 && kind < 8)
        buf_addf(b, ",\"file.path\":\"/Users/ada/Documents/%08x/report-%u.txt\"", below(1u << 30),
                 below(100000));
    if (kind >= 8)
        buf_addf(b, ",\"network.remote.ip\":\"10.%u.%u.%u\",\"network.remote.port\":443",
                 below(256), below(256), below(256));
    buf_add_cstr(b, "}\n");
}

static int put_devices(struct store_tx *tx, void *arg, struct err *err)
{
    char(*ids)[32] = arg;
    int rc = 0;
    for (unsigned i = 0; i < DEVICES && !rc; i++) {
        const struct store_device device = {.id = str_of(ids[i]),
                                            .hardware_uuid = str_of(ids[i]),
                                            .key_fingerprint = str_of(ids[i])};
        rc = store_device_put(tx, &device, err);
    }
    return rc;
}

static uint64_t fill(struct store *store, uint64_t megabytes)
{
    static char ids[DEVICES][32];
    struct buf plain CLEANUP(buf_done) = {0};
    struct err err = {0};
    uint64_t bytes = 0;
    for (unsigned i = 0; i < DEVICES; i++)
        (void)snprintf(ids[i], sizeof ids[i], "device-%u", i);
    check(store_write_wait(store, put_devices, ids, &err), &err, "devices");
    for (uint64_t n = 0; bytes < megabytes * 1000000; n++) {
        struct store_batch_result result;
        int64_t now = START_NS + (int64_t)n * NS_PER_S;
        buf_clear(&plain);
        for (unsigned e = 0; e < BATCH_EVENTS; e++)
            add_event(&plain, now + (int64_t)e * NS_PER_MS, n == 500 && e == 500);
        const struct store_batch batch = {.device = str_of(ids[n % DEVICES]),
                                          .epoch = 1,
                                          .sequence = n + 1,
                                          .plain = buf_str(&plain),
                                          .events = BATCH_EVENTS,
                                          .time_min_ns = now,
                                          .time_max_ns = now,
                                          .received_ns = now,
                                          .sha256 = STR("x")};
        check(store_batch_wait(store, &batch, &result, &err), &err, "batch");
        bytes += plain.len;
    }
    return bytes;
}

/* ------------------------------------------------------------------ rules */

static struct ruleset *rules_of(const char *expression, struct buf *image)
{
    struct builder *b = NULL;
    struct ruleset *set = NULL;
    struct err err = {0};
    const struct expr_rule rule = {.id = STR("x"), .source = "expression", .now_ns = START_NS};
    struct builder_counts counts = {0};
    int rc = builder_new(&b);
    if (!rc && expression)
        rc = builder_add_expr(b, str_of(expression), &rule, &err);
    for (size_t i = 0; !rc && !expression && i < content_analytics_len; i++)
        rc = builder_add_sigma(b, content_analytics[i].bytes, content_analytics[i].name.ptr, NULL,
                               NULL, &counts, &err);
    if (!rc)
        rc = builder_finish(b, image, &err);
    if (!rc)
        rc = ruleset_load(buf_str(image), &set, &err);
    check(rc, &err, "rules");
    builder_free(b);
    return set;
}

/* ------------------------------------------------------------------ measuring */

static int found(void *arg, const struct hunt_hit *hits, size_t len,
                 const struct hunt_progress *progress, struct err *err)
{
    (void)arg;
    (void)hits;
    (void)len;
    (void)progress;
    (void)err;
    return 0;
}

static double since_s(int64_t start_ns)
{
    return (double)(clock_mono_ns() - start_ns) / 1e9;
}

/* CPU time of all threads. */
static double cpu_s(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/** Best of several runs. */
struct best {
    double wall_s;
    double cpu_s;
};

static void better(struct best *b, int64_t start_ns, double start_cpu_s)
{
    double wall = since_s(start_ns);
    double cpu = cpu_s() - start_cpu_s;
    b->wall_s = b->wall_s == 0 || wall < b->wall_s ? wall : b->wall_s;
    b->cpu_s = b->cpu_s == 0 || cpu < b->cpu_s ? cpu : b->cpu_s;
}

static void line(const char *what, struct best b, uint64_t bytes, uint64_t events, uint64_t matches)
{
    (void)printf("%-40s %8.1f ms, CPU %8.1f ms: %7.0f MB/s, %9.0f events/s; %llu matches\n", what,
                 b.wall_s * 1e3, b.cpu_s * 1e3, (double)bytes / 1e6 / b.cpu_s,
                 (double)events / b.cpu_s, (unsigned long long)matches);
    (void)fflush(stdout);
}

struct data {
    struct hunt_segment *segments;
    size_t len;
    uint64_t plain;
    uint64_t events;
};

static void hunt(const struct data *d, const char *what, const char *expression, unsigned threads,
                 bool read_all)
{
    struct buf image CLEANUP(buf_done) = {0};
    struct ruleset *set = rules_of(expression, &image);
    struct hunt_progress last = {0};
    struct best best = {0};
    for (int i = 0; i < RUNS; i++) {
        struct hunt_summary summary CLEANUP(hunt_summary_done) = {0};
        struct err err = {0};
        const struct hunt_config config = {.rules = set,
                                           .threads = threads,
                                           .hits_most = 10000,
                                           .hit_bytes_most = 64 << 20,
                                           .read_all = read_all,
                                           .found = found};
        int64_t start = clock_mono_ns();
        double cpu = cpu_s();
        check(hunt_run(&config, d->segments, d->len, &summary, &err), &err, what);
        better(&best, start, cpu);
        last = summary.progress;
    }
    line(what, best, d->plain, d->events, last.matches);
    if (last.frames_skipped)
        (void)printf("%-40s %llu of %llu frames passed over, %llu events read\n", "",
                     (unsigned long long)last.frames_skipped, (unsigned long long)last.frames,
                     (unsigned long long)last.events);
    ruleset_unref(set);
}

static uint64_t grep(struct str plain, const char *text)
{
    uint64_t matches = 0;
    size_t len = strlen(text);
    const char *at = plain.ptr;
    const char *end = plain.ptr + plain.len;
    while ((at = memmem(at, (size_t)(end - at), text, len)) != NULL) {
        matches++;
        at += len;
    }
    return matches;
}

static uint64_t parse(struct str plain, const char *text)
{
    uint64_t matches = 0;
    struct str one;
    while (str_next(&plain, '\n', &one)) {
        json_t *event = json_loadb(one.ptr, one.len, 0, NULL);
        const char *value = json_string_value(json_object_get(event, "process.command_line"));
        matches += value && strcasestr(value, text) ? 1 : 0;
        json_decref(event);
    }
    return matches;
}

static void naive(struct data *d, const char *what, const char *text,
                  uint64_t (*look)(struct str plain, const char *text), int runs)
{
    struct best best = {0};
    uint64_t matches = 0;
    for (int i = 0; i < runs; i++) {
        struct buf plain CLEANUP(buf_done) = {0};
        struct err err = {0};
        int64_t start = clock_mono_ns();
        double cpu = cpu_s();
        matches = d->plain = d->events = 0;
        for (size_t s = 0; s < d->len; s++) {
            struct segment_reader *reader CLEANUP(segment_reader_closep) = NULL;
            struct segment_frame frame;
            check(segment_reader_open(d->segments[s].path, d->segments[s].committed_bytes, &reader,
                                      &err),
                  &err, "segment");
            while (segment_reader_next(reader, &frame, &err) == 0) {
                buf_clear(&plain);
                check(segment_reader_plain(reader, &frame, &plain, &err), &err, "frame");
                d->plain += plain.len;
                d->events += frame.events;
                matches += look ? look(buf_str(&plain), text) : 0;
            }
        }
        better(&best, start, cpu);
    }
    line(what, best, d->plain, d->events, matches);
}

/* What cutting and compressing a batch costs with keys and without. */
static void price_of_keys(void)
{
    struct buf plain CLEANUP(buf_done) = {0};
    struct segkeys *keys = NULL;
    double best[2] = {1e9, 1e9};
    size_t stored[2] = {0, 0};
    if (segkeys_new(&keys))
        exit(1);
    for (unsigned e = 0; e < 20000; e++)
        add_event(&plain, START_NS, false);
    for (int i = 0; i < 10; i++) {
        struct segframes cut CLEANUP(segframes_done) = {0};
        const struct segment_frame like = {.sequence = 1, .device = STR("device-1")};
        struct err err = {0};
        double start = cpu_s();
        check(
            segframes_cut(&cut, &like, buf_str(&plain), 20000, 1 << 20, i % 2 ? keys : NULL, &err),
            &err, "cut");
        double took = cpu_s() - start;
        best[i % 2] = took < best[i % 2] ? took : best[i % 2];
        stored[i % 2] = cut.bytes.len;
    }
    (void)printf(
        "storing 20,000 events: %.1f MB/s without keys, %.1f MB/s with; keys are %.1f %% of "
        "the stored bytes\n",
        (double)plain.len / 1e6 / best[0], (double)plain.len / 1e6 / best[1],
        100.0 * (double)(stored[1] - stored[0]) / (double)stored[1]);
    segkeys_free(keys);
}

int main(int argc, char **argv)
{
    struct store *store = NULL;
    struct err err = {0};
    struct arena arena CLEANUP(arena_done) = {0};
    struct data d = {0};
    if (argc < 2) {
        (void)fprintf(stderr, "usage: bench_hunt FOLDER [MEGABYTES]\n");
        return 64;
    }
    uint64_t megabytes = argc > 2 ? strtoull(argv[2], NULL, 10) : 1100;
    const struct store_config config = {.folder = argv[1], .free_bytes_least = -1};
    check(store_open(&config, &store, &err), &err, "store");
    int64_t start = clock_mono_ns();
    uint64_t bytes = fill(store, megabytes);
    (void)printf("%.0f MB of events stored in %.1f s\n", (double)bytes / 1e6, since_s(start));
    check(hunt_segments(store, argv[1], 0, 0, &arena, &d.segments, &d.len, &err), &err, "segments");
    naive(&d, "naive: decompress and check alone", "", NULL, RUNS);
    (void)printf("%zu segments, %llu events\n", d.len, (unsigned long long)d.events);
    naive(&d, "naive: decompress, search the text", "--token 00c0ffee", grep, RUNS);
    naive(&d, "naive: decompress, jansson, one member", "--token 00c0ffee", parse, 1);
    static const char text[] = "process.command_line contains '--token 00c0ffee'";
    hunt(&d, "hunt: text in a command line, 1 thread", text, 1, false);
    hunt(&d, "hunt: text in a command line, 2 threads", text, 2, false);
    hunt(&d, "hunt: all shipped analytics, 1 thread", NULL, 1, false);
    hunt(&d, "hunt: all shipped analytics, 2 threads", NULL, 2, false);
    char hash[200];
    (void)snprintf(hash, sizeof hash, "process.hash.sha256 = %s", needle_hash);
    hunt(&d, "hunt: one hash, reading everything", hash, 1, true);
    hunt(&d, "hunt: one hash, passing over", hash, 1, false);
    hunt(&d, "hunt: a program nobody has", "process.executable endswith /nobody", 1, false);
    hunt(&d, "hunt: an address", "network.remote.ip = 10.1.2.3", 1, false);
    price_of_keys();
    store_close(store);
    return 0;
}
