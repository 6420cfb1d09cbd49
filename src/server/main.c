/* Entry of cordond, the fleet server: options, then set up, loop, tear down. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "os/clock.h"
#include "os/log.h"
#include "schema/param.h"
#include "server/bootstrap.h"
#include "server/channels.h"
#include "server/handlers.h"
#include "server/hunts.h"
#include "server/listen.h"
#include "server/plan.h"
#include "server/prevent_update.h"
#include "server/rules.h"
#include "server/scans.h"
#include "server/server.h"
#include "server/signer.h"
#include "server/stream.h"
#include "server/sweep.h"
#include "server/throttle.h"
#include "server/worker.h"
#include "server/yara_process.h"

enum { DRAIN_MS = 5000, LAST_WORK_MS = 10000, RENEW_MS = 12 * 3600 * 1000 };

static void usage(FILE *out)
{
    struct buf keys CLEANUP(buf_done) = {0};
    server_config_help(&keys);
    (void)fprintf(out,
                  "usage: cordond [--config FILE] [--set KEY=VALUE]... [--version] [--help]\n\n"
                  "The fleet server of Cordon. Configuration keys:\n%s",
                  buf_cstr(&keys));
}

static int bad_option(const char *option)
{
    static const char *const known[] = {"--config", "--set", "--version", "--help"};
    (void)fprintf(stderr, "cordond: unknown option '%s'", option);
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (str_distance(str_of(option), str_of(known[i]), 3) <= 3)
            (void)fprintf(stderr, ", did you mean '%s'?", known[i]);
    }
    (void)fputc('\n', stderr);
    return err_exit_status(E_ARG);
}

static int fail(const struct err *err, int rc)
{
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof text);
    (void)fprintf(stderr, "cordond: %s\n", err->message[0] ? text : err_sentence(rc));
    return err_exit_status(rc);
}

/* ---------------------------------------------------------------- stop */

static void drained(struct http_server *server, void *arg)
{
    struct server *s = arg;
    (void)server;
    if (http_server_connections(s->admin) == 0 && http_server_connections(s->device) == 0)
        loop_stop(s->loop);
}

