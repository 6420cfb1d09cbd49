/* One simulated Mac: its making and its end. See mac.h. */
#include "mac.h"

#include <stdio.h>

#include "base/mem.h"
#include "crypto/x509.h"
#include "device/identity.h"
#include "os/file.h"
#include "os/log.h"

enum {
    PROCESSES_MAX = 2048,
    START_MS_EACH = 10, /* devices begin spread over this much for each of them */
    SPOOL_BYTES = 64 * 1024 * 1024
};

/* Numbers of records go on over restarts: they all belong to one life. */
static const unsigned char token[SPOOL_TOKEN_BYTES] = "cordon-simulator";

void mac_path(const struct mac *m, const char *name, char out[MAC_PATH_BYTES + 32])
{
    (void)snprintf(out, MAC_PATH_BYTES + 32, "%s/%s", m->folder, name);
}

int64_t mac_random(struct mac *m, int64_t bound)
{
    return bound > 0 ? (int64_t)(persona_random(&m->random) % (uint64_t)bound) : 0;
}

/* ---------------------------------------------------------------- an enrolled Mac */

static int open_client(struct mac *m, struct err *err)
{
    struct identity identity;
    struct x509_cert *cert CLEANUP(x509_freep) = NULL;
    int rc = identity_load(m->folder, &identity, err);
    if (rc == 0)
        rc = x509_from_pem(buf_str(&identity.cert_pem), &cert, err);
    if (rc == 0) {
        m->cert_from_ns = x509_not_before_ns(cert);
        m->cert_until_ns = x509_not_after_ns(cert);
        struct tls_client_options tls = {.ca_pem = buf_str(&identity.ca_pem),
                                         .cert_pem = buf_str(&identity.cert_pem),
                                         .key_pem = buf_str(&identity.key_pem),
                                         .any_time = true};
        struct http_client_options o = {.tls = &tls};
        rc = http_client_new(&o, &m->client, err);
    }
    identity_done(&identity);
    return rc;
}

static int open_orders(struct mac *m, struct err *err)
{
    char path[MAC_PATH_BYTES + 32];
    struct cmdlog *log = NULL;
    mac_path(m, "commands.log", path);
    int rc = cmdlog_open(path, &log, err);
    if (rc)
        return rc;
    rc = orders_new(m->trust.device, m->trust.command_keys, m->trust.command_keys_len, log,
                    &obey_hooks, m, &m->orders);
    if (rc) {
        cmdlog_free(log);
        return err_set(err, rc, "out of memory");
    }
    return 0;
}

static int open_spool(struct mac *m, struct err *err)
{
    char path[MAC_PATH_BYTES + 32];
    mac_path(m, "spool", path);
    int rc = spool_open(path, SPOOL_BYTES, &m->spool, err);
    if (rc == 0 && batcher_new(m->trust.device, m->spool, &m->batcher))
        rc = err_set(err, E_NOMEM, "out of memory");
    if (rc == 0) {
        batcher_set_token(m->batcher, token);
        batcher_set_boot(m->batcher, str_of(m->persona.boot));
    }
    return rc;
}

int mac_open(struct mac *m, struct err *err)
{
    char path[MAC_PATH_BYTES + 32];
    mac_path(m, "trust.json", path);
    int rc = trust_load(path, &m->trust, err);
    if (rc)
        return rc;
    if ((rc = open_client(m, err)) || (rc = open_spool(m, err)) || (rc = open_orders(m, err)))
        return rc;
    m->enrolled = true;
    orders_recover(m->orders);
    link_connect(m);
    return 0;
}

/* ---------------------------------------------------------------- life */

static int set_up(struct mac *m, struct err *err)
{
    int n = snprintf(m->folder, sizeof m->folder, "%s/%s", m->sim->options->state, m->persona.host);
    if (n < 0 || (size_t)n >= sizeof m->folder)
        return err_set(err, E_LIMIT, "the state folder's path is too long");
    int rc = file_mkdirs(m->folder, 0700, err);
    if (rc == 0 && analysis_new(m->sim->normaliser, PROCESSES_MAX, &m->analysis))
        rc = err_set(err, E_NOMEM, "out of memory");
    if (rc == 0)
        analysis_on_suspect(m->analysis, prevent_note, m);
    for (size_t i = 0; i < m->sim->stories_len; i++) {
        struct track *t = &m->player.tracks[i];
        *t = (struct track){.seat = story_seat(m->sim->stories[i], m->index), .block = (unsigned)i};
        if (t->seat)
            t->story = m->sim->stories[i];
    }
    return rc ? rc : saved_load(m, err);
}

int mac_new(struct sim *sim, unsigned index, struct mac **ret_mac, struct err *err)
{
    struct mac *m = mem_calloc(1, sizeof *m);
    if (!m)
        return err_set(err, E_NOMEM, "out of memory");
    m->sim = sim;
    m->index = index;
    m->random = sim->options->seed ^ (UINT64_C(0x51ed270b) * (index + 1));
    persona_make(sim->options->seed, index, sim->options->names, &m->persona);
    int rc = set_up(m, err);
    if (rc) {
        mac_free(m);
        return rc;
    }
    *ret_mac = m;
    return 0;
}

static void begin(struct loop *loop, void *arg)
{
    struct mac *m = arg;
    struct err err = {0};
    char path[MAC_PATH_BYTES + 32];
    (void)loop;
    m->link.timer = 0;
    mac_path(m, "trust.json", path);
    if (!file_exists(path)) {
        mail_kick(m);
    } else if (mac_open(m, &err) != 0) {
        log_err(LOG_ERROR, "a Mac's state cannot be used", &err);
    }
}

void mac_start(struct mac *m)
{
    m->link.timer =
        loop_timer(m->sim->loop, mac_random(m, START_MS_EACH * m->sim->options->devices), begin, m);
}

void mac_stop(struct mac *m)
{
    player_stop(m);
    m->stopping = true;
    link_close(m);
    mail_kick(m);
}

bool mac_idle(const struct mac *m)
{
    return mail_idle(m) && !m->link.ws;
}

void mac_free(struct mac *m)
{
    if (!m)
        return;
    if (m->link.ws)
        ws_conn_abort(m->link.ws); /* the loop has ended: nobody is told */
    orders_free(m->orders);
    analysis_free(m->analysis);
    batcher_free(m->batcher);
    spool_free(m->spool);
    trust_done(&m->trust);
    calls_scratch_done(&m->mail.scratch);
    for (size_t i = 0; i < SIM_STORIES_MAX; i++)
        mem_free(m->player.tracks[i].gone);
    buf_done(&m->player.text);
    buf_done(&m->player.body);
    if (!m->link.ws)
        http_client_free(m->client);
    mem_free(m);
}
