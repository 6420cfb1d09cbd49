/* "key=value" lines of a sensor's configuration. See option.h. */
#include "sensor/option.h"

#include "base/timefmt.h"

bool option_next(struct str *rest, struct option *ret_option)
{
    struct str line;
    while (str_next(rest, '\n', &line)) {
        line = str_trim(line);
        if (line.len == 0)
            continue;
        size_t eq = str_find_char(line, '=');
        ret_option->key = str_trim(str_sub(line, 0, eq));
        ret_option->value =
            eq == SIZE_MAX ? (struct str){0} : str_trim(str_sub(line, eq + 1, SIZE_MAX));
        return true;
    }
    return false;
}

int option_bool(const struct option *o, bool *ret_value, struct err *err)
{
    if (str_is(o->value, "yes") || str_is(o->value, "true"))
        *ret_value = true;
    else if (str_is(o->value, "no") || str_is(o->value, "false"))
        *ret_value = false;
    else
        return err_set(err, E_ARG, "%.*s is '%.*s', expected yes or no", STR_FMT(o->key),
                       STR_FMT(o->value));
    return 0;
}

int option_ms(const struct option *o, int64_t *ret_ms, struct err *err)
{
    int64_t ns;
    if (timefmt_parse_duration(o->value, &ns) || ns < NS_PER_MS)
        return err_set(err, E_ARG, "%.*s is '%.*s', expected a duration such as 5s",
                       STR_FMT(o->key), STR_FMT(o->value));
    *ret_ms = ns / NS_PER_MS;
    return 0;
}

int option_unknown(const struct option *o, const char *sensor, const char *has, struct err *err)
{
    return err_set(err, E_ARG, "the %s sensor has no option '%.*s', it has: %s", sensor,
                   STR_FMT(o->key), has);
}
