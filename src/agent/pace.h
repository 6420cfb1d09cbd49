/* How long the agent's processes wait at most between tries: one number for restarts, reconnects
 * and posts, so that a build with fail points, which is killed hundreds of times, comes back
 * quickly. */
#ifndef CORDON_AGENT_PACE_H
#define CORDON_AGENT_PACE_H

#ifdef CORDON_FAILPOINTS
enum { PACE_RESTART_MOST_MS = 500, PACE_RETRY_FIRST_MS = 100, PACE_RETRY_MOST_MS = 1000 };
#else
enum { PACE_RESTART_MOST_MS = 10000, PACE_RETRY_FIRST_MS = 500, PACE_RETRY_MOST_MS = 60000 };
#endif

#endif
