/* Fuzz configuration text: whatever is accepted leaves NUL-terminated values. */
#include "fuzz/fuzz.h"

#include "base/conf.h"

struct sample {
    struct str server;
    struct str folder;
};

static const struct conf_row rows[] = {
    CONF_ROW(sample, server, "server", "", "where"),
    CONF_ROW(sample, folder, "folder", "/", "what"),
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sample s = {0};
    struct arena arena CLEANUP(arena_done) = {0};
    struct buf prefixed CLEANUP(buf_done) = {0};
    struct err err = {0};
    if (conf_parse(str_n((const char *)data, size), "fuzz", rows, ARRAY_LEN(rows), &s, &arena,
                   "sensor.", &prefixed, &err) == 0)
        FUZZ_ASSERT(s.server.ptr[s.server.len] == '\0' && s.folder.ptr[s.folder.len] == '\0');
    else
        FUZZ_ASSERT(err.message[0]);
    return 0;
}
