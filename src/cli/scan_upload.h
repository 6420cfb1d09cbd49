/* `cordon scan --upload`: the server looks into the file. Called by cmd_scan.c. */
#ifndef CORDON_CLI_SCAN_UPLOAD_H
#define CORDON_CLI_SCAN_UPLOAD_H

#include "cli/api.h"

/**
 * Send a file, from its position on, and wait for what the server found. Tries again while the
 * server scans others.
 *
 * @param ruleset    version, NULL = the one in force
 * @param bytes      size of the file
 * @param ret_answer the API's answer, replaced by a new reference (start with NULL)
 * @return 0; E_LIMIT (too large), E_RATE (busy for long), E_IO and what api_call returns
 */
int scan_upload(struct api *api, const char *ruleset, int fd, uint64_t bytes, json_t **ret_answer,
                struct err *err) MUST_CHECK;

#endif
