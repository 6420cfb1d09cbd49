/* The self-test of the agent on its device: one row a check, one result a row. Called by main.c;
 * may run beside a running agent. */
#ifndef CORDON_AGENT_SELFTEST_SELFTEST_H
#define CORDON_AGENT_SELFTEST_SELFTEST_H

#include <stdbool.h>

#include "agent/config.h"
#include "base/buf.h"
#include "base/err.h"

enum selftest_state {
    SELFTEST_OK,
    SELFTEST_FAILED,
    SELFTEST_ABSENT /* this system has nothing of the kind */
};

enum { SELFTEST_LINUX = 1, SELFTEST_MACOS = 2, SELFTEST_BOTH = 3 };

/** What one check found. `{0}` is ok without words. */
struct selftest_result {
    enum selftest_state state;
    char text[512]; /* what was found */
    char todo[512]; /* what to do, "" unless failed */
};

/** Programs and files of the system; tests put stand-ins here. */
struct selftest_places {
    const char *eslogger;
    const char *profiles;
    const char *launchctl;
    const char *codesign;
    const char *tcc; /* the privacy database, readable with Full Disk Access only */
};

extern const struct selftest_places selftest_places_default;

struct selftest {
    const struct agent_config *config;
    const char *config_path;
    const char *program; /* absolute path of this agent */
    const struct selftest_places *places;
    int64_t server_time_ns; /* as the server check heard it, INT64_MIN = not heard */
};

struct selftest_check {
    const char *name; /* stable, for programs that read the result */
    unsigned systems;
    void (*run)(struct selftest *t, struct selftest_result *r);
    const char *doc; /* one sentence */
};

/** All checks in the order in which they run, ending with a NULL name. */
extern const struct selftest_check selftest_table[];

/** Run one check; one that is of another system is not run. */
void selftest_run(struct selftest *t, const struct selftest_check *check,
                  struct selftest_result *ret_result);

enum selftest_form { SELFTEST_TABLE, SELFTEST_JSON };

/**
 * Run all checks and print them on standard output.
 * @return exit status: 0, or 1 when a check failed
 */
int selftest_main(const struct agent_config *config, const char *config_path,
                  enum selftest_form form);

/** Append one line (two for a failed check), or one JSON object. */
void selftest_add_result(struct buf *out, const struct selftest_check *check,
                         const struct selftest_result *r, enum selftest_form form);

/**
 * Run `argv` as a process that answers for itself in matters of consent, pass its output on.
 * @return its exit status, or -1 when it could not be run
 */
int selftest_disclaimed(const char *const *argv);

/* For the checks. */
void selftest_ok(struct selftest_result *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
void selftest_absent(struct selftest_result *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** @param todo what to do, a whole sentence */
void selftest_failed(struct selftest_result *r, const char *todo, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/** As failed, with the message of an error. */
void selftest_failed_err(struct selftest_result *r, const char *todo, const struct err *err);

#endif
