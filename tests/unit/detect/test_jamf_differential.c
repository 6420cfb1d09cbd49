/* detect/jamf: lowering and engine against a naive evaluator of the predicate itself, on random
 * predicates and events. A predicate that is refused because it can never hold must not hold in the
 * naive evaluator either. CORDON_DIFF_ROUNDS multiplies the rounds, CORDON_DIFF_SEED changes them.
 */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "detect/detect.h"
#include "detect/jamf_priv.h"
#include "harness/naive_predicate.h"

enum { SETS = 12, RULES = 40, EVENTS = 250, ARGS_MOST = 5 };

static uint64_t seed_state;

static uint32_t below(uint32_t n)
{
    seed_state ^= seed_state << 13;
    seed_state ^= seed_state >> 7;
    seed_state ^= seed_state << 17;
    return (uint32_t)((seed_state >> 11) % n);
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

#define PICK(...)                                                                                  \
    ((const char *const[]){__VA_ARGS__})[below(ARRAY_LEN(((const char *const[]){__VA_ARGS__})))]

/* ------------------------------------------------------------------ random texts */

static const char *word(void)
{
    return PICK("a", "b", "curl", "Curl", "-c", "/tmp", "café", "CAFE", "sh", "zsh", "x.app",
                "plist", "Ünd", "*", "?", "\\\\", "a b", "com.apple.x", "é", "1", "a/b");
}

/* What a value of an event may be: the same words, unescaped. */
static struct str value_text(struct buf *b)
{
    buf_clear(b);
    unsigned parts = 1 + below(3);
    if (chance(30))
        buf_add_char(b, '/');
    for (unsigned i = 0; i < parts; i++) {
        const char *w = word();
        buf_add_cstr(b, strcmp(w, "\\\\") == 0 ? "\\" : w);
        if (i + 1 < parts)
            buf_add_cstr(b, PICK("", "/", ".", ""));
    }
    if (chance(5))
        buf_add_char(b, '/');
    return buf_str(b);
}

static void add_literal(struct buf *y)
{
    buf_addf(y, "\"%s%s\"", word(), chance(30) ? word() : "");
}

static void add_options(struct buf *y)
{
    if (chance(40))
        buf_add_cstr(y, PICK("[c]", "[d]", "[cd]", "[n]", "[ C ]"));
}

static void add_regex(struct buf *y)
{
    buf_addf(y, "\"%s\"",
             PICK("a.*", ".*curl", "(a|b)", "[^/]+", "/.*", "a", ".*\\\\.app", "caf.", "(?!/tmp).*",
                  "(?i)CURL", ".*[0-9]", "a|/tmp.*"));
}

/* ------------------------------------------------------------------ random predicates */

static void add_text_test(struct buf *y)
{
    switch (below(9)) {
    case 0:
        buf_add_cstr(y, " MATCHES");
        add_options(y);
        buf_add_char(y, ' ');
        add_regex(y);
        return;
    case 1:
        buf_addf(y, " %s %s", PICK("==", "!=", "<>"), PICK("nil", "NULL"));
        return;
    case 2:
    case 3:
        buf_add_cstr(y, " in");
        add_options(y);
        buf_add_cstr(y, " {");
        add_literal(y);
        for (unsigned i = below(3); i; i--) {
            buf_add_cstr(y, ", ");
            add_literal(y);
        }
        buf_add_char(y, '}');
        return;
    case 4:
        buf_add_cstr(y, " IN");
        add_options(y);
        buf_add_char(y, ' ');
        add_literal(y);
        return;
    default:
        buf_addf(y, " %s",
                 PICK("==", "=", "!=", "CONTAINS", "contains", "BEGINSWITH", "ENDSWITH", "LIKE"));
        add_options(y);
        buf_add_char(y, ' ');
        add_literal(y);
    }
}

static void add_number_test(struct buf *y, unsigned most)
{
    unsigned n = below(most);
    if (chance(15))
        buf_addf(y, " BETWEEN {%u, %u}", n, n + below(3));
    else if (chance(15))
        buf_addf(y, " IN {%u, %u}", n, below(most));
    else
        buf_addf(y, " %s %u", PICK("==", "!=", "<", "<=", "=<", ">", ">=", "=>", "<>"), n);
}

static void add_list_test(struct buf *y)
{
    static const char *const list = "event.process.args";
    switch (below(6)) {
    case 0:
        buf_addf(y, "%s.@count", list);
        buf_addf(y, " %s %u", PICK("==", "!=", "<", "<=", ">", ">="), below(5));
        return;
    case 1:
        buf_addf(y, "(%s)[%s]", list, PICK("LAST", "FIRST", "0", "1", "3"));
        add_text_test(y);
        return;
    case 2:
        add_literal(y);
        buf_addf(y, " IN $%s", list);
        return;
    case 3:
        buf_addf(y, "$%s[SIZE] %s %u", list, PICK("==", "!=", "<", "<=", ">", ">="), below(5));
        return;
    default: {
        const char *quantifier = PICK("ANY", "SOME", "ALL", "NONE", "any", "none");
        buf_addf(y, "%s %s", quantifier, list);
        size_t before = y->len;
        do {
            buf_truncate(y, before);
            add_text_test(y);
            /* nil is never an element: of the list it would be a different question. */
        } while (str_find(str_sub(buf_str(y), before, SIZE_MAX), STR("nil")) != SIZE_MAX ||
                 str_find(str_sub(buf_str(y), before, SIZE_MAX), STR("NULL")) != SIZE_MAX);
    }
    }
}

static void add_element_test(struct buf *y, unsigned depth)
{
    if (depth && chance(50)) {
        buf_add_char(y, '(');
        add_element_test(y, depth - 1);
        buf_add_cstr(y, PICK(" AND ", " OR ", " && "));
        add_element_test(y, depth - 1);
        buf_add_char(y, ')');
        return;
    }
    buf_addf(
        y, "%s$x %s", chance(25) ? "NOT " : "",
        PICK("==", "!=", "CONTAINS", "BEGINSWITH", "ENDSWITH", "LIKE", "==[c]", "CONTAINS[c]"));
    buf_add_char(y, ' ');
    add_literal(y);
}

static void add_comparison(struct buf *y, bool file)
{
    switch (below(10)) {
    case 0:
        buf_addf(y, "$event.type");
        add_number_test(y, file ? 10 : 4);
        return;
    case 1:
        buf_addf(y, "$event.process.signingInfo.signerType");
        add_number_test(y, 5);
        return;
    case 2:
        buf_addf(y, "$event.process.%s %s %s", PICK("pid", "uid"),
                 PICK("==", "!=", "<", ">", ">=", "<="), PICK("0", "1", "501"));
        return;
    case 3:
        if (file)
            buf_addf(y, "$event.%s == %s", PICK("isNew", "isModified"), PICK("1", "0", "true"));
        else
            buf_addf(y, "$event.process.%s %s %s", PICK("isShell", "parent.isShell"),
                     PICK("==", "=="), PICK("1", "YES", "false", "NO"));
        return;
    case 4:
        buf_addf(y, "$event.process.signingInfo.%s %s %s", PICK("appid", "teamid"),
                 PICK("==", "!="), PICK("\"com.apple.x\"", "\"a\"", "\"\"", "nil"));
        return;
    case 5:
    case 6:
        add_list_test(y);
        return;
    case 7:
        if (chance(60)) {
            buf_add_cstr(y, "SUBQUERY($event.process.args, $x, ");
            add_element_test(y, 2);
            buf_addf(y, ").@count %s %u", PICK(">", ">=", "==", "!=", "<"), below(3));
            return;
        }
        if (file)
            buf_addf(y, "$event.file.%s", PICK("sha1hex", "sha256hex", "snapshotData"));
        else
            buf_add_cstr(y, "$event.process.signingInfo.entitlements");
        add_text_test(y);
        return;
    default:
        if (file)
            buf_addf(y, "$event.%s",
                     PICK("path", "prevFile", "path.pathExtension", "path.lastPathComponent",
                          "prevFile.stringByDeletingLastPathComponent",
                          "prevFile.stringByDeletingLastPathComponent.lastPathComponent"));
        else
            buf_addf(y, "$event.process.%s",
                     PICK("path", "name", "commandLine", "path.lastPathComponent",
                          "path.stringByDeletingLastPathComponent", "path.pathExtension",
                          "parent.path", "tty", "parent.path.pathExtension"));
        add_text_test(y);
    }
}

static void add_predicate(struct buf *y, bool file, unsigned depth)
{
    if (depth == 0 || chance(25)) {
        add_comparison(y, file);
        return;
    }
    switch (below(6)) {
    case 0:
        buf_add_cstr(y, PICK("NOT (", "!(", "not ("));
        add_predicate(y, file, depth - 1);
        buf_add_char(y, ')');
        break;
    case 1:
        buf_add_char(y, '(');
        add_predicate(y, file, depth - 1);
        buf_add_char(y, ')');
        break;
    case 2:
        if (chance(10)) {
            buf_add_cstr(y, PICK("TRUEPREDICATE", "FALSEPREDICATE"));
            break;
        }
        /* fall through */
    default:
        add_predicate(y, file, depth - 1);
        buf_add_cstr(y, PICK(" AND ", " and ", " && ", " OR ", " || ", " or "));
        add_predicate(y, file, depth - 1);
    }
}

/* ------------------------------------------------------------------ random events */

struct random_event {
    struct event ev;
    struct buf texts[32];
    size_t texts_len;
    struct str args[ARGS_MOST];
};

static struct str new_text(struct random_event *r)
{
    return value_text(&r->texts[r->texts_len++]);
}

static void random_event(struct random_event *r)
{
    static const enum field_id texts[] = {F_EXECUTABLE,        F_COMMAND_LINE, F_TTY,
                                          F_PARENT_EXECUTABLE, F_FILE_PATH,    F_FILE_NAME,
                                          F_FILE_SOURCE};
    static const enum event_kind kinds[] = {KIND_EXEC,   KIND_EXEC,  KIND_EXEC,     KIND_EXIT,
                                            KIND_CREATE, KIND_CLOSE, KIND_RENAME,   KIND_UNLINK,
                                            KIND_WRITE,  KIND_FORK,  KIND_TRUNCATE, KIND_SETOWNER};
    r->texts_len = 0;
    event_clear(&r->ev);
    r->ev.kind = kinds[below(ARRAY_LEN(kinds))];
    r->ev.product = STR("macos");
    event_set_str(&r->ev, F_KIND, kind_table[r->ev.kind].name);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (chance(65))
            event_set_str(&r->ev, texts[i], new_text(r));
    }
    if (chance(70))
        event_set_str(&r->ev, F_NAME, chance(50) ? new_text(r) : str_of(PICK("zsh", "curl", "SH")));
    if (chance(50))
        event_set_str(&r->ev, F_PARENT_NAME, str_of(PICK("zsh", "launchd", "bash")));
    if (chance(70)) {
        uint32_t count = below(ARGS_MOST + 1);
        for (uint32_t i = 0; i < count; i++)
            r->args[i] = new_text(r);
        event_set_list(&r->ev, F_ARGS, r->args, count);
    }
    if (chance(60))
        event_set_int(&r->ev, F_UID, chance(50) ? 501 : 0);
    if (chance(60))
        event_set_int(&r->ev, F_PID, below(3));
    if (chance(70))
        event_set_int(&r->ev, F_CS_FLAGS, (int64_t[]){0, 2, 1, 0x22000001}[below(4)]);
    if (chance(40))
        event_set_int(&r->ev, F_CS_CATEGORY, (int64_t[]){1, 4, 6, 10}[below(4)]);
    if (chance(60))
        event_set_bool(&r->ev, F_PLATFORM_BINARY, chance(40));
    if (chance(60))
        event_set_str(&r->ev, F_TEAM_ID, str_of(PICK("", "a", "TEAM")));
    if (chance(10))
        event_set(&r->ev, F_TEAM_ID, (struct value){.type = VALUE_NULL});
    if (chance(60))
        event_set_str(&r->ev, F_SIGNING_ID, str_of(PICK("", "com.apple.x", "b")));
    if (chance(50))
        event_set_str(&r->ev, F_FILE_TYPE, str_of(PICK("dir", "file")));
    if (chance(50))
        event_set_bool(&r->ev, F_FILE_MODIFIED, chance(50));
}

