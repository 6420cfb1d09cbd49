/* Speed of the detection engine alone: events that are already normalised against compiled rules,
 * events/s and MB/s of thread CPU time, best of nine runs, and what the index let through.
 *
 *   build/release/bench/bench_detect RULES_FOLDER...
 *
 * Every folder is one ruleset. Two lanes of synthetic events of a fixed seed: process starts on a
 * Mac, and on Windows with the fields of a process creation log. MB are the bytes of the fields'
 * values. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "detect/detect.h"

enum { EVENTS = 256, RUNS = 499, EXTRAS_MOST = 16 };

static unsigned seed = 1;

static unsigned below(unsigned n)
{
    return (unsigned)rand_r(&seed) % n;
}

#define PICK(list) (list)[below(sizeof(list) / sizeof((list)[0]))]

/* ------------------------------------------------------------------ events */

struct lane {
    const char *name;
    struct event *events;
    struct extra *extras; /* EXTRAS_MOST per event */
    size_t bytes;
};

static struct str keep(struct lane *lane, struct buf *text)
{
    char *copy = malloc(text->len + 1);
    if (!copy)
        abort();
    memcpy(copy, buf_cstr(text), text->len + 1);
    struct str s = {copy, text->len};
    lane->bytes += s.len;
    buf_clear(text);
    return s;
}

static void set(struct lane *lane, struct event *ev, const char *field, struct buf *text)
{
    struct str value = keep(lane, text);
    enum field_id id = field_find(str_of(field));
    if (id != FIELD_COUNT) {
        event_set_str(ev, id, value);
        return;
    }
    struct extra *extras = lane->extras + (size_t)(ev - lane->events) * EXTRAS_MOST;
    extras[ev->extras_len++] = (struct extra){str_of(field), {.type = VALUE_STR, .s = value}};
    ev->extras = extras;
}

static void add_hex(struct buf *b, unsigned digits)
{
    for (; digits; digits--)
        buf_add_char(b, "0123456789ABCDEF"[below(16)]);
}

static void mac_event(struct lane *lane, struct event *ev)
{
    static const char *const folders[] = {"/usr/bin/",
                                          "/bin/",
                                          "/usr/sbin/",
                                          "/usr/libexec/",
                                          "/opt/homebrew/bin/",
                                          "/Users/anna/code/app/target/debug/",
                                          "/Applications/Xcode.app/Contents/Developer/usr/bin/",
                                          "/System/Library/CoreServices/"};
    static const char *const programs[] = {
        "git",     "zsh",    "sh",        "xpcproxy",      "mdworker_shared", "node",      "clang",
        "ld",      "grep",   "sed",       "curl",          "python3",         "osascript", "ps",
        "sw_vers", "plutil", "launchctl", "security",      "Finder",          "ssh",       "tail",
        "cat",     "xcrun",  "make",      "swift-frontend"};
    static const char *const words[] = {"-c",
                                        "--porcelain",
                                        "status",
                                        "-n",
                                        "HEAD",
                                        "/tmp/build-12/obj",
                                        "src/main.c",
                                        "-o",
                                        "out/module.o",
                                        "-Wall",
                                        "--version",
                                        "-la",
                                        "https://example.com/api/v2/items?id=77",
                                        "index.js",
                                        "--inspect",
                                        "com.example.agent",
                                        "/Users/anna/Library/Caches/x",
                                        "echo",
                                        "|",
                                        "list",
                                        "-e",
                                        "display dialog",
                                        "print",
                                        "find-generic-password",
                                        "kickstart",
                                        "origin/main",
                                        "-fmodules",
                                        "-isysroot"};
    struct buf b = {0};
    ev->kind = KIND_EXEC;
    ev->product = STR("macos");
    ev->category = STR("process_creation");
    const char *program = PICK(programs);
    buf_addf(&b, "%s%s", PICK(folders), program);
    set(lane, ev, "Image", &b);
    buf_add_cstr(&b, program);
    for (unsigned n = below(14); n; n--)
        buf_addf(&b, " %s", PICK(words));
    set(lane, ev, "CommandLine", &b);
    const char *parent = PICK(programs);
    buf_addf(&b, "%s%s", PICK(folders), parent);
    set(lane, ev, "ParentImage", &b);
    buf_addf(&b, "%s %s %s", parent, PICK(words), PICK(words));
    set(lane, ev, "ParentCommandLine", &b);
    buf_add_cstr(&b, "anna");
    set(lane, ev, "User", &b);
    buf_add_cstr(&b, "/Users/anna/code/app");
    set(lane, ev, "CurrentDirectory", &b);
    event_set_int(ev, F_PID, (int64_t)below(99999));
    event_set_int(ev, F_PARENT_PID, (int64_t)below(99999));
    buf_done(&b);
}

