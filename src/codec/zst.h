/* Zstandard over whole buffers: batches, spool and segment frames. Decompression never yields more
 * than the caller's limit, whatever the frame claims. The context keeps working memory; one per
 * thread. */
#ifndef CORDON_CODEC_ZST_H
#define CORDON_CODEC_ZST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define ZST_LEVEL_LEAST   1
#define ZST_LEVEL_MOST    19
#define ZST_LEVEL_DEFAULT 3

/**
 * Append one frame that holds `plain`, with its size and a checksum.
 *
 * @param level ZST_LEVEL_LEAST .. ZST_LEVEL_MOST
 * @param out   unchanged on failure
 * @return 0, E_ARG (level), E_NOMEM, E_LIMIT (the buffer's own limit)
 */
int zst_compress(struct str plain, int level, struct buf *out) MUST_CHECK;

/**
 * Append the content of one or more frames.
 *
 * @param packed whole frames and nothing else; hostile
 * @param limit  most bytes of content, 1 or more
 * @param out    unchanged on failure
 * @return 0, E_PARSE (damaged, cut short, or no frame), E_LIMIT (more content than `limit`, or a
 * window that such content does not need), E_NOMEM
 * Memory: the content and a window of at most 8 MiB or `limit`, whichever is more.
 * Source: RFC 8878.
 */
int zst_decompress(struct str packed, size_t limit, struct buf *out) MUST_CHECK;

#endif
