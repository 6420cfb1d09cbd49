/* What one device makes of a sensor's record: event, process tree, rules, and the message that
 * carries event and alerts to the spool. The analyst process runs one; the simulator runs one for
 * each of its devices, with one normaliser and one engine for all. Hostile input: a record that is
 * no event is kept as evidence of itself. */
#ifndef CORDON_DEVICE_ANALYSIS_H
#define CORDON_DEVICE_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct analysis;
struct correlator_stats;
struct engine;
struct normaliser;
struct proctree;
struct ruleset;

struct analysis_stats {
    uint64_t records;
    uint64_t damaged; /* records that are no event */
    uint64_t alerts;
    uint64_t suspects;   /* programs that a prevent list may name */
    uint64_t no_ruleset; /* events that met no rule because none was there yet */
};

/**
 * @param normaliser    borrowed for ever; may serve several analyses of one thread
 * @param processes_max most entries of the process tree
 * @return 0 or E_NOMEM
 */
int analysis_new(struct normaliser *normaliser, size_t processes_max,
                 struct analysis **ret_analysis) MUST_CHECK;
/** NULL is allowed. */
void analysis_free(struct analysis *a);

/**
 * Match with these rules from now on. Both borrowed until replaced, the earlier ones during the
 * call too; NULL: none. Correlations that mean the same go on (correlator_adopt).
 * @return 0 or E_NOMEM (the earlier ones stay in use)
 */
int analysis_use(struct analysis *a, struct ruleset *ruleset, struct engine *engine) MUST_CHECK;

struct agent_suspect;
/** A program was started that a prevent list may name. Borrowed for the call. */
typedef void (*analysis_suspect_fn)(void *arg, const struct agent_suspect *s);
/** Tell of such programs from now on, while their event is analysed. */
void analysis_on_suspect(struct analysis *a, analysis_suspect_fn fn, void *arg);

/**
 * Obey a verified plan: kinds of events that are matched and not sent.
 * @return 0, E_PARSE, E_NOMEM; on failure the earlier plan stays
 */
int analysis_plan(struct analysis *a, struct str json, struct err *err) MUST_CHECK;

/**
 * Analyse one record.
 *
 * @param number   record number, goes into the message
 * @param out      cleared, then the body of AGENT_EVENT
 * @param ret_sent false when the plan wants it matched only and no rule fired: `out` is empty
 * @return 0, E_NOMEM
 */
int analysis_record(struct analysis *a, uint64_t number, struct str record, struct buf *out,
                    bool *ret_sent) MUST_CHECK;

/** The file that the last record's event starts, or has just written or moved into place. */
struct analysis_file {
    struct str path; /* empty: it names none */
    bool written;    /* it has new content */
    int64_t pid;     /* of the process, 0 = not known */
    int64_t pidversion;
};

/** Borrowed from the last record: valid until the next one. */
struct analysis_file analysis_file(const struct analysis *a);

/** The processes seen so far, borrowed. */
const struct proctree *analysis_tree(const struct analysis *a);
const struct analysis_stats *analysis_stats(const struct analysis *a);
/** Of its correlations, over all rulesets used; NULL before the first event that met rules. */
const struct correlator_stats *analysis_correlations(const struct analysis *a);

#endif
