/* One worker for one file of rules. See yaracheck.h. */
#include "cli/yaracheck.h"

#include <limits.h>

#include "cli/cmd_scan.h"
#include "os/proc.h"
#include "yara/worker.h"
#include "yara/yara.h"

static void free_worker(struct yara_worker **w)
{
    yara_worker_free(*w);
}

bool yaracheck_is_name(const char *name)
{
    struct str s = str_of(name);
    return str_ends_nocase(s, STR(".yar")) || str_ends_nocase(s, STR(".yara"));
}

int yaracheck(const char *name, struct str text, uint32_t *ret_rules, struct buf *warnings,
              struct err *err)
{
    char own[PATH_MAX];
    const char *const argv[] = {own, SCAN_WORKER_ARG, NULL};
    struct yara_worker *w CLEANUP(free_worker) = NULL;
    err_at(err, name, 0, 0);
    if (!yara_available())
        return err_set(err, E_UNSUPPORTED, "YARA is not part of this program on this system");
    int rc = proc_own_path(own, sizeof own, err);
    if (rc == 0)
        rc = yara_worker_new(argv, &yara_limits_default, &w);
    if (rc == 0)
        rc = yara_worker_add(w, str_of(name), text);
    if (rc == 0)
        rc = yara_worker_start(w, err);
    if (rc)
        return rc;
    *ret_rules = yara_worker_rules(w);
    buf_add_str(warnings, yara_worker_warnings(w));
    return buf_check(warnings);
}
