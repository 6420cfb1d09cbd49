/* Fuzz expressions: whatever is accepted becomes a ruleset that matches; whatever is refused says
 * where and why. The first byte chooses fields of events or of our own. */
#include "detect/expr.h"
#include "detect/detect.h"
#include "fuzz/fuzz.h"

static const struct expr_field own[] = {
    {STR("a"), STR("a"), FIELD_STR},  {STR("b"), STR("b"), FIELD_INT},
    {STR("c"), STR("c"), FIELD_TIME}, {STR("d"), STR("d"), FIELD_BOOL},
    {STR("e"), STR("e"), FIELD_LIST},
};

static void check_refusal(int rc, const struct err *err)
{
    FUZZ_ASSERT(rc < 0 && err->code == rc && err->message[0]);
}

static void check_tree(const struct expr_node *node, unsigned depth)
{
    FUZZ_ASSERT(depth < 4 * EXPR_DEPTH_MOST);
    FUZZ_ASSERT((node->type == EXPR_COMPARE) == (node->compare != NULL));
    if (node->compare) {
        FUZZ_ASSERT(node->compare->op != EXPR_NOT_EQUALS);
        FUZZ_ASSERT((node->compare->values_len == 0) == (node->compare->op == EXPR_EXISTS));
        return;
    }
    FUZZ_ASSERT(node->operands_len >= (node->type == EXPR_NOT ? 1u : 2u));
    for (size_t i = 0; i < node->operands_len; i++)
        check_tree(node->operands[i], depth + 1);
}

static void parse_own(struct str text)
{
    const struct expr_schema schema = {STR("thing"), own, ARRAY_LEN(own), false};
    struct arena arena CLEANUP(arena_done) = {0};
    const struct expr_node *root = NULL;
    struct err err = {0};
    int rc = expr_parse(text, &schema, INT64_C(1763010000000000000), &arena, &root, &err);
    if (rc)
        check_refusal(rc, &err);
    else
        check_tree(root, 0);
}

static void match(struct ruleset *r, struct str text)
{
    struct engine *e = NULL;
    if (engine_new(r, &e))
        abort();
    static struct event ev;
    event_clear(&ev);
    ev.kind = KIND_EXEC;
    event_set_str(&ev, F_NAME, str_sub(text, 0, 20));
    event_set_int(&ev, F_PID, 7);
    const struct match *matches = NULL;
    int count = engine_match(e, &ev, &matches);
    FUZZ_ASSERT(count == 0 || count == 1);
    engine_free(e);
}

static void compile(struct str text)
{
    struct builder *b = NULL;
    struct err err = {0};
    struct buf image CLEANUP(buf_done) = {0};
    struct ruleset *r = NULL;
    const struct expr_rule rule = {
        .id = STR("x"), .source = "fuzz", .now_ns = INT64_C(1763010000000000000)};
    if (builder_new(&b))
        abort();
    int rc = builder_add_expr(b, text, &rule, &err);
    if (rc == 0) {
        FUZZ_ASSERT(builder_finish(b, &image, NULL) == 0);
        FUZZ_ASSERT(ruleset_load(buf_str(&image), &r, NULL) == 0);
        FUZZ_ASSERT(ruleset_len(r) == 1);
        match(r, text);
        ruleset_unref(r);
    } else {
        check_refusal(rc, &err);
        FUZZ_ASSERT(strcmp(err.source, "fuzz") == 0);
    }
    builder_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    uint8_t mode = fuzz_take_byte(&in);
    struct str text CLEANUP(fuzz_freep) = fuzz_take_rest(&in);
    if (mode & 1)
        parse_own(text);
    else
        compile(text);
    return 0;
}
