/* Rules as SQL: a table in memory with a column for every field that a rule names, a row for every
 * record, and for each rule one SELECT with a WHERE clause, as tools do that match with a database.
 * Text is compared with LIKE, whose case folding is that of ASCII; what SQL cannot say is a
 * function that calls the product's own comparison (regular expressions, networks). Keyword search
 * looks at one more column with all values of the record behind each other. */
#include "match.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "detect/cidr.h"
#include "detect/regex.h"

enum { COLUMNS_MOST = 1900 };

struct match_sql {
    const struct match_input *input;
    sqlite3 *db;
    sqlite3_stmt *insert;
    struct map columns; /* field as the rules write it -> column */
    struct str *names;  /* of the columns */
    enum field_id *ids; /* FIELD_COUNT: an extra field */
    size_t columns_len;
    struct map extras; /* name of an extra field -> column */
    struct regex_scratch *scratch;
};

static void need(bool ok)
{
    if (!ok)
        match_stop("out of memory, or SQLite failed");
}

/* ------------------------------------------------------------------ functions */

static struct str text_of(sqlite3_value *v)
{
    const unsigned char *text = sqlite3_value_text(v);
    return str_n((const char *)text, (size_t)sqlite3_value_bytes(v));
}

/* regex(pattern, flags, text): the compiled pattern stays with the statement. */
static void sql_regex(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    (void)argc;
    struct match_sql *s = sqlite3_user_data(ctx);
    struct regex *r = sqlite3_get_auxdata(ctx, 0);
    if (sqlite3_value_type(argv[2]) == SQLITE_NULL)
        return;
    if (!r) {
        need(regex_new(text_of(argv[0]), (uint32_t)sqlite3_value_int(argv[1]), true, &r, NULL) ==
             0);
        sqlite3_set_auxdata(ctx, 0, r, (void (*)(void *))regex_free);
        r = sqlite3_get_auxdata(ctx, 0);
    }
    sqlite3_result_int(ctx, r && regex_match(r, s->scratch, text_of(argv[2])) == 1);
}

/* network(struct cidr as a blob, text) */
static void sql_network(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    (void)argc;
    if (sqlite3_value_type(argv[1]) == SQLITE_NULL)
        return;
    struct cidr network;
    memcpy(&network, sqlite3_value_blob(argv[0]), sizeof network);
    sqlite3_result_int(ctx, cidr_contains(&network, text_of(argv[1])));
}

/* ------------------------------------------------------------------ columns */

static uint64_t column_of(struct match_sql *s, struct str field)
{
    uint64_t at;
    if (map_find(&s->columns, field, &at))
        return at;
    need(s->columns_len < COLUMNS_MOST);
    at = s->columns_len++;
    s->names[at] = field;
    s->ids[at] = field_find(field);
    need(map_put(&s->columns, field, at) == 0);
    if (s->ids[at] == FIELD_COUNT)
        need(map_put(&s->extras, field, at) == 0);
    return at;
}

static void collect(struct match_sql *s, const struct sigma_node *node)
{
    if (node->type == SIGMA_ITEM) {
        if (node->item->field.len)
            (void)column_of(s, node->item->field);
        for (size_t i = 0; node->item->fieldref && i < node->item->values_len; i++)
            (void)column_of(s, node->item->values[i].raw);
        return;
    }
    for (size_t i = 0; i < node->operands_len; i++)
        collect(s, node->operands[i]);
}

struct match_sql *match_sql_new(const struct match_input *input)
{
    struct match_sql *s = calloc(1, sizeof *s);
    need(s);
    s->input = input;
    s->names = calloc(COLUMNS_MOST, sizeof *s->names);
    s->ids = calloc(COLUMNS_MOST, sizeof *s->ids);
    need(s->names && s->ids && regex_scratch_new(&s->scratch) == 0);
    for (size_t i = 0; i < input->rules_len; i++)
        collect(s, input->rules[i]->condition);
    need(sqlite3_open(":memory:", &s->db) == SQLITE_OK &&
         sqlite3_create_function(s->db, "regex", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC, s,
                                 sql_regex, NULL, NULL) == SQLITE_OK &&
         sqlite3_create_function(s->db, "network", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, s,
                                 sql_network, NULL, NULL) == SQLITE_OK);
    struct buf create = {0};
    struct buf insert = {0};
    buf_add_cstr(&create,
                 "CREATE TABLE e (line INTEGER PRIMARY KEY, product, category, everything");
    buf_add_cstr(&insert, "INSERT INTO e VALUES (?, ?, ?, ?");
    for (size_t i = 0; i < s->columns_len; i++) {
        buf_addf(&create, ", c%zu TEXT", i);
        buf_add_cstr(&insert, ", ?");
    }
    buf_add_char(&create, ')');
    buf_add_char(&insert, ')');
    need(sqlite3_exec(s->db, buf_cstr(&create), NULL, NULL, NULL) == SQLITE_OK &&
         sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK &&
         sqlite3_prepare_v2(s->db, buf_cstr(&insert), -1, &s->insert, NULL) == SQLITE_OK);
    buf_done(&create);
    buf_done(&insert);
    return s;
}

