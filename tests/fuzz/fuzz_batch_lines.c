/* Fuzz the body of a batch, decompressed. */
#include <stdint.h>

#include "server/batch_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct batch_lines lines CLEANUP(batch_lines_done) = {0};
    struct err err = {0};
    (void)!batch_lines_read(str_n((const char *)data, size), STR("dev"), 11, 3, 99, &arena, &lines,
                            &err);
    return 0;
}
