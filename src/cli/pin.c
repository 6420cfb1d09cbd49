/* First look at a server's CA. See pin.h. */
#include "cli/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/x509.h"
#include "os/file.h"

#define DEFAULT_PORT   "443"
#define SCHEME_BYTES   8 /* "https://" */
#define HOST_BYTES_MAX 256

struct address {
    char host[HOST_BYTES_MAX];
    char port[8];
};

static void free_addresses(struct addrinfo **list)
{
    if (*list)
        freeaddrinfo(*list);
}

static void free_context(SSL_CTX **context)
{
    SSL_CTX_free(*context);
}

static void free_ssl(SSL **ssl)
{
    SSL_free(*ssl);
}

/* "https://host", "https://host:port", "https://[v6]:port" */
static int split(const char *server, struct address *ret_address, struct err *err)
{
    struct str rest = str_of(server + SCHEME_BYTES);
    struct str host = rest;
    struct str port = STR(DEFAULT_PORT);
    size_t bracket = str_find_char(rest, ']');
    size_t from = rest.len && rest.ptr[0] == '[' && bracket != SIZE_MAX ? bracket : 0;
    size_t colon = str_find_char(str_sub(rest, from, SIZE_MAX), ':');
    if (colon != SIZE_MAX) {
        host = str_sub(rest, 0, from + colon);
        port = str_sub(rest, from + colon + 1, SIZE_MAX);
    }
    if (from)
        host = str_sub(host, 1, from - 1);
    if (!host.len || host.len >= sizeof(ret_address->host) || !port.len ||
        port.len >= sizeof(ret_address->port))
        return err_set(err, E_ARG, "'%s' has no usable host and port", server);
    memcpy(ret_address->host, host.ptr, host.len);
    ret_address->host[host.len] = '\0';
    memcpy(ret_address->port, port.ptr, port.len);
    ret_address->port[port.len] = '\0';
    return 0;
}

/* ------------------------------------------------------------------ connecting */

static int wait_connected(int fd, int64_t timeout_ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    int ready = poll(&wanted, 1, (int)timeout_ms);
    int problem = 0;
    socklen_t size = sizeof(problem);
    if (ready == 0)
        return ETIMEDOUT;
    if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size))
        return errno;
    return problem;
}

/* A blocking socket whose reads and writes time out. @return descriptor or -errno */
static int connect_to(const struct addrinfo *to, int64_t timeout_ms)
{
    int fd CLEANUP(fd_closep) = socket(to->ai_family, to->ai_socktype, 0);
    if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) || fd_set_nonblock(fd, true))
        return -errno;
    int problem = connect(fd, to->ai_addr, to->ai_addrlen) ? errno : 0;
    if (problem == EINPROGRESS)
        problem = wait_connected(fd, timeout_ms);
    if (problem)
        return -problem;
    struct timeval limit = {.tv_sec = (time_t)(timeout_ms / 1000),
                            .tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000)};
    if (fd_set_nonblock(fd, false) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)))
        return -errno;
    return TAKE_FD(fd);
}

static int connect_any(const struct address *address, int64_t timeout_ms, int *ret_fd,
                       struct err *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *list CLEANUP(free_addresses) = NULL;
    int rc = getaddrinfo(address->host, address->port, &hints, &list);
    if (rc)
        return err_set(err, E_CONNECT, "cannot find %s: %s", address->host, gai_strerror(rc));
    int fd = -ECONNREFUSED;
    for (const struct addrinfo *to = list; to && fd < 0; to = to->ai_next)
        fd = connect_to(to, timeout_ms);
    if (fd < 0)
        return err_errno(err, fd == -ETIMEDOUT ? E_TIMEOUT : E_CONNECT, -fd,
                         "cannot connect to %s port %s", address->host, address->port);
    *ret_fd = fd;
    return 0;
}

/* ------------------------------------------------------------------ looking */

static int describe(SSL *ssl, struct pin *ret_pin, struct err *err)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl); /* borrowed */
    int len = chain ? sk_X509_num(chain) : 0;
    struct x509_cert *cert CLEANUP(x509_freep) = NULL;
    struct buf name CLEANUP(buf_done) = {0};
    struct pin pin = {.chain_len = (unsigned)len};
    if (len <= 0)
        return err_set(err, E_CRYPTO, "the server shows no certificate");
    int rc = x509_from_handle(sk_X509_value(chain, len - 1), &cert);
    if (!rc)
        rc = x509_fingerprint(cert, pin.sha256);
    if (rc)
        return rc;
    pin.not_after_ns = x509_not_after_ns(cert);
    if (x509_common_name(cert, &name, NULL) == 0 && name.len < sizeof(pin.name))
        memcpy(pin.name, name.ptr, name.len);
    *ret_pin = pin;
    return 0;
}

static int handshake(int fd, const char *host, struct pin *ret_pin, struct err *err)
{
    SSL_CTX *context CLEANUP(free_context) = SSL_CTX_new(TLS_client_method());
    SSL *ssl CLEANUP(free_ssl) = NULL;
    if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION))
        return E_NOMEM;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    ssl = SSL_new(context);
    if (!ssl || !SSL_set_fd(ssl, fd) || !SSL_set_tlsext_host_name(ssl, host))
        return E_NOMEM;
    ERR_clear_error();
    if (SSL_connect(ssl) != 1) {
        const char *reason = ERR_reason_error_string(ERR_peek_error());
        return err_set(err, E_CRYPTO, "no TLS 1.3 connection to %s: %s", host,
                       reason ? reason : "the server closed it or did not answer in time");
    }
    return describe(ssl, ret_pin, err);
}

int pin_fetch(const char *server, int64_t timeout_ms, struct pin *ret_pin, struct err *err)
{
    struct address address;
    int fd CLEANUP(fd_closep) = -1;
    int rc = split(server, &address, err);
    if (!rc)
        rc = connect_any(&address, timeout_ms, &fd, err);
    return rc ? rc : handshake(fd, address.host, ret_pin, err);
}
