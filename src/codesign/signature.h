/* The code signature that a file carries, as far as it is certain: what the file claims, not
 * whether it is true. The chain of certificates is not verified and the code's pages are not
 * hashed. Bundles are not followed: a signature in a folder beside the file is not seen. */
#ifndef CORDON_CODESIGN_SIGNATURE_H
#define CORDON_CODESIGN_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "codec/codesig.h"
#include "codec/macho.h"

/** Who may have signed; numbers as Jamf Protect has them. */
enum signature_signer {
    SIGNATURE_APPLE,
    SIGNATURE_APP_STORE,
    SIGNATURE_DEVELOPER_ID,
    SIGNATURE_AD_HOC,
    SIGNATURE_NONE,
    SIGNATURE_SIGNERS
};

enum { SIGNATURE_BYTES_MOST = 8 << 20 /* of one program's signature */ };

struct signature_part {
    bool is_signed;
    char id[CODESIG_ID_MOST + 1];
    char team[CODESIG_TEAM_MOST + 1]; /* "": none */
    unsigned char cdhash[CODESIG_CDHASH_BYTES];
};

/** Of one file; plain values. */
struct signature {
    unsigned signers; /* a bit each: one of these, by what the file says. One bit: certain. */
    unsigned len;
    struct signature_part parts[MACHO_SLICES_MOST]; /* one for each CPU, or the file's only one */
};

/**
 * Read the signature of an open file. A file that is neither a program nor a disk image has none.
 * @param fd borrowed; its position is not used
 * @return 0, E_PARSE or E_UNSUPPORTED (damaged: what system would say of it is not known), E_LIMIT,
 * E_IO, E_NOMEM
 */
int signature_read(int fd, uint64_t file_bytes, struct signature *ret_signature,
                   struct err *err) MUST_CHECK;

#endif
