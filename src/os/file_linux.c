/* Reaching the medium on Linux. See file_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/timefmt.h"
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

ssize_t file_priv_xattr_value(int fd, const char *name, char *value, size_t size)
{
    enum { NAME_BYTES = 256 }; /* of a name, with its end: more no file has */
    char full[NAME_BYTES];
    if ((size_t)snprintf(full, sizeof full, "user.%s", name) >= sizeof full) {
        errno = ENOENT;
        return -1;
    }
    ssize_t len = fgetxattr(fd, full, value, size);
    if (len < 0 && errno == ENODATA)
        errno = ENOENT;
    return len;
}

static int64_t ns_of(const struct statx_timestamp *t)
{
    return t->tv_sec * NS_PER_S + t->tv_nsec;
}

int file_priv_stamp(int fd, struct file_stamp *ret_stamp)
{
    struct statx st;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) != 0)
        return E_IO;
    *ret_stamp = (struct file_stamp){.device = makedev(st.stx_dev_major, st.stx_dev_minor),
                                     .inode = st.stx_ino,
                                     .size = st.stx_size,
                                     .modified_ns = ns_of(&st.stx_mtime),
                                     .changed_ns = ns_of(&st.stx_ctime),
                                     .created_ns = ns_of(&st.stx_btime),
                                     .has_created = (st.stx_mask & STATX_BTIME) != 0,
                                     .is_regular = S_ISREG(st.stx_mode)};
    return 0;
}
