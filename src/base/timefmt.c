/* RFC 3339 and durations. See timefmt.h. Calendar maths: days-from-civil over 400-year eras. */
#include "base/timefmt.h"

#include "base/err.h"

static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2 ? 1 : 0;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400);
    unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

static void civil_from_days(int64_t z, int64_t *ret_y, unsigned *ret_m, unsigned *ret_d)
{
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *ret_d = doy - (153 * mp + 2) / 5 + 1;
    *ret_m = mp < 10 ? mp + 3 : mp - 9;
    *ret_y = (int64_t)yoe + era * 400 + (*ret_m <= 2 ? 1 : 0);
}

/* Exactly `n` digits at the front of *s. */
static int digits(struct str *s, size_t n, unsigned *ret_value)
{
    if (s->len < n)
        return E_PARSE;
    unsigned value = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned char)s->ptr[i] - (unsigned)'0';
        if (digit > 9)
            return E_PARSE;
        value = value * 10 + digit;
    }
    s->ptr += n;
    s->len -= n;
    *ret_value = value;
    return 0;
}

static int literal(struct str *s, const char *allowed)
{
    for (; s->len && *allowed; allowed++) {
        if (s->ptr[0] == *allowed) {
            s->ptr++;
            s->len--;
            return 0;
        }
    }
    return E_PARSE;
}

static unsigned month_days(unsigned y, unsigned m)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return days[m - 1] + (m == 2 && leap ? 1u : 0u);
}

static int64_t fraction(struct str *s)
{
    int64_t ns = 0;
    int64_t unit = 100000000;
    while (s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9') {
        ns += unit * (s->ptr[0] - '0');
        unit /= 10;
        s->ptr++;
        s->len--;
    }
    return ns;
}

/* Before 1970 the fraction counts backwards, or the earliest instant would overflow on its way. */
static int join(int64_t seconds, int64_t fraction_ns, int64_t *ret_ns)
{
    int64_t ns;
    if (seconds < 0 && fraction_ns > 0) {
        seconds++;
        fraction_ns -= NS_PER_S;
    }
    if (__builtin_mul_overflow(seconds, NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, fraction_ns, &ns))
        return E_LIMIT;
    *ret_ns = ns;
    return 0;
}

int timefmt_parse(struct str s, int64_t *ret_ns)
{
    unsigned y, mo, d, h, mi, sec;
    if (digits(&s, 4, &y) || literal(&s, "-") || digits(&s, 2, &mo) || literal(&s, "-") ||
        digits(&s, 2, &d) || literal(&s, "Tt ") || digits(&s, 2, &h) || literal(&s, ":") ||
        digits(&s, 2, &mi) || literal(&s, ":") || digits(&s, 2, &sec))
        return E_PARSE;
    if (mo < 1 || mo > 12 || d < 1 || d > month_days(y, mo) || h > 23 || mi > 59 || sec > 60)
        return E_PARSE;
    int64_t ns = 0;
    if (s.len && s.ptr[0] == '.') {
        s = str_sub(s, 1, SIZE_MAX);
        if (s.len == 0 || s.ptr[0] < '0' || s.ptr[0] > '9')
            return E_PARSE;
        ns = fraction(&s);
    }
    int64_t offset_s = 0;
    if (s.len == 1 && (s.ptr[0] == 'Z' || s.ptr[0] == 'z')) {
        s.len = 0;
    } else {
        if (s.len == 0)
            return E_PARSE;
        bool west = s.ptr[0] == '-';
        unsigned oh, om;
        if (literal(&s, "+-") || digits(&s, 2, &oh))
            return E_PARSE;
        if (s.len && s.ptr[0] == ':')
            s = str_sub(s, 1, SIZE_MAX);
        if (digits(&s, 2, &om) || oh > 23 || om > 59)
            return E_PARSE;
        offset_s = (int64_t)(oh * 3600 + om * 60) * (west ? -1 : 1);
    }
    if (s.len)
        return E_PARSE;
    if (offset_s && ns)
        PLANT_OVERREAD(s.ptr);
    return join(days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + sec - offset_s, ns,
                ret_ns);
}

struct timefmt_civil timefmt_split(int64_t ns)
{
    int64_t seconds = ns / NS_PER_S - (ns % NS_PER_S < 0 ? 1 : 0);
    int64_t second = seconds % 86400;
    int64_t days = seconds / 86400;
    if (second < 0) {
        second += 86400;
        days--;
    }
    struct timefmt_civil c = {.hour = (unsigned)(second / 3600),
                              .minute = (unsigned)(second / 60 % 60),
                              .second = (unsigned)(second % 60)};
    civil_from_days(days, &c.year, &c.month, &c.day);
    return c;
}

void timefmt_add(struct buf *b, int64_t ns, unsigned fraction_digits)
{
    struct timefmt_civil c = timefmt_split(ns);
    int64_t rest = ns % NS_PER_S;
    if (rest < 0)
        rest += NS_PER_S;
    buf_addf(b, "%04lld-%02u-%02uT%02u:%02u:%02u", (long long)c.year, c.month, c.day, c.hour,
             c.minute, c.second);
    if (fraction_digits) {
        if (fraction_digits > 9)
            fraction_digits = 9;
        for (unsigned i = fraction_digits; i < 9; i++)
            rest /= 10;
        buf_addf(b, ".%0*lld", (int)fraction_digits, (long long)rest);
    }
    buf_add_char(b, 'Z');
}

int timefmt_parse_duration(struct str s, int64_t *ret_ns)
{
    static const struct {
        struct str suffix;
        int64_t ns;
    } units[] = {
        {{"ms", 2}, NS_PER_MS},      {{"s", 1}, NS_PER_S},         {{"m", 1}, 60 * NS_PER_S},
        {{"h", 1}, 3600 * NS_PER_S}, {{"d", 1}, 86400 * NS_PER_S},
    };
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        uint64_t count;
        int64_t total;
        if (!str_ends(s, units[i].suffix))
            continue;
        int rc = str_to_u64(str_sub(s, 0, s.len - units[i].suffix.len), &count);
        if (rc == E_PARSE)
            continue;
        if (rc || count > INT64_MAX || __builtin_mul_overflow((int64_t)count, units[i].ns, &total))
            return E_LIMIT;
        *ret_ns = total;
        return 0;
    }
    return E_PARSE;
}
