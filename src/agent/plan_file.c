/* Verified plan on disk. See plan_file.h. */
#include "agent/plan_file.h"

#include <stdio.h>

#include "os/file.h"
#include "proto/signed_file.h"

int plan_file_open(struct plan_file *p, const char *folder, struct err *err)
{
    *p = (struct plan_file){0};
    (void)snprintf(p->path, sizeof p->path, "%s/plan.json", folder);
    int rc = file_read(p->path, PLAN_BYTES_MAX, &p->json, err);
    if (rc == E_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    return rc ? rc : hash_sha256_hex(buf_str(&p->json), p->version);
}

int plan_file_receive(struct plan_file *p, struct str file, const struct command_key *keys,
                      size_t keys_len, struct err *err)
{
    /* signed_file_open wants aligned bytes only for what is mapped; a text needs no alignment. */
    struct str json;
    char version[HASH_HEX_BYTES];
    struct buf copy CLEANUP(buf_done) = {0};
    int rc = signed_file_open(file, STR(SIGNED_PURPOSE_PLAN), keys, keys_len, &json, err);
    if (rc == 0)
        rc = hash_sha256_hex(json, version);
    if (rc == 0)
        rc = file_write_atomic(p->path, json, 0600, err);
    buf_add_str(&copy, json);
    if (rc == 0 && buf_check(&copy))
        rc = err_set(err, E_NOMEM, "out of memory");
    if (rc)
        return rc;
    struct buf old = p->json;
    p->json = copy;
    copy = old;
    memcpy(p->version, version, sizeof version);
    return 0;
}

void plan_file_close(struct plan_file *p)
{
    buf_done(&p->json);
}
