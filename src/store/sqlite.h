/* The embedded backend: SQLite beside segment files. Reached through store_open only. */
#ifndef CORDON_STORE_SQLITE_H
#define CORDON_STORE_SQLITE_H

#include "store/vtable.h"

extern const struct store_vtable store_sqlite;

#endif
