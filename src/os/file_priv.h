/* The part of files that differs between systems. Private to os/. */
#ifndef CORDON_OS_FILE_PRIV_H
#define CORDON_OS_FILE_PRIV_H

#include <stddef.h>
#include <sys/types.h>

#include "os/file.h"

/** Data and metadata to the medium (fsync, F_FULLFSYNC). @return 0 or -1 with errno */
int file_priv_sync_full(int fd) MUST_CHECK;
/** Data, and the metadata needed to read it back. @return 0 or -1 with errno */
int file_priv_sync_data(int fd) MUST_CHECK;

/** Names of the extended attributes, a NUL behind each. @return bytes, or -1 with errno */
ssize_t file_priv_xattr_names(int fd, char *names, size_t size) MUST_CHECK;
/** Value of one. @return bytes, or -1 with errno; ENOENT: there is none of that name */
ssize_t file_priv_xattr_value(int fd, const char *name, char *value, size_t size) MUST_CHECK;

/** As file_stamp_of. */
int file_priv_stamp(int fd, struct file_stamp *ret_stamp) MUST_CHECK;

#endif
