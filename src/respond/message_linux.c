/* Messages on Linux: every terminal that utmp says somebody uses, and the desktop of every user who
 * has a session bus. See message.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include "base/text.h"
#include "os/file.h"
#include "os/proc.h"
#include "respond/message_priv.h"

#define NOTIFY_SEND       "/usr/bin/notify-send"
#define RUNUSER           "/usr/sbin/runuser"
#define NOTIFY_TIMEOUT_MS 5000
#define FIRST_USER_UID    1000 /* below are system accounts, login.defs(5) */

/* The line comes from a file that programs write: it must name a terminal below /dev. */
static bool is_terminal_name(const char *line)
{
    struct str s = str_of(line);
    return s.len > 0 && s.ptr[0] != '/' && s.ptr[0] != ':' && str_find(s, STR("..")) == SIZE_MAX;
}

/* A terminal that does not take it at once (stopped output) is not waited for. */
static bool write_terminal(const char *line, struct str bytes)
{
    char path[96];
    struct stat st;
    (void)snprintf(path, sizeof path, "/dev/%s", line);
    int fd CLEANUP(fd_closep) =
        open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISCHR(st.st_mode) || !isatty(fd))
        return false;
    return write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len;
}

/* utmp may list one terminal twice; the caller keeps the entries in order. */
static bool seen(const struct message_report *r, const char *where)
{
    for (uint32_t i = 0; i < r->shown_len; i++) {
        if (strcmp(r->shown[i].where, where) == 0)
            return true;
    }
    return false;
}

static void show_terminals(struct str bytes, struct message_report *report)
{
    setutent();
    for (struct utmp *u = getutent(); u; u = getutent()) {
        char line[UT_LINESIZE + 1], user[UT_NAMESIZE + 1];
        if (u->ut_type != USER_PROCESS)
            continue;
        (void)snprintf(line, sizeof line, "%.*s", UT_LINESIZE, u->ut_line);
        (void)snprintf(user, sizeof user, "%.*s", UT_NAMESIZE, u->ut_user);
        if (is_terminal_name(line) && !seen(report, line))
            message_note(report, user, line, write_terminal(line, bytes));
    }
    endutent();
}

/* As the user, on his session bus; "--" ends the options, so the text cannot be one. */
static bool notify(const char *user, uid_t uid, const char *title, const char *text)
{
    CLEANUP(buf_done) struct buf out = {0};
    CLEANUP(buf_done) struct buf errors = {0};
    char bus[96];
    int status = -1;
    (void)snprintf(bus, sizeof bus, "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/%lu/bus",
                   (unsigned long)uid);
    const char *argv[] = {RUNUSER,        "-u",  user,        "--",
                          "/usr/bin/env", bus,   NOTIFY_SEND, "--urgency=critical",
                          "--",           title, text,        NULL};
    return proc_run(argv, (struct str){0}, NOTIFY_TIMEOUT_MS, 4096, &out, &errors, &status, NULL) ==
               0 &&
           WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void show_desktops(const char *title, const char *text, struct message_report *report)
{
    if (access(NOTIFY_SEND, X_OK) != 0 || access(RUNUSER, X_OK) != 0)
        return;
    DIR *dir = opendir("/run/user");
    if (!dir)
        return;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char bus[320];
        uint64_t uid;
        struct stat st;
        (void)snprintf(bus, sizeof bus, "/run/user/%s/bus", e->d_name);
        if (str_to_u64(str_of(e->d_name), &uid) || uid < FIRST_USER_UID || uid > UINT32_MAX ||
            lstat(bus, &st) != 0 || !S_ISSOCK(st.st_mode) || st.st_uid != (uid_t)uid)
            continue;
        const struct passwd *account = getpwuid((uid_t)uid);
        if (account)
            message_note(report, account->pw_name, "desktop",
                         notify(account->pw_name, (uid_t)uid, title, text));
    }
    (void)closedir(dir);
}

int message_os_show(struct str title, struct str text, struct message_report *report)
{
    CLEANUP(buf_done) struct buf terminal = {0};
    CLEANUP(buf_done) struct buf title_text = {0};
    CLEANUP(buf_done) struct buf body = {0};
    message_add_terminal(&terminal, title, text);
    text_add_printable(&title_text, title);
    buf_add_str(&body, text);
    buf_add_char(&title_text, '\0');
    buf_add_char(&body, '\0');
    if (buf_check(&terminal) || buf_check(&title_text) || buf_check(&body))
        return E_NOMEM;
    show_terminals(buf_str(&terminal), report);
    show_desktops(title_text.ptr, body.ptr, report);
    return 0;
}

bool message_console_user(char *user, size_t size)
{
    (void)user;
    (void)size;
    return false;
}
