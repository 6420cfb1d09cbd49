/* yara: rules and files through a real worker process: what matches, what is refused with its
 * place, limits, and that a worker's death costs one file. */
#include "harness/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "yara/serve.h"
#include "yara/wire.h"
#include "yara/worker.h"
#include "yara/yara.h"

static const char *const worker_argv[] = {"/proc/self/exe", "worker", NULL};

static int file_with(struct str bytes)
{
    int fd = memfd_create("scanned", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
    return fd;
}

static struct yara_worker *worker_with(const char *rules, const struct yara_limits *limits)
{
    struct yara_worker *w;
    assert_ok(yara_worker_new(worker_argv, limits ? limits : &yara_limits_default, &w));
    assert_ok(yara_worker_add(w, STR("own.yar"), str_of(rules)));
    return w;
}

static int scan(struct yara_worker *w, struct str bytes, struct yara_found *found, struct err *err)
{
    int fd = file_with(bytes);
    int rc = yara_worker_scan(w, fd, found, err);
    (void)close(fd);
    return rc;
}

static void rules_that_match_are_named(void **state)
{
    (void)state;
    struct yara_worker *w =
        worker_with("import \"hash\"\nimport \"macho\"\n"
                    "rule word : tag1 tag2 { meta: family = \"x \\\"y\\\"\" score = 7 sure = true\n"
                    "  strings: $a = \"needle\" condition: $a }\n"
                    "private rule inner { condition: true }\n"
                    "rule sum { condition: hash.sha256(0, filesize) == "
                    "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\" }\n"
                    "rule mach { condition: macho.magic == 0xfeedfacf }\n",
                    NULL);
    struct yara_found found = {0};
    struct err err = {0};
    assert_ok_err(scan(w, STR("hay needle hay"), &found, &err), &err);
    assert_int_equal(yara_worker_rules(w), 4);
    assert_str(buf_str(&found.rules),
               "{\"rule\":\"word\",\"file\":\"own.yar\",\"tags\":[\"tag1\",\"tag2\"],\"meta\":"
               "{\"family\":\"x \\\"y\\\"\",\"score\":7,\"sure\":true},"
               "\"strings\":[{\"name\":\"$a\",\"offset\":4,\"bytes\":6}]}");
    assert_str(buf_str(&found.names), "word\n");
    assert_int_equal(found.bytes, 14);
    assert_false(found.cut);
    assert_ok_err(scan(w, STR("abc"), &found, &err), &err);
    assert_true(str_find(buf_str(&found.rules), STR("\"sum\"")) != SIZE_MAX);
    assert_ok_err(scan(w, STR("nothing"), &found, &err), &err);
    assert_int_equal(found.rules.len, 0);
    assert_ok_err(scan(w, STR(""), &found, &err), &err);
    assert_int_equal(yara_worker_losses(w), 0);
    yara_found_done(&found);
    yara_worker_free(w);
}

static void expect_refused(const char *rules, int code, unsigned line, const char *part)
{
    struct err err = {0};
    struct yara_worker *w = worker_with(rules, NULL);
    assert_int_equal(yara_worker_start(w, &err), code);
    assert_string_equal(err.source, "own.yar");
    assert_int_equal(err.line, line);
    if (!strstr(err.message, part))
        print_error("%s\n", err.message);
    assert_non_null(strstr(err.message, part));
    yara_worker_free(w);
}

static void wrong_rules_are_refused_with_their_place(void **state)
{
    (void)state;
    expect_refused("rule a { condition: true }\nrule b {\n  condition: tru }\n", E_PARSE, 3, "tru");
    expect_refused("rule a { strings: $a = /(/ condition: $a }", E_PARSE, 1, "");
    expect_refused("include \"/etc/passwd\"\nrule a { condition: true }", E_PARSE, 1, "include");
    expect_refused("rule a { condition: true }\nrule a { condition: true }\n", E_PARSE, 2, "a");
    expect_refused("import \"nothing\"\nrule a { condition: true }", E_PARSE, 1, "nothing");
}

static void what_is_slow_is_warned_of(void **state)
{
    (void)state;
    struct yara_worker *w =
        worker_with("rule a {\n strings: $a = /.{0,100}x/\n condition: $a }", NULL);
    struct err err = {0};
    assert_ok_err(yara_worker_start(w, &err), &err);
    assert_true(str_starts(yara_worker_warnings(w), STR("own.yar:")));
    assert_true(str_find(yara_worker_warnings(w), STR("slow")) != SIZE_MAX);
    yara_worker_free(w);
}

static void modules_beyond_the_list_are_refused(void **state)
{
    (void)state;
    struct err err = {0};
    struct yara_worker *w =
        worker_with("import \"dotnet\"\nrule a { condition: dotnet.number_of_streams > 0 }", NULL);
    assert_int_equal(yara_worker_start(w, &err), E_PARSE);
    assert_non_null(strstr(err.message, "dotnet"));
    yara_worker_free(w);
}

static void a_long_file_is_cut_and_says_so(void **state)
{
    (void)state;
    struct yara_limits limits = yara_limits_default;
    limits.file_bytes = 10;
    struct yara_worker *w = worker_with("rule a { strings: $a = \"end\" condition: $a }", &limits);
    struct yara_found found = {0};
    assert_ok(scan(w, STR("0123456789end"), &found, NULL));
    assert_true(found.cut);
    assert_int_equal(found.bytes, 10);
    assert_int_equal(found.rules.len, 0);
    assert_ok(scan(w, STR("0123456end"), &found, NULL));
    assert_false(found.cut);
    assert_true(found.rules.len > 0);
    yara_found_done(&found);
    yara_worker_free(w);
}

/* A condition that takes hours: the scan ends, the worker serves on or is replaced. */
static void a_rule_without_end_is_ended(void **state)
{
    (void)state;
    struct yara_limits limits = yara_limits_default;
    limits.seconds = 1;
    struct yara_worker *w = worker_with(
        "rule slow { condition: filesize == 4 and for all i in (1..2000000000): (for all j in "
        "(1..2000000000): (uint8(0) + i + j > 0)) }\n"
        "rule quick { strings: $a = \"word\" condition: $a }",
        &limits);
    struct yara_found found = {0};
    struct err err = {0};
    assert_int_equal(scan(w, STR("slow"), &found, &err), E_TIMEOUT);
    assert_ok_err(scan(w, STR("a quick word"), &found, &err), &err);
    assert_true(str_find(buf_str(&found.rules), STR("quick")) != SIZE_MAX);
    yara_found_done(&found);
    yara_worker_free(w);
}

static void a_dead_worker_is_replaced(void **state)
{
    (void)state;
    static const char *const dying[] = {"/bin/false", NULL};
    struct yara_worker *w;
    struct err err = {0};
    assert_ok(yara_worker_new(dying, &yara_limits_default, &w));
    assert_ok(yara_worker_add(w, STR("own.yar"), STR("rule a { condition: true }")));
    assert_int_equal(yara_worker_start(w, &err), E_CLOSED);
    assert_int_equal(yara_worker_start(w, &err), E_CLOSED);
    assert_int_equal(yara_worker_losses(w), 2);
    yara_worker_free(w);
}

static void megabytes_of_rules_are_taken_or_refused(void **state)
{
    (void)state;
    struct buf rules = {0};
    struct yara_worker *w;
    struct err err = {0};
    for (unsigned i = 0; i < 20000; i++)
        buf_addf(&rules, "rule r%u { strings: $a = \"literal number %u\" condition: $a }\n", i, i);
    w = worker_with(buf_cstr(&rules), NULL);
    assert_ok_err(yara_worker_start(w, &err), &err);
    assert_int_equal(yara_worker_rules(w), 20000);
    yara_worker_free(w);
    buf_clear(&rules);
    while (rules.len <= YARA_SOURCE_BYTES_MOST)
        buf_add_cstr(&rules, "// a line that means nothing and is repeated many times over\n");
    w = worker_with(buf_cstr(&rules), NULL);
    assert_int_equal(yara_worker_start(w, &err), E_LIMIT);
    yara_worker_free(w);
    buf_done(&rules);
}

/* ------------------------------------------------------------------ workers that lie */

enum { TOO_LONG = IMSG_BODY_MAX + 1, NAMES_SAID = 1000 };

static void add_header(struct buf *out, uint32_t magic, uint32_t len, enum yara_msg type)
{
    uint16_t word = (uint16_t)type;
    buf_add(out, &magic, sizeof magic);
    buf_add(out, &len, sizeof len);
    buf_add(out, (const char[4]){0}, 4);
    buf_add(out, &word, sizeof word);
    buf_add(out, (const char[2]){0}, 2);
}

static void garbage(struct buf *out)
{
    for (unsigned i = 0; i < 100000; i++)
        buf_add_u8(out, (uint8_t)(i * 7));
}

static void huge(struct buf *out)
{
    add_header(out, IMSG_MAGIC, TOO_LONG, YARA_MSG_RESULT);
}

static void half(struct buf *out)
{
    add_header(out, IMSG_MAGIC, 1000, YARA_MSG_RESULT);
    buf_add_cstr(out, "only this");
}

static void wrong(struct buf *out)
{
    imsg_add(out, YARA_MSG_TEXT, 0, 0, STR("a message for the other direction"));
}

static void brief(struct buf *out)
{
    imsg_add(out, YARA_MSG_RESULT, 0, 0, STR("abc"));
}

static void more_names(struct buf *out)
{
    struct buf body CLEANUP(buf_done) = {0};
    buf_add_u32(&body, 0);
    buf_add_u64(&body, 1);
    buf_add_u8(&body, 0);
    buf_add_u32(&body, NAMES_SAID);
    buf_add_cstr(&body, "fewer\n");
    imsg_add(out, YARA_MSG_RESULT, 0, 0, buf_str(&body));
}

static void unknown_code(struct buf *out)
{
    struct buf body CLEANUP(buf_done) = {0};
    buf_add_u32(&body, UINT32_MAX);
    buf_add_u64(&body, 1);
    buf_add_u8(&body, 0);
    buf_add_u32(&body, 0);
    imsg_add(out, YARA_MSG_RESULT, 0, 0, buf_str(&body));
}

static void refused_without_words(struct buf *out)
{
    imsg_add(out, YARA_MSG_REFUSED, 0, 0, STR(""));
}

static void silence(struct buf *out)
{
    (void)out;
}

/** What a worker that was taken over answers, and what its user makes of it. */
static const struct lie {
    const char *name;
    void (*answer)(struct buf *out);
    bool stays;      /* afterwards silent, instead of dead */
    int rules, file; /* codes when it lies about rules, about a file */
    bool lost;       /* counted as the loss of a worker, at a file */
} lies[] = {
    {"garbage", garbage, true, E_PARSE, E_PARSE, true},
    {"huge", huge, true, E_LIMIT, E_LIMIT, true},
    {"half-dead", half, false, E_CLOSED, E_CLOSED, true},
    {"half-silent", half, true, E_TIMEOUT, E_TIMEOUT, true},
    {"wrong", wrong, true, E_PARSE, E_PARSE, true},
    {"brief", brief, true, E_PARSE, E_PARSE, true},
    {"more-names", more_names, true, E_PARSE, E_PARSE, true},
    {"unknown-code", unknown_code, true, E_PARSE, -255, false},
    {"refused", refused_without_words, true, E_PARSE, E_PARSE, true},
    {"dead", silence, false, E_CLOSED, E_CLOSED, true},
};

static void lies_are_recognised(void **state)
{
    static const char *const stages[] = {"rules", "file"};
    struct yara_limits limits = {.file_bytes = 100, .seconds = 0, .compile_seconds = 1};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lies) * ARRAY_LEN(stages); i++) {
        const struct lie *lie = &lies[i / ARRAY_LEN(stages)];
        bool at_file = i % ARRAY_LEN(stages) != 0;
        const char *const argv[] = {"/proc/self/exe", "liar", lie->name, stages[at_file], NULL};
        struct yara_found found = {0};
        struct yara_worker *w;
        assert_ok(yara_worker_new(argv, &limits, &w));
        assert_ok(yara_worker_add(w, STR("own.yar"), STR("rule a { condition: true }")));
        for (unsigned again = 1; again <= 2; again++) {
            struct err err = {0};
            int rc = scan(w, STR("text"), &found, &err);
            bool right = rc == (at_file ? lie->file : lie->rules) && err.message[0];
            if (!right)
                print_error("%s about %s: %d %s\n", lie->name, stages[at_file], rc, err.message);
            assert_true(right);
            assert_int_equal(found.names.len + found.rules.len, 0);
            if (at_file && lie->lost)
                assert_int_equal(yara_worker_losses(w), again);
        }
        yara_found_done(&found);
        yara_worker_free(w);
    }
}

