/* What the uplink shows to the server and whom it believes: device key, certificate, the server's
 * CA. Kept in the uplink's own folder; written at enrollment by root, given to the uplink's
 * account. */
#ifndef CORDON_DEVICE_IDENTITY_H
#define CORDON_DEVICE_IDENTITY_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct identity {
    struct buf key_pem; /* private; wiped by identity_done */
    struct buf cert_pem;
    struct buf ca_pem;
};

/** @return 0, E_NOT_FOUND (not enrolled), E_DENIED, E_IO, E_NOMEM. Call identity_done in any case.
 */
int identity_load(const char *folder, struct identity *ret_identity, struct err *err) MUST_CHECK;
/** Write all three files, owned by `uid`. */
int identity_save(const char *folder, const struct identity *identity, uid_t uid, gid_t gid,
                  struct err *err) MUST_CHECK;
/** Replace the certificate alone, for the key that is there. Errors of file_write_atomic. */
int identity_save_certificate(const char *folder, struct str pem, struct err *err) MUST_CHECK;
void identity_done(struct identity *identity);

#endif
