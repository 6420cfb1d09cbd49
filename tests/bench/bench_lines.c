/* Speed of the whole way from bytes to verdicts: NDJSON lines are cut, checked, normalised and
 * matched, for each lane of lane.h and each set of rules.
 *
 *   build/release/bench/bench_lines [OPTION...] RULES_FOLDER...
 *
 *   --lines N      lines of a lane (default 20000)     --lane NAME  this lane alone
 *   --runs N       passes over a lane (default 9)      --threads    also two threads at once
 *   --unrouted     take the log source from every event, so that every rule applies
 *   --load         only how long rules take to load, and the memory they need
 *
 * Figures are thread CPU time, best and median of the passes. "cut", "+ normalise", "+ match" go
 * that far and stop; the last is the whole way. The process tree is not part of it: flat lanes need
 * none. */
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "detect/detect.h"
#include "event/normalise.h"
#include "event/reader.h"
#include "lane.h"
#include "os/file.h"

enum { RUNS_MOST = 99, FILE_MOST = 64 << 20 };

static struct {
    unsigned long lines;
    unsigned long runs;
    const char *lane;
    bool threads;
    bool unrouted;
    bool load;
} options = {.lines = 20000, .runs = 9};

static _Noreturn void stop(const char *what)
{
    (void)fprintf(stderr, "bench_lines: %s\n", what);
    exit(1);
}

static double seconds(clockid_t clock)
{
    struct timespec ts;
    (void)clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* ------------------------------------------------------------------ rules */

struct rules {
    struct buf image;
    struct ruleset *set;
    struct builder_counts counts;
    double parse_s;
    double build_s;
    double load_s;
};

static struct builder *builder;
static struct rules *being_loaded;

static int add_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (flag != FTW_F || !str_ends(str_of(path), STR(".yml")))
        return 0;
    struct buf text = {0};
    if (file_read(path, FILE_MOST, &text, NULL) ||
        builder_add_sigma(builder, buf_str(&text), path, NULL, NULL, &being_loaded->counts, NULL))
        stop("cannot read a rule file");
    buf_done(&text);
    return 0;
}

static void compile(const char *folder, struct rules *rules)
{
    *rules = (struct rules){0};
    being_loaded = rules;
    double start = seconds(CLOCK_THREAD_CPUTIME_ID);
    if (builder_new(&builder) || nftw(folder, add_file, 16, FTW_PHYS))
        stop("cannot read the rules");
    double parsed = seconds(CLOCK_THREAD_CPUTIME_ID);
    if (builder_finish(builder, &rules->image, NULL))
        stop("cannot build the rules");
    builder_free(builder);
    double built = seconds(CLOCK_THREAD_CPUTIME_ID);
    if (ruleset_load(buf_str(&rules->image), &rules->set, NULL))
        stop("cannot load the rules");
    double loaded = seconds(CLOCK_THREAD_CPUTIME_ID);
    rules->parse_s = parsed - start;
    rules->build_s = built - parsed;
    rules->load_s = loaded - built;
}

static void forget(struct rules *rules)
{
    ruleset_unref(rules->set);
    buf_done(&rules->image);
}

/* ------------------------------------------------------------------ one pass */

enum stage { CUT, NORMALISE, MATCH, STAGES };

static const char *const stage_names[] = {"cut", "+ normalise", "+ match"};

struct input {
    const struct lane_kind *kind;
    int fd; /* the lane's lines, in memory */
    size_t bytes;
    size_t lines;
};

struct worker {
    const struct input *input;
    struct ruleset *rules;
    struct normaliser *normaliser;
    struct engine *engine;
    enum stage stage;
    double cpu_s; /* of its last pass */
};

static void take(struct worker *w, struct event *ev, struct str record)
{
    if (normaliser_record(w->normaliser, record, FORMAT_AUTO, ev, NULL))
        stop("a line is refused");
    if (options.unrouted) {
        ev->kind = KIND_UNKNOWN;
        ev->product = ev->category = ev->service = (struct str){0};
    }
    const struct match *matches;
    if (w->stage >= MATCH && engine_match(w->engine, ev, &matches) < 0)
        stop("out of memory");
}

/* Each worker reads its own copy of the descriptor's content: the offset is its own. */
static void *pass(void *arg)
{
    struct worker *w = arg;
    static _Thread_local struct event ev;
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", w->input->fd);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    double start = seconds(CLOCK_THREAD_CPUTIME_ID);
    struct reader *reader;
    if (fd < 0 || reader_new(fd, &reader))
        stop("cannot start");
    for (;;) {
        struct str record;
        uint64_t line;
        int rc = reader_next(reader, &record, &line, NULL);
        if (rc == E_CLOSED)
            break;
        if (rc)
            stop("a line is damaged");
        if (w->stage >= NORMALISE)
            take(w, &ev, record);
    }
    reader_free(reader);
    w->cpu_s = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    (void)close(fd);
    return NULL;
}

