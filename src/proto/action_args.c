/* Arguments of an action against its row. See action_args.h. */
#include "proto/action_args.h"

#include <jansson.h>

#include "proto/json_in.h"
#include "schema/param.h"

static bool length_fits(const struct action_arg *arg, size_t len)
{
    return (int64_t)len >= arg->least && (int64_t)len <= arg->most;
}

static int check_list(const struct action_arg *arg, const json_t *value, struct err *err)
{
    size_t i;
    json_t *item;
    if (!json_is_array(value) || !length_fits(arg, json_array_size(value)))
        return err_set(err, E_ARG, "argument '%s' is a list of %lld to %lld texts", arg->name.ptr,
                       (long long)arg->least, (long long)arg->most);
    json_array_foreach(value, i, item)
    {
        if (!json_is_string(item) || json_string_length(item) == 0 ||
            json_string_length(item) > ACTION_LIST_ITEM_BYTES)
            return err_set(err, E_ARG, "item %zu of argument '%s' is a text of 1 to %d bytes",
                           i + 1, arg->name.ptr, ACTION_LIST_ITEM_BYTES);
    }
    return 0;
}

static int check_value(const struct action_arg *arg, const json_t *value, struct err *err)
{
    switch (arg->type) {
    case ACTION_ARG_TEXT:
        if (!json_is_string(value) || !length_fits(arg, json_string_length(value)))
            return err_set(err, E_ARG, "argument '%s' is a text of %lld to %lld bytes",
                           arg->name.ptr, (long long)arg->least, (long long)arg->most);
        return 0;
    case ACTION_ARG_INT:
        if (!json_is_integer(value) || json_integer_value(value) < arg->least ||
            json_integer_value(value) > arg->most)
            return err_set(err, E_ARG, "argument '%s' is an integer from %lld to %lld",
                           arg->name.ptr, (long long)arg->least, (long long)arg->most);
        return 0;
    case ACTION_ARG_BOOL:
        if (!json_is_boolean(value))
            return err_set(err, E_ARG, "argument '%s' is true or false", arg->name.ptr);
        return 0;
    case ACTION_ARG_LIST:
        return check_list(arg, value, err);
    }
    return err_set(err, E_INTERNAL, "argument '%s' has no type", arg->name.ptr);
}

static const struct action_arg *find_arg(const struct action_row *row, const char *name)
{
    for (size_t i = 0; i < row->args_len; i++) {
        if (str_is(row->args[i].name, name))
            return &row->args[i];
    }
    return NULL;
}

int action_args_check(const struct action_row *row, struct str args_json, struct err *err)
{
    json_t *object CLEANUP(json_in_freep) = NULL;
    const char *key;
    json_t *value;
    int rc =
        json_in_object(args_json, (size_t)param_default(PARAM_COMMAND_ARGS_BYTES), &object, err);
    if (rc)
        return rc;
    json_object_foreach(object, key, value)
    {
        const struct action_arg *arg = find_arg(row, key);
        if (!arg)
            return err_set(err, E_ARG, "action '%s' has no argument '%s'", row->name.ptr, key);
        rc = check_value(arg, value, err);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < row->args_len; i++) {
        if (row->args[i].required && !json_object_get(object, row->args[i].name.ptr))
            return err_set(err, E_ARG, "action '%s' needs the argument '%s'", row->name.ptr,
                           row->args[i].name.ptr);
    }
    return 0;
}
