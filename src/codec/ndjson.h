/* Picks wanted values out of one JSON record in one validating pass: the product's hot path.
 *
 * Compile the wanted paths once (`struct ndjson_paths`, immutable, shared by threads), keep one
 * `struct ndjson` a thread, call ndjson_pick per record and ask for values by the path's number.
 * The whole record is checked against RFC 8259, the parts nobody wants too. Strings are slices of
 * the record, unescaped only on demand. No allocation per record once the scratch has grown. */
#ifndef CORDON_CODEC_NDJSON_H
#define CORDON_CODEC_NDJSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define NDJSON_DEPTH_MAX  64         /* nested objects and arrays of a record */
#define NDJSON_PATHS_MAX  8192       /* paths of one set */
#define NDJSON_VALUES_MAX (1u << 18) /* values picked from one record */
#define NDJSON_BYTES_MAX  (1u << 30) /* one record */

enum ndjson_type {
    NDJSON_NULL,
    NDJSON_FALSE,
    NDJSON_TRUE,
    NDJSON_INT,    /* integer that fits int64_t: `i` */
    NDJSON_UINT,   /* integer above INT64_MAX that fits uint64_t: `u` */
    NDJSON_NUMBER, /* any other number: `raw`, ndjson_double */
    NDJSON_STR,
    NDJSON_OBJECT, /* `raw` is the whole text, braces included, valid JSON */
    NDJSON_ARRAY
};

/** One picked value, valid until the next ndjson_pick with the same scratch. */
struct ndjson_value {
    struct str raw; /* text in the record; a string without its quotes, see ndjson_text */
    union {
        int64_t i;
        uint64_t u;
    };
    struct str key; /* unescaped key that a `*` matched, else empty */
    uint32_t index; /* position in the innermost array around it, 0-based */
    uint32_t next;  /* private */
    uint16_t path;  /* number of the path it was picked by */
    uint8_t type;   /* enum ndjson_type */
    bool escaped;   /* private: `raw` has a backslash and was not unescaped yet */
};

struct ndjson_paths;
struct ndjson;

/**
 * Compile a list of wanted paths.
 *
 * A path is a list of keys with dots between: `process.executable.path`. `[]` after a key means
 * every element of the array there: `event.exec.args[]`, `fds[].fd`, or `[]` alone. A key `*` means
 * every key that no other path names at that place: `*`, `event.*.target.path`. A backslash takes
 * the next character as it is: `process\.pid` is one key. A path may end at an object or array (its
 * text is picked) and others may go on below it. A path that starts with `!` picks nothing: its
 * keys are often there, and saying so makes stepping over them quicker.
 *
 * @param paths  copied; the position in this list is the path's number. A path listed twice is an
 * error.
 * @return 0, E_ARG (malformed or repeated path; err says which), E_LIMIT, E_NOMEM
 */
int ndjson_paths_new(const char *const *paths, size_t count, struct ndjson_paths **ret_paths,
                     struct err *err) MUST_CHECK;
void ndjson_paths_free(struct ndjson_paths *paths);

/** @param paths borrowed; must outlive the scratch. @return 0 or E_NOMEM */
int ndjson_new(const struct ndjson_paths *paths, struct ndjson **ret_ndjson) MUST_CHECK;
void ndjson_free(struct ndjson *n);

/**
 * Walk one record, white space around it allowed, and keep what the paths name.
 *
 * Repeated keys: the last one wins, as in most readers, and what an earlier one held is forgotten
 * entirely; only below an array both are kept. When a `*` in the middle of a path matches several
 * keys, the last one wins likewise; a `*` at the end of a path yields every key it matches.
 *
 * @param n      results of the record before are gone
 * @param record borrowed; must stay valid as long as the results are used
 * @param err    column = 1-based byte of the fault on failure
 * @return 0, E_PARSE (not one JSON value in well-formed UTF-8), E_LIMIT (too deep, too many values,
 * too long), E_NOMEM. After a failure there are no results.
 * Threads: one per scratch. Cost: linear in the record.
 * Source: RFC 8259; lone surrogate escapes are accepted and read as U+FFFD.
 */
int ndjson_pick(struct ndjson *n, struct str record, struct err *err) MUST_CHECK;

/** Type of the record itself; call after a successful ndjson_pick. */
enum ndjson_type ndjson_root_type(const struct ndjson *n);
/** The value picked by path number `path` (the first one of an array or a `*`), or NULL. */
struct ndjson_value *ndjson_get(const struct ndjson *n, unsigned path);
/** The next value picked by the same path, in the record's order, or NULL. */
struct ndjson_value *ndjson_next(const struct ndjson *n, const struct ndjson_value *v);
/** Number of values picked by this path. */
uint32_t ndjson_count(const struct ndjson *n, unsigned path);
/** Every picked value in the order in which it ended in the record; start with *pos = 0; NULL at
 * the end. */
struct ndjson_value *ndjson_each(const struct ndjson *n, size_t *pos);

/* Private: of ndjson_text. */
struct str ndjson_text_escaped(struct ndjson *n, struct ndjson_value *v);

/**
 * A string's text, unescaped (once; the value then holds the result); another value's text as it
 * stands in the record. Well-formed UTF-8, may hold NUL.
 */
static inline struct str ndjson_text(struct ndjson *n, struct ndjson_value *v)
{
    return v->escaped ? ndjson_text_escaped(n, v) : v->raw;
}

/** Any number as a double. @return 0, E_ARG (not a number) or E_LIMIT (longer than 256 bytes) */
int ndjson_double(const struct ndjson_value *v, double *ret_value) MUST_CHECK;

/**
 * Find where the JSON object or array at the start of `text` ends, checking its grammar (not its
 * UTF-8). For cutting a stream.
 *
 * @param text    starts with '{' or '['
 * @param ret_len bytes of the value; on E_PARSE and E_LIMIT the bytes up to the fault
 * @return 0, E_AGAIN (well-formed so far, but it does not end here), E_PARSE, E_LIMIT (too deep)
 */
int ndjson_measure(struct str text, size_t *ret_len) MUST_CHECK;

/**
 * Quick look whether a line is exactly one object: it starts with '{', and the brace that closes it
 * is its last byte. True for every valid record of that form; damage inside may pass unseen, since
 * only strings and braces are followed. An order faster than ndjson_measure.
 */
bool ndjson_is_one_object(struct str line) MUST_CHECK;

#endif
