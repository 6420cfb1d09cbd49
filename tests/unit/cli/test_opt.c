/* Command line parsing against tables: what is accepted, what is refused with which words. */
#include "cli/opt.h"

#include "cli/commands.h"
#include "cli/help.h"
#include "harness/test.h"

static int run_nothing(struct cli *cli, const struct opt *opt, struct err *err)
{
    (void)cli;
    (void)opt;
    (void)err;
    return 0;
}

static const struct opt_row scan_rows[] = {
    {"rules", 'r', OPT_TEXTS, "PATH", "rules to use", 0, 0},
    {"stats", 's', OPT_FLAG, NULL, "print figures", 0, 0},
    {"limit", 0, OPT_NUMBER, "N", "most lines", 1, 100},
    {"offset", 0, OPT_NUMBER, "N", "lines to skip", 0, 0},
    {"shift", 0, OPT_NUMBER, "N", "may be negative", -5, 5},
    {"since", 0, OPT_DURATION, "TIME", "how far back", 0, 0},
    {"reason", 0, OPT_TEXT, "TEXT", "why", 0, 0},
    OPT_OUTPUT("table|json|jsonl"),
    OPT_END,
};

static const struct opt_row shared_rows[] = {
    {"server", 0, OPT_TEXT, "URL", "the server", 0, 0},
    OPT_END,
};

static const struct opt_command commands[] = {
    {"One", "scan", NULL, "FILE...", 1, OPT_ARGS_ANY, scan_rows, NULL, "Scan files", "More.",
     run_nothing},
    {"One", "rules", "check", "PATH", 1, 1, NULL, NULL, "Check rules", NULL, run_nothing},
    {"One", "rules", "test", "[PATH]", 0, 1, NULL, shared_rows, "Test rules", NULL, run_nothing},
    {"Two", "status", NULL, "", 0, 0, NULL, shared_rows, "Show the state", NULL, run_nothing},
    {NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL},
};

enum { WORDS_MAX = 12 };

/* "cordon scan a" -> parsed; the words must outlive the result. */
static int parse(const char *const *words, struct opt *ret_opt, struct err *err)
{
    char *argv[WORDS_MAX + 1] = {0};
    int argc = 0;
    for (; words[argc]; argc++) {
        assert_true(argc < WORDS_MAX);
        argv[argc] = (char *)(uintptr_t)words[argc];
    }
    return opt_parse(commands, argc, argv, ret_opt, err);
}

#define WORDS(...) ((const char *const[]){"cordon", __VA_ARGS__, NULL})

static void assert_refused(const char *const *words, const char *message)
{
    struct opt opt = {0};
    struct err err = {0};
    assert_int_equal(parse(words, &opt, &err), E_ARG);
    assert_string_equal(err.message, message);
    assert_null(opt.command);
    assert_null(opt.given);
}

static void options_and_arguments_may_be_mixed(void **state)
{
    (void)state;
    struct opt opt CLEANUP(opt_done) = {0};
    struct err err = {0};
    size_t pos = 0;
    assert_ok_err(
        parse(WORDS("scan", "a", "--rules", "x", "b", "--rules=y", "-s", "--limit=7"), &opt, &err),
        &err);
    assert_ptr_equal(opt.command, &commands[0]);
    assert_int_equal(opt.args_len, 2);
    assert_string_equal(opt.args[0], "a");
    assert_string_equal(opt.args[1], "b");
    assert_string_equal(opt_text_next(&opt, "rules", &pos), "x");
    assert_string_equal(opt_text_next(&opt, "rules", &pos), "y");
    assert_null(opt_text_next(&opt, "rules", &pos));
    assert_true(opt_flag(&opt, "stats"));
    assert_int_equal(opt_number(&opt, "limit", 50), 7);
    assert_int_equal(opt_number(&opt, "offset", 3), 3);
    assert_string_equal(opt_text(&opt, "reason", "none"), "none");
    assert_int_equal(opt_choice(&opt, "output"), 0);
}

