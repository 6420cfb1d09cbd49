/* Rules of Jamf Protect as rules of ours: custom analytics (`filter`) and unified log filters
 * (`predicate`), whose conditions are NSPredicates. What an event cannot tell never holds, in
 * either direction; a rule that could never fire for that reason is refused.
 * Used by the builder and by `cordon rules convert`. See docs/jamf.md. */
#ifndef CORDON_DETECT_JAMF_H
#define CORDON_DETECT_JAMF_H

#include "base/buf.h"
#include "codec/yaml.h"
#include "detect/predicate.h"
#include "detect/sigma.h"

/** Something a person should know about a rule that was accepted: place and sentence. */
typedef void (*jamf_note_fn)(void *arg, const struct err *note);

/** Whether the document has the keys of an analytic or of a unified log filter. */
bool jamf_is(const struct yaml_node *doc);

/**
 * Read one document as a rule.
 *
 * @param doc      root of the document; must live as long as the rule
 * @param file     bytes of the file it came from, to find places in a quoted or folded predicate;
 *                 may be empty
 * @param arena    owns the rule
 * @param note     called for what was left out of the rule; may be NULL
 * @param err      line and column in the file
 * @return 0, E_PARSE, E_UNSUPPORTED (valid, but no event tells it), E_LIMIT, E_NOMEM
 */
int jamf_parse(const struct yaml_node *doc, struct str file, struct arena *arena, jamf_note_fn note,
               void *arg, struct sigma_rule **ret_rule, struct err *err) MUST_CHECK;

/**
 * Repair a file that is no YAML because of quotes inside quoted text: everything between the first
 * and the last quote of such a line is taken as the text. Lines keep their number.
 *
 * @param out      appended: the whole file; nothing when there was nothing to repair
 * @param ret_line first repaired line, 0 = none
 * @return 0 or E_NOMEM
 */
int jamf_repair(struct str file, struct buf *out, uint32_t *ret_line) MUST_CHECK;

/**
 * Read the documents of a rule file, repaired where it is no YAML and what was meant is certain.
 *
 * @param arena    owns the documents
 * @param repaired empty; must live as long as they
 * @param note     told of a repair; may be NULL
 * @return 0, or an error of yaml_parse about the file as it is
 */
int jamf_documents(struct str file, const char *source, struct arena *arena, struct buf *repaired,
                   jamf_note_fn note, void *arg, struct yaml_node ***ret_docs, size_t *ret_len,
                   struct err *err) MUST_CHECK;

/**
 * Convert every analytic and unified log filter of a file to a Sigma rule; each is read again and
 * compiled before it counts.
 *
 * @param out     appended: YAML documents, "---" between them (and before them when it is not
 * empty)
 * @param refused called for what is no rule, or what Sigma has no words for; may be NULL
 * @param counts  added to
 * @return 0, also when rules were refused; E_NOMEM
 */
int jamf_convert(struct str file, const char *source, struct buf *out, builder_refused_fn refused,
                 jamf_note_fn note, void *arg, struct builder_counts *counts,
                 struct err *err) MUST_CHECK;

#endif
