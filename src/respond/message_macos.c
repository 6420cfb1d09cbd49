/* Messages on macOS: a dialog in the session of the user at the console, by osascript. Title and
 * text are arguments of the script, never part of it. See message.h. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "os/proc.h"
#include "respond/message_priv.h"

#define START_TIMEOUT_MS 5000

/* `item 1 of argv` is whatever the text is. The dialog closes by itself after an hour. */
static const char script[] =
    "on run argv\n"
    "display dialog (item 2 of argv) with title (item 1 of argv) buttons {\"OK\"} "
    "default button 1 with icon caution giving up after 3600\n"
    "end run\n";

/* The shell only starts its arguments in the background, so that nobody waits for the user. */
static const char start_in_background[] = "\"$@\" >/dev/null 2>&1 &";

static const struct passwd *console_user(void)
{
    struct stat st;
    if (stat("/dev/console", &st) != 0 || st.st_uid == 0)
        return NULL;
    const struct passwd *account = getpwuid(st.st_uid);
    if (!account || account->pw_name[0] == '_' || strcmp(account->pw_name, "loginwindow") == 0)
        return NULL;
    return account;
}

static bool show(const struct passwd *account, const char *title, const char *text)
{
    CLEANUP(buf_done) struct buf out = {0};
    CLEANUP(buf_done) struct buf errors = {0};
    char uid[16];
    int status = -1;
    (void)snprintf(uid, sizeof uid, "%u", (unsigned)account->pw_uid);
    const char *argv[] = {"/bin/sh",
                          "-c",
                          start_in_background,
                          "sh",
                          "/bin/launchctl",
                          "asuser",
                          uid,
                          "/usr/bin/sudo",
                          "-n",
                          "-H",
                          "-u",
                          account->pw_name,
                          "/usr/bin/osascript",
                          "-e",
                          script,
                          title,
                          text,
                          NULL};
    return proc_run(argv, (struct str){0}, START_TIMEOUT_MS, 4096, &out, &errors, &status, NULL) ==
               0 &&
           WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int message_os_show(struct str title, struct str text, struct message_report *report)
{
    CLEANUP(buf_done) struct buf title_text = {0};
    CLEANUP(buf_done) struct buf body = {0};
    const struct passwd *account = console_user();
    text_add_printable(&title_text, title);
    buf_add_str(&body, text);
    buf_add_char(&title_text, '\0');
    buf_add_char(&body, '\0');
    if (buf_check(&title_text) || buf_check(&body))
        return E_NOMEM;
    if (account)
        message_note(report, account->pw_name, "desktop", show(account, title_text.ptr, body.ptr));
    return 0;
}
