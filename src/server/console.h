/* The web console: what cordond answers on the administration listener where no route of the API
 * is. Files come from the table inside the program alone (console_files.h), never from a disk, so a
 * path can name nothing else. */
#ifndef CORDON_SERVER_CONSOLE_H
#define CORDON_SERVER_CONSOLE_H

#include "net/http_req.h"
#include "server/console_files.h"

/** What the built page has in place of its nonce. */
#define CONSOLE_NONCE_PLACEHOLDER "CORDON-NONCE-PLACEHOLDER-0000000"

enum console_kind {
    CONSOLE_NOTHING, /* 404 */
    CONSOLE_PAGE,    /* index.html; the console finds out itself what the path means */
    CONSOLE_ASSET,   /* its name changes with its content: to be kept for ever */
    CONSOLE_FILE     /* any other file, to be asked for again */
};

/**
 * What a path is. Every path without a file extension that does not belong to the API, the device
 * protocol or the probes is the page; anything else is exactly a file's path, or nothing.
 *
 * @param path     decoded, as http_req_path gives it
 * @param ret_file filled unless CONSOLE_NOTHING
 */
enum console_kind console_find(struct str path, const struct console_file **ret_file);

/** Answer a request that no route of the administration listener matches; finishes it. */
void console_answer(struct http_req *req);

#endif
