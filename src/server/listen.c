/* Opening the listeners. See listen.h. */
#include "server/listen.h"

#include "crypto/secret.h"
#include "server/router.h"

enum { ADDRESS_MAX = 64 };

/* "127.0.0.1:8443", "[::1]:8443" */
static int split(struct str text, char address[ADDRESS_MAX], uint16_t *ret_port, struct err *err)
{
    size_t colon = str_rfind_char(text, ':');
    struct str host = str_sub(text, 0, colon == SIZE_MAX ? 0 : colon);
    uint64_t port;
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = str_sub(host, 1, host.len - 2);
    if (colon == SIZE_MAX || host.len == 0 || host.len >= ADDRESS_MAX ||
        str_to_u64(str_sub(text, colon + 1, SIZE_MAX), &port) || port > UINT16_MAX)
        return err_set(err, E_ARG, "'%.*s': expected address:port such as 127.0.0.1:8443",
                       STR_FMT(text));
    memcpy(address, host.ptr, host.len);
    address[host.len] = '\0';
    *ret_port = (uint16_t)port;
    return 0;
}

static int open_one(struct server *s, struct str listen, struct tls_context *tls,
                    const struct http_handler *handler, struct http_server **ret, struct err *err)
{
    char address[ADDRESS_MAX];
    struct http_server_options o = {
        .loop = s->loop, .address = address, .tls = tls, .handler = handler, .arg = s};
    int rc = split(listen, address, &o.port, err);
    if (rc == 0)
        rc = http_server_new(&o, ret, err);
    if (rc == E_EXISTS)
        return err_set(err, rc, "cannot listen on %.*s: the port is in use", STR_FMT(listen));
    return rc;
}

/** The texts that TLS options borrow. */
struct identity {
    struct buf chain;
    struct buf ca;
    struct buf key;
};

static void identity_done(struct identity *i)
{
    buf_done(&i->chain);
    buf_done(&i->ca);
    secret_buf_done(&i->key);
}

static int identity_write(const struct keys *keys, struct identity *i, struct err *err)
{
    int rc = x509_to_pem(keys->server_cert, &i->chain, err);
    if (rc == 0)
        rc = x509_to_pem(keys->ca_cert, &i->chain, err);
    if (rc == 0)
        rc = x509_to_pem(keys->ca_cert, &i->ca, err);
    if (rc == 0)
        rc = buf_reserve(&i->key, SIGN_PEM_BYTES_MAX);
    return rc ? rc : sign_key_to_pem(keys->server_key, &i->key, err);
}

static struct tls_server_options admin_options(const struct identity *i)
{
    return (struct tls_server_options){.cert_pem = buf_str(&i->chain),
                                       .key_pem = buf_str(&i->key),
                                       .client_cert = TLS_CLIENT_CERT_NONE};
}

/* Enrollment comes without a certificate; the router demands one for everything else. */
static struct tls_server_options device_options(const struct identity *i)
{
    struct tls_server_options o = admin_options(i);
    o.client_cert = TLS_CLIENT_CERT_OPTIONAL;
    o.client_ca_pem = buf_str(&i->ca);
    return o;
}

int listeners_open(struct server *s, struct listeners *ret, struct err *err)
{
    struct identity i CLEANUP(identity_done) = {0};
    int rc = identity_write(&s->keys, &i, err);
    if (rc)
        return rc;
    struct tls_server_options admin = admin_options(&i);
    struct tls_server_options device = device_options(&i);
    rc = tls_server_new(&admin, &ret->admin_tls, err);
    if (rc == 0)
        rc = tls_server_new(&device, &ret->device_tls, err);
    if (rc == 0)
        rc = open_one(s, s->config->admin_listen, ret->admin_tls, &router_admin, &s->admin, err);
    if (rc == 0)
        rc =
            open_one(s, s->config->device_listen, ret->device_tls, &router_device, &s->device, err);
    return rc;
}

int listeners_reload(struct server *s, struct listeners *l, struct err *err)
{
    struct identity i CLEANUP(identity_done) = {0};
    int rc = identity_write(&s->keys, &i, err);
    if (rc)
        return rc;
    struct tls_server_options admin = admin_options(&i);
    struct tls_server_options device = device_options(&i);
    rc = tls_server_reload(l->admin_tls, &admin, err);
    return rc ? rc : tls_server_reload(l->device_tls, &device, err);
}

void listeners_close(struct server *s, struct listeners *l)
{
    http_server_free(TAKE(s->admin));
    http_server_free(TAKE(s->device));
    tls_free(TAKE(l->admin_tls));
    tls_free(TAKE(l->device_tls));
}
