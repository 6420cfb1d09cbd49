/* Where the code signature of a Mach-O file is: thin and universal files, 32 and 64 bits, both byte
 * orders. Reads heads and load commands, nothing else; the caller fetches the bytes, so that a
 * large file need not be in memory. Hostile: every offset and count is checked against what is
 * there. What the signature says: codesig.h. Source: Apple, mach-o/fat.h, mach-o/loader.h. */
#ifndef CORDON_CODEC_MACHO_H
#define CORDON_CODEC_MACHO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
    MACHO_SLICES_MOST = 8, /* of a universal file */
    MACHO_HEAD_BYTES = 8 + (8 * 32) /* enough for macho_slices, and for macho_head_bytes */,
    MACHO_COMMANDS_MOST = 1 << 20 /* bytes of one program's load commands */
};

/** A part of a file; `size` 0: there is none. */
struct macho_part {
    uint64_t offset;
    uint64_t size;
};

/**
 * Where the programs in a file are.
 * @param head       first MACHO_HEAD_BYTES of the file, or all of a shorter one
 * @param ret_slices with offsets in the file
 * @param ret_len    0: no Mach-O file
 * @return 0, E_PARSE (damaged), E_LIMIT (more than MACHO_SLICES_MOST)
 */
int macho_slices(struct str head, uint64_t file_bytes,
                 struct macho_part ret_slices[MACHO_SLICES_MOST], size_t *ret_len,
                 struct err *err) MUST_CHECK;

/**
 * How many bytes head and load commands of one program have.
 * @param head first MACHO_HEAD_BYTES of the slice, or all of a shorter one
 * @return 0, E_PARSE (no program, or damaged), E_LIMIT
 */
int macho_head_bytes(struct str head, uint64_t slice_bytes, size_t *ret_bytes,
                     struct err *err) MUST_CHECK;

/**
 * Where the signature of one program is.
 * @param head     the bytes that macho_head_bytes asked for
 * @param ret_part offset in the slice; size 0: it is not signed
 * @return 0 or E_PARSE (damaged, or it says so twice)
 */
int macho_signature(struct str head, uint64_t slice_bytes, struct macho_part *ret_part,
                    struct err *err) MUST_CHECK;

#endif
