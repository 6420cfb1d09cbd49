/* Strict HTTP/1.1 head parser. See http1.h. */
#include "codec/http1.h"

struct parse {
    struct http1_head *head;
    struct http1_fault *fault;
    bool request;
    bool host_seen;
    bool length_seen;
    bool chunked;
    bool close;
};

static int refuse(struct http1_fault *fault, int code, int status, const char *reason)
{
    fault->status = status;
    fault->reason = reason;
    return code;
}

static int bad(struct parse *p, const char *reason)
{
    return refuse(p->fault, E_PARSE, 400, reason);
}

static bool is_token_char(unsigned char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return true;
    switch (c) {
    case '!':
    case '#':
    case '$':
    case '%':
    case '&':
    case '\'':
    case '*':
    case '+':
    case '-':
    case '.':
    case '^':
    case '_':
    case '`':
    case '|':
    case '~':
        return true;
    default:
        return false;
    }
}

bool http1_is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_token_char((unsigned char)s.ptr[i]))
            return false;
    }
    return s.len > 0;
}

static struct str trim_blanks(struct str s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = (struct str){s.ptr + 1, s.len - 1};
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

bool http1_list_has(struct str list, const char *token)
{
    struct str item;
    while (str_next(&list, ',', &item)) {
        if (str_eq_nocase(trim_blanks(item), str_of(token)))
            return true;
    }
    return false;
}

/* Look at the bytes that have not been seen yet, up to the empty line. Afterwards every line is
 * known to end in CRLF and to hold no other control byte than tab. */
static int scan_head(struct http1_scan *scan, struct str bytes, const struct http1_limits *limits,
                     size_t *ret_head_bytes, struct http1_fault *fault)
{
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    while (scan->pos < bytes.len) {
        unsigned char c = p[scan->pos];
        /* The line end's second byte, or the next byte of the line, must still fit. */
        if (scan->pos + 1 >= limits->head_bytes)
            return refuse(fault, E_LIMIT, 431, "the message head is too long");
        if (c == '\r') {
            if (scan->pos + 1 == bytes.len)
                return E_AGAIN;
            if (p[scan->pos + 1] != '\n')
                return refuse(fault, E_PARSE, 400, "carriage return inside a line");
            size_t line_bytes = scan->pos - scan->line_start;
            scan->pos += 2;
            scan->line_start = scan->pos;
            if (line_bytes == 0) {
                if (scan->lines == 0)
                    return refuse(fault, E_PARSE, 400, "empty line before the start line");
                *ret_head_bytes = scan->pos;
                return 0;
            }
            if (++scan->lines > limits->headers + 1 || scan->lines > HTTP1_HEADERS_MAX + 1)
                return refuse(fault, E_LIMIT, 431, "too many header fields");
            continue;
        }
        if (c == '\n')
            return refuse(fault, E_PARSE, 400, "line feed without carriage return");
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return refuse(fault, E_PARSE, 400, "control byte in the message head");
        scan->pos++;
        if (scan->pos - scan->line_start > limits->line_bytes) {
            return scan->lines == 0 ? refuse(fault, E_LIMIT, 414, "the start line is too long")
                                    : refuse(fault, E_LIMIT, 431, "a header line is too long");
        }
    }
    if (scan->pos + 2 > limits->head_bytes)
        return refuse(fault, E_LIMIT, 431, "the message head is too long");
    return E_AGAIN;
}

/* Cut the next line off a scanned head. */
static struct str take_line(struct str *rest)
{
    size_t end = str_find_char(*rest, '\r');
    struct str line = str_sub(*rest, 0, end);
    *rest = str_sub(*rest, end + 2, SIZE_MAX);
    return line;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "HTTP/1.1" or "HTTP/1.0". Section 2.3. */
static int read_version(struct parse *p, struct str s)
{
    if (s.len != 8 || memcmp(s.ptr, "HTTP/", 5) != 0 || !is_digit(s.ptr[5]) || s.ptr[6] != '.' ||
        !is_digit(s.ptr[7]))
        return bad(p, "malformed protocol version");
    if (s.ptr[5] != '1' || s.ptr[7] > '1')
        return refuse(p->fault, E_UNSUPPORTED, 505, "only HTTP/1.1 and HTTP/1.0 are spoken");
    p->head->minor_version = (unsigned)(s.ptr[7] - '0');
    return 0;
}

/* method SP target SP version, single spaces. Section 3. */
static int read_request_line(struct parse *p, struct str line)
{
    size_t method_end = str_find_char(line, ' ');
    if (method_end == SIZE_MAX)
        return bad(p, "malformed request line");
    struct str method = str_sub(line, 0, method_end);
    if (!http1_is_token(method) || method.len > HTTP1_METHOD_BYTES)
        return bad(p, "malformed method");
    struct str rest = str_sub(line, method_end + 1, SIZE_MAX);
    size_t target_end = str_find_char(rest, ' ');
    if (target_end == SIZE_MAX)
        return bad(p, "malformed request line");
    struct str target = str_sub(rest, 0, target_end);
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.ptr[i];
        if (c <= 0x20 || c >= 0x7f || c == '#')
            return bad(p, "a byte in the request target must be percent-encoded");
    }
    bool asterisk = str_is(target, "*") && str_is(method, "OPTIONS");
    if (!asterisk && (target.len == 0 || target.ptr[0] != '/'))
        return bad(p, "the request target must be a path");
    p->head->method = method;
    p->head->target = target;
    return read_version(p, str_sub(rest, target_end + 1, SIZE_MAX));
}

/* version SP 3DIGIT SP [reason]. Section 4; a missing space after the status is tolerated there. */
static int read_status_line(struct parse *p, struct str line)
{
    if (line.len < 12 || line.ptr[8] != ' ')
        return bad(p, "malformed status line");
    int rc = read_version(p, str_sub(line, 0, 8));
    if (rc)
        return rc;
    int status = 0;
    for (size_t i = 9; i < 12; i++) {
        if (!is_digit(line.ptr[i]))
            return bad(p, "malformed status");
        status = status * 10 + (line.ptr[i] - '0');
    }
    if (status < 100 || status > 599 || (line.len > 12 && line.ptr[12] != ' '))
        return bad(p, "malformed status");
    p->head->status = status;
    return 0;
}

/* Digits only: no sign, no list, no white space, no second field. Section 6.2. */
static int on_content_length(struct parse *p, struct str value)
{
    if (p->length_seen)
        return bad(p, "repeated Content-Length");
    p->length_seen = true;
    if (value.len == 0 || value.len > 18)
        return bad(p, "malformed Content-Length");
    uint64_t length = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (!is_digit(value.ptr[i]))
            return bad(p, "malformed Content-Length");
        length = length * 10 + (uint64_t)(value.ptr[i] - '0');
    }
    p->head->content_length = length;
    return 0;
}

