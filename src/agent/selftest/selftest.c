/* Running the table. See selftest.h. */
#include "agent/selftest/selftest.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"
#include "os/proc.h"

#ifdef __APPLE__
#define THIS_SYSTEM SELFTEST_MACOS
#else
#define THIS_SYSTEM SELFTEST_LINUX
#endif

const struct selftest_places selftest_places_default = {
    .eslogger = "/usr/bin/eslogger",
    .profiles = "/usr/bin/profiles",
    .launchctl = "/bin/launchctl",
    .codesign = "/usr/bin/codesign",
    .tcc = "/Library/Application Support/com.apple.TCC/TCC.db",
};

PRINTF_LIKE(3, 0)
static void fill(struct selftest_result *r, enum selftest_state state, const char *fmt, va_list ap)
{
    r->state = state;
    r->todo[0] = '\0';
    (void)vsnprintf(r->text, sizeof r->text, fmt, ap);
}

void selftest_ok(struct selftest_result *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fill(r, SELFTEST_OK, fmt, ap);
    va_end(ap);
}

void selftest_absent(struct selftest_result *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fill(r, SELFTEST_ABSENT, fmt, ap);
    va_end(ap);
}

void selftest_failed(struct selftest_result *r, const char *todo, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fill(r, SELFTEST_FAILED, fmt, ap);
    va_end(ap);
    (void)snprintf(r->todo, sizeof r->todo, "%s", todo);
}

void selftest_failed_err(struct selftest_result *r, const char *todo, const struct err *err)
{
    selftest_failed(r, todo, "%s", err->message[0] ? err->message : err_sentence(err->code));
}

void selftest_run(struct selftest *t, const struct selftest_check *check,
                  struct selftest_result *ret_result)
{
    *ret_result = (struct selftest_result){0};
    if (check->systems & THIS_SYSTEM)
        check->run(t, ret_result);
    else
        selftest_absent(ret_result, "not on this system");
}

/* As it comes, so that a check that takes its time is seen to do so. */
static bool print(struct buf *out)
{
    bool whole = buf_check(out) == 0 && file_write_all(STDOUT_FILENO, out->ptr, out->len) == 0;
    buf_clear(out);
    return whole;
}

int selftest_main(const struct agent_config *config, const char *config_path,
                  enum selftest_form form)
{
    struct buf out CLEANUP(buf_done) = {0};
    char program[PATH_MAX] = "";
    struct selftest t = {.config = config,
                         .config_path = config_path,
                         .program = program,
                         .places = &selftest_places_default,
                         .server_time_ns = INT64_MIN};
    unsigned failed = 0;
    (void)!proc_own_path(program, sizeof program, NULL);
    for (const struct selftest_check *c = selftest_table; c->name; c++) {
        struct selftest_result r;
        selftest_run(&t, c, &r);
        failed += r.state == SELFTEST_FAILED;
        if (form == SELFTEST_JSON)
            buf_add_cstr(&out, c == selftest_table ? "{\"checks\":[\n" : ",\n");
        selftest_add_result(&out, c, &r, form);
        if (!print(&out))
            return 1;
    }
    if (form == SELFTEST_JSON)
        buf_addf(&out, "\n],\"ok\":%s}\n", failed ? "false" : "true");
    else
        buf_addf(&out, failed ? "%u checks failed\n" : "all is well\n", failed);
    return print(&out) && failed == 0 ? 0 : 1;
}
