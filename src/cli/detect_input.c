/* Inputs of `cordon detect`. See detect_input.h. A file that cannot be read costs a message, never
 * the run. */
#include "cli/detect_input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "os/clock.h"
#include "os/file.h"

#define TREE_PROCESSES    65536
#define FAULTS_SHOWN      50                /* of one input; the rest is only counted */
#define PROGRESS_BYTES    INT64_C(67108864) /* smaller inputs are done before anybody wonders */
#define PROGRESS_EVERY_NS (NS_PER_S / 2)

static int open_file(const struct detect_run *run, const char *name, struct detect_input *in,
                     struct err *err)
{
    struct stat st;
    bool standard = str_is(str_of(name), "-");
    in->name = standard ? "(standard input)" : name;
    in->fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot read %s", name);
    if (fstat(in->fd, &st))
        return err_errno(err, E_IO, errno, "cannot read %s", name);
    if (S_ISDIR(st.st_mode))
        return err_set(err, E_ARG, "%s is a folder; name the recordings in it", name);
    in->live = !S_ISREG(st.st_mode);
    if (!in->live && st.st_size >= PROGRESS_BYTES && run->cli->err.tty && !run->cli->out.tty)
        in->size = st.st_size;
    return 0;
}

int detect_input_open(const struct detect_run *run, const char *name,
                      struct detect_input **ret_input, struct err *err)
{
    struct detect_input *in = mem_calloc(1, sizeof *in);
    *ret_input = in;
    if (!in)
        return E_NOMEM;
    int rc = open_file(run, name, in, err);
    if (!rc)
        rc = reader_new(in->fd, &in->reader);
    if (!rc)
        rc = proctree_new(TREE_PROCESSES, &in->tree);
    return rc ? rc : correlator_new(run->set, &in->correlator);
}

void detect_input_free(struct detect_input *in)
{
    if (!in)
        return;
    reader_free(in->reader);
    proctree_free(in->tree);
    correlator_free(in->correlator);
    if (in->fd > STDIN_FILENO)
        (void)close(in->fd);
    mem_free(in);
}

/* ------------------------------------------------------------------ messages */

void detect_input_clear_progress(struct detect_run *run)
{
    if (run->progress_ns) {
        buf_add_cstr(&run->cli->err.text, "\r\x1b[K");
        out_flush(&run->cli->err);
        run->progress_ns = 0;
    }
}

void detect_input_progress(struct detect_run *run, const struct detect_input *in, uint64_t bytes)
{
    int64_t now = in->size ? clock_mono_ns() : 0;
    if (!in->size || (run->progress_ns && now - run->progress_ns < PROGRESS_EVERY_NS))
        return;
    run->progress_ns = now;
    struct out *err = &run->cli->err;
    buf_add_cstr(&err->text, "\r\x1b[K");
    out_printable(err, str_of(in->name));
    buf_addf(&err->text, ": %llu %%, %llu events, %llu alerts",
             (unsigned long long)(bytes * 100 / (uint64_t)in->size),
             (unsigned long long)run->events, (unsigned long long)run->alerts);
    out_flush(err);
}

void detect_input_fault(struct detect_run *run, struct detect_input *in, uint64_t line,
                        const struct err *err)
{
    run->faults++;
    if (++in->faults > FAULTS_SHOWN)
        return;
    detect_input_clear_progress(run);
    if (err->column)
        out_line(&run->cli->err, "%s:%llu:%u: %s", in->name, (unsigned long long)line, err->column,
                 err->message);
    else
        out_line(&run->cli->err, "%s:%llu: %s", in->name, (unsigned long long)line, err->message);
    out_flush(&run->cli->err);
}

int detect_input_end(struct detect_run *run, const struct detect_input *in, int rc,
                     const struct err *err)
{
    if (in->reader)
        run->bytes += reader_bytes(in->reader);
    if (in->correlator)
        correlator_stats_add(&run->correlations, correlator_stats(in->correlator));
    if (!rc && in->faults > FAULTS_SHOWN)
        out_line(&run->cli->err, "%s: %llu further damaged records", in->name,
                 (unsigned long long)(in->faults - FAULTS_SHOWN));
    detect_input_clear_progress(run);
    if (rc == 0 || rc == E_NOMEM || run->cli->out.error)
        return rc;
    out_line(&run->cli->err, "cordon: detect: %s", err->message);
    out_flush(&run->cli->err);
    if (!run->failed)
        run->failed = rc;
    return 0;
}