/* Exactly one field with exactly "chunked". Section 6.1. */
static int on_transfer_encoding(struct parse *p, struct str value)
{
    if (p->chunked)
        return bad(p, "repeated Transfer-Encoding");
    if (!str_eq_nocase(value, STR("chunked")))
        return refuse(p->fault, E_UNSUPPORTED, 501, "the only transfer coding spoken is chunked");
    p->chunked = true;
    return 0;
}

static bool is_host_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
}

static bool is_address_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

/* A host name, IPv4 address or bracketed IPv6 address with an optional port. */
static bool is_host(struct str s)
{
    size_t i = 0;
    if (s.len && s.ptr[0] == '[') {
        for (i = 1; i < s.len && is_address_char(s.ptr[i]); i++)
            ;
        if (i == 1 || i == s.len || s.ptr[i] != ']')
            return false;
        i++;
    } else {
        while (i < s.len && is_host_char(s.ptr[i]))
            i++;
        if (i == 0)
            return false;
    }
    if (i == s.len)
        return true;
    struct str port = str_sub(s, i + 1, SIZE_MAX);
    if (s.ptr[i] != ':' || port.len == 0 || port.len > 5)
        return false;
    for (i = 0; i < port.len; i++) {
        if (!is_digit(port.ptr[i]))
            return false;
    }
    return true;
}

/* Section 3.2: a server must refuse a request without, with two, or with a malformed Host. */
static int on_host(struct parse *p, struct str value)
{
    if (!p->request)
        return 0;
    if (p->host_seen)
        return bad(p, "repeated Host");
    p->host_seen = true;
    if (!is_host(value))
        return bad(p, "malformed Host");
    p->head->host = value;
    return 0;
}

static int on_connection(struct parse *p, struct str value)
{
    if (http1_list_has(value, "close"))
        p->close = true;
    if (http1_list_has(value, "upgrade"))
        p->head->upgrade = true;
    return 0;
}

static int on_expect(struct parse *p, struct str value)
{
    if (!p->request)
        return 0;
    if (!str_eq_nocase(value, STR("100-continue")))
        return refuse(p->fault, E_UNSUPPORTED, 417, "the only expectation met is 100-continue");
    p->head->expect_continue = true;
    return 0;
}

