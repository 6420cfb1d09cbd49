/* Running processes on macOS: csops(2) tells how the kernel holds a process to be signed. The call
 * is in libSystem without a header; numbers and layouts: bsd/sys/codesign.h of xnu. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "respond/running_priv.h"

int csops(pid_t pid, unsigned ops, void *data, size_t size);

enum {
    OPS_STATUS = 0,
    OPS_CDHASH = 5,
    OPS_IDENTITY = 11,
    OPS_TEAMID = 14,
    BLOB_HEAD_BYTES = 8 /* type and length, big-endian */
};
#define STATUS_PLATFORM_BINARY UINT32_C(0x04000000)

/* A blob of the kernel: a head, then text with its NUL. */
static void read_text(pid_t pid, unsigned ops, char *out, size_t size)
{
    char blob[BLOB_HEAD_BYTES + RUNNING_ID_BYTES] = "";
    if (csops(pid, ops, blob, sizeof blob - 1) == 0)
        (void)snprintf(out, size, "%s", blob + BLOB_HEAD_BYTES);
}

void running_os_sign(struct running *r)
{
    uint32_t status = 0;
    if (csops(r->pid, OPS_STATUS, &status, sizeof status) != 0)
        return;
    r->platform = (status & STATUS_PLATFORM_BINARY) != 0;
    r->has_cdhash = csops(r->pid, OPS_CDHASH, r->cdhash, sizeof r->cdhash) == 0;
    read_text(r->pid, OPS_IDENTITY, r->signing_id, sizeof r->signing_id);
    read_text(r->pid, OPS_TEAMID, r->team_id, sizeof r->team_id);
}

int running_open(const struct running *r)
{
    int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? E_NOT_FOUND : fd;
}
