/* cli/detect_jobs: any number of threads prints the same, and the run ends cleanly whatever fails.
 */
#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/detect_jobs.h"

static const char rules[] =
    "title: Child of a shell\nid: 5e6f7a1c-53a8-4b0e-8b9c-1f0d7c2a9e01\nname: child\nlevel: low\n"
    "logsource: {category: process_creation}\n"
    "detection: {s: {ParentImage|endswith: /sh}, condition: s}\n"
    "---\ntitle: Needle\nid: 5e6f7a1c-53a8-4b0e-8b9c-1f0d7c2a9e02\nname: needle\nlevel: high\n"
    "logsource: {}\ndetection: {keywords: [needle], condition: keywords}\n"
    "---\ntitle: Many\nid: 5e6f7a1c-53a8-4b0e-8b9c-1f0d7c2a9e03\nlevel: medium\n"
    "correlation: {type: event_count, rules: [child], group-by: [User], timespan: 10s,\n"
    "  condition: {gte: 3}, generate: true}\n";

/* Processes that begin, live and end; records that are damaged or of another form; a long row of
 * records of two forms at once, which are taken for the form that came before them. */
static void add_input(struct buf *b, unsigned records, unsigned seed)
{
    for (unsigned i = 0; i < records; i++) {
        unsigned pid = 100 + (i * 7 + seed) % 300;
        if (i % 97 == 13)
            buf_addf(b, "{broken %u\n", i);
        else if (i == 999)
            buf_addf(b, "{\"@timestamp\":%u,\"process\":{},\"note\":\"needle\"}\n", i);
        else if (i >= 1000 && i < 2000)
            buf_addf(b,
                     "{\"kind\":\"exec\",\"event\":{\"exec\":{}},\"@timestamp\":%u,"
                     "\"process\":{},\"note\":\"needle\"}\n",
                     i);
        else if (i % 53 == 5)
            buf_addf(b, "{\"EventID\":%u,\"CommandLine\":\"a needle\"}\n", i);
        else if (i % 5 == 0)
            buf_addf(b,
                     "{\"kind\":\"fork\",\"time\":\"2026-11-24T03:%02u:%02uZ\",\"process.pid\":%u,"
                     "\"process.target.pid\":%u}\n",
                     i / 600 % 60, i / 10 % 60, pid, pid + 1);
        else
            buf_addf(b,
                     "{\"kind\":\"exec\",\"time\":\"2026-11-24T03:%02u:%02uZ\",\"process.pid\":%u,"
                     "\"process.parent.pid\":%u,\"process.executable\":\"/bin/%s\","
                     "\"user.name\":\"u%u\",\"process.args\":[\"x\",\"%u\"]}\n",
                     i / 600 % 60, i / 10 % 60, pid, pid - 1, i % 3 ? "sh" : "ls", i % 4, i);
    }
}

static int file_of(const struct buf *b)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    assert_true(fd >= 0);
    if (b)
        assert_int_equal(write(fd, b->ptr, b->len), (ssize_t)b->len);
    return fd;
}

static void refused(void *arg, const struct err *err)
{
    (void)arg;
    fail_msg("refused: %u:%u: %s", err->line, err->column, err->message);
}

static struct ruleset *set_of(struct buf *image)
{
    struct builder *b;
    struct builder_counts counts = {0};
    struct err err = {0};
    struct ruleset *set;
    assert_ok(builder_new(&b));
    if (builder_add_sigma(b, STR(rules), "rules", refused, NULL, &counts, &err))
        fail_msg("%s", err.message);
    assert_ok(builder_finish(b, image, &err));
    assert_ok(ruleset_load(buf_str(image), &set, &err));
    builder_free(b);
    return set;
}

struct scene {
    struct buf image;
    struct ruleset *set;
    char paths[4][32];
    const char *names[4];
    size_t len;
    int fds[4];
    unsigned jobs;
    uint64_t fail_after; /* allocations of the thread that leads, 0 = none fails */
    struct buf out;
    struct buf err;
    struct detect_run run;
};

static void add_file(struct scene *s, const struct buf *b)
{
    s->fds[s->len] = file_of(b);
    (void)snprintf(s->paths[s->len], sizeof s->paths[0], "/dev/fd/%d", s->fds[s->len]);
    s->names[s->len] = s->paths[s->len];
    s->len++;
}

static struct scene *scene_new(unsigned records)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->set = set_of(&s->image);
    for (unsigned i = 0; i < 3; i++) {
        struct buf b = {0};
        add_input(&b, i == 1 ? 3 : records, i);
        add_file(s, &b);
        buf_done(&b);
    }
    s->names[s->len++] = "/nowhere/at/all";
    return s;
}

