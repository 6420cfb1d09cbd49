/* The sensor: does it see a program that is started before its eyes? */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/selftest/checks.h"
#include "os/clock.h"
#include "os/proc.h"
#include "sensor/eslogger_args.h"
#include "sensor/eslogger_refusal.h"
#include "sensor/sensor.h"

enum { PATIENCE_MS = 15000, START_MS = 500, MARKER_BYTES = 64 };

static const char *full_disk_todo(void)
{
    return eslogger_refusal_find(STR("ERR_NOT_PERMITTED"))->todo;
}

void check_full_disk_access(struct selftest *t, struct selftest_result *r)
{
    int fd = open(t->places->tcc, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)close(fd);
        selftest_ok(r, "the privacy database can be read");
    } else {
        selftest_failed(r, full_disk_todo(),
                        "%s cannot be read (%s): the agent itself has no Full Disk Access; sensing "
                        "may still do with that of eslogger, see the check of the sensor",
                        t->places->tcc, strerror(errno));
    }
}

void check_eslogger(struct selftest *t, struct selftest_result *r)
{
    struct buf config CLEANUP(buf_done) = {0};
    struct eslogger_args args = {0};
    struct err err = {0};
    buf_addf(&config, "command=%s\nlist_events=yes\n", t->places->eslogger);
    if (eslogger_args_init(&args, buf_str(&config), &err) != 0) {
        selftest_failed_err(r, "eslogger is part of macOS 13 and later: update the system.", &err);
        return;
    }
    selftest_ok(r, "%zu of the wanted events are known, %u are not", args.argv_len - 1,
                args.unknown_events);
    eslogger_args_done(&args);
}

struct trial {
    struct loop *loop;
    const char *marker;
    bool seen;
    uint64_t records;
    int64_t end_ms;
    pid_t program; /* that was started last, 0 = none */
};

static void on_record(void *arg, struct str record)
{
    struct trial *trial = arg;
    trial->records++;
    if (str_find(record, str_of(trial->marker)) == SIZE_MAX)
        return;
    trial->seen = true;
    loop_stop(trial->loop);
}

static void end_program(struct trial *trial)
{
    if (trial->program == 0)
        return;
    (void)kill(-trial->program, SIGKILL);
    while (waitpid(trial->program, NULL, 0) < 0 && errno == EINTR)
        ;
    trial->program = 0;
}

/* The marker is an argument, so that no other program's start is taken for it. It lives for a while
 * and is not waited for: some sensors look at a process after it was started. Again and again, as a
 * sensor may take a moment to begin. */
static void start_program(struct loop *loop, void *arg)
{
    struct trial *trial = arg;
    struct buf command CLEANUP(buf_done) = {0};
    struct proc_child child;
    buf_addf(&command, "sleep 60; : %s", trial->marker);
    const char *argv[] = {"/bin/sh", "-c", buf_cstr(&command), NULL};
    end_program(trial);
    if (clock_mono_ms() >= trial->end_ms) {
        loop_stop(loop);
        return;
    }
    if (proc_spawn(argv, NULL, PROC_NEW_GROUP | PROC_DIE_WITH_PARENT, &child, NULL) == 0)
        trial->program = child.pid;
    (void)loop_timer(loop, START_MS, start_program, trial);
}

static const struct sensor_vtable *chosen(const struct selftest *t)
{
#ifdef __APPLE__
    struct str standard = STR("eslogger");
#else
    struct str standard = STR("linux");
#endif
    return sensor_find(t->config->sensor.len ? t->config->sensor : standard);
}

static void judge(const struct trial *trial, const struct sensor_vtable *v, const struct sensor *s,
                  struct selftest_result *r)
{
    struct sensor_health h = {0};
    v->health(s, &h);
    if (trial->seen)
        selftest_ok(r, "%s, tier %s: a program's start was told%s%s", v->name,
                    sensor_tier_name(h.tier), h.text[0] ? "; " : "", h.text);
    else
        selftest_failed(r,
                        h.text[0] ? h.text : "Choose a sensor in agent.conf that sees this device.",
                        "%s told %llu events in %d s, but not that a program was started", v->name,
                        (unsigned long long)trial->records, PATIENCE_MS / 1000);
}

void check_sensor(struct selftest *t, struct selftest_result *r)
{
    const struct sensor_vtable *v = chosen(t);
    struct sensor *s = NULL;
    struct err err = {0};
    char marker[MARKER_BYTES];
    (void)snprintf(marker, sizeof marker, "cordon-selftest-%ld-%lld", (long)getpid(),
                   (long long)clock_mono_ns());
    struct trial trial = {.marker = marker, .end_ms = clock_mono_ms() + PATIENCE_MS};
    if (!v) {
        selftest_failed(r, "Correct sensor in agent.conf.", "there is no sensor '%.*s' here",
                        STR_FMT(t->config->sensor));
        return;
    }
    int rc = loop_new(&trial.loop);
    if (rc == 0)
        rc = v->open(t->config->sensor_options, &s, &err);
    if (rc == 0)
        rc = v->start(s, trial.loop, on_record, &trial, &err);
    if (rc == 0 && loop_timer(trial.loop, START_MS, start_program, &trial))
        rc = loop_run(trial.loop);
    if (rc)
        selftest_failed_err(r, "Run it as root, and correct the sensor keys in agent.conf.", &err);
    else
        judge(&trial, v, s, r);
    end_program(&trial);
    if (s)
        v->close(s);
    loop_free(trial.loop);
}
