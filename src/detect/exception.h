/* Exceptions to analytics as people write them: when an alert of these rules is not wanted. An
 * exception hides the alert, never the event. Parsed from YAML (or JSON, which is YAML), compiled
 * into the ruleset by builder_add_exceptions, applied by the engine, which counts what each hid. */
#ifndef CORDON_DETECT_EXCEPTION_H
#define CORDON_DETECT_EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* X(enum, key, field of the event, comparison, sentence) */
#define EXCEPTION_TESTS(X)                                                                         \
    X(EXCEPT_PATH, "path", F_EXECUTABLE, EXCEPT_PATTERN, "path of the program; a '*' may end it")  \
    X(EXCEPT_SIGNING_ID, "signing_id", F_SIGNING_ID, EXCEPT_SIGNER,                                \
      "TEAMID:signing.id, or platform:signing.id")                                                 \
    X(EXCEPT_TEAM_ID, "team_id", F_TEAM_ID, EXCEPT_EXACT, "Apple team identifier")                 \
    X(EXCEPT_CDHASH, "cdhash", F_CDHASH, EXCEPT_EXACT, "hash of the code directory")               \
    X(EXCEPT_SHA256, "sha256", F_SHA256, EXCEPT_EXACT, "SHA-256 of the program file")              \
    X(EXCEPT_PARENT, "parent", F_PARENT_EXECUTABLE, EXCEPT_PATTERN,                                \
      "path of the parent's program; a '*' may end it")                                            \
    X(EXCEPT_USER, "user", F_USER, EXCEPT_EXACT, "account name")                                   \
    X(EXCEPT_COMMAND_LINE, "command_line", F_COMMAND_LINE, EXCEPT_CONTAINS,                        \
      "text that the command line contains")                                                       \
    X(EXCEPT_DEVICE, "device", F_DEVICE_ID, EXCEPT_EXACT, "id of the device")

enum exception_test_kind {
#define EXCEPTION_ENUM(id, key, field, comparison, doc) id,
    EXCEPTION_TESTS(EXCEPTION_ENUM)
#undef EXCEPTION_ENUM
        EXCEPTION_TEST_KINDS
};

enum exception_comparison { EXCEPT_EXACT, EXCEPT_PATTERN, EXCEPT_CONTAINS, EXCEPT_SIGNER };

enum {
    EXCEPTIONS_MOST = 10000,
    EXCEPTION_WORDS_MOST = 256, /* values of one exception, and rules and tags of one */
    EXCEPTION_TEXT_BYTES = 1024,
    EXCEPTION_ID_BYTES = 64
};

struct exception_test {
    enum exception_test_kind kind;
    struct str text;
};

/** All kinds of tests that it has must hold; of several of one kind, one. */
struct exception {
    struct str id;
    struct str reason;
    int64_t expires_ns; /* it counts before this time; 0 = for ever */
    bool all_rules;
    const struct str *rules; /* ids */
    size_t rules_len;
    const struct str *tags; /* ATT&CK techniques in upper case, "T1059.004" */
    size_t tags_len;
    const struct exception_test *tests; /* by kind */
    size_t tests_len;
    uint32_t line;
};

struct exceptions {
    struct exception *items;
    size_t len;
    size_t cap;
    struct arena arena; /* owns the texts */
};

typedef void (*exception_refused_fn)(void *arg, const struct err *err);

const char *exception_test_name(enum exception_test_kind kind);

/**
 * Append the exceptions of a YAML text: a map with `exceptions`, a list of them, or one.
 *
 * @param source  name for places
 * @param refused may be NULL; called for every exception that is wrong, the others go in
 * @return 0, also when some were refused; E_PARSE (no exceptions at all), E_LIMIT, E_NOMEM
 */
int exceptions_parse(struct exceptions *list, struct str text, const char *source,
                     exception_refused_fn refused, void *arg, uint32_t *ret_refused,
                     struct err *err) MUST_CHECK;
void exceptions_done(struct exceptions *list);

#endif
