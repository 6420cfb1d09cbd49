/* The disk that rules may ask in `cordon detect --disk`: this machine's, for recordings of this
 * machine. What it says is of now, not of the time of the event. Files are opened only when a rule
 * comes to ask, never through a symbolic link at the path's end, regular ones alone, within limits
 * of size and of how many a second. One thread. */
#ifndef CORDON_CLI_DETECT_DISK_H
#define CORDON_CLI_DETECT_DISK_H

#include "detect/disk.h"

struct detect_disk;

struct detect_disk_stats {
    uint64_t opened;
    uint64_t unreadable; /* gone, not permitted, no regular file */
    uint64_t too_many;   /* in one second: not opened */
};

/** @return 0 or E_NOMEM */
int detect_disk_new(struct detect_disk **ret_disk) MUST_CHECK;
void detect_disk_free(struct detect_disk *d);
/** What an engine takes; lives as long as `d`. */
const struct disk *detect_disk_of(const struct detect_disk *d);
const struct detect_disk_stats *detect_disk_stats(const struct detect_disk *d);

#endif
