/* The YARA worker: the process in which libyara runs. Started with one socket and nothing else by
 * whoever wants files scanned (worker.h); the program that it is calls yara_serve. */
#ifndef CORDON_YARA_SERVE_H
#define CORDON_YARA_SERVE_H

#include <stdint.h>

#include "base/err.h"

enum { YARA_SOURCE_BYTES_MOST = 64 * 1024 * 1024 }; /* of all files of rules together */

/**
 * Confine this process, take rules, answer scans until the other side closes.
 * @param fd           the socket
 * @param memory_bytes most address space of the process, 0 = no limit
 * @return exit status
 */
int yara_serve(int fd, uint64_t memory_bytes);

#endif
