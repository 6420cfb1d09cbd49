/* Reaching the medium on Linux. See file_priv.h. */
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
