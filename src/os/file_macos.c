/* Reaching the medium on macOS: fsync(2) there stops at the drive's cache, F_FULLFSYNC does not. A
 * file system without it (network shares) gets fsync. See file_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/file_priv.h"

/* sys/xattr.h of macOS, which not every set of its headers has. */
ssize_t flistxattr(int fd, char *names, size_t size, int options);

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

ssize_t file_priv_xattr_names(int fd, char *names, size_t size)
{
    return flistxattr(fd, names, size, 0);
}
