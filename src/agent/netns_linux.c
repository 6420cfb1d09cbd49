/* setns(2). See netns.h. */
#include "agent/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "base/buf.h"
#include "os/file.h"

int netns_enter(struct str path, struct err *err)
{
    struct buf name CLEANUP(buf_done) = {0};
    buf_add_str(&name, path);
    int fd CLEANUP(fd_closep) = open(buf_cstr(&name), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot open network namespace %s",
                         buf_cstr(&name));
    if (setns(fd, CLONE_NEWNET) != 0)
        return err_errno(err, E_DENIED, errno, "cannot enter network namespace %s",
                         buf_cstr(&name));
    return 0;
}
