/* The dialog on a Mac: which programs show it in the session of the user at the console. Portable,
 * because it only runs programs; message_macos.c names the real ones and finds the user. Private to
 * respond/. Source: launchctl(1), osascript(1), sudo(8). */
#ifndef CORDON_RESPOND_MESSAGE_CONSOLE_H
#define CORDON_RESPOND_MESSAGE_CONSOLE_H

#include <sys/types.h>

#include "respond/message.h"

/** Absolute paths. */
struct message_console {
    const char *shell;
    const char *launchctl;
    const char *sudo;
    const char *osascript;
};

/** Whether the owner of the console is a person: not root, not the login window's account. */
bool message_console_is_person(uid_t uid, const char *user);

/**
 * Show a dialog to a user who is logged in at the console. Blocks for a second: a dialog that is
 * still there then is being shown.
 *
 * @param title,text NUL-terminated; arguments of the script, never part of it
 * @param reason     filled when it is not shown: the first line of what the programs said
 * @return whether it is shown
 */
bool message_console_show(const struct message_console *c, uid_t uid, const char *user,
                          const char *title, const char *text, char *reason, size_t reason_size);

#endif
