/* Parts of a time. See timepart.h. */
#include "detect/timepart.h"

#include "base/timefmt.h"

enum { DATE_BYTES = 10, MINUTE_BYTES = 16, DAYS_PER_WEEK = 7 };

struct civil {
    int64_t year;
    int64_t month;
    int64_t day;
    int64_t hour;
    int64_t minute;
};

const char *timepart_name(enum timepart part)
{
    static const char *const names[] = {"time", "minute", "hour", "day", "week", "month", "year"};
    return names[part];
}

void timepart_range(enum timepart part, int64_t *ret_least, int64_t *ret_most)
{
    static const int16_t ranges[TIME_PARTS][2] = {
        [TIME_MINUTE] = {0, 59}, [TIME_HOUR] = {0, 23},  [TIME_DAY] = {1, 31},
        [TIME_WEEK] = {1, 53},   [TIME_MONTH] = {1, 12}, [TIME_YEAR] = {0, 9999}};
    *ret_least = ranges[part][0];
    *ret_most = ranges[part][1];
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_before(int64_t year, int64_t month)
{
    static const int16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    return before[month - 1] + (month > 2 && is_leap(year) ? 1 : 0);
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    int64_t end = month == 12 ? 365 + (is_leap(year) ? 1 : 0) : days_before(year, month + 1);
    return end - days_before(year, month);
}

/* 0 = Monday. Days since the start of year 1 of the proleptic Gregorian calendar, a Monday. */
static int64_t weekday(int64_t year, int64_t day_of_year)
{
    int64_t y = year + 400 - 1; /* year 0 as well */
    int64_t days = y * 365 + y / 4 - y / 100 + y / 400 + day_of_year;
    return days % DAYS_PER_WEEK;
}

/* A year has 53 weeks when it begins on a Thursday, or on a Wednesday and is a leap year. */
static int64_t weeks_of(int64_t year)
{
    int64_t first = weekday(year, 0);
    return first == 3 || (first == 2 && is_leap(year)) ? 53 : 52;
}

static int64_t week_of(const struct civil *c)
{
    int64_t day = days_before(c->year, c->month) + c->day - 1;
    int64_t week = (day - weekday(c->year, day) + 10) / DAYS_PER_WEEK;
    if (week == 0)
        return weeks_of(c->year - 1);
    return week == 53 && weeks_of(c->year) == 52 ? 1 : week;
}

static int64_t part_of(const struct civil *c, enum timepart part)
{
    switch (part) {
    case TIME_MINUTE:
        return c->minute;
    case TIME_HOUR:
        return c->hour;
    case TIME_DAY:
        return c->day;
    case TIME_WEEK:
        return week_of(c);
    case TIME_MONTH:
        return c->month;
    default:
        return c->year;
    }
}

static bool digits(struct str text, size_t at, size_t len, int64_t least, int64_t most,
                   int64_t *ret_value)
{
    int64_t value = 0;
    if (text.len < at + len)
        return false;
    for (size_t i = at; i < at + len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (text.ptr[i] - '0');
    }
    *ret_value = value;
    return value >= least && value <= most;
}

static bool read_date(struct str text, struct civil *c)
{
    return digits(text, 0, 4, 0, 9999, &c->year) && text.len >= DATE_BYTES && text.ptr[4] == '-' &&
           digits(text, 5, 2, 1, 12, &c->month) && text.ptr[7] == '-' &&
           digits(text, 8, 2, 1, days_in_month(c->year, c->month), &c->day);
}

static bool read_minute(struct str text, struct civil *c)
{
    if (text.len < MINUTE_BYTES)
        return false;
    char separator = text.ptr[DATE_BYTES];
    bool ends =
        text.len == MINUTE_BYTES || text.ptr[MINUTE_BYTES] < '0' || text.ptr[MINUTE_BYTES] > '9';
    return (separator == 'T' || separator == 't' || separator == ' ') && ends &&
           digits(text, 11, 2, 0, 23, &c->hour) && text.ptr[13] == ':' &&
           digits(text, 14, 2, 0, 59, &c->minute);
}

bool timepart_of_text(struct str text, enum timepart part, int64_t *ret_value)
{
    struct civil c = {0};
    if (!read_date(text, &c))
        return false;
    if (text.len > DATE_BYTES || part == TIME_MINUTE || part == TIME_HOUR) {
        if (!read_minute(text, &c))
            return false;
    }
    *ret_value = part_of(&c, part);
    return true;
}

int64_t timepart_of_ns(int64_t ns, enum timepart part)
{
    struct timefmt_civil time = timefmt_split(ns);
    const struct civil c = {time.year, time.month, time.day, time.hour, time.minute};
    return part_of(&c, part);
}
