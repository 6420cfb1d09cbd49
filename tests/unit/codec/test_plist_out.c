#include "codec/plist_out.h"

#include "harness/test.h"

static void values_are_written_as_apple_writes_them(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf out = {0};
    struct plist_out p = {.out = &out};
    plist_begin(&p);
    plist_dict_begin(&p);
    plist_kv_cstr(&p, "Text", "a < b && \"c\" > 'd'");
    plist_kv_int(&p, "Number", -5);
    plist_kv_bool(&p, "Yes", true);
    plist_key(&p, "List");
    plist_array_begin(&p);
    plist_bool(&p, false);
    plist_str(&p, STR("\xc3\xa4"));
    plist_array_end(&p);
    plist_dict_end(&p);
    assert_ok(plist_end(&p));
    assert_str(
        buf_str(&out),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
        "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
        "<plist version=\"1.0\">\n"
        "<dict>\n"
        "\t<key>Text</key>\n"
        "\t<string>a &lt; b &amp;&amp; \"c\" &gt; 'd'</string>\n"
        "\t<key>Number</key>\n\t<integer>-5</integer>\n"
        "\t<key>Yes</key>\n\t<true/>\n"
        "\t<key>List</key>\n\t<array>\n\t\t<false/>\n\t\t<string>\xc3\xa4</string>\n\t</array>\n"
        "</dict>\n"
        "</plist>\n");
}

static void text_that_xml_cannot_hold_is_refused(void **state)
{
    (void)state;
    static const struct str bad[] = {STR("a\0b"), STR("\x1b[31m"), STR("\xff"), STR("line\r")};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP(buf_done) struct buf out = {0};
        struct plist_out p = {.out = &out};
        plist_begin(&p);
        plist_str(&p, bad[i]);
        assert_int_equal(plist_end(&p), E_ARG);
    }
}

static void too_deep_is_refused(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf out = {0};
    struct plist_out p = {.out = &out};
    plist_begin(&p);
    for (int i = 0; i < 33; i++)
        plist_array_begin(&p);
    assert_int_equal(plist_end(&p), E_LIMIT);
}

static int build(void *context)
{
    (void)context;
    CLEANUP(buf_done) struct buf out = {0};
    struct plist_out p = {.out = &out};
    plist_begin(&p);
    plist_kv_cstr(&p, "k", "v");
    return plist_end(&p);
}

static void memory_may_run_out_at_any_point(void **state)
{
    (void)state;
    test_every_allocation_fails(build, NULL, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_as_apple_writes_them),
        cmocka_unit_test(text_that_xml_cannot_hold_is_refused),
        cmocka_unit_test(too_deep_is_refused),
        cmocka_unit_test(memory_may_run_out_at_any_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
