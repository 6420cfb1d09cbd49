/* From lists to the records of the image. Called by builder.c. */
#ifndef CORDON_DETECT_PREVENT_BUILD_H
#define CORDON_DETECT_PREVENT_BUILD_H

#include "detect/list.h"

/**
 * Sort the entries, keep one of each kind, value and verdict (the one that lasts longest), write
 * the records and their texts. The same entries give the same bytes, whatever their order.
 *
 * @param entries appended struct image_prevent; must be empty
 * @param texts   appended; must be empty
 * @return 0, E_NOMEM, E_LIMIT
 */
int prevent_build(const struct list *list, struct buf *entries, struct buf *texts) MUST_CHECK;

#endif
