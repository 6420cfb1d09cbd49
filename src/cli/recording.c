/* Recordings event by event. See recording.h. */
#include "cli/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/normalise.h"
#include "event/proctree.h"
#include "event/reader.h"
#include "os/file.h"

enum { TREE_PROCESSES = 65536, FAULTS_SHOWN = 50 };

struct recording {
    const char *name;
    int fd;
    struct reader *reader;
    struct normaliser *normaliser;
    struct proctree *tree;
    uint64_t faults;
};

static void recording_done(struct recording *r)
{
    reader_free(r->reader);
    normaliser_free(r->normaliser);
    proctree_free(r->tree);
    if (r->fd > STDIN_FILENO)
        (void)close(r->fd);
}

static int open_file(const char *path, struct recording *r, struct err *err)
{
    struct stat st;
    bool standard = str_is(str_of(path), "-");
    r->name = standard ? "(standard input)" : path;
    r->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot read %s", path);
    if (fstat(r->fd, &st))
        return err_errno(err, E_IO, errno, "cannot read %s", path);
    if (S_ISDIR(st.st_mode))
        return err_set(err, E_ARG, "%s is a folder; name the recordings in it", path);
    int rc = reader_new(r->fd, &r->reader);
    if (!rc)
        rc = normaliser_new(&r->normaliser);
    return rc ? rc : proctree_new(TREE_PROCESSES, &r->tree);
}

static void report(struct cli *cli, struct recording *r, uint64_t line, const struct err *err)
{
    if (++r->faults <= FAULTS_SHOWN)
        out_line(&cli->err, "%s:%llu: %s", r->name, (unsigned long long)line, err->message);
}

/* Not damaged enough to end the run. */
static bool is_fault(int rc)
{
    return rc == E_PARSE || rc == E_LIMIT;
}

int recording_each(struct cli *cli, const char *path, recording_fn fn, void *arg,
                   struct recording_counts *counts, struct err *err)
{
    struct recording r CLEANUP(recording_done) = {.fd = -1};
    struct event event;
    int rc = open_file(path, &r, err);
    while (!rc && !cli_interrupted()) {
        struct str record;
        uint64_t line = 0;
        struct err fault = {0};
        rc = reader_next(r.reader, &record, &line, &fault);
        if (rc == E_CLOSED) {
            rc = 0;
            break;
        }
        if (rc == E_AGAIN) {
            rc = 0;
            continue;
        }
        if (!rc)
            rc = normaliser_record(r.normaliser, record, FORMAT_AUTO, &event, &fault);
        if (is_fault(rc)) {
            report(cli, &r, line, &fault);
            rc = 0;
            continue;
        }
        if (rc) {
            (void)err_set(err, rc, "%s: %s", r.name, fault.message);
            break;
        }
        counts->events++;
        rc = proctree_apply(r.tree, &event);
        if (!rc)
            rc = fn(arg, r.name, line, &event);
    }
    counts->damaged += r.faults;
    return rc;
}
