/* event/event_keep: an event that was kept says the same when its maker has made others. */
#include "harness/test.h"

#include <stdlib.h>

#include "event/event.h"
#include "event/normalise.h"
#include "event/proctree.h"

/* Escapes, joined arguments, unknown keys and lists: texts that do not lie in the record. */
static const char *const records[] = {
    "{\"kind\":\"exec\",\"time\":\"2026-11-24T03:42:18.5Z\",\"process.pid\":7,"
    "\"process.executable\":\"/bin/\\u0073h\",\"process.args\":[\"sh\",\"-c\",\"a\\\"b\"],"
    "\"process.parent.pid\":1,\"other\":{\"deep\":[\"x\",\"\\ty\"],\"n\":7},\"none\":null}",
    "{\"EventID\":1,\"Image\":\"C:\\\\a.exe\",\"CommandLine\":\"\",\"Odd\\u0041\":\"v\"}",
    "{\"kind\":\"fork\",\"process.pid\":7,\"process.target.pid\":8}",
    ("{\"kind\":\"exec\",\"process.pid\":8,\"process.parent.pid\":7,"
     "\"process.executable\":\"/bin/ls\"}"),
    "{}",
};

struct scene {
    struct normaliser *n;
    struct proctree *tree;
    struct arena arena;
    struct event kept[ARRAY_LEN(records)];
};

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    assert_ok(normaliser_new(&s->n));
    assert_ok(proctree_new(64, &s->tree));
    return s;
}

static void scene_free(struct scene *s)
{
    normaliser_free(s->n);
    proctree_free(s->tree);
    arena_done(&s->arena);
    free(s);
}

static void make(struct scene *s, size_t i, struct event *ev)
{
    struct err err = {0};
    if (normaliser_record(s->n, str_of(records[i]), FORMAT_AUTO, ev, &err))
        fail_msg("%s: %s", records[i], err.message);
}

static void a_kept_event_does_not_change_when_others_are_made(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    struct buf before[ARRAY_LEN(records)] = {{0}};
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        struct event *ev = &s->kept[i];
        make(s, i, ev);
        assert_ok(event_keep(ev, &s->arena, NULL));
        struct event_fields had = event_fields_of(ev);
        assert_ok(proctree_apply(s->tree, ev));
        event_add_json(&before[i], ev);
        assert_ok(event_keep(ev, &s->arena, &had));
    }
    assert_true(event_has(&s->kept[3], F_ANCESTORS));
    assert_true(event_has(&s->kept[3], F_PARENT_EXECUTABLE));
    normaliser_free(s->n);
    proctree_free(s->tree);
    s->n = NULL;
    s->tree = NULL;
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        struct buf after = {0};
        event_add_json(&after, &s->kept[i]);
        assert_str(buf_str(&after), buf_cstr(&before[i]));
        assert_ptr_equal(s->kept[i].raw.ptr, records[i]);
        buf_done(&after);
        buf_done(&before[i]);
    }
    scene_free(s);
}

static void what_lies_in_the_record_is_not_copied(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    make(s, 3, &s->kept[3]);
    assert_ok(event_keep(&s->kept[3], &s->arena, NULL));
    struct str executable = event_str(&s->kept[3], F_EXECUTABLE);
    assert_true(executable.ptr > records[3] && executable.ptr < records[3] + strlen(records[3]));
    scene_free(s);
}

static int keep_one(void *context)
{
    struct scene *s = context;
    struct arena arena = {0};
    struct event ev = s->kept[0];
    int rc = event_keep(&ev, &arena, NULL);
    arena_done(&arena);
    return rc;
}

static void a_failed_allocation_is_reported(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    make(s, 0, &s->kept[0]);
    test_every_allocation_fails(keep_one, s, 8);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_event_does_not_change_when_others_are_made),
        cmocka_unit_test(what_lies_in_the_record_is_not_copied),
        cmocka_unit_test(a_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("event/event_keep", tests, NULL, NULL);
}
