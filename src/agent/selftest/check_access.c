/* Who runs it, and whose the files are. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/account.h"
#include "agent/selftest/checks.h"
#include "os/file.h"
#include "os/proc.h"

enum { PATH_BYTES = 1024, TRY_BYTES = 4096, LEAST_FREE_BYTES = 256 * 1024 * 1024 };

#define INSTALL_AGAIN "Run the installer again; it sets owners and modes."

void check_root(struct selftest *t, struct selftest_result *r)
{
    (void)t;
    if (geteuid() == 0)
        selftest_ok(r, "runs as root");
    else
        selftest_failed(r, "Run it as root: sudo cordon-agent selftest.",
                        "runs as user %u, not as root: the checks below see less, too",
                        (unsigned)geteuid());
}

static const char *account_name(struct str configured)
{
    return configured.len ? configured.ptr : "nobody";
}

/* By name, also when this process is not root. */
static const struct passwd *find_account(struct str configured, struct selftest_result *r)
{
    const struct passwd *entry = getpwnam(account_name(configured));
    if (!entry)
        selftest_failed(r, "Run the installer again: it makes the accounts that agent.conf names.",
                        "there is no account '%s'", account_name(configured));
    else if (entry->pw_uid == 0)
        selftest_failed(r, "Name accounts without rights in agent.conf.", "account '%s' is root",
                        account_name(configured));
    return entry && entry->pw_uid ? entry : NULL;
}

void check_accounts(struct selftest *t, struct selftest_result *r)
{
    const struct passwd *entry = find_account(t->config->analyst_user, r);
    if (!entry)
        return;
    uid_t analyst = entry->pw_uid;
    entry = find_account(t->config->uplink_user, r);
    if (!entry)
        return;
    const char *names[] = {account_name(t->config->analyst_user),
                           account_name(t->config->uplink_user)};
    if (analyst == entry->pw_uid)
        selftest_ok(r,
                    "analyst and uplink share '%s'; an account each, used by nothing else, is "
                    "better: an isolated device stays open for the uplink's account",
                    names[1]);
    else
        selftest_ok(r, "analyst '%s' (%u), uplink '%s' (%u)", names[0], (unsigned)analyst, names[1],
                    (unsigned)entry->pw_uid);
}

/* ------------------------------------------------------------------ folders */

struct wanted {
    const char *name; /* below the state folder; "" = itself */
    bool uplinks;     /* belongs to the uplink's account */
    mode_t forbidden; /* bits that must not be set */
};

static bool look_at(const char *path, uid_t owner, mode_t forbidden, struct selftest_result *r)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        selftest_failed(r,
                        errno == EACCES ? "Run it as root: sudo cordon-agent selftest."
                                        : "Enroll the device: cordon-agent enroll.",
                        "%s: %s", path, strerror(errno));
        return false;
    }
    if (S_ISLNK(st.st_mode)) {
        selftest_failed(r, INSTALL_AGAIN, "%s is a symbolic link", path);
        return false;
    }
    if (st.st_uid != owner && st.st_uid != 0) {
        selftest_failed(r, INSTALL_AGAIN, "%s belongs to user %u, expected %u", path,
                        (unsigned)st.st_uid, (unsigned)owner);
        return false;
    }
    if (st.st_mode & forbidden) {
        selftest_failed(r, INSTALL_AGAIN, "%s has mode %04o, others may have no more than %04o",
                        path, (unsigned)(st.st_mode & 07777),
                        (unsigned)(st.st_mode & 07777 & ~forbidden));
        return false;
    }
    return true;
}

void check_folders(struct selftest *t, struct selftest_result *r)
{
    static const struct wanted folders[] = {
        {"", false, 022}, {"/monitor", false, 077}, {"/uplink", true, 077}};
    uid_t uplink;
    gid_t gid;
    struct err err = {0};
    if (account_find(t->config->uplink_user, &uplink, &gid, &err) != 0) {
        selftest_failed_err(r, INSTALL_AGAIN, &err);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%.*s%s", STR_FMT(t->config->state_dir), folders[i].name);
        if (!look_at(path, folders[i].uplinks ? uplink : geteuid(), folders[i].forbidden, r))
            return;
    }
    if (look_at(t->config_path, geteuid(), 022, r))
        selftest_ok(r, "%.*s and %s", STR_FMT(t->config->state_dir), t->config_path);
}

/* ------------------------------------------------------------------ spool */

/* In a process of its own that is the uplink's account. @return exit status: 0, 1 = cannot become
 * it, else 2 + errno */
static int write_as_uplink(const char *folder, uid_t uid, gid_t gid)
{
    static const char bytes[TRY_BYTES] = {0};
    char path[PATH_BYTES + 64];
    if (geteuid() == 0 && proc_drop_privileges(uid, gid, NULL) != 0)
        return 1;
    (void)snprintf(path, sizeof path, "%s/selftest.%ld", folder, (long)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return 2 + errno;
    int rc = file_write_all(fd, bytes, sizeof bytes);
    if (rc == 0)
        rc = file_sync(fd);
    int e = rc ? (rc == E_FULL ? ENOSPC : EIO) : 0;
    (void)close(fd);
    (void)unlink(path);
    return e ? 2 + e : 0;
}

void check_spool(struct selftest *t, struct selftest_result *r)
{
    char folder[PATH_BYTES];
    uid_t uid;
    gid_t gid;
    struct err err = {0};
    int status = -1;
    if (account_find(t->config->uplink_user, &uid, &gid, &err) != 0) {
        selftest_failed_err(r, INSTALL_AGAIN, &err);
        return;
    }
    (void)snprintf(folder, sizeof folder, "%.*s/uplink/spool", STR_FMT(t->config->state_dir));
    if (!file_exists(folder)) /* made at the first start */
        (void)snprintf(folder, sizeof folder, "%.*s/uplink", STR_FMT(t->config->state_dir));
    pid_t child = fork();
    if (child == 0)
        _exit(write_as_uplink(folder, uid, gid));
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    int64_t free_bytes = file_free_bytes(folder);
    if (code > 1)
        selftest_failed(
            r,
            code - 2 == ENOSPC   ? "Make room on this disk."
            : code - 2 == ENOENT ? "Enroll the device: cordon-agent enroll --token-file FILE."
                                 : INSTALL_AGAIN,
            "user %u cannot write in %s: %s", (unsigned)uid, folder, strerror(code - 2));
    else if (code == 1)
        selftest_failed(r, INSTALL_AGAIN, "cannot become user %u", (unsigned)uid);
    else if (free_bytes >= 0 && free_bytes < LEAST_FREE_BYTES)
        selftest_failed(r, "Make room on this disk.", "%s: only %lld MB are free", folder,
                        (long long)(free_bytes / 1000000));
    else
        selftest_ok(r, "%s takes writes, %lld MB free", folder, (long long)(free_bytes / 1000000));
}
