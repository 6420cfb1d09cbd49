/* Reaching the medium on Linux. See file_priv.h. */
#include <sys/xattr.h>
#include <unistd.h>

#include "os/file_priv.h"

int file_priv_sync_full(int fd)
{
    return fsync(fd);
}

int file_priv_sync_data(int fd)
{
    return fdatasync(fd);
}

ssize_t file_priv_xattr_names(int fd, char *names, size_t size)
{
    return flistxattr(fd, names, size);
}
