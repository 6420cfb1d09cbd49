/* Updates of the prevent lists. See prevent_update.h. Fetched and verified on a thread of their
 * own, as a slow source must not hold up who logs in; applied on the writer's, then the ruleset is
 * compiled anew. What is wrong is said once in the log until it changes; what is in force stays. */
#include "server/prevent_update.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "detect/list.h"
#include "fleet/entry.h"
#include "net/http_client.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "proto/signed_file.h"
#include "server/rules_change.h"
#include "server/worker.h"

enum { FIRST_MS = 1000 };

struct prevent_update {
    struct server *server;
    struct worker *worker;
    struct sign_key *key;
    char key_id[SIGN_KEY_ID_BYTES];
    int64_t interval_ms;
    struct http_client *client; /* NULL: the source is a file */
    struct list list;           /* of the look under way */
    int rc;
    struct err err;
    char last_trouble[ERR_MESSAGE_BYTES];
};

/* ---------------------------------------------------------------- own thread */

static int fetch(struct prevent_update *u, struct buf *out, struct err *err)
{
    const char *source = u->server->config->prevent_updates.ptr;
    CLEANUP(http_client_answer_done) struct http_client_answer answer = {0};
    struct http_client_request request = {
        .url = source, .answer_bytes_max = (uint64_t)param_default(PARAM_LIST_BYTES)};
    if (!u->client)
        return file_read(source, (size_t)param_default(PARAM_LIST_BYTES), out, err);
    int rc = http_client_call(u->client, &request, &answer, err);
    if (rc)
        return rc;
    if (answer.status != 200)
        return err_set(err, E_IO, "%s answers with status %d", source, answer.status);
    buf_add_str(out, buf_str(&answer.body));
    return buf_check(out);
}

/* One entry that is wrong makes the update wrong: it was signed as it is. */
static void keep_refusal(void *arg, const struct err *err)
{
    struct err *first = arg;
    if (first->code == 0)
        *first = *err;
}

static int read_list(struct prevent_update *u, struct str payload, struct err *err)
{
    struct list_counts counts = {0};
    struct err refusal = {0};
    int rc = list_parse(&u->list, payload, LIST_FORMAT_YAML, "update", NULL, keep_refusal, &refusal,
                        &counts, err);
    if (rc)
        return rc;
    if (counts.refused)
        return err_set(err, E_PARSE, "line %u of the update: %s", refusal.line, refusal.message);
    if (u->list.issued_ns == 0 || u->list.issued_ns > clock_wall_ns() + NS_PER_S * 86400)
        return err_set(err, E_PARSE,
                       "the update does not say when it was issued, or a time to come");
    return 0;
}

static void look(void *arg)
{
    struct prevent_update *u = arg;
    struct buf file CLEANUP(buf_done) = {0};
    struct str payload;
    const struct command_key key = {.id = str_of(u->key_id), .key = u->key};
    err_clear(&u->err);
    u->rc = fetch(u, &file, &u->err);
    if (u->rc == 0)
        u->rc = signed_file_open(buf_str(&file), STR(SIGNED_PURPOSE_PREVENT), &key, 1, &payload,
                                 &u->err);
    if (u->rc == 0)
        u->rc = read_list(u, payload, &u->err);
}

/* ---------------------------------------------------------------- applying */

static void again(struct loop *loop, void *arg);

static void finish(struct prevent_update *u, int rc, const struct err *err)
{
    bool old = rc == E_STATE; /* the one in force, as a rule */
    if (rc && !old && strcmp(u->last_trouble, err->message) != 0)
        log_err(LOG_WARN, "the update of the prevent lists is not used", err);
    (void)snprintf(u->last_trouble, sizeof u->last_trouble, "%s", rc && !old ? err->message : "");
    list_done(&u->list);
    if (!u->server->ended && !loop_timer(u->server->loop, u->interval_ms, again, u))
        log_error("out of memory: updates of the prevent lists stop");
}

