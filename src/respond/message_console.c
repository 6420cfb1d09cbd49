/* The dialog on a Mac. See message_console.h. */
#include "respond/message_console.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/text.h"
#include "os/proc.h"

#define TIMEOUT_MS   5000
#define OUTPUT_BYTES 4096

/* `item 2 of argv` is whatever the title is. The first item is a word of ours, so that a title that
 * begins with '-' is no option. The dialog closes by itself after an hour. */
static const char script[] =
    "on run argv\n"
    "display dialog (item 3 of argv) with title (item 2 of argv) buttons {\"OK\"} "
    "default button 1 with icon caution giving up after 3600\n"
    "end run\n";

/* The shell starts its arguments in the background, so that nobody waits for the user; what ends
 * within a second tells its status. */
static const char start_in_background[] =
    "( \"$@\" 2>&1 >/dev/null </dev/null; echo \"ended $?\" ) & sleep 1";

bool message_console_is_person(uid_t uid, const char *user)
{
    return uid != 0 && user && user[0] && user[0] != '_' && strcmp(user, "loginwindow") != 0;
}

/* The words before "ended N". */
static void keep_reason(struct str says, const char *otherwise, char *reason, size_t size)
{
    CLEANUP(buf_done) struct buf line = {0};
    struct str rest = str_trim(says);
    struct str first = {0};
    (void)str_next(&rest, '\n', &first);
    if (first.len == 0 || str_starts(first, STR("ended ")))
        first = str_of(otherwise);
    text_add_printable(&line, str_sub(first, 0, size - 1));
    (void)snprintf(reason, size, "%s", buf_cstr(&line));
}

bool message_console_show(const struct message_console *c, uid_t uid, const char *user,
                          const char *title, const char *text, char *reason, size_t reason_size)
{
    CLEANUP(buf_done) struct buf out = {0};
    CLEANUP(buf_done) struct buf errors = {0};
    char uid_text[16];
    int status = -1;
    (void)snprintf(uid_text, sizeof uid_text, "%u", (unsigned)uid);
    const char *argv[] = {c->shell, "-c",         start_in_background,
                          "sh",     c->launchctl, "asuser",
                          uid_text, c->sudo,      "-n",
                          "-H",     "-u",         user,
                          "--",     c->osascript, "-e",
                          script,   "cordon",     title,
                          text,     NULL};
    if (proc_run(argv, (struct str){0}, TIMEOUT_MS, OUTPUT_BYTES, &out, &errors, &status, NULL) !=
            0 ||
        !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        keep_reason(buf_str(&errors), "the shell cannot be run", reason, reason_size);
        return false;
    }
    struct str says = buf_str(&out);
    if (str_find(says, STR("ended ")) == SIZE_MAX || str_ends(says, STR("ended 0\n")))
        return true;
    keep_reason(says, "the dialog ended at once", reason, reason_size);
    return false;
}
