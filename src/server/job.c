/* Writes that requests wait for: from the loop to the writer thread and back. See server.h. */
#include "base/mem.h"
#include "os/log.h"
#include "server/server.h"

void job_hold(struct server *s)
{
    s->out_len++;
}

void job_release(struct server *s)
{
    s->out_len--;
    if (s->out_len == 0 && s->ended)
        loop_stop(s->loop);
}

static void job_free(struct job *j)
{
    job_release(j->server);
    arena_done(&j->arena);
    buf_done(&j->out);
    mem_free(j);
}

static int copy_actor(struct job *j, const struct actor *from)
{
    j->actor = *from;
    j->actor.name = arena_str(&j->arena, from->name);
    j->actor.address = arena_str(&j->arena, from->address);
    return j->actor.name.ptr && j->actor.address.ptr ? 0 : E_NOMEM;
}

struct job *job_new(struct server *s, struct call *c, job_work_fn work, job_done_fn done,
                    void *data)
{
    struct job *j = mem_calloc(1, sizeof *j);
    if (j) {
        job_hold(s);
        j->server = s;
        j->call = c;
        j->work = work;
        j->done = done;
        j->data = data;
        j->status = 200;
        if (c && copy_actor(j, &c->actor) != 0) {
            job_free(j);
            j = NULL;
        }
    }
    if (!j && c)
        http_answer_problem(c->req, 0, E_NOMEM, NULL);
    return j;
}

static void back_on_loop(struct loop *loop, void *arg)
{
    (void)loop;
    struct job *j = arg;
    j->done(j);
    job_free(j);
}

static int run_work(struct store_tx *tx, void *arg, struct err *err)
{
    struct job *j = arg;
    return j->work(tx, j, err);
}

/* Writer thread. A loop that cannot take the post leaves the request open until its peer gives up.
 */
static void written(void *arg, int rc, const struct err *err)
{
    struct job *j = arg;
    j->rc = rc;
    if (rc && err)
        j->err = *err;
    if (loop_post(j->server->loop, back_on_loop, j) != 0)
        log_error("out of memory: an answer is lost");
}

void job_start(struct job *j)
{
    int rc = store_write(j->server->store, run_work, written, j);
    if (rc == 0)
        return;
    j->rc = rc;
    j->done(j);
    job_free(j);
}

void job_refuse(struct job *j, int rc, const struct err *err)
{
    if (j->call)
        reply_err(j->call, rc, err);
    job_free(j);
}

void job_reply(struct job *j)
{
    if (j->rc)
        reply_err(j->call, j->rc, &j->err);
    else if (j->status == 204)
        reply_nothing(j->call);
    else
        reply_json(j->call, j->status, &j->out);
}
