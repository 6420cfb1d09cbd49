/* Every limit on foreign input and every tunable number, in one table: name, unit, default, least,
 * most, sentence. `param_default(PARAM_EVENT_BYTES)` is the number; configuration may change rows
 * marked so. */
#ifndef CORDON_SCHEMA_PARAM_H
#define CORDON_SCHEMA_PARAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* X(enum, name, unit, default, least, most, configurable, sentence) */
#define PARAM_LIST(X)                                                                              \
    X(PARAM_EVENT_BYTES, "event_bytes", "bytes", 4194304, 4096, 67108864, true,                    \
      "longest single event record")                                                               \
    X(PARAM_JSON_DEPTH, "json_depth", "levels", 64, 8, 64, false, "deepest nesting of JSON")       \
    X(PARAM_HTTP_HEAD_BYTES, "http_head_bytes", "bytes", 16384, 1024, 65536, false,                \
      "longest request head")                                                                      \
    X(PARAM_HTTP_HEADERS, "http_headers", "headers", 64, 16, 128, false, "most header fields")     \
    X(PARAM_HTTP_HEAD_MS, "http_head_timeout", "ms", 10000, 100, 60000, true,                      \
      "time a peer has to finish a request head")                                                  \
    X(PARAM_HTTP_IDLE_MS, "http_idle_timeout", "ms", 75000, 1000, 600000, true,                    \
      "time an idle connection is kept")                                                           \
    X(PARAM_HTTP_LINE_BYTES, "http_line_bytes", "bytes", 8192, 512, 65536, false,                  \
      "longest request target and longest header field")                                           \
    X(PARAM_HTTP_BODY_MS, "http_body_timeout", "ms", 30000, 100, 600000, true,                     \
      "time after which a request body must come at a least speed")                                \
    X(PARAM_HTTP_WRITE_MS, "http_write_timeout", "ms", 60000, 100, 600000, true,                   \
      "time a peer may take nothing of an answer")                                                 \
    X(PARAM_HTTP_QUEUE_BYTES, "http_queue_bytes", "bytes", 4194304, 65536, 1073741824, false,      \
      "unsent bytes of a streamed answer at which its source must wait")                           \
    X(PARAM_HTTP_CONNECTIONS, "http_connections", "connections", 65536, 16, 1000000, true,         \
      "most connections of one listener")                                                          \
    X(PARAM_HTTP_CONNECTIONS_PER_ADDRESS, "http_connections_per_address", "connections", 0, 0,     \
      1000000, true, "most connections from one address, 0 = no limit")                            \
    X(PARAM_HTTP_ACCEPTS_PER_S, "http_accepts_per_s", "connections", 1000, 1, 1000000, true,       \
      "new connections taken each second")                                                         \
    X(PARAM_WS_QUEUE_BYTES, "ws_queue_bytes", "bytes", 4194304, 65536, 67108864, false,            \
      "unsent bytes of a WebSocket at which sending is refused")                                   \
    X(PARAM_API_BODY_BYTES, "api_body_bytes", "bytes", 1048576, 1024, 16777216, true,              \
      "largest request body of the administration API")                                            \
    X(PARAM_BATCH_BYTES, "batch_bytes", "bytes", 16777216, 65536, 33554432, true,                  \
      "largest compressed batch")                                                                  \
    X(PARAM_BATCH_PLAIN_BYTES, "batch_plain_bytes", "bytes", 33554432, 262144, 268435456, true,    \
      "largest batch after decompression")                                                         \
    X(PARAM_BATCH_EVENTS, "batch_events", "events", 20000, 100, 200000, true,                      \
      "most events in one batch")                                                                  \
    X(PARAM_WS_MESSAGE_BYTES, "ws_message_bytes", "bytes", 1048576, 4096, 16777216, false,         \
      "largest WebSocket message of the device channel")                                           \
    X(PARAM_IMSG_BYTES, "imsg_bytes", "bytes", 8388608, 4096, 67108864, false,                     \
      "largest message between the agent's processes")                                             \
    X(PARAM_SPOOL_BYTES, "spool_bytes", "bytes", 268435456, 1048576, 17179869184, true,            \
      "most disk the agent's spool takes")                                                         \
    X(PARAM_RULESET_BYTES, "ruleset_bytes", "bytes", 268435456, 1048576, 1073741824, false,        \
      "largest ruleset file")                                                                      \
    X(PARAM_YARA_BYTES, "yara_bytes", "bytes", 4194304, 65536, 8000000, false,                     \
      "largest file of YARA rules that devices get")                                               \
    X(PARAM_YARA_FILES, "yara_files", "files", 2000, 10, 20000, false,                             \
      "most files of YARA rules that devices get")                                                 \
    X(PARAM_LIST_BYTES, "list_bytes", "bytes", 33554432, 65536, 268435456, false,                  \
      "largest text of a prevent list")                                                            \
    X(PARAM_LIST_ENTRIES, "list_entries", "entries", 500000, 1000, 5000000, false,                 \
      "most entries of prevent lists")                                                             \
    X(PARAM_PREVENT_UPDATES_S, "prevent_updates_interval", "s", 3600, 1, 2592000, true,            \
      "time between two looks for an update of the prevent lists")                                 \
    X(PARAM_LIST_LINE_BYTES, "list_line_bytes", "bytes", 8192, 1024, 65536, false,                 \
      "longest line of a prevent list")                                                            \
    X(PARAM_COMMAND_ARGS_BYTES, "command_args_bytes", "bytes", 262144, 1024, 1048576, false,       \
      "largest arguments of one command")                                                          \
    X(PARAM_COMMAND_TTL_S, "command_ttl", "s", 86400, 10, 2592000, true,                           \
      "time after which an undelivered command expires")                                           \
    X(PARAM_SENSOR_RESTART_MS, "sensor_restart", "ms", 5000, 1, 3600000, true,                     \
      "first delay before a failed sensor is restarted; doubles")                                  \
    X(PARAM_SENSOR_RESTART_MOST_MS, "sensor_restart_most", "ms", 300000, 1, 86400000, true,        \
      "longest delay before a failed sensor is restarted")                                         \
    X(PARAM_SENSOR_HEALTHY_MS, "sensor_healthy", "ms", 60000, 1, 86400000, true,                   \
      "a sensor that ran so long counts as healthy again")                                         \
    X(PARAM_PING_MS, "ping_interval", "ms", 30000, 1000, 300000, true,                             \
      "how often the device channel is checked for life")                                          \
    X(PARAM_ENROLL_TOKEN_TTL_S, "enroll_token_ttl", "s", 86400, 60, 31536000, true,                \
      "life of an enrollment token")                                                               \
    X(PARAM_ENROLL_FILE_USES, "enrollment_uses", "devices", 1, 1, 1000, true,                      \
      "how many devices the token of enrollment_file enrols")                                      \
    X(PARAM_LOGIN_FAILURES, "login_failures", "attempts", 20, 1, 1000, true,                       \
      "failed log-ins of one address before it must wait")                                         \
    X(PARAM_LOGIN_FAILURE_S, "login_failure_wait", "s", 3, 1, 3600, true,                          \
      "time for one failed log-in to be forgotten")                                                \
    X(PARAM_DEVICE_CERT_DAYS, "device_certificate_days", "days", 365, 1, 825, true,                \
      "life of a device certificate")                                                              \
    X(PARAM_PAGE_ITEMS, "page_items", "items", 100, 1, 1000, false,                                \
      "items on one page of a list when the caller names no number")                               \
    X(PARAM_FREE_BYTES_LEAST, "free_bytes_least", "bytes", 268435456, 0, 1099511627776, true,      \
      "free space below which new batches are refused")                                            \
    X(PARAM_ROLLBACK_S, "self_isolation_rollback", "s", 300, 5, 3600, true,                        \
      "time after which isolating the server's own host undoes itself unless confirmed")           \
    X(PARAM_SEGMENT_BYTES, "segment_bytes", "bytes", 67108864, 65536, 4294967296, true,            \
      "size at which a telemetry segment is sealed")                                               \
    X(PARAM_SEGMENT_AGE_S, "segment_age", "s", 3600, 1, 86400, true,                               \
      "age at which a telemetry segment is sealed")                                                \
    X(PARAM_STORE_QUEUE, "store_queue", "units", 4096, 16, 65536, true,                            \
      "units of work that wait for the store before new ones are refused")                         \
    X(PARAM_STORE_QUEUE_BYTES, "store_queue_bytes", "bytes", 134217728, 1048576, 4294967296, true, \
      "compressed telemetry that waits for the store before new batches are refused")              \
    X(PARAM_BATCH_ALERTS, "batch_alerts", "alerts", 5000, 10, 50000, true,                         \
      "most alerts in one batch")                                                                  \
    X(PARAM_FACTS_BYTES, "facts_bytes", "bytes", 262144, 4096, 4194304, true,                      \
      "largest facts or health report of a device")                                                \
    X(PARAM_ACTION_DEVICES, "action_devices", "devices", 10, 1, 1000, true,                        \
      "devices one order may name without a second person")                                        \
    X(PARAM_ACTION_DEVICES_MOST, "action_devices_most", "devices", 1000, 1, 10000, true,           \
      "devices one order may name at all")                                                         \
    X(PARAM_APPROVAL_S, "approval_window", "s", 86400, 60, 2592000, true,                          \
      "time after which an order nobody approved lapses")                                          \
    X(PARAM_STREAM_MESSAGES, "stream_messages", "messages", 4096, 64, 1048576, true,               \
      "messages of the live stream that are kept for readers that come back")                      \
    X(PARAM_STREAM_ALERTS_PER_S, "stream_alerts_per_s", "alerts", 50, 1, 1000000, true,            \
      "alerts told one by one on the live stream each second; the others as a number")             \
    X(PARAM_STREAM_DEVICE_MS, "stream_device_interval", "ms", 250, 1, 60000, false,                \
      "least time between two messages of the live stream about one device")                       \
    X(PARAM_STREAM_BEAT_MS, "stream_heartbeat", "ms", 15000, 1000, 60000, false,                   \
      "time between two signs of life on the live stream")                                         \
    X(PARAM_STREAMS, "streams", "streams", 1000, 1, 100000, false, "open live streams")            \
    X(PARAM_HUNTS_RUNNING, "hunts_running", "hunts", 2, 1, 64, false, "hunts that run at once")    \
    X(PARAM_HUNTS_QUEUED, "hunts_queued", "hunts", 32, 1, 1000, false, "hunts that wait")          \
    X(PARAM_HUNT_THREADS, "hunt_threads", "threads", 2, 1, 64, true, "threads of one hunt")        \
    X(PARAM_HUNT_RESULTS, "hunt_results", "results", 10000, 1, 1000000, false,                     \
      "results that a hunt keeps; further matches are counted")                                    \
    X(PARAM_HUNT_RESULT_BYTES, "hunt_result_bytes", "bytes", 67108864, 65536, 1073741824, false,   \
      "size of the results that a hunt keeps")                                                     \
    X(PARAM_HUNT_CORRELATION_BYTES, "hunt_correlation_bytes", "bytes", 134217728, 65536,           \
      4294967296, false, "size of the events that a hunt keeps for its correlations")              \
    X(PARAM_HUNTS_KEPT, "hunts_kept", "hunts", 200, 1, 10000, false,                               \
      "newest hunts that are kept with their results")                                             \
    X(PARAM_HUNT_TEXT_BYTES, "hunt_text_bytes", "bytes", 2097152, 1024, 16777216, false,           \
      "largest expression or rule text of a hunt")                                                 \
    X(PARAM_SCAN_BYTES, "scan_bytes", "bytes", 67108864, 65536, 1073741824, false,                 \
      "largest file that is sent to the server for a scan")                                        \
    X(PARAM_SCAN_S, "scan_time", "s", 10, 1, 3600, false,                                          \
      "longest scan of one file by the server")                                                    \
    X(PARAM_SCANS, "scans", "scans", 4, 1, 64, false,                                              \
      "files that are received, wait or are scanned by the server at a time")                      \
    X(PARAM_STREAMS_PER_SESSION, "streams_per_session", "streams", 8, 1, 1000, false,              \
      "open live streams of one session")

enum param_id {
#define PARAM_ENUM(id, name, unit, def, least, most, configurable, doc) id,
    PARAM_LIST(PARAM_ENUM)
#undef PARAM_ENUM
        PARAM_COUNT
};

struct param_row {
    struct str name;
    struct str unit;
    int64_t value; /* default */
    int64_t least;
    int64_t most;
    bool configurable;
    struct str doc;
};

extern const struct param_row param_table[PARAM_COUNT];

/** Default of a row; a constant load. */
static inline int64_t param_default(enum param_id id)
{
    return param_table[id].value;
}

/** Row by name, or NULL. */
const struct param_row *param_find(struct str name);

#endif
