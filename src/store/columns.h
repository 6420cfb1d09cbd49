/* How records lie in tables, as data: one row per column. Backends make their statements from it,
 * so a new column is one row here, one line in the record and one migration. Private to the store.
 */
#ifndef CORDON_STORE_COLUMNS_H
#define CORDON_STORE_COLUMNS_H

#include <stddef.h>

#include "store/record.h"

enum column_type {
    COLUMN_TEXT, /* struct str */
    COLUMN_BLOB, /* struct str */
    COLUMN_INT,  /* int64_t */
    COLUMN_U64,  /* uint64_t, kept as the same 64 bits */
    COLUMN_BOOL, /* bool, kept as 0 and 1 */
    COLUMN_NAME  /* an enum, kept as its name */
};

struct column {
    const char *name;
    enum column_type type;
    size_t offset;     /* in the record */
    const void *names; /* COLUMN_NAME: array whose elements begin with a struct str */
    size_t names_size; /* bytes of one element */
    unsigned names_len;
};

struct table {
    const char *name;
    const struct column *columns;
    size_t len;
    size_t key_len;     /* the first columns are the key */
    size_t record_size; /* bytes of the struct */
};

extern const struct table table_device;
extern const struct table table_enroll_token;
extern const struct table table_user;
extern const struct table table_token;
extern const struct table table_alert;
extern const struct table table_batch;
extern const struct table table_epoch;
extern const struct table table_segment;
extern const struct table table_action;
extern const struct table table_ruleset;
extern const struct table table_entry;
extern const struct table table_hunt;
extern const struct table table_hunt_result;
extern const struct table table_audit;

/** Every table, for tests; ends with NULL. */
extern const struct table *const table_all[];

/** A column that must exist. */
const struct column *column_get(const struct table *table, const char *name);
/** Name of value `i` of a COLUMN_NAME; i < names_len. */
struct str column_name_of(const struct column *column, unsigned i);
/** Value of a name; names_len when there is none. */
unsigned column_name_find(const struct column *column, struct str name);

#endif
