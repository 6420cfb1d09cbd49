/* What an event changes in the process tree: images, families, ends.
 *
 * A process is known by its generation where the source gives one: pidversion, which a Mac changes
 * at every exec, or the kernel's start time, which stays. proctree_match.c tells which entry an
 * event means, proctree_table.c keeps the entries, proctree_tell.c tells what is known. Fork, exec
 * and exit may come in any order. See proctree.h. */
#include "event/proctree.h"

#include "base/mem.h"
#include "event/proctree_priv.h"

enum { PROCESSES_LEAST = 64, BYTES_PER_PROCESS = 1024 };

int proctree_new(size_t max_processes, struct proctree **ret_tree)
{
    struct proctree *t = mem_calloc(1, sizeof *t);
    if (!t)
        return E_NOMEM;
    t->most = max_processes < PROCESSES_LEAST ? PROCESSES_LEAST : max_processes;
    t->bytes_most = t->most * BYTES_PER_PROCESS;
    size_t buckets = PROCESSES_LEAST;
    while (buckets < t->most)
        buckets *= 2;
    t->mask = buckets - 1;
    t->buckets = mem_calloc(buckets, sizeof(struct node *));
    if (!t->buckets) {
        mem_free(t);
        return E_NOMEM;
    }
    *ret_tree = t;
    return 0;
}

void proctree_free(struct proctree *t)
{
    if (!t)
        return;
    proctree_table_free_all(t);
    mem_free(t->buckets);
    mem_free(t);
}

size_t proctree_len(const struct proctree *t)
{
    return t->len;
}

/* ------------------------------------------------------------------ parents */

static int name_parent(struct proctree *t, struct node *parent, const struct event *ev)
{
    struct str executable = event_str(ev, F_PARENT_EXECUTABLE);
    if (parent->image || executable.len == 0)
        return 0;
    struct image *image;
    int rc = proctree_image_of_program(executable, event_str(ev, F_PARENT_SIGNING_ID),
                                       event_str(ev, F_PARENT_TEAM_ID), &image);
    if (rc == 0)
        proctree_image_assign(t, parent, image);
    return rc;
}

/* Hang the process below the parent that the event names, unless it has one. */
static int take_parent(struct proctree *t, struct node *n, const struct event *ev)
{
    struct identity id = proctree_match_parent(ev);
    if (id.pid <= 0 || id.pid == n->p.pid || n->p.parent)
        return 0;
    if (n->parent_pid >= 0 && n->parent_pid != id.pid)
        return 0; /* given to launchd when its own parent ended */
    struct node *parent = proctree_match_find_or_add(t, &id);
    if (!parent)
        return E_NOMEM;
    n->parent_pid = id.pid;
    proctree_table_link(n, parent);
    return name_parent(t, parent, ev);
}

/* ------------------------------------------------------------------ what an event tells */

static int take_image(struct proctree *t, struct node *n, const struct event *ev, bool is_exec)
{
    struct image *image;
    int64_t uid = event_int(ev, F_UID, -1);
    bool other_user = uid >= 0 && n->p.uid >= 0 && uid != n->p.uid;
    int rc = proctree_image_of_event(ev, n->image, is_exec, other_user, &image);
    if (rc)
        return rc;
    proctree_image_assign(t, n, image);
    if (uid >= 0 && (is_exec || n->p.uid < 0))
        n->p.uid = uid;
    return 0;
}

/* Do children descend from what the process was before this exec? Not when they were born after it
 * (it comes late), nor when nothing is known of what it was and no clock says otherwise. */
static bool has_earlier_children(const struct node *n, const struct identity *id)
{
    for (const struct node *c = n->children; c; c = c->sibling) {
        if (id->time_ns && c->first_ns ? c->first_ns < id->time_ns : n->image != NULL)
            return true;
    }
    return false;
}

/* The entry that the process goes on in after an exec: itself, or a new one where children still
 * descend from what it was. */
