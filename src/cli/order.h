/* Ordering actions on devices and following them to their end; shared by the commands that act. */
#ifndef CORDON_CLI_ORDER_H
#define CORDON_CLI_ORDER_H

#include "cli/api.h"
#include "cli/listing.h"

/** Options of every command that orders an action. */
#define ORDER_OPTIONS                                                                               \
    {"reason", 0, OPT_TEXT, "TEXT", "why; kept in the audit log (required)", 0, 0},                 \
        {"wait", 0, OPT_DURATION, "TIME", "follow the action to its end, at most this long", 0, 0}, \
        OPT_OUTPUT(LISTING_FORMS)

/**
 * Device id of what a person typed: an id, or a host name that exactly one device has.
 * @return 0; E_NOT_FOUND; E_ARG (several devices have the name; the message lists their ids)
 */
int order_device(struct api *api, const char *typed, struct buf *ret_id,
                 struct err *err) MUST_CHECK;

/**
 * Order one action on devices, print an answer line for each, and follow them when --wait says so.
 *
 * @param name      row of schema/action.h
 * @param confirm_host what was typed to isolate the server's own host; NULL = nothing
 * @param devices   what was typed: ids or host names
 * @param arguments object; the reference is taken
 * @return exit status: 0, or EXIT_REFUSED when one waited for did not succeed; E_TIMEOUT when one
 * did not end in time; an error of api_call
 */
int order_action(struct cli *cli, struct api *api, const struct opt *opt, const char *name,
                 const char *confirm_host, const char *const *devices, size_t devices_len,
                 json_t *arguments, struct err *err) MUST_CHECK;

/**
 * Print every change of state of the actions until each has ended.
 *
 * @param ids        array of strings
 * @param timeout_ns 0 = no limit
 * @return as order_action; EXIT_INTERRUPTED after Ctrl-C (the actions go on)
 */
int order_watch(struct cli *cli, struct api *api, const json_t *ids, int64_t timeout_ns,
                struct err *err) MUST_CHECK;

#endif
