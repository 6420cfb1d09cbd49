/* Device key and certificates on disk. See identity.h. */
#include "device/identity.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "os/file.h"

enum { PEM_MAX = 64 * 1024 };

struct part {
    const char *name;
    struct buf *bytes;
};

/* The certificate comes last: while it is missing the device counts as not enrolled. */
static void parts_of(struct identity *identity, struct part ret_parts[3])
{
    ret_parts[0] = (struct part){"ca.pem", &identity->ca_pem};
    ret_parts[1] = (struct part){"device.key", &identity->key_pem};
    ret_parts[2] = (struct part){"device.pem", &identity->cert_pem};
}

int identity_load(const char *folder, struct identity *ret_identity, struct err *err)
{
    struct part parts[3];
    *ret_identity = (struct identity){0};
    parts_of(ret_identity, parts);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", folder, parts[i].name);
        if (buf_reserve(parts[i].bytes, PEM_MAX))
            return err_set(err, E_NOMEM, "out of memory");
        int rc = file_read(path, PEM_MAX, parts[i].bytes, err);
        if (rc)
            return rc;
    }
    return 0;
}

int identity_save(const char *folder, const struct identity *identity, uid_t uid, gid_t gid,
                  struct err *err)
{
    struct identity view = *identity;
    struct part parts[3];
    parts_of(&view, parts);
    int rc = file_mkdirs(folder, 0700, err);
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(parts); i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", folder, parts[i].name);
        rc = file_write_atomic(path, buf_str(parts[i].bytes), 0600, err);
        if (rc == 0 && geteuid() == 0 && chown(path, uid, gid) != 0)
            rc = err_errno(err, E_IO, errno, "cannot give %s to its account", path);
    }
    if (rc == 0 && geteuid() == 0 && chown(folder, uid, gid) != 0)
        rc = err_errno(err, E_IO, errno, "cannot give %s to its account", folder);
    return rc;
}

int identity_save_certificate(const char *folder, struct str pem, struct err *err)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/device.pem", folder);
    return file_write_atomic(path, pem, 0600, err);
}

void identity_done(struct identity *identity)
{
    secret_buf_done(&identity->key_pem);
    buf_done(&identity->cert_pem);
    buf_done(&identity->ca_pem);
}
