/* The one door to the heap, so that a test can make any allocation fail.
 * Everything in src/ allocates through here (libraries excepted). Sizes are checked for overflow.
 */
#ifndef CORDON_BASE_MEM_H
#define CORDON_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/** free; NULL is allowed. */
void mem_free(void *ptr);

/** malloc (of at least one byte); NULL when out of memory or `size` exceeds PTRDIFF_MAX. */
void *mem_alloc(size_t size) FREED_BY(mem_free) MUST_CHECK;
/** Zeroed array of `count` elements of `size` bytes; NULL on overflow or exhaustion. */
void *mem_calloc(size_t count, size_t size) FREED_BY(mem_free) MUST_CHECK;
/** realloc to `count * size` bytes; the old block stays valid when NULL is returned. */
void *mem_realloc_array(void *old, size_t count, size_t size) MUST_CHECK;
/** Copy of `len` bytes plus a terminating NUL; NULL when out of memory. */
char *mem_strndup(const char *ptr, size_t len) FREED_BY(mem_free) MUST_CHECK;
/** Copy of a NUL-terminated string; NULL when out of memory. */
char *mem_strdup(const char *s) FREED_BY(mem_free) MUST_CHECK;
/** For CLEANUP(mem_freep): frees what the pointer variable holds. */
void mem_freep(void *pointer_to_pointer);

/**
 * Grow an array so that it holds at least `need` elements; doubles the capacity.
 *
 * @param array     address of the element pointer
 * @param cap       capacity in elements, updated
 * @param need      wanted capacity in elements
 * @param elem_size bytes of one element
 * @return 0 or E_NOMEM (array and capacity untouched)
 */
int mem_grow(void *array, size_t *cap, size_t need, size_t elem_size) MUST_CHECK;

/**
 * Fault injection for tests: the n-th allocation from now on (1 = the next) and all after it fail.
 * 0 switches it off. Per thread.
 */
void mem_fail_after(uint64_t n);
/** Allocations of this thread since the last mem_fail_after call. */
uint64_t mem_count(void);

#endif
