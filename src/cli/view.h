/* JSON of the API shown to people and programs: a table or a card of chosen members, or the
 * server's own objects untouched, so that members which this version does not know stay. */
#ifndef CORDON_CLI_VIEW_H
#define CORDON_CLI_VIEW_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/out.h"

struct view_column {
    const char *title;
    const char *path; /* member names joined by '.': "rule.title" */
};

/** Member by dotted path, borrowed; NULL when it is not there. */
const json_t *view_find(const json_t *object, const char *path);
/** String member by dotted path, borrowed; empty when absent or no string. */
struct str view_text(const json_t *object, const char *path);
/** Append a value as a person reads it: "-" for null, "yes", RFC 3339 cut to seconds, words of an
 * array joined, JSON for an object. Not yet safe for a terminal. */
void view_add(struct buf *out, const json_t *value);

/** Print a list. @param form enum listing_form. @return 0 or E_NOMEM */
int view_list(struct out *out, unsigned form, const struct view_column *columns, size_t columns_len,
              const json_t *items) MUST_CHECK;
/** Print one object: a line a member, or JSON. @param form 0 = lines, else JSON. @return 0 or
 * E_NOMEM
 */
int view_card(struct out *out, unsigned form, const struct view_column *columns, size_t columns_len,
              const json_t *object) MUST_CHECK;

#endif
