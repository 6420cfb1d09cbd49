/* Configuration text: "key = value" lines and '#' comments into a struct of slices, by a table. An
 * unknown key is an error with its place and a suggestion. Used by both daemons; reads no file. */
#ifndef CORDON_BASE_CONF_H
#define CORDON_BASE_CONF_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/** One key. The value goes into the `struct str` at `offset` of the caller's struct. */
struct conf_row {
    struct str key;
    struct str def;  /* default */
    const char *doc; /* sentence */
    size_t offset;
};

/** Row of an X(member, key, default, sentence) list for `type`. */
#define CONF_ROW(type, member, key, def, doc)                                                      \
    {                                                                                              \
        STR(key), STR(def), doc, offsetof(struct type, member)                                     \
    }

/**
 * Read a text; values that it does not name get their default.
 *
 * @param source    name for error places
 * @param config    the caller's struct; only the members of the rows are written
 * @param arena     owns the values, NUL-terminated
 * @param prefix    keys that begin with it are not looked up but appended to `prefixed` as
 *                  "rest=value\n"; NULL = none
 * @return 0, E_PARSE (unknown key, no '=', given twice), E_NOMEM
 */
int conf_parse(struct str text, const char *source, const struct conf_row *rows, size_t rows_len,
               void *config, struct arena *arena, const char *prefix, struct buf *prefixed,
               struct err *err) MUST_CHECK;

/** Set one value, as from a command line option "key=value". @return as conf_parse */
int conf_set(struct str key, struct str value, const struct conf_row *rows, size_t rows_len,
             void *config, struct arena *arena, struct err *err) MUST_CHECK;

/** Append key, sentence and default of every row as help text. */
void conf_help(const struct conf_row *rows, size_t rows_len, struct buf *out);

#endif
