/* Rules and recordings of the outside world: every rule of the collection is accepted, and the
 * engine agrees with the reference on every recorded event.
 * Skipped where the data is absent. */
#include "harness/test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "codec/yaml.h"
#include "detect/detect.h"
#include "detect/sigma.h"
#include "event/normalise.h"
#include "harness/naive_sigma.h"

enum { RULES_MOST = 4000 };

/* Everything that is read from a folder of rules; nftw gives its callback no argument. */
static struct {
    struct builder *builder;
    struct builder_counts counts;
    struct arena arena;
    struct sigma_rule *rules[RULES_MOST]; /* the accepted ones, parsed again for the reference */
    size_t rules_len;
} world;

static struct str read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long len = ftell(f);
    rewind(f);
    char *text = malloc((size_t)len + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)len, f), (size_t)len);
    (void)fclose(f);
    return str_n(text, (size_t)len);
}

static void note_refused(void *arg, const struct err *err)
{
    (void)arg;
    print_error("%s:%u:%u: %s\n", err->source, err->line, err->column, err->message);
}

static void parse_again(struct str text)
{
    struct yaml_node **docs;
    size_t len;
    assert_ok(yaml_parse(text, "again", &yaml_limits_default, &world.arena, &docs, &len, NULL));
    for (size_t i = 0; i < len; i++) {
        struct sigma_rule *rule;
        if (!yaml_is_null(docs[i]) && sigma_parse(docs[i], NULL, &world.arena, &rule, NULL) == 0) {
            assert_true(world.rules_len < RULES_MOST);
            world.rules[world.rules_len++] = rule;
        }
    }
}

static int add_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (flag != FTW_F || !str_ends(str_of(path), STR(".yml")))
        return 0;
    struct str text = read_file(path);
    assert_ok(
        builder_add_sigma(world.builder, text, path, note_refused, NULL, &world.counts, NULL));
    parse_again(text);
    free((void *)(uintptr_t)text.ptr);
    return 0;
}

static struct ruleset *load_folder(const char *name, struct buf *image)
{
    char *folder = strdup(test_shared_data(name));
    memset(&world, 0, sizeof world);
    assert_ok(builder_new(&world.builder));
    assert_int_equal(nftw(folder, add_file, 16, FTW_PHYS), 0);
    free(folder);
    assert_ok(builder_finish(world.builder, image, NULL));
    builder_free(world.builder);
    struct ruleset *r;
    assert_ok(ruleset_load(buf_str(image), &r, NULL));
    assert_int_equal(ruleset_len(r), world.rules_len);
    return r;
}

static void unload(struct ruleset *r, struct buf *image)
{
    ruleset_unref(r);
    arena_done(&world.arena);
    buf_done(image);
}

static unsigned compare_event(struct engine *e, const struct event *ev)
{
    const struct match *matches;
    int count = engine_match(e, ev, &matches);
    assert_true(count >= 0);
    int next = 0;
    for (uint32_t r = 0; r < world.rules_len; r++) {
        bool fires = next < count && matches[next].rule == r;
        if (fires != naive_sigma_fires(world.rules[r], ev)) {
            struct buf json = {0};
            event_add_json(&json, ev);
            print_error("rule '%.*s', engine says %d: %s\n", STR_FMT(world.rules[r]->title), fires,
                        buf_cstr(&json));
            fail();
        }
        next += fires ? 1 : 0;
    }
    return (unsigned)count;
}

/* @param every compare one event in so many: the reference is slow */
static void compare_recording(struct ruleset *r, const char *name, unsigned every)
{
    struct str text = read_file(test_shared_data(name));
    struct normaliser *n;
    struct engine *e;
    assert_ok(normaliser_new(&n));
    assert_ok(engine_new(r, &e));
    static struct event ev;
    struct str rest = text;
    struct str line;
    unsigned events = 0;
    unsigned fired = 0;
    for (unsigned number = 0; str_next(&rest, '\n', &line); number++) {
        if (line.len == 0 || number % (every * TEST_FEWER) != 0)
            continue;
        assert_ok(normaliser_record(n, line, FORMAT_AUTO, &ev, NULL));
        fired += compare_event(e, &ev);
        /* Some rules are about sources these events do not have. */
        ev.product = ev.category = ev.service = (struct str){0};
        fired += compare_event(e, &ev);
        events++;
    }
    print_message("%s: %u events, fired %u times, %llu candidates\n", name, events, fired,
                  (unsigned long long)engine_stats(e)->candidates);
    assert_true(events > 100 / TEST_FEWER);
    engine_free(e);
    normaliser_free(n);
    free((void *)(uintptr_t)text.ptr);
}

static void the_engine_agrees_with_the_reference_on_macos_rules_and_recordings(void **state)
{
    (void)state;
    struct buf image = {0};
    struct ruleset *r = load_folder("sigma/rules/macos", &image);
    assert_int_equal(world.counts.accepted, 69);
    assert_int_equal(world.counts.refused, 0);
    compare_recording(r, "telemetry/fleet-edr-macos26-developer.jsonl", 1);
    compare_recording(r, "telemetry/champollion-macos11.jsonl", 4);
    unload(r, &image);
}

static void every_rule_of_the_whole_collection_is_accepted(void **state)
{
    (void)state;
    struct buf image = {0};
    struct ruleset *r = load_folder("sigma/rules", &image);
    print_message("%u accepted, %u refused\n", world.counts.accepted, world.counts.refused);
    assert_int_equal(world.counts.accepted, 3141);
    assert_int_equal(world.counts.refused, 0);
    compare_recording(r, "telemetry/fleet-edr-macos26-developer.jsonl", 9);
    unload(r, &image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_agrees_with_the_reference_on_macos_rules_and_recordings),
        cmocka_unit_test(every_rule_of_the_whole_collection_is_accepted),
    };
    return cmocka_run_group_tests_name("detect/recordings", tests, NULL, NULL);
}
