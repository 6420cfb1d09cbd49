/* Measures the HTTP server over mutual TLS 1.3: requests a second on kept connections, server CPU
 * for each handshake, and the memory of one idle connection and of one open WebSocket.
 * Usage: bench_http [IDLE_CONNECTIONS [BUSY_CONNECTIONS [SECONDS]]]
 * The server is a child process with one thread; the client is net/conn itself, in this process. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/x509_issue.h"
#include "net/conn.h"
#include "net/http_answer.h"
#include "net/http_server.h"
#include "os/clock.h"
#include "os/file.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define GET "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define UPGRADE                                                                                    \
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"         \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

enum { HANDSHAKES_AT_ONCE = 32 };

static struct buf ca_pem;
static struct buf server_cert;
static struct buf server_key;
static struct buf device_cert;
static struct buf device_key;

static void must(int rc, const char *what)
{
    if (rc == 0)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, err_name(rc));
    exit(1);
}

static void export(struct x509_cert *cert, struct sign_key *key, struct buf *cert_pem,
                   struct buf *key_pem)
{
    must(x509_to_pem(cert, cert_pem, NULL), "certificate");
    must(sign_key_to_pem(key, key_pem, NULL), "key");
    x509_free(cert);
    sign_key_free(key);
}

static void make_certificates(void)
{
    struct sign_key *ca_key;
    struct sign_key *key;
    struct x509_cert *ca_cert;
    struct x509_cert *cert;
    const struct str name = STR("localhost");
    int64_t now_ns = clock_wall_ns();
    must(sign_key_new(&ca_key, NULL), "key");
    must(x509_ca_create(ca_key, STR("Bench CA"), now_ns, &ca_cert, NULL), "authority");
    must(x509_to_pem(ca_cert, &ca_pem, NULL), "authority");
    struct x509_ca ca = {ca_cert, ca_key};
    must(sign_key_new(&key, NULL), "key");
    must(x509_issue_server(&ca, key, &name, 1, now_ns, 30, &cert, NULL), "server");
    export(cert, key, &server_cert, &server_key);
    must(sign_key_new(&key, NULL), "key");
    must(x509_issue_device(&ca, key, STR("device-1"), now_ns, 30, &cert, NULL), "device");
    export(cert, key, &device_cert, &device_key);
    x509_free(ca_cert);
    sign_key_free(ca_key);
}

/* ---- server ---- */

static void on_message(struct ws_conn *ws, bool is_text, struct str payload, void *arg)
{
    (void)ws;
    (void)is_text;
    (void)payload;
    (void)arg;
}

static void on_ws_close(struct ws_conn *ws, uint16_t code, void *arg)
{
    (void)ws;
    (void)code;
    (void)arg;
}

static const struct ws_conn_handler ws_handler = {.on_message = on_message,
                                                  .on_close = on_ws_close};

static void on_request(struct http_req *req, void *arg)
{
    (void)arg;
    if (str_is(http_req_path(req), "/ws")) {
        struct ws_conn_options options = {.handler = &ws_handler, .ping_ms = 300000};
        struct ws_conn *ws;
        (void)!http_answer_upgrade(req, NULL, &options, &ws);
        return;
    }
    http_answer_send(req, 200, "text/plain", STR("hello"));
}

static const struct http_handler handler = {.on_request = on_request};

static void serve(int port_fd)
{
    struct loop *loop;
    struct tls_context *tls;
    struct http_server *server;
    struct tls_server_options tls_options = {.cert_pem = buf_str(&server_cert),
                                             .key_pem = buf_str(&server_key),
                                             .client_cert = TLS_CLIENT_CERT_REQUIRED,
                                             .client_ca_pem = buf_str(&ca_pem)};
    must(loop_new(&loop), "loop");
    must(tls_server_new(&tls_options, &tls, NULL), "tls");
    struct http_server_options options = {.loop = loop,
                                          .address = "127.0.0.1",
                                          .tls = tls,
                                          .handler = &handler,
                                          .idle_timeout_ms = 600000,
                                          .accepts_per_s = 1000000};
    must(http_server_new(&options, &server, NULL), "server");
    uint16_t port = http_server_port(server);
    must(file_write_all(port_fd, &port, sizeof port), "port");
    must(loop_run(loop), "loop");
}

/* ---- client ---- */

struct bench {
    struct loop *loop;
    struct tls_context *tls;
    uint16_t port;
    const char *request;
    bool repeat; /* ask again and again */
    unsigned wanted;
    unsigned started;
    unsigned answered_once;
    uint64_t answers;
    struct conn **conns;
};

static void start_one(struct bench *b);

/* Every answer arrives in one record. */
static void on_data(struct conn *c, struct str bytes, void *arg)
{
    struct bench *b = arg;
    if (!str_starts(bytes, STR("HTTP/1.1 200")) && !str_starts(bytes, STR("HTTP/1.1 101"))) {
        (void)fprintf(stderr, "unexpected: %.*s\n", STR_FMT(bytes));
        exit(1);
    }
    b->answers++;
    if (b->answered_once < b->wanted && b->answers <= b->wanted &&
        ++b->answered_once == b->wanted && !b->repeat)
        loop_stop(b->loop);
    if (b->started < b->wanted)
        start_one(b);
    struct str again = str_of(b->request);
    if (b->repeat)
        must(conn_write(c, &again, 1), "write");
}

static void on_end(struct conn *c, void *arg)
{
    (void)c;
    (void)arg;
    (void)fprintf(stderr, "the server closed a connection\n");
    exit(1);
}

static void ignore(struct conn *c, void *arg)
{
    (void)c;
    (void)arg;
}