static void worker_init(struct worker *w, const struct input *input, struct ruleset *rules)
{
    *w = (struct worker){.input = input, .rules = rules, .stage = MATCH};
    if (normaliser_new(&w->normaliser) || engine_new(rules, &w->engine))
        stop("out of memory");
}

static void worker_done(struct worker *w)
{
    normaliser_free(w->normaliser);
    engine_free(w->engine);
}

/* ------------------------------------------------------------------ figures */

struct figure {
    double best;
    double median;
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct figure figure_of(double *values, size_t len)
{
    qsort(values, len, sizeof *values, by_size);
    return (struct figure){values[0], values[len / 2]};
}

static void print_speed(const struct input *in, const char *what, struct figure f)
{
    (void)printf("    %-14s %10.0f events/s %7.0f MB/s  %7.3f us/event  (median %10.0f events/s)\n",
                 what, (double)in->lines / f.best, (double)in->bytes / f.best / 1e6,
                 f.best / (double)in->lines * 1e6, (double)in->lines / f.median);
}

static void one_thread(const struct input *in, struct ruleset *rules)
{
    struct worker w;
    worker_init(&w, in, rules);
    for (unsigned stage = CUT; stage < STAGES; stage++) {
        double spent[RUNS_MOST];
        w.stage = (enum stage)stage;
        for (size_t run = 0; run < options.runs; run++) {
            (void)pass(&w);
            spent[run] = w.cpu_s;
        }
        print_speed(in, stage_names[stage], figure_of(spent, options.runs));
    }
    const struct engine_stats *s = engine_stats(w.engine);
    double events = (double)s->events;
    (void)printf("    per event: candidates %.2f, matches %.3f, regex runs %.3f\n",
                 (double)s->candidates / events, (double)s->matches / events,
                 (double)s->regex_runs / events);
    worker_done(&w);
}

/* One thread and two in turn. What two do is the sum of what each did in its own CPU time: other
 * programs on the machine do not count, waiting for memory and for each other's caches does. */
static void two_threads(const struct input *in, struct ruleset *rules)
{
    struct worker w[2];
    double one[RUNS_MOST];
    double two[RUNS_MOST];
    double wall[RUNS_MOST];
    for (unsigned i = 0; i < 2; i++)
        worker_init(&w[i], in, rules);
    for (size_t run = 0; run < options.runs; run++) {
        (void)pass(&w[0]);
        one[run] = w[0].cpu_s;
        pthread_t other;
        double start = seconds(CLOCK_MONOTONIC);
        if (pthread_create(&other, NULL, pass, &w[1]))
            stop("cannot start a thread");
        (void)pass(&w[0]);
        (void)pthread_join(other, NULL);
        wall[run] = (seconds(CLOCK_MONOTONIC) - start) / 2;
        two[run] = 1 / (1 / w[0].cpu_s + 1 / w[1].cpu_s);
    }
    struct figure f1 = figure_of(one, options.runs);
    struct figure f2 = figure_of(two, options.runs);
    struct figure fw = figure_of(wall, options.runs);
    print_speed(in, "one thread", f1);
    print_speed(in, "two threads", f2);
    (void)printf("    two threads / one: %.2f by best, %.2f by median (wall clock %.2f by best)\n",
                 f1.best / f2.best, f1.median / f2.median, f1.best / fw.best);
    for (unsigned i = 0; i < 2; i++)
        worker_done(&w[i]);
}

static struct input make_input(const struct lane_kind *kind)
{
    struct input in = {.kind = kind, .fd = memfd_create("lane", MFD_CLOEXEC)};
    struct lane lane;
    struct buf out = {0};
    lane_init(&lane, kind, LANE_SEED);
    for (; in.lines < options.lines; in.lines++) {
        buf_clear(&out);
        lane_next(&lane, &out);
        if (buf_check(&out) || file_write_all(in.fd, out.ptr, out.len))
            stop("cannot write a lane");
        in.bytes += out.len;
    }
    buf_done(&out);
    lane_done(&lane);
    return in;
}

static void measure(struct ruleset *rules)
{
    const struct lane_kind *kind;
    for (unsigned i = 0; (kind = lane_at(i)); i++) {
        if (options.lane && strcmp(options.lane, kind->name) != 0)
            continue;
        struct input in = make_input(kind);
        (void)printf("  %s: %zu lines of %zu bytes, %s\n", kind->name, in.lines,
                     in.bytes / in.lines, options.unrouted ? "unrouted" : "routed");
        one_thread(&in, rules);
        if (options.threads)
            two_threads(&in, rules);
        (void)close(in.fd);
    }
}

/* ------------------------------------------------------------------ loading */

static unsigned long status_kib(const char *name)
{
    char line[256];
    unsigned long kib = 0;
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtoul(line + strlen(name) + 1, NULL, 10);
    }
    if (f)
        (void)fclose(f);
    return kib;
}

