/* Messages on macOS: a dialog in the session of the user at the console (message_console.h). See
 * message.h. */
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "respond/message_console.h"
#include "respond/message_priv.h"

static const struct message_console programs = {
    .shell = "/bin/sh",
    .launchctl = "/bin/launchctl",
    .sudo = "/usr/bin/sudo",
    .osascript = "/usr/bin/osascript",
};

/* The device file of the console belongs to whoever is logged in there. */
static const struct passwd *console_user(void)
{
    struct stat st;
    if (stat("/dev/console", &st) != 0)
        return NULL;
    const struct passwd *account = getpwuid(st.st_uid);
    return account && message_console_is_person(st.st_uid, account->pw_name) ? account : NULL;
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
        message_note(report, account->pw_name, "desktop",
                     message_console_show(&programs, account->pw_uid, account->pw_name,
                                          title_text.ptr, body.ptr, report->reason,
                                          sizeof report->reason));
    return 0;
}

bool message_console_user(char *user, size_t size)
{
    const struct passwd *account = console_user();
    if (account)
        (void)snprintf(user, size, "%s", account->pw_name);
    return account != NULL;
}
