/* `cordon prevent preview`: what a list would have stopped, from recordings. The same code as on a
 * device looks at every event that starts a program. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "cli/cli.h"
#include "cli/cmd_prevent.h"
#include "cli/cmd_prevent_hunt.h"
#include "cli/listfiles.h"
#include "cli/listing.h"
#include "detect/prevent_event.h"
#include "event/normalise.h"
#include "event/reader.h"
#include "os/clock.h"
#include "os/file.h"

const struct opt_row cmd_prevent_preview_rows[] = {
    {"list", 'l', OPT_TEXTS, "FILE", "list to try: YAML, CSV or one value a line", 0, 0},
    {"since", 0, OPT_DURATION, "TIME", "look only at so much before the end of now, such as 30d", 0,
     0},
    {"exit-code", 0, OPT_FLAG, NULL, "exit with status 3 when something would have been stopped", 0,
     0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

/* One program that one entry would have stopped. */
struct found {
    struct str entry;
    struct str type;
    struct str reason;
    struct str program;
    struct str place; /* of the first */
    uint64_t starts;
    int64_t first_ns;
    int64_t last_ns;
    bool guarded;
};

struct preview {
    struct cli *cli;
    const struct prevent *prevent;
    struct normaliser *normaliser;
    struct arena arena;
    struct map known; /* entry and program -> index */
    struct found *found;
    size_t found_len;
    size_t found_cap;
    int64_t since_ns;
    uint64_t starts;
    uint64_t damaged;
    size_t denied; /* of `found` */
};

static void preview_done(struct preview *p)
{
    normaliser_free(p->normaliser);
    map_done(&p->known);
    mem_free(p->found);
    arena_done(&p->arena);
}

static int add_found(struct preview *p, struct str key, const struct prevent_verdict *v,
                     const char *name, uint64_t line, struct str program, bool guarded)
{
    if (mem_grow(&p->found, &p->found_cap, p->found_len + 1, sizeof *p->found))
        return E_NOMEM;
    struct str kept = arena_str(&p->arena, key);
    struct found f = {.type = str_of(list_kind_name(v->kind)), .guarded = guarded};
    f.entry = str_sub(kept, 0, str_find_char(kept, '\n'));
    f.program = arena_str(&p->arena, program);
    f.reason = arena_str(&p->arena, v->reason);
    f.place = arena_fmt(&p->arena, "%s:%llu", name, (unsigned long long)line);
    if (!kept.ptr || !f.program.ptr || !f.reason.ptr || !f.place.ptr)
        return E_NOMEM;
    int rc = map_put(&p->known, kept, p->found_len);
    if (rc)
        return rc;
    p->found[p->found_len++] = f;
    p->denied += guarded ? 0 : 1;
    return 0;
}

static int note(struct preview *p, const struct event *ev, const struct prevent_verdict *v,
                const char *name, uint64_t line, bool guarded)
{
    struct buf key CLEANUP(buf_done) = {0};
    uint64_t index;
    prevent_add_value(v, &key);
    buf_addf(&key, "\n%s\n", list_kind_name(v->kind));
    buf_add_str(&key, event_str(ev, F_EXECUTABLE));
    int rc = buf_check(&key);
    if (rc == 0 && !map_find(&p->known, buf_str(&key), NULL))
        rc = add_found(p, buf_str(&key), v, name, line, event_str(ev, F_EXECUTABLE), guarded);
    if (rc || !map_find(&p->known, buf_str(&key), &index))
        return rc;
    struct found *f = &p->found[index];
    f->starts++;
    if (ev->time_ns && (!f->first_ns || ev->time_ns < f->first_ns))
        f->first_ns = ev->time_ns;
    if (ev->time_ns > f->last_ns)
        f->last_ns = ev->time_ns;
    return 0;
}

static int take_record(struct preview *p, const char *name, struct str record, uint64_t line)
{
    struct event ev;
    struct err err = {0};
    struct prevent_digests digests;
    struct prevent_verdict v;
    int rc = normaliser_record(p->normaliser, record, FORMAT_AUTO, &ev, &err);
    if (rc == E_NOMEM)
        return rc;
    p->damaged += rc ? 1 : 0;
    if (rc || ev.kind != KIND_EXEC || (p->since_ns && ev.time_ns < p->since_ns))
        return 0;
    p->starts++;
    struct code_identity id = prevent_identity(&ev, &digests);
    enum prevent_decision d = prevent_check(p->prevent, &id, clock_wall_ns(), &v);
    return d == PREVENT_DENY || d == PREVENT_GUARDED
               ? note(p, &ev, &v, name, line, d == PREVENT_GUARDED)
               : 0;
}