static void letters_may_be_joined_and_carry_a_value(void **state)
{
    (void)state;
    struct opt opt CLEANUP(opt_done) = {0};
    struct err err = {0};
    size_t pos = 0;
    assert_ok_err(parse(WORDS("scan", "-srx", "-o", "jsonl", "-"), &opt, &err), &err);
    assert_true(opt_flag(&opt, "stats"));
    assert_string_equal(opt_text_next(&opt, "rules", &pos), "x");
    assert_int_equal(opt_choice(&opt, "output"), 2);
    assert_string_equal(opt.args[0], "-");
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct opt opt CLEANUP(opt_done) = {0};
    struct err err = {0};
    assert_ok_err(parse(WORDS("scan", "--", "--stats", "--"), &opt, &err), &err);
    assert_false(opt_flag(&opt, "stats"));
    assert_int_equal(opt.args_len, 2);
    assert_string_equal(opt.args[0], "--stats");
    assert_string_equal(opt.args[1], "--");
}

static void the_last_value_of_an_option_counts(void **state)
{
    (void)state;
    struct opt opt CLEANUP(opt_done) = {0};
    struct err err = {0};
    assert_ok_err(parse(WORDS("scan", "--reason=a", "--reason", "b", "x"), &opt, &err), &err);
    assert_string_equal(opt_text(&opt, "reason", NULL), "b");
}

static void numbers_and_durations_are_checked(void **state)
{
    (void)state;
    struct opt opt CLEANUP(opt_done) = {0};
    struct err err = {0};
    assert_ok_err(parse(WORDS("scan", "--shift", "-3", "--since=15m", "x"), &opt, &err), &err);
    assert_int_equal(opt_number(&opt, "shift", 0), -3);
    assert_int_equal(opt_number(&opt, "since", 0), INT64_C(900000000000));
    assert_refused(WORDS("scan", "--limit=0", "x"), "--limit: '0' is not a number from 1 to 100");
    assert_refused(WORDS("scan", "--limit=9x", "x"), "--limit: '9x' is not a number from 1 to 100");
    assert_refused(WORDS("scan", "--offset=-1", "x"), "--offset: '-1' is not a number");
    assert_refused(WORDS("scan", "--since=soon", "x"),
                   "--since: 'soon' is not a duration such as 90s, 15m, 4h or 7d");
    assert_refused(WORDS("scan", "-oxml", "x"), "--output: 'xml' is not one of table|json|jsonl");
}

static void a_forgotten_value_is_not_taken_from_the_next_option(void **state)
{
    (void)state;
    assert_refused(WORDS("scan", "x", "--reason", "--stats"),
                   "--reason needs a value: --reason=TEXT");
    assert_refused(WORDS("scan", "x", "--reason"), "--reason needs a value: --reason=TEXT");
    assert_refused(WORDS("scan", "x", "-r"), "--rules needs a value: --rules=PATH");
    assert_refused(WORDS("scan", "x", "--stats=yes"), "--stats takes no value");
}

static void unknown_words_are_answered_with_the_nearest_known_one(void **state)
{
    (void)state;
    assert_refused(WORDS("scna", "x"), "unknown command 'scna'; did you mean 'scan'?");
    assert_refused(WORDS("zzz"), "unknown command 'zzz'");
    assert_refused(WORDS("rules", "chekc"),
                   "rules: unknown command 'chekc'; did you mean 'check'?");
    assert_refused(WORDS("rules", "delete"), "rules: unknown command 'delete'");
    assert_refused(WORDS("scan", "--stat", "x"),
                   "unknown option '--stat'; did you mean '--stats'?");
    assert_refused(WORDS("status", "--sever=x"),
                   "unknown option '--sever'; did you mean '--server'?");
    assert_refused(WORDS("scan", "--frobnicate", "x"), "unknown option '--frobnicate'");
    assert_refused(WORDS("scan", "-x"), "unknown option '-x'");
    assert_refused(WORDS("--stats", "scan"), "unknown option '--stats'");
}

static void a_missing_command_verb_or_argument_is_named(void **state)
{
    (void)state;
    struct opt opt = {0};
    char *argv[] = {(char *)(uintptr_t) "cordon", NULL};
    struct err err = {0};
    assert_int_equal(opt_parse(commands, 1, argv, &opt, &err), E_ARG);
    assert_string_equal(err.message, "which command? See 'cordon --help'");
    assert_refused(WORDS("rules"), "'rules' needs a verb; see 'cordon rules --help'");
    assert_refused(WORDS("scan"), "too few arguments: expected FILE...");
    assert_refused(WORDS("rules", "check", "a", "b"), "unexpected argument 'b'");
    assert_refused(WORDS("status", "now"), "unexpected argument 'now'");
}

