/* Speed of codec/ndjson on recorded lines: MB/s of thread CPU time, best of nine runs.
 *
 *   build/release/bench/bench_ndjson FILE.ndjson...
 *
 * Picks the paths an eslogger line is read by; every line is fully checked. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "codec/ndjson.h"

static const char *const paths[] = {
    "version",
    "time",
    "seq_num",
    "global_seq_num",
    "event_type",
    "process.audit_token.pid",
    "process.audit_token.pidversion",
    "process.audit_token[]",
    "process.ppid",
    "process.is_platform_binary",
    "process.cdhash",
    "process.signing_id",
    "process.team_id",
    "process.executable.path",
    "process.start_time",
    "event.*",
    "event.*.target.audit_token.pid",
    "event.*.target.audit_token.pidversion",
    "event.*.target.audit_token[]",
    "event.*.target.ppid",
    "event.*.target.is_platform_binary",
    "event.*.target.cdhash",
    "event.*.target.signing_id",
    "event.*.target.team_id",
    "event.*.target.executable.path",
    "event.*.target.start_time",
    "event.*.target.path",
    "event.*.args[]",
    "event.*.env[]",
    "event.*.cwd.path",
    "event.*.script.path",
    "event.*.destination.existing_file.path",
    "event.*.destination.new_path.dir.path",
    "event.*.destination.new_path.filename",
    "*",
};

struct lines {
    struct str *items;
    size_t len;
    size_t cap;
    size_t bytes;
};

static void load(const char *path, struct lines *lines)
{
    FILE *f = fopen(path, "rb");
    char *line = NULL;
    size_t cap = 0;
    ssize_t got;
    if (!f) {
        perror(path);
        exit(1);
    }
    while ((got = getline(&line, &cap, f)) > 0) {
        size_t len = (size_t)got - (line[got - 1] == '\n');
        char *copy = mem_strndup(line, len);
        if (!copy || mem_grow(&lines->items, &lines->cap, lines->len + 1, sizeof *lines->items))
            exit(1);
        lines->items[lines->len++] = str_n(copy, len);
        lines->bytes += len;
    }
    free(line);
    (void)fclose(f);
}

static double cpu_s(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

typedef void (*pass_fn)(struct ndjson *n, const struct lines *lines);

static void pick_only(struct ndjson *n, const struct lines *lines)
{
    for (size_t i = 0; i < lines->len; i++) {
        if (ndjson_pick(n, lines->items[i], NULL))
            exit(1);
    }
}

static void pick_and_read(struct ndjson *n, const struct lines *lines)
{
    for (size_t i = 0; i < lines->len; i++) {
        if (ndjson_pick(n, lines->items[i], NULL))
            exit(1);
        size_t pos = 0;
        for (struct ndjson_value *v = ndjson_each(n, &pos); v; v = ndjson_each(n, &pos))
            (void)ndjson_text(n, v);
    }
}

static void measure(struct ndjson *n, const struct lines *lines)
{
    (void)n;
    for (size_t i = 0; i < lines->len; i++) {
        size_t len;
        if (ndjson_measure(lines->items[i], &len))
            exit(1);
    }
}

static void look(struct ndjson *n, const struct lines *lines)
{
    (void)n;
    for (size_t i = 0; i < lines->len; i++) {
        if (!ndjson_is_one_object(lines->items[i]))
            exit(1);
    }
}

static void run(const char *name, pass_fn pass, struct ndjson *n, const struct lines *lines)
{
    double best = 1e9;
    size_t rounds = 1 + 64000000 / (lines->bytes + 1);
    for (unsigned k = 0; k < 9; k++) {
        double start = cpu_s();
        for (size_t i = 0; i < rounds; i++)
            pass(n, lines);
        double spent = (cpu_s() - start) / (double)rounds;
        if (spent < best)
            best = spent;
    }
    (void)printf("%-16s %8.0f MB/s %10.0f records/s\n", name, (double)lines->bytes / best / 1e6,
                 (double)lines->len / best);
}

int main(int argc, char **argv)
{
    struct lines lines = {0};
    struct ndjson_paths *set;
    struct ndjson *n;
    struct err err = {0};
    for (int i = 1; i < argc; i++)
        load(argv[i], &lines);
    if (lines.len == 0) {
        (void)fprintf(stderr, "usage: bench_ndjson FILE.ndjson...\n");
        return 1;
    }
    if (ndjson_paths_new(paths, ARRAY_LEN(paths), &set, &err) || ndjson_new(set, &n)) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    (void)printf("%zu records, %zu bytes each on average\n", lines.len, lines.bytes / lines.len);
    run("pick", pick_only, n, &lines);
    run("pick and read", pick_and_read, n, &lines);
    run("measure", measure, n, &lines);
    run("is one object", look, n, &lines);
    ndjson_free(n);
    ndjson_paths_free(set);
    for (size_t i = 0; i < lines.len; i++)
        mem_free((void *)(uintptr_t)lines.items[i].ptr);
    mem_free(lines.items);
    return 0;
}
