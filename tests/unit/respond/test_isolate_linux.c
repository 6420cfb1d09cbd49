/* Isolation against a real kernel: a namespace is isolated and its traffic measured at the peer. */
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "respond/isolate.h"
#include "unit/respond/netlab.h"

enum { LIFELINE_UID = 4321, OTHER_UID = 1234, MANAGEMENT = 8443, ELSEWHERE = 9000, DNS = 53 };

static void add(struct isolate_address *list, uint32_t *len, const char *text)
{
    struct isolate_address a;
    assert_ok(isolate_address_parse(str_of(text), &a, NULL));
    assert_ok(isolate_policy_add(list, len, &a, NULL));
}

static struct isolate_policy policy(void)
{
    struct isolate_policy p = {.generation = 1, .uid = LIFELINE_UID};
    add(p.lifeline, &p.lifeline_len, "10.77.0.1:8443");
    add(p.lifeline, &p.lifeline_len, "[fd77::1]:8443");
    return p;
}

static void isolate(const struct isolate_policy *p)
{
    struct err err = {0};
    lab_enter(LAB_VICTIM);
    int rc = isolate_apply(p, &err);
    lab_enter(LAB_HOME);
    assert_ok_err(rc, &err);
}

static void release(void)
{
    struct err err = {0};
    lab_enter(LAB_VICTIM);
    int rc = isolate_release(&err);
    lab_enter(LAB_HOME);
    assert_ok_err(rc, &err);
}

static int release_after(void **state)
{
    (void)state;
    if (lab.made)
        release();
    return 0;
}

static enum isolate_found check(const struct isolate_policy *p, struct err *err)
{
    enum isolate_found found = ISOLATE_ABSENT;
    lab_enter(LAB_VICTIM);
    int rc = isolate_check(p, &found, err);
    lab_enter(LAB_HOME);
    assert_ok_err(rc, err);
    return found;
}

/* Both ends of the lifeline. The peer does not count packets of its port; a byte passed over it is
 * a barrier for everything sent before. */
struct lifeline {
    int victim;
    int peer;
};

static struct lifeline lifeline(const char *peer_ip)
{
    int listener = lab_listen(LAB_PEER, peer_ip, MANAGEMENT);
    struct lifeline l = {.victim = lab_connect_from(LAB_VICTIM, LAB_UNCOUNTED_PORT, peer_ip,
                                                    MANAGEMENT, LIFELINE_UID)};
    l.peer = lab_accept(listener);
    (void)close(listener);
    lab_pass(l.victim, l.peer, 'v');
    lab_pass(l.peer, l.victim, 'p');
    return l;
}

