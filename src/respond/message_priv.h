/* The system's part of message: message_linux.c and message_macos.c. Private to respond/. */
#ifndef CORDON_RESPOND_MESSAGE_PRIV_H
#define CORDON_RESPOND_MESSAGE_PRIV_H

#include "base/buf.h"
#include "respond/message.h"

/** Show checked text; fills the report. @return 0 (the report tells what came of it) or E_NOMEM */
int message_os_show(struct str title, struct str text, struct message_report *report) MUST_CHECK;

/** Note a place. @param ok whether it was shown there */
void message_note(struct message_report *r, const char *user, const char *where, bool ok);
/** Append what goes to a terminal: framed, lines ended by CR LF, control characters visible. */
void message_add_terminal(struct buf *out, struct str title, struct str text);

#endif
