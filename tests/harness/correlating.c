/* A ruleset with correlations under test. See correlating.h. */
#include "harness/correlating.h"

#include "harness/test.h"

static void keep(void *arg, const struct err *err)
{
    ((struct correlating *)arg)->last = *err;
}

int correlating_try(struct correlating *w, const char *yaml)
{
    *w = (struct correlating){0};
    struct builder *b;
    int rc = builder_new(&b);
    if (rc)
        return rc;
    rc = builder_add_sigma(b, str_of(yaml), "c.yml", keep, w, &w->counts, NULL);
    if (rc == 0)
        rc = builder_link(b, keep, w, &w->counts, NULL);
    if (rc == 0)
        rc = builder_finish(b, &w->image, NULL);
    builder_free(b);
    if (rc == 0)
        rc = ruleset_load(buf_str(&w->image), &w->rules, NULL);
    if (rc == 0)
        rc = engine_new(w->rules, &w->engine);
    return rc ? rc : correlator_new(w->rules, &w->correlator);
}

void correlating_done(struct correlating *w)
{
    correlator_free(w->correlator);
    engine_free(w->engine);
    ruleset_unref(w->rules);
    buf_done(&w->image);
}

void correlating_init(struct correlating *w, const char *yaml)
{
    assert_ok(correlating_try(w, yaml));
    if (w->counts.refused)
        print_error("%s\n%u:%u %s\n", yaml, w->last.line, w->last.column, w->last.message);
    assert_int_equal(w->counts.refused, 0);
}

void correlating_swap(struct correlating *w, const char *yaml)
{
    struct correlating next;
    correlating_init(&next, yaml);
    assert_ok(correlator_adopt(next.correlator, w->correlator));
    correlating_done(w);
    *w = next;
}

int correlating_take(struct correlating *w, const struct event *ev, uint64_t record)
{
    const struct match *matches;
    int count = engine_match(w->engine, ev, &matches);
    assert_true(count >= 0);
    int alerts = correlator_event(w->correlator, ev, record, matches, count, &w->alerts);
    assert_true(alerts >= 0);
    return alerts;
}

int correlating_event(struct correlating *w, int64_t ms, const char *what, const char *user,
                      const char *value)
{
    static uint64_t record;
    struct extra extras[3] = {{STR("What"), {.type = VALUE_STR, .s = str_of(what)}}};
    struct event ev = {.time_ns = INT64_C(1700000000) * NS_PER_S + ms * NS_PER_MS,
                       .extras = extras,
                       .extras_len = 1};
    if (user)
        extras[ev.extras_len++] =
            (struct extra){STR("Who"), {.type = VALUE_STR, .s = str_of(user)}};
    if (value)
        extras[ev.extras_len++] =
            (struct extra){STR("Value"), {.type = VALUE_STR, .s = str_of(value)}};
    return correlating_take(w, &ev, ++record);
}