/* ------------------------------------------------------------------ comparing */

struct rules {
    struct arena arena;
    const struct predicate_node *predicates[RULES];
    struct str texts[RULES];
    bool file[RULES];
    bool accepted[RULES];
    bool converted[RULES]; /* there is a Sigma rule of it, too */
    struct buf sigma;      /* those rules */
    struct err why;
};

static void remember(void *arg, const struct err *err)
{
    ((struct rules *)arg)->why = *err;
}

/* Refusals must be for this reason alone. */
static void check_refusal(const struct rules *r, unsigned i)
{
    if (str_find(str_of(r->why.message), STR("can never fire")) == SIZE_MAX)
        print_error("%s: %.*s\n", r->why.message, STR_FMT(r->texts[i]));
    assert_true(str_find(str_of(r->why.message), STR("can never fire")) != SIZE_MAX);
}

static void add_rule(struct rules *r, struct builder *builder, unsigned i)
{
    struct buf text = {0};
    struct buf yaml = {0};
    struct builder_counts counts = {0};
    struct err err = {0};
    r->file[i] = chance(50);
    add_predicate(&text, r->file[i], 3);
    r->texts[i] = arena_str(&r->arena, buf_str(&text));
    if (predicate_parse(r->texts[i], &r->arena, &r->predicates[i], NULL, &err))
        print_error("%s: %.*s\n", err.message, STR_FMT(r->texts[i]));
    assert_int_equal(err.code, 0);
    buf_addf(&yaml, "name: r%u\ninputType: %s\nfilter: |\n  %s\n", i,
             r->file[i] ? "GPFSEvent" : "GPProcessEvent", buf_cstr(&text));
    assert_ok(builder_add_sigma(builder, buf_str(&yaml), "r.yml", remember, r, &counts, NULL));
    assert_int_equal(counts.accepted + counts.refused, 1);
    r->accepted[i] = counts.accepted == 1;
    if (!r->accepted[i])
        check_refusal(r, i);
    counts = (struct builder_counts){0};
    assert_ok(jamf_convert(buf_str(&yaml), "r.yml", &r->sigma, NULL, NULL, NULL, &counts, NULL));
    r->converted[i] = counts.accepted == 1;
    assert_true(r->accepted[i] || !r->converted[i]);
    buf_done(&text);
    buf_done(&yaml);
}

