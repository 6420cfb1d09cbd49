/* Starting the YARA worker. See yara_process.h. */
#include "server/yara_process.h"

#include <sys/resource.h>
#include <unistd.h>

#include "schema/param.h"
#include "yara/serve.h"

#define MEMORY_BYTES (UINT64_C(2) << 30)

enum { PRECEDENCE = 10, COMPILE_S = 30 };

/* The program that runs, also when its file was replaced in the meantime. */
static const char *const worker_argv[] = {"/proc/self/exe", YARA_PROCESS_ARG, NULL};

int yara_process_main(void)
{
    (void)setpriority(PRIO_PROCESS, 0, PRECEDENCE);
    return yara_serve(STDIN_FILENO, MEMORY_BYTES);
}

static void free_worker(struct yara_worker **w)
{
    yara_worker_free(*w);
}

static int copy_rules(const struct yara_files *files, struct yara_worker *w)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < files->len; i++) {
        struct str name;
        struct str text;
        yara_files_get(files, i, &name, &text);
        rc = yara_worker_add(w, name, text);
    }
    return rc;
}

int yara_process_new(const struct yara_files *files, struct yara_worker **ret_worker,
                     struct err *err)
{
    const struct yara_limits limits = {.file_bytes = (uint64_t)param_default(PARAM_SCAN_BYTES),
                                       .seconds = (uint32_t)param_default(PARAM_SCAN_S),
                                       .compile_seconds = COMPILE_S};
    struct yara_worker *w CLEANUP(free_worker) = NULL;
    int rc = yara_worker_new(worker_argv, &limits, &w);
    if (rc == 0)
        rc = copy_rules(files, w);
    if (rc)
        return err_set(err, rc, "%s", err_sentence(rc));
    *ret_worker = TAKE(w);
    return 0;
}

/* Rules that take too long, or kill the worker, are as wrong as those that are no rules. */
static int judge(int rc)
{
    if (rc == E_TIMEOUT)
        return E_LIMIT;
    return rc == E_CLOSED ? E_PARSE : rc;
}

int yara_process_check(struct str image, uint32_t builtin, struct yara_process_told *told,
                       struct err *err)
{
    struct yara_files files;
    struct yara_worker *w CLEANUP(free_worker) = NULL;
    int rc = yara_files_open(image, &files, err);
    if (rc)
        return rc;
    yara_files_skip(&files, builtin);
    if (files.len == 0)
        return 0;
    rc = yara_process_new(&files, &w, err);
    if (rc)
        return rc;
    rc = yara_worker_start(w, err);
    if (rc)
        return judge(rc);
    told->files = files.len;
    told->rules = yara_worker_rules(w);
    buf_add_str(&told->warnings, yara_worker_warnings(w));
    return buf_check(&told->warnings);
}

void yara_process_told_done(struct yara_process_told *told)
{
    buf_done(&told->warnings);
}
