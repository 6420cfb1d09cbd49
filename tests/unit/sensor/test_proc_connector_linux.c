#include "sensor/proc_connector.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "harness/test.h"

/* Append a message as the kernel writes it; `data` are the words of the event's own part. */
static void add_message(struct buf *b, uint32_t what, const uint32_t *data, size_t words)
{
    uint32_t head[] = {what, 3, 0, 0}; /* CPU 3, time below */
    uint64_t time_ns = 123456789;
    memcpy(&head[2], &time_ns, sizeof time_ns);
    struct cn_msg cn = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .seq = 77};
    cn.len = (uint16_t)(sizeof head + words * 4);
    struct nlmsghdr nl = {.nlmsg_type = NLMSG_DONE};
    nl.nlmsg_len = (uint32_t)(sizeof nl + sizeof cn + cn.len);
    buf_add(b, &nl, sizeof nl);
    buf_add(b, &cn, sizeof cn);
    buf_add(b, head, sizeof head);
    buf_add(b, data, words * 4);
}

static void every_kind_of_message_is_read(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = {0};
    add_message(&b, PROC_EVENT_FORK, (const uint32_t[]){10, 11, 12, 13}, 4);
    add_message(&b, PROC_EVENT_EXEC, (const uint32_t[]){20, 21}, 2);
    add_message(&b, PROC_EVENT_UID, (const uint32_t[]){30, 31, 32, 33}, 4);
    add_message(&b, PROC_EVENT_EXIT, (const uint32_t[]){40, 41, 0x700, 17}, 4);
    add_message(&b, PROC_EVENT_EXIT, (const uint32_t[]){50, 51, 9, 17, 52, 53}, 6);
    add_message(&b, PROC_EVENT_SID, (const uint32_t[]){60, 61}, 2);
    add_message(&b, PROC_EVENT_NONE, (const uint32_t[]){1}, 1);
    struct str rest = buf_str(&b);
    struct proc_note n;
    assert_ok(proc_connector_next(&rest, &n));
    assert_int_equal(n.what, PROC_FORK);
    assert_int_equal(n.cpu, 3);
    assert_int_equal(n.sequence, 77);
    assert_int_equal(n.mono_ns, 123456789);
    assert_int_equal(n.parent, 11);
    assert_int_equal(n.tid, 12);
    assert_int_equal(n.pid, 13);
    assert_ok(proc_connector_next(&rest, &n));
    assert_int_equal(n.what, PROC_EXEC);
    assert_int_equal(n.tid, 20);
    assert_int_equal(n.pid, 21);
    assert_ok(proc_connector_next(&rest, &n));
    assert_int_equal(n.what, PROC_UID);
    assert_int_equal(n.pid, 31);
    assert_int_equal(n.ruid, 32);
    assert_int_equal(n.euid, 33);
    assert_ok(proc_connector_next(&rest, &n));
    assert_int_equal(n.what, PROC_EXIT);
    assert_int_equal(n.pid, 41);
    assert_int_equal(n.status, 0x700);
    assert_int_equal(n.parent, 0);
    assert_ok(proc_connector_next(&rest, &n));
    assert_int_equal(n.pid, 51);
    assert_int_equal(n.parent, 53);
    assert_ok(proc_connector_next(&rest, &n));
    assert_int_equal(n.what, PROC_OTHER);
    assert_ok(proc_connector_next(&rest, &n));
    assert_int_equal(n.what, PROC_ACK);
    assert_int_equal(n.status, 1);
    assert_int_equal(proc_connector_next(&rest, &n), E_NOT_FOUND);
}

static void a_cut_message_is_refused_at_every_length(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = {0};
    add_message(&b, PROC_EVENT_FORK, (const uint32_t[]){10, 11, 12, 13}, 4);
    for (size_t len = 1; len < b.len; len++) {
        struct str rest = str_n(b.ptr, len);
        struct proc_note n = {.pid = 99};
        assert_int_equal(proc_connector_next(&rest, &n), E_PARSE);
        assert_int_equal(n.pid, 99);
        assert_int_equal(rest.len, 0);
    }
}

static void lengths_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    const uint32_t data[] = {10, 11, 12, 13};
    for (unsigned i = 0; i < 5; i++) {
        CLEANUP(buf_done) struct buf b = {0};
        add_message(&b, PROC_EVENT_FORK, data, 4);
        struct nlmsghdr *nl = (struct nlmsghdr *)(void *)b.ptr;
        struct cn_msg *cn = (struct cn_msg *)(void *)(b.ptr + sizeof *nl);
        if (i == 0)
            nl->nlmsg_len = 3;
        if (i == 1)
            nl->nlmsg_len++;
        if (i == 2)
            nl->nlmsg_type = NLMSG_ERROR;
        if (i == 3)
            cn->len++;
        if (i == 4)
            cn->id.idx++;
        struct str rest = buf_str(&b);
        struct proc_note n;
        assert_int_equal(proc_connector_next(&rest, &n), E_PARSE);
    }
}

