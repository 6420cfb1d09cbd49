/* Buffered text to a descriptor. See out.h. */
#include "cli/out.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"

#define FLUSH_BYTES 65536

static unsigned terminal_columns(int fd)
{
    struct winsize size = {0};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

void out_init(struct out *o, int fd, bool allow_color)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    *o = (struct out){.fd = fd, .tty = isatty(fd) == 1};
    if (!o->tty)
        return;
    o->columns = terminal_columns(fd);
    o->color = allow_color && !(no_color && *no_color) && term && !str_is(str_of(term), "dumb");
}

void out_flush(struct out *o)
{
    int rc = buf_check(&o->text);
    if (!rc && !o->error && o->text.len)
        rc = file_write_all(o->fd, o->text.ptr, o->text.len);
    if (rc && !o->error)
        o->error = rc;
    buf_clear(&o->text);
}

void out_end_line(struct out *o)
{
    if (o->tty || o->text.len >= FLUSH_BYTES || buf_check(&o->text))
        out_flush(o);
}

int out_done(struct out *o)
{
    out_flush(o);
    buf_done(&o->text);
    return o->error;
}

int out_check(const struct out *o, struct err *err)
{
    if (!o->error)
        return 0;
    return err_set(err, o->error, "cannot write the output: %s", err_sentence(o->error));
}

void out_line(struct out *o, const char *fmt, ...)
{
    struct buf line CLEANUP(buf_done) = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(&line, fmt, ap);
    va_end(ap);
    if (buf_check(&line) && !o->error)
        o->error = buf_check(&line);
    text_add_printable(&o->text, buf_str(&line));
    buf_add_char(&o->text, '\n');
    out_end_line(o);
}

void out_printable(struct out *o, struct str text)
{
    text_add_printable(&o->text, text);
}
