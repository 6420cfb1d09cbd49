/* A rule's tree back to the text of a Sigma rule. For rules that come from another language. */
#ifndef CORDON_DETECT_SIGMA_WRITE_H
#define CORDON_DETECT_SIGMA_WRITE_H

#include "detect/sigma.h"

/**
 * Append the rule as one YAML document. sigma_parse reads it as a rule that fires on the same
 * events.
 *
 * @param out on failure as it was
 * @return 0; E_UNSUPPORTED: Sigma has no words for a part of it, err says which and where; E_NOMEM
 */
int sigma_write(const struct sigma_rule *rule, struct buf *out, struct err *err) MUST_CHECK;

#endif
