/* Structured log of a program: one line an event, "key=value" or JSON, to standard error or a file
 * descriptor. Programs and the top floors log; library floors return errors instead. Thread-safe:
 * one write(2) a line. Foreign text is escaped (text_add_printable or JSON). */
#ifndef CORDON_OS_LOG_H
#define CORDON_OS_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_kv {
    const char *key; /* NULL ends a list */
    int kind;        /* 0 string slice, 1 signed integer */
    struct str s;
    int64_t i;
};

/** `key=value` pairs for the log_ macros; slices are borrowed for the call. */
#define KV_STR(k, slice) ((struct log_kv){(k), 0, (slice), 0})
#define KV_CSTR(k, c)    ((struct log_kv){(k), 0, str_of(c), 0})
#define KV_INT(k, n)     ((struct log_kv){(k), 1, {0}, (int64_t)(n)})

/** Name the program (borrowed for ever), choose sink, form and least level. Call once at start. */
void log_init(const char *program, int fd, enum log_format format, enum log_level least);
/** "debug", "info", "warn", "error" -> level. @return 0 or E_ARG */
int log_level_parse(struct str name, enum log_level *ret_level) MUST_CHECK;
bool log_wants(enum log_level level);
/** Write one line. `kv` ends with a NULL key. */
void log_write(enum log_level level, const char *message, const struct log_kv *kv);
/** Write one line about an error report, with its place. */
void log_err(enum log_level level, const char *message, const struct err *err);

#define log_at(level, message, ...)                                                                \
    log_write((level), (message), (const struct log_kv[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)

#endif
