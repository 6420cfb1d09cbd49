/* Request targets: a decoded path must be rooted and free of dot segments and control bytes. */
#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"
#include "codec/http_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str path;
    struct str query;
    struct buf out = {0};
    struct buf name = {0};
    struct buf value = {0};
    http_target_split((struct str){(const char *)data, size}, &path, &query);
    if (http_target_path(path, &out) == 0) {
        struct str decoded = buf_str(&out);
        if (!str_starts(decoded, STR("/")) || !text_utf8_valid(decoded) ||
            str_find(decoded, STR("/../")) != SIZE_MAX || str_ends(decoded, STR("/..")) ||
            str_find_char(decoded, '\0') != SIZE_MAX || str_find(decoded, STR("//")) != SIZE_MAX)
            abort();
    }
    while (http_target_param(&query, &name, &value) == 0)
        ;
    buf_done(&out);
    buf_done(&name);
    buf_done(&value);
    return 0;
}