static void hang_up(struct lifeline *l)
{
    struct linger now = {.l_onoff = 1};
    assert_int_equal(setsockopt(l->victim, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    (void)close(l->victim);
    (void)close(l->peer);
}

/* Everything that left or was answered shows as a packet at the peer. */
static void assert_no_leak(struct lifeline *l, unsigned long before)
{
    lab_pass(l->victim, l->peer, 'b');
    assert_int_equal(lab_leaks(), before);
}

static void the_kernel_has_exactly_what_was_asked(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    struct isolate_policy p = policy();
    struct err err = {0};
    assert_int_equal(check(&p, &err), ISOLATE_ABSENT);
    lab_sh(LAB_VICTIM, "nft add table inet other && nft add chain inet other c");
    add(p.allow, &p.allow_len, "192.0.2.7:22");
    isolate(&p);
    isolate(&p);
    assert_int_equal(check(&p, &err), ISOLATE_AS_WANTED);
    struct isolate_policy wider = p;
    add(wider.allow, &wider.allow_len, "192.0.2.8:22");
    assert_int_equal(check(&wider, &err), ISOLATE_DIFFERENT);
    isolate(&wider);
    assert_int_equal(check(&wider, &err), ISOLATE_AS_WANTED);
    assert_int_equal(check(&p, &err), ISOLATE_DIFFERENT);
    release();
    assert_int_equal(check(&p, &err), ISOLATE_ABSENT);
    release();
    lab_sh(LAB_VICTIM, "nft list chain inet other c >/dev/null && nft delete table inet other");
}

static void every_change_by_somebody_else_is_noticed(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    static const char *const changes[] = {
        "nft flush table inet cordon_isolation",
        "nft flush chain inet cordon_isolation output",
        "nft insert rule inet cordon_isolation output accept",
        "nft add rule inet cordon_isolation input tcp dport 22 accept",
        "nft add rule inet cordon_isolation forward accept",
        "nft 'add chain inet cordon_isolation output { policy accept; }'",
        "nft add chain inet cordon_isolation extra",
        "nft 'add set inet cordon_isolation s { type ipv4_addr; }'",
        "nft 'table inet cordon_isolation { flags dormant; }'",
    };
    struct isolate_policy p = policy();
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct err err = {0};
        isolate(&p);
        lab_sh(LAB_VICTIM, "%s", changes[i]);
        if (check(&p, &err) != ISOLATE_DIFFERENT) {
            print_error("not noticed: %s\n", changes[i]);
            fail();
        }
        assert_true(err.message[0] != '\0');
    }
    struct err err = {0};
    isolate(&p);
    lab_sh(LAB_VICTIM, "nft flush ruleset");
    assert_int_equal(check(&p, &err), ISOLATE_ABSENT);
}

/* A connection from the victim that must stay dead; also proves that it works without isolation. */
static void outbound_tcp(const char *ip, uint16_t port, uid_t uid)
{
    int listener = lab_listen(LAB_PEER, ip, port);
    int working = lab_connect(LAB_VICTIM, ip, port, uid);
    (void)close(lab_accept(listener));
    (void)close(working);
    struct isolate_policy p = policy();
    isolate(&p);
    struct lifeline l = lifeline(strchr(ip, ':') ? "fd77::1" : "10.77.0.1");
    unsigned long before = lab_leaks();
    int fd = lab_connect(LAB_VICTIM, ip, port, uid);
    assert_no_leak(&l, before);
    lab_assert_no_connection(listener);
    (void)close(fd);
    (void)close(listener);
    hang_up(&l);
}

static void no_tcp_leaves_over_ipv4(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    outbound_tcp("10.77.0.1", ELSEWHERE, 0);
}

static void no_tcp_leaves_over_ipv6(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    outbound_tcp("fd77::1", ELSEWHERE, 0);
}

static void the_lifelines_user_reaches_no_other_port(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    outbound_tcp("10.77.0.1", ELSEWHERE, LIFELINE_UID);
}

static void the_lifelines_user_reaches_no_other_host(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    outbound_tcp("10.77.0.9", MANAGEMENT, LIFELINE_UID);
}

/* The management port itself, tried by the wrong user. */
static void wrong_user(const char *ip, uid_t uid)
{
    struct isolate_policy p = policy();
    isolate(&p);
    struct lifeline l = lifeline(ip);
    int listener = lab_listen(LAB_PEER, ip, MANAGEMENT);
    unsigned long before = lab_leaks();
    int fd = lab_connect(LAB_VICTIM, ip, MANAGEMENT, uid);
    assert_no_leak(&l, before);
    lab_assert_no_connection(listener);
    (void)close(fd);
    (void)close(listener);
    hang_up(&l);
}

static void another_user_does_not_reach_management_not_even_root(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    wrong_user("10.77.0.1", OTHER_UID);
    wrong_user("10.77.0.1", 0);
    wrong_user("fd77::1", OTHER_UID);
}

static void no_datagram_leaves_dns_included(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    static const char *const hosts[][2] = {{"0.0.0.0", "10.77.0.1"}, {"::", "fd77::1"}};
    static const uint16_t ports[] = {DNS, 123, 443, MANAGEMENT, ELSEWHERE};
    for (size_t h = 0; h < ARRAY_LEN(hosts); h++) {
        struct isolate_policy p = policy();
        int own = lab_socket(LAB_VICTIM, SOCK_DGRAM, hosts[h][0], 0, LIFELINE_UID);
        int server = lab_socket(LAB_PEER, SOCK_DGRAM, hosts[h][1], DNS, 0);
        lab_try_send(own, hosts[h][1], DNS);
        assert_true(lab_ready(server, POLLIN, LAB_PATIENCE_MS));
        isolate(&p);
        struct lifeline l = lifeline(hosts[h][1]);
        unsigned long before = lab_leaks();
        for (size_t i = 0; i < ARRAY_LEN(ports); i++)
            lab_try_send(own, hosts[h][1], ports[i]);
        assert_no_leak(&l, before);
        (void)close(own);
        (void)close(server);
        hang_up(&l);
        release();
    }
}

static int ping_socket(enum netlab_place place, bool v6)
{
    lab_enter(place);
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
    lab_enter(LAB_HOME);
    assert_true(fd >= 0);
    return fd;
}

static void ping(int fd, const char *ip)
{
    union lab_address a;
    socklen_t len = lab_address(ip, 0, &a);
    unsigned char packet[16] = {strchr(ip, ':') ? ICMP6_ECHO_REQUEST : ICMP_ECHO};
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof packet; i += 2)
        sum += (unsigned)(packet[i] << 8 | packet[i + 1]);
    sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
    packet[2] = (unsigned char)(sum >> 8);
    packet[3] = (unsigned char)sum;
    if (sendto(fd, packet, sizeof packet, 0, &a.sa, len) < 0)
        assert_int_equal(errno, EPERM);
}

