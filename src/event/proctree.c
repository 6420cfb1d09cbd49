/* Table of processes from events in any order. See proctree.h.
 *
 * A node is one incarnation of a pid; an exec changes its image in place. Nodes hang in chains by
 * pid (latest first) and in one list by last touch. A child holds its parent, so a node that left
 * the table lives on, without its own parent, while somebody points to it: the memory stays within
 * twice the limit. */
#include "event/proctree.h"

#include <assert.h>

#include "base/err.h"
#include "base/mem.h"
#include "codec/json_out.h"

enum {
    ANCESTORS_MAX = 32,  /* most levels looked at: foreign events could claim endless chains */
    TEXT_MAX = 16 * 1024 /* longest command line that is remembered */
};

/* Texts of a process; one owned copy each. */
enum {
    T_EXECUTABLE,
    T_COMMAND_LINE,
    T_CWD,
    T_USER,
    T_SIGNING_ID,
    T_TEAM_ID,
    T_CDHASH,
    T_SHA256,
    TEXTS
};

static const enum field_id text_fields[TEXTS] = {F_EXECUTABLE, F_COMMAND_LINE, F_CWD,    F_USER,
                                                 F_SIGNING_ID, F_TEAM_ID,      F_CDHASH, F_SHA256};

struct node {
    struct process p; /* first: a process is its node */
    char *texts[TEXTS];
    struct node *parent; /* held */
    struct node *chain;  /* next in the bucket of the pid */
    struct node *lru_prev;
    struct node *lru_next;
    unsigned holders; /* children, and the table */
    bool in_table;
    bool forked; /* its fork was seen: another one means that the pid was used again */
};

struct proctree {
    struct node **buckets;
    size_t mask;
    size_t max;
    size_t len;
    struct node *oldest;
    struct node *newest;
    struct str ancestors[ANCESTORS_MAX]; /* of the last event */
};

int proctree_new(size_t max_processes, struct proctree **ret_tree)
{
    size_t buckets = 64;
    while (buckets < max_processes)
        buckets *= 2;
    struct proctree *t = mem_calloc(1, sizeof *t);
    if (!t)
        return E_NOMEM;
    t->buckets = mem_calloc(buckets, sizeof(struct node *));
    if (!t->buckets) {
        mem_free(t);
        return E_NOMEM;
    }
    t->mask = buckets - 1;
    t->max = max_processes ? max_processes : 1;
    *ret_tree = t;
    return 0;
}

/* ---------------------------------------------------------------- nodes */

static struct node **bucket(const struct proctree *t, int64_t pid)
{
    uint64_t h = (uint64_t)pid * 0x9e3779b97f4a7c15u;
    return &t->buckets[(h >> 32) & t->mask];
}

static void drop(struct node *n)
{
    while (n && --n->holders == 0) {
        struct node *parent = n->parent;
        for (size_t i = 0; i < TEXTS; i++)
            mem_free(n->texts[i]);
        mem_free(n);
        n = parent;
    }
}

static void set_parent(struct node *n, struct node *parent)
{
    struct node *walk = parent;
    for (unsigned depth = 0; walk; walk = walk->parent) {
        if (walk == n || ++depth > ANCESTORS_MAX)
            return; /* a loop, or a claim that cannot be true */
    }
    if (parent)
        parent->holders++;
    drop(n->parent);
    n->parent = parent;
    n->p.parent = parent ? &parent->p : NULL;
}

static void lru_unlink(struct proctree *t, struct node *n)
{
    if (n->lru_prev)
        n->lru_prev->lru_next = n->lru_next;
    else
        t->oldest = n->lru_next;
    if (n->lru_next)
        n->lru_next->lru_prev = n->lru_prev;
    else
        t->newest = n->lru_prev;
    n->lru_prev = n->lru_next = NULL;
}

static void lru_append(struct proctree *t, struct node *n)
{
    n->lru_prev = t->newest;
    if (t->newest)
        t->newest->lru_next = n;
    else
        t->oldest = n;
    t->newest = n;
}

static void remove_node(struct proctree *t, struct node *n)
{
    struct node **at = bucket(t, n->p.pid);
    while (*at != n)
        at = &(*at)->chain;
    *at = n->chain;
    lru_unlink(t, n);
    n->in_table = false;
    t->len--;
    set_parent(n, NULL);
    drop(n);
}

void proctree_free(struct proctree *t)
{
    if (!t)
        return;
    while (t->oldest)
        remove_node(t, t->oldest);
    mem_free(t->buckets);
    mem_free(t);
}

/* Ended processes leave first, the longest untouched before the others; only a few are looked at.
 */
static void make_room(struct proctree *t)
{
    enum { LOOK = 64 };
    struct node *n = t->oldest;
    assert(n); /* the tree is full, and holds at least one */
    for (unsigned i = 0; n && i < LOOK && !n->p.end_ns; i++)
        n = n->lru_next;
    remove_node(t, n && n->p.end_ns ? n : t->oldest);
}

