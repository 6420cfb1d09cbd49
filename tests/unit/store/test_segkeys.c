/* store: what a frame is known to hold, and what is asked of frames that say nothing. */
#include "store/segkeys.h"

#include <stdio.h>

#include "harness/test.h"

static const char lines[] =
    "{\"kind\":\"exec\",\"time\":\"2025-11-13T05:00:00Z\",\"category\":\"process_creation\","
    "\"process.executable\":\"/usr/bin/Curl\",\"process.name\":\"Curl\","
    "\"process.hash.sha256\":\"ABCDEF\"}\n"
    "this is no event\n"
    "{\"kind\":\"network_connect\",\"time\":\"2025-11-13T06:00:00Z\",\"product\":\"macos\","
    "\"process.executable\":\"/usr/bin/nc\",\"network.remote.ip\":\"10.1.2.3\"}\n";

static void make(struct buf *out, struct str plain)
{
    struct segkeys *k = NULL;
    assert_ok(segkeys_new(&k));
    assert_ok(segkeys_add(k, plain, out));
    segkeys_free(k);
}

static void whole_values_and_last_parts_are_known(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done) = {0};
    make(&b, str_of(lines));
    struct str keys = buf_str(&b);
    assert_true(segkeys_value(keys, F_EXECUTABLE, STR("/usr/bin/curl")));
    assert_true(segkeys_value(keys, F_NAME, STR("curl")));
    assert_true(segkeys_value(keys, F_SHA256, STR("abcdef")));
    assert_true(segkeys_value(keys, F_KIND, STR("exec")));
    assert_true(segkeys_value(keys, F_NET_REMOTE_IP, STR("10.1.2.3")));
    assert_true(segkeys_last_part(keys, F_EXECUTABLE, STR("nc")));
    assert_true(segkeys_exists(keys, F_NET_REMOTE_IP));
    assert_true(segkeys_category(keys, STR("process_creation")));

    assert_false(segkeys_value(keys, F_EXECUTABLE, STR("/usr/bin/wget")));
    assert_false(segkeys_value(keys, F_EXECUTABLE, STR("curl")));
    assert_false(segkeys_value(keys, F_NAME, STR("/usr/bin/curl")));
    assert_false(segkeys_value(keys, F_KIND, STR("fork")));
    assert_false(segkeys_last_part(keys, F_EXECUTABLE, STR("wget")));
    assert_false(segkeys_exists(keys, F_DNS_QUERY));
    assert_false(segkeys_category(keys, STR("file_event")));
    /* A field without keys may have anything. */
    assert_true(segkeys_value(keys, F_COMMAND_LINE, STR("x")));
    assert_true(segkeys_last_part(keys, F_CWD, STR("x")));
    assert_true(segkeys_exists(keys, F_CWD));
}

static void times_are_those_of_the_events(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done) = {0};
    struct buf none CLEANUP(buf_done) = {0};
    bool any = false;
    int64_t first = 0;
    int64_t last = 0;
    make(&b, str_of(lines));
    assert_true(segkeys_times(buf_str(&b), &any, &first, &last));
    assert_true(any);
    assert_true(first == INT64_C(1763010000000000000));
    assert_true(last == INT64_C(1763013600000000000));
    make(&none, STR("{\"kind\":\"exec\"}\n"));
    assert_true(segkeys_times(buf_str(&none), &any, &first, &last));
    assert_false(any);
}

static void an_event_that_says_nothing_of_its_source_concerns_every_category(void **state)
{
    (void)state;
    struct buf silent CLEANUP(buf_done) = {0};
    struct buf spoken CLEANUP(buf_done) = {0};
    make(&silent, STR("{\"kind\":\"mmap\",\"category\":\"\"}\n{\"kind\":\"stat\"}\n"));
    assert_true(segkeys_category(buf_str(&silent), STR("file_event")));
    make(&spoken, STR("{\"kind\":\"stat\",\"product\":\"macos\"}\n"));
    assert_false(segkeys_category(buf_str(&spoken), STR("file_event")));
}

static void bytes_that_are_no_keys_say_maybe(void **state)
{
    (void)state;
    static const struct str unknown[] = {{NULL, 0},
                                         STR("\x01"),
                                         STR("\x09"
                                             "0123456789012345678")};
    bool any;
    int64_t ns;
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        assert_true(segkeys_value(unknown[i], F_NAME, STR("x")));
        assert_true(segkeys_last_part(unknown[i], F_EXECUTABLE, STR("x")));
        assert_true(segkeys_exists(unknown[i], F_NAME));
        assert_true(segkeys_category(unknown[i], STR("x")));
        assert_false(segkeys_times(unknown[i], &any, &ns, &ns));
    }
}

/* 4,000 names in one frame, each found; of others few are taken for one of them. */
static void many_values_are_all_found_and_few_others(void **state)
{
    (void)state;
    struct buf plain CLEANUP(buf_done) = {0};
    struct buf b CLEANUP(buf_done) = {0};
    char name[16];
    unsigned wrong = 0;
    for (unsigned i = 0; i < 4000; i++)
        buf_addf(&plain, "{\"kind\":\"exec\",\"process.name\":\"p%u\"}\n", i);
    make(&b, buf_str(&plain));
    assert_in_range(b.len, 1000, SEGKEYS_BYTES_MOST);
    for (unsigned i = 0; i < 8000; i++) {
        (void)snprintf(name, sizeof name, "p%u", i);
        bool maybe = segkeys_value(buf_str(&b), F_NAME, str_of(name));
        assert_true(maybe || i >= 4000);
        wrong += i >= 4000 && maybe;
    }
    assert_in_range(wrong, 0, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_values_and_last_parts_are_known),
        cmocka_unit_test(times_are_those_of_the_events),
        cmocka_unit_test(an_event_that_says_nothing_of_its_source_concerns_every_category),
        cmocka_unit_test(bytes_that_are_no_keys_say_maybe),
        cmocka_unit_test(many_values_are_all_found_and_few_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
