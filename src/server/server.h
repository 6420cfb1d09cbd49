/* What the server's parts share: one struct, made by main, and one call of an HTTP route.
 * Everything here is used on the loop's thread, except where a function says otherwise. */
#ifndef CORDON_SERVER_SERVER_H
#define CORDON_SERVER_SERVER_H

#include <stdbool.h>

#include "codec/json_out.h"
#include "fleet/action.h"
#include "fleet/actor.h"
#include "net/http_answer.h"
#include "net/http_server.h"
#include "os/loop.h"
#include "schema/route.h"
#include "server/config.h"
#include "server/keys.h"
#include "store/store.h"

struct change;
struct channels;
struct hunts;
struct listeners;
struct prevent_update;
struct scans;
struct served;
struct stream;
struct throttle;
struct worker;

struct server {
    struct loop *loop;
    const struct server_config *config;
    struct arena arena; /* lives as long as the server */
    struct keys keys;
    struct store *store;
    struct channels *channels;
    struct stream *stream;
    struct worker *worker;
    struct worker *rules_worker; /* rulesets alone: compiling hostile YARA rules takes a while */
    struct change *changes;      /* of the ruleset: the first is in work, the others wait */
    struct hunts *hunts;
    struct scans *scans;
    struct prevent_update *updates; /* NULL: no source is named */
    struct throttle *logins;
    struct listeners *listeners;
    struct http_server *admin;
    struct http_server *device;
    struct action_policy policy;          /* after the start: writer thread only */
    struct str own_machine;               /* hardware uuid of the machine this server runs on */
    char ruleset_version[HASH_HEX_BYTES]; /* active one, "" = none */
    struct served *served_ruleset; /* signed file of the active one, once a device asked for it */
    struct str plan_json;
    char plan_version[HASH_HEX_BYTES];
    bool can_isolate; /* it is known where an isolated device reaches this server */
    int64_t started_ns;
    int64_t free_bytes_least;
    bool short_of_space; /* as last said in the log */
    bool draining;
    bool ended;       /* the listeners are gone: the loop runs only for what is out */
    unsigned out_len; /* pieces of work on other threads that come back to the loop */
    uint64_t requests;
    uint64_t batches;
    uint64_t events;
    uint64_t alerts;
    uint64_t refused_batches;
    uint64_t refused_messages; /* of device channels */
    uint64_t failed_logins;
};

/** One request that matched a route; lives in the request's arena. */
struct call {
    struct server *server;
    struct http_req *req;
    struct route_match match;
    struct actor actor;              /* AUTH_PERSON and AUTH_DEVICE */
    struct store_device device;      /* AUTH_DEVICE */
    bool promote;                    /* AUTH_DEVICE: first use of a renewed certificate */
    char token_hash[HASH_HEX_BYTES]; /* AUTH_PERSON: of the presented token */
    char csrf[HASH_HEX_BYTES];       /* AUTH_PERSON: of a browser's session, "" = bearer token */
    bool must_change;                /* the person must set a new password first */
};

/** Handler of one route; must finish the request now or later. */
typedef void (*call_fn)(struct call *c);

/* ---------------------------------------------------------------- answers (reply.c) */

/** Answer with a JSON document; a failed buffer becomes a 500. */
void reply_json(struct call *c, int status, const struct buf *body);
/** Answer with problem+json for an error report. */
void reply_err(struct call *c, int rc, const struct err *err);
/** 204. */
void reply_nothing(struct call *c);

/** One look into the store, for an answer that changes nothing. */
struct reading {
    const struct call *call;
    struct store_tx *tx;
    const void *filter; /* as given to reply_read */
    struct store_page page;
    struct arena arena;   /* for what is read; ends with the answer */
    struct json_out json; /* the answer */
};
typedef int (*read_fn)(struct reading *r, struct err *err);
/** Answer 200 with what `fn` writes, or its error.
 * @param filter handed on; @param page NULL: not a list */
void reply_read(struct call *c, read_fn fn, const void *filter, const struct store_page *page);
/** The body as a JSON object, or the request was answered (400) and NULL comes back. Free with
 * json_decref. */
struct json_t *call_body(struct call *c);
/** A query parameter, empty when absent. @return 0 or the request was answered */
int call_query(struct call *c, const char *name, struct str *ret_value) MUST_CHECK;
/** `limit` and `cursor`. @return 0 or the request was answered */
int call_page(struct call *c, struct store_page *ret_page) MUST_CHECK;
/** A query parameter that is a time; 0 when absent. */
int call_time(struct call *c, const char *name, int64_t *ret_ns) MUST_CHECK;
/** A query parameter that is true or false: 1 or 0; -1 when absent. */
int call_bool(struct call *c, const char *name, int *ret_value) MUST_CHECK;
/** A query parameter that must be one of some names, as filter bits (0 = absent). */
int call_filter(struct call *c, const char *name, const struct str *names, unsigned len,
                unsigned *ret_bits) MUST_CHECK;

/* ---------------------------------------------------------------- writing (job.c) */

struct job;
/** Runs on the writer thread in a transaction. */
typedef int (*job_work_fn)(struct store_tx *tx, struct job *j, struct err *err);
/** Runs on the loop's thread after the commit (or the failure); the job is freed when it returns.
 */
typedef void (*job_done_fn)(struct job *j);

/** A write that a request waits for. Parameters of the caller's own live in `arena`. */
struct job {
    struct server *server;
    struct call *call; /* NULL for a job of the server's own */
    job_work_fn work;
    job_done_fn done;
    struct actor actor; /* copies in the arena: the writer thread reads them */
    struct arena arena;
    struct buf out; /* what `work` made for the answer */
    int status;     /* HTTP status of the answer, 200 unless set */
    int rc;
    struct err err;
    void *data;
};

/** NULL when out of memory: the request (if any) was then answered. */
struct job *job_new(struct server *s, struct call *c, job_work_fn work, job_done_fn done,
                    void *data);
/** Hand it to the writer; answers the request itself when the store refuses. */
void job_start(struct job *j);
/** Answer with an error instead of starting the job, and free it. */
void job_refuse(struct job *j, int rc, const struct err *err);
/** Something goes to another thread and will come back to the loop: a stop waits for it. */
void job_hold(struct server *s);
void job_release(struct server *s);
/** A usual `done`: answers with `out` and `status`, or the error. */
void job_reply(struct job *j);

#endif
