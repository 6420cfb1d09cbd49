/* Messages on real pseudo-terminals, with a login record of the test's own. */
#include "respond/message.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "harness/test.h"
#include "respond/message_priv.h"

static char *folder;
static char records[512];

static int set_up(void **state)
{
    (void)state;
    folder = test_tmpdir();
    (void)snprintf(records, sizeof records, "%s/utmp", folder);
    FILE *f = fopen(records, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(utmpname(records), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    endutent();
    test_tmpdir_remove(folder);
    return 0;
}

static void log_in(const char *user, const char *line, short type)
{
    struct utmp u = {.ut_type = type, .ut_pid = getpid()};
    (void)snprintf(u.ut_user, sizeof u.ut_user, "%s", user);
    memcpy(u.ut_line, line, strlen(line));
    FILE *f = fopen(records, "a");
    assert_non_null(f);
    assert_int_equal(fwrite(&u, sizeof u, 1, f), 1);
    assert_int_equal(fclose(f), 0);
}

struct terminal {
    int far; /* what the user's eyes see */
    int near;
    char line[64]; /* "pts/3" */
};

static struct terminal open_terminal(void)
{
    struct terminal t;
    struct termios raw = {0};
    char name[64];
    cfmakeraw(&raw); /* bytes arrive as they were written */
    assert_int_equal(openpty(&t.far, &t.near, name, &raw, NULL), 0);
    assert_int_equal(strncmp(name, "/dev/", 5), 0);
    (void)snprintf(t.line, sizeof t.line, "%s", name + 5);
    return t;
}

static void close_terminal(struct terminal *t)
{
    (void)close(t->near);
    (void)close(t->far);
}

/* What has arrived on the screen so far. */
static struct str screen(struct terminal *t, char *text, size_t size)
{
    size_t len = 0;
    struct pollfd p = {.fd = t->far, .events = POLLIN};
    while (len < size && poll(&p, 1, 0) == 1) {
        ssize_t n = read(t->far, text + len, size - len);
        assert_true(n > 0);
        len += (size_t)n;
    }
    return str_n(text, len);
}

static int show(const char *title, const char *text, struct message_report *r, struct err *err)
{
    return message_show(str_of(title), str_of(text), r, err);
}

static void everybody_at_a_terminal_reads_it(void **state)
{
    (void)state;
    struct terminal a = open_terminal(), b = open_terminal();
    struct message_report r;
    struct err err = {0};
    char text[4096];
    log_in("", "~", BOOT_TIME);
    log_in("alice", a.line, USER_PROCESS);
    log_in("gone", a.line, DEAD_PROCESS);
    log_in("bob", b.line, USER_PROCESS);
    log_in("bob", b.line, USER_PROCESS);
    assert_ok_err(show("Security team", "Call 555-0100.\nDo not shut down.", &r, &err), &err);
    assert_int_equal(r.shown_len, 2);
    assert_string_equal(r.shown[0].user, "alice");
    assert_string_equal(r.shown[0].where, a.line);
    assert_string_equal(r.shown[1].user, "bob");
    assert_int_equal(r.failed, 0);
    const char *expected = "\r\n\a*** Security team ***\r\nCall 555-0100.\r\n"
                           "Do not shut down.\r\n\r\n";
    assert_str(screen(&a, text, sizeof text), expected);
    assert_str(screen(&b, text, sizeof text), expected); /* once, though recorded twice */
    close_terminal(&a);
    close_terminal(&b);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done) = {0};
    message_add_terminal(&b, STR("a\x1b[2Jb"),
                         STR("x\x1b]0;owned\x07y\nz\r\x9b"
                             "1m\xe2\x80\xae"));
    assert_ok(buf_check(&b));
    for (size_t i = 0; i < b.len; i++) {
        unsigned char c = (unsigned char)b.ptr[i];
        bool frame = c == '\n' || c == '\r' || (c == '\a' && i == 2);
        assert_true(frame || (c >= 0x20 && c < 0x7f));
    }
    assert_true(
        str_starts(buf_str(&b), STR("\r\n\a*** a\\x1b[2Jb ***\r\nx\\x1b]0;owned\\x07y\r\n")));
}

static void with_nobody_logged_in_it_says_so(void **state)
{
    (void)state;
    struct message_report r = {.failed = 77};
    struct err err = {0};
    log_in("gone", "pts/0", DEAD_PROCESS);
    int rc = show("t", "x", &r, &err);
    if (rc == 0) {
        print_message("skipped: somebody has a desktop here\n");
        skip();
    }
    assert_int_equal(rc, E_STATE);
    assert_string_equal(err.message, "nobody is logged in");
    assert_int_equal(r.failed, 77);
}

static void records_that_name_no_terminal_are_not_written_to(void **state)
{
    (void)state;
    struct message_report r;
    struct err err = {0};
    char outside[UT_LINESIZE + 1];
    (void)snprintf(outside, sizeof outside, "../tmp/%.20s", "x");
    log_in("a", outside, USER_PROCESS);
    log_in("b", "/etc/passwd", USER_PROCESS);
    log_in("c", ":0", USER_PROCESS);
    int rc = show("t", "x", &r, &err);
    assert_true(rc == E_STATE || rc == 0); /* 0: somebody has a desktop here */
    log_in("d", "null", USER_PROCESS);
    log_in("e", "pts/4999", USER_PROCESS);
    rc = show("t", "x", &r, &err);
    assert_true(rc == E_IO || rc == 0);
    if (rc)
        assert_non_null(strstr(err.message, "any of 2 places"));
}

static void a_terminal_with_stopped_output_does_not_block(void **state)
{
    (void)state;
    struct terminal stopped = open_terminal(), works = open_terminal();
    struct message_report r;
    struct err err = {0};
    assert_int_equal(tcflow(stopped.near, TCOOFF), 0);
    log_in("alice", stopped.line, USER_PROCESS);
    log_in("bob", works.line, USER_PROCESS);
    assert_ok_err(show("t", "x", &r, &err), &err);
    assert_int_equal(r.failed, 1);
    assert_string_equal(r.shown[0].user, "bob");
    close_terminal(&stopped);
    close_terminal(&works);
}

static void text_that_cannot_be_shown_is_refused(void **state)
{
    (void)state;
    static char longest[MESSAGE_TEXT_BYTES + 2];
    memset(longest, 'x', sizeof longest - 1);
    struct message_report r;
    struct err err = {0};
    assert_int_equal(show("", "x", &r, &err), E_ARG);
    assert_int_equal(show("t", "", &r, &err), E_ARG);
    assert_int_equal(show("t", longest, &r, &err), E_ARG);
    assert_int_equal(show("bad \xff", "x", &r, &err), E_ARG);
    assert_int_equal(message_show(STR("t"), STR("a\0b"), &r, &err), E_ARG);
}

static int show_once(void *context)
{
    (void)context;
    struct message_report report = {0};
    return message_os_show(STR("title"), STR("text"), &report);
}

static void memory_may_run_out_at_any_point(void **state)
{
    (void)state;
    test_every_allocation_fails(show_once, NULL, 50);
}

int main(void)
{
#define MESSAGE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        MESSAGE_TEST(everybody_at_a_terminal_reads_it),
        MESSAGE_TEST(control_characters_do_not_reach_the_terminal),
        MESSAGE_TEST(with_nobody_logged_in_it_says_so),
        MESSAGE_TEST(records_that_name_no_terminal_are_not_written_to),
        MESSAGE_TEST(a_terminal_with_stopped_output_does_not_block),
        MESSAGE_TEST(text_that_cannot_be_shown_is_refused),
        MESSAGE_TEST(memory_may_run_out_at_any_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
