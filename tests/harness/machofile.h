/* Small Mach-O files with a signature, for tests: built from the description of the format, not by
 * the code under test. */
#ifndef CORDON_TESTS_HARNESS_MACHOFILE_H
#define CORDON_TESTS_HARNESS_MACHOFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/** What a code directory says. */
struct machofile_signing {
    const char *id;
    const char *team; /* NULL: none */
    uint32_t version; /* 0: the one that has a team */
    uint32_t flags;
    uint8_t hash; /* 0: SHA-256 */
    uint8_t platform;
};

/** Append a code directory. */
void machofile_add_directory(struct buf *out, const struct machofile_signing *s);

struct machofile_blob {
    uint32_t slot;
    struct str bytes;
};
/** Append a signature of these parts. */
void machofile_add_signature(struct buf *out, const struct machofile_blob *blobs, size_t len);
/** Append what stands for somebody's signature over the directory. */
void machofile_add_cms(struct buf *out);
/** Append a signature of one directory and, on demand, such a signature over it. */
void machofile_add_simple(struct buf *out, const struct machofile_signing *s, bool cms);

struct machofile_form {
    bool bits_32;
    bool big; /* byte order */
};
/** Append one program. @param signature empty: it is not signed */
void machofile_add_program(struct buf *out, struct machofile_form form, struct str signature);
/** Append a universal file. @param wide offsets of eight bytes */
void machofile_add_universal(struct buf *out, const struct str *programs, size_t len, bool wide);
/** Append a disk image that is all trailer, behind a signature that may be empty. */
void machofile_add_image(struct buf *out, struct str signature);

#endif