static void scene_free(struct scene *s)
{
    for (size_t i = 0; i < s->len; i++) {
        if (s->fds[i])
            (void)close(s->fds[i]);
    }
    ruleset_unref(s->set);
    buf_done(&s->image);
    buf_done(&s->out);
    buf_done(&s->err);
    free(s);
}

static void read_back(int fd, struct buf *ret)
{
    char piece[4096];
    ssize_t got;
    buf_clear(ret);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    while ((got = read(fd, piece, sizeof piece)) > 0)
        buf_add(ret, piece, (size_t)got);
}

/* One run with output to `out_fd`; its text and statistics stay in the scene. */
static int detect(struct scene *s, int out_fd)
{
    struct cli cli = {0};
    struct detect_worker workers[DETECT_JOBS_MOST] = {{0}};
    int err_fd = file_of(NULL);
    int rc = 0;
    out_init(&cli.out, out_fd, false);
    out_init(&cli.err, err_fd, false);
    s->run = (struct detect_run){.cli = &cli, .set = s->set};
    mem_fail_after(s->fail_after);
    for (unsigned i = 0; !rc && i < s->jobs; i++)
        rc = detect_worker_init(&workers[i], s->set);
    struct detect_feed feed = {.names = s->names, .len = s->len};
    if (!rc)
        rc = detect_jobs_run(&s->run, &feed, workers, s->jobs);
    for (unsigned i = 0; i < s->jobs; i++)
        detect_worker_done(&workers[i]);
    mem_fail_after(0);
    (void)out_done(&cli.out);
    (void)out_done(&cli.err);
    s->run.cli = NULL;
    read_back(err_fd, &s->err);
    (void)close(err_fd);
    return rc;
}

static int detect_to_text(struct scene *s)
{
    int fd = file_of(NULL);
    int rc = detect(s, fd);
    read_back(fd, &s->out);
    (void)close(fd);
    return rc;
}

static void any_number_of_threads_prints_the_same(void **state)
{
    (void)state;
    static const unsigned jobs[] = {2, 3, 7};
    struct scene *s = scene_new(3000);
    struct buf out = {0};
    struct buf err = {0};
    s->jobs = 1;
    assert_ok(detect_to_text(s));
    buf_add_str(&out, buf_str(&s->out));
    buf_add_str(&err, buf_str(&s->err));
    struct detect_run one = s->run;
    assert_true(one.events > 5000 && one.alerts > 1000 && one.faults > 50 && one.failed);
    assert_true(str_find(buf_str(&out), STR("\"correlation\"")) != SIZE_MAX);
    assert_true(str_find(buf_str(&err), STR("/nowhere/at/all")) != SIZE_MAX);
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        s->jobs = jobs[i];
        assert_ok(detect_to_text(s));
        assert_true(str_eq(buf_str(&s->out), buf_str(&out)));
        assert_str(buf_str(&s->err), buf_cstr(&err));
        assert_int_equal(s->run.events, one.events);
        assert_int_equal(s->run.alerts, one.alerts);
        assert_int_equal(s->run.faults, one.faults);
        assert_int_equal(s->run.bytes, one.bytes);
        assert_int_equal(s->run.failed, one.failed);
    }
    buf_done(&out);
    buf_done(&err);
    scene_free(s);
}

static void an_output_that_fails_ends_the_run(void **state)
{
    (void)state;
    struct scene *s = scene_new(3000);
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (s->jobs = 1; s->jobs <= 3; s->jobs++) {
        assert_int_equal(detect(s, fd), E_FULL);
        assert_true(s->run.events < 5000);
    }
    (void)close(fd);
    scene_free(s);
}

/* The other threads go on until they hear of it. */
static void a_failed_allocation_ends_the_run(void **state)
{
    (void)state;
    struct scene *s = scene_new(40);
    unsigned failed = 0;
    for (unsigned n = 1; n < 1500; n += 11) {
        s->jobs = 1 + n % 3;
        s->fail_after = n;
        int rc = detect_to_text(s);
        assert_true(rc == 0 || rc == E_NOMEM);
        failed += rc == E_NOMEM ? 1 : 0;
    }
    assert_true(failed > 20);
    s->fail_after = 0;
    s->jobs = 2;
    assert_ok(detect_to_text(s));
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads_prints_the_same),
        cmocka_unit_test(an_output_that_fails_ends_the_run),
        cmocka_unit_test(a_failed_allocation_ends_the_run),
    };
    return cmocka_run_group_tests_name("cli/detect_jobs", tests, NULL, NULL);
}