static void report(const struct rules *r, unsigned i, const struct event *ev, bool naive)
{
    struct buf json = {0};
    event_add_json(&json, ev);
    print_error("reference says %d, %s:\n%.*s\n%s\n", naive,
                r->accepted[i] ? "accepted" : "refused", STR_FMT(r->texts[i]), buf_cstr(&json));
    buf_done(&json);
}

static uint64_t compare(const struct rules *r, struct engine *engine, const struct event *ev)
{
    const struct match *matches = NULL;
    int count = engine_match(engine, ev, &matches);
    assert_true(count >= 0);
    int next = 0;
    uint32_t rule = 0;
    for (unsigned i = 0; i < RULES; i++) {
        bool fires = r->accepted[i] && next < count && matches[next].rule == rule;
        bool naive =
            naive_predicate_fires(r->predicates[i], r->file[i] ? INPUT_FILE : INPUT_PROCESS, ev);
        if (fires != naive) {
            report(r, i, ev, naive);
            fail();
        }
        next += fires ? 1 : 0;
        rule += r->accepted[i] ? 1 : 0;
    }
    assert_int_equal(next, count);
    return (uint64_t)count;
}

/* The Sigma rules made of the predicates fire where the predicates do. */
static void compare_sigma(const struct rules *r, struct engine *engine, const struct event *ev)
{
    const struct match *matches = NULL;
    int count = engine_match(engine, ev, &matches);
    assert_true(count >= 0);
    int next = 0;
    uint32_t rule = 0;
    for (unsigned i = 0; i < RULES; i++) {
        if (!r->converted[i])
            continue;
        bool fires = next < count && matches[next].rule == rule++;
        bool naive =
            naive_predicate_fires(r->predicates[i], r->file[i] ? INPUT_FILE : INPUT_PROCESS, ev);
        if (fires != naive) {
            report(r, i, ev, naive);
            print_error("as Sigma\n%s\n", r->sigma.ptr);
            fail();
        }
        next += fires ? 1 : 0;
    }
    assert_int_equal(next, count);
}

