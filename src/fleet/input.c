/* Checks of foreign text. See input_priv.h. */
#include "fleet/input_priv.h"

#include "base/text.h"
#include "codec/ndjson.h"

static bool has_control(struct str s, bool lines_allowed)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool line = c == '\n' || c == '\t' || c == '\r';
        if ((c < 0x20 && !(lines_allowed && line)) || c == 0x7f)
            return true;
    }
    return false;
}

static int check(struct str s, size_t least, size_t most, bool lines, const char *what,
                 struct err *err)
{
    if (s.len > most)
        return err_set(err, E_LIMIT, "%s has %zu bytes, at most %zu are allowed", what, s.len,
                       most);
    if (s.len < least)
        return err_set(err, E_ARG, "%s is missing", what);
    if (!text_utf8_valid(s) || has_control(s, lines))
        return err_set(err, E_ARG, "%s is not plain UTF-8 text", what);
    return 0;
}

int input_line(struct str s, size_t least, size_t most, const char *what, struct err *err)
{
    return check(s, least, most, false, what, err);
}

int input_reason(struct str s, size_t most, const char *what, struct err *err)
{
    int rc = check(s, 1, most, true, what, err);
    if (!rc && str_trim(s).len == 0)
        return err_set(err, E_ARG, "%s is missing", what);
    return rc;
}

int input_object(struct str s, size_t most, const char *what, struct err *err)
{
    size_t len = 0;
    if (s.len > most)
        return err_set(err, E_LIMIT, "%s has %zu bytes, at most %zu are allowed", what, s.len,
                       most);
    if (s.len == 0 || s.ptr[0] != '{' || ndjson_measure(s, &len) || len != s.len ||
        !text_utf8_valid(s))
        return err_set(err, E_PARSE, "%s is not a JSON object", what);
    return 0;
}