/* A ruleset file is mapped as the programs map it; the rules are used on 1,000 lines of each lane,
 * so that the memory is what a working engine has. */
static void load_file(const struct rules *rules)
{
    int file = memfd_create("ruleset", MFD_CLOEXEC);
    if (file < 0 || file_write_all(file, rules->image.ptr, rules->image.len))
        stop("cannot write the ruleset");
    unsigned long before = status_kib("VmRSS");
    double spent[RUNS_MOST];
    for (size_t run = 0; run < options.runs; run++) {
        double start = seconds(CLOCK_THREAD_CPUTIME_ID);
        void *map = mmap(NULL, rules->image.len, PROT_READ, MAP_PRIVATE, file, 0);
        struct ruleset *set;
        struct engine *engine;
        if (map == MAP_FAILED || ruleset_load(str_n(map, rules->image.len), &set, NULL) ||
            engine_new(set, &engine))
            stop("cannot load the ruleset");
        spent[run] = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
        engine_free(engine);
        if (run + 1 < options.runs) {
            ruleset_unref(set);
            (void)munmap(map, rules->image.len);
            continue;
        }
        options.lines = 1000;
        const struct lane_kind *kind;
        for (unsigned i = 0; (kind = lane_at(i)); i++) {
            struct input in = make_input(kind);
            struct worker w;
            worker_init(&w, &in, set);
            (void)pass(&w);
            (void)printf(
                "  after 1000 lines of %-13s %6.1f MB more than before the file was mapped\n",
                kind->name, (double)(status_kib("VmRSS") - before) / 1e3);
            worker_done(&w);
            (void)close(in.fd);
        }
        ruleset_unref(set);
    }
    struct figure f = figure_of(spent, options.runs);
    (void)printf("  from the ruleset file to a ready engine: best %.2f ms, median %.2f ms\n",
                 f.best * 1e3, f.median * 1e3);
    (void)close(file);
}

static void measure_load(const char *folder)
{
    double spent[RUNS_MOST];
    struct rules rules;
    for (size_t run = 0; run < options.runs; run++) {
        compile(folder, &rules);
        spent[run] = rules.parse_s + rules.build_s + rules.load_s;
        if (run + 1 < options.runs)
            forget(&rules);
    }
    struct figure f = figure_of(spent, options.runs);
    (void)printf("  from YAML to ready: best %.0f ms, median %.0f ms; most memory while compiling "
                 "%.1f MB\n",
                 f.best * 1e3, f.median * 1e3, (double)status_kib("VmHWM") / 1e3);
    load_file(&rules);
    forget(&rules);
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"lines", required_argument, NULL, 'n'},
                                          {"runs", required_argument, NULL, 'r'},
                                          {"lane", required_argument, NULL, 'l'},
                                          {"threads", no_argument, NULL, 't'},
                                          {"unrouted", no_argument, NULL, 'u'},
                                          {"load", no_argument, NULL, 'L'},
                                          {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 'n':
            options.lines = strtoul(optarg, NULL, 10);
            break;
        case 'r':
            options.runs = strtoul(optarg, NULL, 10);
            break;
        case 'l':
            options.lane = optarg;
            break;
        case 't':
            options.threads = true;
            break;
        case 'u':
            options.unrouted = true;
            break;
        case 'L':
            options.load = true;
            break;
        default:
            return 64;
        }
    }
    if (optind == argc || !options.lines || !options.runs || options.runs > RUNS_MOST)
        stop("usage: bench_lines [OPTION...] RULES_FOLDER...");
    for (int i = optind; i < argc; i++) {
        struct rules rules;
        if (options.load) {
            (void)printf("%s\n", argv[i]);
            measure_load(argv[i]);
            continue;
        }
        compile(argv[i], &rules);
        (void)printf("%s: %u rules, %u refused, ruleset %.2f MB\n", argv[i], rules.counts.accepted,
                     rules.counts.refused, (double)rules.image.len / 1e6);
        measure(rules.set);
        forget(&rules);
    }
    return 0;
}
