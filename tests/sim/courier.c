/* Threads for blocking calls. See courier.h. */
#include "courier.h"

#include <pthread.h>
#include <signal.h>

#include "base/err.h"
#include "base/mem.h"

struct courier {
    struct loop *loop;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct errand *first;
    struct errand **last;
    bool stop;
    unsigned started;
    pthread_t threads[COURIER_THREADS];
    struct place {
        struct courier *courier;
        unsigned number;
    } places[COURIER_THREADS];
};

static void tell_done(struct loop *loop, void *arg)
{
    struct errand *e = arg;
    (void)loop;
    e->done(e->arg);
}

static struct errand *take(struct courier *c)
{
    struct errand *e = NULL;
    (void)pthread_mutex_lock(&c->lock);
    while (!c->stop && !c->first)
        (void)pthread_cond_wait(&c->wake, &c->lock);
    if (!c->stop) {
        e = c->first;
        c->first = e->next;
        if (!c->first)
            c->last = &c->first;
    }
    (void)pthread_mutex_unlock(&c->lock);
    return e;
}

static void *run(void *arg)
{
    const struct place *place = arg;
    struct courier *c = place->courier;
    for (struct errand *e = take(c); e; e = take(c)) {
        e->work(e->arg, place->number);
        while (loop_post(c->loop, tell_done, e) != 0) {
            /* Out of memory for a few bytes: the errand must not be lost. */
        }
    }
    return NULL;
}

int courier_new(struct loop *loop, struct courier **ret_courier)
{
    struct courier *c = mem_calloc(1, sizeof *c);
    if (!c)
        return E_NOMEM;
    c->loop = loop;
    c->last = &c->first;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->wake, NULL);
    for (unsigned i = 0; i < COURIER_THREADS; i++) {
        c->places[i] = (struct place){c, i};
        if (pthread_create(&c->threads[i], NULL, run, &c->places[i]) != 0) {
            courier_free(c);
            return E_IO;
        }
        c->started++;
    }
    *ret_courier = c;
    return 0;
}

void courier_free(struct courier *c)
{
    if (!c)
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->stop = true;
    (void)pthread_cond_broadcast(&c->wake);
    (void)pthread_mutex_unlock(&c->lock);
    for (unsigned i = 0; i < c->started; i++)
        (void)pthread_join(c->threads[i], NULL);
    (void)pthread_cond_destroy(&c->wake);
    (void)pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

void courier_send(struct courier *c, struct errand *e)
{
    e->next = NULL;
    (void)pthread_mutex_lock(&c->lock);
    *c->last = e;
    c->last = &e->next;
    (void)pthread_cond_signal(&c->wake);
    (void)pthread_mutex_unlock(&c->lock);
}
