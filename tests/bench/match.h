/* Inside of bench_match: the rules as read, and the engine that asks SQLite. */
#ifndef CORDON_TESTS_BENCH_MATCH_H
#define CORDON_TESTS_BENCH_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "detect/sigma.h"
#include "event/event.h"

enum { MATCH_RULES_MOST = 65536 };

struct match_input {
    struct arena arena;
    bool wants_rules; /* as trees, for the engines that are not the product's */
    bool unrouted;
    struct sigma_rule *rules[MATCH_RULES_MOST];
    size_t rules_len;
};

_Noreturn void match_stop(const char *what);
void match_print(uint64_t line, struct str id);

struct match_sql;
struct match_sql *match_sql_new(const struct match_input *input);
/** Put one record into the table. */
void match_sql_add(void *sql, uint64_t line, struct event *ev);
/** Ask every rule's query and print what it selects; frees the engine. */
void match_sql_run(struct match_sql *sql);

#endif
