/* Shows a text to whoever sits at the device: a dialog on a Mac, a notification and the terminals
 * on Linux. The text goes to programs as an argument of its own and to terminals with every control
 * character made visible; it is never part of a command. Says honestly when nobody is there. */
#ifndef CORDON_RESPOND_MESSAGE_H
#define CORDON_RESPOND_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum { MESSAGE_TITLE_BYTES = 120, MESSAGE_TEXT_BYTES = 2000, MESSAGE_SHOWN_MAX = 64 };

/** One place where it was shown. */
struct message_shown {
    char user[64];
    char where[64]; /* "pts/3", "desktop" */
};

struct message_report {
    struct message_shown shown[MESSAGE_SHOWN_MAX];
    uint32_t shown_len;
    uint32_t failed;  /* places where it could not be shown */
    char reason[160]; /* of the last such place, "" = not known */
};

/**
 * Show the message everywhere it can be seen. Blocks for a few milliseconds, 5 s at most for each
 * desktop. On a Mac the dialog is started and watched for a second, not waited for.
 *
 * @param title 1 .. MESSAGE_TITLE_BYTES bytes
 * @param text  1 .. MESSAGE_TEXT_BYTES bytes; line feeds are kept
 * @return 0 (shown at least once), E_ARG (empty, too long, not UTF-8), E_STATE (nobody is logged
 *         in), E_IO (somebody is, and nowhere could it be shown)
 */
int message_show(struct str title, struct str text, struct message_report *ret_report,
                 struct err *err) MUST_CHECK;

/** Who is logged in at the console of a Mac; false when nobody is, and on other systems. */
bool message_console_user(char *user, size_t size);

#endif
