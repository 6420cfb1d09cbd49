/* device/spool: durable batches that survive a crash at any byte. */
#include "harness/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/spool.h"
#include "os/file.h"

static const unsigned char token[SPOOL_TOKEN_BYTES] = "token-of-monitor";
static const unsigned char other_token[SPOOL_TOKEN_BYTES] = "another-monitor!";

static struct spool *open_spool(const char *folder, uint64_t limit)
{
    struct spool *s = NULL;
    struct err err = {0};
    assert_ok_err(spool_open(folder, limit, &s, &err), &err);
    return s;
}

static int append(struct spool *s, const char *payload, uint64_t record)
{
    struct spool_batch b = {.last_record = record, .events = 1, .payload = str_of(payload)};
    memcpy(b.token, token, sizeof token);
    return spool_append(s, &b, NULL);
}

static void expect_front(struct spool *s, uint64_t sequence, const char *payload)
{
    struct buf out CLEANUP(buf_done) = {0};
    uint64_t got;
    uint32_t events;
    struct err err = {0};
    assert_ok_err(spool_peek(s, &out, &got, &events, &err), &err);
    assert_true(got == sequence);
    assert_str(buf_str(&out), payload);
    assert_int_equal(events, 1);
}

static void batches_leave_in_order_and_survive_a_restart(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    struct spool *s = open_spool(folder, 1 << 20);
    uint64_t epoch = spool_epoch(s);
    assert_true(epoch > 0);
    assert_ok(append(s, "one", 10));
    assert_ok(append(s, "two", 20));
    expect_front(s, 1, "one");
    assert_ok(spool_ack(s, 1, NULL));
    expect_front(s, 2, "two");
    spool_free(s);
    s = open_spool(folder, 1 << 20);
    assert_true(spool_epoch(s) == epoch);
    expect_front(s, 2, "two");
    assert_true(spool_next_sequence(s) == 3);
    assert_true(spool_last_record(s, token) == 20);
    assert_true(spool_last_record(s, other_token) == 0);
    assert_ok(spool_ack(s, 2, NULL));
    struct buf out CLEANUP(buf_done) = {0};
    uint64_t sequence;
    uint32_t events;
    assert_int_equal(spool_peek(s, &out, &sequence, &events, NULL), E_NOT_FOUND);
    spool_free(s);
    s = open_spool(folder, 1 << 20);
    assert_true(spool_next_sequence(s) == 3);
    assert_true(spool_last_record(s, token) == 20);
    spool_free(s);
    test_tmpdir_remove(folder);
}

static char *only_spool_file(const char *folder)
{
    char path[4096] = "";
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (str_ends(str_of(e->d_name), STR(".spool")))
            (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    }
    (void)closedir(dir);
    assert_true(path[0]);
    return strdup(path);
}

static void a_file_cut_at_any_byte_keeps_every_whole_batch(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    struct spool *s = open_spool(folder, 1 << 20);
    assert_ok(append(s, "first", 1));
    char *path = only_spool_file(folder);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    off_t first_len = st.st_size;
    assert_ok(append(s, "second", 2));
    spool_free(s);
    struct buf whole CLEANUP(buf_done) = {0};
    assert_ok(file_read(path, 1 << 20, &whole, NULL));
    for (size_t cut = 0; cut <= whole.len; cut++) {
        int fd = open(path, O_WRONLY | O_TRUNC);
        assert_true(fd >= 0);
        assert_ok(file_write_all(fd, whole.ptr, cut));
        (void)close(fd);
        s = open_spool(folder, 1 << 20);
        struct spool_stats stats;
        spool_stats(s, &stats);
        uint64_t want = cut == whole.len ? 2 : cut >= (size_t)first_len ? 1 : 0;
        assert_true(stats.waiting_batches == want);
        /* What comes next is readable behind the cut. */
        assert_ok(append(s, "third", 3));
        if (want == 0)
            expect_front(s, stats.next_sequence, "third");
        else
            expect_front(s, 1, "first");
        spool_free(s);
        /* Start each round from the same two files. */
        DIR *dir = opendir(folder);
        for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
            char other[4096];
            (void)snprintf(other, sizeof other, "%s/%s", folder, e->d_name);
            if (str_ends(str_of(e->d_name), STR(".spool")) && strcmp(other, path) != 0)
                assert_int_equal(unlink(other), 0);
        }
        (void)closedir(dir);
    }
    free(path);
    test_tmpdir_remove(folder);
}