/* ------------------------------------------------------------------ rows */

static void bind_text(struct match_sql *s, int at, struct str text)
{
    need(sqlite3_bind_text(s->insert, at, text.ptr ? text.ptr : "", (int)text.len,
                           SQLITE_TRANSIENT) == SQLITE_OK);
}

static void add_value(struct match_sql *s, int at, const struct value *v, struct buf *everything)
{
    char number[24];
    struct str text = v->s;
    if (v->type == VALUE_INT) {
        int len = snprintf(number, sizeof number, "%lld", (long long)v->i);
        text = str_n(number, (size_t)len);
    } else if (v->type == VALUE_BOOL) {
        text = v->b ? STR("true") : STR("false");
    } else if (v->type != VALUE_STR) {
        return;
    }
    if (at)
        bind_text(s, at, text);
    buf_add_str(everything, text);
    buf_add_char(everything, '\x01');
}

void match_sql_add(void *sql, uint64_t line, struct event *ev)
{
    enum { FIRST = 5 };
    struct match_sql *s = sql;
    struct buf everything = {0};
    (void)sqlite3_reset(s->insert);
    (void)sqlite3_clear_bindings(s->insert);
    need(sqlite3_bind_int64(s->insert, 1, (sqlite3_int64)line) == SQLITE_OK);
    bind_text(s, 2, ev->product);
    bind_text(s, 3, ev->category);
    buf_add_char(&everything, '\x01');
    for (size_t i = 0; i < s->columns_len; i++) {
        if (s->ids[i] != FIELD_COUNT && event_has(ev, s->ids[i]))
            add_value(s, FIRST + (int)i, &ev->values[s->ids[i]], &everything);
    }
    for (unsigned id = 0; id < FIELD_COUNT; id++) {
        if (event_has(ev, (enum field_id)id))
            add_value(s, 0, &ev->values[id], &everything);
    }
    for (size_t i = 0; i < ev->extras_len; i++) {
        uint64_t column = 0;
        bool known = map_find(&s->extras, ev->extras[i].name, &column);
        add_value(s, known ? FIRST + (int)column : 0, &ev->extras[i].value, &everything);
    }
    bind_text(s, 4, buf_str(&everything));
    need(sqlite3_step(s->insert) == SQLITE_DONE);
    buf_done(&everything);
}

/* ------------------------------------------------------------------ conditions */

static void add_literal(struct buf *q, struct str text)
{
    buf_add_char(q, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_add_char(q, '\'');
        buf_add_char(q, text.ptr[i]);
    }
    buf_add_char(q, '\'');
}

/* LIKE's own wildcards in the text are escaped with a backslash. */
static void add_like(struct buf *like, const struct pattern *p)
{
    for (size_t i = 0; i < p->len; i++) {
        const struct pattern_part *part = &p->parts[i];
        if (part->type == PATTERN_MANY)
            buf_add_char(like, '%');
        else if (part->type == PATTERN_ONE)
            buf_add_char(like, '_');
        for (size_t k = 0; part->type == PATTERN_TEXT && k < part->text.len; k++) {
            if (strchr("%_\\", part->text.ptr[k]) && part->text.ptr[k])
                buf_add_char(like, '\\');
            buf_add_char(like, part->text.ptr[k]);
        }
    }
}