static struct node *next_image(struct proctree *t, struct node *n, const struct identity *id)
{
    if (has_earlier_children(n, id)) {
        struct node *after = proctree_table_add(t, n->p.pid, n);
        if (!after)
            return NULL;
        after->start_exact_ns = n->start_exact_ns;
        after->first_ns = n->first_ns;
        after->forked = n->forked;
        after->executed = n->executed;
        after->parent_pid = n->parent_pid;
        after->p.uid = n->p.uid;
        if (n->image) {
            n->image->refs++;
            proctree_image_assign(t, after, n->image);
        }
        if (n->p.parent)
            proctree_table_link(after, node_of(n->p.parent));
        proctree_table_end(t, n, id->time_ns);
        n = after;
    } else if (id->version >= 0 && n->version >= 0 && id->version != n->version) {
        n->version_before = n->version;
        n->version = -1;
    }
    proctree_match_learn(n, id);
    return n;
}

/* The image that this exec replaces: of the same process, as far as can be told. */
static struct node *find_before_exec(const struct proctree *t, const struct identity *id)
{
    for (struct node *n = proctree_table_newest(t, id->pid); n; n = proctree_table_older(n)) {
        enum likeness like = proctree_match_compare(n, id);
        if (like == LIKE_SAME_PROCESS && !proctree_match_is_before(id, n))
            return n;
        if (like == LIKE_OTHER_IMAGE && !n->ended && !proctree_match_is_before(id, n))
            return n;
    }
    return NULL;
}

static int take_exec(struct proctree *t, const struct event *ev, struct node **ret_node,
                     bool *ret_first)
{
    struct identity id = proctree_match_subject(ev);
    struct node *n = proctree_match_find(t, &id);
    bool late = n && n->executed && id.time_ns && id.time_ns <= n->image_ns;
    if (!n)
        n = find_before_exec(t, &id);
    *ret_first = !n || !n->executed;
    if (n && !late && (n->executed || proctree_match_compare(n, &id) != LIKE_SAME)) {
        proctree_table_touch(t, n);
        n = next_image(t, n, &id);
    } else if (!n) {
        n = proctree_match_add(t, &id);
    }
    if (!n)
        return E_NOMEM;
    proctree_match_learn(n, &id);
    proctree_table_touch(t, n);
    *ret_node = n;
    if (late)
        return 0;
    n->executed = true;
    n->image_ns = id.time_ns;
    return take_image(t, n, ev, true);
}

/* Did this process go on in another image, by an exec that was missed or is late? Else the pid is
 * another's now. */
static bool went_on(const struct node *n, const struct identity *id, const struct event *ev)
{
    int64_t parent = event_int(ev, F_PARENT_PID, -1);
    return proctree_match_compare(n, id) == LIKE_SAME_PROCESS || (n->forked && !n->executed) ||
           (parent >= 0 && parent == n->parent_pid);
}

/* Any event but an exec. Its program differing from what is known tells of an exec that was missed.
 */
static int take_other(struct proctree *t, const struct event *ev, struct node **ret_node)
{
    struct identity id = proctree_match_subject(ev);
    struct node *n = proctree_match_find(t, &id);
    if (!n) {
        n = find_before_exec(t, &id);
        if (n && went_on(n, &id, ev)) {
            proctree_table_touch(t, n);
            n = next_image(t, n, &id);
            if (!n)
                return E_NOMEM;
            proctree_table_touch(t, n);
            *ret_node = n;
            return take_image(t, n, ev, true);
        }
        n = proctree_match_add(t, &id);
    }
    if (!n)
        return E_NOMEM;
    proctree_match_learn(n, &id);
    proctree_table_touch(t, n);
    *ret_node = n;
    struct str told = event_str(ev, F_EXECUTABLE);
    bool differs = told.len && n->p.executable.len &&
                   !str_eq(str_sub(told, 0, PROCTREE_TEXT_MAX), n->p.executable);
    /* An image before or after the one that is known. After, when the clock says so. */
    bool missed = differs && (!n->executed || (id.time_ns && id.time_ns > n->image_ns));
    if (differs && !missed)
        return 0;
    if (missed && n->executed && id.version >= 0)
        return 0; /* the same generation runs one program; the name is another form of it */
    return take_image(t, n, ev, missed);
}

/* ------------------------------------------------------------------ fork, exit */

