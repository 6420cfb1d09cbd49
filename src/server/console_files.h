/* The web console inside cordond: the files of console/dist, each in the forms it is sent in. The
 * table is generated at build time (cmake/CordonConsole.cmake), ordered by path; read it through
 * console.c. */
#ifndef CORDON_SERVER_CONSOLE_FILES_H
#define CORDON_SERVER_CONSOLE_FILES_H

#include <stddef.h>

#include "base/str.h"
#include "codec/http_accept.h"

struct console_file {
    struct str path;                /* "/assets/index-3f2a.js" */
    struct str type;                /* media type */
    struct str hash;                /* of the plain bytes; the entity tags are made of it */
    struct str forms[HTTP_CODINGS]; /* an empty one is not there; the plain one always is */
};

extern const struct console_file console_files[];
extern const size_t console_files_len;

#endif
