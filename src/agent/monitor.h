/* The monitor: the agent's root process. Opens the sensors, enforces, runs actions; parses nothing
 * hostile but fixed frames and signed bytes; starts and watches analyst and uplink. */
#ifndef CORDON_AGENT_MONITOR_H
#define CORDON_AGENT_MONITOR_H

#include "agent/config.h"

/**
 * Run until SIGTERM or SIGINT.
 * @param program     absolute path of cordon-agent, to start the children
 * @param config_path where `config` came from
 * @return exit status
 */
int monitor_main(const char *program, const char *config_path, const struct agent_config *config);

#endif
