#include "crypto/uuid5.h"

#include "harness/test.h"

static void names_give_the_uuids_of_the_standard(void **state)
{
    (void)state;
    char text[UUID5_TEXT_BYTES];
    assert_ok(uuid5_make(uuid5_dns, STR("www.example.com"), text)); /* RFC 9562, appendix A.4 */
    assert_string_equal(text, "2ED6657D-E927-568B-95E1-2665A8AEA6A2");
    assert_ok(uuid5_make(uuid5_dns, STR("python.org"), text)); /* Python's documentation of uuid */
    assert_string_equal(text, "886313E1-3B8A-5372-9B90-0C9AEE199E5D");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_give_the_uuids_of_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