static void no_echo_leaves_or_is_answered(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    static const char *const hosts[][2] = {{"10.77.0.2", "10.77.0.1"}, {"fd77::2", "fd77::1"}};
    for (size_t h = 0; h < ARRAY_LEN(hosts); h++) {
        int out = ping_socket(LAB_VICTIM, h == 1), in = ping_socket(LAB_PEER, h == 1);
        unsigned long start = lab_leaks();
        ping(out, hosts[h][1]);
        ping(in, hosts[h][0]);
        assert_true(lab_leaks() >= start + 2); /* a request and an answer arrive */
        struct isolate_policy p = policy();
        isolate(&p);
        struct lifeline l = lifeline(hosts[h][1]);
        unsigned long before = lab_leaks();
        ping(out, hosts[h][1]);
        ping(in, hosts[h][0]);
        assert_no_leak(&l, before);
        (void)close(out);
        (void)close(in);
        hang_up(&l);
        release();
    }
}

static void nothing_comes_in_over_tcp_or_udp(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    static const char *const hosts[][2] = {{"10.77.0.2", "10.77.0.1"}, {"fd77::2", "fd77::1"}};
    for (size_t h = 0; h < ARRAY_LEN(hosts); h++) {
        int listener = lab_listen(LAB_VICTIM, hosts[h][0], 22);
        int datagrams = lab_socket(LAB_VICTIM, SOCK_DGRAM, hosts[h][0], ELSEWHERE, 0);
        int sender = lab_socket(LAB_PEER, SOCK_DGRAM, hosts[h][1], 0, 0);
        struct isolate_policy p = policy();
        isolate(&p);
        struct lifeline l = lifeline(hosts[h][1]);
        unsigned long before = lab_leaks();
        int fd = lab_connect(LAB_PEER, hosts[h][0], 22, 0);
        lab_try_send(sender, hosts[h][0], ELSEWHERE);
        lab_try_send(sender, hosts[h][0], 1); /* a closed port must not answer either */
        assert_no_leak(&l, before);
        lab_pass(l.peer, l.victim, 'i');
        lab_assert_no_connection(listener);
        lab_assert_silent(datagrams);
        (void)close(fd);
        release();
        /* The same attempts succeed without isolation. */
        fd = lab_connect(LAB_PEER, hosts[h][0], 22, 0);
        (void)close(lab_accept(listener));
        lab_try_send(sender, hosts[h][0], ELSEWHERE);
        assert_true(lab_ready(datagrams, POLLIN, LAB_PATIENCE_MS));
        (void)close(fd);
        (void)close(listener);
        (void)close(datagrams);
        (void)close(sender);
        hang_up(&l);
    }
}

