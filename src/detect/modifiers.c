/* The table of value modifiers. See modifiers.h. */
#include "detect/modifiers.h"

#include "detect/regex.h"

/* The modifier that makes an item compare this way. */
static const char *match_name(enum sigma_match match)
{
    static const char *const names[] = {[SIGMA_EQUALS] = "equals",
                                        [SIGMA_CONTAINS] = "contains",
                                        [SIGMA_STARTSWITH] = "startswith",
                                        [SIGMA_ENDSWITH] = "endswith",
                                        [SIGMA_REGEX] = "re",
                                        [SIGMA_EXISTS] = "exists",
                                        [SIGMA_CIDR] = "cidr",
                                        [SIGMA_LT] = "lt",
                                        [SIGMA_LTE] = "lte",
                                        [SIGMA_GT] = "gt",
                                        [SIGMA_GTE] = "gte"};
    return names[match];
}

static bool is_order(enum sigma_match match)
{
    return match >= SIGMA_LT && match <= SIGMA_GTE;
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

static int set_part(struct sigma_item *item, const struct modifier_row *row, struct err *err)
{
    if (item->part)
        return err_set(err, E_PARSE, "modifier '%.*s' cannot follow another part of a time",
                       STR_FMT(row->name));
    item->part = (enum timepart)row->argument;
    return 0;
}

enum { FLAG_CASED, FLAG_NEGATED, FLAG_FIELDREF, FLAG_EXPAND };

static int set_flag(struct sigma_item *item, const struct modifier_row *row, struct err *err)
{
    (void)err;
    item->cased |= row->argument == FLAG_CASED;
    item->negated |= row->argument == FLAG_NEGATED;
    item->fieldref |= row->argument == FLAG_FIELDREF;
    item->expand |= row->argument == FLAG_EXPAND;
    return 0;
}

/* A part of a time is a number: it can be equal to one, or less or greater. */
static int check_part(const struct sigma_item *item, bool changes_text, struct err *err)
{
    if (item->field.len == 0)
        return err_set(err, E_PARSE, "a part of a time needs the name of a field");
    if (item->match != SIGMA_EQUALS && !is_order(item->match))
        return err_set(err, E_PARSE, "'%s' cannot be used with a part of a time",
                       match_name(item->match));
    if (changes_text)
        return err_set(err, E_PARSE, "a part of a time cannot be used with a modifier of text");
    return 0;
}

int modifier_check(const struct sigma_item *item, bool transforms, struct err *err)
{
    bool text = item->match <= SIGMA_ENDSWITH;
    bool changes_text = transforms || item->cased || item->fieldref || item->expand;
    if (item->part)
        return check_part(item, changes_text, err);
    if (changes_text && !text)
        return err_set(err, E_PARSE, "'%s' cannot be used with a modifier that compares text",
                       match_name(item->match));
    if (item->fieldref && (transforms || item->cased || item->expand))
        return err_set(err, E_PARSE, "'fieldref' cannot be used with a modifier of the value");
    if (item->field.len == 0 && ((!text && item->match != SIGMA_REGEX) || item->fieldref))
        return err_set(err, E_PARSE, "keyword search looks for text or a regular expression");
    return 0;
}

#define SET(name, function, argument, doc)                                                         \
    {                                                                                              \
        STR(name), function, argument, NULL, STR(doc)                                              \
    }
#define TRANSFORM(name, function, doc)                                                             \
    {                                                                                              \
        STR(name), NULL, 0, function, STR(doc)                                                     \
    }
const struct modifier_row modifier_table[] = {
    SET("contains", set_match, SIGMA_CONTAINS, "the value stands anywhere in the field"),
    SET("startswith", set_match, SIGMA_STARTSWITH, "the field begins with the value"),
    SET("endswith", set_match, SIGMA_ENDSWITH, "the field ends with the value"),
    SET("all", set_all, 0, "every value of the list must hold"),
    SET("cased", set_flag, FLAG_CASED, "letter case counts"),
    SET("neq", set_flag, FLAG_NEGATED, "the field has none of the values"),
    SET("re", set_match, SIGMA_REGEX, "the value is a regular expression, found anywhere"),
    SET("i", set_regex_flag, REGEX_CASELESS, "regular expression: ignore case"),
    SET("ignorecase", set_regex_flag, REGEX_CASELESS, "the same as i"),
    SET("m", set_regex_flag, REGEX_MULTILINE, "regular expression: ^ and $ match at line ends"),
    SET("multiline", set_regex_flag, REGEX_MULTILINE, "the same as m"),
    SET("s", set_regex_flag, REGEX_DOTALL, "regular expression: . matches line ends too"),
    SET("dotall", set_regex_flag, REGEX_DOTALL, "the same as s"),
    SET("exists", set_match, SIGMA_EXISTS, "true or false: the event has the field"),
    SET("cidr", set_match, SIGMA_CIDR, "the field is an address in the network"),
    SET("lt", set_match, SIGMA_LT, "the field is less than the number"),
    SET("lte", set_match, SIGMA_LTE, "the field is at most the number"),
    SET("gt", set_match, SIGMA_GT, "the field is greater than the number"),
    SET("gte", set_match, SIGMA_GTE, "the field is at least the number"),
    SET("fieldref", set_flag, FLAG_FIELDREF, "the value is the name of another field"),
    TRANSFORM("windash", modifier_windash, "a dash may be written in any of its Windows forms"),
    TRANSFORM("base64", modifier_base64, "the value encoded as base64"),
    TRANSFORM("base64offset", modifier_base64offset, "the same inside other encoded text"),
    TRANSFORM("utf16le", modifier_utf16le, "the value as little-endian UTF-16"),
    TRANSFORM("wide", modifier_utf16le, "the same as utf16le"),
    TRANSFORM("utf16be", modifier_utf16be, "the value as big-endian UTF-16"),
    TRANSFORM("utf16", modifier_utf16, "the same as utf16le, behind a byte order mark"),
    SET("expand", set_flag, FLAG_EXPAND, "%name% stands for the values an organisation gave it"),
    SET("minute", set_part, TIME_MINUTE, "the minute of a time, 0 to 59"),
    SET("hour", set_part, TIME_HOUR, "the hour of a time, 0 to 23"),
    SET("day", set_part, TIME_DAY, "the day of the month of a time, 1 to 31"),
    SET("week", set_part, TIME_WEEK, "the ISO 8601 week of a time, 1 to 53"),
    SET("month", set_part, TIME_MONTH, "the month of a time, 1 to 12"),
    SET("year", set_part, TIME_YEAR, "the year of a time"),
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
