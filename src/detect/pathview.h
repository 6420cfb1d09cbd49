/* Parts of a path, as NSString names them: what `lastPathComponent`, `pathExtension` and
 * `stringByDeletingLastPathComponent` are of it. Slices; nothing is copied. */
#ifndef CORDON_DETECT_PATHVIEW_H
#define CORDON_DETECT_PATHVIEW_H

#include "base/str.h"
#include "detect/sigma.h"

/** @return a slice of the path, empty where it has no such part */
struct str pathview_of(struct str path, enum sigma_view view);

#endif
