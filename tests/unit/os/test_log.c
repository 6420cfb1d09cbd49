/* os/log: line forms, escaping of foreign text, bounded lines. */
#include "harness/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "os/file.h"
#include "os/log.h"

struct sink {
    int fds[2];
    char text[65536];
};

static int set_up(void **state)
{
    struct sink *s = calloc(1, sizeof *s);
    assert_non_null(s);
    assert_int_equal(pipe2(s->fds, O_NONBLOCK | O_CLOEXEC), 0);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct sink *s = *state;
    log_init("cordon", STDERR_FILENO, LOG_FORMAT_TEXT, LOG_INFO);
    (void)close(s->fds[0]);
    (void)close(s->fds[1]);
    free(s);
    return 0;
}

/* What was logged since the last call; "" when nothing. */
static const char *logged(struct sink *s)
{
    ssize_t n = read(s->fds[0], s->text, sizeof s->text - 1);
    s->text[n > 0 ? n : 0] = '\0';
    return s->text;
}

/* As logged, without the time in front. */
static const char *logged_after_time(struct sink *s)
{
    const char *text = logged(s);
    const char *space = strchr(text, ' ');
    assert_non_null(space);
    assert_int_equal(space - text, strlen("2025-08-07T13:21:35.880814Z"));
    return space + 1;
}

static void a_text_line_names_time_level_program_message_and_values(void **state)
{
    struct sink *s = *state;
    log_init("cordond", s->fds[1], LOG_FORMAT_TEXT, LOG_INFO);
    log_info("device enrolled", KV_CSTR("device", "d-1"), KV_INT("count", -3),
             KV_STR("name", STR("Anna's Mac")), KV_CSTR("none", ""));
    assert_string_equal(logged_after_time(s), "info cordond: device enrolled device=d-1 count=-3 "
                                              "name=\"Anna's Mac\" none=\"\"\n");
    log_error("stopped");
    assert_string_equal(logged_after_time(s), "error cordond: stopped\n");
}

static void foreign_text_cannot_forge_a_line_or_act_on_a_terminal(void **state)
{
    struct sink *s = *state;
    log_init("cordond", s->fds[1], LOG_FORMAT_TEXT, LOG_INFO);
    log_info("m\nn", KV_STR("v", STR("a\" b=c\n\x1b[2J\\")));
    assert_string_equal(logged_after_time(s),
                        "info cordond: m\\x0an v=\"a\\\" b=c\\x0a\\x1b[2J\\\\\"\n");
}

static void a_json_line_is_json_whatever_is_in_it(void **state)
{
    struct sink *s = *state;
    log_init("cordond", s->fds[1], LOG_FORMAT_JSON, LOG_INFO);
    log_warn("bad \"thing\"\n",
             KV_STR("v", STR("\\ \x01\x7f \xe2\x80\xae \xff \xf0\x9f\x8d\x8e \xc3\xa9")),
             KV_INT("n", INT64_MIN));
    const char *line = logged(s);
    assert_null(strchr(line, 0x7f));
    assert_null(strstr(line, "\xe2\x80\xae"));
    json_error_t error;
    json_t *root = json_loads(line, 0, &error);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "level")), "warn");
    assert_string_equal(json_string_value(json_object_get(root, "program")), "cordond");
    assert_string_equal(json_string_value(json_object_get(root, "message")), "bad \"thing\"\n");
    assert_string_equal(json_string_value(json_object_get(root, "v")),
                        "\\ \x01\x7f \xe2\x80\xae \xef\xbf\xbd \xf0\x9f\x8d\x8e \xc3\xa9");
    assert_true(json_integer_value(json_object_get(root, "n")) == INT64_MIN);
    json_decref(root);
}

static void a_line_that_would_be_too_long_says_what_it_left_out(void **state)
{
    struct sink *s = *state;
    char value[4000];
    memset(value, '\x01', sizeof value); /* six bytes each in JSON */
    for (int format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
        log_init("cordond", s->fds[1], (enum log_format)format, LOG_INFO);
        log_info("m", KV_STR("a", str_n(value, 2000)), KV_INT("n", 5),
                 KV_STR("b", str_n(value, 1000)), KV_STR("c", str_n(value, 4000)));
        const char *line = logged(s);
        assert_true(strlen(line) <= 8192);
        assert_int_equal(line[strlen(line) - 1], '\n');
        assert_non_null(strstr(line, "dropped_pairs"));
        if (format == LOG_FORMAT_TEXT) {
            assert_non_null(strstr(line, " n=5"));
            continue;
        }
        json_t *root = json_loads(line, 0, NULL);
        assert_non_null(root);
        assert_int_equal(json_integer_value(json_object_get(root, "n")), 5);
        json_decref(root);
    }
}

static void lines_below_the_least_level_are_not_written(void **state)
{
    struct sink *s = *state;
    enum log_level level;
    assert_ok(log_level_parse(STR("warn"), &level));
    assert_int_equal(level, LOG_WARN);
    assert_int_equal(log_level_parse(STR("loud"), &level), E_ARG);
    log_init("cordond", s->fds[1], LOG_FORMAT_TEXT, level);
    log_debug("a");
    log_info("b");
    assert_string_equal(logged(s), "");
    log_warn("c");
    assert_string_equal(logged_after_time(s), "warn cordond: c\n");
}

static void an_error_report_is_logged_with_its_place(void **state)
{
    struct sink *s = *state;
    struct err err = {0};
    log_init("cordond", s->fds[1], LOG_FORMAT_TEXT, LOG_DEBUG);
    err_at(&err, "a.yml", 3, 7);
    (void)err_set(&err, E_PARSE, "unknown modifier 'foo'");
    log_err(LOG_ERROR, "cannot load rules", &err);
    assert_string_equal(logged_after_time(s), "error cordond: cannot load rules code=E_PARSE "
                                              "reason=\"a.yml:3:7: unknown modifier 'foo'\"\n");
}

static void logging_needs_no_memory_and_keeps_errno(void **state)
{
    struct sink *s = *state;
    log_init("cordond", s->fds[1], LOG_FORMAT_JSON, LOG_INFO);
    mem_fail_after(1);
    errno = ENOENT;
    log_info("out of memory", KV_CSTR("k", "v w"));
    int e = errno;
    uint64_t allocations = mem_count();
    mem_fail_after(0);
    assert_int_equal(e, ENOENT);
    assert_int_equal(allocations, 0);
    assert_non_null(strstr(logged(s), "\"k\":\"v w\"}\n"));
    /* A sink that is gone is nobody's failure. */
    log_init("cordond", -1, LOG_FORMAT_TEXT, LOG_INFO);
    errno = ENOENT;
    log_info("nowhere");
    assert_int_equal(errno, ENOENT);
}

#define WITH_SINK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SINK(a_text_line_names_time_level_program_message_and_values),
        WITH_SINK(foreign_text_cannot_forge_a_line_or_act_on_a_terminal),
        WITH_SINK(a_json_line_is_json_whatever_is_in_it),
        WITH_SINK(a_line_that_would_be_too_long_says_what_it_left_out),
        WITH_SINK(lines_below_the_least_level_are_not_written),
        WITH_SINK(an_error_report_is_logged_with_its_place),
        WITH_SINK(logging_needs_no_memory_and_keeps_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
