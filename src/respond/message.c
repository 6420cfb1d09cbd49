/* Messages to the user: what is the same on every system. See message.h. */
#include "respond/message.h"

#include <stdio.h>

#include "base/text.h"
#include "respond/message_priv.h"

void message_note(struct message_report *r, const char *user, const char *where, bool ok)
{
    if (!ok) {
        r->failed++;
        return;
    }
    if (r->shown_len == MESSAGE_SHOWN_MAX)
        return;
    struct message_shown *s = &r->shown[r->shown_len++];
    (void)snprintf(s->user, sizeof s->user, "%s", user);
    (void)snprintf(s->where, sizeof s->where, "%s", where);
}

void message_add_terminal(struct buf *out, struct str title, struct str text)
{
    struct str line;
    buf_add_cstr(out, "\r\n\a*** ");
    text_add_printable(out, title);
    buf_add_cstr(out, " ***\r\n");
    while (str_next(&text, '\n', &line)) {
        text_add_printable(out, line);
        buf_add_cstr(out, "\r\n");
    }
    buf_add_cstr(out, "\r\n");
}

static int check(const char *what, struct str s, size_t most, struct err *err)
{
    if (s.len == 0 || s.len > most)
        return err_set(err, E_ARG, "the %s has %zu bytes, expected 1 to %zu", what, s.len, most);
    if (!text_utf8_valid(s) || str_find_char(s, '\0') != SIZE_MAX)
        return err_set(err, E_ARG, "the %s is not UTF-8 text", what);
    return 0;
}

int message_show(struct str title, struct str text, struct message_report *ret_report,
                 struct err *err)
{
    struct message_report report = {0};
    int rc = check("title", title, MESSAGE_TITLE_BYTES, err);
    if (rc == 0)
        rc = check("text", text, MESSAGE_TEXT_BYTES, err);
    if (rc)
        return rc;
    rc = message_os_show(title, text, &report);
    if (rc)
        return err_set(err, rc, "out of memory");
    if (report.shown_len == 0 && report.failed == 0)
        return err_set(err, E_STATE, "nobody is logged in");
    if (report.shown_len == 0)
        return err_set(err, E_IO, "the message could not be shown in any of %u places%s%s",
                       report.failed, report.reason[0] ? ": " : "", report.reason);
    *ret_report = report;
    return 0;
}
