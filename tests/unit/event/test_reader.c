/* event/reader: every layout of objects in a stream, damage, limits, and independence of how the
 * bytes arrive. */
#include "harness/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "event/reader.h"
#include "schema/param.h"

/* A descriptor that yields the text in reads of `chunk` bytes at most (0 = as it comes). */
static int stream_of(struct str text, size_t chunk)
{
    if (chunk == 0) {
        int fd = memfd_create("stream", MFD_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text.ptr, text.len), (ssize_t)text.len);
        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
        return fd;
    }
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    for (size_t at = 0; at < text.len; at += chunk) {
        struct str piece = str_sub(text, at, chunk);
        assert_int_equal(write(pair[0], piece.ptr, piece.len), (ssize_t)piece.len);
    }
    (void)close(pair[0]);
    return pair[1];
}

/* What the reader says about a stream, as text: "LINE:record" or "LINE!" for each call. */
static void describe(struct buf *out, struct str text, size_t chunk)
{
    struct reader *r;
    int fd = stream_of(text, chunk);
    assert_ok(reader_new(fd, &r));
    for (;;) {
        struct str record;
        uint64_t line = 0;
        struct err err = {0};
        int rc = reader_next(r, &record, &line, &err);
        if (rc == E_CLOSED)
            break;
        if (rc == 0) {
            buf_addf(out, "%llu:%.*s\n", (unsigned long long)line, STR_FMT(record));
        } else {
            assert_true(rc == E_PARSE || rc == E_LIMIT);
            assert_int_equal(err.line, line);
            buf_addf(out, "%llu!\n", (unsigned long long)line);
        }
    }
    assert_int_equal(reader_bytes(r), text.len);
    reader_free(r);
    (void)close(fd);
}

/* The same by blocks of at most `records`: what was cut is looked at when the reader has long gone
 * on in other memory. */
static void describe_by_blocks(struct buf *out, struct str text, size_t chunk, size_t records)
{
    struct reader *r;
    struct buf memory = {0};
    int fd = stream_of(text, chunk);
    int rc = 0;
    assert_ok(reader_new(fd, &r));
    while (rc != E_CLOSED) {
        struct str cut[8];
        uint64_t lines[8];
        bool damaged[8];
        size_t len = 0;
        for (rc = 0; len < records && rc != E_CLOSED;) {
            rc = reader_cut(r, &cut[len], &lines[len], NULL);
            if (rc == E_AGAIN && len)
                break;
            if (rc == E_AGAIN) {
                assert_ok(reader_fill(r, NULL));
            } else if (rc != E_CLOSED) {
                assert_true(rc == 0 || rc == E_PARSE || rc == E_LIMIT);
                damaged[len++] = rc != 0;
            }
        }
        assert_ok(reader_swap(r, &memory));
        for (size_t i = 0; i < len; i++) {
            if (damaged[i])
                buf_addf(out, "%llu!\n", (unsigned long long)lines[i]);
            else
                buf_addf(out, "%llu:%.*s\n", (unsigned long long)lines[i], STR_FMT(cut[i]));
        }
        if (memory.ptr)
            memset(memory.ptr, 'x', memory.cap);
    }
    assert_int_equal(reader_bytes(r), text.len);
    reader_free(r);
    buf_done(&memory);
    (void)close(fd);
}

