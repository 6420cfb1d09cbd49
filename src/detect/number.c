/* Decimal numbers. See number.h. */
#include "detect/number.h"

#include "base/err.h"

enum { DECIMALS = 9 };

static int parse_nanos(struct str digits, int32_t *ret_nanos)
{
    int32_t nanos = 0;
    if (digits.len == 0)
        return E_PARSE;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return E_PARSE;
    }
    for (size_t i = 0; i < DECIMALS; i++)
        nanos = nanos * 10 + (i < digits.len ? digits.ptr[i] - '0' : 0);
    *ret_nanos = nanos;
    return 0;
}

int number_parse(struct str text, struct number *ret_number)
{
    struct number n = {0};
    size_t point = str_find_char(text, '.');
    int rc = str_to_i64(str_sub(text, 0, point), &n.whole);
    if (rc == 0 && point != SIZE_MAX)
        rc = parse_nanos(str_sub(text, point + 1, SIZE_MAX), &n.nanos);
    if (rc)
        return rc;
    if (text.ptr[0] == '-')
        n.nanos = -n.nanos;
    *ret_number = n;
    return 0;
}

int number_cmp(struct number a, struct number b)
{
    if (a.whole != b.whole)
        return a.whole < b.whole ? -1 : 1;
    return (a.nanos > b.nanos) - (a.nanos < b.nanos);
}

bool number_thousandths(struct number n, int64_t *ret_value)
{
    int64_t value;
    if (__builtin_mul_overflow(n.whole, INT64_C(1000), &value) ||
        __builtin_add_overflow(value, (int64_t)(n.nanos / 1000000), &value))
        return false;
    *ret_value = value;
    return true;
}
