/* The simulation. See sim.h. */
#include "sim.h"

#include <signal.h>

#include "base/mem.h"
#include "event/normalise.h"
#include "mac.h"
#include "os/file.h"
#include "os/log.h"

enum { STOP_MS = 5000, STOP_POLL_MS = 50 };

void sim_count(struct sim *sim, int change)
{
    sim->connected += (unsigned)change;
    if (change > 0 && sim->connected == sim->options->devices)
        log_info("all Macs are connected", KV_INT("devices", sim->connected));
}

/* ---------------------------------------------------------------- the end */

static void give_up(struct loop *loop, void *arg)
{
    (void)arg;
    log_warn("the server did not take everything; it stays in the spools");
    loop_stop(loop);
}

static void poll_idle(struct loop *loop, void *arg)
{
    struct sim *sim = arg;
    for (unsigned i = 0; i < sim->options->devices; i++) {
        if (!mac_idle(sim->macs[i])) {
            sim->stop_timer = loop_timer(loop, STOP_POLL_MS, poll_idle, sim);
            return;
        }
    }
    loop_stop(loop);
}

static void on_stop(struct loop *loop, int signo, void *arg)
{
    struct sim *sim = arg;
    (void)signo;
    if (sim->stop_timer) {
        loop_stop(loop);
        return;
    }
    log_info("stopping");
    for (unsigned i = 0; i < sim->options->devices; i++)
        mac_stop(sim->macs[i]);
    (void)loop_timer(loop, STOP_MS, give_up, sim);
    sim->stop_timer = loop_timer(loop, 1, poll_idle, sim);
}

static void on_again(struct loop *loop, int signo, void *arg)
{
    struct sim *sim = arg;
    (void)loop;
    (void)signo;
    log_info("the story begins again");
    for (unsigned i = 0; i < sim->options->devices; i++)
        player_again(sim->macs[i]);
}

/* ---------------------------------------------------------------- the beginning */

static int open_clients(struct sim *sim, struct err *err)
{
    struct tls_client_options tls = {.ca_fingerprint = sim->options->fingerprint, .any_time = true};
    struct http_client_options o = {.tls = &tls};
    int rc = 0;
    for (size_t i = 0; i < COURIER_THREADS && rc == 0; i++)
        rc = http_client_new(&o, &sim->enrolling[i], err);
    return rc;
}

static int make_macs(struct sim *sim, struct err *err)
{
    sim->macs = mem_calloc(sim->options->devices, sizeof(struct mac *));
    if (!sim->macs)
        return err_set(err, E_NOMEM, "out of memory");
    int rc = 0;
    for (unsigned i = 0; i < sim->options->devices && rc == 0; i++)
        rc = mac_new(sim, i, &sim->macs[i], err);
    return rc;
}

static int set_up(struct sim *sim, struct err *err)
{
    int rc = loop_new(&sim->loop);
    if (rc == 0)
        rc = loop_signal(sim->loop, SIGINT, on_stop, sim);
    if (rc == 0)
        rc = loop_signal(sim->loop, SIGTERM, on_stop, sim);
    if (rc == 0)
        rc = loop_signal(sim->loop, SIGUSR1, on_again, sim);
    if (rc == 0)
        rc = rules_new(&sim->rules);
    if (rc == 0)
        rc = courier_new(sim->loop, &sim->courier);
    if (rc)
        return err_set(err, rc, "cannot start: %s", err_sentence(rc));
    rc = open_clients(sim, err);
    return rc ? rc : make_macs(sim, err);
}

static void tear_down(struct sim *sim)
{
    courier_free(sim->courier);
    for (unsigned i = 0; sim->macs && i < sim->options->devices; i++)
        mac_free(sim->macs[i]);
    mem_free(sim->macs);
    for (size_t i = 0; i < COURIER_THREADS; i++)
        http_client_free(sim->enrolling[i]);
    rules_free(sim->rules);
    loop_free(sim->loop);
}

int sim_run(const struct sim_options *options, struct story *const *stories, size_t stories_len,
            struct normaliser *normaliser, struct err *err)
{
    struct sim sim = {.options = options, .normaliser = normaliser, .stories_len = stories_len};
    for (size_t i = 0; i < stories_len; i++)
        sim.stories[i] = stories[i];
    int lock CLEANUP(fd_closep) = -1;
    char path[MAC_PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/lock", options->state);
    int rc = file_mkdirs(options->state, 0700, err);
    if (rc == 0)
        rc = lock = file_lock(path, err);
    if (rc >= 0)
        rc = set_up(&sim, err);
    if (rc == 0) {
        log_info("simulating", KV_INT("devices", options->devices), KV_INT("stories", stories_len),
                 KV_INT("speed", options->speed));
        for (unsigned i = 0; i < options->devices; i++)
            mac_start(sim.macs[i]);
        rc = loop_run(sim.loop);
    }
    tear_down(&sim);
    return rc;
}
