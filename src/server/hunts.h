/* Hunts of the server: a bounded number runs at once, each on a thread of its own that starts more;
 * the others wait in order. What a hunt finds is stored first, in the commit that says how far it
 * is; the live stream tells of that commit. A hunt that was queued or running when the server
 * stopped, however it stopped, is interrupted and keeps what it had found. */
#ifndef CORDON_SERVER_HUNTS_H
#define CORDON_SERVER_HUNTS_H

#include <stdatomic.h>

#include "detect/detect.h"
#include "server/server.h"

/** One hunt from its request to its end. */
struct hunt_task {
    struct hunt_task *next;
    struct arena arena; /* owns the texts of the record, the text and the devices */
    struct store_hunt record;
    struct str text;
    struct buf refused; /* JSON array of {"place","message"}: rules that were left out */
    const struct str *devices;
    size_t devices_len;
    uint32_t results_per_rule; /* 0 = no bound of its own */
    struct buf image;
    struct ruleset *rules;
    atomic_bool cancel;
    struct hunts *hunts; /* while it runs */
    int64_t saved_ms;
};

/** @return NULL when out of memory */
struct hunt_task *hunt_task_new(void);
/** NULL is allowed. */
void hunt_task_free(struct hunt_task *t);
/**
 * Compile the text, an expression or rules, into the task. Any thread.
 * @return 0, E_PARSE (err has the place in its message), E_LIMIT, E_NOMEM
 */
int hunt_task_compile(struct hunt_task *t, struct err *err) MUST_CHECK;

/** Mark what the last life of the server left unfinished, start the threads. */
int hunts_new(struct server *s, struct hunts **ret_hunts, struct err *err) MUST_CHECK;
/** End what runs, as interrupted, and wait. The store must still be open. NULL is allowed. */
void hunts_free(struct hunts *h);

/** Take a place among those that wait. @return 0, E_RATE (too many wait) */
int hunts_reserve(struct hunts *h, struct err *err) MUST_CHECK;
/** Give it back: the hunt was refused. */
void hunts_release(struct hunts *h);
/** Run it when its turn comes, in the place reserved before; its record is stored. Takes it. */
void hunts_queue(struct hunts *h, struct hunt_task *task);
/** Let it end soon. @return false when it neither waits nor runs */
bool hunts_end(struct hunts *h, struct str id);

#endif
