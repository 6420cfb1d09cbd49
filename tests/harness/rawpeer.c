/* Blocking test peer. See peer.h. */
#include "harness/rawpeer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "codec/http1_chunked.h"
#include "harness/test.h"

void rawpeer_connect(struct rawpeer *p, uint16_t port)
{
    /* OpenSSL writes to its socket with write(2); the server must not need this. */
    sigset_t pipe_set;
    (void)sigemptyset(&pipe_set);
    (void)sigaddset(&pipe_set, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_set, NULL);
    *p = (struct rawpeer){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_true(p->fd >= 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 20};
    int one = 1;
    (void)setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(p->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    (void)setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    assert_int_equal(connect(p->fd, (struct sockaddr *)&to, sizeof to), 0);
}

static void use_identity(SSL_CTX *ctx, struct str cert_pem, struct str key_pem)
{
    BIO *bio = BIO_new_mem_buf(cert_pem.ptr, (int)cert_pem.len);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
    X509_free(cert);
    BIO_free(bio);
    bio = BIO_new_mem_buf(key_pem.ptr, (int)key_pem.len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
    EVP_PKEY_free(key);
    BIO_free(bio);
}

bool rawpeer_start_tls(struct rawpeer *p, const struct rawpeer_tls *tls)
{
    p->ctx = SSL_CTX_new(TLS_client_method());
    assert_non_null(p->ctx);
    (void)SSL_CTX_set_mode(p->ctx, SSL_MODE_AUTO_RETRY);
    if (tls->max_version)
        (void)SSL_CTX_set_max_proto_version(p->ctx, tls->max_version);
    BIO *bio = BIO_new_mem_buf(tls->ca_pem.ptr, (int)tls->ca_pem.len);
    X509 *ca = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_non_null(ca);
    (void)X509_STORE_add_cert(SSL_CTX_get_cert_store(p->ctx), ca);
    X509_free(ca);
    BIO_free(bio);
    SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, NULL);
    if (tls->cert_pem.len)
        use_identity(p->ctx, tls->cert_pem, tls->key_pem);
    p->ssl = SSL_new(p->ctx);
    assert_int_equal(SSL_set_fd(p->ssl, p->fd), 1);
    assert_int_equal(SSL_set1_host(p->ssl, "localhost"), 1);
    if (tls->session)
        assert_int_equal(SSL_set_session(p->ssl, tls->session), 1);
    if (tls->alpn) {
        unsigned char list[64] = {(unsigned char)strlen(tls->alpn)};
        memcpy(list + 1, tls->alpn, list[0]);
        assert_int_equal(SSL_set_alpn_protos(p->ssl, list, list[0] + 1u), 0);
    }
    int rc = SSL_connect(p->ssl);
    ERR_clear_error();
    return rc == 1;
}

void rawpeer_close(struct rawpeer *p)
{
    if (p->ssl)
        (void)SSL_shutdown(p->ssl);
    SSL_free(p->ssl);
    SSL_CTX_free(p->ctx);
    ERR_clear_error();
    if (p->fd >= 0)
        (void)close(p->fd);
    buf_done(&p->in);
    buf_done(&p->body_buf);
    buf_done(&p->head_buf);
    *p = (struct rawpeer){.fd = -1};
}

void rawpeer_reset(struct rawpeer *p)
{
    struct linger now = {.l_onoff = 1};
    (void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    if (p->ssl)
        SSL_set_quiet_shutdown(p->ssl, 1);
    rawpeer_close(p);
}

void rawpeer_half_close(struct rawpeer *p)
{
    if (p->ssl)
        (void)SSL_shutdown(p->ssl);
    else
        (void)shutdown(p->fd, SHUT_WR);
}

bool rawpeer_send(struct rawpeer *p, struct str bytes)
{
    while (bytes.len) {
        ssize_t n = p->ssl ? SSL_write(p->ssl, bytes.ptr, (int)bytes.len)
                           : send(p->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n <= 0) {
            ERR_clear_error();
            return false;
        }
        bytes = str_sub(bytes, (size_t)n, SIZE_MAX);
    }
    return true;
}

bool rawpeer_read(struct rawpeer *p)
{
    char bytes[16384];
    ssize_t n =
        p->ssl ? SSL_read(p->ssl, bytes, sizeof bytes) : recv(p->fd, bytes, sizeof bytes, 0);
    if (n <= 0) {
        ERR_clear_error();
        return false;
    }
    buf_add(&p->in, bytes, (size_t)n);
    return true;
}

static bool read_body(struct rawpeer *p)
{
    struct http1_chunked chunked = {0};
    while (p->head.body != HTTP1_BODY_NONE) {
        struct str in = buf_str(&p->in);
        bool length = p->head.body == HTTP1_BODY_LENGTH;
        size_t left = length ? (size_t)p->head.content_length - p->body_buf.len : SIZE_MAX;
        struct str piece = str_sub(in, 0, left);
        int rc = E_AGAIN;
        if (p->head.body == HTTP1_BODY_CHUNKED) {
            rc = http1_chunked_next(&chunked, &in, &piece);
            assert_true(rc == 0 || rc == E_AGAIN);
            if (rc == 0)
                buf_add_str(&p->body_buf, piece);
            bool end = rc == 0 && piece.len == 0;
            buf_drop_front(&p->in, p->in.len - in.len);
            if (end)
                break;
            if (rc == 0)
                continue;
        } else {
            buf_add_str(&p->body_buf, piece);
            buf_drop_front(&p->in, piece.len);
            if (length && p->body_buf.len == p->head.content_length)
                break;
        }
        if (!rawpeer_read(p)) {
            if (p->head.body == HTTP1_BODY_UNTIL_CLOSE)
                break;
            return false;
        }
    }
    p->body = buf_str(&p->body_buf);
    return true;
}

int rawpeer_answer(struct rawpeer *p, bool of_head_request)
{
    static const struct http1_limits limits = {
        .head_bytes = 65536, .line_bytes = 65536, .headers = 64};
    struct http1_scan scan = {0};
    struct http1_fault fault = {0};
    buf_clear(&p->body_buf);
    int rc;
    while ((rc = http1_response(&scan, buf_str(&p->in), &limits, &p->head, &fault)) == E_AGAIN) {
        if (!rawpeer_read(p))
            return 0;
    }
    if (rc)
        print_error("answer: %s: %.*s\n", fault.reason, STR_FMT(buf_str(&p->in)));
    assert_int_equal(rc, 0);
    /* Parse once more from a copy that stays. */
    buf_clear(&p->head_buf);
    buf_add(&p->head_buf, p->in.ptr, p->head.head_bytes);
    buf_drop_front(&p->in, p->head.head_bytes);
    scan = (struct http1_scan){0};
    assert_int_equal(http1_response(&scan, buf_str(&p->head_buf), &limits, &p->head, &fault), 0);
    if (of_head_request)
        p->head.body = HTTP1_BODY_NONE;
    return read_body(p) ? p->head.status : 0;
}

bool rawpeer_at_end(struct rawpeer *p)
{
    return p->in.len == 0 && !rawpeer_read(p);
}