struct loaded {
    struct buf image;
    struct ruleset *set;
    struct engine *engine;
};

static struct loaded load(struct builder *builder)
{
    struct loaded l = {0};
    assert_ok(builder_finish(builder, &l.image, NULL));
    builder_free(builder);
    assert_ok(ruleset_load(buf_str(&l.image), &l.set, NULL));
    assert_ok(engine_new(l.set, &l.engine));
    return l;
}

static void unload(struct loaded *l)
{
    engine_free(l->engine);
    ruleset_unref(l->set);
    buf_done(&l->image);
}

static struct loaded load_sigma(struct rules *r, uint32_t *ret_rules)
{
    struct builder *builder;
    struct builder_counts counts = {0};
    assert_ok(builder_new(&builder));
    assert_ok(builder_add_sigma(builder, buf_str(&r->sigma), "s.yml", remember, r, &counts, NULL));
    if (counts.refused)
        print_error("%s\n", r->why.message);
    assert_int_equal(counts.refused, 0);
    *ret_rules = counts.accepted;
    return load(builder);
}

static uint64_t run_set(struct random_event *ev, uint32_t *converted)
{
    static struct rules r;
    struct builder *builder;
    uint64_t fired = 0;
    uint32_t rules;
    memset(&r, 0, sizeof r);
    assert_ok(builder_new(&builder));
    for (unsigned i = 0; i < RULES; i++)
        add_rule(&r, builder, i);
    struct loaded jamf = load(builder);
    struct loaded sigma = load_sigma(&r, &rules);
    *converted += rules;
    for (unsigned i = 0; i < EVENTS; i++) {
        random_event(ev);
        fired += compare(&r, jamf.engine, &ev->ev);
        compare_sigma(&r, sigma.engine, &ev->ev);
    }
    unload(&jamf);
    unload(&sigma);
    buf_done(&r.sigma);
    arena_done(&r.arena);
    return fired;
}

