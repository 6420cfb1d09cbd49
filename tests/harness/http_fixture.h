/* A server thread with a handler that does something of everything, for tests of net/. */
#ifndef CORDON_TESTS_HARNESS_HTTP_FIXTURE_H
#define CORDON_TESTS_HARNESS_HTTP_FIXTURE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "harness/rawpeer.h"
#include "net/http_answer.h"
#include "net/http_server.h"

/* Paths: /hello; /echo (collects 64 KiB); /count (streams, answers the number of bytes); /park
 * (answered by http_fixture_unpark, notices a gone peer); /chunks?n= ; /big?n= (bytes in one
 * answer); /flood (streams 64 MiB as fast as the peer takes it); /who (client certificate); /split
 * (header with a line end); /ws (echoes messages; "close" closes, "pause" pauses for 50 ms); /data
 * (its cleanup is counted). Anything else is 404; a method other than GET, HEAD and POST is 405. */
struct http_fixture {
    struct loop *loop;
    struct http_server *server;
    struct http_server_options options;
    struct ws_conn_options ws_options;
    pthread_t thread;
    bool running;
    struct http_req *parked;
    sem_t parked_sem; /* posted for each parked request */
    sem_t gone_sem;   /* posted for each gone peer */
    sem_t closed_sem; /* posted for each WebSocket that ended */
    sem_t drained_sem;
    atomic_int done;     /* requests finished */
    atomic_int cleaned;  /* cleanups run */
    atomic_int ws_code;  /* of the last WebSocket that ended */
    atomic_int messages; /* WebSocket messages heard */
    atomic_int last_status;
    atomic_int stream_rc; /* of the last streamed body */
};

/** Loop and server on a free port of 127.0.0.1; `tls` NULL for plain. Change `options` between
 * http_fixture_init and http_fixture_start as wanted. */
void http_fixture_init(struct http_fixture *f, struct tls_context *tls);
void http_fixture_start(struct http_fixture *f);
/** Stop the thread and free everything; the peers should be closed already. */
void http_fixture_stop(struct http_fixture *f);
/** Run fn(loop, arg) on the loop and wait until it has run. */
void http_fixture_call(struct http_fixture *f, loop_fn fn, void *arg);
/** Answer the parked request with "unparked". */
void http_fixture_unpark(struct http_fixture *f);
uint16_t http_fixture_port(const struct http_fixture *f);
/** Wait at most 20 s; fails the test after that. */
void http_fixture_wait(sem_t *sem);
/** Wait likewise until so many requests are finished. */
void http_fixture_wait_done(struct http_fixture *f, int count);

#endif
