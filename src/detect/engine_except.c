/* Exceptions: whether an alert that a rule has raised is hidden. Asked only when a rule has fired,
 * so a plain comparison is good enough. Called by engine.c. */
#include "detect/engine_priv.h"
#include "detect/exception.h"

struct test_row {
    enum field_id field;
    enum exception_comparison comparison;
};

static const struct test_row test_rows[] = {
#define EXCEPTION_ROW(id, key, field, comparison, doc) [id] = {field, comparison},
    EXCEPTION_TESTS(EXCEPTION_ROW)
#undef EXCEPTION_ROW
};

static bool contains(struct str text, struct str part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (str_eq_nocase(str_sub(text, i, part.len), part))
            return true;
    }
    return false;
}

static bool fits_pattern(struct str text, struct str pattern)
{
    if (pattern.len && pattern.ptr[pattern.len - 1] == '*')
        return str_starts(text, str_sub(pattern, 0, pattern.len - 1));
    return str_eq(text, pattern);
}

/* "TEAMID:signing.id" or "platform:signing.id". */
static bool is_signer(const struct event *ev, struct str wanted)
{
    size_t colon = str_find_char(wanted, ':');
    struct str team = str_sub(wanted, 0, colon);
    struct value platform = event_get(ev, F_PLATFORM_BINARY);
    bool of_system = platform.type == VALUE_BOOL && platform.b;
    return colon != SIZE_MAX &&
           str_eq(event_str(ev, F_SIGNING_ID), str_sub(wanted, colon + 1, SIZE_MAX)) &&
           (str_is(team, "platform") ? of_system : str_eq(event_str(ev, F_TEAM_ID), team));
}

static bool test_holds(const struct engine *e, const struct image_test *t)
{
    const struct test_row *row = &test_rows[t->kind];
    struct str wanted = image_text(&e->rules->image, t->text);
    struct str text = event_str(e->ev, row->field);
    if (t->kind == EXCEPT_DEVICE && text.len == 0)
        text = str_n(e->device, e->device_len);
    switch (row->comparison) {
    case EXCEPT_EXACT:
        return str_eq(text, wanted);
    case EXCEPT_PATTERN:
        return fits_pattern(text, wanted);
    case EXCEPT_CONTAINS:
        return contains(text, wanted);
    case EXCEPT_SIGNER:
        return is_signer(e->ev, wanted);
    }
    return false;
}

/* The tests stand by kind: of each kind one must hold. */
static bool all_hold(const struct engine *e, const struct image_exception *x)
{
    const struct image_test *tests = e->rules->image.exception_tests + x->tests_start;
    for (uint32_t i = 0; i < x->tests_len;) {
        uint32_t kind = tests[i].kind;
        bool holds = false;
        for (; i < x->tests_len && tests[i].kind == kind; i++)
            holds = holds || test_holds(e, &tests[i]);
        if (!holds)
            return false;
    }
    return x->tests_len > 0;
}

bool engine_is_excepted(struct engine *e, uint32_t rule)
{
    const struct image *image = &e->rules->image;
    for (uint32_t i = image->exception_start[rule]; i < image->exception_start[rule + 1]; i++) {
        uint32_t index = image->exception_list[i];
        const struct image_exception *x = &image->exceptions[index];
        if ((x->expires_ns == 0 || e->ev->time_ns < x->expires_ns) && all_hold(e, x)) {
            e->hidden[index]++;
            e->stats.hidden++;
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ what they hid */

void engine_set_device(struct engine *e, struct str id)
{
    e->device_len = id.len < sizeof e->device ? id.len : 0;
    if (e->device_len)
        memcpy(e->device, id.ptr, e->device_len);
}

uint64_t engine_hidden(const struct engine *e, uint32_t exception)
{
    return e->hidden[exception];
}

void engine_carry_hidden(struct engine *e, const struct engine *from)
{
    const struct image *image = &e->rules->image;
    const struct image *old = &from->rules->image;
    for (uint32_t i = 0; i < image->exceptions_len; i++) {
        for (uint32_t k = 0; k < old->exceptions_len; k++) {
            if (str_eq(image_text(image, image->exceptions[i].id),
                       image_text(old, old->exceptions[k].id)))
                e->hidden[i] += from->hidden[k];
        }
    }
    e->stats.hidden += from->stats.hidden;
}