/* An entry made from later events of the child, when the fork comes late. */
static struct node *find_born(const struct proctree *t, const struct identity *id,
                              int64_t parent_pid)
{
    for (struct node *n = proctree_table_newest(t, id->pid); n; n = proctree_table_older(n)) {
        enum likeness like = proctree_match_compare(n, id);
        if (like == LIKE_SAME)
            return n;
        bool free = !n->forked && (n->parent_pid < 0 || n->parent_pid == parent_pid);
        if (like == LIKE_OTHER_IMAGE && free && proctree_match_is_before(id, n))
            return n;
        if (like != LIKE_UNKNOWN)
            continue;
        if (n->forked && id->time_ns && id->time_ns == n->first_ns)
            return n;
        /* Within what is known of its life. The first event may be a connection's, whose sensor has
         * a clock of its own; an exec and an exit have the fork's. */
        int64_t known_ns = n->ended && n->p.end_ns > 1 ? n->p.end_ns
                           : n->executed               ? n->image_ns
                                                       : n->first_ns;
        bool within = id->time_ns && known_ns ? id->time_ns <= known_ns
                                              : t->events - n->touched <= PROCTREE_LATE_EVENTS;
        if (free && within)
            return n;
    }
    return NULL;
}

/* A child runs what its parent ran at the fork. */
static int inherit(struct proctree *t, struct node *child, struct node *parent,
                   const struct event *ev)
{
    struct str executable = event_str(ev, F_TARGET_EXECUTABLE);
    bool changed = ev->time_ns && parent->image_ns && ev->time_ns < parent->image_ns;
    bool same = executable.len == 0 || str_eq(executable, parent->p.executable);
    if (child->image)
        return 0;
    if (parent->image && !changed && same) {
        parent->image->refs++;
        proctree_image_assign(t, child, parent->image);
        child->p.uid = parent->p.uid;
        return 0;
    }
    if (executable.len == 0)
        return 0;
    struct image *image;
    int rc = proctree_image_of_program(executable, event_str(ev, F_TARGET_SIGNING_ID),
                                       (struct str){0}, &image);
    if (rc == 0)
        proctree_image_assign(t, child, image);
    return rc;
}

static int take_fork(struct proctree *t, struct node *parent, const struct event *ev)
{
    struct identity id = proctree_match_child(ev);
    if (id.pid < 0 || id.pid == parent->p.pid)
        return 0;
    struct node *child = find_born(t, &id, parent->p.pid);
    if (!child)
        child = proctree_match_add(t, &id);
    if (!child)
        return E_NOMEM;
    if (child->version >= 0 && id.version >= 0 && child->version != id.version)
        child->version_before = id.version;
    child->forked = true;
    if (id.time_ns)
        child->first_ns = id.time_ns;
    proctree_match_learn(child, &id);
    proctree_table_touch(t, child);
    if (child->parent_pid < 0)
        child->parent_pid = parent->p.pid;
    proctree_table_link(child, parent);
    return inherit(t, child, parent, ev);
}

/* ------------------------------------------------------------------ the tree */

int proctree_apply(struct proctree *t, struct event *ev)
{
    struct identity id = proctree_match_subject(ev);
    if (id.pid < 0)
        return 0;
    t->events++;
    bool is_exec = ev->kind == KIND_EXEC;
    bool first_image = false;
    struct node *n = NULL;
    int rc = is_exec ? take_exec(t, ev, &n, &first_image) : take_other(t, ev, &n);
    if (rc == 0)
        rc = take_parent(t, n, ev);
    if (rc == 0 && ev->kind == KIND_FORK)
        rc = take_fork(t, n, ev);
    if (rc == 0 && ev->kind == KIND_EXIT)
        proctree_table_end(t, n, ev->time_ns);
    if (rc == 0)
        proctree_tell_event(t, n, first_image, ev);
    proctree_table_shrink(t);
    return rc;
}

const struct process *proctree_subject(const struct proctree *t, const struct event *ev)
{
    struct identity id = proctree_match_subject(ev);
    if (id.pid < 0)
        return NULL;
    const struct node *n = proctree_match_find(t, &id);
    return n ? &n->p : NULL;
}

const struct process *proctree_find(const struct proctree *t, int64_t pid)
{
    const struct node *n = proctree_table_newest(t, pid);
    return n ? &n->p : NULL;
}