static void a_connection_opened_before_dies_and_lives_again_after_release(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    static const char *const hosts[][2] = {{"10.77.0.2", "10.77.0.1"}, {"fd77::2", "fd77::1"}};
    /* Connections are tracked here, as on most machines. */
    lab_sh(LAB_VICTIM, "nft 'add table inet track; add chain inet track in { type filter hook "
                       "prerouting priority 0; }; add chain inet track out { type filter hook "
                       "output priority 0; }; add rule inet track in ct state established; "
                       "add rule inet track out ct state established'");
    for (size_t h = 0; h < ARRAY_LEN(hosts); h++) {
        int there = lab_listen(LAB_PEER, hosts[h][1], ELSEWHERE);
        int here = lab_listen(LAB_VICTIM, hosts[h][0], 22);
        int out = lab_connect(LAB_VICTIM, hosts[h][1], ELSEWHERE, LIFELINE_UID);
        int out_far = lab_accept(there);
        int in_far = lab_connect(LAB_PEER, hosts[h][0], 22, 0);
        int in = lab_accept(here);
        lab_pass(out, out_far, '1');
        lab_pass(in_far, in, '2');
        struct isolate_policy p = policy();
        isolate(&p);
        struct lifeline l = lifeline(hosts[h][1]);
        unsigned long before = lab_leaks();
        assert_int_equal(send(out, "a", 1, MSG_NOSIGNAL), 1);
        assert_int_equal(send(in, "b", 1, MSG_NOSIGNAL), 1);
        assert_int_equal(send(in_far, "c", 1, MSG_NOSIGNAL), 1);
        assert_int_equal(send(out_far, "d", 1, MSG_NOSIGNAL), 1);
        assert_no_leak(&l, before);
        lab_pass(l.peer, l.victim, 'x');
        lab_assert_silent(out);
        lab_assert_silent(in);
        lab_assert_silent(out_far);
        lab_assert_silent(in_far);
        release();
        char byte = 0;
        assert_true(lab_ready(out_far, POLLIN, LAB_PATIENCE_MS));
        assert_int_equal(recv(out_far, &byte, 1, 0), 1);
        assert_int_equal(byte, 'a');
        assert_true(lab_ready(in, POLLIN, LAB_PATIENCE_MS));
        assert_int_equal(recv(in, &byte, 1, 0), 1);
        assert_int_equal(byte, 'c');
        int fds[] = {there, here, out, out_far, in, in_far};
        for (size_t i = 0; i < ARRAY_LEN(fds); i++)
            (void)close(fds[i]);
        hang_up(&l);
    }
    lab_sh(LAB_VICTIM, "nft delete table inet track");
}

static void nothing_is_routed_through(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    int far = lab_socket(LAB_THIRD, SOCK_DGRAM, "10.78.0.2", ELSEWHERE, 0);
    int sender = lab_socket(LAB_PEER, SOCK_DGRAM, "10.77.0.1", 0, 0);
    char byte;
    lab_try_send(sender, "10.78.0.2", ELSEWHERE);
    assert_true(lab_ready(far, POLLIN, LAB_PATIENCE_MS));
    assert_int_equal(recv(far, &byte, 1, 0), 1);
    struct isolate_policy p = policy();
    isolate(&p);
    struct lifeline l = lifeline("10.77.0.1");
    lab_try_send(sender, "10.78.0.2", ELSEWHERE);
    lab_pass(l.peer, l.victim, 'r');
    lab_assert_silent(far);
    (void)close(far);
    (void)close(sender);
    hang_up(&l);
}

static void loopback_stays_alive(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    struct isolate_policy p = policy();
    isolate(&p);
    static const char *const ips[] = {"127.0.0.1", "::1"};
    for (size_t i = 0; i < ARRAY_LEN(ips); i++) {
        int listener = lab_listen(LAB_VICTIM, ips[i], 7777);
        int fd = lab_connect(LAB_VICTIM, ips[i], 7777, OTHER_UID);
        int far = lab_accept(listener);
        lab_pass(fd, far, 'l');
        (void)close(far);
        (void)close(fd);
        (void)close(listener);
    }
}

static void neighbours_are_still_found_so_the_lifeline_outlives_its_cache(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    struct isolate_policy p = policy();
    isolate(&p);
    lab_sh(LAB_VICTIM, "ip neigh flush dev near");
    lab_sh(LAB_PEER, "ip neigh flush dev far");
    struct lifeline v6 = lifeline("fd77::1");
    struct lifeline v4 = lifeline("10.77.0.1");
    hang_up(&v6);
    hang_up(&v4);
}

