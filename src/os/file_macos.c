/* Reaching the medium on macOS: fsync(2) there stops at the drive's cache, F_FULLFSYNC does not. A
 * file system without it (network shares) gets fsync. See file_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/timefmt.h"
#include "os/file_priv.h"

/* sys/xattr.h of macOS, which not every set of its headers has. */
ssize_t flistxattr(int fd, char *names, size_t size, int options);
ssize_t fgetxattr(int fd, const char *name, void *value, size_t size, uint32_t position,
                  int options);

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

ssize_t file_priv_xattr_value(int fd, const char *name, char *value, size_t size)
{
    ssize_t len = fgetxattr(fd, name, value, size, 0, 0);
    if (len < 0 && errno == ENOATTR)
        errno = ENOENT;
    return len;
}

static int64_t ns_of(struct timespec t)
{
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int file_priv_stamp(int fd, struct file_stamp *ret_stamp)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return E_IO;
    *ret_stamp = (struct file_stamp){.device = (uint64_t)st.st_dev,
                                     .inode = st.st_ino,
                                     .size = (uint64_t)st.st_size,
                                     .modified_ns = ns_of(st.st_mtimespec),
                                     .changed_ns = ns_of(st.st_ctimespec),
                                     .created_ns = ns_of(st.st_birthtimespec),
                                     .has_created = true,
                                     .is_regular = S_ISREG(st.st_mode)};
    return 0;
}
