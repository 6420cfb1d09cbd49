/* Making and tearing down a ws_conn, for those who did the handshake. */
#ifndef CORDON_NET_WS_CONN_PRIV_H
#define CORDON_NET_WS_CONN_PRIV_H

#include "net/conn.h"
#include "net/ws_conn.h"

/** Told when the ws_conn is about to be freed, after on_close. */
typedef void (*ws_conn_owner_fn)(void *owner);

/**
 * Take over a connection whose handshake is done.
 * @param early bytes behind the handshake; handled soon, not during the call
 * @return 0 or E_NOMEM (the connection stays the caller's)
 */
int ws_conn_priv_new(struct conn *c, enum ws_role role, const struct ws_conn_options *options,
                     struct str early, ws_conn_owner_fn on_freed, void *owner,
                     struct ws_conn **ret_ws) MUST_CHECK;
/** Free at once; on_close is called with WS_CLOSE_ABNORMAL when it was not yet. */
void ws_conn_priv_cut(struct ws_conn *ws);

#endif