static void dhcp_passes_on_the_link_only(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    struct isolate_policy p = policy();
    isolate(&p);
    struct lifeline l = lifeline("10.77.0.1");
    int client = lab_socket(LAB_VICTIM, SOCK_DGRAM, "0.0.0.0", 68, 0);
    int server = lab_socket(LAB_PEER, SOCK_DGRAM, "0.0.0.0", 67, 0);
    int on = 1;
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_BROADCAST, &on, sizeof on), 0);
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_BINDTODEVICE, "near", 4), 0);
    char byte;
    unsigned long before = lab_leaks();
    lab_try_send(client, "10.77.0.1", 67);
    assert_no_leak(&l, before);
    lab_try_send(client, "255.255.255.255", 67);
    assert_true(lab_ready(server, POLLIN, LAB_PATIENCE_MS));
    assert_int_equal(recv(server, &byte, 1, 0), 1);
    lab_try_send(server, "10.77.0.2", 68);
    assert_true(lab_ready(client, POLLIN, LAB_PATIENCE_MS));
    (void)close(client);
    (void)close(server);
    hang_up(&l);
}

static void an_allowed_address_is_open_to_every_user_and_only_outward(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    struct isolate_policy p = policy();
    add(p.allow, &p.allow_len, "10.77.0.9:9000");
    isolate(&p);
    int listener = lab_listen(LAB_PEER, "10.77.0.9", ELSEWHERE);
    int fd = lab_connect(LAB_VICTIM, "10.77.0.9", ELSEWHERE, OTHER_UID);
    int far = lab_accept(listener);
    lab_pass(fd, far, 'a');
    lab_pass(far, fd, 'b');
    (void)close(far);
    (void)close(fd);
    (void)close(listener);
}

static void management_cannot_open_connections_to_the_device(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    struct isolate_policy p = policy();
    isolate(&p);
    struct lifeline l = lifeline("10.77.0.1");
    int listener = lab_listen(LAB_VICTIM, "10.77.0.2", 22);
    /* From the very address and port the lifeline goes to. */
    unsigned long before = lab_leaks();
    int fd = lab_connect_from(LAB_PEER, MANAGEMENT, "10.77.0.2", 22, 0);
    lab_pass(l.peer, l.victim, 'm');
    assert_no_leak(&l, before);
    lab_assert_no_connection(listener);
    (void)close(fd);
    (void)close(listener);
    hang_up(&l);
}

static void isolation_without_a_lifeline_is_refused(void **state)
{
    (void)state;
    struct isolate_policy p = {.generation = 1, .uid = LIFELINE_UID};
    struct err err = {0};
    assert_int_equal(isolate_apply(&p, &err), E_ARG);
    assert_non_null(strstr(err.message, "without an address"));
}

static void without_the_privilege_it_says_so_and_changes_nothing(void **state)
{
    (void)state;
    SKIP_WITHOUT_LAB();
    struct isolate_policy p = policy();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        lab_enter(LAB_VICTIM);
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(1);
        struct err err = {0};
        _exit(isolate_apply(&p, &err) == E_DENIED && isolate_release(&err) == E_DENIED ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct err err = {0};
    assert_int_equal(check(&p, &err), ISOLATE_ABSENT);
}

int main(void)
{
#define LAB_TEST(f) cmocka_unit_test_teardown(f, release_after)
    const struct CMUnitTest tests[] = {
        LAB_TEST(the_kernel_has_exactly_what_was_asked),
        LAB_TEST(every_change_by_somebody_else_is_noticed),
        LAB_TEST(no_tcp_leaves_over_ipv4),
        LAB_TEST(no_tcp_leaves_over_ipv6),
        LAB_TEST(the_lifelines_user_reaches_no_other_port),
        LAB_TEST(the_lifelines_user_reaches_no_other_host),
        LAB_TEST(another_user_does_not_reach_management_not_even_root),
        LAB_TEST(no_datagram_leaves_dns_included),
        LAB_TEST(no_echo_leaves_or_is_answered),
        LAB_TEST(nothing_comes_in_over_tcp_or_udp),
        LAB_TEST(a_connection_opened_before_dies_and_lives_again_after_release),
        LAB_TEST(nothing_is_routed_through),
        LAB_TEST(loopback_stays_alive),
        LAB_TEST(neighbours_are_still_found_so_the_lifeline_outlives_its_cache),
        LAB_TEST(dhcp_passes_on_the_link_only),
        LAB_TEST(an_allowed_address_is_open_to_every_user_and_only_outward),
        LAB_TEST(management_cannot_open_connections_to_the_device),
        cmocka_unit_test(isolation_without_a_lifeline_is_refused),
        LAB_TEST(without_the_privilege_it_says_so_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, lab_up, lab_down);
}
