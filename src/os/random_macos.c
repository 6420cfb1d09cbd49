/* Random bytes of macOS: arc4random_buf(3), seeded by the kernel, cannot fail. See random.h. */
#include <stdlib.h>

#include "os/random.h"

void random_bytes(void *out, size_t len)
{
    arc4random_buf(out, len);
}