static const struct {
    const char *name;
    const char *stream;
    const char *want;
} cases[] = {
    {"nothing", "", ""},
    {"only blanks", " \n\t\r\n\n", ""},
    {"one a line", "{\"a\":1}\n{\"b\":2}\n", "1:{\"a\":1}\n2:{\"b\":2}\n"},
    {"no line end", "{\"a\":1}\n{\"b\":2}", "1:{\"a\":1}\n2:{\"b\":2}\n"},
    {"empty lines", "\n\n{}\n \n\t{}\n", "3:{}\n5:{}\n"},
    {"carriage returns", "{\"a\":1}\r\n{\"b\":2}\r\n", "1:{\"a\":1}\n2:{\"b\":2}\n"},
    {"byte order mark", "\xef\xbb\xbf{}\n", "1:{}\n"},
    {"several a line", "{\"a\":1}{\"b\":2} {\"c\":3}\n{}\n",
     "1:{\"a\":1}\n1:{\"b\":2}\n1:{\"c\":3}\n2:{}\n"},
    {"over lines", "{\n \"a\": {\n  \"b\": [1,\n 2]\n }\n}\n{}\n",
     "1:{\n \"a\": {\n  \"b\": [1,\n 2]\n }\n}\n7:{}\n"},
    {"first line closes a brace", "{\"a\":{}\n,\"b\":{}}\n{}\n", "1:{\"a\":{}\n,\"b\":{}}\n3:{}\n"},
    {"over lines, several", "{\"a\":\n1}{\"b\":\n2}\n", "1:{\"a\":\n1}\n2:{\"b\":\n2}\n"},
    {"array on a line", "[{\"a\":1},{\"b\":2}]\n", "1:{\"a\":1}\n1:{\"b\":2}\n"},
    {"array over lines", "[\n{\"a\":1},\n{\"b\":2}\n]\n", "2:{\"a\":1}\n3:{\"b\":2}\n"},
    {"pretty array", "[\n  {\n    \"a\": 1\n  },\n  {\n    \"b\": 2\n  }\n]\n",
     "2:{\n    \"a\": 1\n  }\n5:{\n    \"b\": 2\n  }\n"},
    {"two arrays", "[{}]\n[{}]\n", "1:{}\n2:{}\n"},
    {"braces in strings", "{\"a\":\"}{\"}\n{\"b\":\"\\\"}\"}\n{\"c\":\"{\"}\n",
     "1:{\"a\":\"}{\"}\n2:{\"b\":\"\\\"}\"}\n3:{\"c\":\"{\"}\n"},
    {"no object", "hello\n{}\n", "1!\n2:{}\n"},
    {"number between", "{}\n1\n{}\n", "1:{}\n2!\n3:{}\n"},
    {"rest of a line", "{\"a\":1} x {\"b\":2}\n{}\n", "1:{\"a\":1}\n1!\n2:{}\n"},
    {"cut in a string", "{\"a\":\"cut\n{\"b\":2}\n", "1!\n2:{\"b\":2}\n"},
    {"cut after a value", "{\"a\":{\"x\":1\n{\"b\":2}\n", "1!\n2:{\"b\":2}\n"},
    {"cut after a colon", "{\"a\":\n{\"b\":2}\n{\"c\":3}\n", "1!\n2:{\"b\":2}\n3:{\"c\":3}\n"},
    {"cut after a comma", "{\"a\":1,\n{\"b\":2}\n", "1!\n2:{\"b\":2}\n"},
    {"cut in an array", "{\"a\":[1,\n{\"b\":2}\n{\"c\":3}\n", "1!\n2:{\"b\":2}\n3:{\"c\":3}\n"},
    {"cut at the end", "{}\n{\"a\":\"x", "1:{}\n2!\n"},
    {"cut at the end, lines inside", "{\"a\":[\n{},\n", "1!\n2:{}\n2!\n"},
    {"damage inside one line", "{\"a\":tru}\n{}\n", "1:{\"a\":tru}\n2:{}\n"},
    {"damage over lines", "{\n\"a\":tru\n}\n{}\n", "1!\n4:{}\n"},
    {"crossed brackets", "{\"a\":[}\n]\n {}\n", "1!\n3:{}\n"},
    {"only a bracket", "]\n{}\n", "1!\n2:{}\n"},
    {"comma outside an array", "{},\n{}\n", "1:{}\n1!\n2:{}\n"},
};

static void every_layout_is_cut_into_its_objects(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t chunk = 0; chunk < 8; chunk++) {
            struct buf out = {0};
            describe(&out, str_of(cases[i].stream), chunk);
            if (!str_is(buf_str(&out), cases[i].want))
                fail_msg("%s, reads of %zu: got\n%s\nexpected\n%s", cases[i].name, chunk,
                         buf_cstr(&out), cases[i].want);
            buf_done(&out);
        }
    }
}

static void blocks_hold_what_the_reader_gives_record_by_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t round = 0; round < 64; round++) {
            struct buf out = {0};
            describe_by_blocks(&out, str_of(cases[i].stream), round / 8, 1 + round % 8);
            if (!str_is(buf_str(&out), cases[i].want))
                fail_msg("%s, reads of %zu, blocks of %zu: got\n%s\nexpected\n%s", cases[i].name,
                         round / 8, 1 + round % 8, buf_cstr(&out), cases[i].want);
            buf_done(&out);
        }
    }
}