static void free_reader(struct reader **reader)
{
    reader_free(*reader);
}

static int read_file(struct preview *p, const char *name, struct err *err)
{
    bool standard = str_is(str_of(name), "-");
    int fd CLEANUP(fd_closep) = standard ? dup(STDIN_FILENO) : open(name, O_RDONLY | O_CLOEXEC);
    struct reader *reader CLEANUP(free_reader) = NULL;
    if (fd < 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot read %s", name);
    int rc = reader_new(fd, &reader);
    while (rc == 0 && !cli_interrupted()) {
        struct str record;
        uint64_t line = 0;
        rc = reader_next(reader, &record, &line, err);
        if (rc == 0)
            rc = take_record(p, standard ? "(standard input)" : name, record, line);
        else if (rc == E_PARSE || rc == E_LIMIT)
            p->damaged++;
        if (rc == E_PARSE || rc == E_LIMIT || rc == E_AGAIN)
            rc = 0;
    }
    if (rc == E_CLOSED) {
        err_clear(err);
        rc = 0;
    }
    return rc;
}

static int print(struct preview *p, enum listing_form form, struct err *err)
{
    static const struct listing_column columns[] = {
        {"value", "VALUE"},     {"type", "TYPE"},     {"program", "PROGRAM"},
        {"starts", "STARTS"},   {"first", "FIRST"},   {"last", "LAST"},
        {"verdict", "VERDICT"}, {"reason", "REASON"}, {"place", "PLACE"},
    };
    struct listing rows CLEANUP(listing_done);
    listing_init(&rows, form, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < p->found_len; i++) {
        const struct found *f = &p->found[i];
        listing_str(&rows, f->entry);
        listing_str(&rows, f->type);
        listing_str(&rows, f->program);
        listing_int(&rows, (int64_t)f->starts);
        listing_time(&rows, f->first_ns);
        listing_time(&rows, f->last_ns);
        listing_cstr(&rows, f->guarded ? "protected" : "denied");
        listing_str(&rows, f->reason);
        listing_str(&rows, f->place);
    }
    return listing_print(&rows, &p->cli->out) ? err_set(err, E_NOMEM, "out of memory") : 0;
}

int cmd_prevent_preview(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct list list CLEANUP(list_done) = {0};
    struct listfiles_set set CLEANUP(listfiles_set_done) = {0};
    struct list_counts counts = {0};
    struct preview p CLEANUP(preview_done) = {.cli = cli};
    size_t pos = 0;
    const char *file;
    if (!opt_text(opt, "list", NULL))
        return err_set(err, E_ARG, "name the list to try with --list=FILE");
    int rc = normaliser_new(&p.normaliser);
    while (rc == 0 && (file = opt_text_next(opt, "list", &pos)))
        rc = listfiles_add(&list, file, NULL, NULL, NULL, &counts, err);
    if (rc == 0)
        rc = listfiles_compile(&list, &set, err);
    if (rc == 0 && counts.refused)
        cli_warn(cli, "%u entries were refused; 'cordon prevent check' says why", counts.refused);
    if (rc)
        return rc;
    if (opt->args_len == 0)
        return prevent_hunt(cli, opt, &list, err);
    p.prevent = &set.prevent;
    int64_t since = opt_number(opt, "since", 0);
    p.since_ns = since ? clock_wall_ns() - since : 0;
    cli_catch_interrupt();
    for (size_t i = 0; i < opt->args_len && rc == 0; i++)
        rc = read_file(&p, opt->args[i], err);
    if (rc == 0)
        rc = print(&p, (enum listing_form)opt_choice(opt, "output"), err);
    if (rc)
        return rc;
    out_line(&cli->err, "%llu programs started, %llu damaged records; would have been stopped: %zu",
             (unsigned long long)p.starts, (unsigned long long)p.damaged, p.denied);
    return opt_flag(opt, "exit-code") && p.denied ? EXIT_MATCHED : 0;
}
