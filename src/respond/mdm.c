/* MDM enrollment by the program profiles. See mdm.h. Source: profiles(1). */
#include "respond/mdm.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/proc.h"

#define TIMEOUT_MS   5000
#define OUTPUT_BYTES 16384

bool mdm_says_enrolled(struct str printed, struct str *ret_line)
{
    struct str line;
    struct str key = STR("MDM enrollment:");
    *ret_line = (struct str){0};
    while (str_next(&printed, '\n', &line)) {
        line = str_trim(line);
        if (!str_starts(line, key))
            continue;
        *ret_line = line;
        return str_starts(str_trim(str_sub(line, key.len, SIZE_MAX)), STR("Yes"));
    }
    return false;
}

bool mdm_enrolled(const char *program)
{
    CLEANUP(buf_done) struct buf out = {0};
    CLEANUP(buf_done) struct buf errors = {0};
    const char *argv[] = {program, "status", "-type", "enrollment", NULL};
    struct str line;
    int status;
    if (access(program, X_OK) != 0 || proc_run(argv, (struct str){0}, TIMEOUT_MS, OUTPUT_BYTES,
                                               &out, &errors, &status, NULL) != 0)
        return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && mdm_says_enrolled(buf_str(&out), &line);
}
