/* What http_server, http_conn and http_req share. A server owns a list of connections; a connection
 * has at most one request; a request outlives its connection when a handler still owns it. */
#ifndef CORDON_NET_HTTP_PRIV_H
#define CORDON_NET_HTTP_PRIV_H

#include "codec/http1_chunked.h"
#include "net/conn.h"
#include "net/http_req.h"
#include "net/http_server.h"
#include "net/listener.h"

struct http_server {
    struct http_server_options options; /* defaults filled in */
    struct listener *listener;
    struct http_conn *conns; /* doubly linked */
    bool draining;
    uint64_t drain_timer;
    void (*on_drained)(struct http_server *server, void *arg);
    void *on_drained_arg;
};

struct http_conn {
    struct http_server *server;
    struct http_conn *next;
    struct http_conn *prev;
    struct conn *conn;    /* NULL once a WebSocket has it */
    struct ws_conn *ws;   /* after an upgrade */
    struct http_req *req; /* the request in work, or NULL */
    struct buf in;        /* bytes received and not used yet */
    struct str view;      /* the same, while pumping: may point to the read buffer instead */
    struct http1_scan scan;
    bool pumping;
    bool eof;       /* the peer sends no more */
    bool finishing; /* the last answer is given */
    bool in_head;   /* the head's deadline runs */
    struct listener_peer peer;
};

enum http_body_state {
    HTTP_BODY_UNREAD, /* the handler has not said what to do with it */
    HTTP_BODY_COLLECTING,
    HTTP_BODY_STREAMING,
    HTTP_BODY_DONE /* received whole, or there is none */
};

enum http_answer_state { HTTP_ANSWER_NONE, HTTP_ANSWER_BEGUN };

struct http_req {
    struct http_conn *hc; /* NULL once the connection is gone */
    const struct http_handler *handler;
    void *handler_arg;
    struct loop *loop;
    struct arena arena;
    struct str path;
    struct str query;
    char peer_address[LISTENER_ADDRESS_BYTES];
    void *data;
    http_req_fn cleanup;
    /* body */
    enum http_body_state body_state;
    bool body_paused;
    bool gone;
    bool gone_told;
    bool close; /* no keep-alive after this one */
    uint64_t body_limit;
    uint64_t body_received;
    int64_t body_started_ms; /* when its clock began, monotonic */
    struct http1_chunked chunked;
    struct buf body;
    http_req_fn on_body;
    const struct http_body_handler *stream;
    void *body_arg;
    /* answer */
    enum http_answer_state answer;
    bool answer_chunked;
    bool answer_bodiless; /* HEAD, 204, 304 */
    int header_error;     /* of http_answer_header */
    int status;           /* 0 until begun */
    int64_t answer_left;  /* announced and not sent yet; -1 unknown */
    uint64_t sent_bytes;
    struct buf headers; /* added by the handler, written out */
    http_req_fn on_drain;
    void *drain_arg;
    http_req_fn on_gone;
    void *gone_arg;
    struct http1_head head; /* last: 4 KiB, of which little is touched */
};

/** Take over an accepted descriptor. @return 0 or E_NOMEM or E_IO (descriptor stays the caller's)
 */
int http_conn_new(struct http_server *server, int fd, const struct listener_peer *peer) MUST_CHECK;
/** Cut off and free; a request of a handler is orphaned. */
void http_conn_free(struct http_conn *hc);
/** For draining: close when idle, mark when busy. */
void http_conn_drain(struct http_conn *hc);
/** Go on with what has arrived: the next request, or more of a body. */
void http_conn_pump(struct http_conn *hc);
/** The request in work is finished and freed; `keep` when another may follow. */
void http_conn_next(struct http_conn *hc, bool keep);

/** New request from the head at the front of `bytes`. @return 0, E_AGAIN or what http1_request or
 * the path decoder say, with the fault filled; E_NOMEM */
int http_req_new(struct http_conn *hc, struct http1_scan *scan, struct str bytes,
                 struct http_req **ret_req, struct http1_fault *ret_fault) MUST_CHECK;
/** Free it without telling anybody but `cleanup` and on_done. */
void http_req_free(struct http_req *req);
/** The connection is gone or will be; tells the handler when it owns the request, else frees it. */
void http_req_orphan(struct http_req *req);
/** The peer ended its side. */
void http_req_hangup(struct http_req *req);

/** Give a request what has arrived of its body, one piece a call; it may be finished afterwards.
 * @return true when there may be more to do */
bool http_body_feed(struct http_req *req, struct str *in);
/** The body ends here: 0, E_CLOSED, E_TIMEOUT, E_LIMIT, E_PARSE, E_NOMEM. */
void http_body_end(struct http_req *req, int rc);
/** True while body bytes are wanted. */
bool http_body_wanted(const struct http_req *req);
/** Milliseconds until the body is too slow; at least 1. */
int64_t http_body_deadline_ms(const struct http_req *req);
/** The time we kept the peer waiting is not held against it: its grace begins anew. */
void http_body_restart_clock(struct http_req *req);

/** What a WebSocket tells when it is gone; the owner is its http_conn. */
void http_conn_on_ws_freed(void *owner);

/** The last connection of a draining server may be gone. */
void http_server_check_drained(struct http_server *server);

#endif
