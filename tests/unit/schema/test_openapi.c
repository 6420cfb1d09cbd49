/* schema/openapi.yaml against the tables: routes both ways, and every enumeration of names. What a
 * running server answers is held against the schemas by the scenario server_openapi. */
#include "harness/test.h"

#include <stdio.h>

#include "codec/yaml.h"
#include "os/file.h"
#include "schema/action.h"
#include "schema/field.h"
#include "schema/permission.h"
#include "schema/route.h"
#include "store/record.h"

static const char *const methods[] = {"get", "post", "delete", "put", "patch"};

/* An operation of the file. */
struct operation {
    struct str path;
    struct str method; /* as HTTP writes it */
    const struct yaml_node *node;
};

struct description {
    struct arena arena;
    struct yaml_node *root;
    struct operation *operations;
    size_t len;
};

static struct str upper(struct arena *arena, const char *method)
{
    char *text = arena_alloc(arena, strlen(method) + 1);
    assert_non_null(text);
    for (size_t i = 0; i <= strlen(method); i++)
        text[i] = (char)(method[i] >= 'a' && method[i] <= 'z' ? method[i] - 32 : method[i]);
    return str_of(text);
}

static void collect(struct description *d)
{
    const struct yaml_node *paths = yaml_find(d->root, "paths");
    assert_non_null(paths);
    d->operations = arena_array(&d->arena, paths->len * ARRAY_LEN(methods), sizeof *d->operations);
    assert_non_null(d->operations);
    for (size_t i = 0; i < paths->len; i++) {
        for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
            const struct yaml_node *node = yaml_find(paths->pairs[i].value, methods[m]);
            if (node)
                d->operations[d->len++] = (struct operation){paths->pairs[i].key->text,
                                                             upper(&d->arena, methods[m]), node};
        }
    }
}

static int read_description(void **state)
{
    static struct description d;
    struct buf text CLEANUP(buf_done) = {0};
    struct yaml_node **docs;
    size_t len;
    struct err err = {0};
    d = (struct description){0};
    assert_ok_err(file_read(CORDON_SOURCE_DIR "/src/schema/openapi.yaml", 1 << 20, &text, &err),
                  &err);
    assert_ok_err(yaml_parse(buf_str(&text), "openapi.yaml", &yaml_limits_default, &d.arena, &docs,
                             &len, &err),
                  &err);
    assert_int_equal(len, 1);
    d.root = docs[0];
    collect(&d);
    *state = &d;
    return 0;
}

static int free_description(void **state)
{
    struct description *d = *state;
    arena_done(&d->arena);
    return 0;
}

static const struct operation *find_operation(const struct description *d,
                                              const struct route_row *row)
{
    for (size_t i = 0; i < d->len; i++) {
        if (str_eq(d->operations[i].path, row->path) &&
            str_eq(d->operations[i].method, row->method))
            return &d->operations[i];
    }
    return NULL;
}

static const struct route_row *find_row(const struct operation *op)
{
    for (unsigned id = 0; id < ROUTE_COUNT; id++) {
        const struct route_row *row = &route_table[id];
        if (row->listener == LISTENER_ADMIN && str_eq(op->path, row->path) &&
            str_eq(op->method, row->method))
            return row;
    }
    return NULL;
}

static bool is_planned(const struct operation *op)
{
    return str_is(yaml_find_text(op->node, "x-planned"), "true");
}

/* The console's own files, which a browser fetches, are no interface. */
static bool is_interface(const struct route_row *row)
{
    static const struct str probes[] = {STR("/livez"), STR("/readyz"), STR("/metrics")};
    bool is = str_starts(row->path, STR("/api/"));
    for (size_t i = 0; i < ARRAY_LEN(probes); i++)
        is = is || str_eq(row->path, probes[i]);
    return is && row->listener == LISTENER_ADMIN;
}