static void windows_event(struct lane *lane, struct event *ev)
{
    static const char *const folders[] = {"C:\\Windows\\System32\\",
                                          "C:\\Windows\\",
                                          "C:\\Program Files\\Git\\cmd\\",
                                          "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\",
                                          "C:\\Users\\anna\\AppData\\Local\\Programs\\Code\\",
                                          "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\"};
    static const char *const programs[] = {
        "svchost.exe",  "cmd.exe",      "powershell.exe", "git.exe",       "msedge.exe", "code.exe",
        "conhost.exe",  "rundll32.exe", "explorer.exe",   "taskhostw.exe", "reg.exe",    "net.exe",
        "schtasks.exe", "wmic.exe",     "node.exe",       "MsMpEng.exe"};
    static const char *const words[] = {"-k",
                                        "netsvcs",
                                        "-p",
                                        "-s",
                                        "Schedule",
                                        "/c",
                                        "dir",
                                        "--type=renderer",
                                        "-NoProfile",
                                        "-ExecutionPolicy",
                                        "Bypass",
                                        "-File",
                                        "build.ps1",
                                        "status",
                                        "--porcelain=v2",
                                        "/d",
                                        "C:\\Users\\anna\\src\\app\\main.ts",
                                        "shell32.dll,Control_RunDLL",
                                        "query",
                                        "HKLM\\Software\\Vendor",
                                        "/v",
                                        "Version",
                                        "--lang=en-US",
                                        "--field-trial-handle=1718,i,99",
                                        "view",
                                        "/query",
                                        "/fo",
                                        "csv",
                                        "process",
                                        "list",
                                        "brief"};
    struct buf b = {0};
    ev->kind = KIND_UNKNOWN;
    ev->product = STR("windows");
    ev->category = STR("process_creation");
    buf_add_cstr(&b, "1");
    set(lane, ev, "EventID", &b);
    buf_add_cstr(&b, "Microsoft-Windows-Sysmon/Operational");
    set(lane, ev, "Channel", &b);
    const char *program = PICK(programs);
    const char *folder = PICK(folders);
    buf_addf(&b, "%s%s", folder, program);
    set(lane, ev, "Image", &b);
    buf_addf(&b, "\"%s%s\"", folder, program);
    for (unsigned n = below(12); n; n--)
        buf_addf(&b, " %s", PICK(words));
    set(lane, ev, "CommandLine", &b);
    buf_add_cstr(&b, program);
    set(lane, ev, "OriginalFileName", &b);
    const char *parent = PICK(programs);
    buf_addf(&b, "%s%s", PICK(folders), parent);
    set(lane, ev, "ParentImage", &b);
    buf_addf(&b, "%s %s %s", parent, PICK(words), PICK(words));
    set(lane, ev, "ParentCommandLine", &b);
    buf_add_cstr(&b, "SHA256=");
    add_hex(&b, 64);
    buf_add_cstr(&b, ",IMPHASH=");
    add_hex(&b, 32);
    set(lane, ev, "Hashes", &b);
    buf_add_cstr(&b, "Microsoft Corporation");
    set(lane, ev, "Company", &b);
    buf_add_cstr(&b, "Microsoft\xc2\xae Windows\xc2\xae Operating System");
    set(lane, ev, "Product", &b);
    buf_add_cstr(&b, "Host Process for Windows Services");
    set(lane, ev, "Description", &b);
    buf_add_cstr(&b, "DESKTOP-7\\anna");
    set(lane, ev, "User", &b);
    buf_add_cstr(&b, "Medium");
    set(lane, ev, "IntegrityLevel", &b);
    buf_add_cstr(&b, "{0f6cc1a2-1111-64aa-0b00-000000000400}");
    set(lane, ev, "ProcessGuid", &b);
    buf_add_cstr(&b, "C:\\Users\\anna\\src\\app\\");
    set(lane, ev, "CurrentDirectory", &b);
    event_set_int(ev, F_PID, (int64_t)below(99999));
    event_set_int(ev, F_PARENT_PID, (int64_t)below(99999));
    buf_done(&b);
}

static struct lane make_lane(const char *name, void (*make)(struct lane *, struct event *))
{
    struct lane lane = {.name = name,
                        .events = calloc(EVENTS, sizeof(struct event)),
                        .extras = calloc((size_t)EVENTS * EXTRAS_MOST, sizeof(struct extra))};
    if (!lane.events || !lane.extras)
        abort();
    for (size_t i = 0; i < EVENTS; i++)
        make(&lane, &lane.events[i]);
    return lane;
}

/* ------------------------------------------------------------------ rules */

static struct builder *builder;
static struct builder_counts counts;

static int add_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)ftw;
    if (flag != FTW_F || !str_ends(str_of(path), STR(".yml")))
        return 0;
    char *text = malloc((size_t)st->st_size + 1);
    FILE *f = fopen(path, "rb");
    if (!text || !f)
        abort();
    size_t len = fread(text, 1, (size_t)st->st_size, f);
    (void)fclose(f);
    if (builder_add_sigma(builder, str_n(text, len), path, NULL, NULL, &counts, NULL))
        abort();
    free(text);
    return 0;
}

