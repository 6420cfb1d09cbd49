/* TLS behind the connection's transport. See conn_priv.h.
 * OpenSSL's error queue is per thread, so it is emptied before each call whose result is judged. */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/x509.h"
#include "net/conn_priv.h"
#include "net/tls_priv.h"
#include "os/clock.h"

/* OpenSSL's own socket BIO writes with write(2): a peer that is gone would raise SIGPIPE, and what
 * the program does with signals is not a library's to decide. */
static int bio_read(BIO *bio, char *ptr, int len)
{
    const struct conn *c = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = recv(c->fd, ptr, (size_t)len, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        BIO_set_retry_read(bio);
    return (int)n;
}

static int bio_write(BIO *bio, const char *ptr, int len)
{
    const struct conn *c = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = send(c->fd, ptr, (size_t)len, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        BIO_set_retry_write(bio);
    return (int)n;
}

static long bio_ctrl(BIO *bio, int command, long number, void *ptr)
{
    (void)bio;
    (void)number;
    (void)ptr;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *bio_method;

static void make_bio_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "cordon conn");
    if (method && BIO_meth_set_read(method, bio_read) == 1 &&
        BIO_meth_set_write(method, bio_write) == 1 && BIO_meth_set_ctrl(method, bio_ctrl) == 1)
        bio_method = method;
}

static bool set_bio(struct conn *c)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_bio_method);
    BIO *bio = bio_method ? BIO_new(bio_method) : NULL;
    if (!bio)
        return false;
    BIO_set_data(bio, c);
    BIO_set_init(bio, 1);
    SSL_set_bio(c->ssl, bio, bio);
    return true;
}

/* Translate the result of an SSL_ call that did not succeed. */
static int judge(SSL *ssl, int result, unsigned *ret_want)
{
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
        *ret_want = LOOP_READ;
        return E_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        *ret_want = LOOP_WRITE;
        return E_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return E_CLOSED;
    case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        return E_IO;
    default:
        break;
    }
    unsigned long error = ERR_peek_error();
    bool cut = ERR_GET_LIB(error) == ERR_LIB_SSL &&
               ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    ERR_clear_error();
    return cut ? E_IO : E_CRYPTO;
}

/* Remember whom the certificate names; it was verified, now or when the session began. */
static int learn_peer(struct conn *c)
{
    X509 *handle = SSL_get0_peer_certificate(c->ssl);
    if (!handle)
        return 0;
    CLEANUP(x509_freep) struct x509_cert *cert = NULL;
    int rc = x509_from_handle(handle, &cert);
    if (rc)
        return rc;
    struct tls_peer *peer = mem_calloc(1, sizeof *peer);
    if (!peer)
        return E_NOMEM;
    CLEANUP(buf_done) struct buf name = {.limit = sizeof peer->common_name - 1};
    CLEANUP(buf_done) struct buf serial = {.limit = sizeof peer->serial_hex - 1};
    rc = x509_common_name(cert, &name, NULL);
    if (rc == E_PARSE || rc == E_LIMIT) {
        buf_clear(&name); /* a certificate need not have one; nobody is called "" */
        rc = 0;
    }
    if (rc == 0)
        rc = x509_serial(cert, &serial);
    if (rc == 0)
        rc = x509_fingerprint(cert, peer->fingerprint_hex);
    peer->not_after_ns = x509_not_after_ns(cert);
    if (rc == 0 && peer->not_after_ns < clock_wall_ns())
        rc = E_CRYPTO; /* a resumed session is not verified again */
    if (rc) {
        mem_free(peer);
        return rc == E_NOMEM ? E_NOMEM : E_CRYPTO;
    }
    if (name.len)
        memcpy(peer->common_name, name.ptr, name.len);
    if (serial.len)
        memcpy(peer->serial_hex, serial.ptr, serial.len);
    c->peer = peer;
    return 0;
}

static int tls_handshake(struct conn *c, unsigned *ret_want)
{
    ERR_clear_error();
    int result = SSL_do_handshake(c->ssl);
    if (result == 1)
        return learn_peer(c);
    int rc = judge(c->ssl, result, ret_want);
    return rc == E_CLOSED ? E_IO : rc;
}

static int tls_read(struct conn *c, char *ptr, size_t cap, size_t *ret_len, unsigned *ret_want)
{
    ERR_clear_error();
    int result = SSL_read_ex(c->ssl, ptr, cap, ret_len);
    return result == 1 ? 0 : judge(c->ssl, result, ret_want);
}

/* Short parts travel in one record: a head and its body in two would cost two packets. */
static int tls_write(struct conn *c, const struct iovec *iov, int count, size_t *ret_len,
                     unsigned *ret_want)
{
    static _Thread_local char record[CONN_IO_BYTES];
    const char *from = iov[0].iov_base;
    size_t len = iov[0].iov_len;
    if (count > 1 && len < sizeof record) {
        len = 0;
        for (int i = 0; i < count && len < sizeof record; i++) {
            size_t room = sizeof record - len;
            size_t n = iov[i].iov_len < room ? iov[i].iov_len : room;
            memcpy(record + len, iov[i].iov_base, n);
            len += n;
        }
        from = record;
    }
    ERR_clear_error();
    int result = SSL_write_ex(c->ssl, from, len, ret_len);
    if (result == 1)
        return 0;
    int rc = judge(c->ssl, result, ret_want);
    return rc == E_CLOSED ? E_IO : rc;
}

static void tls_finish(struct conn *c)
{
    ERR_clear_error();
    (void)SSL_shutdown(c->ssl); /* sends close_notify; the peer's answer is only read and dropped */
    ERR_clear_error();
    (void)shutdown(c->fd, SHUT_WR);
}

void conn_tls_done(struct conn *c)
{
    SSL_free(c->ssl);
    c->ssl = NULL;
    mem_free(TAKE(c->peer));
}

static void tls_close(struct conn *c)
{
    conn_tls_done(c);
    (void)close(c->fd);
}

const struct conn_transport conn_tls_transport = {
    .handshake = tls_handshake,
    .read = tls_read,
    .write = tls_write,
    .finish = tls_finish,
    .close = tls_close,
};

/* Verify the server's name; an address is not sent as a name (RFC 6066 section 3). */
static bool set_server_name(SSL *ssl, const char *name)
{
    unsigned char address[16];
    bool numeric =
        inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
    return (numeric || SSL_set_tlsext_host_name(ssl, name) == 1) && SSL_set1_host(ssl, name) == 1;
}

int conn_tls_init(struct conn *c, struct tls_context *context, const char *server_name)
{
    c->transport = &conn_tls_transport;
    SSL *ssl = SSL_new(context->ssl_ctx);
    c->ssl = ssl;
    bool ok = ssl && set_bio(c);
    if (ok && context->client) {
        SSL_set_connect_state(ssl);
        c->handshake_want = LOOP_READ | LOOP_WRITE;
        if (server_name)
            ok = set_server_name(ssl, server_name);
    } else if (ok) {
        SSL_set_accept_state(ssl);
        c->handshake_want = LOOP_READ;
    }
    ERR_clear_error();
    return ok ? 0 : E_NOMEM;
}

int conn_tls_peer_der(const struct conn *c, struct buf *out)
{
    X509 *handle = c->ssl ? SSL_get0_peer_certificate(c->ssl) : NULL;
    if (!handle)
        return E_NOT_FOUND;
    CLEANUP(x509_freep) struct x509_cert *cert = NULL;
    int rc = x509_from_handle(handle, &cert);
    return rc ? rc : x509_to_der(cert, out, NULL);
}
