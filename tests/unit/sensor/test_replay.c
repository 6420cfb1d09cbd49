#include <stdlib.h>
#include <unistd.h>

#include "unit/sensor/sink.h"

static char *folder;
static char path[512];

static int set_up(void **state)
{
    (void)state;
    folder = test_tmpdir();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_tmpdir_remove(folder);
    return 0;
}

/* A sensor that plays this text. */
static void open_text(struct sink *k, const char *text, const char *options)
{
    char config[1024];
    sink_script(folder, "recording", text, path);
    (void)snprintf(config, sizeof config, "path=%s\n%s", path, options);
    sink_open(k, "replay", config);
    sink_start(k);
}

static bool ended(struct sink *k)
{
    return !sink_health(k).running;
}

static void every_record_is_played_once_in_order(void **state)
{
    (void)state;
    struct sink k;
    open_text(&k, "{\"n\":1}\n\n{\"n\":2}\r\n{\"n\":3}", "");
    sink_wait(&k, ended);
    assert_str(buf_str(&k.text), "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
    struct sensor_health h = sink_health(&k);
    assert_int_equal(h.records, 3);
    assert_int_equal(h.lost, 0);
    assert_int_equal(h.tier, TIER_NONE);
    assert_string_equal(h.text, "");
    sink_close(&k);
}

static void a_long_recording_is_played_whole(void **state)
{
    (void)state;
    struct sink k;
    struct buf text CLEANUP(buf_done) = {0};
    for (unsigned i = 0; i < 5000; i++)
        buf_addf(&text, "{\"n\":%u}\n", i);
    open_text(&k, buf_cstr(&text), "rate=max\n");
    sink_wait(&k, ended);
    assert_str(buf_str(&k.text), buf_cstr(&text));
    sink_close(&k);
}

static void in_a_loop_it_starts_anew(void **state)
{
    (void)state;
    struct sink k;
    open_text(&k, "{\"n\":1}\n{\"n\":2}\n", "loop=yes\n");
    sink_wait_records(&k, 7);
    assert_true(str_starts(buf_str(&k.text),
                           STR("{\"n\":1}\n{\"n\":2}\n{\"n\":1}\n{\"n\":2}\n{\"n\":1}\n")));
    assert_true(sink_health(&k).running);
    sink_close(&k);
}

static void a_rate_is_never_exceeded(void **state)
{
    (void)state;
    struct sink k;
    int64_t began_ms = clock_mono_ms();
    open_text(&k, "{\"n\":1}\n", "loop=yes\nrate=200\n");
    sink_wait_records(&k, 40);
    int64_t elapsed_ms = clock_mono_ms() - began_ms;
    assert_true((int64_t)k.count <= elapsed_ms * 200 / 1000 + 1);
    sink_close(&k);
}

static void the_pauses_of_the_recording_are_kept(void **state)
{
    (void)state;
    struct sink k;
    int64_t began_ms = clock_mono_ms();
    open_text(&k,
              "{\"kind\":\"exit\",\"time\":\"2025-01-01T00:00:00.000Z\",\"process.pid\":1}\n"
              "{\"kind\":\"exit\",\"time\":\"2025-01-01T00:00:00.150Z\",\"process.pid\":2}\n"
              "{\"kind\":\"exit\",\"time\":\"2024-12-31T00:00:00.000Z\",\"process.pid\":3}\n"
              "{\"kind\":\"exit\",\"process.pid\":4}\n",
              "rate=as-recorded\n");
    sink_wait(&k, ended);
    assert_int_equal(k.count, 4);
    assert_true(clock_mono_ms() - began_ms >= 150);
    sink_close(&k);
}

static void paused_it_holds_its_place(void **state)
{
    (void)state;
    struct sink k;
    struct buf text CLEANUP(buf_done) = {0};
    for (unsigned i = 0; i < 3000; i++)
        buf_addf(&text, "{\"n\":%u}\n", i);
    open_text(&k, buf_cstr(&text), "");
    sink_wait_records(&k, 1);
    k.v->pause(k.s, true);
    k.v->pause(k.s, true);
    size_t held = k.count;
    assert_true(held < 3000);
    assert_true(sink_health(&k).running);
    sink_wait_records(&k, held); /* the loop turns, nothing comes */
    assert_int_equal(k.count, held);
    k.v->pause(k.s, false);
    sink_wait(&k, ended);
    assert_str(buf_str(&k.text), buf_cstr(&text));
    assert_int_equal(sink_health(&k).lost, 0);
    sink_close(&k);
}

static void damaged_records_are_skipped_and_counted(void **state)
{
    (void)state;
    struct sink k;
    open_text(&k, "{\"n\":1}\n{\"broken\n{\"n\":2}\n", "");
    sink_wait(&k, ended);
    assert_true(sink_saw(&k, "{\"n\":1}\n"));
    assert_true(sink_saw(&k, "{\"n\":2}\n"));
    assert_string_equal(sink_health(&k).text, "1 damaged records skipped");
    sink_close(&k);
}

static void an_empty_recording_in_a_loop_ends_and_says_so(void **state)
{
    (void)state;
    struct sink k;
    open_text(&k, "\n\n", "loop=yes\n");
    sink_wait(&k, ended);
    assert_non_null(strstr(sink_health(&k).text, "holds no record"));
    sink_close(&k);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        int code;
        const char *says;
    } cases[] = {
        {"", E_ARG, "needs path=FILE"},
        {"path=/nonexistent/recording\n", E_NOT_FOUND, "/nonexistent/recording"},
        {"path=/dev/null\nrate=0\n", E_ARG, "rate is '0'"},
        {"path=/dev/null\nrate=fast\n", E_ARG, "rate is 'fast'"},
        {"path=/dev/null\nrate=99999999999\n", E_ARG, "rate is"},
        {"path=/dev/null\nloop=2\n", E_ARG, "loop is '2'"},
        {"path=/dev/null\ncolour=red\n", E_ARG, "'colour'"},
    };
    const struct sensor_vtable *v = sensor_find(STR("replay"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sensor *s = NULL;
        struct err err = {0};
        assert_int_equal(v->open(str_of(cases[i].config), &s, &err), cases[i].code);
        assert_null(s);
        assert_non_null(strstr(err.message, cases[i].says));
    }
}

static int open_once(void *context)
{
    const struct sensor_vtable *v = sensor_find(STR("replay"));
    struct sensor *s = NULL;
    int rc = v->open(str_of(context), &s, NULL);
    if (rc == 0)
        v->close(s);
    return rc;
}

static void open_survives_every_allocation_failure(void **state)
{
    (void)state;
    char config[] = "path=/dev/null\nrate=as-recorded\n";
    test_every_allocation_fails(open_once, config, 500);
}

int main(void)
{
#define REPLAY_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        REPLAY_TEST(every_record_is_played_once_in_order),
        REPLAY_TEST(a_long_recording_is_played_whole),
        REPLAY_TEST(in_a_loop_it_starts_anew),
        REPLAY_TEST(a_rate_is_never_exceeded),
        REPLAY_TEST(the_pauses_of_the_recording_are_kept),
        REPLAY_TEST(paused_it_holds_its_place),
        REPLAY_TEST(damaged_records_are_skipped_and_counted),
        REPLAY_TEST(an_empty_recording_in_a_loop_ends_and_says_so),
        REPLAY_TEST(bad_options_are_refused),
        REPLAY_TEST(open_survives_every_allocation_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