static double now(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static struct ruleset *load_rules(const char *folder, struct buf *image)
{
    counts = (struct builder_counts){0};
    if (builder_new(&builder))
        abort();
    double start = now();
    (void)nftw(folder, add_file, 16, FTW_PHYS);
    double parsed = now();
    struct ruleset *rules;
    if (builder_finish(builder, image, NULL))
        abort();
    double built = now();
    if (ruleset_load(buf_str(image), &rules, NULL))
        abort();
    double loaded = now();
    struct ruleset *again;
    if (ruleset_load_verified(buf_str(image), ruleset_version(rules), &again, NULL))
        abort();
    (void)printf("%s: %u rules (%u refused), image %.2f MB; parse %.0f ms, build %.0f ms, load "
                 "%.1f ms, verified before %.1f ms\n",
                 folder, counts.accepted, counts.refused, (double)image->len / 1e6,
                 (parsed - start) * 1e3, (built - parsed) * 1e3, (loaded - built) * 1e3,
                 (now() - loaded) * 1e3);
    ruleset_unref(again);
    builder_free(builder);
    return rules;
}

/* ------------------------------------------------------------------ measuring */

static void measure(struct ruleset *rules, const struct lane *lane)
{
    struct engine *engine;
    if (engine_new(rules, &engine))
        abort();
    double best = 1e9;
    struct engine_stats before = {0};
    struct engine_stats after = {0};
    for (int run = 0; run < RUNS; run++) {
        before = *engine_stats(engine);
        double start = now();
        for (size_t i = 0; i < EVENTS; i++) {
            const struct match *matches;
            if (engine_match(engine, &lane->events[i], &matches) < 0)
                abort();
        }
        double took = now() - start;
        best = took < best ? took : best;
        after = *engine_stats(engine);
    }
    (void)printf("  %-8s %8.0f events/s %6.0f MB/s  %5.2f us/event; candidates %.2f, matches %.3f, "
                 "regex runs %.3f per event; %.0f bytes/event\n",
                 lane->name, EVENTS / best, (double)lane->bytes / best / 1e6, best / EVENTS * 1e6,
                 (double)(after.candidates - before.candidates) / EVENTS,
                 (double)(after.matches - before.matches) / EVENTS,
                 (double)(after.regex_runs - before.regex_runs) / EVENTS,
                 (double)lane->bytes / EVENTS);
    engine_free(engine);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: bench_detect RULES_FOLDER...\n");
        return 64;
    }
    const struct lane lanes[] = {make_lane("macos", mac_event),
                                 make_lane("windows", windows_event)};
    for (int i = 1; i < argc; i++) {
        struct buf image = {0};
        struct ruleset *rules = load_rules(argv[i], &image);
        for (size_t l = 0; l < sizeof lanes / sizeof lanes[0]; l++)
            measure(rules, &lanes[l]);
        ruleset_unref(rules);
        buf_done(&image);
    }
    return 0;
}
