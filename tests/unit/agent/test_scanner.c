/* agent/scanner: files that are asked for, through a real worker process; wishes and rulesets that
 * are malformed; what is no regular file; and a worker that lies. */
#include "harness/test.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/scanner.h"
#include "codec/json_out.h"
#include "detect/detect.h"
#include "proto/agent_msg.h"
#include "yara/serve.h"
#include "yara/wire.h"

enum { LONG_NAME = 200, MANY_NAMES = 100000, RECORD_MOST = 1 << 20 };

static char *folder;

struct bench {
    struct loop *loop;
    struct scanner *scanner;
    struct buf records;
};

static int make_folder(void **state)
{
    (void)state;
    folder = test_tmpdir();
    return folder ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    test_tmpdir_remove(folder);
    return 0;
}

static void on_record(void *arg, struct str record)
{
    struct bench *b = arg;
    buf_add_str(&b->records, record);
    buf_add_char(&b->records, '\n');
    loop_stop(b->loop);
}

/* The worker is this program, see main; `mode` reaches it as the name of a configuration. */
static void set_up(struct bench *b, const char *mode)
{
    *b = (struct bench){0};
    assert_ok(loop_new(&b->loop));
    assert_ok(scanner_new(b->loop, "/proc/self/exe", mode, on_record, b, &b->scanner));
}

static void tear_down(struct bench *b)
{
    scanner_free(b->scanner);
    loop_free(b->loop);
    buf_done(&b->records);
}

static int image_of(const char *const *rules, size_t len)
{
    struct buf image = {0};
    struct builder *b;
    assert_ok(builder_new(&b));
    for (size_t i = 0; i < len; i++)
        assert_ok(builder_add_yara(b, STR("own.yar"), str_of(rules[i]), NULL));
    assert_ok(builder_finish(b, &image, NULL));
    builder_free(b);
    int fd = memfd_create("ruleset", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, image.ptr, image.len), (ssize_t)image.len);
    buf_done(&image);
    return fd;
}

static void use(struct bench *b, const char *rules)
{
    int fd = image_of(&rules, rules ? 1 : 0);
    struct err err = {0};
    assert_ok_err(scanner_use(b->scanner, fd, &err), &err);
    (void)close(fd);
}

static const char *path_of(const char *name)
{
    static char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
}

static int ask(struct bench *b, const char *path)
{
    struct buf body CLEANUP(buf_done) = {0};
    buf_add_u64(&body, 7);
    buf_add_u64(&body, 8);
    buf_add_cstr(&body, path);
    return scanner_ask(b->scanner, buf_str(&body));
}

static const char *health(struct bench *b, struct buf *text)
{
    struct json_out j = {.out = text};
    buf_clear(text);
    scanner_health(b->scanner, &j);
    return buf_cstr(text);
}

static void a_file_with_a_match_makes_a_record(void **state)
{
    struct bench b;
    struct buf text = {0};
    (void)state;
    set_up(&b, "honest");
    use(&b, "rule marked { strings: $a = \"needle\" condition: $a }");
    write_file("clean", "hay");
    write_file("marked", "hay needle");
    assert_ok(ask(&b, path_of("clean")));
    assert_ok(ask(&b, path_of("marked")));
    assert_ok(loop_run(b.loop));
    assert_true(str_find(buf_str(&b.records), STR("\"yara.rules\":[\"marked\"]")) != SIZE_MAX);
    assert_true(str_find(buf_str(&b.records), str_of(path_of("marked"))) != SIZE_MAX);
    assert_true(str_find(buf_str(&b.records), str_of(path_of("clean"))) == SIZE_MAX);
    assert_true(str_find(buf_str(&b.records), STR("\"process.pid\":7")) != SIZE_MAX);
    assert_non_null(strstr(health(&b, &text), "\"rules\":1"));
    buf_done(&text);
    tear_down(&b);
}

/* Asked for before a file that matches: the one record shows that none of them was looked into. */
static void only_regular_files_are_opened(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b, "honest");
    use(&b, "rule any_file { condition: true }");
    write_file("regular", "x");
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    char target[PATH_MAX];
    (void)snprintf(target, sizeof target, "%s", path_of("regular"));
    assert_int_equal(symlink(target, path_of("link")), 0);
    assert_ok(ask(&b, path_of("fifo")));
    assert_ok(ask(&b, path_of("link")));
    assert_ok(ask(&b, path_of("absent")));
    assert_ok(ask(&b, folder));
    assert_ok(ask(&b, "/dev/zero"));
    assert_ok(ask(&b, target));
    assert_ok(loop_run(b.loop));
    assert_true(str_find(buf_str(&b.records), str_of(target)) != SIZE_MAX);
    assert_int_equal(str_find(buf_str(&b.records), STR("\n")), b.records.len - 1);
    tear_down(&b);
}

static void a_malformed_wish_is_refused(void **state)
{
    struct bench b;
    (void)state;
    char with_nul[16 + 5] = {[16] = '/', 'a', 0, 'b', 'c'};
    char relative[16 + 3] = {[16] = 'a', '/', 'b'};
    static char longest[16 + PATH_MAX];
    memset(longest, '/', sizeof longest);
    set_up(&b, "honest");
    use(&b, "rule any_file { condition: true }");
    assert_int_equal(scanner_ask(b.scanner, STR("")), E_PARSE);
    assert_int_equal(scanner_ask(b.scanner, str_n(longest, 15)), E_PARSE);
    assert_int_equal(scanner_ask(b.scanner, str_n(longest, 16)), E_PARSE);
    assert_int_equal(scanner_ask(b.scanner, str_n(longest, sizeof longest)), E_PARSE);
    assert_int_equal(scanner_ask(b.scanner, str_n(with_nul, sizeof with_nul)), E_PARSE);
    assert_int_equal(scanner_ask(b.scanner, str_n(relative, sizeof relative)), E_PARSE);
    assert_ok(scanner_ask(b.scanner, str_n(longest, sizeof longest - 1)));
    tear_down(&b);
}

