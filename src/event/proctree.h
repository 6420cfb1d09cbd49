/* Table of running and recently ended processes, built from events in whatever order they come:
 * missing forks, disorder and pid reuse are normal. It fills in what an event lacks (parent's path
 * and command line, ancestors) and remembers enough to explain an alert. Bounded: the oldest ended
 * processes leave first. One thread at a time. */
#ifndef CORDON_EVENT_PROCTREE_H
#define CORDON_EVENT_PROCTREE_H

#include "base/buf.h"
#include "event/event.h"

struct proctree;

/** What is known of one process. Slices are owned by the tree, valid until the next proctree_apply.
 */
struct process {
    int64_t pid;
    uint64_t generation; /* pidversion, start time, or a counter of the tree's own */
    int64_t start_ns;    /* 0 = not known */
    int64_t end_ns;      /* 0 = running */
    int64_t uid;         /* -1 = not known */
    struct str executable;
    struct str command_line;
    struct str cwd;
    struct str user;
    struct str signing_id;
    struct str team_id;
    struct str cdhash;
    struct str sha256;
    bool platform_binary;
    int64_t signing_flags;        /* code-signing flags, -1 = not told */
    int64_t signing_category;     /* validation category, -1 = not told */
    const struct process *parent; /* NULL = not known */
};

/** @param max_processes most entries kept (e.g. 65,536). @return 0 or E_NOMEM */
int proctree_new(size_t max_processes, struct proctree **ret_tree) MUST_CHECK;
void proctree_free(struct proctree *t);

/**
 * Take one event in, then add to it what the tree knows and the event lacks: process.executable,
 * process.command_line, user.name, process.parent.*, process.ancestors. Never overwrites what the
 * event has. Texts are cut to 8 KiB.
 * @return 0 or E_NOMEM (the event is then unenriched)
 */
int proctree_apply(struct proctree *t, struct event *ev) MUST_CHECK;

/** The process an event is about, or NULL. */
const struct process *proctree_subject(const struct proctree *t, const struct event *ev);
/** Process by pid as of now (the latest generation), or NULL. */
const struct process *proctree_find(const struct proctree *t, int64_t pid);
/** Append the ancestry as a JSON array, nearest first, at most `most` levels. */
void proctree_add_ancestry_json(struct buf *out, const struct process *p, unsigned most);
size_t proctree_len(const struct proctree *t);

#endif
