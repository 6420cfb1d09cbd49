/* Error codes and the error report a person will read.
 * Every fallible function returns 0 or one negative code of this list; where somebody will read the
 * reason, its last parameter is a `struct err *`. Library floors fill it and never log. */
#ifndef CORDON_BASE_ERR_H
#define CORDON_BASE_ERR_H

#include <stdarg.h>
#include <stdint.h>

#include "base/compiler.h"

/* code, number, HTTP status, exit status of the command line, short sentence */
#define ERR_LIST(X)                                                                                \
    X(E_NOMEM, -1, 503, 70, "out of memory")                                                       \
    X(E_PARSE, -2, 400, 65, "malformed input")                                                     \
    X(E_LIMIT, -3, 413, 65, "a limit was exceeded")                                                \
    X(E_NOT_FOUND, -4, 404, 66, "not found")                                                       \
    X(E_EXISTS, -5, 409, 73, "already exists")                                                     \
    X(E_IO, -6, 500, 74, "input or output failed")                                                 \
    X(E_DENIED, -7, 403, 77, "not permitted")                                                      \
    X(E_AUTH, -8, 401, 77, "not authenticated")                                                    \
    X(E_ARG, -9, 400, 64, "bad argument")                                                          \
    X(E_STATE, -10, 409, 75, "not possible in the current state")                                  \
    X(E_TIMEOUT, -11, 504, 75, "timed out")                                                        \
    X(E_CLOSED, -12, 502, 69, "the other side closed the connection")                              \
    X(E_UNSUPPORTED, -13, 501, 69, "not supported")                                                \
    X(E_CRYPTO, -14, 403, 76, "a signature, certificate or seal did not verify")                   \
    X(E_FULL, -15, 507, 74, "no space left")                                                       \
    X(E_AGAIN, -16, 503, 75, "not ready yet, try again")                                           \
    X(E_INTERNAL, -17, 500, 70, "internal error")                                                  \
    X(E_VERSION, -18, 426, 76, "version mismatch")                                                 \
    X(E_CONNECT, -19, 502, 69, "could not connect")                                                \
    X(E_RATE, -20, 429, 75, "too many requests")

enum err_code {
#define ERR_ENUM(code, number, http, exit, text) code = number,
    ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
};

#define ERR_SOURCE_BYTES  256
#define ERR_MESSAGE_BYTES 512

/** What went wrong, and where. Plain values: may be copied, needs no cleanup. */
struct err {
    int code;                        /* 0 or an err_code */
    uint32_t line;                   /* 1-based, 0 = not known */
    uint32_t column;                 /* 1-based, 0 = not known */
    char source[ERR_SOURCE_BYTES];   /* file or field the place refers to, may be "" */
    char message[ERR_MESSAGE_BYTES]; /* one line, no trailing full stop or newline */
};

/**
 * Fill `err` (may be NULL) with a code and a message and return the code, so that
 * `return err_set(err, E_PARSE, "unknown modifier '%.*s'", ...)` is one line.
 * Keeps source, line and column already set by err_at.
 */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/** As err_set with the text of `errnum` (an errno value) appended after ": ". */
int err_errno(struct err *err, int code, int errnum, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Yield the code itself, so that compiler and analyzers see that an error is never 0. */
#define err_set(err, code, ...)                                                                    \
    __extension__({                                                                                \
        int err_code_ = (code);                                                                    \
        (void)(err_set)((err), err_code_, __VA_ARGS__);                                            \
        err_code_;                                                                                 \
    })
#define err_errno(err, code, errnum, ...)                                                          \
    __extension__({                                                                                \
        int err_code_ = (code);                                                                    \
        (void)(err_errno)((err), err_code_, (errnum), __VA_ARGS__);                                \
        err_code_;                                                                                 \
    })

/** Record the place; call before or after err_set. `source` may be NULL to keep what is there. */
void err_at(struct err *err, const char *source, uint32_t line, uint32_t column);

/** Put "<prefix>: " in front of the message. Does nothing on NULL or an empty report. */
void err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Forget everything. */
void err_clear(struct err *err);

/**
 * Write "source:line:column: message" (parts that are unknown are left out).
 * @return the number of bytes the full text has, like snprintf.
 */
int err_format(const struct err *err, char *buf, size_t size);

const char *err_name(int code);     /* "E_PARSE"; "E_UNKNOWN" for anything else */
const char *err_sentence(int code); /* "malformed input" */
int err_http_status(int code);      /* 500 for anything unknown */
int err_exit_status(int code);      /* 70 for anything unknown */

#endif
