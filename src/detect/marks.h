/* Diacritics of Latin letters: what `[d]` of NSPredicate leaves out of a comparison. "Café" and
 * "Cafe" become the same; other scripts, and letters that Unicode does not take apart (ø, ł, ß),
 * stay as they are. Source: Unicode 15 canonical decompositions, blocks up to U+1EFF. */
#ifndef CORDON_DETECT_MARKS_H
#define CORDON_DETECT_MARKS_H

#include <stdbool.h>

#include "base/str.h"

/** Whether the text has bytes that marks_remove could change: anything that is no ASCII. */
bool marks_any(struct str text);
/**
 * Copy the text without diacritics.
 * @param out text.len bytes
 * @return bytes written, at most text.len
 */
size_t marks_remove(struct str text, char *out);

#endif
