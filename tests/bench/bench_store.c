/* Batches and events committed a second: submitters each wait for their batch to be durable, as the
 * server's device requests do, so every figure is of group commit.
 *
 *   build/release/bench/bench_store FOLDER FILE.ndjson [SECONDS]
 *
 * FOLDER is made and must be on the disk to measure; lines of FILE are repeated to fill batches.
 * Prints a line for each number of submitters, shards and events a batch. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/timefmt.h"
#include "os/clock.h"
#include "os/file.h"
#include "store/store.h"

enum { SUBMITTERS_MOST = 256, INPUT_MOST = 1 << 28 };

struct load {
    struct store *store;
    struct str plain;
    uint32_t events;
    atomic_bool stop;
};

struct submitter {
    struct load *load;
    pthread_t thread;
    char device[32];
    uint64_t batches;
    int64_t slowest_ns;
};

static void check(int rc, const struct err *err, const char *what)
{
    if (!rc)
        return;
    (void)fprintf(stderr, "%s: %s %s\n", what, err_name(rc), err->message);
    exit(1);
}

static int put_devices(struct store_tx *tx, void *arg, struct err *err)
{
    struct submitter *all = arg;
    int rc = 0;
    for (unsigned i = 0; i < SUBMITTERS_MOST && !rc; i++) {
        const struct store_device device = {.id = str_of(all[i].device),
                                            .hardware_uuid = str_of(all[i].device),
                                            .key_fingerprint = str_of(all[i].device)};
        rc = store_device_put(tx, &device, err);
    }
    return rc;
}

static void *submit(void *arg)
{
    struct submitter *s = arg;
    struct err err = {0};
    uint64_t epoch = (uint64_t)clock_mono_ns();
    while (!atomic_load(&s->load->stop)) {
        struct store_batch_result result;
        int64_t now = clock_wall_ns();
        const struct store_batch batch = {.device = str_of(s->device),
                                          .epoch = epoch,
                                          .sequence = ++s->batches,
                                          .plain = s->load->plain,
                                          .events = s->load->events,
                                          .time_min_ns = now,
                                          .time_max_ns = now,
                                          .received_ns = now,
                                          .sha256 = STR("x")};
        int64_t begin = clock_mono_ns();
        check(store_batch_wait(s->load->store, &batch, &result, &err), &err, "batch");
        int64_t took = clock_mono_ns() - begin;
        if (took > s->slowest_ns)
            s->slowest_ns = took;
    }
    return NULL;
}

/* The first `events` lines of the input, from its start again when it is too short. */
static void take_lines(struct str input, uint32_t events, struct buf *out)
{
    struct str rest = input;
    struct str line;
    for (uint32_t i = 0; i < events; i++) {
        if (!str_next(&rest, '\n', &line)) {
            rest = input;
            (void)str_next(&rest, '\n', &line);
        }
        buf_add_str(out, line);
        buf_add_char(out, '\n');
    }
}

static void measure(const char *folder, struct str input, unsigned submitters, unsigned shards,
                    uint32_t events, int seconds)
{
    static struct submitter all[SUBMITTERS_MOST];
    struct buf plain CLEANUP(buf_done) = {0};
    struct err err = {0};
    struct store_stats before;
    struct store_stats after;
    char path[4096];
    take_lines(input, events, &plain);
    struct load load = {.plain = buf_str(&plain), .events = events};
    (void)snprintf(path, sizeof path, "%s/%u-%u-%u", folder, submitters, shards, events);
    const struct store_config config = {.folder = path, .shards = shards, .free_bytes_least = -1};
    check(store_open(&config, &load.store, &err), &err, "open");
    for (unsigned i = 0; i < SUBMITTERS_MOST; i++) {
        all[i] = (struct submitter){.load = &load};
        (void)snprintf(all[i].device, sizeof all[i].device, "device-%u", i);
    }
    check(store_write_wait(load.store, put_devices, all, &err), &err, "devices");
    store_stats(load.store, &before);
    int64_t begin = clock_mono_ns();
    for (unsigned i = 0; i < submitters; i++) {
        if (pthread_create(&all[i].thread, NULL, submit, &all[i]) != 0)
            exit(1);
    }
    (void)nanosleep(&(struct timespec){.tv_sec = seconds}, NULL);
    atomic_store(&load.stop, true);
    uint64_t batches = 0;
    int64_t slowest_ns = 0;
    for (unsigned i = 0; i < submitters; i++) {
        (void)pthread_join(all[i].thread, NULL);
        batches += all[i].batches;
        if (all[i].slowest_ns > slowest_ns)
            slowest_ns = all[i].slowest_ns;
    }
    double took = (double)(clock_mono_ns() - begin) / (double)NS_PER_S;
    store_stats(load.store, &after);
    double groups = (double)(after.groups - before.groups);
    (void)printf("%3u submitters %2u shards %5u events a batch: %7.0f batches/s %9.0f events/s "
                 "%6.1f MB/s plain; %5.1f batches a commit, %4.1f ms a commit, slowest %.0f ms\n",
                 submitters, shards, events, (double)batches / took,
                 (double)batches * events / took, (double)batches * (double)plain.len / took / 1e6,
                 (double)batches / groups, took * 1e3 / groups,
                 (double)slowest_ns / (double)NS_PER_MS);
    store_close(load.store);
}

int main(int argc, char **argv)
{
    struct buf input CLEANUP(buf_done) = {0};
    struct err err = {0};
    if (argc < 3) {
        (void)fprintf(stderr, "usage: %s FOLDER FILE.ndjson [SECONDS]\n", argv[0]);
        return 64;
    }
    int seconds = argc > 3 ? atoi(argv[3]) : 5;
    check(file_read(argv[2], INPUT_MOST, &input, &err), &err, "input");
    check(file_mkdirs(argv[1], 0700, &err), &err, "folder");
    struct str lines = str_trim(buf_str(&input));
    static const struct {
        unsigned submitters;
        unsigned shards;
        uint32_t events;
    } runs[] = {{1, 1, 100},  {16, 1, 100},  {64, 1, 100}, {256, 1, 100}, {1, 4, 100},
                {64, 4, 100}, {256, 4, 100}, {64, 4, 10},  {64, 4, 1000}, {256, 4, 1000}};
    for (size_t i = 0; i < ARRAY_LEN(runs); i++)
        measure(argv[1], lines, runs[i].submitters, runs[i].shards, runs[i].events, seconds);
    return 0;
}
