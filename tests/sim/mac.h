/* One simulated Mac and its parts. `mac.c` makes it and ends it; each part has a file:
 * `mail` the blocking calls, `link` the held channel, `obey` orders, `player` what happens on it,
 * `saved` its state on disk. All on the loop's thread, except the work of its one errand. */
#ifndef CORDON_SIM_MAC_H
#define CORDON_SIM_MAC_H

#include "crypto/hash.h"
#include "device/analysis.h"
#include "device/batcher.h"
#include "device/calls.h"
#include "device/orders.h"
#include "device/spool.h"
#include "device/trust.h"
#include "net/ws_client.h"
#include "persona.h"
#include "sim.h"

enum { MAC_PATH_BYTES = 512 };

/** Where a Mac is in one story. */
struct track {
    const struct story *story; /* NULL: no part in it */
    uint32_t seat;
    unsigned block;
    uint64_t run;     /* number of this run, from 1; 0 = never ran */
    int64_t start_ns; /* of the run, wall clock; 0 = it does not run */
    size_t next;      /* line */
    uint64_t turn;    /* of the loop */
    uint64_t failed;  /* bits: steps that did not happen */
    int64_t *gone;    /* recorded pids that do not act any more */
    size_t gone_len;
    size_t gone_cap;
};

enum mail_kind { MAIL_ENROLL, MAIL_RULESET, MAIL_PLAN, MAIL_BATCH, MAIL_RENEW };

struct mac {
    struct sim *sim;
    unsigned index;
    struct persona persona;
    char folder[MAC_PATH_BYTES];
    uint64_t random; /* state of its own generator */

    struct trust trust;
    bool enrolled;
    bool stopping;
    int64_t cert_from_ns;
    int64_t cert_until_ns;
    struct http_client *client;
    struct spool *spool;
    struct batcher *batcher;
    struct orders *orders;
    struct analysis *analysis;

    struct {
        struct errand errand;
        enum mail_kind kind;
        bool under_way;
        bool renew_due;
        int64_t pause_ms;
        uint64_t timer;               /* waits before the next try */
        char version[HASH_HEX_BYTES]; /* of the file under way */
        char want_ruleset[HASH_HEX_BYTES];
        char want_plan[HASH_HEX_BYTES];
        struct calls_scratch scratch; /* the errand's while under way */
        struct str token;
        int rc;
        bool dropped;
        struct err err;
        uint64_t posted;
        uint64_t failures;
    } mail;

    struct {
        struct ws_client *attempt;
        struct ws_conn *ws;
        int64_t pause_ms;
        uint64_t timer;
        uint64_t health_timer;
        bool greeted;
        bool welcomed;
        bool revoked;
    } link;

    char ruleset[HASH_HEX_BYTES];
    char plan[HASH_HEX_BYTES];
    struct rules_entry rules;

    bool isolated;
    uint64_t generation; /* of the isolation in force */

    struct {
        struct track tracks[SIM_STORIES_MAX];
        uint64_t record; /* number of the last record */
        uint64_t timer;
        uint64_t flush_timer;
        bool ready;     /* has rules: what happens can be judged */
        bool again_due; /* asked for before that */
        struct buf text;
        struct buf body;
    } player;

    int64_t suspect;    /* pid that a prevent list may name, of the record under way; 0 = none */
    uint64_t prevented; /* programs ended because a list names them */
};

/** @return 0, E_NOMEM, E_IO ...; a Mac that enrolled before goes on where it was */
int mac_new(struct sim *sim, unsigned index, struct mac **ret_mac, struct err *err) MUST_CHECK;
/** Begin: enrol or connect, after a moment that differs between Macs. */
void mac_start(struct mac *m);
/** Make no new events, send what is spooled; mac_idle tells when that is done. */
void mac_stop(struct mac *m);
bool mac_idle(const struct mac *m);
/** After the couriers are gone. */
void mac_free(struct mac *m);
/** Enrolled: open what an enrolled device has, connect. Called by mail and by mac_new. */
int mac_open(struct mac *m, struct err *err) MUST_CHECK;
/** Told by the analysis: a program was started that a list may name. */
void prevent_note(void *mac, const struct agent_suspect *s);
/** End it, when a list does name it. @return 0, E_NOMEM */
int prevent_after_record(struct mac *m) MUST_CHECK;
/** Hold what runs against new lists. @return 0, E_NOMEM */
int prevent_sweep(struct mac *m) MUST_CHECK;
/** Uniform in 0 .. bound-1 from the Mac's own series. */
int64_t mac_random(struct mac *m, int64_t bound);
/** Path of a file in the Mac's folder. */
void mac_path(const struct mac *m, const char *name, char out[MAC_PATH_BYTES + 32]);

/** Do the next call that is due, unless one is under way. */
void mail_kick(struct mac *m);
/** True when nothing is under way and nothing waits that could be sent now. */
bool mail_idle(const struct mac *m);

void link_connect(struct mac *m);
void link_close(struct mac *m);
/** Say that a command arrived, runs, or ended. Does nothing while not connected. */
void link_ack(struct mac *m, struct str action);
void link_started(struct mac *m, struct str action);
void link_result(struct mac *m, const struct agent_result *r);
/** Tell isolation as it is, and health. */
void link_observed(struct mac *m);
void link_health(struct mac *m);

/** The hooks of orders_new for a Mac. */
extern const struct orders_hooks obey_hooks;

/** Rules or a plan came: start, or match with them from now on. */
void player_ready(struct mac *m);
/** Begin the stories that do not repeat once more. */
void player_again(struct mac *m);
void player_stop(struct mac *m);
/** Spool what waits. */
void player_flush(struct mac *m);
/** Analyse a record that no story has. @return 0, E_NOMEM */
int player_record(struct mac *m, struct str record) MUST_CHECK;
/** Pids of what the stories have running, each once. @return how many, at most `cap` */
size_t player_pids(struct mac *m, int64_t *pids, size_t cap);
/**
 * End a process, and with `tree` what descends from it; its part in the story is over.
 * @param executable   of the process, for the report; cleared first
 * @param ret_killed   how many ended; 0: there is no such process now
 * @return 0 or E_NOMEM
 */
int player_kill(struct mac *m, int64_t pid, uint64_t generation, bool tree, struct buf *executable,
                unsigned *ret_killed) MUST_CHECK;

/** @return 0 (also when there is none), E_PARSE, E_IO, E_NOMEM */
int saved_load(struct mac *m, struct err *err) MUST_CHECK;
int saved_store(const struct mac *m, struct err *err) MUST_CHECK;

#endif
