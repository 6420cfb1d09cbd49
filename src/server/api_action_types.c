/* The action table for people's programs: forms are made from it. */
#include "server/handlers.h"
#include "server/render.h"

static void kv_filled(struct json_out *j, const char *key, struct str s)
{
    if (s.len)
        json_kv_str(j, key, s);
}

static const char *type_name(enum action_arg_type type)
{
    switch (type) {
    case ACTION_ARG_INT:
        return "integer";
    case ACTION_ARG_BOOL:
        return "boolean";
    case ACTION_ARG_LIST:
        return "list";
    default:
        return "text";
    }
}

static void add_argument(const struct action_arg *a, struct json_out *j)
{
    json_object_begin(j);
    json_kv_str(j, "name", a->name);
    json_kv_cstr(j, "type", type_name(a->type));
    json_kv_bool(j, "required", a->required);
    json_kv_int(j, "least", a->least);
    json_kv_int(j, "most", a->most);
    if (a->type == ACTION_ARG_LIST)
        json_kv_int(j, "item_bytes", ACTION_LIST_ITEM_BYTES);
    json_kv_str(j, "description", a->doc);
    json_object_end(j);
}

static void add_platforms(unsigned platforms, struct json_out *j)
{
    json_key(j, "platforms");
    json_array_begin(j);
    if (platforms & PLATFORM_MACOS)
        json_str(j, STR("macos"));
    if (platforms & PLATFORM_LINUX)
        json_str(j, STR("linux"));
    json_array_end(j);
}

static void add_type(const struct action_row *row, struct json_out *j)
{
    static const char *const channels[] = {
        [CHANNEL_AGENT] = "agent", [CHANNEL_MDM] = "mdm", [CHANNEL_SERVER] = "server"};
    json_object_begin(j);
    json_kv_str(j, "name", row->name);
    json_kv_str(j, "description", row->doc);
    json_key(j, "arguments");
    json_array_begin(j);
    for (size_t i = 0; i < row->args_len; i++)
        add_argument(&row->args[i], j);
    json_array_end(j);
    add_platforms(row->platforms, j);
    json_kv_cstr(j, "channel", channels[row->channel]);
    json_kv_bool(j, "containment", row->desired_state);
    json_kv_bool(j, "destructive", row->destructive);
    kv_filled(j, "reversed_by", row->reversed_by);
    kv_filled(j, "not_restored", row->not_restored);
    kv_filled(j, "unreachable", row->unreachable);
    json_kv_int(j, "expires_s", row->expires_s);
    json_kv_int(j, "timeout_s", row->timeout_s);
    json_kv_str(j, "permission", permission_table[row->permission].name);
    json_key(j, "example");
    json_raw(j, row->example);
    json_object_end(j);
}

void actions_types(struct call *c)
{
    struct buf out CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &out};
    render_list_begin(&j);
    for (unsigned i = 0; i < ACTION_COUNT; i++)
        add_type(&action_table[i], &j);
    render_list_end(&j, STR(""));
    reply_json(c, 200, &out);
}