static void give_up(struct loop *loop, void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void on_signal(struct loop *loop, int signo, void *arg)
{
    struct server *s = arg;
    log_info("stopping", KV_INT("signal", signo));
    if (s->draining) {
        loop_stop(loop);
        return;
    }
    s->draining = true;
    stream_close(s->stream);
    (void)loop_timer(loop, DRAIN_MS + 1000, give_up, s);
    if (http_server_drain(s->admin, DRAIN_MS, drained, s) != 0 ||
        http_server_drain(s->device, DRAIN_MS, drained, s) != 0)
        loop_stop(loop);
}

/* What went to the writer or the worker comes back, so that nothing waits for it in vain. */
static void await_work(struct server *s)
{
    s->ended = true;
    if (s->out_len && loop_timer(s->loop, LAST_WORK_MS, give_up, s) && loop_run(s->loop) != 0)
        log_error("the loop failed while stopping");
    if (s->out_len)
        log_warn("work was given up at the stop", KV_INT("pieces", s->out_len));
}

/* ---------------------------------------------------------------- certificate */

/* A server that is not restarted for a year must not lose its devices by its own certificate. */
static void renew(struct server *s)
{
    struct err err = {0};
    bool changed = false;
    int rc = keys_renew(s->config, clock_wall_ns(), &s->keys, &changed, &err);
    if (rc == 0 && changed)
        rc = listeners_reload(s, s->listeners, &err);
    if (rc)
        log_err(LOG_ERROR, "the server certificate could not be renewed", &err);
    else if (changed)
        log_info("the server certificate is a new one");
}

static void on_renew_timer(struct loop *loop, void *arg)
{
    struct server *s = arg;
    if (s->ended)
        return;
    renew(s);
    if (!loop_timer(loop, RENEW_MS, on_renew_timer, s))
        log_error("out of memory: the server certificate is not watched any more");
}

static void on_hangup(struct loop *loop, int signo, void *arg)
{
    (void)loop;
    (void)signo;
    renew(arg);
}

/* ---------------------------------------------------------------- set up */

static int start_log(const struct server_config *c, struct err *err)
{
    enum log_level level;
    if (log_level_parse(c->log_level, &level) != 0)
        return err_set(err, E_ARG, "log_level '%.*s': expected debug, info, warn or error",
                       STR_FMT(c->log_level));
    if (!str_is(c->log_format, "text") && !str_is(c->log_format, "json"))
        return err_set(err, E_ARG, "log_format '%.*s': expected text or json",
                       STR_FMT(c->log_format));
    log_init("cordond", STDERR_FILENO,
             str_is(c->log_format, "json") ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, level);
    return 0;
}

static int own_hostname(struct server *s, struct err *err)
{
    struct utsname uts;
    s->policy.own_hostname = s->config->own_hostname;
    if (s->policy.own_hostname.len == 0 && uname(&uts) == 0)
        s->policy.own_hostname = arena_str(&s->arena, str_of(uts.nodename));
    return s->policy.own_hostname.ptr ? 0 : err_set(err, E_NOMEM, "out of memory");
}

/* What the last stop left behind. */
static void report_recovery(struct server *s)
{
    struct store_stats st;
    store_stats(s->store, &st);
    if (st.segments_cut || st.segments_rebuilt)
        log_info("telemetry was put in order after a crash", KV_INT("cut", st.segments_cut),
                 KV_INT("rebuilt", st.segments_rebuilt));
    if (st.segments_damaged)
        log_error("telemetry is damaged: files that were committed cannot be read",
                  KV_INT("files", st.segments_damaged));
}

static int open_store(struct server *s, struct err *err)
{
    struct store_config c = {.folder = s->config->data_dir.ptr};
    int64_t segment_bytes = 0;
    int rc = server_config_number(s->config->free_bytes_least, PARAM_FREE_BYTES_LEAST,
                                  &s->free_bytes_least, err);
    if (rc == 0)
        rc = server_config_number(s->config->segment_bytes, PARAM_SEGMENT_BYTES, &segment_bytes,
                                  err);
    if (rc == 0)
        rc = server_config_number(s->config->segment_age, PARAM_SEGMENT_AGE_S, &c.segment_age_s,
                                  err);
    if (rc)
        return rc;
    c.segment_bytes = (uint64_t)segment_bytes;
    c.on_commit = stream_commit;
    c.on_commit_arg = s->stream;
    c.free_bytes_least = s->free_bytes_least ? s->free_bytes_least : -1;
    rc = store_open(&c, &s->store, err);
    if (rc == 0)
        report_recovery(s);
    return rc;
}

static int set_up(struct server *s, struct listeners *l, struct buf *password, struct err *err)
{
    s->started_ns = clock_mono_ns();
    s->policy.signer = (struct action_signer){signer_seal, s};
    int rc = start_log(s->config, err);
    if (rc == 0)
        rc = own_hostname(s, err);
    if (rc == 0)
        rc = loop_new(&s->loop);
    /* Before any thread is started: one that does not block a signal would die of it. */
    if (rc == 0)
        rc = loop_signal(s->loop, SIGTERM, on_signal, s);
    if (rc == 0)
        rc = loop_signal(s->loop, SIGINT, on_signal, s);
    if (rc == 0)
        rc = loop_signal(s->loop, SIGHUP, on_hangup, s);
    if (rc == 0)
        rc = stream_new(s, &s->stream, err);
    /* The store first: its lock keeps a second server away from the keys too. */
    if (rc == 0)
        rc = open_store(s, err);
    if (rc == 0)
        rc = keys_open(s->config, clock_wall_ns(), &s->keys, err);
    if (rc == 0)
        rc = plan_start(s, err);
    if (rc == 0)
        rc = rules_start(s, err);
    if (rc == 0)
        rc = bootstrap_own_device(s, err);
    if (rc == 0)
        rc = bootstrap_enrollment(s, err);
    if (rc == 0)
        rc = worker_new(s->loop, &s->worker, err);
    if (rc == 0)
        rc = worker_new(s->loop, &s->rules_worker, err);
    if (rc == 0)
        rc = hunts_new(s, &s->hunts, err);
    if (rc == 0)
        rc = scans_new(s, &s->scans, err);
    if (rc == 0)
        rc = throttle_new((unsigned)param_default(PARAM_LOGIN_FAILURES),
                          param_default(PARAM_LOGIN_FAILURE_S) * 1000, &s->logins);
    if (rc == 0)
        rc = channels_new(s, &s->channels);
    if (rc == 0)
        rc = listeners_open(s, l, err);
    if (rc == 0)
        rc = sweep_start(s);
    if (rc == 0)
        rc = prevent_update_start(s, &s->updates, err);
    if (rc == 0)
        rc = loop_timer(s->loop, RENEW_MS, on_renew_timer, s) ? 0 : E_NOMEM;
    /* Last, when nothing can keep the password from being shown. */
    if (rc == 0)
        rc = bootstrap_owner(s, password, err);
    return rc;
}

static void tear_down(struct server *s, struct listeners *l)
{
    listeners_close(s, l);
    if (s->loop)
        await_work(s);
    worker_free(s->worker);
    worker_free(s->rules_worker);
    hunts_free(s->hunts);
    scans_free(s->scans);
    prevent_update_free(s->updates);
    throttle_free(s->logins);
    store_close(s->store);
    channels_free(s->channels);
    stream_free(s->stream);
    device_files_free(s);
    loop_free(s->loop);
    keys_close(&s->keys);
}

/* What a person who starts the server needs to see once. */
static void greet(const struct server *s, const struct buf *password)
{
    (void)printf("cordond %s\n  console  https://%.*s\n  devices  %.*s\n  CA       %s (SHA-256)\n",
                 CORDON_VERSION, STR_FMT(s->config->admin_listen),
                 STR_FMT(s->config->device_listen), s->keys.ca_fingerprint);
    if (password->len)
        (void)printf("  login    admin, one-time password %.*s\n", (int)password->len,
                     password->ptr);
    if (s->keys.development)
        (void)printf("  WARNING  the keys are sealed with a throw-away development key\n");
    (void)fflush(stdout);
}

static int run(struct server *s)
{
    struct listeners l = {0};
    s->listeners = &l;
    struct buf password CLEANUP(secret_buf_done) = {0};
    struct err err = {0};
    int rc = set_up(s, &l, &password, &err);
    if (rc == 0) {
        greet(s, &password);
        log_info("ready", KV_STR("admin", s->config->admin_listen),
                 KV_STR("device", s->config->device_listen));
        rc = loop_run(s->loop);
    }
    int status = rc ? fail(&err, rc) : 0;
    tear_down(s, &l);
    return status;
}

int main(int argc, char **argv)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct server_config config;
    struct err err = {0};
    const char *path = NULL;
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && strcmp(argv[1], YARA_PROCESS_ARG) == 0)
        return yara_process_main();
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            return 0;
        }
        if (strcmp(argv[i], "--version") == 0) {
            (void)printf("cordond %s\n", CORDON_VERSION);
            return 0;
        }
        if (strcmp(argv[i], "--config") != 0 && strcmp(argv[i], "--set") != 0)
            return bad_option(argv[i]);
        if (i + 1 == argc) {
            (void)fprintf(stderr, "cordond: %s needs a value\n", argv[i]);
            return err_exit_status(E_ARG);
        }
        if (strcmp(argv[i], "--config") == 0)
            path = argv[i + 1];
    }
    int rc = server_config_load(path, &arena, &config, &err);
    for (int i = 1; rc == 0 && i < argc; i += 2) {
        if (strcmp(argv[i], "--set") == 0)
            rc = server_config_set(&config, str_of(argv[i + 1]), &arena, &err);
    }
    if (rc)
        return fail(&err, rc);
    struct server server = {.config = &config};
    int status = run(&server);
    arena_done(&server.arena);
    return status;
}
