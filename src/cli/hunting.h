/* Hunts through the server's telemetry for the commands `hunt` and `rules backtest`: start, follow
 * with progress on standard error, cancel on Ctrl-C, fetch what was found. */
#ifndef CORDON_CLI_HUNTING_H
#define CORDON_CLI_HUNTING_H

#include "cli/api.h"

/**
 * A point in time as a person types it: a span before now ("7d"), a date, RFC 3339.
 * @return 0 or E_ARG naming the option
 */
int hunting_time(const char *typed, const char *option, int64_t now_ns, int64_t *ret_ns,
                 struct err *err) MUST_CHECK;

/**
 * What is sent to start a hunt: the options --since, --until and --device with the text, under
 * "expression" or "rules".
 */
int hunting_body(struct api *api, const struct opt *opt, const char *key, struct str text,
                 json_t **ret_body, struct err *err) MUST_CHECK;

/**
 * Start a hunt and wait for its end.
 * @param ret_hunt the hunt as it ended; also after Ctrl-C, which cancels it
 * @return 0; E_STATE (it failed or was interrupted; err has the reason); an error of api_call
 */
int hunting_run(struct cli *cli, struct api *api, json_t *body, json_t **ret_hunt,
                struct err *err) MUST_CHECK;

/** All results of a hunt, or those of one rule. @param most 0 = all */
int hunting_results(struct api *api, const json_t *hunt, const char *rule, int64_t most,
                    json_t **ret_items, struct err *err) MUST_CHECK;

/** Add "hostname" to each result, from the list of devices. */
int hunting_name_devices(struct api *api, json_t *items, struct err *err) MUST_CHECK;

#endif