static struct node *find(const struct proctree *t, int64_t pid)
{
    for (struct node *n = *bucket(t, pid); n; n = n->chain) {
        if (n->p.pid == pid)
            return n;
    }
    return NULL;
}

static struct node *add_node(struct proctree *t, int64_t pid)
{
    if (t->len >= t->max)
        make_room(t);
    struct node *n = mem_calloc(1, sizeof *n);
    if (!n)
        return NULL;
    struct node **head = bucket(t, pid);
    n->p.pid = pid;
    n->p.uid = -1;
    n->holders = 1;
    n->in_table = true;
    n->chain = *head;
    *head = n;
    lru_append(t, n);
    t->len++;
    return n;
}

/* ---------------------------------------------------------------- what an event says of its
 * process */

static struct str *text_slot(struct process *p, size_t i)
{
    struct str *slots[TEXTS] = {&p->executable, &p->command_line, &p->cwd,    &p->user,
                                &p->signing_id, &p->team_id,      &p->cdhash, &p->sha256};
    return slots[i];
}

static int set_text(struct node *n, size_t i, struct str value)
{
    char *copy = NULL;
    value = str_sub(value, 0, TEXT_MAX);
    if (value.len) {
        copy = mem_strndup(value.ptr, value.len);
        if (!copy)
            return E_NOMEM;
    }
    mem_free(n->texts[i]);
    n->texts[i] = copy;
    *text_slot(&n->p, i) = str_n(copy, copy ? value.len : 0);
    return 0;
}

/* An exec replaces the image: what it does not say is not known any more. Other events only add. */
static int learn(struct node *n, const struct event *ev, bool exec)
{
    for (size_t i = 0; i < TEXTS; i++) {
        struct str value = event_str(ev, text_fields[i]);
        bool keep = i == T_CWD || i == T_USER;
        int rc = 0;
        if (value.len || (exec && !keep))
            rc = set_text(n, i, value);
        if (rc)
            return rc;
    }
    n->p.uid = event_int(ev, F_UID, n->p.uid);
    if (event_has(ev, F_PIDVERSION))
        n->p.generation = (uint64_t)event_int(ev, F_PIDVERSION, 0);
    else if (event_has(ev, F_START) && n->p.generation == 0)
        n->p.generation = (uint64_t)event_int(ev, F_START, 0);
    if (event_has(ev, F_START))
        n->p.start_ns = event_int(ev, F_START, 0);
    else if (n->p.start_ns == 0)
        n->p.start_ns = ev->time_ns;
    struct value platform = event_get(ev, F_PLATFORM_BINARY);
    if (platform.type == VALUE_BOOL)
        n->p.platform_binary = platform.b;
    else if (exec)
        n->p.platform_binary = false;
    return 0;
}

/* Did this incarnation end before the event happened? Without clocks, the order of arrival counts.
 */
static bool ended_before(const struct node *n, const struct event *ev)
{
    return n->p.end_ns && (ev->time_ns == 0 || ev->time_ns >= n->p.end_ns);
}

static bool other_start(const struct node *n, const struct event *ev)
{
    int64_t start = event_int(ev, F_START, 0);
    return start && n->p.start_ns && n->forked && start != n->p.start_ns &&
           n->p.start_ns == (int64_t)n->p.generation;
}

/** The incarnation an event of this pid is about, made when there is none. */
static struct node *subject(struct proctree *t, const struct event *ev, int64_t pid)
{
    struct node *n = find(t, pid);
    /* An event of a process that has ended, without a sign of a new one, arrives late. */
    bool begins = ev->kind == KIND_EXEC || ev->kind == KIND_FORK;
    if (n && ((begins && ended_before(n, ev)) || other_start(n, ev)))
        n = NULL;
    return n ? n : add_node(t, pid);
}

/* ---------------------------------------------------------------- kinds */

static int take_fork(struct proctree *t, const struct event *ev, struct node *parent)
{
    int64_t pid = event_int(ev, F_TARGET_PID, -1);
    if (pid < 0)
        return 0;
    struct node *child = find(t, pid);
    /* Known and not forked yet: its exec overtook its fork. */
    if (child && !child->forked && !ended_before(child, ev)) {
        child->forked = true;
        if (!child->parent)
            set_parent(child, parent);
        return 0;
    }
    if (child && !child->p.end_ns)
        child->p.end_ns = ev->time_ns ? ev->time_ns : 1; /* its end was missed */
    child = add_node(t, pid);
    if (!child)
        return E_NOMEM;
    child->forked = true;
    child->p.start_ns = ev->time_ns;
    child->p.uid = parent->p.uid;
    child->p.platform_binary = parent->p.platform_binary;
    for (size_t i = 0; i < TEXTS; i++) {
        int rc = set_text(child, i, *text_slot(&parent->p, i));
        if (rc)
            return rc;
    }
    /* add_node may have thrown the parent out of the table; it is still held by its caller. */
    set_parent(child, parent);
    return 0;
}

