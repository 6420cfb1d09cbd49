/* What stream.c (what is told) and stream_peer.c (whom) share. */
#ifndef CORDON_SERVER_STREAM_PRIV_H
#define CORDON_SERVER_STREAM_PRIV_H

#include <pthread.h>

#include "base/map.h"
#include "server/stream.h"
#include "server/stream_ring.h"

/** One open stream; lives as long as its request. */
struct stream_peer {
    struct stream *owner;
    struct stream_peer *next;
    struct stream_peer *prev;
    struct http_req *req;
    uint64_t sequence; /* everything up to here was handed to its connection */
    enum role_id role;
    char token_hash[HASH_HEX_BYTES];
};

/** A device that something has to be told about. */
struct stream_pending;

/** Changes on their way from the writer thread to the loop. */
struct stream_commit;

struct stream {
    struct server *server;
    struct stream_ring ring;
    bool closed;
    /* whom */
    struct stream_peer *peers;
    unsigned peers_len;
    unsigned peers_most;
    unsigned session_most;
    uint64_t slow_readers;
    uint64_t beat_timer;
    /* devices that wait to be told about, first come first served */
    struct stream_pending *first;
    struct stream_pending **tail;
    struct map pending; /* id -> struct stream_pending */
    int64_t flushed_ms;
    uint64_t flush_timer;
    /* alerts of this second */
    int64_t second_ms;
    int64_t alerts;
    int64_t alerts_most;
    uint64_t untold_new;
    uint64_t untold_changed;
    uint64_t untold_timer;
    /* from the writer thread */
    pthread_mutex_t lock;
    struct stream_commit *commits; /* newest first */
    unsigned commits_len;
    bool commits_lost;
    bool posted;
};

/** Send everybody what is new in the ring, as far as they take it. (stream_peer.c) */
void stream_peers_deliver(struct stream *st);
/** Everybody goes on from here: what was not sent yet is not sent. (stream_peer.c) */
void stream_peers_skip(struct stream *st);
/** End the streams of people who are not logged in any more. (stream_peer.c) */
void stream_peers_check(struct stream *st);
/** End all. (stream_peer.c) */
void stream_peers_end(struct stream *st);
/** Changes that could not be posted are taken in with the next heartbeat. (stream.c) */
void stream_take_in(struct stream *st);

#endif
