/* Fuzz the YAML tree: whatever is accepted keeps to its limits when walked with aliases expanded.
 */
#include "codec/yaml.h"
#include "fuzz/fuzz.h"

/* Nodes of the subtree; checks depth, places and slices on the way. */
static size_t walk(const struct yaml_node *node, unsigned depth)
{
    FUZZ_ASSERT(depth < 32 && node->line && node->column);
    size_t count = 1;
    switch (node->type) {
    case YAML_SCALAR:
        FUZZ_ASSERT(node->text.ptr && node->text.ptr[node->text.len] == '\0');
        (void)yaml_is_null(node);
        break;
    case YAML_LIST:
        for (size_t i = 0; i < node->len; i++)
            count += walk(node->items[i], depth + 1);
        break;
    case YAML_MAP:
        for (size_t i = 0; i < node->len; i++) {
            FUZZ_ASSERT(node->pairs[i].key->type == YAML_SCALAR);
            count += walk(node->pairs[i].key, depth + 1) + walk(node->pairs[i].value, depth + 1);
        }
        break;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct yaml_limits limits = {.bytes = 65536, .nodes = 5000, .depth = 32};
    struct fuzz_input in = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str text = fuzz_take_rest(&in);
    CLEANUP(arena_done) struct arena arena = {0};
    struct yaml_node **docs;
    size_t len;
    struct err err = {0};
    int rc = yaml_parse(text, "fuzz", &limits, &arena, &docs, &len, &err);
    FUZZ_ASSERT(rc == 0 || (rc == err.code && err.message[0]));
    size_t nodes = 0;
    for (size_t i = 0; rc == 0 && i < len; i++)
        nodes += walk(docs[i], 0);
    FUZZ_ASSERT(nodes <= limits.nodes);
    return 0;
}
