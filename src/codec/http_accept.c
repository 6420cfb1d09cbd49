/* Accept-Encoding and If-None-Match. See http_accept.h. */
#include "codec/http_accept.h"

#include "codec/http1.h"

enum { UNSAID = -1, Q_ONE = 1000 };

static const char *const names[HTTP_CODINGS] = {"identity", "gzip", "br"};

/* How welcome each coding is, in thousandths. */
struct wishes {
    int q[HTTP_CODINGS];
    int rest; /* of "*" */
};

const char *http_coding_name(enum http_coding coding)
{
    return names[coding];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "0.5" as 500. @return 0 or E_PARSE */
static int read_q(struct str s, int *ret_q)
{
    int q = 0;
    if (s.len == 0 || s.len > 5 || (s.ptr[0] != '0' && s.ptr[0] != '1') ||
        (s.len > 1 && s.ptr[1] != '.'))
        return E_PARSE;
    for (size_t i = 2, weight = Q_ONE / 10; i < s.len; i++, weight /= 10) {
        if (!is_digit(s.ptr[i]))
            return E_PARSE;
        q += (s.ptr[i] - '0') * (int)weight;
    }
    if (s.ptr[0] == '1' && q)
        return E_PARSE;
    *ret_q = s.ptr[0] == '1' ? Q_ONE : q;
    return 0;
}

/* "gzip;q=0.5". @return 0 or E_PARSE */
static int read_wish(struct str element, struct wishes *w)
{
    size_t mark = str_find_char(element, ';');
    struct str name = str_trim(str_sub(element, 0, mark));
    int q = Q_ONE;
    if (!http1_is_token(name))
        return E_PARSE;
    if (mark != SIZE_MAX) {
        struct str weight = str_trim(str_sub(element, mark + 1, SIZE_MAX));
        if (!str_starts_nocase(weight, STR("q=")) || read_q(str_sub(weight, 2, SIZE_MAX), &q) != 0)
            return E_PARSE;
    }
    if (q && q < Q_ONE)
        PLANT_OVERREAD(element.ptr + element.len);
    if (str_is(name, "*"))
        w->rest = q;
    if (str_eq_nocase(name, STR("x-gzip")))
        name = STR("gzip");
    for (unsigned i = 0; i < HTTP_CODINGS; i++) {
        if (str_eq_nocase(name, str_of(names[i])))
            w->q[i] = q;
    }
    return 0;
}

static int read_wishes(struct str value, struct wishes *w)
{
    struct str element;
    *w = (struct wishes){{UNSAID, UNSAID, UNSAID}, UNSAID};
    for (unsigned n = 0; str_next(&value, ',', &element); n++) {
        element = str_trim(element);
        if (n == HTTP_ACCEPT_ELEMENTS)
            return E_LIMIT;
        if (element.len && read_wish(element, w) != 0)
            return E_PARSE;
    }
    return 0;
}

int http_accept_coding(struct str value, unsigned offered, enum http_coding *ret_coding)
{
    struct wishes w;
    int best_q = 0;
    *ret_coding = HTTP_IDENTITY;
    if (value.len == 0 || read_wishes(value, &w) != 0)
        return 0;
    for (unsigned i = 0; i < HTTP_CODINGS; i++) {
        int q = w.q[i] == UNSAID ? w.rest : w.q[i];
        /* Identity is welcome until refused, but less than whatever is named. */
        if (i == HTTP_IDENTITY && q == UNSAID)
            q = 1;
        if ((offered & 1u << i) && q > 0 && q >= best_q) {
            best_q = q;
            *ret_coding = (enum http_coding)i;
        }
    }
    return best_q ? 0 : E_UNSUPPORTED;
}

/* Cut the quoted part of an entity tag off the front. @return 0 or E_PARSE */
static int read_tag(struct str *rest, struct str *ret_tag)
{
    if (str_starts(*rest, STR("W/")))
        *rest = str_sub(*rest, 2, SIZE_MAX);
    if (!str_starts(*rest, STR("\"")))
        return E_PARSE;
    size_t end = str_find_char(str_sub(*rest, 1, SIZE_MAX), '"');
    if (end == SIZE_MAX)
        return E_PARSE;
    *ret_tag = str_sub(*rest, 0, end + 2);
    *rest = str_trim(str_sub(*rest, end + 2, SIZE_MAX));
    return 0;
}

bool http_etag_listed(struct str value, struct str etag)
{
    struct str rest = str_trim(value);
    struct str tag;
    if (str_is(rest, "*"))
        return true;
    while (rest.len && read_tag(&rest, &tag) == 0) {
        if (str_eq(tag, etag))
            return true;
        if (rest.len && rest.ptr[0] != ',')
            return false;
        rest = str_trim(str_sub(rest, 1, SIZE_MAX));
    }
    return false;
}
