/* The administration API for the fleet commands: one call for every row of schema/route.h, with the
 * server, its CA and the token that were configured. Answers are jansson values; a problem answer
 * becomes an error with the server's own sentence. Source: docs/api.md. */
#ifndef CORDON_CLI_API_H
#define CORDON_CLI_API_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "schema/route.h"

struct api;

/** Options that every fleet command shares. */
extern const struct opt_row api_shared_rows[];

/**
 * Take server, CA and token from the options, the environment (CORDON_SERVER, CORDON_FINGERPRINT,
 * CORDON_TOKEN) and the configuration file, in this order. CA and token of the file are only used
 * with the server of the file. Connects to nobody yet.
 * @return 0; E_AUTH (never logged in), E_ARG, E_DENIED, E_PARSE, E_NOMEM
 */
int api_open(const struct opt *opt, struct api **ret_api, struct err *err) MUST_CHECK;
/** For a server that was named and whose CA is in `config`, without a token. Copies. */
int api_open_config(const struct config *config, struct api **ret_api, struct err *err) MUST_CHECK;
void api_free(struct api *api);
/** For CLEANUP(api_freep). */
void api_freep(struct api **api);
/** For CLEANUP(json_freep). */
void json_freep(json_t **json);

/** What is sent; `{0}` is a call without parameter, query and body. */
struct api_request {
    struct str id;       /* value of the path's braced part */
    struct str query;    /* without '?', made with api_query_add */
    json_t *body;        /* borrowed; NULL = none */
    int file;            /* instead of the body, from its position on; */
    uint64_t file_bytes; /* 0 = no file */
};

/**
 * Call a route.
 *
 * @param ret_answer replaced by a new reference (start with NULL); may be NULL; JSON null for an
 * answer without content
 * @return 0; the code that the server names (E_NOT_FOUND, E_DENIED ...) with its sentence; E_AUTH,
 * E_CONNECT, E_CRYPTO (the certificate is not the pinned CA's), E_TIMEOUT, E_PARSE (no JSON),
 * E_NOMEM
 */
int api_call(struct api *api, enum route_id route, const struct api_request *request,
             json_t **ret_answer, struct err *err) MUST_CHECK;

/**
 * Collect the items of a list over all its pages.
 * @param most       stop after this many items; 0 = all
 * @param ret_items  replaced by a new reference to an array (start with NULL)
 */
int api_list(struct api *api, enum route_id route, struct str query, int64_t most,
             json_t **ret_items, struct err *err) MUST_CHECK;
/** The same for a route with a parameter in its path. */
int api_list_of(struct api *api, enum route_id route, struct str id, struct str query, int64_t most,
                json_t **ret_items, struct err *err) MUST_CHECK;

/** Append "key=value" with '&' before it when the query is not empty; escapes the value. Nothing
 * for a NULL value. */
void api_query_add(struct buf *query, const char *key, const char *value);

/** The server's address, for messages; lives as long as the api. */
const char *api_server(const struct api *api);

#endif
