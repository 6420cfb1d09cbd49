/* event/normalise_cordon: what event_add_json writes comes back as it was, types included. */
#include "normalise_test.h"

static bool same_value(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_STR:
        return str_eq(a->s, b->s);
    case VALUE_INT:
        return a->i == b->i;
    case VALUE_BOOL:
        return a->b == b->b;
    case VALUE_LIST:
        if (a->count != b->count)
            return false;
        for (uint32_t i = 0; i < a->count; i++) {
            if (!str_eq(a->list[i], b->list[i]))
                return false;
        }
        return true;
    default:
        return true;
    }
}

static void assert_same(const struct event *a, const struct event *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_true(a->time_ns == b->time_ns);
    assert_true(str_eq(a->product, b->product) && str_eq(a->category, b->category) &&
                str_eq(a->service, b->service));
    /* The kind is a field that the normaliser sets; everything else was written and read. */
    for (unsigned id = 0; id < F_KIND; id++) {
        assert_int_equal(event_has(a, (enum field_id)id), event_has(b, (enum field_id)id));
        if (event_has(a, (enum field_id)id) && !same_value(&a->values[id], &b->values[id]))
            fail_msg("%.*s differs", STR_FMT(field_table[id].name));
    }
    assert_true(str_eq(event_str(b, F_KIND), kind_table[a->kind].name));
    assert_int_equal(a->extras_len, b->extras_len);
    for (size_t i = 0; i < a->extras_len; i++) {
        assert_true(str_eq(a->extras[i].name, b->extras[i].name));
        assert_true(same_value(&a->extras[i].value, &b->extras[i].value));
    }
}

static void take_back(struct reading *r, const struct event *ev)
{
    struct buf json = {0};
    event_add_json(&json, ev);
    reading_take(r, buf_str(&json), FORMAT_AUTO);
    assert_same(ev, &r->ev);
    assert_true(str_eq(buf_str(&json), buf_str(&r->json)));
    buf_done(&json);
}

/* Every type a value can have. */
static struct value value_of(unsigned which, const struct str *list)
{
    switch (which % 8) {
    case 0:
        return (struct value){.type = VALUE_STR, .s = STR("12")};
    case 1:
        return (struct value){.type = VALUE_INT, .i = INT64_MIN};
    case 2:
        return (struct value){.type = VALUE_BOOL, .b = true};
    case 3:
        return (struct value){.type = VALUE_NULL};
    case 4:
        return (struct value){.type = VALUE_LIST, .count = 3, .list = list};
    case 5:
        return (struct value){.type = VALUE_LIST};
    case 6:
        return (struct value){.type = VALUE_INT, .i = INT64_C(1152921500312525701)};
    default:
        return (struct value){.type = VALUE_STR, .s = STR("true\0\n\"\\/\xc3\xa9")};
    }
}

static void every_field_comes_back_with_every_type(void **state)
{
    (void)state;
    static struct event ev;
    struct reading *r = reading_new();
    const struct str list[] = {STR("a"), STR(""), STR("1")};
    for (unsigned shift = 0; shift < 8; shift++) {
        event_clear(&ev);
        ev.kind = (enum event_kind)(shift * 7 % KIND_COUNT);
        ev.time_ns = INT64_C(1754572895880814738) + shift;
        ev.product = STR("linux");
        ev.category = STR("own");
        for (unsigned id = 0; id < F_KIND; id++) {
            struct value v = value_of(id + shift, list);
            /* A time is written as text of the years that RFC 3339 text can have. */
            if (field_table[id].type == FIELD_TIME && v.type == VALUE_INT)
                v.i = INT64_C(1754572895880814738);
            event_set(&ev, (enum field_id)id, v);
        }
        take_back(r, &ev);
    }
    reading_free(r);
}

static void every_kind_and_every_extra_comes_back(void **state)
{
    (void)state;
    static struct event ev;
    struct reading *r = reading_new();
    const struct str list[] = {STR("a"), STR(""), STR("1")};
    struct extra extras[8];
    static const char *const names[] = {"a", "a.b", "", "[x]", "*", "\\", "Image", "extra.kind"};
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        event_clear(&ev);
        ev.kind = (enum event_kind)k;
        ev.category = kind_table[k].category;
        ev.service = STR("s");
        for (unsigned i = 0; i < ARRAY_LEN(extras); i++)
            extras[i] = (struct extra){str_of(names[i]), value_of(i + k, list)};
        ev.extras = extras;
        /* A Sigma name is a field's name elsewhere; here it stays what it is. */
        ev.extras_len = 6;
        take_back(r, &ev);
    }
    reading_free(r);
}

static void nothing_is_derived_but_the_category(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(r,
                 STR("{\"kind\":\"exec\",\"process.executable\":\"/bin/sh\","
                     "\"process.args\":[\"sh\",\"-c\"],\"process.uid\":0}"),
                 FORMAT_AUTO);
    assert_str(buf_str(&r->json),
               "{\"kind\":\"exec\",\"category\":\"process_creation\",\"process.executable\":"
               "\"/bin/sh\",\"process.args\":[\"sh\",\"-c\"],\"process.uid\":0}");
    reading_free(r);
}

static void foreign_shapes_do_no_harm(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(
        r,
        STR("{\"kind\":\"exec\",\"time\":\"no time\",\"product\":5,\"process.pid\":{\"a\":1},"
            "\"process.args\":[1,null,[2]],\"process.start\":\"soon\",\"x\":{\"y\":[{}]},"
            "\"process.pid\":7,\"x\":1.5,\"time\":null}"),
        FORMAT_AUTO);
    assert_str(buf_str(&r->json), "{\"kind\":\"exec\",\"category\":\"process_creation\",\"process."
                                  "pid\":7,\"process.args\":[\"1\",\"[2]\"],"
                                  "\"process.start\":\"soon\",\"x.y\":[\"{}\"],\"x\":\"1.5\"}");
    reading_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back_with_every_type),
        cmocka_unit_test(every_kind_and_every_extra_comes_back),
        cmocka_unit_test(nothing_is_derived_but_the_category),
        cmocka_unit_test(foreign_shapes_do_no_harm),
    };
    return cmocka_run_group_tests_name("event/normalise_cordon", tests, NULL, NULL);
}
