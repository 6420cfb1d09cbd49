/* From exceptions to the sections of the image. Called by builder.c. */
#ifndef CORDON_DETECT_EXCEPTION_BUILD_H
#define CORDON_DETECT_EXCEPTION_BUILD_H

#include "detect/builder_priv.h"
#include "detect/exception.h"

struct exception_sections {
    struct buf exceptions; /* struct image_exception */
    struct buf tests;      /* struct image_test */
    struct buf start;      /* uint32_t, by rule, one more at the end */
    struct buf list;       /* uint32_t, exceptions of the rules */
};

/** Write the exceptions of the builder for the rules that it has. @return 0, E_NOMEM, E_LIMIT */
int exception_build(struct builder *b, struct exception_sections *out) MUST_CHECK;
void exception_sections_done(struct exception_sections *s);

#endif
