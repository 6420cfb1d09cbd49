/* The table of value modifiers. See modifiers.h. */
#include "detect/modifiers.h"

#include "detect/regex.h"

static const char *match_name(enum sigma_match match)
{
    switch (match) {
    case SIGMA_EQUALS:
        return "equals";
    case SIGMA_CONTAINS:
        return "contains";
    case SIGMA_STARTSWITH:
        return "startswith";
    case SIGMA_ENDSWITH:
        return "endswith";
    case SIGMA_REGEX:
        return "re";
    case SIGMA_EXISTS:
        return "exists";
    }
    return "";
}

static int set_match(struct sigma_item *item, const struct modifier_row *row, struct err *err)
{
    if (item->match != SIGMA_EQUALS)
        return err_set(err, E_PARSE, "modifier '%.*s' cannot follow '%s'", STR_FMT(row->name),
                       match_name(item->match));
    item->match = (enum sigma_match)row->argument;
    return 0;
}

static int set_all(struct sigma_item *item, const struct modifier_row *row, struct err *err)
{
    (void)row;
    (void)err;
    item->all = true;
    return 0;
}

static int set_regex_flag(struct sigma_item *item, const struct modifier_row *row, struct err *err)
{
    if (item->match != SIGMA_REGEX)
        return err_set(err, E_PARSE, "modifier '%.*s' must follow 're'", STR_FMT(row->name));
    item->regex_flags |= (uint32_t)row->argument;
    return 0;
}

#define SET(name, function, argument, doc)                                                         \
    {                                                                                              \
        STR(name), function, argument, NULL, STR(doc)                                              \
    }
#define LATER(name, doc)                                                                           \
    {                                                                                              \
        STR(name), NULL, 0, NULL, STR(doc)                                                         \
    }

const struct modifier_row modifier_table[] = {
    SET("contains", set_match, SIGMA_CONTAINS, "the value stands anywhere in the field"),
    SET("startswith", set_match, SIGMA_STARTSWITH, "the field begins with the value"),
    SET("endswith", set_match, SIGMA_ENDSWITH, "the field ends with the value"),
    SET("all", set_all, 0, "every value of the list must hold"),
    SET("re", set_match, SIGMA_REGEX, "the value is a regular expression, found anywhere"),
    SET("i", set_regex_flag, REGEX_CASELESS, "regular expression: ignore case"),
    SET("ignorecase", set_regex_flag, REGEX_CASELESS, "the same as i"),
    SET("m", set_regex_flag, REGEX_MULTILINE, "regular expression: ^ and $ match at line ends"),
    SET("multiline", set_regex_flag, REGEX_MULTILINE, "the same as m"),
    SET("s", set_regex_flag, REGEX_DOTALL, "regular expression: . matches line ends too"),
    SET("dotall", set_regex_flag, REGEX_DOTALL, "the same as s"),
    SET("exists", set_match, SIGMA_EXISTS, "true or false: the event has the field"),
    LATER("cased", "letter case counts"),
    LATER("neq", "the field differs from the value"),
    LATER("cidr", "the field is an address in the network"),
    LATER("windash", "a dash may be written in any of its Windows forms"),
    LATER("base64", "the value encoded as base64"),
    LATER("base64offset", "the value encoded as base64 at any of the three offsets"),
    LATER("utf16", "the value as UTF-16 with byte order mark"),
    LATER("utf16le", "the value as little-endian UTF-16"),
    LATER("utf16be", "the value as big-endian UTF-16"),
    LATER("wide", "the same as utf16le"),
    LATER("lt", "the field is less than the number"),
    LATER("lte", "the field is at most the number"),
    LATER("gt", "the field is greater than the number"),
    LATER("gte", "the field is at least the number"),
    LATER("minute", "minute of a time"),
    LATER("hour", "hour of a time"),
    LATER("day", "day of a time"),
    LATER("week", "week of a time"),
    LATER("month", "month of a time"),
    LATER("year", "year of a time"),
    LATER("expand", "placeholders that an organisation fills in"),
    LATER("fieldref", "the field equals another field"),
};
const size_t modifier_table_len = ARRAY_LEN(modifier_table);

const struct modifier_row *modifier_find(struct str name)
{
    for (size_t i = 0; i < modifier_table_len; i++) {
        if (str_eq(modifier_table[i].name, name))
            return &modifier_table[i];
    }
    return NULL;
}

const struct modifier_row *modifier_suggest(struct str word)
{
    enum { CLOSE = 2 };
    const struct modifier_row *nearest = NULL;
    unsigned best = CLOSE + 1;
    for (size_t i = 0; word.len > CLOSE && i < modifier_table_len; i++) {
        unsigned distance = str_distance(word, modifier_table[i].name, CLOSE);
        if (distance < best) {
            best = distance;
            nearest = &modifier_table[i];
        }
    }
    return nearest;
}