static void a_changed_byte_ends_the_good_part(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    struct spool *s = open_spool(folder, 1 << 20);
    assert_ok(append(s, "payload", 1));
    spool_free(s);
    char *path = only_spool_file(folder);
    struct buf whole CLEANUP(buf_done) = {0};
    assert_ok(file_read(path, 1 << 20, &whole, NULL));
    for (size_t i = 0; i < whole.len; i++) {
        whole.ptr[i] ^= 0x40;
        int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
        assert_ok(file_write_all(fd, whole.ptr, whole.len));
        (void)close(fd);
        whole.ptr[i] ^= 0x40;
        s = open_spool(folder, 1 << 20);
        struct spool_stats stats;
        spool_stats(s, &stats);
        assert_true(stats.waiting_batches == 0);
        assert_true(stats.cut_bytes == whole.len);
        spool_free(s);
    }
    free(path);
    test_tmpdir_remove(folder);
}

static void a_full_spool_refuses_and_keeps_what_it_has(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    struct spool *s = open_spool(folder, 150);
    struct err err = {0};
    assert_ok(append(s, "0123456789", 1));
    assert_ok(append(s, "0123456789", 2));
    assert_int_equal(append(s, "0123456789", 3), E_FULL);
    expect_front(s, 1, "0123456789");
    assert_ok_err(spool_ack(s, 2, &err), &err);
    spool_free(s);
    s = open_spool(folder, 150);
    assert_ok(append(s, "0123456789", 3));
    expect_front(s, 3, "0123456789");
    spool_free(s);
    test_tmpdir_remove(folder);
}

#ifdef CORDON_FAILPOINTS
/* A child appends until the armed place kills it; each append it knows to be durable it reports on
 * a pipe. */
static void run_until_killed(const char *folder, const char *arm, int report)
{
    (void)setenv("CORDON_FAILPOINT", arm, 1);
    struct spool *s = NULL;
    if (spool_open(folder, 1 << 20, &s, NULL) != 0)
        _exit(3);
    for (unsigned char i = 1; i <= 6; i++) {
        char payload[16];
        (void)snprintf(payload, sizeof payload, "batch-%u", i);
        if (append(s, payload, i) == 0 && write(report, &i, 1) != 1)
            _exit(3);
        if (i == 4 && spool_ack(s, 2, NULL) != 0)
            _exit(3);
    }
    _exit(0);
}

static void no_durable_batch_is_lost_wherever_the_process_dies(void **state)
{
    (void)state;
    static const char *const places[] = {
        "spool.append.before", "spool.append.after", "spool.fsync.before", "spool.fsync.after",
        "file.write.before",   "file.rename.before", "file.rename.after",  "file.dirsync.after",
    };
    unsigned killed = 0;
    for (size_t p = 0; p < ARRAY_LEN(places); p++) {
        for (unsigned nth = 1; nth <= 5; nth++) {
            char *folder = test_tmpdir();
            char arm[128];
            int pipefd[2];
            unsigned char last = 0;
            unsigned char got;
            int status;
            (void)snprintf(arm, sizeof arm, "%s=kill:%u", places[p], nth);
            assert_int_equal(pipe(pipefd), 0);
            pid_t pid = fork();
            assert_true(pid >= 0);
            if (pid == 0)
                run_until_killed(folder, arm, pipefd[1]);
            (void)close(pipefd[1]);
            while (read(pipefd[0], &got, 1) == 1)
                last = got;
            (void)close(pipefd[0]);
            assert_int_equal(waitpid(pid, &status, 0), pid);
            killed += WIFSIGNALED(status) ? 1 : 0;
            assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
            struct spool *s = open_spool(folder, 1 << 20);
            struct spool_stats stats;
            spool_stats(s, &stats);
            /* Nothing acknowledged upward is missing; at most one more may have reached the disk.
             */
            assert_true(stats.next_sequence - 1 >= last);
            assert_true(stats.next_sequence - 1 <= (uint64_t)last + 1);
            struct buf out CLEANUP(buf_done) = {0};
            uint64_t sequence;
            uint32_t events;
            uint64_t expected = 0;
            while (spool_peek(s, &out, &sequence, &events, NULL) == 0) {
                char want[16];
                assert_true(expected == 0 || sequence == expected);
                (void)snprintf(want, sizeof want, "batch-%u", (unsigned)sequence);
                assert_str(buf_str(&out), want);
                assert_ok(spool_ack(s, sequence, NULL));
                expected = sequence + 1;
            }
            assert_true(last == 0 || expected > last);
            spool_free(s);
            test_tmpdir_remove(folder);
        }
    }
    assert_true(killed >= 25);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_leave_in_order_and_survive_a_restart),
        cmocka_unit_test(a_file_cut_at_any_byte_keeps_every_whole_batch),
        cmocka_unit_test(a_changed_byte_ends_the_good_part),
        cmocka_unit_test(a_full_spool_refuses_and_keeps_what_it_has),
#ifdef CORDON_FAILPOINTS
        cmocka_unit_test(no_durable_batch_is_lost_wherever_the_process_dies),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