static void every_route_of_the_administration_listener_is_described(void **state)
{
    const struct description *d = *state;
    for (unsigned id = 0; id < ROUTE_COUNT; id++) {
        const struct route_row *row = &route_table[id];
        if (!is_interface(row))
            continue;
        const struct operation *op = find_operation(d, row);
        if (!op || is_planned(op))
            fail_msg("%.*s %.*s is not described", STR_FMT(row->method), STR_FMT(row->path));
    }
}

static void every_operation_is_a_route_unless_it_is_marked_as_planned(void **state)
{
    const struct description *d = *state;
    assert_true(d->len > 25);
    for (size_t i = 0; i < d->len; i++) {
        const struct operation *op = &d->operations[i];
        if (!find_row(op) != is_planned(op))
            fail_msg("%.*s %.*s: %s", STR_FMT(op->method), STR_FMT(op->path),
                     is_planned(op) ? "served and still marked as planned" : "no such route");
    }
}

static void permissions_and_body_limits_are_those_of_the_table(void **state)
{
    const struct description *d = *state;
    for (size_t i = 0; i < d->len; i++) {
        const struct operation *op = &d->operations[i];
        const struct route_row *row = find_row(op);
        char limit[16];
        struct str said = yaml_find_text(op->node, "x-body-bytes");
        bool has_body = yaml_find(op->node, "requestBody") != NULL;
        if (!row)
            continue;
        if (!str_eq(yaml_find_text(op->node, "x-permission"), row->permission))
            fail_msg("%.*s %.*s: permission of the table: '%.*s'", STR_FMT(op->method),
                     STR_FMT(op->path), STR_FMT(row->permission));
        (void)snprintf(limit, sizeof limit, "%u", row->body_bytes);
        if (has_body != (row->body_bytes > 0) || (has_body ? !str_is(said, limit) : said.len > 0))
            fail_msg("%.*s %.*s: body limit of the table: %u", STR_FMT(op->method),
                     STR_FMT(op->path), row->body_bytes);
    }
}

static bool asks_for_csrf(const struct yaml_node *security)
{
    for (size_t i = 0; security && i < security->len; i++) {
        if (yaml_find(security->items[i], "csrf"))
            return true;
    }
    return false;
}

/* Nobody: an empty list. A change: with the csrf text. Reading: what holds for the whole file. */
static void every_operation_says_how_its_caller_is_known(void **state)
{
    const struct description *d = *state;
    for (size_t i = 0; i < d->len; i++) {
        const struct operation *op = &d->operations[i];
        const struct route_row *row = find_row(op);
        const struct yaml_node *security = yaml_find(op->node, "security");
        bool good;
        if (!row)
            continue;
        if (row->auth == AUTH_NONE)
            good = security && security->len == 0;
        else if (str_is(row->method, "GET"))
            good = !security;
        else
            good = asks_for_csrf(security);
        if (!good)
            fail_msg("%.*s %.*s: 'security' does not fit", STR_FMT(op->method), STR_FMT(op->path));
    }
}

static void every_operation_has_an_id_of_its_own_and_answers_for_errors(void **state)
{
    const struct description *d = *state;
    for (size_t i = 0; i < d->len; i++) {
        const struct operation *op = &d->operations[i];
        struct str id = yaml_find_text(op->node, "operationId");
        const struct yaml_node *responses = yaml_find(op->node, "responses");
        if (!id.len || !yaml_find(responses, "default") || responses->len < 2 ||
            !yaml_find_text(op->node, "summary").len)
            fail_msg("%.*s %.*s lacks something", STR_FMT(op->method), STR_FMT(op->path));
        for (size_t k = 0; k < i; k++) {
            if (str_eq(yaml_find_text(d->operations[k].node, "operationId"), id))
                fail_msg("two operations are called %.*s", STR_FMT(id));
        }
    }
}

/* ---------------------------------------------------------------- names */

static const struct yaml_node *schema_of(const struct description *d, const char *name)
{
    const struct yaml_node *node =
        yaml_find(yaml_find(yaml_find(d->root, "components"), "schemas"), name);
    if (!node)
        fail_msg("there is no schema %s", name);
    return node;
}

