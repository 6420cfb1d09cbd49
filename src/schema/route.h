/* Every HTTP route of cordond: one row each. Listener, method, path pattern, permission, body
 * limit, answer. The server binds a handler to each row (a test proves it); the API reference and
 * the command line's client go by the same rows. A path part in braces is a parameter. */
#ifndef CORDON_SCHEMA_ROUTE_H
#define CORDON_SCHEMA_ROUTE_H

#include <stdint.h>

#include "base/str.h"

enum route_listener { LISTENER_ADMIN, LISTENER_DEVICE };

/* Who may call: nobody in particular, a device with its certificate, or a person with a permission.
 */
enum route_auth { AUTH_NONE, AUTH_DEVICE, AUTH_PERSON };

/* X(enum, listener, method, path, auth, permission name or "", most body bytes, sentence) */
#define ROUTE_LIST(X)                                                                              \
    X(ROUTE_LIVEZ, LISTENER_ADMIN, "GET", "/livez", AUTH_NONE, "", 0, "the process runs")          \
    X(ROUTE_READYZ, LISTENER_ADMIN, "GET", "/readyz", AUTH_NONE, "", 0,                            \
      "the store is open and has space")                                                           \
    X(ROUTE_METRICS, LISTENER_ADMIN, "GET", "/metrics", AUTH_PERSON, "metrics.read", 0,            \
      "Prometheus text format")                                                                    \
    X(ROUTE_OPENAPI, LISTENER_ADMIN, "GET", "/api/v1/openapi.yaml", AUTH_PERSON, "self", 0,        \
      "this API's description, OpenAPI 3.1")                                                       \
    X(ROUTE_SESSION, LISTENER_ADMIN, "GET", "/api/v1/session", AUTH_PERSON, "self", 0,             \
      "who is signed in, until when, with the CSRF text of a browser")                             \
    X(ROUTE_SESSION_CREATE, LISTENER_ADMIN, "POST", "/api/v1/session", AUTH_NONE, "", 65536,       \
      "name and password for a session in a browser's cookie")                                     \
    X(ROUTE_SESSION_END, LISTENER_ADMIN, "DELETE", "/api/v1/session", AUTH_PERSON, "self", 0,      \
      "end the session used and clear the cookie")                                                 \
    X(ROUTE_LOGIN, LISTENER_ADMIN, "POST", "/api/v1/login", AUTH_NONE, "", 65536,                  \
      "name and password for a token that expires")                                                \
    X(ROUTE_LOGOUT, LISTENER_ADMIN, "POST", "/api/v1/logout", AUTH_PERSON, "self", 0,              \
      "end the token used")                                                                        \
    X(ROUTE_WHOAMI, LISTENER_ADMIN, "GET", "/api/v1/whoami", AUTH_PERSON, "self", 0,               \
      "who the token belongs to and what it may do")                                               \
    X(ROUTE_PASSWORD, LISTENER_ADMIN, "POST", "/api/v1/password", AUTH_PERSON, "self", 65536,      \
      "change the own password")                                                                   \
    X(ROUTE_STREAM, LISTENER_ADMIN, "GET", "/api/v1/stream", AUTH_PERSON, "self", 0,               \
      "what changes, as it happens (server-sent events)")                                          \
    X(ROUTE_OVERVIEW, LISTENER_ADMIN, "GET", "/api/v1/overview", AUTH_PERSON, "devices.read", 0,   \
      "counts of devices, alerts and actions")                                                     \
    X(ROUTE_DEVICES, LISTENER_ADMIN, "GET", "/api/v1/devices", AUTH_PERSON, "devices.read", 0,     \
      "list of devices")                                                                           \
    X(ROUTE_DEVICE, LISTENER_ADMIN, "GET", "/api/v1/devices/{id}", AUTH_PERSON, "devices.read", 0, \
      "one device with facts, health and isolation")                                               \
    X(ROUTE_DEVICE_REVOKE, LISTENER_ADMIN, "POST", "/api/v1/devices/{id}/revoke", AUTH_PERSON,     \
      "devices.revoke", 65536, "refuse the device from now on and close its connection")           \
    X(ROUTE_ALERTS, LISTENER_ADMIN, "GET", "/api/v1/alerts", AUTH_PERSON, "alerts.read", 0,        \
      "list of alerts")                                                                            \
    X(ROUTE_ALERT, LISTENER_ADMIN, "GET", "/api/v1/alerts/{id}", AUTH_PERSON, "alerts.read", 0,    \
      "one alert with its processes and its event")                                                \
    X(ROUTE_ALERT_ACK, LISTENER_ADMIN, "POST", "/api/v1/alerts/{id}/ack", AUTH_PERSON,             \
      "alerts.write", 65536, "somebody looks at it")                                               \
    X(ROUTE_ALERT_CLOSE, LISTENER_ADMIN, "POST", "/api/v1/alerts/{id}/close", AUTH_PERSON,         \
      "alerts.write", 65536, "dealt with, with a reason")                                          \
    X(ROUTE_ALERT_REOPEN, LISTENER_ADMIN, "POST", "/api/v1/alerts/{id}/reopen", AUTH_PERSON,       \
      "alerts.write", 65536, "acknowledged or closed, and open again, with a reason")              \
    X(ROUTE_ACTION_TYPES, LISTENER_ADMIN, "GET", "/api/v1/action-types", AUTH_PERSON,              \
      "actions.read", 0, "everything that can be done to a device, with its arguments")            \
    X(ROUTE_ACTIONS, LISTENER_ADMIN, "GET", "/api/v1/actions", AUTH_PERSON, "actions.read", 0,     \
      "list of actions")                                                                           \
    X(ROUTE_ACTION_CREATE, LISTENER_ADMIN, "POST", "/api/v1/actions", AUTH_PERSON,                 \
      "actions.create", 1048576, "order an action for one or more devices")                        \
    X(ROUTE_ACTION, LISTENER_ADMIN, "GET", "/api/v1/actions/{id}", AUTH_PERSON, "actions.read", 0, \
      "one action with its result")                                                                \
    X(ROUTE_ACTION_CANCEL, LISTENER_ADMIN, "POST", "/api/v1/actions/{id}/cancel", AUTH_PERSON,     \
      "actions.create", 65536, "withdraw it while it was not delivered")                           \
    X(ROUTE_ACTION_CONFIRM, LISTENER_ADMIN, "POST", "/api/v1/actions/{id}/confirm", AUTH_PERSON,   \
      "actions.create", 65536, "keep an isolation of the server's own host that would roll back")  \
    X(ROUTE_TOKENS, LISTENER_ADMIN, "GET", "/api/v1/enrollment-tokens", AUTH_PERSON,               \
      "enrollment.read", 0, "list of enrollment tokens, without their secret")                     \
    X(ROUTE_TOKEN_CREATE, LISTENER_ADMIN, "POST", "/api/v1/enrollment-tokens", AUTH_PERSON,        \
      "enrollment.write", 65536, "new enrollment token; its secret is shown once")                 \
    X(ROUTE_TOKEN_REVOKE, LISTENER_ADMIN, "POST", "/api/v1/enrollment-tokens/{id}/revoke",         \
      AUTH_PERSON, "enrollment.write", 65536, "refuse the token from now on")                      \
    X(ROUTE_RULESETS, LISTENER_ADMIN, "GET", "/api/v1/rulesets", AUTH_PERSON, "rules.read", 0,     \
      "list of rulesets, the active one marked")                                                   \
    X(ROUTE_RULES_UPLOAD, LISTENER_ADMIN, "POST", "/api/v1/rulesets", AUTH_PERSON, "rules.write",  \
      16777216, "compile, sign and activate Sigma and YARA rules (YAML) beside the built-in ones") \
    X(ROUTE_LIST_ENTRIES, LISTENER_ADMIN, "GET", "/api/v1/lists/entries", AUTH_PERSON,             \
      "lists.read", 0, "entries of the prevent and allow lists")                                   \
    X(ROUTE_LIST_ADD, LISTENER_ADMIN, "POST", "/api/v1/lists/entries", AUTH_PERSON, "lists.write", \
      16777216, "add entries, and give devices the ruleset with them")                             \
    X(ROUTE_LIST_REMOVE, LISTENER_ADMIN, "DELETE", "/api/v1/lists/entries/{id}", AUTH_PERSON,      \
      "lists.write", 0, "take an entry back, and give devices the ruleset without it")             \
    X(ROUTE_EXCEPTIONS, LISTENER_ADMIN, "GET", "/api/v1/exceptions", AUTH_PERSON, "rules.read", 0, \
      "exceptions to rules, and what each hid")                                                    \
    X(ROUTE_EXCEPTION_ADD, LISTENER_ADMIN, "POST", "/api/v1/exceptions", AUTH_PERSON,              \
      "rules.write", 65536, "add or replace an exception, and give devices the ruleset with it")   \
    X(ROUTE_EXCEPTION_REMOVE, LISTENER_ADMIN, "DELETE", "/api/v1/exceptions/{id}", AUTH_PERSON,    \
      "rules.write", 0, "take an exception back, and give devices the ruleset without it")         \
    X(ROUTE_HUNTS, LISTENER_ADMIN, "GET", "/api/v1/hunts", AUTH_PERSON, "events.read", 0,          \
      "list of hunts")                                                                             \
    X(ROUTE_HUNT_CREATE, LISTENER_ADMIN, "POST", "/api/v1/hunts", AUTH_PERSON, "hunts.run",        \
      4194304, "look for an expression, or for what rules match, in stored telemetry")             \
    X(ROUTE_HUNT, LISTENER_ADMIN, "GET", "/api/v1/hunts/{id}", AUTH_PERSON, "events.read", 0,      \
      "one hunt: state, progress, what each rule matched")                                         \
    X(ROUTE_HUNT_RESULTS, LISTENER_ADMIN, "GET", "/api/v1/hunts/{id}/results", AUTH_PERSON,        \
      "events.read", 0, "what a hunt found, by event time")                                        \
    X(ROUTE_HUNT_CANCEL, LISTENER_ADMIN, "POST", "/api/v1/hunts/{id}/cancel", AUTH_PERSON,         \
      "hunts.run", 0, "end it; what it found is kept")                                             \
    X(ROUTE_SCAN, LISTENER_ADMIN, "POST", "/api/v1/scans", AUTH_PERSON, "hunts.run", 67108864,     \
      "look for the YARA rules and the prevent lists of a ruleset in a file")                      \
    X(ROUTE_AUDIT, LISTENER_ADMIN, "GET", "/api/v1/audit", AUTH_PERSON, "audit.read", 0,           \
      "audit log, newest first")                                                                   \
    X(ROUTE_ENROLL, LISTENER_DEVICE, "POST", "/device/v1/enroll", AUTH_NONE, "", 65536,            \
      "token and certificate request for a device certificate")                                    \
    X(ROUTE_RENEW, LISTENER_DEVICE, "POST", "/device/v1/renew", AUTH_DEVICE, "", 65536,            \
      "certificate request for a new certificate")                                                 \
    X(ROUTE_CHANNEL, LISTENER_DEVICE, "GET", "/device/v1/channel", AUTH_DEVICE, "", 0,             \
      "the held connection (WebSocket)")                                                           \
    X(ROUTE_BATCH, LISTENER_DEVICE, "POST", "/device/v1/batch", AUTH_DEVICE, "", 16777216,         \
      "events and alerts; answered after the commit")                                              \
    X(ROUTE_RULESET, LISTENER_DEVICE, "GET", "/device/v1/ruleset/{version}", AUTH_DEVICE, "", 0,   \
      "signed ruleset file")                                                                       \
    X(ROUTE_PLAN, LISTENER_DEVICE, "GET", "/device/v1/plan/{version}", AUTH_DEVICE, "", 0,         \
      "signed plan file")

