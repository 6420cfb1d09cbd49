/* One engine over one file of flat records: a line of output per match, so that engines can be
 * compared, in what they find and in the CPU time of the process.
 *
 *   build/release/bench/bench_match [--unrouted] cordon|naive|sql RULES_FOLDER FILE
 *
 * cordon: the product's engine. naive: the reference evaluator of the tests, rule after rule. sql:
 * every rule as one query over a table in SQLite's memory, a row a record (bench_match_sql.c).
 * See tests/bench/peers. */
#include "match.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/json_out.h"
#include "codec/yaml.h"
#include "event/normalise.h"
#include "event/reader.h"
#include "harness/naive_sigma.h"
#include "os/file.h"

enum { FILE_MOST = 64 << 20 };

static struct match_input input;
static struct builder *builder;

void match_stop(const char *what)
{
    (void)fprintf(stderr, "bench_match: %s\n", what);
    exit(1);
}

/* ------------------------------------------------------------------ rules */

static int add_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (flag != FTW_F || !str_ends(str_of(path), STR(".yml")))
        return 0;
    struct buf *text = arena_array(&input.arena, 1, sizeof *text);
    struct builder_counts counts = {0};
    if (!text || file_read(path, FILE_MOST, text, NULL) ||
        builder_add_sigma(builder, buf_str(text), path, NULL, NULL, &counts, NULL))
        match_stop("cannot read a rule file");
    struct yaml_node **docs;
    size_t len;
    if (!input.wants_rules ||
        yaml_parse(buf_str(text), path, &yaml_limits_default, &input.arena, &docs, &len, NULL))
        return 0;
    for (size_t i = 0; i < len; i++) {
        struct sigma_rule *rule;
        if (sigma_parse(docs[i], NULL, &input.arena, &rule, NULL) == 0) {
            if (input.rules_len == MATCH_RULES_MOST)
                match_stop("too many rules");
            input.rules[input.rules_len++] = rule;
        }
    }
    return 0;
}

/* ------------------------------------------------------------------ output */

void match_print(uint64_t line, struct str id)
{
    (void)printf("%llu\t%.*s\n", (unsigned long long)line, STR_FMT(id));
}

/* What is the same in every match of a rule, written once: id, title, level and techniques. */
static struct str head_of(struct ruleset *r, struct buf *heads, uint32_t rule)
{
    struct buf *head = &heads[rule];
    if (head->len)
        return buf_str(head);
    struct json_out j = {.out = head};
    struct rule_info info = ruleset_info(r, rule);
    buf_addf(head, "\t%.*s\t", STR_FMT(info.id));
    json_object_begin(&j);
    json_kv_str(&j, "title", info.title);
    json_kv_cstr(&j, "level", rule_level_name(info.level));
    json_key(&j, "techniques");
    json_array_begin(&j);
    for (uint32_t i = 0; i < info.techniques_len; i++)
        json_str(&j, info.techniques[i]);
    json_array_end(&j);
    buf_add_cstr(head, ",\"matched\":");
    return buf_str(head);
}

struct cordon {
    struct ruleset *rules;
    struct engine *engine;
    struct buf *heads; /* by rule */
    struct buf out;    /* not written yet */
};

static void flush(struct buf *out)
{
    if (buf_check(out) || fwrite(out->ptr, 1, out->len, stdout) != out->len)
        match_stop("cannot write");
    buf_clear(out);
}

/* As much as other engines tell of a match. */
static void print_match(struct cordon *c, uint64_t line, const struct match *m)
{
    enum { FLUSH_BYTES = 1 << 16 };
    struct json_out j = {.out = &c->out};
    json_uint(&j, line);
    buf_add_str(&c->out, head_of(c->rules, c->heads, m->rule));
    json_object_begin(&j);
    for (uint32_t i = 0; i < m->fields_len; i++) {
        json_key_str(&j, m->fields[i].field);
        json_str(&j, m->fields[i].value);
    }
    json_object_end(&j);
    buf_add_str(&c->out, STR("}\n"));
    if (c->out.len >= FLUSH_BYTES)
        flush(&c->out);
}

/* ------------------------------------------------------------------ records */

typedef void (*record_fn)(void *arg, uint64_t line, struct event *ev);

static void each_record(const char *path, record_fn fn, void *arg)
{
    static struct event ev;
    struct reader *reader;
    struct normaliser *normaliser;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || reader_new(fd, &reader) || normaliser_new(&normaliser))
        match_stop("cannot read the records");
    for (;;) {
        struct str record;
        uint64_t line;
        int rc = reader_next(reader, &record, &line, NULL);
        if (rc == E_CLOSED)
            break;
        if (rc || normaliser_record(normaliser, record, FORMAT_AUTO, &ev, NULL))
            match_stop("a record is damaged");
        if (input.unrouted) {
            ev.kind = KIND_UNKNOWN;
            ev.product = ev.category = ev.service = (struct str){0};
        }
        fn(arg, line, &ev);
    }
    normaliser_free(normaliser);
    reader_free(reader);
    (void)close(fd);
}

static void match_cordon(void *arg, uint64_t line, struct event *ev)
{
    struct cordon *c = arg;
    const struct match *matches;
    int count = engine_match(c->engine, ev, &matches);
    if (count < 0)
        match_stop("out of memory");
    for (int i = 0; i < count; i++)
        print_match(c, line, &matches[i]);
}

static void match_naive(void *arg, uint64_t line, struct event *ev)
{
    (void)arg;
    for (size_t i = 0; i < input.rules_len; i++) {
        if (naive_sigma_fires(input.rules[i], ev))
            match_print(line, input.rules[i]->id);
    }
}

static void run_cordon(const char *path)
{
    struct buf image = {0};
    struct cordon c = {0};
    if (builder_finish(builder, &image, NULL) || ruleset_load(buf_str(&image), &c.rules, NULL) ||
        engine_new(c.rules, &c.engine))
        match_stop("cannot build the rules");
    c.heads = arena_array(&input.arena, ruleset_len(c.rules), sizeof *c.heads);
    if (!c.heads)
        match_stop("out of memory");
    each_record(path, match_cordon, &c);
    flush(&c.out);
    for (uint32_t i = 0; i < ruleset_len(c.rules); i++)
        buf_done(&c.heads[i]);
    engine_free(c.engine);
    ruleset_unref(c.rules);
    buf_done(&c.out);
    buf_done(&image);
}

int main(int argc, char **argv)
{
    int at = 1;
    if (at < argc && strcmp(argv[at], "--unrouted") == 0) {
        input.unrouted = true;
        at++;
    }
    if (argc - at != 3)
        match_stop("usage: bench_match [--unrouted] cordon|naive|sql RULES_FOLDER FILE");
    const char *engine = argv[at];
    input.wants_rules = strcmp(engine, "cordon") != 0;
    if (builder_new(&builder) || nftw(argv[at + 1], add_file, 16, FTW_PHYS))
        match_stop("cannot read the rules");
    if (strcmp(engine, "cordon") == 0) {
        run_cordon(argv[at + 2]);
    } else if (strcmp(engine, "naive") == 0) {
        each_record(argv[at + 2], match_naive, NULL);
    } else {
        struct match_sql *sql = match_sql_new(&input);
        each_record(argv[at + 2], match_sql_add, sql);
        match_sql_run(sql);
    }
    builder_free(builder);
    return fflush(stdout) ? 1 : 0;
}
