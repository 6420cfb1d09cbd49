/* The stored rules. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "agent/ruleset_file.h"
#include "agent/selftest/checks.h"
#include "detect/detect.h"

enum { PATH_BYTES = 1024 };

#define START "Start the agent: it fetches its rules from the server."

static void load(int fd, struct selftest_result *r)
{
    struct stat st;
    struct ruleset *ruleset = NULL;
    struct err err = {0};
    if (fstat(fd, &st) != 0 || st.st_size <= 0) {
        selftest_failed(r, START, "the stored rules cannot be read");
        return;
    }
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        selftest_failed(r, "Free some memory.", "the stored rules cannot be mapped");
        return;
    }
    if (ruleset_load(str_n(map, (size_t)st.st_size), &ruleset, &err) != 0)
        selftest_failed_err(r, START, &err);
    else
        selftest_ok(r, "%lld bytes, version %.*s", (long long)st.st_size,
                    STR_FMT(str_sub(ruleset_version(ruleset), 0, 16)));
    ruleset_unref(ruleset);
    (void)munmap(map, (size_t)st.st_size);
}

void check_ruleset(struct selftest *t, struct selftest_result *r)
{
    char folder[PATH_BYTES];
    struct ruleset_file file = {.fd = -1};
    struct err err = {0};
    (void)snprintf(folder, sizeof folder, "%.*s/monitor", STR_FMT(t->config->state_dir));
    int rc = ruleset_file_open(&file, folder, &err);
    if (rc)
        selftest_failed_err(r, START, &err);
    else if (file.fd < 0)
        selftest_failed(r, START, "no rules are stored yet: nothing would be detected");
    else
        load(file.fd, r);
    ruleset_file_close(&file);
}