static void on_close(struct conn *c, int reason, void *arg)
{
    (void)reason;
    on_end(c, arg);
}

static const struct conn_handler callbacks = {.on_data = on_data,
                                              .on_eof = on_end,
                                              .on_hangup = on_end,
                                              .on_drain = ignore,
                                              .on_timeout = ignore,
                                              .on_close = on_close};

static void start_one(struct bench *b)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(b->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 || fd_set_nonblock(fd, true))
        must(E_CONNECT, "connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct conn_options options = {.loop = b->loop,
                                   .fd = fd,
                                   .tls = b->tls,
                                   .server_name = "localhost",
                                   .queue_bytes_max = 65536,
                                   .write_timeout_ms = 60000,
                                   .handler = &callbacks,
                                   .arg = b};
    struct str request = str_of(b->request);
    must(conn_new(&options, &b->conns[b->started]), "conn");
    must(conn_write(b->conns[b->started], &request, 1), "write");
    b->started++;
}

static void stop(struct loop *loop, void *arg)
{
    (void)arg;
    loop_stop(loop);
}

/* Open `count` connections with one answer each, a few handshakes at a time. */
static void open_all(struct bench *b, unsigned count, const char *request)
{
    b->request = request;
    b->wanted = count;
    b->started = b->answered_once = 0;
    b->answers = 0;
    b->conns = calloc(count, sizeof(struct conn *));
    if (!b->conns)
        must(E_NOMEM, "connections");
    while (b->started < count && b->started < HANDSHAKES_AT_ONCE)
        start_one(b);
    must(loop_run(b->loop), "loop");
}

static long read_proc(pid_t pid, const char *file, int field)
{
    char path[64];
    char text[1024] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    (void)fclose(f);
    char *at = text;
    for (int i = 1; i < field && at; i++)
        at = strchr(at + 1, ' ');
    return at ? strtol(at, NULL, 10) : 0;
}

static double rss_kib(pid_t pid)
{
    return (double)read_proc(pid, "statm", 2) * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static double cpu_s(pid_t pid)
{
    return (double)(read_proc(pid, "stat", 14) + read_proc(pid, "stat", 15)) /
           (double)sysconf(_SC_CLK_TCK);
}

struct server {
    pid_t pid;
    uint16_t port;
};

/* A server for every measurement, all of them before the first: memory that was freed once, here or
 * there, costs nothing the second time. */
static struct server start_server(void)
{
    struct server s;
    int fds[2];
    (void)fflush(stdout);
    if (pipe(fds) != 0)
        must(E_IO, "pipe");
    s.pid = fork();
    if (s.pid == 0) {
        serve(fds[1]);
        exit(0);
    }
    if (s.pid < 0 || read(fds[0], &s.port, sizeof s.port) != (ssize_t)sizeof s.port)
        must(E_IO, "server");
    (void)close(fds[0]);
    (void)close(fds[1]);
    return s;
}

static void stop_server(struct bench *b, struct server s)
{
    for (unsigned i = 0; i < b->started; i++)
        conn_free(b->conns[i]);
    free(b->conns);
    (void)kill(s.pid, SIGKILL);
    (void)waitpid(s.pid, NULL, 0);
}

static void measure_idle(struct bench *b, struct server s, unsigned count, const char *what,
                         const char *request)
{
    b->port = s.port;
    double rss = rss_kib(s.pid);
    double cpu = cpu_s(s.pid);
    b->repeat = false;
    open_all(b, count, request);
    (void)printf(
        "%s: %u connections, %.1f KiB each (server RSS), %.2f ms server CPU each to open\n", what,
        count, (rss_kib(s.pid) - rss) / count, (cpu_s(s.pid) - cpu) * 1000 / count);
    stop_server(b, s);
}

static void measure_busy(struct bench *b, struct server s, unsigned count, int seconds)
{
    b->port = s.port;
    b->repeat = true;
    (void)loop_timer(b->loop, 1000, stop, NULL); /* warm up: handshakes are not counted */
    open_all(b, count, GET);
    uint64_t before = b->answers;
    double cpu = cpu_s(s.pid);
    int64_t begin_ns = clock_mono_ns();
    (void)loop_timer(b->loop, seconds * 1000, stop, NULL);
    must(loop_run(b->loop), "loop");
    double elapsed_s = (double)(clock_mono_ns() - begin_ns) / 1e9;
    double answers = (double)(b->answers - before);
    (void)printf("busy: %u connections, %.0f requests/s, %.1f us server CPU each\n", count,
                 answers / elapsed_s, (cpu_s(s.pid) - cpu) * 1e6 / answers);
    stop_server(b, s);
}

int main(int argc, char **argv)
{
    unsigned idle = argc > 1 ? (unsigned)atoi(argv[1]) : 4000;
    unsigned busy = argc > 2 ? (unsigned)atoi(argv[2]) : 64;
    int seconds = argc > 3 ? atoi(argv[3]) : 4;
    struct bench b = {0};
    make_certificates();
    struct server servers[] = {start_server(), start_server(), start_server()};
    struct tls_client_options trust = {.ca_pem = buf_str(&ca_pem),
                                       .cert_pem = buf_str(&device_cert),
                                       .key_pem = buf_str(&device_key)};
    must(loop_new(&b.loop), "loop");
    must(tls_client_new(&trust, &b.tls, NULL), "tls");
    (void)printf("mutual TLS 1.3, P-256, server of one thread, client on the same machine\n");
    measure_idle(&b, servers[0], idle, "idle after one request", GET);
    measure_idle(&b, servers[1], idle, "open WebSocket", UPGRADE);
    measure_busy(&b, servers[2], busy, seconds);
    return 0;
}