/* The fields that decide where the message ends and what becomes of the connection. */
static const struct framing_field {
    struct str name;
    int (*on_value)(struct parse *p, struct str value);
} framing_fields[] = {
    {{"Content-Length", 14}, on_content_length},
    {{"Transfer-Encoding", 17}, on_transfer_encoding},
    {{"Host", 4}, on_host},
    {{"Connection", 10}, on_connection},
    {{"Expect", 6}, on_expect},
};

static int read_header(struct parse *p, struct str line)
{
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return bad(p, "folded header line");
    size_t colon = str_find_char(line, ':');
    if (colon == SIZE_MAX)
        return bad(p, "header line without a colon");
    struct http1_header h = {
        .name = str_sub(line, 0, colon),
        .value = trim_blanks(str_sub(line, colon + 1, SIZE_MAX)),
    };
    if (!http1_is_token(h.name))
        return bad(p, "malformed header name");
    p->head->headers[p->head->header_count++] = h;
    for (size_t i = 0; i < ARRAY_LEN(framing_fields); i++) {
        if (str_eq_nocase(h.name, framing_fields[i].name))
            return framing_fields[i].on_value(p, h.value);
    }
    return 0;
}

/* What the fields say together. Section 6.3. */
static int settle(struct parse *p)
{
    struct http1_head *head = p->head;
    bool http10 = head->minor_version == 0;
    if (p->chunked && p->length_seen)
        return bad(p, "Content-Length beside Transfer-Encoding");
    if (p->chunked && http10)
        return bad(p, "Transfer-Encoding in HTTP/1.0");
    if (p->request && !http10 && !p->host_seen)
        return bad(p, "missing Host");
    if (http10) {
        /* An HTTP/1.0 peer knows neither of these; what it asks for is not ours to guess. */
        head->upgrade = false;
        head->expect_continue = false;
    }
    head->keep_alive = !http10 && !p->close;
    bool bodiless =
        !p->request && (head->status < 200 || head->status == 204 || head->status == 304);
    if (bodiless)
        head->body = HTTP1_BODY_NONE;
    else if (p->chunked)
        head->body = HTTP1_BODY_CHUNKED;
    else if (p->length_seen)
        head->body = HTTP1_BODY_LENGTH;
    else
        head->body = p->request ? HTTP1_BODY_NONE : HTTP1_BODY_UNTIL_CLOSE;
    return 0;
}

static int read_head(struct http1_scan *scan, struct str bytes, const struct http1_limits *limits,
                     bool request, struct http1_head *ret_head, struct http1_fault *ret_fault)
{
    size_t head_bytes;
    int rc = scan_head(scan, bytes, limits, &head_bytes, ret_fault);
    if (rc)
        return rc;
    struct http1_head head; /* 4 KiB: only the part that is used is cleared and copied */
    memset(&head, 0, offsetof(struct http1_head, headers));
    struct parse p = {.head = &head, .fault = ret_fault, .request = request};
    struct str rest = str_sub(bytes, 0, head_bytes - 2);
    struct str start = take_line(&rest);
    rc = request ? read_request_line(&p, start) : read_status_line(&p, start);
    while (rc == 0 && rest.len)
        rc = read_header(&p, take_line(&rest));
    if (rc == 0)
        rc = settle(&p);
    if (rc)
        return rc;
    if (head.minor_version == 1 && head.header_count > 1)
        PLANT_OVERREAD(bytes.ptr + bytes.len);
    head.head_bytes = head_bytes;
    memcpy(ret_head, &head,
           offsetof(struct http1_head, headers) + head.header_count * sizeof head.headers[0]);
    return 0;
}

int http1_request(struct http1_scan *scan, struct str bytes, const struct http1_limits *limits,
                  struct http1_head *ret_head, struct http1_fault *ret_fault)
{
    return read_head(scan, bytes, limits, true, ret_head, ret_fault);
}

int http1_response(struct http1_scan *scan, struct str bytes, const struct http1_limits *limits,
                   struct http1_head *ret_head, struct http1_fault *ret_fault)
{
    return read_head(scan, bytes, limits, false, ret_head, ret_fault);
}

struct str http1_find(const struct http1_head *head, const char *name)
{
    for (unsigned i = 0; i < head->header_count; i++) {
        if (str_eq_nocase(head->headers[i].name, str_of(name)))
            return head->headers[i].value;
    }
    return (struct str){0};
}

int http1_find_single(const struct http1_head *head, const char *name, struct str *ret_value)
{
    const struct http1_header *found = NULL;
    for (unsigned i = 0; i < head->header_count; i++) {
        if (!str_eq_nocase(head->headers[i].name, str_of(name)))
            continue;
        if (found)
            return E_PARSE;
        found = &head->headers[i];
    }
    if (!found)
        return E_NOT_FOUND;
    *ret_value = found->value;
    return 0;
}
