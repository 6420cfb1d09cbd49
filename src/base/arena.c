/* Bump allocator. See arena.h. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { ALIGN = 16, FIRST_BLOCK = 4096, LARGEST_STEP = 1 << 20 };

struct arena_block {
    struct arena_block *next;
    size_t cap;
    size_t used;
    _Alignas(ALIGN) unsigned char data[];
};

static struct arena_block *add_block(struct arena *a, size_t need)
{
    size_t size = a->head ? a->head->cap * 2 : FIRST_BLOCK;
    if (size > LARGEST_STEP)
        size = LARGEST_STEP;
    if (size < need)
        size = need;
    if (size > SIZE_MAX - sizeof(struct arena_block))
        return NULL;
    struct arena_block *block = mem_alloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->next = a->head;
    block->cap = size;
    block->used = 0;
    a->head = block;
    return block;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX - ALIGN)
        return NULL;
    size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (rounded == 0)
        rounded = ALIGN;
    if (a->limit_bytes && (rounded > a->limit_bytes || a->used_bytes > a->limit_bytes - rounded))
        return NULL;
    struct arena_block *block = a->head;
    if (!block || block->cap - block->used < rounded) {
        block = add_block(a, rounded);
        if (!block)
            return NULL;
    }
    void *at = block->data + block->used;
    block->used += rounded;
    a->used_bytes += rounded;
    return memset(at, 0, rounded);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_alloc(a, total);
}

char *arena_cstr(struct arena *a, struct str s)
{
    if (s.len == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(a, s.len + 1);
    if (copy && s.len)
        memcpy(copy, s.ptr, s.len);
    return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
    char *copy = arena_cstr(a, s);
    return copy ? str_n(copy, s.len) : (struct str){0};
}

struct str arena_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return (struct str){0};
    char *text = arena_alloc(a, (size_t)n + 1);
    if (!text)
        return (struct str){0};
    va_start(ap, fmt);
    (void)vsnprintf(text, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return str_n(text, (size_t)n);
}

void arena_clear(struct arena *a)
{
    struct arena_block *keep = a->head;
    if (keep) {
        struct arena_block *old = keep->next;
        while (old) {
            struct arena_block *next = old->next;
            mem_free(old);
            old = next;
        }
        keep->next = NULL;
        keep->used = 0;
    }
    a->used_bytes = 0;
}

void arena_done(struct arena *a)
{
    arena_clear(a);
    mem_free(a->head);
    a->head = NULL;
}
