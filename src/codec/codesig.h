/* What an embedded code signature claims: identifier, team, flags, and the bytes whose hash is the
 * cdhash. It is read, not verified: neither the chain of certificates nor the hashes of the pages
 * are looked at, so everything here is what the file says of itself.
 * Source: Apple, kern/cs_blobs.h (layout, slots, flags) and kern/ubc_subr.c (which code directory
 * is the best one); UDIF trailer: Apple, Security framework, diskimagerep.h. */
#ifndef CORDON_CODEC_CODESIG_H
#define CORDON_CODEC_CODESIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum codesig_hash {
    CODESIG_SHA1 = 1,
    CODESIG_SHA256 = 2,
    CODESIG_SHA256_CUT = 3, /* to 20 bytes */
    CODESIG_SHA384 = 4
};

enum { CODESIG_ADHOC = 0x2 }; /* of the flags: nobody signed it */

enum {
    CODESIG_ID_MOST = 255,
    CODESIG_TEAM_MOST = 31,
    CODESIG_CDHASH_BYTES = 20, /* of the directory's hash, however long that is */
    CODESIG_TRAILER_BYTES = 512
};

/** Slices of the blob. */
struct codesig {
    struct str directory; /* the best code directory, whole: what the cdhash is of */
    enum codesig_hash hash;
    uint32_t flags;
    uint8_t platform; /* not 0: says to be part of Apple's system */
    bool cms;         /* somebody's signature over the directory is there */
    struct str id;
    struct str team; /* empty: none */
};

/**
 * Read a signature ("SuperBlob").
 * @param blob    borrowed by the result
 * @return 0, E_PARSE (damaged, or no code directory), E_LIMIT (identifier or team too long),
 * E_UNSUPPORTED (a kind of hash that nobody knows)
 */
int codesig_read(struct str blob, struct codesig *ret_signature, struct err *err) MUST_CHECK;

/**
 * Where the signature of a disk image is.
 * @param trailer    last CODESIG_TRAILER_BYTES of the file
 * @param ret_offset in the file  @param ret_size 0: no disk image, or not signed
 * @return 0 or E_PARSE (its place is outside of the file)
 */
int codesig_of_image(struct str trailer, uint64_t file_bytes, uint64_t *ret_offset,
                     uint64_t *ret_size, struct err *err) MUST_CHECK;

#endif
