/* One file to the server. See scan_upload.h. */
#include "cli/scan_upload.h"

#include <unistd.h>

#include "cli/cli.h"
#include "schema/param.h"

enum { TRIES_MOST = 120, AGAIN_US = 500000 };

int scan_upload(struct api *api, const char *ruleset, int fd, uint64_t bytes, json_t **ret_answer,
                struct err *err)
{
    struct buf query CLEANUP(buf_done) = {0};
    uint64_t most = (uint64_t)param_default(PARAM_SCAN_BYTES);
    int rc = E_RATE;
    if (bytes > most)
        return err_set(err, E_LIMIT, "larger than the %llu MiB that a server takes",
                       (unsigned long long)(most >> 20));
    api_query_add(&query, "ruleset", ruleset);
    if (buf_check(&query))
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    for (unsigned i = 0; rc == E_RATE && i < TRIES_MOST && !cli_interrupted(); i++) {
        if (i)
            (void)usleep(AGAIN_US);
        if (lseek(fd, 0, SEEK_SET) != 0)
            return err_set(err, E_IO, "cannot be read from its beginning");
        const struct api_request request = {
            .query = buf_str(&query), .file = fd, .file_bytes = bytes};
        err_clear(err);
        rc = api_call(api, ROUTE_SCAN, &request, ret_answer, err);
    }
    return rc;
}
