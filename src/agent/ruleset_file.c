/* Verified ruleset on disk. See ruleset_file.h. */
#include "agent/ruleset_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/file.h"
#include "proto/signed_file.h"
#include "schema/param.h"

static int open_payload(struct ruleset_file *r, struct err *err)
{
    int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot open %s", r->path);
    fd_closep(&r->fd);
    r->fd = fd;
    return 0;
}

int ruleset_file_open(struct ruleset_file *r, const char *folder, struct err *err)
{
    struct buf payload CLEANUP(buf_done) = {0};
    *r = (struct ruleset_file){.fd = -1};
    (void)snprintf(r->path, sizeof r->path, "%s/ruleset", folder);
    int rc = file_read(r->path, (size_t)param_default(PARAM_RULESET_BYTES), &payload, err);
    if (rc == E_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    if (rc == 0)
        rc = hash_sha256_hex(buf_str(&payload), r->version);
    return rc ? rc : open_payload(r, err);
}

static int read_all(int fd, struct buf *out, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(err, E_PARSE, "the ruleset did not come as a regular file");
    if (st.st_size > param_default(PARAM_RULESET_BYTES))
        return err_set(err, E_LIMIT, "ruleset of %lld bytes, at most %lld are allowed",
                       (long long)st.st_size, (long long)param_default(PARAM_RULESET_BYTES));
    size_t len = (size_t)st.st_size;
    if (buf_reserve(out, len))
        return err_set(err, E_NOMEM, "out of memory");
    int rc = file_pread_all(fd, out->ptr, len, 0);
    if (rc)
        return err_set(err, rc, "the ruleset cannot be read");
    out->len = len;
    return 0;
}

int ruleset_file_receive(struct ruleset_file *r, int fd, const struct command_key *keys,
                         size_t keys_len, struct err *err)
{
    /* A private copy: the uplink could change its file between check and use. */
    struct buf file CLEANUP(buf_done) = {0};
    struct str payload;
    char version[HASH_HEX_BYTES];
    int rc = read_all(fd, &file, err);
    if (rc == 0)
        rc = signed_file_open(buf_str(&file), STR(SIGNED_PURPOSE_RULESET), keys, keys_len, &payload,
                              err);
    if (rc == 0)
        rc = hash_sha256_hex(payload, version);
    if (rc == 0)
        rc = file_write_atomic(r->path, payload, 0600, err);
    if (rc == 0)
        rc = open_payload(r, err);
    if (rc == 0)
        memcpy(r->version, version, sizeof version);
    return rc;
}

void ruleset_file_close(struct ruleset_file *r)
{
    fd_closep(&r->fd);
}
