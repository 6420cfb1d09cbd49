/* Inside of the process tree: entries, where they hang, and what they ran. proctree.c decides which
 * entry an event is about, proctree_table.c keeps them, proctree_image.c keeps their texts. */
#ifndef CORDON_EVENT_PROCTREE_PRIV_H
#define CORDON_EVENT_PROCTREE_PRIV_H

#include "base/err.h"
#include "event/proctree.h"

#define PROCTREE_TEXT_MAX      8192 /* bytes kept of one text */
#define PROCTREE_ANCESTORS_MAX 32   /* levels given to an event */

enum image_field {
    IMAGE_EXECUTABLE,
    IMAGE_COMMAND_LINE,
    IMAGE_CWD,
    IMAGE_USER,
    IMAGE_SIGNING_ID,
    IMAGE_TEAM_ID,
    IMAGE_CDHASH,
    IMAGE_SHA256,
    IMAGE_FIELDS
};

/* What the kernel says of the program's signature. */
struct signing {
    bool platform_binary;
    int64_t flags;    /* -1 = not told */
    int64_t category; /* -1 = not told */
};

/* What a process runs: texts in one block, shared by a process and the children it forks. */
struct image {
    uint32_t refs;
    struct signing signing;
    size_t bytes; /* of the block */
    struct str fields[IMAGE_FIELDS];
    char text[];
};

/* One entry: a process between two execs as far as somebody descends from it, else a process. */
struct node {
    struct process p; /* first: what callers see */
    struct image *image;
    struct node *next;  /* in the bucket; newer entries of one pid come first */
    struct node *older; /* in the list of the living or of the ended */
    struct node *younger;
    struct node *children;
    struct node *sibling;
    struct node **sibling_from; /* what points here among the siblings */
    int64_t version;            /* pidversion, -1 = not known */
    int64_t version_before;     /* before the last exec, -1 = none */
    int64_t start_exact_ns;     /* start time the kernel tells, 0 = not known */
    int64_t first_ns;           /* device's time of the fork, or of the first event; 0 = none */
    int64_t image_ns;           /* device's time of the last exec, 0 = none */
    int64_t parent_pid;         /* as first told, -1 = not known */
    uint64_t touched;           /* number of the last event about it */
    bool ended;
    bool forked;   /* its fork was seen */
    bool executed; /* an exec of it was seen */
};

struct node_list {
    struct node *oldest;
    struct node *youngest;
};

struct proctree {
    struct node **buckets;
    size_t mask;
    size_t len;
    size_t most;
    size_t bytes; /* of images */
    size_t bytes_most;
    uint64_t events; /* applied so far: the number of the current one */
    uint64_t generations;
    struct node_list living; /* least lately touched first */
    struct node_list ended;  /* longest ended first */
    struct str ancestors[PROCTREE_ANCESTORS_MAX];
};

/* ------------------------------------------------------------------ proctree_match.c */

/* How far behind an event without a time may come. */
#define PROCTREE_LATE_EVENTS 1024

/* What an event says of whom it means. */
struct identity {
    int64_t pid;
    int64_t version;  /* -1 = not told */
    int64_t start_ns; /* 0 = not told */
    int64_t time_ns;  /* of the event, 0 = not told */
    int64_t grace_ns; /* how long after its end it may be meant */
};

enum likeness {
    LIKE_SAME,
    LIKE_SAME_PROCESS, /* another image of the same process */
    LIKE_OTHER_IMAGE,  /* another image of this process or of another with this pid */
    LIKE_OTHER,
    LIKE_UNKNOWN
};

struct identity proctree_match_subject(const struct event *ev);
struct identity proctree_match_parent(const struct event *ev);
struct identity proctree_match_child(const struct event *ev);
enum likeness proctree_match_compare(const struct node *n, const struct identity *id);
/* Is the one the event means older than this entry, which it is not? */
bool proctree_match_is_before(const struct identity *id, const struct node *n);
struct node *proctree_match_find(const struct proctree *t, const struct identity *id);
/* A new entry in its place among those with the same pid; what it follows has ended. NULL = out of
 * memory, here and below */
struct node *proctree_match_add(struct proctree *t, const struct identity *id);
struct node *proctree_match_find_or_add(struct proctree *t, const struct identity *id);
/* Note what the event tells of the entry's identity and the entry does not know. */
void proctree_match_learn(struct node *n, const struct identity *id);

/* ------------------------------------------------------------------ proctree_tell.c */

/* Add what the tree knows of this process and its parents and the event lacks. */
void proctree_tell_event(struct proctree *t, const struct node *n, bool first_image,
                         struct event *ev);

/* ------------------------------------------------------------------ proctree_image.c */

/* A new image with what `base` (may be NULL) has and the event adds; with `is_exec`, what an exec
 * changes is taken from the event alone: with `other_user` its name too. Returns `base` itself,
 * with one more reference, when there is nothing new. @return 0 or E_NOMEM */
int proctree_image_of_event(const struct event *ev, struct image *base, bool is_exec,
                            bool other_user, struct image **ret_image) MUST_CHECK;
/* An image of which only program, signing identifier and team are known. */
int proctree_image_of_program(struct str executable, struct str signing_id, struct str team_id,
                              struct image **ret_image) MUST_CHECK;
void proctree_image_unref(struct proctree *t, struct image *image);
/* Let the node run this image; takes the reference. */
void proctree_image_assign(struct proctree *t, struct node *n, struct image *image);

/* ------------------------------------------------------------------ proctree_table.c */

static inline struct node *node_of(const struct process *p)
{
    return (struct node *)(uintptr_t)p;
}

/* First entry with this pid, newest first; then the next with the same pid. */
struct node *proctree_table_newest(const struct proctree *t, int64_t pid);
struct node *proctree_table_older(const struct node *n);
/* Add an entry, in front of `before` or, when that is NULL, behind all of its pid. Entries that the
 * current event touched stay; others may be evicted. NULL = out of memory */
struct node *proctree_table_add(struct proctree *t, int64_t pid, struct node *before);
void proctree_table_touch(struct proctree *t, struct node *n);
void proctree_table_end(struct proctree *t, struct node *n, int64_t end_ns);
/* Hang `child` below `parent`, unless that would close a circle or it hangs somewhere already. */
void proctree_table_link(struct node *child, struct node *parent);
/* Evict until the limits hold. */
void proctree_table_shrink(struct proctree *t);
void proctree_table_free_all(struct proctree *t);

#endif
