/* The entries of the process tree: hashed by pid, listed by age, linked to their parents, evicted
 * when there are too many. See proctree_priv.h. */
#include "base/mem.h"
#include "event/proctree_priv.h"

enum {
    CIRCLE_STEPS = 256, /* deepest ancestry that is looked through */
    EVICT_LOOKS = 8     /* ended entries looked at for one without children */
};

static size_t bucket_of(const struct proctree *t, int64_t pid)
{
    return (size_t)((uint64_t)pid * UINT64_C(0x9e3779b97f4a7c15) >> 32) & t->mask;
}

struct node *proctree_table_newest(const struct proctree *t, int64_t pid)
{
    struct node *n = t->buckets[bucket_of(t, pid)];
    while (n && n->p.pid != pid)
        n = n->next;
    return n;
}

struct node *proctree_table_older(const struct node *n)
{
    struct node *older = n->next;
    while (older && older->p.pid != n->p.pid)
        older = older->next;
    return older;
}

/* ------------------------------------------------------------------ lists by age */

static struct node_list *list_of(struct proctree *t, const struct node *n)
{
    return n->ended ? &t->ended : &t->living;
}

static void list_append(struct node_list *list, struct node *n)
{
    n->younger = NULL;
    n->older = list->youngest;
    *(list->youngest ? &list->youngest->younger : &list->oldest) = n;
    list->youngest = n;
}

static void list_remove(struct node_list *list, struct node *n)
{
    *(n->older ? &n->older->younger : &list->oldest) = n->younger;
    *(n->younger ? &n->younger->older : &list->youngest) = n->older;
}

void proctree_table_touch(struct proctree *t, struct node *n)
{
    n->touched = t->events;
    if (!n->ended) {
        list_remove(&t->living, n);
        list_append(&t->living, n);
    }
}

void proctree_table_end(struct proctree *t, struct node *n, int64_t end_ns)
{
    if (n->ended)
        return;
    list_remove(&t->living, n);
    n->ended = true;
    n->p.end_ns = end_ns ? end_ns : 1;
    list_append(&t->ended, n);
}

/* ------------------------------------------------------------------ family */

static void unlink_from_parent(struct node *n)
{
    if (!n->p.parent)
        return;
    *n->sibling_from = n->sibling;
    if (n->sibling)
        n->sibling->sibling_from = n->sibling_from;
    n->p.parent = NULL;
}

void proctree_table_link(struct node *child, struct node *parent)
{
    if (child->p.parent || child == parent)
        return;
    unsigned steps = 0;
    for (const struct process *p = parent->p.parent; p; p = p->parent) {
        if (p == &child->p || ++steps > CIRCLE_STEPS)
            return;
    }
    child->p.parent = &parent->p;
    child->sibling = parent->children;
    child->sibling_from = &parent->children;
    if (child->sibling)
        child->sibling->sibling_from = &child->sibling;
    parent->children = child;
}

/* ------------------------------------------------------------------ coming and going */

static void forget(struct proctree *t, struct node *n)
{
    struct node **from = &t->buckets[bucket_of(t, n->p.pid)];
    while (*from != n)
        from = &(*from)->next;
    *from = n->next;
    list_remove(list_of(t, n), n);
    unlink_from_parent(n);
    while (n->children)
        unlink_from_parent(n->children);
    proctree_image_unref(t, n->image);
    mem_free(n);
    t->len--;
}

/* The longest ended, rather one that nobody descends from; else the one longest unheard of. Never
 * one that the current event is about. */
static struct node *victim(const struct proctree *t)
{
    struct node *fallback = NULL;
    unsigned looks = 0;
    for (struct node *n = t->ended.oldest; n && looks < EVICT_LOOKS; n = n->younger, looks++) {
        if (n->touched == t->events)
            continue;
        if (!n->children)
            return n;
        if (!fallback)
            fallback = n;
    }
    if (fallback)
        return fallback;
    struct node *quiet = t->living.oldest;
    return quiet && quiet->touched != t->events ? quiet : NULL;
}

void proctree_table_shrink(struct proctree *t)
{
    while (t->len > t->most || t->bytes > t->bytes_most) {
        struct node *n = victim(t);
        if (!n)
            return;
        forget(t, n);
    }
}

struct node *proctree_table_add(struct proctree *t, int64_t pid, struct node *before)
{
    struct node *n = mem_calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->p.pid = pid;
    n->p.uid = -1;
    n->p.signing_flags = -1;
    n->p.signing_category = -1;
    n->p.generation = ++t->generations;
    n->version = n->version_before = -1;
    n->parent_pid = -1;
    n->touched = t->events;
    struct node **from = &t->buckets[bucket_of(t, pid)];
    while (*from && *from != before)
        from = &(*from)->next;
    n->next = *from;
    *from = n;
    list_append(&t->living, n);
    t->len++;
    return n;
}

void proctree_table_free_all(struct proctree *t)
{
    while (t->ended.oldest)
        forget(t, t->ended.oldest);
    while (t->living.oldest)
        forget(t, t->living.oldest);
}
