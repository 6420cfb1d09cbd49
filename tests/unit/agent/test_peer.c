/* agent/peer: message sockets, with descriptors, holds, and peers that break the rules. */
#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/peer.h"
#include "base/buf.h"
#include "codec/imsg.h"

enum { MANY = 3000, BIG = 300000 };

struct side {
    struct loop *loop;
    struct peer *peer;
    unsigned messages;
    uint64_t next_expected;
    bool bad_order;
    bool closed;
    int close_code;
    char from_fd[32];
    unsigned stop_after;
};

static void on_message(void *arg, struct peer *p, uint16_t type, struct str body, int *fd)
{
    struct side *s = arg;
    (void)p;
    s->messages++;
    if (type == AGENT_RULESET && *fd >= 0) {
        ssize_t n = pread(*fd, s->from_fd, sizeof s->from_fd - 1, 0);
        s->from_fd[n > 0 ? n : 0] = '\0';
    } else if (type == AGENT_RECORD) {
        uint64_t number = 0;
        for (size_t i = 0; i < 8; i++)
            number = number << 8 | (unsigned char)body.ptr[i];
        s->bad_order |= number != ++s->next_expected || body.len != 8 + BIG % (number * 7 + 1) + 1;
    }
    if (s->messages == s->stop_after)
        loop_stop(s->loop);
}

static void on_closed(void *arg, struct peer *p, const struct err *err)
{
    struct side *s = arg;
    (void)p;
    s->closed = true;
    s->close_code = err->code;
    loop_stop(s->loop);
}

static const struct peer_handler handler = {on_message, on_closed};

static void give_up(struct loop *loop, void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void messages_arrive_in_order_with_their_descriptors(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    int fds[2];
    assert_ok(loop_new(&loop));
    assert_ok(peer_pair(fds, NULL));
    struct side analyst = {.loop = loop, .stop_after = MANY + 1};
    struct side monitor = {.loop = loop};
    assert_ok(peer_new(loop, fds[0], AGENT_ROLE_MONITOR, AGENT_ROLE_ANALYST, &handler, &monitor,
                       &monitor.peer));
    assert_ok(peer_new(loop, fds[1], AGENT_ROLE_ANALYST, AGENT_ROLE_MONITOR, &handler, &analyst,
                       &analyst.peer));
    char *folder = test_tmpdir();
    char path[512];
    (void)snprintf(path, sizeof path, "%s/file", folder);
    int file = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, "through the socket", 18), 18);
    char *filler = mem_calloc(1, BIG + 1);
    assert_non_null(filler);
    for (uint64_t i = 1; i <= MANY; i++) {
        struct buf body CLEANUP(buf_done) = {0};
        buf_add_u64(&body, i);
        buf_add(&body, filler, BIG % (i * 7 + 1) + 1);
        assert_ok(peer_send(monitor.peer, AGENT_RECORD, buf_str(&body), -1));
        if (i == MANY / 2)
            assert_ok(peer_send(
                monitor.peer, AGENT_RULESET,
                STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"), file));
    }
    (void)close(file);
    (void)loop_timer(loop, 20000, give_up, NULL);
    assert_ok(loop_run(loop));
    assert_int_equal(analyst.messages, MANY + 1);
    assert_false(analyst.bad_order);
    assert_string_equal(analyst.from_fd, "through the socket");
    peer_free(monitor.peer);
    peer_free(analyst.peer);
    loop_free(loop);
    mem_free(filler);
    test_tmpdir_remove(folder);
}

static void go_on(struct loop *loop, void *arg)
{
    struct side *s = arg;
    (void)loop;
    assert_int_equal(s->messages, 0);
    peer_hold(s->peer, false);
}

static void a_held_peer_gets_nothing_until_it_is_let_go(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    int fds[2];
    assert_ok(loop_new(&loop));
    assert_ok(peer_pair(fds, NULL));
    struct side analyst = {.loop = loop, .stop_after = 2};
    struct side monitor = {.loop = loop};
    assert_ok(peer_new(loop, fds[0], AGENT_ROLE_MONITOR, AGENT_ROLE_ANALYST, &handler, &monitor,
                       &monitor.peer));
    assert_ok(peer_new(loop, fds[1], AGENT_ROLE_ANALYST, AGENT_ROLE_MONITOR, &handler, &analyst,
                       &analyst.peer));
    peer_hold(analyst.peer, true);
    assert_ok(peer_send(monitor.peer, AGENT_PLAN, STR("{}"), -1));
    assert_ok(peer_send(monitor.peer, AGENT_PLAN, STR("{}"), -1));
    (void)loop_timer(loop, 50, go_on, &analyst);
    (void)loop_timer(loop, 20000, give_up, NULL);
    assert_ok(loop_run(loop));
    assert_int_equal(analyst.messages, 2);
    peer_free(monitor.peer);
    peer_free(analyst.peer);
    loop_free(loop);
}

/* Bytes written to the monitor as an uplink would; @return how the monitor took it. */
static int code_for(const struct buf *bytes)
{
    struct loop *loop = NULL;
    int fds[2];
    assert_ok(loop_new(&loop));
    assert_ok(peer_pair(fds, NULL));
    struct side monitor = {.loop = loop, .stop_after = 1};
    assert_ok(peer_new(loop, fds[0], AGENT_ROLE_MONITOR, AGENT_ROLE_UPLINK, &handler, &monitor,
                       &monitor.peer));
    assert_int_equal(send(fds[1], bytes->ptr, bytes->len, MSG_NOSIGNAL), (ssize_t)bytes->len);
    (void)close(fds[1]);
    (void)loop_timer(loop, 20000, give_up, NULL);
    assert_ok(loop_run(loop));
    peer_free(monitor.peer);
    loop_free(loop);
    return monitor.messages ? 0 : monitor.close_code;
}

static void a_peer_that_breaks_the_rules_is_closed(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done) = {0};
    imsg_add(&b, AGENT_UPLINK_READY, 0, 0, STR(""));
    assert_int_equal(code_for(&b), 0);
    buf_clear(&b);
    imsg_add(&b, AGENT_SPOOLED, 0, 0, STR("12345678")); /* an analyst's */
    assert_int_equal(code_for(&b), E_DENIED);
    buf_clear(&b);
    imsg_add(&b, AGENT_SIGNED_PLAN, 0, 0, STR("short"));
    assert_int_equal(code_for(&b), E_LIMIT);
    buf_clear(&b);
    imsg_add(&b, AGENT_SIGNED_RULESET, IMSG_HAS_FD, 0, STR("")); /* promised, not sent */
    assert_int_equal(code_for(&b), E_PARSE);
    buf_clear(&b);
    buf_add_cstr(&b, "sixteen bytes of garbage");
    assert_int_equal(code_for(&b), E_PARSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_arrive_in_order_with_their_descriptors),
        cmocka_unit_test(a_held_peer_gets_nothing_until_it_is_let_go),
        cmocka_unit_test(a_peer_that_breaks_the_rules_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
