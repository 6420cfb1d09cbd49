/* The disk that rules may ask (detect/disk.h): this machine's, for events of this machine. What it
 * says is of now, not of the time of the event. Files are opened only when a rule comes to ask, as
 * collect/filelook.h does it, each once an event. Reads files, so whoever must not block or has no
 * right to them cannot use it: the command line does, the agent's analyst does not. One thread. */
#ifndef CORDON_DEVICE_RULE_DISK_H
#define CORDON_DEVICE_RULE_DISK_H

#include "collect/filelook.h"
#include "detect/disk.h"

struct rule_disk;

/** @return 0 or E_NOMEM */
int rule_disk_new(struct rule_disk **ret_disk) MUST_CHECK;
/** NULL is allowed. */
void rule_disk_free(struct rule_disk *d);
/** What an engine takes; lives as long as `d`. */
const struct disk *rule_disk_of(const struct rule_disk *d);
const struct filelook_stats *rule_disk_stats(const struct rule_disk *d);

#endif
