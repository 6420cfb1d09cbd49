/* The uplink: the process that talks to the server and keeps the spool. Own user, no foreign files;
 * everything it carries downward is signed and verified by the monitor. Started as `cordon-agent
 * --role uplink`. */
#ifndef CORDON_AGENT_UPLINK_H
#define CORDON_AGENT_UPLINK_H

#include <sys/types.h>

#include "agent/config.h"

/**
 * Run until the monitor stops it or goes away.
 * @param fd socket to the monitor, taken
 * @return exit status
 */
int uplink_main(int fd, const struct agent_config *config, uid_t uid, gid_t gid);

#endif
