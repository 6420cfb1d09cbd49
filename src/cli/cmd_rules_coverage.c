/* `cordon rules coverage`: which ATT&CK techniques the rules name, and on which sources of events
 * each rule can fire at all. See cmd_rules.h. */
#include "cli/cmd_rules.h"

#include "cli/cli.h"
#include "cli/coverage.h"
#include "cli/listing.h"
#include "cli/rules.h"
#include "schema/attack.h"

enum { COVERAGE_LAYER = LISTING_JSONL + 1 }; /* of the words of -o */
enum { BY_TECHNIQUE, BY_RULE };

const struct opt_row cmd_rules_coverage_rows[] = {
    OPT_OUTPUT(LISTING_FORMS "|navigator"),
    {"tier", 0, OPT_CHOICE, "any|es|eslogger|degraded|linux",
     "count only rules that can fire on what this source tells", 0, 0},
    {"by", 0, OPT_CHOICE, "technique|rule", "one row a technique, or one a rule", 0, 0},
    {"blind", 0, OPT_FLAG, NULL, "only what cannot fire on the tier", 0, 0},
    RULES_PLACEHOLDERS,
    OPT_END,
};

static void add_tactics(struct listing *list, const struct technique_row *row)
{
    struct str names[TACTIC_COUNT];
    size_t len = 0;
    for (unsigned t = 0; row && t < TACTIC_COUNT; t++) {
        if (row->tactics >> t & 1)
            names[len++] = tactic_table[t].title;
    }
    listing_strs(list, names, len);
}

static int print_techniques(struct cli *cli, enum listing_form form, const struct coverage *c,
                            bool blind, struct err *err)
{
    static const struct listing_column columns[] = {
        {"technique", "TECHNIQUE"}, {"name", "NAME"},     {"tactics", "TACTICS"},
        {"rules", "RULES"},         {"seen", "CAN FIRE"}, {"level", "HIGHEST"},
    };
    struct listing list CLEANUP(listing_done);
    listing_init(&list, form, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < c->techniques_len; i++) {
        const struct coverage_technique *t = &c->techniques[i];
        const struct technique_row *row = technique_find(t->id);
        if (blind && t->seen)
            continue;
        listing_str(&list, t->id);
        listing_str(&list, row ? row->name : (struct str){0});
        add_tactics(&list, row);
        listing_int(&list, t->rules);
        listing_int(&list, t->seen);
        listing_cstr(&list, rule_level_name(t->level));
    }
    return listing_print(&list, &cli->out) ? err_set(err, E_NOMEM, "out of memory") : 0;
}

static void add_kinds(struct listing *list, const struct kind_set *set)
{
    struct str names[KIND_COUNT];
    size_t len = 0;
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        if (kind_set_has(set, (enum event_kind)k))
            names[len++] = kind_table[k].name;
    }
    /* A rule for every kind says nothing about kinds: one word instead of a hundred. */
    if (list->form == LISTING_TABLE && len > KIND_COUNT / 2)
        listing_cstr(list, "any");
    else
        listing_strs(list, names, len);
}

static int print_rules(struct cli *cli, enum listing_form form, const struct coverage *c,
                       enum event_source source, bool blind, struct err *err)
{
    static const struct listing_column columns[] = {
        {"level", "LEVEL"}, {"title", "RULE"}, {"sources", "CAN FIRE ON"},
        {"kinds", "KINDS"}, {"id", "ID"},      {"source", "SOURCE"},
    };
    struct listing list CLEANUP(listing_done);
    listing_init(&list, form, columns, ARRAY_LEN(columns));
    for (uint32_t i = 0; i < ruleset_len(c->set); i++) {
        struct rule_info info = ruleset_info(c->set, i);
        struct str names[EVENT_SOURCES];
        size_t len = 0;
        if (blind && coverage_sees(&c->rules[i], source))
            continue;
        for (unsigned s = 0; s < EVENT_SOURCES; s++) {
            if (coverage_sees(&c->rules[i], (enum event_source)s))
                names[len++] = tier_table[s].name;
        }
        listing_cstr(&list, rule_level_name(info.level));
        listing_str(&list, info.title);
        listing_strs(&list, names, len);
        add_kinds(&list, &c->rules[i].kinds);
        listing_str(&list, info.id);
        listing_str(&list, info.source);
    }
    return listing_print(&list, &cli->out) ? err_set(err, E_NOMEM, "out of memory") : 0;
}

static void print_sum(struct cli *cli, const struct coverage *c, enum event_source source)
{
    uint32_t blind = 0;
    size_t seen = 0;
    for (uint32_t i = 0; i < ruleset_len(c->set); i++)
        blind += !coverage_sees(&c->rules[i], source);
    for (size_t i = 0; i < c->techniques_len; i++)
        seen += c->techniques[i].seen != 0;
    out_line(&cli->err,
             "%u rules, %u of them cannot fire; %zu techniques, %zu with a rule that can",
             ruleset_len(c->set), blind, c->techniques_len, seen);
}

static int print_layer(struct cli *cli, const struct coverage *c, enum event_source source,
                       struct err *err)
{
    if (coverage_add_layer(&cli->out.text, c, source))
        return err_set(err, E_NOMEM, "out of memory");
    buf_add_char(&cli->out.text, '\n');
    out_end_line(&cli->out);
    return 0;
}

int cmd_rules_coverage(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct rules rules CLEANUP(rules_done) = {0};
    struct coverage c CLEANUP(coverage_done) = {0};
    unsigned form = opt_choice(opt, "output");
    unsigned tier = opt_choice(opt, "tier");
    enum event_source source = tier ? (enum event_source)(tier - 1) : EVENT_SOURCES;
    int rc = rules_init(&rules, rules_warn_refused, cli);
    if (!rc)
        rc = rules_use_options(&rules, opt, err);
    if (!rc && !opt->args_len)
        rc = rules_add_builtin(&rules, err);
    for (size_t i = 0; !rc && i < opt->args_len; i++)
        rc = rules_add_path(&rules, opt->args[i], err);
    if (!rc)
        rc = rules_finish(&rules, err);
    if (rc)
        return rc;
    if (coverage_make(rules.set, source, &c))
        return err_set(err, E_NOMEM, "out of memory");
    if (form == COVERAGE_LAYER)
        return print_layer(cli, &c, source, err);
    rc = opt_choice(opt, "by") == BY_RULE
             ? print_rules(cli, (enum listing_form)form, &c, source, opt_flag(opt, "blind"), err)
             : print_techniques(cli, (enum listing_form)form, &c, opt_flag(opt, "blind"), err);
    if (!rc && form == LISTING_TABLE)
        print_sum(cli, &c, source);
    return rc;
}
