/* The held connections of devices: at most one a device, found by device id, told when there is
 * something new. */
#ifndef CORDON_SERVER_CHANNELS_H
#define CORDON_SERVER_CHANNELS_H

#include <stdbool.h>

#include "base/str.h"
#include "server/server.h"

struct channels;

/** @return 0 or E_NOMEM */
int channels_new(struct server *s, struct channels **ret_channels) MUST_CHECK;
/** Closes all of them. */
void channels_free(struct channels *c);

bool channels_online(const struct channels *c, struct str device);
size_t channels_len(const struct channels *c);
/** Something waits for this device: send it now if it is connected. */
void channels_wake(struct channels *c, struct str device);
/** A new ruleset is active: tell everybody. */
void channels_announce(struct channels *c);
/** Say "revoked" and close. */
void channels_revoke(struct channels *c, struct str device);

/** Upgrade a request of an authenticated device; finishes the request. (device_channel.c) */
void channels_accept(struct call *call);

#endif