static void add_value_test(struct buf *q, const struct sigma_item *item, const char *column,
                           const struct sigma_value *value)
{
    static const char *const relations[] = {
        [SIGMA_LT] = "<", [SIGMA_LTE] = "<=", [SIGMA_GT] = ">", [SIGMA_GTE] = ">="};
    if (value->null) {
        buf_addf(q, "%s IS NULL", column);
        return;
    }
    switch (item->match) {
    case SIGMA_EXISTS:
        buf_addf(q, "%s IS %sNULL", column, item->exists ? "NOT " : "");
        return;
    case SIGMA_REGEX:
        buf_add_cstr(q, "coalesce(regex(");
        add_literal(q, value->raw);
        buf_addf(q, ", %u, %s), 0)", item->regex_flags, column);
        return;
    case SIGMA_CIDR:
        buf_add_cstr(q, "coalesce(network(x'");
        for (size_t i = 0; i < sizeof value->network; i++)
            buf_addf(q, "%02x", ((const unsigned char *)&value->network)[i]);
        buf_addf(q, "', %s), 0)", column);
        return;
    case SIGMA_LT:
    case SIGMA_LTE:
    case SIGMA_GT:
    case SIGMA_GTE:
        buf_addf(q, "coalesce(CAST(%s AS INTEGER) %s %lld, 0)", column, relations[item->match],
                 (long long)value->number.whole);
        return;
    default:
        break;
    }
    buf_add_cstr(q, "(0");
    for (size_t i = 0; i < value->alternatives_len; i++) {
        struct buf like = {0};
        if (item->field.len == 0)
            buf_add_char(&like, '%');
        add_like(&like, &value->alternatives[i]);
        if (item->field.len == 0)
            buf_add_char(&like, '%');
        buf_addf(q, " OR coalesce(%s LIKE ", column);
        add_literal(q, buf_str(&like));
        buf_add_cstr(q, " ESCAPE '\\', 0)");
        buf_done(&like);
    }
    buf_add_char(q, ')');
}

static void add_node(struct match_sql *s, struct buf *q, const struct sigma_node *node)
{
    static const char *const words[] = {[SIGMA_AND] = " AND ", [SIGMA_OR] = " OR "};
    if (node->type == SIGMA_ITEM) {
        char column[32] = "everything";
        if (node->item->field.len)
            (void)snprintf(column, sizeof column, "c%llu",
                           (unsigned long long)column_of(s, node->item->field));
        buf_add_cstr(q, node->item->negated ? "NOT (" : "(");
        for (size_t i = 0; i < node->item->values_len; i++) {
            if (i)
                buf_add_cstr(q, node->item->all ? " AND " : " OR ");
            add_value_test(q, node->item, column, &node->item->values[i]);
        }
        buf_add_char(q, ')');
        return;
    }
    buf_add_cstr(q, node->type == SIGMA_NOT ? "NOT (" : "(");
    for (size_t i = 0; i < node->operands_len; i++) {
        if (i)
            buf_add_cstr(q, words[node->type]);
        add_node(s, q, node->operands[i]);
    }
    buf_add_char(q, ')');
}

static void add_source(struct buf *q, const char *column, struct str wanted)
{
    if (wanted.len == 0)
        return;
    buf_addf(q, "(%s = '' OR %s = ", column, column);
    add_literal(q, wanted);
    buf_add_cstr(q, ") AND ");
}

static void ask(struct match_sql *s, const struct sigma_rule *rule)
{
    struct buf q = {0};
    buf_add_cstr(&q, "SELECT line FROM e WHERE ");
    if (!s->input->unrouted) {
        add_source(&q, "product", rule->product);
        add_source(&q, "category", rule->category);
        if (rule->service.len)
            buf_add_cstr(&q, "category = '' AND ");
    }
    add_node(s, &q, rule->condition);
    sqlite3_stmt *stmt;
    if (sqlite3_prepare_v2(s->db, buf_cstr(&q), -1, &stmt, NULL) != SQLITE_OK) {
        (void)fprintf(stderr, "%.*s: %s\n", STR_FMT(rule->id), sqlite3_errmsg(s->db));
        buf_done(&q);
        return;
    }
    while (sqlite3_step(stmt) == SQLITE_ROW)
        match_print((uint64_t)sqlite3_column_int64(stmt, 0), rule->id);
    (void)sqlite3_finalize(stmt);
    buf_done(&q);
}

void match_sql_run(struct match_sql *s)
{
    need(sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    for (size_t i = 0; i < s->input->rules_len; i++)
        ask(s, s->input->rules[i]);
    (void)sqlite3_finalize(s->insert);
    (void)sqlite3_close(s->db);
    map_done(&s->columns);
    map_done(&s->extras);
    regex_scratch_free(s->scratch);
    free(s->names);
    free(s->ids);
    free(s);
}