static void a_record_longer_than_the_limit_is_reported_and_passed(void **state)
{
    (void)state;
    size_t limit = (size_t)param_default(PARAM_EVENT_BYTES);
    for (unsigned form = 0; form < 3; form++) {
        struct buf b = {0};
        buf_add_cstr(&b, "{\"first\":1}\n{\"a\":\"");
        while (b.len < limit + 64)
            buf_add_cstr(&b, "0123456789abcdef0123456789abcdef");
        /* Ended on its line, never ended, ended on another line. */
        buf_add_cstr(&b, form == 0   ? "\"}\n{\"last\":3}\n"
                         : form == 1 ? "\n{\"last\":3}\n"
                                     : "\"\n}\n{\"last\":3}\n");
        struct buf out = {0};
        describe(&out, buf_str(&b), 0);
        assert_str(buf_str(&out), form == 2 ? "1:{\"first\":1}\n2!\n4:{\"last\":3}\n"
                                            : "1:{\"first\":1}\n2!\n3:{\"last\":3}\n");
        buf_done(&out);
        buf_done(&b);
    }
}

static void a_record_as_long_as_the_limit_is_given(void **state)
{
    (void)state;
    size_t limit = (size_t)param_default(PARAM_EVENT_BYTES);
    struct buf b = {0};
    buf_add_cstr(&b, "{\"a\":\"");
    while (b.len < limit - 2)
        buf_add_char(&b, 'x');
    buf_add_cstr(&b, "\"}\n{}");
    struct reader *r;
    int fd = stream_of(buf_str(&b), 0);
    assert_ok(reader_new(fd, &r));
    struct str record;
    uint64_t line;
    assert_ok(reader_next(r, &record, &line, NULL));
    assert_int_equal(record.len, limit);
    assert_ok(reader_next(r, &record, &line, NULL));
    assert_int_equal(line, 2);
    assert_int_equal(reader_next(r, &record, &line, NULL), E_CLOSED);
    assert_int_equal(reader_next(r, &record, &line, NULL), E_CLOSED);
    reader_free(r);
    (void)close(fd);
    buf_done(&b);
}

static void a_failing_descriptor_is_an_input_error(void **state)
{
    (void)state;
    struct reader *r;
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_ok(reader_new(fd, &r));
    struct str record;
    uint64_t line;
    struct err err = {0};
    assert_int_equal(reader_next(r, &record, &line, &err), E_IO);
    assert_non_null(strstr(err.message, "directory"));
    reader_free(r);
    (void)close(fd);
}

static void on_signal(int signo)
{
    (void)signo;
}

/* Whoever waits for a pipe must be able to stop at a signal, and to go on. */
static void a_signal_during_the_wait_is_told_and_costs_nothing(void **state)
{
    (void)state;
    struct reader *r;
    int ends[2];
    struct str record;
    uint64_t line;
    const struct itimerval soon = {.it_interval = {.tv_usec = 10000},
                                   .it_value = {.tv_usec = 10000}};
    const struct itimerval never = {0};
    struct sigaction before;
    const struct sigaction action = {.sa_handler = on_signal};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_ok(reader_new(ends[0], &r));
    assert_int_equal(write(ends[1], "{\"a\":", 5), 5);
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_int_equal(reader_next(r, &record, &line, NULL), E_AGAIN);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_int_equal(write(ends[1], "1}\n", 3), 3);
    assert_ok(reader_next(r, &record, &line, NULL));
    assert_str(record, "{\"a\":1}");
    reader_free(r);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static int read_two(void *context)
{
    struct reader *r = NULL;
    int *fd = context;
    assert_int_equal(lseek(*fd, 0, SEEK_SET), 0);
    int rc = reader_new(*fd, &r);
    struct str record;
    uint64_t line;
    for (unsigned i = 0; rc == 0 && i < 2; i++)
        rc = reader_next(r, &record, &line, NULL);
    reader_free(r);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    int fd = stream_of(STR("{\"a\":1}\n{\"b\":\n2}\n"), 0);
    test_every_allocation_fails(read_two, &fd, 20);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_is_cut_into_its_objects),
        cmocka_unit_test(blocks_hold_what_the_reader_gives_record_by_record),
        cmocka_unit_test(a_record_longer_than_the_limit_is_reported_and_passed),
        cmocka_unit_test(a_record_as_long_as_the_limit_is_given),
        cmocka_unit_test(a_failing_descriptor_is_an_input_error),
        cmocka_unit_test(a_signal_during_the_wait_is_told_and_costs_nothing),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("event/reader", tests, NULL, NULL);
}
