/* Questions at the terminal. See prompt.h. */
#include "cli/prompt.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

/* One byte at a time: what follows the line belongs to the next question. */
static int read_line(struct buf *line, struct err *err)
{
    /* Reserved at once: a buffer that grows would leave copies of a secret behind. */
    if (buf_reserve(line, PROMPT_BYTES_MAX + 1))
        return E_NOMEM;
    for (;;) {
        char c;
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR && !cli_interrupted())
            continue;
        if (got < 0)
            return err_errno(err, E_IO, errno, "cannot read the answer");
        if (got == 0 && !line->len)
            return err_set(err, E_CLOSED, "no answer: the input ended");
        if (got == 0 || c == '\n')
            return 0;
        if (line->len >= PROMPT_BYTES_MAX)
            return err_set(err, E_LIMIT, "the answer is longer than %d bytes", PROMPT_BYTES_MAX);
        buf_add_char(line, c);
    }
}

static void ask(struct cli *cli, const char *question)
{
    buf_add_cstr(&cli->err.text, question);
    out_flush(&cli->err);
}

int prompt_line(struct cli *cli, const char *question, struct buf *ret_line, struct err *err)
{
    if (isatty(STDIN_FILENO))
        ask(cli, question);
    return read_line(ret_line, err);
}

int prompt_secret(struct cli *cli, const char *question, struct buf *ret_secret, struct err *err)
{
    struct termios before;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before))
        return read_line(ret_secret, err);
    struct termios quiet = before;
    quiet.c_lflag &= (tcflag_t)~ECHO;
    /* Ctrl-C during the question must not leave a terminal without echo. */
    cli_catch_interrupt();
    /* Before the question: what was typed earlier is thrown away, an answer must not be. */
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet))
        return err_errno(err, E_IO, errno, "cannot switch off the terminal's echo");
    ask(cli, question);
    int rc = read_line(ret_secret, err);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    ask(cli, "\n");
    return rc;
}

int prompt_word(struct cli *cli, const char *question, const char *word, struct err *err)
{
    struct buf answer CLEANUP(buf_done) = {0};
    if (!isatty(STDIN_FILENO))
        return err_set(err, E_DENIED, "needs a typed '%s', but standard input is no terminal",
                       word);
    int rc = prompt_line(cli, question, &answer, err);
    if (rc)
        return rc;
    if (!str_is(str_trim(buf_str(&answer)), word))
        return err_set(err, E_DENIED, "not confirmed");
    return 0;
}