static int apply(struct store_tx *tx, struct job *j, struct err *err)
{
    struct prevent_update *u = j->data;
    struct entry_counts counts = {0};
    uint32_t removed = 0;
    int rc = entry_update(tx, clock_wall_ns(), &u->list, &counts, &removed, err);
    if (rc == 0)
        buf_addf(&j->out, "%u added, %u changed, %u removed", counts.added, counts.changed,
                 removed);
    return rc;
}

static void applied(struct job *j)
{
    struct prevent_update *u = j->data;
    if (j->rc == 0) {
        log_info("prevent lists updated", KV_STR("entries", buf_str(&j->out)));
        rules_refresh(j->server);
    }
    finish(u, j->rc, &j->err);
}

static void looked(struct loop *loop, void *arg)
{
    (void)loop;
    struct prevent_update *u = arg;
    struct server *s = u->server;
    struct job *j = u->rc || s->ended ? NULL : job_new(s, NULL, apply, applied, u);
    if (j)
        job_start(j);
    else
        finish(u, u->rc ? u->rc : E_NOMEM, &u->err);
    job_release(s);
}

static void again(struct loop *loop, void *arg)
{
    (void)loop;
    struct prevent_update *u = arg;
    if (u->server->ended || u->server->draining)
        return;
    job_hold(u->server);
    int rc = worker_run(u->worker, look, looked, u);
    if (rc) {
        (void)err_set(&u->err, rc, "%s", err_sentence(rc));
        job_release(u->server);
        finish(u, rc, &u->err);
    }
}

/* ---------------------------------------------------------------- life */

static int read_key(struct prevent_update *u, const char *path, struct err *err)
{
    struct buf pem CLEANUP(buf_done) = {0};
    int rc = file_read(path, SIGN_PEM_BYTES_MAX, &pem, err);
    if (rc == 0)
        rc = sign_public_from_pem(buf_str(&pem), &u->key, err);
    if (rc)
        err_prefix(err, "prevent_updates_key");
    return rc ? rc : sign_key_id(u->key, u->key_id);
}

static bool is_address(struct str source)
{
    return str_starts(source, STR("https://")) || str_starts(source, STR("http://"));
}

int prevent_update_start(struct server *s, struct prevent_update **ret_update, struct err *err)
{
    /* The end of the program waits for a look that is under way. */
    const struct http_client_options options = {.connect_timeout_ms = 3000, .timeout_ms = 10000};
    const struct server_config *c = s->config;
    int64_t interval_s;
    *ret_update = NULL;
    if (c->prevent_updates.len == 0)
        return 0;
    if (c->prevent_updates_key.len == 0)
        return err_set(err, E_ARG, "prevent_updates needs prevent_updates_key, a public key");
    int rc = server_config_number(c->prevent_updates_interval, PARAM_PREVENT_UPDATES_S, &interval_s,
                                  err);
    if (rc)
        return rc;
    struct prevent_update *u = mem_calloc(1, sizeof *u);
    if (!u)
        return err_set(err, E_NOMEM, "out of memory");
    u->server = s;
    u->interval_ms = interval_s * 1000;
    rc = read_key(u, c->prevent_updates_key.ptr, err);
    if (rc == 0 && is_address(c->prevent_updates))
        rc = http_client_new(&options, &u->client, err);
    if (rc == 0)
        rc = worker_new(s->loop, &u->worker, err);
    if (rc == 0 && !loop_timer(s->loop, FIRST_MS, again, u))
        rc = err_set(err, E_NOMEM, "out of memory");
    if (rc) {
        prevent_update_free(u);
        return rc;
    }
    *ret_update = u;
    return 0;
}

void prevent_update_free(struct prevent_update *u)
{
    if (!u)
        return;
    worker_free(u->worker);
    sign_key_free(u->key);
    http_client_free(u->client);
    list_done(&u->list);
    mem_free(u);
}
