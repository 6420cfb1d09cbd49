/* Random bytes of Linux: getrandom(2), which waits only until the kernel's pool was first filled.
 * See random.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "os/random.h"

void random_bytes(void *out, size_t len)
{
    unsigned char *at = out;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            abort();
        }
        at += n;
        len -= (size_t)n;
    }
}