static uint64_t missing(struct proc_sequence *s, uint32_t cpu, uint32_t sequence)
{
    struct proc_note n = {.what = PROC_EXEC, .cpu = cpu, .sequence = sequence};
    return proc_connector_missing(s, &n);
}

static void gaps_are_counted_for_each_cpu(void **state)
{
    (void)state;
    struct proc_sequence *s = mem_calloc(1, sizeof *s);
    assert_int_equal(missing(s, 0, 100), 0);
    assert_int_equal(missing(s, 1, 5000), 0);
    assert_int_equal(missing(s, 0, 101), 0);
    assert_int_equal(missing(s, 0, 105), 3);
    assert_int_equal(missing(s, 1, 5002), 1);
    assert_int_equal(missing(s, PROC_CPUS_MAX, 9), 0);
    assert_int_equal(missing(s, 2, UINT32_MAX - 1), 0);
    assert_int_equal(missing(s, 2, 2), 3); /* the number wraps */
    assert_int_equal(missing(s, 2, 1), 0); /* and going back is no loss */
    struct proc_note ack = {.what = PROC_ACK, .cpu = 0, .sequence = 106};
    assert_int_equal(proc_connector_missing(s, &ack), 0); /* another listener's answer counts */
    assert_int_equal(missing(s, 0, 107), 0);
    mem_free(s);
}

/* ------------------------------------------------------------------ the real kernel */

struct counter {
    int fd;
    struct proc_sequence sequence;
    uint64_t received[PROC_CPUS_MAX];
    uint64_t missing[PROC_CPUS_MAX];
    uint32_t first[PROC_CPUS_MAX];
    uint32_t last[PROC_CPUS_MAX];
    bool overrun;
};

/* Read all there is; `window` limits what is counted to the numbers another counter has seen. */
static void drain(struct counter *c, const struct counter *window)
{
    char datagram[4096];
    for (;;) {
        ssize_t len = recv(c->fd, datagram, sizeof datagram, MSG_DONTWAIT);
        if (len < 0 && errno == ENOBUFS) {
            c->overrun = true;
            continue;
        }
        if (len < 0)
            return;
        struct str rest = str_n(datagram, (size_t)len);
        struct proc_note n;
        while (proc_connector_next(&rest, &n) == 0) {
            if (n.cpu >= PROC_CPUS_MAX)
                continue;
            if (window &&
                (!window->received[n.cpu] ||
                 n.sequence - window->first[n.cpu] > window->last[n.cpu] - window->first[n.cpu]))
                continue;
            if (!c->received[n.cpu])
                c->first[n.cpu] = n.sequence;
            c->last[n.cpu] = n.sequence;
            c->received[n.cpu]++;
            c->missing[n.cpu] += proc_connector_missing(&c->sequence, &n);
        }
    }
}

static void fork_many(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            _exit(0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    }
}

static void what_the_kernel_dropped_is_counted_to_the_number(void **state)
{
    (void)state;
    struct counter *small = mem_calloc(1, sizeof *small), *whole = mem_calloc(1, sizeof *whole);
    struct err err = {0};
    small->fd = proc_connector_open(&err);
    whole->fd = proc_connector_open(&err);
    if (small->fd < 0 || whole->fd < 0) {
        print_message("skipped: %s\n", err.message);
        mem_free(small);
        mem_free(whole);
        skip();
    }
    /* Start behind the answer to the second socket, which that one has read already. */
    drain(small, NULL);
    *small = (struct counter){.fd = small->fd};
    int bytes = 4096;
    assert_int_equal(setsockopt(small->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
    for (unsigned round = 0; round < 5; round++) {
        fork_many(100);
        drain(small, NULL);
    }
    fork_many(10);
    drain(small, NULL);
    assert_true(small->overrun);
    drain(whole, small);
    assert_false(whole->overrun);
    uint64_t lost = 0;
    for (unsigned cpu = 0; cpu < PROC_CPUS_MAX; cpu++) {
        assert_int_equal(whole->missing[cpu], 0);
        assert_int_equal(small->received[cpu] + small->missing[cpu], whole->received[cpu]);
        lost += small->missing[cpu];
    }
    assert_true(lost > 0);
    (void)close(small->fd);
    (void)close(whole->fd);
    mem_free(small);
    mem_free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_message_is_read),
        cmocka_unit_test(a_cut_message_is_refused_at_every_length),
        cmocka_unit_test(lengths_that_contradict_each_other_are_refused),
        cmocka_unit_test(gaps_are_counted_for_each_cpu),
        cmocka_unit_test(what_the_kernel_dropped_is_counted_to_the_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
