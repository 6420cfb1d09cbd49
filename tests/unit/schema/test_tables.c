/* schema: every table row is well formed and names are unique. */
#include "harness/test.h"

#include "base/buf.h"
#include "schema/field.h"
#include "schema/kind.h"
#include "schema/param.h"
#include "schema/route.h"

static void every_field_is_found_by_both_its_names(void **state)
{
    (void)state;
    for (unsigned id = 0; id < FIELD_COUNT; id++) {
        const struct field_row *row = &field_table[id];
        assert_true(row->name.len > 0 && row->doc.len > 0);
        assert_int_equal(field_find(row->name), id);
        if (row->sigma.len)
            assert_int_equal(field_find(row->sigma), id);
    }
    assert_int_equal(field_find(STR("")), FIELD_COUNT);
    assert_int_equal(field_find(STR("NoSuchField")), FIELD_COUNT);
}

static void every_kind_is_found_by_its_names(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        assert_int_equal(kind_find(kind_table[k].name), k);
        if (kind_table[k].es.len)
            assert_int_equal(kind_find_es(kind_table[k].es), k);
        assert_true(kind_table[k].doc.len > 0);
    }
    assert_int_equal(kind_find_es(STR("")), KIND_UNKNOWN);
}

static void every_parameter_has_a_default_within_its_bounds(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PARAM_COUNT; i++) {
        const struct param_row *row = &param_table[i];
        assert_true(row->least <= row->value && row->value <= row->most);
        assert_true(row->unit.len > 0 && row->doc.len > 0);
        assert_ptr_equal(param_find(row->name), row);
    }
}

/* The path of a row with each braced part replaced by "x1". */
static void sample_path(struct str pattern, struct buf *out)
{
    struct str part;
    (void)str_next(&pattern, '/', &part);
    while (str_next(&pattern, '/', &part)) {
        buf_add_char(out, '/');
        buf_add_str(out, part.len && part.ptr[0] == '{' ? STR("x1") : part);
    }
}

static void every_route_is_found_by_its_own_path(void **state)
{
    (void)state;
    for (unsigned id = 0; id < ROUTE_COUNT; id++) {
        const struct route_row *row = &route_table[id];
        struct buf path CLEANUP(buf_done) = {0};
        struct route_match m;
        sample_path(row->path, &path);
        assert_ok(route_find(row->listener, row->method, buf_str(&path), &m));
        assert_int_equal(m.id, id);
        assert_true(row->auth != AUTH_PERSON || row->permission.len > 0);
        if (m.params_len)
            assert_str(m.params[0], "x1");
        assert_int_equal(route_find(row->listener, STR("BREW"), buf_str(&path), &m), E_UNSUPPORTED);
    }
}

static void a_path_that_is_no_route_is_not_found(void **state)
{
    (void)state;
    struct route_match m;
    static const char *const paths[] = {"/",
                                        "",
                                        "/api/v1/devices/",
                                        "/api/v1/devices//revoke",
                                        "/api/v1/devices/x/y",
                                        "/api/v1/devices/x/revoke/y",
                                        "api/v1/devices"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        assert_int_equal(route_find(LISTENER_ADMIN, STR("GET"), str_of(paths[i]), &m), E_NOT_FOUND);
    assert_int_equal(route_find(LISTENER_DEVICE, STR("GET"), STR("/api/v1/devices"), &m),
                     E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_found_by_both_its_names),
        cmocka_unit_test(every_kind_is_found_by_its_names),
        cmocka_unit_test(every_parameter_has_a_default_within_its_bounds),
        cmocka_unit_test(every_route_is_found_by_its_own_path),
        cmocka_unit_test(a_path_that_is_no_route_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
