/* Prevent lists on a simulated Mac: as an agent without a gate does it, a listed program is ended
 * once it runs, and so is what runs when an entry comes. */
#include "base/text.h"
#include "detect/detect.h"
#include "detect/prevent_event.h"
#include "event/proctree.h"
#include "mac.h"
#include "os/clock.h"
#include "os/log.h"
#include "proto/agent_msg.h"

enum { SWEPT_MOST = 1024 };

static struct str digest(struct str hex, unsigned char *bytes, size_t size)
{
    size_t len;
    return text_hex_decode(hex, bytes, size, &len) == 0 && len == size
               ? str_n((const char *)bytes, size)
               : (struct str){0};
}

static struct code_identity identity_of(const struct process *p, struct prevent_digests *d)
{
    return (struct code_identity){.path = p->executable,
                                  .sha256 = digest(p->sha256, d->sha256, sizeof d->sha256),
                                  .cdhash = digest(p->cdhash, d->cdhash, sizeof d->cdhash),
                                  .signing_id = p->signing_id,
                                  .team_id = p->team_id,
                                  .platform = p->platform_binary};
}

/* The record that an agent's monitor makes. */
static int write_record(const struct process *p, const struct prevent_verdict *v, struct buf *out)
{
    struct buf value CLEANUP(buf_done) = {0};
    struct event ev;
    event_clear(&ev);
    prevent_add_value(v, &value);
    ev.kind = KIND_PREVENT;
    ev.time_ns = clock_wall_ns();
    ev.product = STR("macos");
    event_set_int(&ev, F_PID, p->pid);
    event_set_int(&ev, F_PIDVERSION, (int64_t)p->generation);
    event_set_str(&ev, F_EXECUTABLE, p->executable);
    event_set_str(&ev, F_PREVENT_PROGRAM, p->executable);
    event_set_str(&ev, F_PREVENT_OUTCOME, STR("killed"));
    event_set_str(&ev, F_PREVENT_TYPE, str_of(list_kind_name(v->kind)));
    event_set_str(&ev, F_PREVENT_VALUE, buf_str(&value));
    event_set_str(&ev, F_PREVENT_REASON, v->reason);
    event_set_str(&ev, F_PREVENT_SOURCE, v->source);
    event_set_int(&ev, F_PREVENT_COUNT, 1);
    event_add_json(out, &ev);
    return buf_check(&value) ? buf_check(&value) : buf_check(out);
}

static int look(struct mac *m, int64_t pid)
{
    struct buf executable CLEANUP(buf_done) = {0};
    struct buf record CLEANUP(buf_done) = {0};
    struct prevent_digests digests;
    struct prevent_verdict v;
    unsigned killed = 0;
    const struct process *p = proctree_find(analysis_tree(m->analysis), pid);
    if (!p || p->end_ns || !m->rules.ruleset)
        return 0;
    struct code_identity id = identity_of(p, &digests);
    if (prevent_check(ruleset_prevent(m->rules.ruleset), &id, clock_wall_ns(), &v) != PREVENT_DENY)
        return 0;
    /* Written first: what is known of the process may move when it ends. */
    int rc = write_record(p, &v, &record);
    if (rc == 0)
        rc = player_kill(m, pid, p->generation, false, &executable, &killed);
    if (rc || killed == 0)
        return rc;
    m->prevented++;
    log_info("prevent list, its story ends here", KV_CSTR("host", m->persona.host),
             KV_STR("executable", buf_str(&executable)));
    return player_record(m, buf_str(&record));
}

void prevent_note(void *arg, const struct agent_suspect *s)
{
    struct mac *m = arg;
    m->suspect = s->pid;
}

int prevent_after_record(struct mac *m)
{
    int64_t pid = m->suspect;
    m->suspect = 0;
    return pid ? look(m, pid) : 0;
}

int prevent_sweep(struct mac *m)
{
    int64_t pids[SWEPT_MOST];
    size_t len = player_pids(m, pids, SWEPT_MOST);
    int rc = 0;
    for (size_t i = 0; i < len && rc == 0; i++)
        rc = look(m, pids[i]);
    return rc;
}
