/* The agent's configuration file: "key = value" lines, '#' comments. Keys are rows of one table; an
 * unknown key is an error with its place and a suggestion. Keys that begin with "sensor." belong to
 * the sensor. */
#ifndef CORDON_AGENT_CONFIG_H
#define CORDON_AGENT_CONFIG_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "schema/mac.h"

#ifdef __APPLE__
#define AGENT_CONFIG_PATH MAC_FOLDER "/agent.conf"
#define AGENT_STATE_DIR   MAC_FOLDER "/State"
#else
#define AGENT_CONFIG_PATH "/etc/cordon/agent.conf"
#define AGENT_STATE_DIR   "/var/lib/cordon-agent"
#endif

/* X(member, key, default, sentence) */
#define AGENT_CONFIG_LIST(X)                                                                       \
    X(server, "server", "", "address of the device listener, https://host:port")                   \
    X(ca_fingerprint, "ca_fingerprint", "", "SHA-256 of the server's CA certificate, hex")         \
    X(state_dir, "state_dir", AGENT_STATE_DIR, "folder for keys, spool and state")                 \
    X(sensor, "sensor", "", "linux, eslogger, replay or noop; empty = the platform's best")        \
    X(netns, "netns", "", "network namespace to enter after the sensors are open (Linux)")         \
    X(analyst_user, "analyst_user", "", "account the analyst runs as; empty = nobody")             \
    X(uplink_user, "uplink_user", "", "account the uplink runs as; empty = nobody")                \
    X(prevent, "prevent", "deny",                                                                  \
      "programs of the prevent lists: deny (kept from starting where the system can), kill "       \
      "(ended once they run) or off")                                                              \
    X(log_level, "log_level", "info", "debug, info, warn or error")                                \
    X(log_format, "log_format", "text", "text or json")                                            \
    X(spool_bytes, "spool_bytes", "", "most disk the spool takes, bytes")

struct agent_config {
#define AGENT_CONFIG_MEMBER(member, key, def, doc) struct str member;
    AGENT_CONFIG_LIST(AGENT_CONFIG_MEMBER)
#undef AGENT_CONFIG_MEMBER
    struct str sensor_options; /* "key=value\n" lines of the sensor. keys, prefix removed */
};

/**
 * Read a configuration text.
 * @param text   borrowed for the call; values are NUL-terminated copies in the arena
 * @param source name for error places
 * @return 0, E_PARSE (unknown key, missing '='), E_ARG (a value that is none of the key's), E_NOMEM
 */
int agent_config_parse(struct str text, const char *source, struct arena *arena,
                       struct agent_config *ret_config, struct err *err) MUST_CHECK;
/** Read the file. @return also E_NOT_FOUND, E_DENIED, E_LIMIT */
int agent_config_load(const char *path, struct arena *arena, struct agent_config *ret_config,
                      struct err *err) MUST_CHECK;
/** The spool's cap in bytes, checked against the parameter table. */
int agent_config_spool_bytes(const struct agent_config *c, uint64_t *ret_bytes,
                             struct err *err) MUST_CHECK;
/** Append the table as help text: key, default, sentence. */
void agent_config_help(struct buf *out);

#endif
