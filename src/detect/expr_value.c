/* Values of an expression: what a word means depends on the type of the field it is compared with.
 * Called by expr_parse.c. */
#include "detect/expr_priv.h"

#include <inttypes.h>

#include "base/timefmt.h"

/* X(suffix, factor): sizes, letter case aside. */
#define SIZE_LIST(X)                                                                               \
    X("b", 1)                                                                                      \
    X("kb", INT64_C(1000))                                                                         \
    X("mb", INT64_C(1000000))                                                                      \
    X("gb", INT64_C(1000000000))                                                                   \
    X("tb", INT64_C(1000000000000))                                                                \
    X("kib", INT64_C(1) << 10)                                                                     \
    X("mib", INT64_C(1) << 20)                                                                     \
    X("gib", INT64_C(1) << 30)                                                                     \
    X("tib", INT64_C(1) << 40)

static const struct {
    struct str suffix;
    int64_t factor;
} sizes[] = {
#define SIZE_ROW(suffix, factor) {STR(suffix), factor},
    SIZE_LIST(SIZE_ROW)
#undef SIZE_ROW
};

static int digit_of(char c)
{
    char lower = char_lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

/* 0x1f and 0o755: flags and permissions are thought of in these. */
static bool based(struct str text, int64_t *ret)
{
    int base = 0;
    int64_t n = 0;
    if (text.len < 3 || text.ptr[0] != '0')
        return false;
    base = char_lower(text.ptr[1]) == 'x' ? 16 : char_lower(text.ptr[1]) == 'o' ? 8 : 0;
    if (!base)
        return false;
    for (size_t i = 2; i < text.len; i++) {
        int digit = digit_of(text.ptr[i]);
        if (digit >= base || n > (INT64_MAX - digit) / base)
            return false;
        n = n * base + digit;
    }
    *ret = n;
    return true;
}

static bool number(struct str text, int64_t *ret)
{
    size_t digits = text.len && text.ptr[0] == '-' ? 1 : 0;
    if (based(text, ret))
        return true;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    struct str unit = str_sub(text, digits, SIZE_MAX);
    int64_t n = 0;
    if (str_to_i64(str_sub(text, 0, digits), &n))
        return false;
    if (!unit.len) {
        *ret = n;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        if (str_eq_nocase(unit, sizes[i].suffix))
            return !__builtin_mul_overflow(n, sizes[i].factor, ret);
    }
    return false;
}

static bool duration(struct str text, int64_t *ret_ns)
{
    int64_t weeks = 0;
    if (text.len > 1 && char_lower(text.ptr[text.len - 1]) == 'w' &&
        str_to_i64(str_sub(text, 0, text.len - 1), &weeks) == 0)
        return weeks >= 0 && !__builtin_mul_overflow(weeks, 7 * 86400 * NS_PER_S, ret_ns);
    return timefmt_parse_duration(text, ret_ns) == 0 && *ret_ns >= 0;
}

static bool point_in_time(struct str text, bool ago, int64_t now_ns, int64_t *ret_ns)
{
    int64_t ns = 0;
    char day[32];
    if (ago)
        return duration(text, &ns) && !__builtin_sub_overflow(now_ns, ns, ret_ns);
    if (str_eq_nocase(text, STR("now"))) {
        *ret_ns = now_ns;
        return true;
    }
    if (text.len == strlen("2025-11-13")) {
        memcpy(day, text.ptr, text.len);
        memcpy(day + text.len, "T00:00:00Z", sizeof "T00:00:00Z");
        return timefmt_parse(str_of(day), ret_ns) == 0;
    }
    return timefmt_parse(text, ret_ns) == 0;
}

static int refuse(const struct expr_token *token, const char *wanted, struct err *err)
{
    char name[80];
    err_at(err, NULL, token->line, token->column);
    return err_set(err, E_PARSE, "expected %s, found %s", wanted, expr_token_name(token, name));
}

int expr_value(const struct expr_token *token, bool ago, enum field_type type, int64_t now_ns,
               struct expr_value *ret_value, struct err *err)
{
    struct expr_value v = {.text = token->text, .line = token->line, .column = token->column};
    if (ago && type != FIELD_TIME)
        return refuse(token, "a value that is no time: the field is none", err);
    switch (type) {
    case FIELD_INT:
        if (!number(token->text, &v.number))
            return refuse(token, "a whole number, such as 42, 0x1f, 0o755 or 10mb", err);
        break;
    case FIELD_BOOL:
        v.number = str_eq_nocase(token->text, STR("true"));
        if (!v.number && !str_eq_nocase(token->text, STR("false")))
            return refuse(token, "true or false", err);
        break;
    case FIELD_TIME:
        if (!point_in_time(token->text, ago, now_ns, &v.number))
            return refuse(token,
                          ago ? "a span of time before 'ago', such as 90s, 15m, 4h, 7d or 2w"
                              : "a time, such as '2h ago', now, 2025-11-13 or "
                                "2025-11-13T05:00:00Z",
                          err);
        break;
    case FIELD_STR:
    case FIELD_LIST:
        break;
    }
    *ret_value = v;
    return 0;
}
