/* Writer of HTTP/1.1 heads. See http1_write.h. */
#include "codec/http1_write.h"

#include <time.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "codec/http1.h"

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *http1_write_reason(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Status";
}

void http1_write_status(struct buf *out, int status)
{
    buf_addf(out, "HTTP/1.1 %03d %s\r\n", status, http1_write_reason(status));
}

int http1_write_request(struct buf *out, struct str method, struct str target)
{
    if (!http1_is_token(method) || target.len == 0)
        return E_ARG;
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.ptr[i];
        if (c <= 0x20 || c >= 0x7f)
            return E_ARG;
    }
    buf_add_str(out, method);
    buf_add_char(out, ' ');
    buf_add_str(out, target);
    buf_add_cstr(out, " HTTP/1.1\r\n");
    return 0;
}

int http1_write_header(struct buf *out, const char *name, struct str value)
{
    if (!http1_is_token(str_of(name)))
        return E_ARG;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return E_ARG;
    }
    buf_add_cstr(out, name);
    buf_add_cstr(out, ": ");
    buf_add_str(out, value);
    buf_add_cstr(out, "\r\n");
    return 0;
}

void http1_write_length(struct buf *out, uint64_t content_length)
{
    buf_addf(out, "Content-Length: %llu\r\n", (unsigned long long)content_length);
}

void http1_write_date(struct buf *out, int64_t wall_ns)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t s = wall_ns / NS_PER_S - (wall_ns % NS_PER_S < 0);
    time_t when = (time_t)s;
    struct tm tm;
    /* Not strftime: its names of days and months follow the locale. */
    if (!gmtime_r(&when, &tm))
        return;
    buf_addf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n", days + 3 * tm.tm_wday,
             tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
             tm.tm_sec);
}

void http1_write_end(struct buf *out)
{
    buf_add_cstr(out, "\r\n");
}

void http1_write_chunk_size(struct buf *out, size_t len)
{
    buf_addf(out, "%zx\r\n", len);
}

void http1_write_last_chunk(struct buf *out)
{
    buf_add_cstr(out, "0\r\n\r\n");
}