enum route_id {
#define ROUTE_ENUM(id, listener, method, path, auth, permission, body, doc) id,
    ROUTE_LIST(ROUTE_ENUM)
#undef ROUTE_ENUM
        ROUTE_COUNT
};

struct route_row {
    enum route_listener listener;
    enum route_auth auth;
    struct str method;
    struct str path;
    struct str permission; /* name in the permission table, "self" for any person, or empty */
    uint32_t body_bytes;
    struct str doc;
};

extern const struct route_row route_table[ROUTE_COUNT];

enum { ROUTE_PARAMS_MAX = 4, ROUTE_ALLOW_BYTES = 64 };

struct route_match {
    enum route_id id;
    struct str params[ROUTE_PARAMS_MAX]; /* values of the braced parts, in path order */
    size_t params_len;
};

/**
 * Find the row for a request.
 * @return 0, E_NOT_FOUND (no such path on this listener), E_UNSUPPORTED (path known, other method)
 */
int route_find(enum route_listener listener, struct str method, struct str path,
               struct route_match *ret_match);

/**
 * The methods a path knows, as the value of an Allow field: "GET, HEAD, POST".
 * @return bytes written without the NUL; 0 when there is no such path. `text` is always terminated.
 */
size_t route_allow(enum route_listener listener, struct str path, char text[ROUTE_ALLOW_BYTES]);

#endif
