/* YAML node -> JSON text. See testevent.h. Depth is bounded by the YAML parser's own limit. */
#include "cli/testevent.h"

#include "codec/json_out.h"
#include "schema/field.h"

static void add_scalar(struct json_out *json, const struct yaml_node *node)
{
    int64_t number;
    if (node->plain && yaml_is_null(node))
        json_null_value(json);
    else if (node->plain && (str_is(node->text, "true") || str_is(node->text, "false")))
        json_bool(json, str_is(node->text, "true"));
    else if (node->plain && str_to_i64(node->text, &number) == 0)
        json_int(json, number);
    else
        json_str(json, node->text);
}

static void add_node(struct json_out *json, const struct yaml_node *node)
{
    switch (node->type) {
    case YAML_SCALAR:
        add_scalar(json, node);
        break;
    case YAML_LIST:
        json_array_begin(json);
        for (size_t i = 0; i < node->len; i++)
            add_node(json, node->items[i]);
        json_array_end(json);
        break;
    case YAML_MAP:
        json_object_begin(json);
        for (size_t i = 0; i < node->len; i++) {
            json_key_str(json, node->pairs[i].key->text);
            add_node(json, node->pairs[i].value);
        }
        json_object_end(json);
        break;
    }
}

int testevent_add_json(struct buf *out, const struct yaml_node *event)
{
    struct json_out json = {.out = out};
    json_object_begin(&json);
    for (size_t i = 0; i < event->len; i++) {
        struct str name = event->pairs[i].key->text;
        enum field_id id = field_find(name);
        json_key_str(&json, id < FIELD_COUNT ? field_table[id].name : name);
        add_node(&json, event->pairs[i].value);
    }
    json_object_end(&json);
    return buf_check(out);
}
