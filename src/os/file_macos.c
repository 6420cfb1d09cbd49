/* Reaching the medium on macOS: fsync(2) there stops at the drive's cache, F_FULLFSYNC does not. A
 * file system without it (network shares) gets fsync. See file_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/file_priv.h"

int file_priv_sync_full(int fd)
{
    if (fcntl(fd, F_FULLFSYNC) == 0)
        return 0;
    if (errno != ENOTSUP && errno != EINVAL && errno != ENOTTY)
        return -1;
    return fsync(fd);
}

int file_priv_sync_data(int fd)
{
    return file_priv_sync_full(fd);
}
