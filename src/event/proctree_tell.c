/* What the process tree tells: to an event that lacks it, and as JSON. See proctree.h. */
#include "codec/json_out.h"
#include "event/proctree_priv.h"

static void give_str(struct event *ev, enum field_id id, struct str s)
{
    if (s.len && !event_has(ev, id))
        event_set_str(ev, id, s);
}

static void give_parent(struct event *ev, const struct process *parent)
{
    struct str executable = event_str(ev, F_PARENT_EXECUTABLE);
    if (!event_has(ev, F_PARENT_PID))
        event_set_int(ev, F_PARENT_PID, parent->pid);
    /* Never mix what two programs are called. */
    if (executable.len && !str_eq(executable, parent->executable))
        return;
    give_str(ev, F_PARENT_EXECUTABLE, parent->executable);
    give_str(ev, F_PARENT_NAME, str_basename(parent->executable));
    give_str(ev, F_PARENT_COMMAND_LINE, parent->command_line);
    give_str(ev, F_PARENT_SIGNING_ID, parent->signing_id);
    give_str(ev, F_PARENT_TEAM_ID, parent->team_id);
    if (parent->executable.len && parent->platform_binary &&
        !event_has(ev, F_PARENT_PLATFORM_BINARY))
        event_set_bool(ev, F_PARENT_PLATFORM_BINARY, true);
}

static void give_ancestors(struct proctree *t, struct event *ev, const struct process *parent)
{
    size_t count = 0;
    for (; parent && count < PROCTREE_ANCESTORS_MAX; parent = parent->parent) {
        if (parent->executable.len)
            t->ancestors[count++] = parent->executable;
    }
    if (count && !event_has(ev, F_ANCESTORS))
        event_set_list(ev, F_ANCESTORS, t->ancestors, count);
}

/* The parent that the event means: by its generation, else as it was when the process began. */
static const struct process *parent_for(const struct proctree *t, const struct node *n,
                                        const struct event *ev)
{
    struct identity id = proctree_match_parent(ev);
    if (id.pid < 0)
        return n->p.parent;
    if (n->p.parent && n->p.parent->pid == id.pid &&
        (id.version < 0 || proctree_match_compare(node_of(n->p.parent), &id) == LIKE_SAME))
        return n->p.parent;
    const struct node *found = proctree_match_find(t, &id);
    return found && found != n ? &found->p : NULL;
}

void proctree_tell_event(struct proctree *t, const struct node *n, bool first_image,
                         struct event *ev)
{
    struct str executable = event_str(ev, F_EXECUTABLE);
    bool agrees =
        executable.len == 0 || str_eq(str_sub(executable, 0, PROCTREE_TEXT_MAX), n->p.executable);
    if (agrees) {
        give_str(ev, F_EXECUTABLE, n->p.executable);
        give_str(ev, F_NAME, str_basename(n->p.executable));
        give_str(ev, F_COMMAND_LINE, n->p.command_line);
    }
    if (event_int(ev, F_UID, n->p.uid) == n->p.uid)
        give_str(ev, F_USER, n->p.user);
    const struct process *parent = parent_for(t, n, ev);
    if (parent)
        give_parent(ev, parent);
    /* The program before the first exec is the parent's: it came with the fork. */
    struct str before = event_str(ev, F_PREVIOUS_EXECUTABLE);
    if (first_image && before.len && !event_has(ev, F_PARENT_EXECUTABLE)) {
        event_set_str(ev, F_PARENT_EXECUTABLE, before);
        give_str(ev, F_PARENT_NAME, str_basename(before));
    }
    give_ancestors(t, ev, parent);
}

/* ------------------------------------------------------------------ as JSON */

static void add_text(struct json_out *j, const char *key, struct str s)
{
    if (s.len)
        json_kv_str(j, key, s);
}

static void add_process(struct json_out *j, const struct process *p)
{
    json_object_begin(j);
    json_kv_int(j, "pid", p->pid);
    json_kv_uint(j, "generation", p->generation);
    add_text(j, "executable", p->executable);
    add_text(j, "command_line", p->command_line);
    add_text(j, "working_directory", p->cwd);
    if (p->uid >= 0)
        json_kv_int(j, "uid", p->uid);
    add_text(j, "user", p->user);
    add_text(j, "signing_id", p->signing_id);
    add_text(j, "team_id", p->team_id);
    add_text(j, "cdhash", p->cdhash);
    add_text(j, "sha256", p->sha256);
    json_kv_bool(j, "platform_binary", p->platform_binary);
    if (p->signing_flags >= 0)
        json_kv_int(j, "signing_flags", p->signing_flags);
    if (p->signing_category >= 0)
        json_kv_int(j, "signing_category", p->signing_category);
    if (p->start_ns)
        json_kv_time(j, "start", p->start_ns);
    if (p->end_ns > 1)
        json_kv_time(j, "end", p->end_ns);
    json_object_end(j);
}

void proctree_add_ancestry_json(struct buf *out, const struct process *p, unsigned most)
{
    struct json_out j = {.out = out};
    json_array_begin(&j);
    for (; p && most > 0; p = p->parent, most--)
        add_process(&j, p);
    json_array_end(&j);
}
