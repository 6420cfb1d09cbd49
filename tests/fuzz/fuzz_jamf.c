/* Fuzz rules of Jamf Protect. The first byte chooses: a whole file (repairs, heads), or a predicate
 * alone for one of the inputs. Whatever is accepted becomes an image that loads and matches, and is
 * accepted when it is read again. */
#include "detect/builder_priv.h"
#include "detect/jamf_priv.h"
#include "fuzz/fuzz.h"

static void match(struct ruleset *r, struct str text)
{
    struct engine *e;
    if (engine_new(r, &e))
        abort();
    static struct event ev;
    event_clear(&ev);
    struct str args[] = {STR("curl"), str_sub(text, 0, 200), STR("caf\xc3\xa9"), STR("")};
    ev.kind = KIND_EXEC;
    event_set_str(&ev, F_KIND, STR("exec"));
    event_set_str(&ev, F_EXECUTABLE, STR("/usr/bin/curl"));
    event_set_str(&ev, F_NAME, STR("curl"));
    event_set_str(&ev, F_FILE_PATH, str_sub(text, 0, 100));
    event_set_int(&ev, F_CS_FLAGS, 2);
    event_set_list(&ev, F_ARGS, args, ARRAY_LEN(args));
    const struct match *matches;
    int count = engine_match(e, &ev, &matches);
    FUZZ_ASSERT(count >= 0 && (uint32_t)count <= ruleset_len(r));
    engine_free(e);
}

static void finish(struct builder *b, uint32_t accepted, struct str text)
{
    struct buf image = {0};
    struct ruleset *r;
    if (builder_finish(b, &image, NULL) || ruleset_load(buf_str(&image), &r, NULL))
        abort();
    FUZZ_ASSERT(ruleset_len(r) == accepted);
    match(r, text);
    ruleset_unref(r);
    buf_done(&image);
}

static void check_report(void *arg, const struct err *err)
{
    (*(uint32_t *)arg)++;
    FUZZ_ASSERT(err->code < 0 && err->message[0] && err->source[0]);
}

static void whole_file(struct str text)
{
    struct builder *b;
    struct builder_counts counts = {0};
    uint32_t refused = 0;
    uint32_t notes = 0;
    if (builder_new(&b))
        abort();
    builder_on_note(b, check_report, &notes);
    if (builder_add_sigma(b, text, "fuzz", check_report, &refused, &counts, NULL))
        abort();
    FUZZ_ASSERT(refused == counts.refused);
    finish(b, counts.accepted, text);
    builder_free(b);
}

static void predicate(struct str text, const struct jamf_input_row *input)
{
    struct arena arena = {0};
    struct yaml_node nodes[] = {
        {.text = STR("name")}, {.text = STR("fuzz")},   {.text = STR("inputType"), .line = 2},
        {.line = 2},           {.text = STR("filter")}, {.text = text, .line = 3, .column = 9},
    };
    struct yaml_pair pairs[] = {
        {&nodes[0], &nodes[1]}, {&nodes[2], &nodes[3]}, {&nodes[4], &nodes[5]}};
    struct yaml_node doc = {.type = YAML_MAP, .len = ARRAY_LEN(pairs), .pairs = pairs};
    struct sigma_rule *rule;
    struct err err = {0};
    nodes[3].text = str_of(input->name);
    int rc = jamf_parse(&doc, STR(""), &arena, NULL, NULL, &rule, &err);
    if (rc) {
        FUZZ_ASSERT(err.message[0] && err.line > 0);
    } else {
        struct builder *b;
        if (builder_new(&b))
            abort();
        rc = builder_add_rule(b, rule, STR("fuzz"), &err);
        FUZZ_ASSERT(rc == 0 || err.message[0]);
        finish(b, rc == 0 ? 1 : 0, text);
        builder_free(b);
    }
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    unsigned choice = fuzz_take_byte(&in) % 8;
    CLEANUP(fuzz_freep) struct str text = fuzz_take_rest(&in);
    if (choice >= jamf_inputs_len)
        whole_file(text);
    else
        predicate(text, &jamf_inputs[choice]);
    return 0;
}
