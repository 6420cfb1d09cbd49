/* Files that travel inside the programs, byte for byte: detection content (content/analytics, in
 * the order of the names) and documents that the server gives out. The tables are generated at
 * build time (cmake/CordonContent.cmake). */
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

extern const struct content_file content_prevent[]; /* lists of content/prevent */
extern const size_t content_prevent_len;

extern const struct content_file content_yara[]; /* signatures of content/yara, a rule each */
extern const size_t content_yara_len;

extern const struct content_file content_documents[]; /* openapi.yaml */
extern const size_t content_documents_len;

#endif