/* The enumeration has exactly these names, in this order; `names` steps by `size`. */
static void assert_enum(const struct description *d, const char *schema, const void *names,
                        size_t size, size_t len)
{
    const struct yaml_node *list = yaml_find(schema_of(d, schema), "enum");
    assert_non_null(list);
    for (size_t i = 0; i < len; i++) {
        struct str want;
        memcpy(&want, (const char *)names + i * size, sizeof want);
        if (i >= list->len || !str_eq(list->items[i]->text, want))
            fail_msg("%s: '%.*s' is not at place %zu", schema, STR_FMT(want), i);
    }
    assert_int_equal(list->len, len);
}

static void enumerations_have_the_names_of_the_tables(void **state)
{
    static const struct str codes[] = {
#define CODE_NAME(code, number, http, exit, text) STR(#code),
        ERR_LIST(CODE_NAME)
#undef CODE_NAME
    };
    const struct description *d = *state;
    assert_enum(d, "ErrorCode", codes, sizeof *codes, ARRAY_LEN(codes));
    assert_enum(d, "Role", role_table, sizeof *role_table, ROLE_COUNT);
    assert_enum(d, "Permission", permission_table, sizeof *permission_table, PERMISSION_COUNT);
    assert_enum(d, "ActionName", action_table, sizeof *action_table, ACTION_COUNT);
    assert_enum(d, "ActionState", action_state_table, sizeof *action_state_table,
                ACTION_STATE_COUNT);
    assert_enum(d, "DeviceState", device_state_names, sizeof(struct str), DEVICE_STATE_COUNT);
    assert_enum(d, "IsolationState", isolation_names, sizeof(struct str), ISOLATION_COUNT);
    assert_enum(d, "DeviceCondition", condition_names, sizeof(struct str), CONDITION_COUNT);
    assert_enum(d, "EnrollmentKind", enroll_kind_names, sizeof(struct str), ENROLL_KIND_COUNT);
    assert_enum(d, "HuntState", hunt_state_names, sizeof(struct str), HUNT_STATE_COUNT);
    assert_enum(d, "AlertState", alert_state_names, sizeof(struct str), ALERT_STATE_COUNT);
    assert_enum(d, "Level", alert_level_names, sizeof(struct str), ALERT_LEVEL_COUNT);
}

static const char *type_of(enum field_type type)
{
    switch (type) {
    case FIELD_INT:
        return "integer";
    case FIELD_BOOL:
        return "boolean";
    case FIELD_LIST:
        return "array";
    default:
        return "string";
    }
}

static void an_event_has_every_field_of_the_table_with_its_type(void **state)
{
    const struct description *d = *state;
    const struct yaml_node *properties = yaml_find(schema_of(d, "Event"), "properties");
    const size_t beside = 3; /* product, category, service */
    for (unsigned id = 0; id < FIELD_COUNT; id++) {
        const struct field_row *row = &field_table[id];
        if (id == F_EVENT_TIME) /* "time" in an event's JSON */
            continue;
        const struct yaml_node *property = yaml_find(properties, row->name.ptr);
        if (!property)
            fail_msg("field %.*s is not described", STR_FMT(row->name));
        const struct yaml_node *type = yaml_find(property, "type");
        struct str said = type->type == YAML_LIST ? type->items[0]->text : type->text;
        if (!str_is(said, type_of(row->type)))
            fail_msg("field %.*s: the type is %s", STR_FMT(row->name), type_of(row->type));
    }
    assert_int_equal(properties->len, FIELD_COUNT + beside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_of_the_administration_listener_is_described),
        cmocka_unit_test(every_operation_is_a_route_unless_it_is_marked_as_planned),
        cmocka_unit_test(permissions_and_body_limits_are_those_of_the_table),
        cmocka_unit_test(every_operation_says_how_its_caller_is_known),
        cmocka_unit_test(every_operation_has_an_id_of_its_own_and_answers_for_errors),
        cmocka_unit_test(enumerations_have_the_names_of_the_tables),
        cmocka_unit_test(an_event_has_every_field_of_the_table_with_its_type),
    };
    return cmocka_run_group_tests(tests, read_description, free_description);
}
