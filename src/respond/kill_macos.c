/* Processes to be ended, on macOS. There is no pidfd. A process is found by its pidversion, which
 * changes when it runs another program, and from then on known by its start time, which does not.
 * That is read again right before every signal, which leaves microseconds; newer systems signal by
 * audit token and leave none. See kill_priv.h. Source: libproc.h, <mach/task_info.h>. */
#include <dlfcn.h>
#include <errno.h>
#include <libproc.h>
#include <mach/mach.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/proc.h>
#include <sys/proc_info.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/clock.h"
#include "os/proc.h"
#include "respond/kill_priv.h"

enum { LOOK_AGAIN_US = 2000, SPARE_PIDS = 256, TOKEN_PIDVERSION = 7 };

typedef int (*signal_by_token_fn)(audit_token_t *token, int signo);

/* Of libquarantine, in libSystem since 10.14; no header declares it. */
pid_t responsibility_get_pid_responsible_for_pid(pid_t pid);

static int token_of(pid_t pid, audit_token_t *ret_token)
{
    mach_port_t task = MACH_PORT_NULL;
    mach_msg_type_number_t count = TASK_AUDIT_TOKEN_COUNT;
    if (task_name_for_pid(mach_task_self(), pid, &task) != KERN_SUCCESS)
        return E_NOT_FOUND;
    kern_return_t kr = task_info(task, TASK_AUDIT_TOKEN, (task_info_t)ret_token, &count);
    (void)mach_port_deallocate(mach_task_self(), task);
    return kr == KERN_SUCCESS ? 0 : E_NOT_FOUND;
}

int kill_os_look(pid_t pid, struct kill_process *ret_process)
{
    struct proc_bsdinfo info;
    audit_token_t token;
    if (proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, sizeof info) != (int)sizeof info ||
        info.pbi_status == SZOMB || token_of(pid, &token))
        return E_NOT_FOUND;
    *ret_process = (struct kill_process){
        .pid = pid,
        .parent = (pid_t)info.pbi_ppid,
        .responsible = responsibility_get_pid_responsible_for_pid(pid),
        .generation = token.val[TOKEN_PIDVERSION],
        .kernel_thread = pid == 0,
        .stopped = info.pbi_status == SSTOP,
    };
    return 0;
}

void kill_os_path(pid_t pid, char path[KILL_PATH_BYTES])
{
    char full[PROC_PIDPATHINFO_MAXSIZE];
    path[0] = '\0';
    if (proc_pidpath(pid, full, sizeof full) > 0)
        (void)snprintf(path, KILL_PATH_BYTES, "%s", full);
}

int kill_os_each(void (*fn)(void *arg, const struct kill_process *p), void *arg)
{
    int room = proc_listallpids(NULL, 0);
    if (room <= 0)
        return E_IO;
    size_t cap = (size_t)room + SPARE_PIDS;
    CLEANUP(mem_freep) pid_t *pids = mem_calloc(cap, sizeof *pids);
    if (!pids)
        return E_NOMEM;
    int count = proc_listallpids(pids, (int)(cap * sizeof *pids));
    if (count < 0)
        return E_IO;
    for (int i = 0; i < count; i++) {
        struct kill_process p;
        if (kill_os_look(pids[i], &p) == 0)
            fn(arg, &p);
    }
    return 0;
}

bool kill_os_needed(const char *path)
{
    /* Below /System and /usr nobody but Apple can place a file (sealed volume). */
    static const char *const needed[] = {
        "/sbin/launchd",
        "/System/Library/PrivateFrameworks/SkyLight.framework/Resources/WindowServer",
        "/System/Library/PrivateFrameworks/SkyLight.framework/Versions/A/Resources/WindowServer",
        "/System/Library/CoreServices/loginwindow.app/Contents/MacOS/loginwindow",
        "/usr/libexec/opendirectoryd",
        "/usr/sbin/securityd",
        "/usr/libexec/trustd",
        "/System/Library/PrivateFrameworks/TCC.framework/Support/tccd",
        "/System/Library/PrivateFrameworks/TCC.framework/Versions/A/Resources/tccd",
        "/usr/libexec/logd",
        "/usr/libexec/configd",
        "/usr/sbin/notifyd",
        "/usr/libexec/endpointsecurityd",
        "/usr/libexec/syspolicyd",
        "/usr/libexec/mdmclient",
        "/usr/libexec/kernelmanagerd",
        "/usr/libexec/watchdogd", /* without it the kernel panics */
        "/usr/libexec/amfid",
        "/usr/libexec/runningboardd",
        "/usr/libexec/diskarbitrationd",
        "/usr/sbin/cfprefsd",
        "/usr/sbin/mDNSResponder",
        "/System/Library/Frameworks/CoreServices.framework/Frameworks/Metadata.framework/Support/"
        "mds",
        "/System/Library/Frameworks/CoreServices.framework/Versions/A/Frameworks/"
        "Metadata.framework/Versions/A/Support/mds",
    };
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        if (strcmp(path, needed[i]) == 0)
            return true;
    }
    return false;
}

int kill_os_open(pid_t pid, uint64_t generation, struct kill_hold *ret_hold)
{
    struct kill_process p;
    if (kill_os_look(pid, &p))
        return E_NOT_FOUND;
    if (p.generation != generation)
        return E_STATE;
    *ret_hold = (struct kill_hold){.pid = pid, .generation = generation, .fd = -1};
    return proc_start_time(pid, &ret_hold->started);
}

int kill_os_signal(const struct kill_hold *h, int signo)
{
    audit_token_t token;
    uint64_t started;
    if (token_of(h->pid, &token) || proc_start_time(h->pid, &started) || started != h->started)
        return E_NOT_FOUND;
    void *found = dlsym(RTLD_DEFAULT, "proc_signal_with_audittoken");
    int errnum = 0;
    if (found) {
        signal_by_token_fn signal_by_token;
        memcpy(&signal_by_token, &found, sizeof found);
        errnum = signal_by_token(&token, signo);
    } else if (kill(h->pid, signo) != 0) {
        errnum = errno;
    }
    return errnum == 0 ? 0 : errnum == ESRCH ? E_NOT_FOUND : errnum == EPERM ? E_DENIED : E_IO;
}

bool kill_os_wait(const struct kill_hold *h, int64_t deadline_ms)
{
    struct kill_process p;
    uint64_t started;
    for (;;) {
        /* A zombie is gone, and kill_os_look does not find it. */
        if (kill_os_look(h->pid, &p) || proc_start_time(h->pid, &started) || started != h->started)
            return true;
        if (clock_mono_ms() >= deadline_ms)
            return false;
        (void)usleep(LOOK_AGAIN_US);
    }
}

void kill_os_close(struct kill_hold *h)
{
    (void)h;
}
