/* The self-test as a process of its own standing. See selftest.h. */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/selftest/selftest.h"
#include "os/file.h"
#include "os/proc.h"

int selftest_disclaimed(const char *const *argv)
{
    struct proc_child child;
    char chunk[4096];
    int status = 0;
    if (proc_spawn(argv, NULL, PROC_STDOUT | PROC_DISCLAIM | PROC_DIE_WITH_PARENT, &child, NULL) !=
        0)
        return -1;
    for (;;) {
        ssize_t n = read(child.stdout_fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || file_write_all(STDOUT_FILENO, chunk, (size_t)n) != 0)
            break;
    }
    fd_closep(&child.stdout_fd);
    while (waitpid(child.pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
