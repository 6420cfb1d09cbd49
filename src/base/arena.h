/* Bump allocator for one unit of work (a request, a batch, a rule file): everything in it dies at
 * once. Pointers are valid until arena_clear or arena_done. One thread at a time. */
#ifndef CORDON_BASE_ARENA_H
#define CORDON_BASE_ARENA_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/str.h"

struct arena_block;

/** `{0}` is a valid empty arena without a limit. */
struct arena {
    struct arena_block *head;
    size_t used_bytes;  /* handed out since the last clear */
    size_t limit_bytes; /* most bytes it may hand out, 0 = no limit */
};

/** Zeroed, 16-byte aligned memory; NULL when out of memory or over the limit. */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;
/** Zeroed array; NULL on overflow, exhaustion or limit. */
void *arena_array(struct arena *a, size_t count, size_t size) MUST_CHECK;
/** NUL-terminated copy of a slice; {NULL, 0} when out of memory. */
struct str arena_str(struct arena *a, struct str s) MUST_CHECK;
/** As arena_str, as a C string; NULL when out of memory. */
char *arena_cstr(struct arena *a, struct str s) MUST_CHECK;
/** Formatted, NUL-terminated text; {NULL, 0} when out of memory. */
struct str arena_fmt(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
/** Forget everything; keeps one block for reuse. */
void arena_clear(struct arena *a);
/** Free everything. For CLEANUP(arena_done). */
void arena_done(struct arena *a);

#endif
