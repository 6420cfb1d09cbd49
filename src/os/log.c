/* Structured log. See log.h. A line is built in a fixed buffer on the stack, so that logging works
 * when memory is out; what does not fit is dropped whole pair by whole pair and the line says so.
 */
#include "os/log.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "os/clock.h"

enum {
    LINE_BYTES = 8192,
    MESSAGE_BYTES = 1024, /* of a message, before escaping */
    VALUE_BYTES = 2048,   /* of one value, before escaping */
    TAIL_BYTES = 64       /* kept free for the note about dropped pairs and the end of the line */
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* Set once at start, before there are threads. */
static struct {
    const char *program;
    int fd;
    enum log_format format;
    enum log_level least;
} config = {"cordon", STDERR_FILENO, LOG_FORMAT_TEXT, LOG_INFO};

void log_init(const char *program, int fd, enum log_format format, enum log_level least)
{
    config.program = program;
    config.fd = fd;
    config.format = format;
    config.least = least;
}

int log_level_parse(struct str name, enum log_level *ret_level)
{
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
        if (str_is(name, level_names[i])) {
            *ret_level = (enum log_level)i;
            return 0;
        }
    }
    return E_ARG;
}

bool log_wants(enum log_level level)
{
    return level >= config.least;
}

/* Code points that would act on a terminal which shows the JSON as it is. */
static bool must_escape(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e || code == 0x200f ||
           code == 0x061c || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

static void add_json_text(struct buf *b, struct str s)
{
    size_t pos = 0;
    buf_add_char(b, '"');
    while (pos < s.len) {
        uint32_t code = text_utf8_next(s, &pos);
        if (code == '"' || code == '\\') {
            buf_add_char(b, '\\');
            buf_add_char(b, (char)code);
        } else if (must_escape(code)) {
            buf_addf(b, "\\u%04x", (unsigned)code);
        } else {
            text_utf8_add(b, code);
        }
    }
    buf_add_char(b, '"');
}

static bool needs_quotes(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f)
            return true;
    }
    return s.len == 0;
}

static void add_text_value(struct buf *b, struct str s)
{
    if (!needs_quotes(s)) {
        buf_add_str(b, s);
        return;
    }
    buf_add_char(b, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != '"' && s.ptr[i] != '\\')
            continue;
        text_add_printable(b, str_sub(s, from, i - from));
        buf_add_char(b, '\\');
        buf_add_char(b, s.ptr[i]);
        from = i + 1;
    }
    text_add_printable(b, str_sub(s, from, SIZE_MAX));
    buf_add_char(b, '"');
}

static void add_pair(struct buf *b, const struct log_kv *kv)
{
    struct str value = str_sub(kv->s, 0, VALUE_BYTES);
    if (config.format == LOG_FORMAT_JSON) {
        buf_add_char(b, ',');
        add_json_text(b, str_of(kv->key));
        buf_add_char(b, ':');
        if (kv->kind == 1)
            buf_addf(b, "%lld", (long long)kv->i);
        else
            add_json_text(b, value);
        return;
    }
    buf_addf(b, " %s=", kv->key);
    if (kv->kind == 1)
        buf_addf(b, "%lld", (long long)kv->i);
    else
        add_text_value(b, value);
}

static void add_head(struct buf *b, enum log_level level, struct str message)
{
    message = str_sub(message, 0, MESSAGE_BYTES);
    if (config.format == LOG_FORMAT_JSON) {
        buf_add_cstr(b, "{\"time\":\"");
        timefmt_add(b, clock_wall_ns(), 6);
        buf_addf(b, "\",\"level\":\"%s\",\"program\":", level_names[level]);
        add_json_text(b, str_of(config.program));
        buf_add_cstr(b, ",\"message\":");
        add_json_text(b, message);
        return;
    }
    timefmt_add(b, clock_wall_ns(), 6);
    buf_addf(b, " %s %s: ", level_names[level], config.program);
    text_add_printable(b, message);
}

static void write_line(const char *at, size_t left)
{
    while (left > 0) {
        ssize_t n = write(config.fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* there is nowhere to report a log that cannot be written */
        at += n;
        left -= (size_t)n;
    }
}

void log_write(enum log_level level, const char *message, const struct log_kv *kv)
{
    if (!log_wants(level))
        return;
    int saved = errno;
    char line[LINE_BYTES];
    /* One byte stays spare (buf.h), so the buffer never asks the heap for more. */
    struct buf b = {.ptr = line, .cap = sizeof line, .limit = sizeof line - 1 - TAIL_BYTES};
    int64_t dropped = 0;
    add_head(&b, level, str_of(message));
    for (; kv->key; kv++) {
        size_t before = b.len;
        add_pair(&b, kv);
        if (buf_check(&b)) {
            b.error = 0;
            b.len = before;
            dropped++;
        }
    }
    b.limit = sizeof line - 1;
    if (dropped)
        add_pair(&b, &KV_INT("dropped_pairs", dropped));
    buf_add_cstr(&b, config.format == LOG_FORMAT_JSON ? "}\n" : "\n");
    write_line(b.ptr, b.len);
    errno = saved;
}

void log_err(enum log_level level, const char *message, const struct err *err)
{
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof text);
    log_at(level, message, KV_CSTR("code", err_name(err->code)), KV_CSTR("reason", text));
}
