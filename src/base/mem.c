/* Heap access with per-thread fault injection. See mem.h. */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static _Thread_local uint64_t fail_after;
static _Thread_local uint64_t made;

static bool refuse(void)
{
    made++;
    return UNLIKELY(fail_after != 0) && made >= fail_after;
}

void mem_fail_after(uint64_t n)
{
    fail_after = n;
    made = 0;
}

uint64_t mem_count(void)
{
    return made;
}

void *mem_alloc(size_t size)
{
    if (size > PTRDIFF_MAX || refuse())
        return NULL;
    return malloc(size ? size : 1);
}

void *mem_calloc(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total) || total > PTRDIFF_MAX || refuse())
        return NULL;
    return calloc(1, total ? total : 1);
}

void *mem_realloc_array(void *old, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total) || total > PTRDIFF_MAX || refuse())
        return NULL;
    return realloc(old, total ? total : 1);
}

char *mem_strndup(const char *ptr, size_t len)
{
    if (len == SIZE_MAX)
        return NULL;
    char *copy = mem_alloc(len + 1);
    if (!copy)
        return NULL;
    if (len)
        memcpy(copy, ptr, len);
    copy[len] = '\0';
    return copy;
}

char *mem_strdup(const char *s)
{
    return mem_strndup(s, strlen(s));
}

void mem_free(void *ptr)
{
    free(ptr);
}

void mem_freep(void *pointer_to_pointer)
{
    void *ptr;
    memcpy(&ptr, pointer_to_pointer, sizeof ptr);
    free(ptr);
    ptr = NULL;
    memcpy(pointer_to_pointer, &ptr, sizeof ptr);
}

int mem_grow(void *array, size_t *cap, size_t need, size_t elem_size)
{
    if (need <= *cap)
        return 0;
    size_t want = *cap ? *cap : 8;
    while (want < need) {
        if (want > SIZE_MAX / 2)
            return E_NOMEM;
        want *= 2;
    }
    void *old;
    memcpy(&old, array, sizeof old);
    void *grown = mem_realloc_array(old, want, elem_size);
    if (!grown)
        return E_NOMEM;
    memcpy(array, &grown, sizeof grown);
    *cap = want;
    return 0;
}
