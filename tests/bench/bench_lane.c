/* Writes lines of a lane, for other programs to read.
 *
 *   build/release/bench/bench_lane nested|flat-mac|flat-windows LINES > FILE
 *
 * What was written goes to standard error: lines, bytes a line, share of distinct command lines. */
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "lane.h"

int main(int argc, char **argv)
{
    const struct lane_kind *kind = argc == 3 ? lane_find(argv[1]) : NULL;
    if (!kind) {
        (void)fprintf(stderr, "usage: bench_lane nested|flat-mac|flat-windows LINES\n");
        return 64;
    }
    struct lane lane;
    lane_init(&lane, kind, LANE_SEED);
    struct buf out = {0};
    size_t bytes = 0;
    for (unsigned long lines = strtoul(argv[2], NULL, 10); lines; lines--) {
        buf_clear(&out);
        lane_next(&lane, &out);
        if (buf_check(&out) || fwrite(out.ptr, 1, out.len, stdout) != out.len)
            return 1;
        bytes += out.len;
    }
    (void)fprintf(stderr, "%s: %llu lines, %.0f bytes a line\n", kind->name,
                  (unsigned long long)lane.number,
                  lane.number ? (double)bytes / (double)lane.number : 0.0);
    buf_done(&out);
    lane_done(&lane);
    return 0;
}