static void help_and_version_need_no_arguments(void **state)
{
    (void)state;
    struct opt opt CLEANUP(opt_done) = {0};
    struct err err = {0};
    assert_ok_err(parse(WORDS("scan", "--help"), &opt, &err), &err);
    assert_true(opt.help);
    assert_ptr_equal(opt.command, &commands[0]);
    opt_done(&opt);
    assert_ok_err(parse(WORDS("rules", "-h"), &opt, &err), &err);
    assert_true(opt.help);
    assert_null(opt.command);
    assert_string_equal(opt.noun, "rules");
    opt_done(&opt);
    assert_ok_err(parse(WORDS("--no-color", "--version"), &opt, &err), &err);
    assert_true(opt.version);
    assert_true(opt.no_color);
    assert_null(opt.noun);
}

static void help_shows_usage_options_and_headings(void **state)
{
    (void)state;
    struct buf text CLEANUP(buf_done) = {0};
    struct opt opt = {.help = true};
    help_add(&text, commands, &opt);
    const char *all = buf_cstr(&text);
    assert_non_null(strstr(all, "\nOne:\n  scan         Scan files\n"));
    assert_non_null(strstr(all, "\nTwo:\n  status       Show the state\n"));
    assert_non_null(strstr(all, "--no-color"));

    buf_clear(&text);
    opt.command = &commands[0];
    help_add(&text, commands, &opt);
    const char *one = buf_cstr(&text);
    assert_non_null(
        strstr(one, "usage: cordon scan [OPTION]... FILE...\n\nScan files.\n\nMore.\n"));
    assert_non_null(strstr(one, "  -r, --rules=PATH  "));
    assert_non_null(strstr(one, "  -o, --output=table|json|jsonl  form of the output\n"));

    buf_clear(&text);
    opt = (struct opt){.help = true, .noun = "rules"};
    help_add(&text, commands, &opt);
    const char *noun = buf_cstr(&text);
    assert_non_null(strstr(noun, "rules check"));
    assert_null(strstr(noun, "scan"));
    assert_int_equal(buf_check(&text), 0);
}

/* Every row of the real table can be shown and holds what the parser and help rely on. */
static void every_command_row_is_complete(void **state)
{
    (void)state;
    const char *noun = "";
    for (const struct opt_command *c = cli_commands; c->noun; c++) {
        assert_non_null(c->group);
        assert_non_null(c->args);
        assert_non_null(c->run);
        assert_true(c->args_least <= c->args_most);
        assert_true(c->summary && c->summary[strlen(c->summary) - 1] != '.');
        if (!str_is(str_of(noun), c->noun)) {
            for (const struct opt_command *other = cli_commands; other < c; other++)
                assert_string_not_equal(other->noun, c->noun);
        } else {
            assert_non_null(c->verb);
        }
        noun = c->noun;
        const struct opt_row *tables[] = {c->rows, c->shared};
        for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
            for (const struct opt_row *row = tables[t]; row && row->name; row++) {
                assert_non_null(row->doc);
                assert_true((row->type == OPT_FLAG) == (row->value == NULL));
            }
        }
    }
    struct buf text CLEANUP(buf_done) = {0};
    help_add_markdown(&text, cli_commands);
    assert_int_equal(buf_check(&text), 0);
    for (const struct opt_command *c = cli_commands; c->noun; c++)
        assert_non_null(strstr(buf_cstr(&text), c->summary));
}

static int parse_under_pressure(void *context)
{
    (void)context;
    struct opt opt CLEANUP(opt_done) = {0};
    return parse(WORDS("scan", "--rules=x", "-s", "a"), &opt, NULL);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    test_every_allocation_fails(parse_under_pressure, NULL, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_may_be_mixed),
        cmocka_unit_test(letters_may_be_joined_and_carry_a_value),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(the_last_value_of_an_option_counts),
        cmocka_unit_test(numbers_and_durations_are_checked),
        cmocka_unit_test(a_forgotten_value_is_not_taken_from_the_next_option),
        cmocka_unit_test(unknown_words_are_answered_with_the_nearest_known_one),
        cmocka_unit_test(a_missing_command_verb_or_argument_is_named),
        cmocka_unit_test(help_and_version_need_no_arguments),
        cmocka_unit_test(help_shows_usage_options_and_headings),
        cmocka_unit_test(every_command_row_is_complete),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
