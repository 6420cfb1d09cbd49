/* Opens WebSockets as a client, without blocking its loop: libcurl connects (name, proxy, TLS), the
 * handshake and the frames are our own. The open connection is a ws_conn like a server's. Used by
 * the agent's uplink and the simulator. Loop thread only. Source: RFC 6455 section 4.1. */
#ifndef CORDON_NET_WS_CLIENT_H
#define CORDON_NET_WS_CLIENT_H

#include "base/err.h"
#include "net/http_client.h"
#include "net/ws_conn.h"
#include "os/loop.h"

struct ws_client; /* an attempt to connect; gone once on_open or on_fail is called */

struct ws_client_options {
    struct loop *loop;
    const char *url; /* wss://, https://, ws:// or http://; borrowed for the call */
    const struct http_client_header *headers; /* borrowed for the call */
    size_t header_count;
    const char *protocol;      /* Sec-WebSocket-Protocol asked for, or NULL; a literal */
    struct ws_conn_options ws; /* of the connection once it is open */
    /** Open. The handlers of `ws` are used from now on. */
    void (*on_open)(struct ws_conn *ws, void *arg);
    /** It did not work. `status` is that of an HTTP answer that was no 101, else 0. Codes as of
     * http_client_call; E_DENIED, E_AUTH and so on stand for such an answer. */
    void (*on_fail)(const struct err *err, int status, void *arg);
    void *arg;
};

/**
 * Begin to connect; a callback follows from the loop.
 * @param client must outlive the connection; its connect time limit covers the handshake
 * @return 0, E_ARG (URL or header), E_NOMEM, E_INTERNAL (libcurl); no callback follows then
 */
int ws_client_connect(struct http_client *client, const struct ws_client_options *options,
                      struct ws_client **ret_attempt, struct err *err) MUST_CHECK;
/** Give up an attempt, without a callback. */
void ws_client_cancel(struct ws_client *attempt);

#endif
