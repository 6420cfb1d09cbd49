/* Compiler attributes and ownership helpers, in one place so that the rest reads as plain C17.
 * Used by every file; must not declare functions. */
#ifndef CORDON_BASE_COMPILER_H
#define CORDON_BASE_COMPILER_H

#include <stddef.h>

/** Call `fn(&variable)` when the variable leaves its scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))
/** The caller must look at the return value. */
#define MUST_CHECK __attribute__((warn_unused_result))
/** printf-style arguments: `fmt` is the index of the format, `first` of the first value. */
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
/** The result is fresh heap memory that `fn` frees: lets gcc's analyzer follow it. */
#ifdef __clang__
#define FREED_BY(fn) __attribute__((malloc))
#else
#define FREED_BY(fn) __attribute__((malloc, malloc(fn, 1)))
#endif
#define UNUSED       __attribute__((unused))
#define FALLTHROUGH  __attribute__((fallthrough))
#define LIKELY(x)    __builtin_expect(!!(x), 1)
#define UNLIKELY(x)  __builtin_expect(!!(x), 0)
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/** Hand over ownership of a pointer: yields its value and leaves NULL behind. */
#define TAKE(p)                                                                                    \
    __extension__({                                                                                \
        __typeof__(p) take_value_ = (p);                                                           \
        (p) = NULL;                                                                                \
        take_value_;                                                                               \
    })

/** Hand over ownership of a file descriptor: yields it and leaves -1 behind. */
#define TAKE_FD(fd)                                                                                \
    __extension__({                                                                                \
        int take_fd_ = (fd);                                                                       \
        (fd) = -1;                                                                                 \
        take_fd_;                                                                                  \
    })

/**
 * A deliberate one-byte over-read, compiled in only by the fuzzers' self-test: each fuzz target
 * must find the one in its parser. Expands to nothing in every other build.
 */
#ifdef CORDON_PLANT_OVERREAD
#define PLANT_OVERREAD(ptr) ((void)*(const volatile char *)(ptr))
#else
#define PLANT_OVERREAD(ptr) ((void)0)
#endif

#endif
