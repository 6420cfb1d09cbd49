/* Limited, named reads from a JSON object. See json_in.h. */
#include "proto/json_in.h"

#include <stdlib.h>

void json_in_freep(json_t **value)
{
    json_decref(*value);
    *value = NULL;
}

int json_in_object(struct str text, size_t limit, json_t **ret_object, struct err *err)
{
    if (text.len > limit)
        return err_set(err, E_LIMIT, "JSON of %zu bytes, at most %zu are allowed", text.len, limit);
    json_error_t why;
    json_t *value = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &why);
    if (!value) {
        err_at(err, NULL, (uint32_t)(why.line > 0 ? why.line : 0),
               (uint32_t)(why.column > 0 ? why.column : 0));
        return err_set(err, E_PARSE, "not valid JSON: %s", why.text);
    }
    if (!json_is_object(value)) {
        json_decref(value);
        return err_set(err, E_PARSE, "expected a JSON object");
    }
    *ret_object = value;
    return 0;
}

static const json_t *member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

int json_in_text(const json_t *object, const char *key, bool required, size_t max,
                 struct arena *arena, struct str *ret, struct err *err)
{
    const json_t *value = member(object, key);
    if (!value) {
        if (required)
            return err_set(err, E_PARSE, "member '%s' is missing", key);
        *ret = STR("");
        return 0;
    }
    if (!json_is_string(value))
        return err_set(err, E_PARSE, "member '%s' must be a text", key);
    struct str text = str_n(json_string_value(value), json_string_length(value));
    if (required && text.len == 0)
        return err_set(err, E_PARSE, "member '%s' is empty", key);
    if (text.len > max)
        return err_set(err, E_LIMIT, "member '%s' has %zu bytes, at most %zu are allowed", key,
                       text.len, max);
    struct str copy = arena_str(arena, text);
    if (!copy.ptr)
        return err_set(err, E_NOMEM, "member '%s': out of memory", key);
    *ret = copy;
    return 0;
}

int json_in_int(const json_t *object, const char *key, bool required, int64_t fallback,
                int64_t *ret, struct err *err)
{
    const json_t *value = member(object, key);
    if (!value) {
        if (required)
            return err_set(err, E_PARSE, "member '%s' is missing", key);
        *ret = fallback;
        return 0;
    }
    if (!json_is_integer(value))
        return err_set(err, E_PARSE, "member '%s' must be an integer", key);
    *ret = json_integer_value(value);
    return 0;
}

int json_in_bool(const json_t *object, const char *key, bool required, bool fallback, bool *ret,
                 struct err *err)
{
    const json_t *value = member(object, key);
    if (!value) {
        if (required)
            return err_set(err, E_PARSE, "member '%s' is missing", key);
        *ret = fallback;
        return 0;
    }
    if (!json_is_boolean(value))
        return err_set(err, E_PARSE, "member '%s' must be true or false", key);
    *ret = json_is_true(value);
    return 0;
}

int json_in_raw(const json_t *object, const char *key, size_t max, struct arena *arena,
                struct str *ret, struct err *err)
{
    const json_t *value = member(object, key);
    if (!value) {
        *ret = STR("");
        return 0;
    }
    if (!json_is_object(value) && !json_is_array(value))
        return err_set(err, E_PARSE, "member '%s' must be an object or a list", key);
    size_t need = json_dumpb(value, NULL, 0, JSON_COMPACT);
    if (need == 0)
        return err_set(err, E_NOMEM, "member '%s': out of memory", key);
    if (need > max)
        return err_set(err, E_LIMIT, "member '%s' has %zu bytes, at most %zu are allowed", key,
                       need, max);
    char *text = arena_alloc(arena, need + 1);
    if (!text || json_dumpb(value, text, need, JSON_COMPACT) != need)
        return err_set(err, E_NOMEM, "member '%s': out of memory", key);
    *ret = str_n(text, need);
    return 0;
}
