/* cordond's configuration file: "key = value" lines; the command line may set single keys. */
#ifndef CORDON_SERVER_CONFIG_H
#define CORDON_SERVER_CONFIG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "schema/param.h"

/* X(member, key, default, sentence) */
#define SERVER_CONFIG_LIST(X)                                                                      \
    X(data_dir, "data_dir", "/var/lib/cordon", "folder for database, telemetry and rulesets")      \
    X(keys_dir, "keys_dir", "/etc/cordon/keys", "folder for sealed keys, outside the data folder") \
    X(kek, "kek", "credential",                                                                    \
      "what unseals the keys: credential, key-file:PATH, passphrase-file:PATH or "                 \
      "development:PATH")                                                                          \
    X(admin_listen, "admin_listen", "127.0.0.1:8443", "address of the API and the console")        \
    X(device_listen, "device_listen", "0.0.0.0:8444", "address devices connect to")                \
    X(names, "names", "localhost,127.0.0.1", "host names and addresses of the server certificate") \
    X(device_addresses, "device_addresses", "",                                                    \
      "ip:port list an isolated device may still reach; empty = device_listen and numeric names")  \
    X(quiet_kinds, "quiet_kinds", "",                                                              \
      "event kinds that devices match against the rules but do not send, comma-separated")         \
    X(enrollment_file, "enrollment_file", "",                                                      \
      "file that gets a fresh enrollment token at each start, for the agent of this machine")      \
    X(enrollment_uses, "enrollment_uses", "", "how many devices that token enrols; empty = 1")     \
    X(own_hostname, "own_hostname", "", "host name of this machine; empty = ask the system")       \
    X(prevent_updates, "prevent_updates", "",                                                      \
      "signed prevent list that is looked at regularly: a file, or an https address")              \
    X(prevent_updates_key, "prevent_updates_key", "",                                              \
      "file with the public key (PEM, P-256) that signs it, for nothing else")                     \
    X(prevent_updates_interval, "prevent_updates_interval", "", "seconds between two looks")       \
    X(log_level, "log_level", "info", "debug, info, warn or error")                                \
    X(log_format, "log_format", "text", "text or json")                                            \
    X(free_bytes_least, "free_bytes_least", "", "free space below which new batches are refused")  \
    X(segment_bytes, "segment_bytes", "", "size at which a telemetry file is sealed")              \
    X(segment_age, "segment_age", "", "age in seconds at which a telemetry file is sealed")        \
    X(hunt_threads, "hunt_threads", "", "threads of one hunt; empty = 2")                          \
    X(stream_messages, "stream_messages", "",                                                      \
      "messages of the live stream that are kept for readers that come back")                      \
    X(stream_alerts_per_s, "stream_alerts_per_s", "",                                              \
      "alerts told one by one on the live stream each second")

struct server_config {
#define SERVER_CONFIG_MEMBER(member, key, def, doc) struct str member;
    SERVER_CONFIG_LIST(SERVER_CONFIG_MEMBER)
#undef SERVER_CONFIG_MEMBER
};

/** Read a file, or only the defaults when `path` is NULL. Errors of conf_parse and file_read. */
int server_config_load(const char *path, struct arena *arena, struct server_config *ret_config,
                       struct err *err) MUST_CHECK;
/** Set one key from "key=value". @return 0, E_ARG (no '='), E_PARSE (unknown key), E_NOMEM */
int server_config_set(struct server_config *c, struct str assignment, struct arena *arena,
                      struct err *err) MUST_CHECK;
/** The number of a key whose name is a row of the parameter table; empty text = its default.
 * @return 0, E_ARG (no number, or outside the row's bounds) */
int server_config_number(struct str text, enum param_id id, int64_t *ret,
                         struct err *err) MUST_CHECK;
void server_config_help(struct buf *out);

#endif
