/* Path restriction of Linux: Landlock by its system calls; no library is needed and no privilege.
 * See sandbox.h. The rights are written out here, because the headers of a build machine may be
 * older than the kernel it runs on. Source: Documentation/userspace-api/landlock.rst. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/file.h"
#include "os/sandbox.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

#define FS_EXECUTE     (UINT64_C(1) << 0)
#define FS_WRITE_FILE  (UINT64_C(1) << 1)
#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_REMOVE_DIR  (UINT64_C(1) << 4)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_ALL    (UINT64_C(0x7f) << 6) /* char, dir, regular, socket, fifo, block, symlink */
#define FS_MAKE_DIR    (UINT64_C(1) << 7)
#define FS_MAKE_REG    (UINT64_C(1) << 8)
#define FS_REFER       (UINT64_C(1) << 13) /* version 2 */
#define FS_TRUNCATE    (UINT64_C(1) << 14) /* version 3 */
#define FS_IOCTL_DEV   (UINT64_C(1) << 15) /* version 5 */

#define FS_VERSION_1                                                                               \
    (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_READ_DIR | FS_REMOVE_DIR | FS_REMOVE_FILE |    \
     FS_MAKE_ALL)
#define FS_FOR_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define FS_READ      (FS_READ_FILE | FS_READ_DIR)
#define FS_WRITE                                                                                   \
    (FS_READ | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG |        \
     FS_REFER | FS_TRUNCATE)

#define SCOPE_ABSTRACT_SOCKETS (UINT64_C(1) << 0) /* version 6 */
#define SCOPE_SIGNALS          (UINT64_C(1) << 1)

struct ruleset_attr {
    uint64_t handled_fs;
    uint64_t handled_net; /* version 4 */
    uint64_t scoped;      /* version 6 */
};

struct path_attr {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

static uint64_t fs_rights(unsigned abi)
{
    uint64_t rights = FS_VERSION_1;
    if (abi >= 2)
        rights |= FS_REFER;
    if (abi >= 3)
        rights |= FS_TRUNCATE;
    if (abi >= 5)
        rights |= FS_IOCTL_DEV;
    return rights;
}

static const char *gaps(unsigned abi)
{
    if (abi < 3)
        return "truncation, device control, signals";
    if (abi < 5)
        return "device control, signals";
    return abi < 6 ? "signals" : "";
}

static int create(unsigned abi)
{
    struct ruleset_attr attr = {.handled_fs = fs_rights(abi)};
    size_t size = sizeof attr.handled_fs;
    if (abi >= 6) {
        attr.scoped = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
        size = sizeof attr;
    }
    return (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
}

static int allow(int ruleset, const char *path, uint64_t rights, struct err *err)
{
    struct stat st;
    int fd CLEANUP(fd_closep) = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0 || fstat(fd, &st) != 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot open %s", path);
    if (!S_ISDIR(st.st_mode))
        rights &= FS_FOR_FILES;
    struct path_attr attr = {.allowed = rights, .parent_fd = fd};
    if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &attr, 0) != 0)
        return err_errno(err, E_IO, errno, "cannot allow %s", path);
    return 0;
}

static int allow_all(int ruleset, const char *const *paths, uint64_t rights, struct err *err)
{
    int rc = 0;
    for (; *paths && !rc; paths++)
        rc = allow(ruleset, *paths, rights, err);
    return rc;
}

int sandbox_paths(const char *const *read_paths, const char *const *write_paths,
                  struct sandbox_state *state, struct err *err)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, CREATE_RULESET_VERSION);
    if (version < 1)
        return err_errno(err, E_UNSUPPORTED, errno, "the kernel does not restrict paths");
    unsigned abi = (unsigned)version;
    int ruleset CLEANUP(fd_closep) = create(abi);
    if (ruleset < 0)
        return err_errno(err, E_IO, errno, "cannot restrict paths");
    int rc = allow_all(ruleset, read_paths, FS_READ, err);
    if (!rc)
        rc = allow_all(ruleset, write_paths, FS_WRITE & fs_rights(abi), err);
    if (rc)
        return rc;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        return err_errno(err, errno == EPERM ? E_DENIED : E_IO, errno, "cannot restrict paths");
    state->paths = true;
    state->path_abi = abi;
    state->path_gaps = gaps(abi);
    return 0;
}