static void the_engine_agrees_with_the_predicate_as_it_was_written(void **state)
{
    (void)state;
    const char *rounds = getenv("CORDON_DIFF_ROUNDS");
    const char *seed = getenv("CORDON_DIFF_SEED");
    seed_state = seed ? strtoull(seed, NULL, 10) : 20261124;
    unsigned sets = SETS * (rounds ? (unsigned)strtoul(rounds, NULL, 10) : 1);
    struct random_event *ev = calloc(1, sizeof *ev);
    assert_non_null(ev);
    uint64_t fired = 0;
    uint32_t converted = 0;
    for (unsigned i = 0; i < sets; i++)
        fired += run_set(ev, &converted);
    for (size_t i = 0; i < ARRAY_LEN(ev->texts); i++)
        buf_done(&ev->texts[i]);
    free(ev);
    uint64_t pairs = (uint64_t)sets * RULES * EVENTS;
    print_message("%llu pairs, %llu fired; %u of %u rules in Sigma, too\n",
                  (unsigned long long)pairs, (unsigned long long)fired, converted, sets * RULES);
    assert_true(converted > sets * RULES / 8);
    /* Neither almost always nor almost never: the comparison means something. */
    assert_true(fired > pairs / 20 && fired < pairs / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_agrees_with_the_predicate_as_it_was_written),
    };
    return cmocka_run_group_tests_name("detect/jamf_differential", tests, NULL, NULL);
}
