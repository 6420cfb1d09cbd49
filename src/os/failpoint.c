/* Fail points armed through the environment. See failpoint.h. Built empty without
 * CORDON_FAILPOINTS. A specification that cannot be read aborts: a test that armed nothing would
 * pass for the wrong reason. */
#include "os/failpoint.h"

#ifdef CORDON_FAILPOINTS

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"

enum { ARMED_MAX = 16, NAMES_MAX = 1024, DELAY_MS_MAX = 600000 };
enum action { ACTION_KILL, ACTION_ERROR, ACTION_FULL, ACTION_DELAY };

struct armed {
    struct str name;
    enum action action;
    int64_t delay_ms;
    uint64_t nth;
    uint64_t passes;
};

/* All state, guarded by `lock`. Counted per process: a forked child starts afresh. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct armed armed[ARMED_MAX];
static size_t armed_count;
static const char *names[NAMES_MAX];
static size_t name_count;
static int log_fd = -1;
static pid_t owner;

static _Noreturn void refuse(struct str spec)
{
    (void)fprintf(stderr, "CORDON_FAILPOINT: cannot read '%.*s'\n", STR_FMT(spec));
    abort();
}

static void parse_action(struct str spec, struct str text, struct armed *a)
{
    if (str_is(text, "kill")) {
        a->action = ACTION_KILL;
    } else if (str_is(text, "error")) {
        a->action = ACTION_ERROR;
    } else if (str_is(text, "full")) {
        a->action = ACTION_FULL;
    } else if (str_starts(text, STR("delay"))) {
        a->action = ACTION_DELAY;
        if (str_to_i64(str_sub(text, 5, SIZE_MAX), &a->delay_ms) || a->delay_ms < 0 ||
            a->delay_ms > DELAY_MS_MAX)
            refuse(spec);
    } else {
        refuse(spec);
    }
}

static void parse_one(struct str spec)
{
    size_t equals = str_find_char(spec, '=');
    if (equals == SIZE_MAX || equals == 0 || armed_count == ARMED_MAX)
        refuse(spec);
    struct armed *a = &armed[armed_count];
    *a = (struct armed){.name = str_sub(spec, 0, equals), .nth = 1};
    struct str action = str_sub(spec, equals + 1, SIZE_MAX);
    size_t colon = str_find_char(action, ':');
    if (colon != SIZE_MAX) {
        if (str_to_u64(str_sub(action, colon + 1, SIZE_MAX), &a->nth) || a->nth == 0)
            refuse(spec);
        action = str_sub(action, 0, colon);
    }
    parse_action(spec, action, a);
    armed_count++;
}

static void start(void)
{
    owner = getpid();
    armed_count = 0;
    name_count = 0;
    struct str rest = str_of(getenv("CORDON_FAILPOINT"));
    struct str spec;
    while (str_next(&rest, ';', &spec)) {
        if (spec.len)
            parse_one(spec);
    }
    const char *path = getenv("CORDON_FAILPOINT_LOG");
    if (path && log_fd < 0)
        log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(const char *name)
{
    if (log_fd < 0)
        return;
    for (size_t i = 0; i < name_count; i++) {
        if (strcmp(names[i], name) == 0)
            return;
    }
    if (name_count == NAMES_MAX)
        refuse(STR("too many names"));
    names[name_count++] = name;
    char line[256];
    int n = snprintf(line, sizeof line, "%s\n", name);
    if (n <= 0 || (size_t)n >= sizeof line || write(log_fd, line, (size_t)n) != n)
        refuse(str_of(name));
}

static void sleep_ms(int64_t ms)
{
    struct timespec ts = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
        ;
}

/* With CORDON_FAILPOINT_ONCE=path only the first process that gets here acts: one that is started
 * again goes on. */
static bool first_of_all(void)
{
    const char *path = getenv("CORDON_FAILPOINT_ONCE");
    if (!path)
        return true;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    (void)close(fd);
    return true;
}

int failpoint_hit(const char *name)
{
    const struct armed *fired = NULL;
    int saved = errno;
    (void)pthread_mutex_lock(&lock);
    if (owner != getpid())
        start();
    note(name);
    for (size_t i = 0; i < armed_count; i++) {
        if (str_is(armed[i].name, name) && ++armed[i].passes == armed[i].nth)
            fired = &armed[i];
    }
    if (fired && !first_of_all())
        fired = NULL;
    (void)pthread_mutex_unlock(&lock);
    errno = saved;
    if (!fired)
        return 0;
    switch (fired->action) {
    case ACTION_KILL:
        (void)kill(getpid(), SIGKILL);
        break;
    case ACTION_ERROR:
        return EIO;
    case ACTION_FULL:
        return ENOSPC;
    case ACTION_DELAY:
        sleep_ms(fired->delay_ms);
        errno = saved;
        break;
    }
    return 0;
}

#endif
