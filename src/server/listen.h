/* The two listeners: administration (TLS, no client certificate) and devices (mutual TLS). */
#ifndef CORDON_SERVER_LISTEN_H
#define CORDON_SERVER_LISTEN_H

#include "net/tls.h"
#include "server/server.h"

/** TLS contexts of both; must outlive the servers. */
struct listeners {
    struct tls_context *admin_tls;
    struct tls_context *device_tls;
};

/** Open both. @return 0, E_ARG (address), E_EXISTS (port in use; err says which), E_DENIED, E_IO,
 * E_NOMEM */
int listeners_open(struct server *s, struct listeners *ret, struct err *err) MUST_CHECK;
/** Show the server certificate of s->keys on connections from now on; those that exist keep theirs.
 * @return 0, E_CRYPTO, E_NOMEM; on failure everything stays */
int listeners_reload(struct server *s, struct listeners *l, struct err *err) MUST_CHECK;
/** Close both at once. */
void listeners_close(struct server *s, struct listeners *l);

#endif
