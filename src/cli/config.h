/* What `cordon login` remembers: which server, which CA it must show, and the token. One JSON file,
 * readable by its owner alone. Precedence of what a command uses: options, then environment, then
 * this file. */
#ifndef CORDON_CLI_CONFIG_H
#define CORDON_CLI_CONFIG_H

#include "base/buf.h"
#include "base/err.h"

/** Owned strings; NULL = not set. `{0}` is empty. */
struct config {
    char *server;  /* "https://host:port", no slash at the end */
    char *ca;      /* SHA-256 of the CA certificate the server must chain to, 64 hex digits */
    char *token;   /* secret */
    char *user;    /* whom the token belongs to, for messages */
    char *expires; /* RFC 3339, for messages */
};

/** For CLEANUP(config_done). Wipes the token. */
void config_done(struct config *c);

/**
 * Append the path of the file: $CORDON_CONFIG, else $XDG_CONFIG_HOME/cordon/config.json, else
 * ~/.config/cordon/config.json.
 * @return 0, E_NOT_FOUND (no home folder is known)
 */
int config_path(struct buf *out, struct err *err) MUST_CHECK;

/**
 * Read the file.
 * @return 0; E_NOT_FOUND; E_DENIED (others may read it: it holds a secret); E_PARSE, E_IO, E_NOMEM
 */
int config_load(const char *path, struct config *ret_config, struct err *err) MUST_CHECK;

/** Write the file, mode 0600, and its folder, mode 0700, as one step. */
int config_save(const char *path, const struct config *c, struct err *err) MUST_CHECK;

/**
 * A fingerprint as it is kept: 64 lower-case hex digits. Colons, spaces and capitals are accepted.
 * @return 0; E_ARG; E_NOMEM
 */
int config_fingerprint(const char *text, char **ret_hex, struct err *err) MUST_CHECK;

/**
 * The server as it is kept: "https://host" or "https://host:port".
 * @return 0; E_ARG (no https, no host, a path, or a name and password in it); E_NOMEM
 */
int config_server(const char *url, char **ret_server, struct err *err) MUST_CHECK;

#endif
