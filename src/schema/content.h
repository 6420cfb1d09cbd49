/* Detection content that travels inside the programs: the files of content/analytics, byte for
 * byte, in the order of their names. The table is generated at build time
 * (cmake/CordonContent.cmake). */
#ifndef CORDON_SCHEMA_CONTENT_H
#define CORDON_SCHEMA_CONTENT_H

#include <stddef.h>

#include "base/str.h"

struct content_file {
    struct str name; /* "keychain_access.yml" */
    struct str bytes;
};

extern const struct content_file content_analytics[];
extern const size_t content_analytics_len;

#endif
