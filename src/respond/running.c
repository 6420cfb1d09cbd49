/* Running processes: the part that is the same on every system. See running.h. */
#include "respond/running.h"

#include <string.h>

#include "base/mem.h"
#include "respond/kill_priv.h"
#include "respond/running_priv.h"

struct pids {
    pid_t *pids;
    size_t len;
    size_t cap;
    int rc;
};

static void note(void *arg, const struct kill_process *p)
{
    struct pids *all = arg;
    if (p->kernel_thread || all->rc)
        return;
    all->rc = mem_grow(&all->pids, &all->cap, all->len + 1, sizeof *all->pids);
    if (all->rc == 0)
        all->pids[all->len++] = p->pid;
}

int running_pids(pid_t **ret_pids, size_t *ret_len)
{
    struct pids all = {0};
    int rc = kill_os_each(note, &all);
    if (rc == 0)
        rc = all.rc;
    if (rc) {
        mem_free(all.pids);
        return rc;
    }
    *ret_pids = all.pids;
    *ret_len = all.len;
    return 0;
}

int running_look(pid_t pid, struct running *ret_running)
{
    struct kill_process p;
    struct running r = {.pid = pid};
    if (kill_os_look(pid, &p) || p.kernel_thread)
        return E_NOT_FOUND;
    r.generation = p.generation;
    kill_os_path(pid, r.path);
    running_os_sign(&r);
    *ret_running = r;
    return 0;
}