/* The rules before it stay in use. */
static void what_is_no_ruleset_is_refused(void **state)
{
    struct bench b;
    struct err err = {0};
    (void)state;
    set_up(&b, "honest");
    use(&b, "rule any_file { condition: true }");
    int fd = memfd_create("none", MFD_CLOEXEC);
    assert_int_equal(scanner_use(b.scanner, fd, &err), E_IO);
    assert_int_equal(write(fd, "no ruleset", 10), 10);
    assert_int_equal(scanner_use(b.scanner, fd, &err), E_PARSE);
    assert_ok(scanner_use(b.scanner, -1, &err));
    (void)close(fd);
    write_file("regular", "x");
    assert_ok(ask(&b, path_of("regular")));
    assert_ok(loop_run(b.loop));
    assert_true(b.records.len > 0);
    tear_down(&b);
}

static void stop_when_told(struct loop *loop, void *arg)
{
    struct bench *b = arg;
    struct buf text CLEANUP(buf_done) = {0};
    if (strstr(health(b, &text), "more than 67108864 bytes"))
        loop_stop(loop);
    else
        assert_true(loop_timer(loop, 10, stop_when_told, b) > 0);
}

/* 64 MiB in 4 MiB files, each allowed by itself. */
static void too_many_rules_are_told(void **state)
{
    enum { FILES = 17, FILE_BYTES = 4 * 1024 * 1024 };
    struct bench b;
    const char *files[FILES];
    (void)state;
    char *spaces = mem_alloc(FILE_BYTES + 1);
    assert_non_null(spaces);
    memset(spaces, ' ', FILE_BYTES);
    spaces[FILE_BYTES] = '\0';
    for (size_t i = 0; i < FILES; i++)
        files[i] = spaces;
    set_up(&b, "honest");
    int fd = image_of(files, FILES);
    assert_ok(scanner_use(b.scanner, fd, NULL));
    (void)close(fd);
    stop_when_told(b.loop, &b);
    assert_ok(loop_run(b.loop));
    mem_free(spaces);
    tear_down(&b);
}

/* Records have a limit: one that is too large would cost the analyst its life, again and again. */
static void a_lying_worker_makes_no_large_record(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b, "names");
    use(&b, "rule any_file { condition: true }");
    write_file("regular", "x");
    assert_ok(ask(&b, path_of("regular")));
    assert_ok(loop_run(b.loop));
    assert_true(b.records.len < RECORD_MOST);
    assert_true(str_find(buf_str(&b.records), STR("lllll")) == SIZE_MAX);
    assert_true(str_find(buf_str(&b.records), STR("\"short\"")) != SIZE_MAX);
    tear_down(&b);
}

/* ------------------------------------------------------------------ the worker */

static void add_result(struct buf *out)
{
    struct buf names CLEANUP(buf_done) = {0};
    for (unsigned i = 0; i < LONG_NAME; i++)
        buf_add_char(&names, 'l');
    buf_add_char(&names, '\n');
    for (unsigned i = 0; i < MANY_NAMES; i++)
        buf_add_cstr(&names, "short\n");
    buf_add_u32(out, 0);
    buf_add_u64(out, 1);
    buf_add_u8(out, 0);
    buf_add_u32(out, (uint32_t)names.len);
    buf_add_str(out, buf_str(&names));
    for (unsigned i = 0; i < IMSG_BODY_MAX / 2; i++)
        buf_add_char(out, '\1');
}

static int tell_lies(void)
{
    struct wire w CLEANUP(wire_done) = {.fd = STDIN_FILENO, .file = -1};
    struct buf ready CLEANUP(buf_done) = {0};
    struct buf result CLEANUP(buf_done) = {0};
    struct imsg m;
    int rc;
    buf_add_u32(&ready, 1);
    add_result(&result);
    while ((rc = wire_receive(&w, &m, -1)) == 0) {
        if (m.type == YARA_MSG_COMPILE)
            rc = wire_send(&w, YARA_MSG_READY, buf_str(&ready), -1, -1);
        else if (m.type == YARA_MSG_SCAN)
            rc = wire_send(&w, YARA_MSG_RESULT, buf_str(&result), -1, -1);
        if (rc)
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[2], AGENT_YARA_ROLE) == 0)
        return strcmp(argv[4], "names") == 0 ? tell_lies() : yara_serve(STDIN_FILENO, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_with_a_match_makes_a_record),
        cmocka_unit_test(only_regular_files_are_opened),
        cmocka_unit_test(a_malformed_wish_is_refused),
        cmocka_unit_test(what_is_no_ruleset_is_refused),
        cmocka_unit_test(too_many_rules_are_told),
        cmocka_unit_test(a_lying_worker_makes_no_large_record),
    };
    return cmocka_run_group_tests_name("agent/scanner", tests, make_folder, remove_folder);
}
