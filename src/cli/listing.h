/* A list of records with named columns, printed as an aligned table for people, as one JSON array,
 * or as JSON lines. The commands fill it row by row; it decides nothing about content. A table
 * escapes foreign text for the terminal, the JSON forms for JSON. */
#ifndef CORDON_CLI_LISTING_H
#define CORDON_CLI_LISTING_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/out.h"

enum listing_form { LISTING_TABLE, LISTING_JSON, LISTING_JSONL };

/** Words of the `-o` option, in the order of the enum. */
#define LISTING_FORMS "table|json|jsonl"

struct listing_column {
    const char *key;   /* JSON key */
    const char *title; /* head of the table's column, upper case by convention */
};

struct listing_cell {
    size_t at; /* in `text`: printable text of a table, JSON text otherwise */
    size_t len;
};

struct listing {
    enum listing_form form;
    const struct listing_column *columns; /* borrowed */
    size_t columns_len;
    struct buf text;
    struct listing_cell *cells; /* row after row */
    size_t cells_len;
    size_t cells_cap;
    int error; /* E_NOMEM, sticky */
};

void listing_init(struct listing *l, enum listing_form form, const struct listing_column *columns,
                  size_t columns_len);
/** For CLEANUP(listing_done). */
void listing_done(struct listing *l);

/* One cell each, in the order of the columns; a row is complete after columns_len cells. */
void listing_str(struct listing *l, struct str text); /* empty: "-" in a table */
void listing_cstr(struct listing *l, const char *text);
void listing_int(struct listing *l, int64_t value);
void listing_bool(struct listing *l, bool value);
void listing_null(struct listing *l);
/** Point in time, ns since 1970; RFC 3339 in UTC. */
void listing_time(struct listing *l, int64_t ns);
/** Several words: joined by ", " in a table, an array otherwise. */
void listing_strs(struct listing *l, const struct str *words, size_t len);

/** Print everything. An empty list prints its head, "[]" or nothing. @return 0 or E_NOMEM */
int listing_print(struct listing *l, struct out *out) MUST_CHECK;

#endif
