/* The analyst: the process that parses everything hostile and detects. Own user, no network, no
 * files; it lives on its sockets to the monitor and the uplink. Started by the monitor as
 * `cordon-agent --role analyst`. */
#ifndef CORDON_AGENT_ANALYST_H
#define CORDON_AGENT_ANALYST_H

#include <sys/types.h>

/**
 * Run until the monitor stops it or goes away.
 * @param fd   socket to the monitor, taken
 * @param uid  account to become (0 = stay)  @param gid its group
 * @return exit status
 */
int analyst_main(int fd, uid_t uid, gid_t gid);

#endif
