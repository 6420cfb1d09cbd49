/* Error report: formatting only, no allocation, no I/O. See err.h. */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

struct err_row {
    int code;
    int http;
    int exit;
    const char *name;
    const char *sentence;
};

static const struct err_row rows[] = {
#define ERR_ROW(code, number, http, exit, text) {code, http, exit, #code, text},
    ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

static const struct err_row *find(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

/* A message is one line: a peer's text inside it must not break the log or the terminal. */
static void flatten(char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f)
            *text = ' ';
    }
}

int(err_set)(struct err *err, int code, const char *fmt, ...)
{
    if (!err)
        return code;
    err->code = code;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->message, sizeof err->message, fmt, ap);
    va_end(ap);
    flatten(err->message);
    return code;
}

int(err_errno)(struct err *err, int code, int errnum, const char *fmt, ...)
{
    if (!err)
        return code;
    err->code = code;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->message, sizeof err->message, fmt, ap);
    va_end(ap);
    size_t used = strlen(err->message);
    (void)snprintf(err->message + used, sizeof err->message - used, ": %s", strerror(errnum));
    flatten(err->message);
    return code;
}

void err_at(struct err *err, const char *source, uint32_t line, uint32_t column)
{
    if (!err)
        return;
    if (source) {
        (void)snprintf(err->source, sizeof err->source, "%s", source);
        flatten(err->source);
    }
    err->line = line;
    err->column = column;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
    if (!err || err->code == 0)
        return;
    char old[ERR_MESSAGE_BYTES];
    memcpy(old, err->message, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->message, sizeof err->message, fmt, ap);
    va_end(ap);
    size_t used = strlen(err->message);
    (void)snprintf(err->message + used, sizeof err->message - used, ": %s", old);
    flatten(err->message);
}

void err_clear(struct err *err)
{
    if (err)
        *err = (struct err){0};
}

int err_format(const struct err *err, char *buf, size_t size)
{
    const char *text = err->message[0] ? err->message : err_sentence(err->code);
    if (err->source[0] && err->line && err->column)
        return snprintf(buf, size, "%s:%u:%u: %s", err->source, err->line, err->column, text);
    if (err->source[0] && err->line)
        return snprintf(buf, size, "%s:%u: %s", err->source, err->line, text);
    if (err->source[0])
        return snprintf(buf, size, "%s: %s", err->source, text);
    if (err->line && err->column)
        return snprintf(buf, size, "%u:%u: %s", err->line, err->column, text);
    return snprintf(buf, size, "%s", text);
}

const char *err_name(int code)
{
    const struct err_row *row = find(code);
    return row ? row->name : "E_UNKNOWN";
}

const char *err_sentence(int code)
{
    const struct err_row *row = find(code);
    return row ? row->sentence : "unknown error";
}

int err_http_status(int code)
{
    const struct err_row *row = find(code);
    return row ? row->http : 500;
}

int err_exit_status(int code)
{
    const struct err_row *row = find(code);
    return row ? row->exit : 70;
}
