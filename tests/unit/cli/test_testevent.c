/* Events in YAML become the JSON that a sensor would have sent. */
#include "cli/testevent.h"

#include "harness/test.h"

static void becomes(const char *yaml, const char *json)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct buf out CLEANUP(buf_done) = {0};
    struct yaml_node **docs = NULL;
    size_t len = 0;
    struct err err = {0};
    assert_ok_err(yaml_parse(str_of(yaml), "test", &yaml_limits_default, &arena, &docs, &len, &err),
                  &err);
    assert_int_equal(len, 1);
    assert_ok(testevent_add_json(&out, docs[0]));
    assert_str(buf_str(&out), json);
}

static void plain_scalars_are_typed_and_quoted_ones_are_strings(void **state)
{
    (void)state;
    becomes("{a: null, b: ~, c: true, d: false, e: 12, f: -7}",
            "{\"a\":null,\"b\":null,\"c\":true,\"d\":false,\"e\":12,\"f\":-7}");
    becomes("{a: 'null', b: \"true\", c: '12', d: ''}",
            "{\"a\":\"null\",\"b\":\"true\",\"c\":\"12\",\"d\":\"\"}");
    becomes("{a: yes, b: 1.5, c: 0x10, d: 99999999999999999999}",
            "{\"a\":\"yes\",\"b\":\"1.5\",\"c\":\"0x10\",\"d\":\"99999999999999999999\"}");
}

static void lists_and_maps_keep_their_order(void **state)
{
    (void)state;
    becomes(
        "process.args: [sh, -c, 'a \"b\"']\nfile: {path: /x, size: 3}\n",
        "{\"process.args\":[\"sh\",\"-c\",\"a \\\"b\\\"\"],\"file\":{\"path\":\"/x\",\"size\":3}}");
}

static void field_names_of_sigma_become_ours(void **state)
{
    (void)state;
    becomes("{kind: exec, Image: /bin/sh, process.pid: 4, Own: {Image: x}}",
            "{\"kind\":\"exec\",\"process.executable\":\"/bin/sh\",\"process.pid\":4,"
            "\"Own\":{\"Image\":\"x\"}}");
}

static void a_folded_scalar_is_one_string(void **state)
{
    (void)state;
    becomes("cmd: >-\n  one\n  two\n", "{\"cmd\":\"one two\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_scalars_are_typed_and_quoted_ones_are_strings),
        cmocka_unit_test(lists_and_maps_keep_their_order),
        cmocka_unit_test(field_names_of_sigma_become_ours),
        cmocka_unit_test(a_folded_scalar_is_one_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
