/* Process notifications of the Linux kernel. See proc_connector.h. */
#include "sensor/proc_connector.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/random.h"

#define RECEIVE_BYTES (8 * 1024 * 1024) /* about 60,000 notifications between two reads */
#define ACK_MS        2000

/* ------------------------------------------------------------------ parsing */

/* The parts of a message before the event's own data. */
enum { EVENT_HEAD_BYTES = 16 }; /* what, cpu, timestamp */

static uint32_t u32_at(struct str s, size_t offset)
{
    uint32_t v;
    memcpy(&v, s.ptr + offset, sizeof v);
    return v;
}

static pid_t pid_at(struct str s, size_t offset)
{
    return (pid_t)u32_at(s, offset);
}

/* `data` is the event's own part, already known to be long enough. */
static void read_data(uint32_t what, struct str data, struct proc_note *n)
{
    switch (what) {
    case PROC_EVENT_NONE:
        n->what = PROC_ACK;
        n->status = u32_at(data, 0);
        return;
    case PROC_EVENT_FORK:
        n->what = PROC_FORK;
        n->parent = pid_at(data, 4);
        n->tid = pid_at(data, 8);
        n->pid = pid_at(data, 12);
        return;
    case PROC_EVENT_EXEC:
        n->what = PROC_EXEC;
        break;
    case PROC_EVENT_UID:
        n->what = PROC_UID;
        n->ruid = u32_at(data, 8);
        n->euid = u32_at(data, 12);
        break;
    case PROC_EVENT_EXIT:
        n->what = PROC_EXIT;
        n->status = u32_at(data, 8);
        if (data.len >= 24) { /* since Linux 4.18 */
            PLANT_OVERREAD(data.ptr + data.len);
            n->parent = pid_at(data, 20);
        }
        break;
    default:
        return;
    }
    n->tid = pid_at(data, 0);
    n->pid = pid_at(data, 4);
}

static size_t data_bytes(uint32_t what)
{
    switch (what) {
    case PROC_EVENT_NONE:
        return 4;
    case PROC_EVENT_FORK:
    case PROC_EVENT_UID:
    case PROC_EVENT_EXIT:
        return 16;
    case PROC_EVENT_EXEC:
        return 8;
    default:
        return 0;
    }
}

/* `body` is what follows the netlink header. */
static int read_event(struct str body, struct proc_note *n)
{
    struct cn_msg head;
    if (body.len < sizeof head + EVENT_HEAD_BYTES)
        return E_PARSE;
    memcpy(&head, body.ptr, sizeof head);
    struct str event = str_sub(body, sizeof head, head.len);
    if (head.id.idx != CN_IDX_PROC || head.id.val != CN_VAL_PROC || event.len < head.len ||
        event.len < EVENT_HEAD_BYTES)
        return E_PARSE;
    uint32_t what = u32_at(event, 0);
    struct str data = str_sub(event, EVENT_HEAD_BYTES, SIZE_MAX);
    if (data.len < data_bytes(what))
        return E_PARSE;
    n->sequence = head.seq;
    n->ack = head.ack;
    n->cpu = u32_at(event, 4);
    memcpy(&n->mono_ns, event.ptr + 8, sizeof n->mono_ns);
    read_data(what, data, n);
    return 0;
}

int proc_connector_next(struct str *rest, struct proc_note *ret_note)
{
    struct nlmsghdr head;
    struct proc_note n = {0};
    if (rest->len == 0)
        return E_NOT_FOUND;
    struct str datagram = *rest;
    *rest = (struct str){0};
    if (datagram.len < sizeof head)
        return E_PARSE;
    memcpy(&head, datagram.ptr, sizeof head);
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > datagram.len ||
        head.nlmsg_type != NLMSG_DONE)
        return E_PARSE;
    int rc = read_event(str_sub(datagram, sizeof head, head.nlmsg_len - sizeof head), &n);
    if (rc)
        return rc;
    *rest = str_sub(datagram, NLMSG_ALIGN(head.nlmsg_len), SIZE_MAX);
    *ret_note = n;
    return 0;
}

uint64_t proc_connector_missing(struct proc_sequence *s, const struct proc_note *n)
{
    if (n->cpu >= PROC_CPUS_MAX)
        return 0;
    uint32_t gap = s->seen[n->cpu] ? n->sequence - s->next[n->cpu] : 0;
    s->seen[n->cpu] = true;
    s->next[n->cpu] = n->sequence + 1;
    return gap <= INT32_MAX ? gap : 0; /* a huge gap is a number that went back */
}

/* ------------------------------------------------------------------ the socket */

static int subscribe(int fd, uint32_t token)
{
    uint32_t op = PROC_CN_MCAST_LISTEN;
    struct cn_msg cn = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .ack = token, .len = sizeof op};
    struct nlmsghdr nl = {.nlmsg_len = sizeof nl + sizeof cn + sizeof op, .nlmsg_type = NLMSG_DONE};
    struct iovec parts[] = {{&nl, sizeof nl}, {&cn, sizeof cn}, {&op, sizeof op}};
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    struct msghdr message = {.msg_name = &kernel,
                             .msg_namelen = sizeof kernel,
                             .msg_iov = parts,
                             .msg_iovlen = ARRAY_LEN(parts)};
    return sendmsg(fd, &message, 0) == (ssize_t)nl.nlmsg_len ? 0 : -1;
}

/* The kernel's answer; notifications before it are of no interest, and may be there for the sake of
 * another listener alone, as may other answers. @return 0 or an errno value; ETIMEDOUT when none
 * comes */
static int wait_for_ack(int fd, uint32_t token)
{
    char datagram[1024];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int64_t deadline_ms = clock_mono_ms() + ACK_MS;
    for (int64_t left = ACK_MS; left > 0; left = deadline_ms - clock_mono_ms()) {
        if (poll(&p, 1, (int)left) != 1)
            continue;
        ssize_t len = recv(fd, datagram, sizeof datagram, MSG_DONTWAIT);
        struct str rest = str_n(datagram, len > 0 ? (size_t)len : 0);
        struct proc_note n;
        while (proc_connector_next(&rest, &n) == 0) {
            if (n.what == PROC_ACK && n.ack == token + 1)
                return (int)n.status;
        }
    }
    return ETIMEDOUT;
}

static int refused(struct err *err, int errnum)
{
    if (errnum == EPERM || errnum == EACCES)
        return err_set(err, E_DENIED, "needs CAP_NET_ADMIN");
    if (errnum == ECONNREFUSED)
        return err_set(err, E_UNSUPPORTED,
                       "no proc connector here: opened inside a network namespace, or a kernel "
                       "without it");
    if (errnum == ETIMEDOUT)
        return err_set(err, E_UNSUPPORTED,
                       "the proc connector does not answer: inside a pid or user namespace");
    return err_errno(err, E_UNSUPPORTED, errnum, "the proc connector cannot be opened");
}

int proc_connector_open(struct err *err)
{
    int fd CLEANUP(fd_closep) =
        socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
    struct sockaddr_nl self = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof self) != 0)
        return refused(err, errno);
    uint32_t token = (uint32_t)random_u64();
    int bytes = RECEIVE_BYTES;
    /* A smaller buffer only means that bursts are lost earlier; the loss is counted. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (subscribe(fd, token) != 0)
        return refused(err, errno);
    int errnum = wait_for_ack(fd, token);
    if (errnum)
        return refused(err, errnum);
    return TAKE_FD(fd);
}