static int find_parent(struct proctree *t, const struct event *ev, struct node *n)
{
    int64_t pid = event_int(ev, F_PARENT_PID, -1);
    if (pid < 0 || pid == n->p.pid)
        return 0;
    if (n->parent && n->parent->p.pid == pid)
        return 0;
    struct node *parent = find(t, pid);
    if (!parent) {
        parent = add_node(t, pid);
        if (!parent)
            return E_NOMEM;
        int rc = set_text(parent, T_EXECUTABLE, event_str(ev, F_PARENT_EXECUTABLE));
        if (rc == 0)
            rc = set_text(parent, T_COMMAND_LINE, event_str(ev, F_PARENT_COMMAND_LINE));
        if (rc)
            return rc;
    }
    set_parent(n, parent);
    return 0;
}

/* ---------------------------------------------------------------- what the event lacks */

static void fill(struct event *ev, enum field_id id, struct str value)
{
    if (value.len && event_str(ev, id).len == 0)
        event_set_str(ev, id, value);
}

static void enrich(struct proctree *t, struct event *ev, const struct node *n)
{
    fill(ev, F_EXECUTABLE, n->p.executable);
    fill(ev, F_NAME, str_basename(n->p.executable));
    fill(ev, F_COMMAND_LINE, n->p.command_line);
    fill(ev, F_USER, n->p.user);
    const struct node *parent = n->parent;
    if (!parent)
        return;
    if (!event_has(ev, F_PARENT_PID))
        event_set_int(ev, F_PARENT_PID, parent->p.pid);
    fill(ev, F_PARENT_EXECUTABLE, parent->p.executable);
    fill(ev, F_PARENT_NAME, str_basename(parent->p.executable));
    fill(ev, F_PARENT_COMMAND_LINE, parent->p.command_line);
    fill(ev, F_PARENT_SIGNING_ID, parent->p.signing_id);
    fill(ev, F_PARENT_TEAM_ID, parent->p.team_id);
    if (parent->p.executable.len && !event_has(ev, F_PARENT_PLATFORM_BINARY))
        event_set_bool(ev, F_PARENT_PLATFORM_BINARY, parent->p.platform_binary);
    size_t len = 0;
    for (const struct node *a = parent; a && len < ANCESTORS_MAX; a = a->parent) {
        if (a->p.executable.len)
            t->ancestors[len++] = a->p.executable;
    }
    if (len && !event_has(ev, F_ANCESTORS))
        event_set_list(ev, F_ANCESTORS, t->ancestors, len);
}

int proctree_apply(struct proctree *t, struct event *ev)
{
    int64_t pid = event_int(ev, F_PID, -1);
    if (pid < 0)
        return 0;
    struct node *n = subject(t, ev, pid);
    if (!n)
        return E_NOMEM;
    n->holders++; /* it must outlive what follows, whoever has to make room */
    int rc = learn(n, ev, ev->kind == KIND_EXEC);
    if (rc == 0)
        rc = find_parent(t, ev, n);
    if (rc == 0 && ev->kind == KIND_FORK)
        rc = take_fork(t, ev, n);
    if (ev->kind == KIND_EXIT)
        n->p.end_ns = ev->time_ns ? ev->time_ns : 1;
    if (n->in_table) {
        lru_unlink(t, n);
        lru_append(t, n);
    }
    if (rc == 0)
        enrich(t, ev, n);
    drop(n);
    return rc;
}

/* ---------------------------------------------------------------- questions */

const struct process *proctree_find(const struct proctree *t, int64_t pid)
{
    const struct node *n = find(t, pid);
    return n ? &n->p : NULL;
}

const struct process *proctree_subject(const struct proctree *t, const struct event *ev)
{
    return proctree_find(t, event_int(ev, F_PID, -1));
}

size_t proctree_len(const struct proctree *t)
{
    return t->len;
}

static void kv_filled(struct json_out *j, const char *key, struct str s)
{
    if (s.len)
        json_kv_str(j, key, s);
}

static void add_process(struct json_out *j, const struct process *p)
{
    json_object_begin(j);
    json_kv_int(j, "pid", p->pid);
    if (p->generation)
        json_kv_uint(j, "generation", p->generation);
    kv_filled(j, "executable", p->executable);
    kv_filled(j, "command_line", p->command_line);
    kv_filled(j, "working_directory", p->cwd);
    kv_filled(j, "user", p->user);
    if (p->uid >= 0)
        json_kv_int(j, "uid", p->uid);
    if (p->start_ns)
        json_kv_time(j, "start", p->start_ns);
    if (p->end_ns > 1)
        json_kv_time(j, "end", p->end_ns);
    kv_filled(j, "signing_id", p->signing_id);
    kv_filled(j, "team_id", p->team_id);
    kv_filled(j, "cdhash", p->cdhash);
    kv_filled(j, "sha256", p->sha256);
    json_kv_bool(j, "platform_binary", p->platform_binary);
    json_object_end(j);
}

void proctree_add_ancestry_json(struct buf *out, const struct process *p, unsigned most)
{
    struct json_out j = {.out = out};
    json_array_begin(&j);
    for (unsigned i = 0; p && i < most; p = p->parent, i++)
        add_process(&j, p);
    json_array_end(&j);
}
