/* The two configuration profiles with which an MDM lets the agent work on a Mac: Full Disk Access,
 * and a background item that nobody switches off. Text in, text out; cmd_mac.c writes the files.
 * Source: Apple's payloads com.apple.TCC.configuration-profile-policy and
 * com.apple.servicemanagement (apple/device-management). */
#ifndef CORDON_CLI_MAC_PROFILE_H
#define CORDON_CLI_MAC_PROFILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct mac_profile {
    struct str team_id;      /* of who signed the agent; empty = not signed by a team */
    struct str identifier;   /* code-signing identifier of the agent */
    struct str agent;        /* absolute path of the agent on the Mac */
    struct str organization; /* shown to the user */
};

/** @return 0 or E_ARG, naming what is wrong */
int mac_profile_check(const struct mac_profile *m, struct err *err) MUST_CHECK;
/** Append the code requirement that an agent of that team fulfils, and no other program. */
void mac_profile_add_requirement(struct buf *out, const struct mac_profile *m);

/**
 * Append the profile that gives Full Disk Access to eslogger, and to the agent when a team signed
 * it: without that nothing but its very bytes could be named.
 * @return 0, E_ARG (text that XML cannot hold), E_NOMEM
 */
int mac_profile_add_access(struct buf *out, const struct mac_profile *m) MUST_CHECK;
/** Append the profile that approves the launch daemon. @return as above */
int mac_profile_add_background(struct buf *out, const struct mac_profile *m) MUST_CHECK;

#endif
