/* Speed of the way from bytes to events: cutting, normalising, the process tree, writing the flat
 * form. MB/s of input and events per second of thread CPU time, best of nine runs.
 *
 *   build/release/bench/bench_normalise FILE.ndjson... */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "event/normalise.h"
#include "event/proctree.h"
#include "event/reader.h"
#include "os/file.h"

enum { INPUT_LEAST = 64 << 20, RUNS = 9, FILE_MOST = 256 << 20 };

/* How far the way is gone. */
enum stage { CUT, NORMALISE, TREE, WRITE, STAGES };

static const char *const stage_names[] = {"cut", "+ normalise", "+ process tree", "+ flat form"};

static double cpu_s(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void stop(const char *what)
{
    (void)fprintf(stderr, "bench_normalise: %s\n", what);
    exit(1);
}

static size_t pass(int fd, enum stage stage)
{
    static struct event ev;
    struct reader *reader = NULL;
    struct normaliser *normaliser = NULL;
    struct proctree *tree = NULL;
    struct buf out = {0};
    size_t events = 0;
    if (lseek(fd, 0, SEEK_SET) || reader_new(fd, &reader) || normaliser_new(&normaliser) ||
        proctree_new(65536, &tree))
        stop("cannot start");
    for (;;) {
        struct str record;
        uint64_t line;
        int rc = reader_next(reader, &record, &line, NULL);
        if (rc == E_CLOSED)
            break;
        if (rc)
            stop("a record is damaged");
        events++;
        if (stage >= NORMALISE && normaliser_record(normaliser, record, FORMAT_AUTO, &ev, NULL))
            stop("a record is refused");
        if (stage >= TREE && proctree_apply(tree, &ev))
            stop("out of memory");
        if (stage >= WRITE) {
            buf_clear(&out);
            event_add_json(&out, &ev);
        }
    }
    buf_done(&out);
    proctree_free(tree);
    normaliser_free(normaliser);
    reader_free(reader);
    return events;
}

/* All files behind each other, again and again, in memory. */
static int load(int count, char **paths, size_t *ret_bytes)
{
    struct buf all = {0};
    for (int i = 0; i < count; i++) {
        struct err err = {0};
        if (file_read(paths[i], FILE_MOST, &all, &err))
            stop(err.message);
        if (all.len && all.ptr[all.len - 1] != '\n')
            buf_add_char(&all, '\n');
    }
    int fd = memfd_create("bench", MFD_CLOEXEC);
    if (fd < 0 || all.len == 0)
        stop("no input");
    for (*ret_bytes = 0; *ret_bytes < INPUT_LEAST; *ret_bytes += all.len) {
        if (file_write_all(fd, all.ptr, all.len))
            stop("cannot write");
    }
    buf_done(&all);
    return fd;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        stop("usage: bench_normalise FILE.ndjson...");
    size_t bytes;
    int fd = load(argc - 1, argv + 1, &bytes);
    for (unsigned stage = CUT; stage < STAGES; stage++) {
        double best = 1e9;
        size_t events = 0;
        for (unsigned run = 0; run < RUNS; run++) {
            double start = cpu_s();
            events = pass(fd, (enum stage)stage);
            double spent = cpu_s() - start;
            best = spent < best ? spent : best;
        }
        (void)printf("%-16s %7.0f MB/s %10.0f events/s\n", stage_names[stage],
                     (double)bytes / best / 1e6, (double)events / best);
    }
    (void)close(fd);
    return 0;
}
