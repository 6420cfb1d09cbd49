/* What a fuzz target includes: the entry point's prototype and the handling of its bytes. A target
 * feeds one parser; it must not keep state between inputs, print, or skip inputs the parser would
 * have to refuse. */
#ifndef CORDON_TESTS_FUZZ_FUZZ_H
#define CORDON_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** The input left to read; a target that needs options takes them from the front. */
struct fuzz_input {
    const uint8_t *ptr;
    size_t len;
};

static inline struct fuzz_input fuzz_input_of(const uint8_t *data, size_t size)
{
    return (struct fuzz_input){data, size};
}

/** Take one byte from the front (0 when none is left): a mode, a flag set, a chunk size. */
static inline uint8_t fuzz_take_byte(struct fuzz_input *in)
{
    if (in->len == 0)
        return 0;
    in->len--;
    return *in->ptr++;
}

/** Take at most `most` bytes from the front, as a heap block of exactly that size: reading one byte
 * before or behind it is an error that AddressSanitizer reports. Free with fuzz_freep. */
static inline struct str fuzz_take(struct fuzz_input *in, size_t most)
{
    size_t len = in->len < most ? in->len : most;
    char *block = malloc(len);
    if (!block)
        abort();
    if (len)
        memcpy(block, in->ptr, len);
    in->ptr += len;
    in->len -= len;
    return (struct str){block, len};
}

/** All that is left, as fuzz_take. */
static inline struct str fuzz_take_rest(struct fuzz_input *in)
{
    return fuzz_take(in, in->len);
}

/** For CLEANUP(fuzz_freep) on a slice from fuzz_take. */
static inline void fuzz_freep(struct str *taken)
{
    free((void *)(uintptr_t)taken->ptr);
}

/** State a property of the parser that must hold on every input; stops the fuzzer when broken. */
#define FUZZ_ASSERT(condition)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

#endif