static int tell_lie(const char *name, bool about_rules)
{
    struct wire w CLEANUP(wire_done) = {.fd = STDIN_FILENO, .file = -1};
    struct buf out CLEANUP(buf_done) = {0};
    struct buf ready CLEANUP(buf_done) = {0};
    struct imsg m;
    size_t i = 0;
    while (i + 1 < ARRAY_LEN(lies) && strcmp(lies[i].name, name) != 0)
        i++;
    lies[i].answer(&out);
    buf_add_u32(&ready, 1);
    while (wire_receive(&w, &m, -1) == 0) {
        if (m.type == YARA_MSG_COMPILE && !about_rules) {
            if (wire_send(&w, YARA_MSG_READY, buf_str(&ready), -1, -1) != 0)
                return 1;
        } else if (m.type == YARA_MSG_COMPILE || m.type == YARA_MSG_SCAN) {
            if (send(w.fd, out.ptr, out.len, MSG_NOSIGNAL) != (ssize_t)out.len || !lies[i].stays)
                return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "worker") == 0)
        return yara_serve(STDIN_FILENO, UINT64_C(2) << 30);
    if (argc > 3 && strcmp(argv[1], "liar") == 0)
        return tell_lie(argv[2], strcmp(argv[3], "rules") == 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_that_match_are_named),
        cmocka_unit_test(wrong_rules_are_refused_with_their_place),
        cmocka_unit_test(what_is_slow_is_warned_of),
        cmocka_unit_test(modules_beyond_the_list_are_refused),
        cmocka_unit_test(a_long_file_is_cut_and_says_so),
        cmocka_unit_test(a_rule_without_end_is_ended),
        cmocka_unit_test(a_dead_worker_is_replaced),
        cmocka_unit_test(lies_are_recognised),
        cmocka_unit_test(megabytes_of_rules_are_taken_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
