/* Prevent and allow lists as people write them: entries of code identity with a verdict, read from
 * YAML, CSV or one value a line, and checked. The compiled form is detect/prevent.h.
 * Foreign input: every length is limited, an entry that is wrong is refused by itself with its line
 * and value. */
#ifndef CORDON_DETECT_LIST_H
#define CORDON_DETECT_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* In the order of precedence, the most specific first.
 * X(enum, name, name in Santa's lists, sentence) */
#define LIST_KINDS_TABLE(X)                                                                        \
    X(LIST_CDHASH, "cdhash", "CDHASH", "hash of the code directory, 40 hexadecimal digits")        \
    X(LIST_SHA256, "sha256", "BINARY", "SHA-256 of the program file, 64 hexadecimal digits")       \
    X(LIST_SIGNING_ID, "signing_id", "SIGNINGID",                                                  \
      "TEAMID:signing.id, or platform:signing.id for what belongs to macOS")                       \
    X(LIST_CERTIFICATE, "certificate", "CERTIFICATE",                                              \
      "SHA-256 of the leaf certificate, 64 hexadecimal digits")                                    \
    X(LIST_TEAM_ID, "team_id", "TEAMID", "Apple team identifier, 10 upper-case letters or digits") \
    X(LIST_PATH, "path", "PATH", "absolute path of the program; a '*' may end it")

enum list_kind {
#define LIST_KIND_ENUM(id, name, santa, doc) id,
    LIST_KINDS_TABLE(LIST_KIND_ENUM)
#undef LIST_KIND_ENUM
        LIST_KINDS
};

enum list_verdict { LIST_DENY, LIST_ALLOW };

enum {
    LIST_DIGEST_BYTES = 32,
    LIST_CDHASH_BYTES = 20,
    LIST_TEAM_BYTES = 10,
    LIST_VALUE_BYTES = 1024, /* longest value */
    LIST_SIGNING_BYTES = 256,
    LIST_TEXT_BYTES = 512 /* longest reason and longest source */
};

struct list_entry {
    enum list_kind kind;
    enum list_verdict verdict;
    struct str value;   /* normal form: digests in lower case */
    struct str reason;  /* shown to people; may be empty */
    struct str source;  /* where the entry comes from; may be empty */
    int64_t expires_ns; /* it counts before this time; 0 = for ever */
    uint32_t line;      /* in its file; 0 = not known */
};

struct list {
    struct list_entry *entries;
    size_t len;
    size_t cap;
    int64_t issued_ns;  /* when its publisher made it, of a YAML list that says it; 0 = not said */
    struct arena arena; /* owns the texts */
};

/** What entries get that do not say it themselves. Slices are borrowed. */
struct list_defaults {
    enum list_verdict verdict;
    struct str reason;
    struct str source;
    int64_t expires_ns;
};

enum list_format { LIST_FORMAT_AUTO, LIST_FORMAT_YAML, LIST_FORMAT_CSV };

struct list_counts {
    uint32_t accepted;
    uint32_t refused;
};

/** One refused entry: called for each with a report that has file and line. */
typedef void (*list_refused_fn)(void *arg, const struct err *err);

const char *list_kind_name(enum list_kind kind);
/** Kind by its name or the name Santa has for it; LIST_KINDS when there is none. */
enum list_kind list_kind_find(struct str name);
const char *list_verdict_name(enum list_verdict verdict);
/** "deny", "allow", "block" and Santa's policies. @return false when it is none */
bool list_verdict_find(struct str name, enum list_verdict *ret_verdict);

/** When an entry expires: RFC 3339, or a date such as "2026-12-31": its end in UTC. @return 0 or
 * E_PARSE */
int list_expiry(struct str text, int64_t *ret_ns) MUST_CHECK;

/**
 * Check a value and put it in its normal form.
 *
 * @param kind      what it is said to be, or LIST_KINDS: its form tells (64 digits are then a
 *                  sha256, a certificate has to be named)
 * @param entry     kind and value are set; the value is in `arena`
 * @return 0, E_PARSE (the message names the value and what was expected), E_NOMEM
 */
int list_value(enum list_kind kind, struct str text, struct arena *arena, struct list_entry *entry,
               struct err *err) MUST_CHECK;

/**
 * Refuse to block what must run: the operating system, Cordon itself, the client of device
 * management. Entries that allow pass.
 * @return 0 or E_DENIED (the message names the value and why)
 */
int list_guard(const struct list_entry *entry, struct err *err) MUST_CHECK;
/** Whether a program of this path is never stopped, whatever a list says. */
bool list_guards_path(struct str path);

/**
 * Append the entries of a text.
 *
 * @param format   AUTO: YAML when the first line that says something is a key or a list item, else
 *                 CSV with a header or one value a line
 * @param source   name for places; also what `refused` gets
 * @param defaults may be NULL: deny, no reason, for ever
 * @param refused  may be NULL; called for every entry that is wrong or guarded, the others go in
 * @param counts   added to
 * @return 0, also when entries were refused; E_PARSE (no list at all), E_LIMIT (too large or too
 * many entries), E_NOMEM. Then `list` may hold some entries.
 */
int list_parse(struct list *list, struct str text, enum list_format format, const char *source,
               const struct list_defaults *defaults, list_refused_fn refused, void *arg,
               struct list_counts *counts, struct err *err) MUST_CHECK;
/** Append a copy of one entry. @return 0, E_LIMIT, E_NOMEM */
int list_add(struct list *list, const struct list_entry *entry, struct err *err) MUST_CHECK;
void list_done(struct list *list);

/** Append the list in a form that list_parse reads back. */
void list_write_csv(const struct list *list, struct buf *out);
void list_write_yaml(const struct list *list, struct buf *out);

#endif
