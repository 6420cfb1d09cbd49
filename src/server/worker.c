/* A thread with a bounded queue. See worker.h. */
#include "server/worker.h"

#include <pthread.h>
#include <signal.h>

#include "base/mem.h"
#include "os/log.h"

struct item {
    void (*work)(void *arg);
    loop_fn done;
    void *arg;
};

struct worker {
    struct loop *loop;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    unsigned first;
    unsigned len;
    struct item queue[WORKER_QUEUE_MAX];
};

static void *run(void *arg)
{
    struct worker *w = arg;
    (void)pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->stop && w->len == 0)
            (void)pthread_cond_wait(&w->wake, &w->lock);
        if (w->stop)
            break;
        struct item item = w->queue[w->first];
        w->first = (w->first + 1) % WORKER_QUEUE_MAX;
        w->len--;
        (void)pthread_mutex_unlock(&w->lock);
        item.work(item.arg);
        if (loop_post(w->loop, item.done, item.arg) != 0)
            log_error("out of memory: an answer is lost");
        (void)pthread_mutex_lock(&w->lock);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

int worker_new(struct loop *loop, struct worker **ret_worker, struct err *err)
{
    struct worker *w = mem_calloc(1, sizeof *w);
    if (!w)
        return err_set(err, E_NOMEM, "out of memory");
    w->loop = loop;
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->wake, NULL);
    /* Signals are the loop's to take. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int e = pthread_create(&w->thread, NULL, run, w);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (e) {
        (void)pthread_cond_destroy(&w->wake);
        (void)pthread_mutex_destroy(&w->lock);
        mem_free(w);
        return err_errno(err, E_IO, e, "cannot start a thread");
    }
    *ret_worker = w;
    return 0;
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->stop = true;
    (void)pthread_cond_signal(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    (void)pthread_cond_destroy(&w->wake);
    (void)pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

int worker_run(struct worker *w, void (*work)(void *arg), loop_fn done, void *arg)
{
    (void)pthread_mutex_lock(&w->lock);
    int rc = w->len == WORKER_QUEUE_MAX ? E_RATE : 0;
    if (rc == 0) {
        w->queue[(w->first + w->len) % WORKER_QUEUE_MAX] = (struct item){work, done, arg};
        w->len++;
        (void)pthread_cond_signal(&w->wake);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return rc;
}
