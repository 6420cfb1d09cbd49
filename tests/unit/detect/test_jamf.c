/* detect/jamf: analytics and unified log filters as rules that fire; what no event tells; places in
 * every style of YAML; repairs. The predicates are our own, in the style of Jamf Protect's. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "detect/detect.h"
#include "detect/disk.h"
#include "detect/jamf_priv.h"
#include "event/normalise.h"
#include "os/file.h"

struct world {
    struct builder *builder;
    struct builder_counts counts;
    struct buf image;
    struct ruleset *rules;
    struct engine *engine;
    struct normaliser *normaliser;
    struct buf said; /* refusals and notes, a line each */
};

static void say(struct world *w, const char *what, const struct err *err)
{
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof text);
    buf_addf(&w->said, "%s%s\n", what, text);
}

static void say_refused(void *arg, const struct err *err)
{
    say(arg, "", err);
}

static void say_note(void *arg, const struct err *err)
{
    say(arg, "note: ", err);
}

static int try_make(struct world *w, const char *yaml)
{
    *w = (struct world){0};
    int rc = builder_new(&w->builder);
    if (rc)
        return rc;
    builder_on_note(w->builder, say_note, w);
    rc = builder_add_sigma(w->builder, str_of(yaml), "r", say_refused, w, &w->counts, NULL);
    if (rc == 0)
        rc = builder_finish(w->builder, &w->image, NULL);
    if (rc == 0)
        rc = ruleset_load(buf_str(&w->image), &w->rules, NULL);
    if (rc == 0)
        rc = engine_new(w->rules, &w->engine);
    return rc ? rc : normaliser_new(&w->normaliser);
}

static void done(struct world *w)
{
    normaliser_free(w->normaliser);
    engine_free(w->engine);
    ruleset_unref(w->rules);
    builder_free(w->builder);
    buf_done(&w->image);
    buf_done(&w->said);
}

/* Titles of the rules that fire on the record, each with a blank behind. */
static const char *fired(struct world *w, const char *record)
{
    static char titles[1024];
    static struct event ev;
    const struct match *matches;
    titles[0] = '\0';
    struct err err = {0};
    assert_ok_err(normaliser_record(w->normaliser, str_of(record), FORMAT_AUTO, &ev, &err), &err);
    int count = engine_match(w->engine, &ev, &matches);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        size_t len = strlen(titles);
        (void)snprintf(titles + len, sizeof titles - len, "%.*s ",
                       STR_FMT(ruleset_info(w->rules, matches[i].rule).title));
    }
    return titles;
}

/* Whether an analytic with this filter fires on the record. */
static bool fires(const char *input, const char *filter, const char *record)
{
    struct world w;
    struct buf yaml = {0};
    buf_addf(&yaml, "name: rule\ninputType: %s\nfilter: |\n  %s\n", input, filter);
    assert_ok(try_make(&w, buf_cstr(&yaml)));
    if (w.counts.refused)
        print_error("%s%s\n", buf_cstr(&w.said), filter);
    assert_int_equal(w.counts.accepted, 1);
    bool result = fired(&w, record)[0] != '\0';
    done(&w);
    buf_done(&yaml);
    return result;
}

#define PROCESS "GPProcessEvent"
#define FILE_   "GPFSEvent"

#define assert_fires(input, filter, record) assert_true(fires(input, filter, record))
#define assert_quiet(input, filter, record) assert_false(fires(input, filter, record))

static const char curl[] =
    "{\"kind\":\"exec\",\"product\":\"macos\",\"process.executable\":\"/usr/bin/curl\","
    "\"process.name\":\"curl\",\"process.args\":[\"curl\",\"-fsSL\",\"https://example.org/a.sh\"],"
    "\"process.command_line\":\"curl -fsSL https://example.org/a.sh\",\"process.pid\":501,"
    "\"process.tty\":\"/dev/ttys001\",\"process.signing.id\":\"com.apple.curl\","
    "\"process.signing.flags\":570425345,\"process.signing.platform_binary\":true,"
    "\"process.parent.name\":\"zsh\",\"process.parent.executable\":\"/bin/zsh\"}";

static const char unsigned_tool[] =
    "{\"kind\":\"exec\",\"process.executable\":\"/Volumes/Setup Disk/Setup.app/Contents/MacOS/x\","
    "\"process.name\":\"x\",\"process.args\":[\"x\"],\"process.signing.flags\":0,"
    "\"process.parent.name\":\"launchd\"}";

static const char rename_event[] =
    "{\"kind\":\"rename\",\"file.path\":\"/Users/ada/Downloads/Caf\xc3\xa9.dmg\","
    "\"file.name\":\"Caf\xc3\xa9.dmg\",\"file.source_path\":\"/private/var/folders/x/T/a\","
    "\"process.signing.id\":\"com.apple.sharingd\"}";

/* ------------------------------------------------------------------ what fires */

static void operators_compare_as_nspredicate_does(void **state)
{
    (void)state;
    static const char *const hold[] = {
        "$event.process.name == \"curl\"",
        "$event.process.name ==[c] \"CURL\"",
        "$event.process.name != \"Curl\"",
        "$event.process.path ENDSWITH[cd] \"/C\xc3\x9cRL\"",
        "$event.process.path.lastPathComponent IN {\"curl\", 'nscurl'}",
        "$event.process.path.lastPathComponent IN 'curl'",
        "$event.process.path.stringByDeletingLastPathComponent == '/usr/bin'",
        "$event.process.path.stringByDeletingLastPathComponent.lastPathComponent == 'bin'",
        "$event.process.commandLine MATCHES \"curl .*\\\\.sh\"",
        "$event.process.commandLine MATCHES[c] \"CURL (?!-k).*\"",
        "$event.process.commandLine LIKE \"curl * https://*.org/?.sh\"",
        "$event.process.tty != nil && $event.process.exitCode = nil",
        "ANY $event.process.args BEGINSWITH \"https://\"",
        "ANY $event.process.args IN[c] {\"-FSSL\", \"-o\"}",
        "ANY $event.process.args != \"curl\"",
        "NONE $event.process.args == \"CURL\"",
        "ALL $event.process.args MATCHES \"[^ ]+\"",
        "$event.process.args.@count == 3 AND event.process.args[SIZE] BETWEEN {2, 4}",
        "(event.process.args)[LAST].lastPathComponent == \"a.sh\"",
        "(event.process.args)[1] CONTAINS \"S\" AND event.process.args[9] == nil",
        "\"-fsSL\" IN $event.process.args AND $event.process.args CONTAINS \"curl\"",
        "SUBQUERY($event.process.args, $a, $a BEGINSWITH '-' AND $a CONTAINS 's').@count == 1",
        "$event.process.parent.isShell == 1 AND $event.process.isShell == NO",
        "$event.process.signingInfo.signerType == 0 AND $event.process.signingInfo.teamid == \"\"",
        "$event.type == 1 AND $event.process.pid > 500 AND 502 > $event.process.pid",
        "$event.process.pid IN {7, 501} AND TRUEPREDICATE",
        "NOT ($event.process.name == \"wget\" OR $event.process.pid < 3)",
        "\"curl and more\" CONTAINS $event.process.name",
    };
    static const char *const fail_to[] = {
        "$event.process.name == \"CURL\"",
        "$event.process.name !=[c] \"CURL\"",
        "$event.process.commandLine MATCHES \"curl\"",
        "$event.process.path LIKE \"*/CURL\"",
        "$event.process.path.pathExtension == \"sh\"",
        "ALL $event.process.args != \"-fsSL\"",
        "NONE $event.process.args BEGINSWITH \"-\"",
        "$event.process.args.@count > 3 OR $event.process.args.@count < 3",
        "(event.process.args)[FIRST] == \"-fsSL\"",
        "$event.type == 2",
        "$event.process.signingInfo.signerType IN {1, 2, 3, 4}",
        "$event.process.tty == nil",
        "SUBQUERY($event.process.args, $a, $a BEGINSWITH '-').@count >= 2",
        "$event.process.parent.path CONTAINS \"nothing\" OR $event.process.exitCode == 0",
    };
    for (size_t i = 0; i < ARRAY_LEN(hold); i++) {
        if (!fires(PROCESS, hold[i], curl))
            print_error("does not fire: %s\n", hold[i]);
        assert_fires(PROCESS, hold[i], curl);
    }
    for (size_t i = 0; i < ARRAY_LEN(fail_to); i++) {
        if (fires(PROCESS, fail_to[i], curl))
            print_error("fires: %s\n", fail_to[i]);
        assert_quiet(PROCESS, fail_to[i], curl);
    }
}

static void signers_are_told_by_flags_team_and_category(void **state)
{
    (void)state;
    static const struct {
        int type;
        const char *facts;
    } rows[] = {
        {0, "\"process.signing.platform_binary\":true"},
        {0, "\"process.signing.category\":1,\"process.signing.flags\":1"},
        {1, "\"process.signing.category\":4,\"process.signing.team_id\":\"T\""},
        {2, "\"process.signing.category\":6,\"process.signing.team_id\":\"T\""},
        {2, "\"process.signing.team_id\":\"T\",\"process.signing.flags\":570425345"},
        {3, "\"process.signing.flags\":570425347"},
        {4, "\"process.signing.flags\":0"},
        {4, "\"process.signing.flags\":0,\"process.signing.id\":null"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char record[256];
        (void)snprintf(record, sizeof record, "{\"kind\":\"exec\",%s}", rows[i].facts);
        for (int type = 0; type < 5; type++) {
            char filter[128];
            (void)snprintf(filter, sizeof filter, "$event.process.signingInfo.signerType == %d",
                           type);
            assert_int_equal(fires(PROCESS, filter, record), type == rows[i].type);
            (void)snprintf(filter, sizeof filter, "$event.process.signingInfo.signerType != %d",
                           type);
            assert_int_equal(fires(PROCESS, filter, record), type != rows[i].type);
        }
    }
    /* What is not told is neither. */
    assert_quiet(PROCESS, "$event.process.signingInfo.signerType == 4", "{\"kind\":\"exec\"}");
    assert_quiet(PROCESS, "$event.process.signingInfo.signerType != 4", "{\"kind\":\"exec\"}");
    assert_fires(PROCESS,
                 "$event.process.path BEGINSWITH \"/Volumes/\" AND $event.type == 1 AND "
                 "$event.process.signingInfo.signerType == 4",
                 unsigned_tool);
    assert_fires(PROCESS, "$event.process.signingInfo.cdhash == 'rbIoddPMz9MoMMZl1ATihY8wlMk='",
                 "{\"kind\":\"exec\",\"process.signing.cdhash\":"
                 "\"adb22875d3cccfd32830c665d404e2858f3094c9\"}");
    assert_fires(PROCESS, "$event.process.parent.signingInfo.signerType == 2",
                 "{\"kind\":\"exec\",\"process.parent.signing.team_id\":\"T\"}");
}

static void types_of_file_events_are_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        const char *record;
        bool fires;
    } rows[] = {
        {"$event.type == 0", "{\"kind\":\"create\",\"file.type\":\"file\"}", true},
        {"$event.type == 0", "{\"kind\":\"create\",\"file.type\":\"dir\"}", false},
        {"$event.type == 7", "{\"kind\":\"create\",\"file.type\":\"dir\"}", true},
        {"$event.isNewDirectory == 1", "{\"kind\":\"create\",\"file.type\":\"dir\"}", true},
        {"$event.isNew == true", "{\"kind\":\"create\"}", true},
        {"$event.isNew == false", "{\"kind\":\"create\"}", false},
        {"$event.type == 1", "{\"kind\":\"unlink\"}", true},
        {"$event.type == 3", "{\"kind\":\"rename\"}", true},
        {"$event.type >= 3 AND $event.type < 5", "{\"kind\":\"write\"}", true},
        {"$event.isModified == 1", "{\"kind\":\"close\",\"file.modified\":true}", true},
        {"$event.isModified == 1", "{\"kind\":\"close\",\"file.modified\":false}", false},
        {"$event.path != \"x\"", "{\"kind\":\"close\",\"file.modified\":false}", false},
        {"$event.path != \"x\"", "{\"kind\":\"exec\",\"file.path\":\"/y\"}", false},
        {"NOT $event.type IN {0, 3}", "{\"kind\":\"unlink\"}", true},
        {"$event.file.isDirectory == 0", "{\"kind\":\"create\",\"file.type\":\"file\"}", true},
        {"$event.file.isDirectory == 0", "{\"kind\":\"create\"}", false},
        {"$event.file.isAppBundle == 1", "{\"kind\":\"create\",\"file.path\":\"/A/b.app\"}", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (fires(FILE_, rows[i].filter, rows[i].record) != rows[i].fires)
            print_error("%s on %s\n", rows[i].filter, rows[i].record);
        assert_int_equal(fires(FILE_, rows[i].filter, rows[i].record), rows[i].fires);
    }
    assert_fires(
        FILE_,
        "$event.type == 3 AND $event.prevFile BEGINSWITH \"/private/var/folders/\" AND NOT "
        "$event.path MATCHES \"(/Users/[^/]+/Library/Sharing/|/var/folders/).*\" AND "
        "$event.process.signingInfo.appid == \"com.apple.sharingd\"",
        rename_event);
    assert_fires(FILE_,
                 "$event.path.lastPathComponent BEGINSWITH[cd] \"cafe\" AND "
                 "$event.path.pathExtension == \"dmg\"",
                 rename_event);
    assert_quiet(FILE_, "$event.path.lastPathComponent BEGINSWITH[c] \"cafe\"", rename_event);
}

static void exit_codes_are_the_upper_byte_of_the_status(void **state)
{
    (void)state;
    static const char failed[] = "{\"kind\":\"exit\",\"process.exit_status\":768}";
    assert_fires(PROCESS, "$event.type == 2 AND $event.process.exitCode == 3", failed);
    assert_fires(PROCESS, "$event.process.exitCode > 2 AND $event.process.exitCode <= 3", failed);
    assert_fires(PROCESS, "$event.process.exitCode BETWEEN {1, 3}", failed);
    assert_quiet(PROCESS, "$event.process.exitCode > 3 OR $event.process.exitCode < 3", failed);
}

static void a_log_filter_fires_on_lines_of_the_log(void **state)
{
    (void)state;
    static const char yaml[] =
        "name: connect\ndescription: d\ntags: [Visibility]\nenabled: true\n"
        "predicate: 'process == \"Jamf Connect\" && subsystem beginswith \"com.jamf\" and "
        "eventMessage contains[c] \"signed in\"'\n"
        "---\nname: errors\npredicate: messageType >= error AND sender ENDSWITH \"Kit\"\n"
        "---\nname: paths\npredicate: processImagePath ENDSWITH \"/Jamf Connect\" AND category != "
        "nil\n";
    static const char line[] =
        "{\"eventMessage\":\"Ada Signed In\",\"eventType\":\"logEvent\",\"subsystem\":"
        "\"com.jamf.connect\",\"category\":\"login\",\"processImagePath\":"
        "\"\\/Applications\\/Jamf Connect.app\\/Contents\\/MacOS\\/Jamf Connect\",\"timestamp\":"
        "\"2026-01-10 "
        "12:00:00.5+0100\",\"machTimestamp\":7,\"messageType\":\"%s\",\"processID\":12,"
        "\"senderImagePath\":\"/System/Library/Frameworks/SomeKit.framework/SomeKit\"}";
    char record[1024];
    struct world w;
    assert_ok(try_make(&w, yaml));
    assert_string_equal(buf_cstr(&w.said), "");
    (void)snprintf(record, sizeof record, line, "Default");
    assert_string_equal(fired(&w, record), "connect paths ");
    (void)snprintf(record, sizeof record, line, "Fault");
    assert_string_equal(fired(&w, record), "connect errors paths ");
    assert_string_equal(fired(&w, curl), "");
    done(&w);
}

static void head_of_an_analytic_is_carried_over(void **state)
{
    (void)state;
    static const char yaml[] =
        "name: CurlDownload\nlabel: Download by curl\nuuid: 0C5F0E0B-6D7A-4B1F-8B56-0D1D8A6B0001\n"
        "longDescription: Long.\nshortDescription: Short.\nlevel: 0\ninputType: GPProcessEvent\n"
        "tags: [Visibility, T1105, 'see T1059.004 and t1105']\nsnapshotFiles: []\n"
        "filter: $event.type == 1\nactions: [{name: Log}]\n"
        "context: [{name: n, type: File, exprs: ['(event.process.args)[LAST].file.sha256hex']}]\n"
        "categories: [Visibility]\nversion: 1\nseverity: High\nremediation: ''\n"
        "MitreCategories: null\n";
    struct world w;
    assert_ok(try_make(&w, yaml));
    assert_string_equal(buf_cstr(&w.said), "");
    struct rule_info info = ruleset_info(w.rules, 0);
    assert_str(info.title, "Download by curl");
    assert_str(info.id, "0C5F0E0B-6D7A-4B1F-8B56-0D1D8A6B0001");
    assert_str(info.description, "Long.");
    assert_int_equal(info.level, LEVEL_HIGH);
    assert_int_equal(info.techniques_len, 2);
    assert_str(info.techniques[0], "T1105");
    assert_str(info.techniques[1], "T1059.004");
    done(&w);
}

/* ------------------------------------------------------------------ what does not */

static void assert_said(const char *yaml, unsigned accepted, const char *said)
{
    struct world w;
    assert_ok(try_make(&w, yaml));
    if (strcmp(buf_cstr(&w.said), said) != 0)
        print_error("%s", yaml);
    assert_string_equal(buf_cstr(&w.said), said);
    assert_int_equal(w.counts.accepted, accepted);
    done(&w);
}

#define ANALYTIC(filter) "name: a\ninputType: GPFSEvent\nfilter: " filter "\n"

static void a_rule_that_can_never_fire_is_refused(void **state)
{
    (void)state;
    assert_said(ANALYTIC("$event.type == 4 AND $event.file.snapshotData != nil"), 0,
                "r:3:30: the rule can never fire: 'file.snapshotData' is not in the event: needs "
                "what the file was before\n");
    assert_said(ANALYTIC("NOT $event.dev == 1"), 0,
                "r:3:13: the rule can never fire: 'dev' is not in the event: no sensor reports "
                "it\n");
    assert_said(ANALYTIC("'LaunchDaemon' IN $tags"), 0,
                "note: r:3: repaired: quotes inside the text are taken as part of it\n"
                "r:3:9: the rule can never fire: '$tags' is not in the event: Jamf Protect's own "
                "analytics set it\n");
    assert_said(ANALYTIC("$event.type == 6"), 0,
                "r:3:9: the rule can never fire: no event has such a type\n");
    assert_said(ANALYTIC("NOT ($event.isNew == 1 OR TRUEPREDICATE)"), 0,
                "r:3:35: the rule can never fire: FALSEPREDICATE never holds\n");
    assert_said("name: a\ninputType: GPUSBEvent\nfilter: $event.device.removable == 1\n", 0,
                "r:2:12: the rule can never fire: no sensor reports events like GPUSBEvent\n");
    assert_said("name: a\nenabled: false\npredicate: process == 'x'\n", 0,
                "r:2:10: the rule can never fire: it is not enabled\n");
    /* One of two ways is left: accepted, and said. */
    assert_said(ANALYTIC("$event.path == '/x' OR $event.dev == 1"), 1,
                "note: r:3:32: this part never holds and is left out: 'dev' is not in the event: "
                "no sensor reports it\n");
    /* Under NOT an `and` is such a choice, too. */
    assert_said(ANALYTIC("NOT ($event.path == '/x' AND $event.dev == 1)"), 1,
                "note: r:3:38: this part never holds and is left out: 'dev' is not in the event: "
                "no sensor reports it\n");
}

static void what_the_disk_has_is_accepted_and_said(void **state)
{
    (void)state;
    static const char *const needs[] = {"file.isDownload == 1",
                                        "file.isScreenShot != TRUE",
                                        "file.sha1hex == 'x'",
                                        "file.created > 1700000000",
                                        "file.modified != nil",
                                        "process.file.isDownload == 1",
                                        "process.binary.sha1hex == nil",
                                        "file.signingInfo.signerType == 4",
                                        "process.file.signingInfo.teamid == ''",
                                        "process.responsible.signingInfo.appid == 'a'"};
    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml, ANALYTIC("$event.%s"), needs[i]);
        assert_said(yaml, 1,
                    "note: r:3:9: it needs files on disk, which only 'cordon detect --disk' "
                    "reads\n");
    }
    assert_said(ANALYTIC("$event.file.sha256hex == 'x' OR $event.process.file.sha256hex == 'x'"), 1,
                "note: r:3:9: it takes hashes that the event lacks from the disk, which only "
                "'cordon detect --disk' reads\n");
    assert_said(ANALYTIC("$event.file.created == 'yesterday'"), 0,
                "r:3:32: a whole number is expected\n");
}

/* The disk of these tests: one file that has everything, or nothing. */
static int tell(void *arg, const struct event *ev, const struct disk_field *field,
                struct arena *arena, struct value *ret)
{
    const bool *readable = arg;
    (void)ev;
    (void)arena;
    if (*readable && field->file == DISK_FILE && field->property == DISK_SHA256)
        *ret = (struct value){.type = VALUE_STR, .s = STR("d15c")};
    return 0;
}

static void a_hash_is_taken_from_the_disk_where_the_event_lacks_it(void **state)
{
    (void)state;
    struct world w;
    bool readable = true;
    struct disk disk = {.value = tell, .arg = &readable};
    assert_ok(try_make(&w, "name: is\ninputType: GPFSEvent\nfilter: $event.file.sha256hex == "
                           "'d15c'\n---\nname: not\ninputType: GPFSEvent\nfilter: "
                           "$event.file.sha256hex != 'd15c'\n---\nname: negated\ninputType: "
                           "GPFSEvent\nfilter: NOT $event.file.sha256hex == 'd15c'\n---\nname: "
                           "neither\ninputType: GPFSEvent\nfilter: NOT ($event.file.sha256hex "
                           "== 'd15c' OR $event.path == '/never')\n"));
    static const char bare[] = "{\"kind\":\"write\",\"file.path\":\"/x\"}";
    static const char same[] =
        "{\"kind\":\"write\",\"file.path\":\"/x\",\"file.hash.sha256\":\"d15c\"}";
    static const char other[] =
        "{\"kind\":\"write\",\"file.path\":\"/x\",\"file.hash.sha256\":\"e0e0\"}";
    assert_string_equal(fired(&w, bare), "");
    assert_string_equal(fired(&w, same), "is ");
    assert_string_equal(fired(&w, other), "not negated neither ");
    assert_ok(engine_use_disk(w.engine, &disk));
    assert_string_equal(fired(&w, bare), "is ");
    assert_string_equal(fired(&w, same), "is ");
    assert_string_equal(fired(&w, other), "not negated neither ");
    readable = false;
    assert_string_equal(fired(&w, bare), "");
    assert_string_equal(fired(&w, other), "not negated neither ");
    done(&w);
}

/* Who signed the file of these tests: signer types, a bit each; 0: nobody could tell. */
static int tell_signers(void *arg, const struct event *ev, const struct disk_field *field,
                        struct arena *arena, struct value *ret)
{
    static const struct str numbers[] = {{"0", 1}, {"1", 1}, {"2", 1}, {"3", 1}, {"4", 1}};
    unsigned signers = *(const unsigned *)arg;
    struct str *list = arena_array(arena, ARRAY_LEN(numbers), sizeof *list);
    uint32_t count = 0;
    (void)ev;
    if (!list)
        return E_NOMEM;
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        if (signers >> i & 1)
            list[count++] = numbers[i];
    }
    if (count && field->property == DISK_SIGNERS)
        *ret = (struct value){.type = VALUE_LIST, .count = count, .list = list};
    else if (count && field->property == DISK_SIGNATURE)
        *ret = (struct value){.type = VALUE_BOOL, .b = true};
    return 0;
}

static void a_signer_of_a_file_is_compared_only_where_it_is_certain(void **state)
{
    (void)state;
    static const char *const filters[] = {"== 4", "!= 4", "== 2", "< 3", "IN {3, 4}", ">= 0"};
    static const struct {
        unsigned signers;
        const char *holds; /* y, n, or ? for neither, for each of the filters */
    } rows[] = {{0, "??????"},
                {1 << 4, "ynnnyy"},
                {1 << 3, "nynnyy"},
                {1 << 2, "nyyyny"},
                {1 << 0 | 1 << 2, "ny?yny"},
                {1 << 0 | 1 << 3, "nyn??y"},
                {1 << 2 | 1 << 4, "?????y"},
                {0x1f, "?????y"}};
    struct buf yaml = {0};
    struct world w;
    unsigned signers;
    const struct disk disk = {.value = tell_signers, .arg = &signers};
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        buf_addf(&yaml,
                 "name: y%zu\ninputType: GPFSEvent\nfilter: $event.file.signingInfo.signerType "
                 "%s\n---\n",
                 i, filters[i]);
        buf_addf(&yaml,
                 "name: n%zu\ninputType: GPFSEvent\nfilter: NOT $event.file.signingInfo.signerType "
                 "%s\n%s",
                 i, filters[i], i + 1 < ARRAY_LEN(filters) ? "---\n" : "");
    }
    assert_ok(try_make(&w, buf_cstr(&yaml)));
    assert_ok(engine_use_disk(w.engine, &disk));
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct buf expected = {0};
        signers = rows[r].signers;
        for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
            if (rows[r].holds[i] != '?')
                buf_addf(&expected, "%c%zu ", rows[r].holds[i], i);
        }
        assert_string_equal(fired(&w, "{\"kind\":\"write\",\"file.path\":\"/x\"}"),
                            buf_cstr(&expected));
        buf_done(&expected);
    }
    done(&w);
    buf_done(&yaml);
    assert_said(ANALYTIC("$event.file.signingInfo.signerType == 5"), 0,
                "r:3:9: the rule can never fire: there is no such signer type\n");
}

static void faults_have_their_place_in_every_style_of_yaml(void **state)
{
    (void)state;
    assert_said(ANALYTIC("$event.type == 1 AND )"), 0,
                "r:3:30: a key path or a value is expected instead of ')'\n");
    assert_said(ANALYTIC("\"$event.path == \\\"a\\\" AND )\""), 0,
                "r:3:35: a key path or a value is expected instead of ')'\n");
    assert_said(ANALYTIC("'$event.path == ''a'' AND )'"), 0,
                "r:3:35: a key path or a value is expected instead of ')'\n");
    assert_said(ANALYTIC("|\n  $event.type == 1 AND\n  )"), 0,
                "r:5:3: a key path or a value is expected instead of ')'\n");
    assert_said(ANALYTIC(">-\n    $event.type == 1\n    AND )"), 0,
                "r:5:9: a key path or a value is expected instead of ')'\n");
    assert_said(ANALYTIC("$event.type == 1\n  AND )"), 0,
                "r:4:7: a key path or a value is expected instead of ')'\n");
}

static void what_is_not_understood_is_named(void **state)
{
    (void)state;
    assert_said(ANALYTIC("$event.pat == 'x'"), 0,
                "r:3:9: unknown key path 'pat' (did you mean 'path'?)\n");
    assert_said(ANALYTIC("$other.path == 'x'"), 0, "r:3:9: unknown variable '$other'\n");
    assert_said("name: a\ninputType: GPProcessEvent\nfilter: $event.path == 'x'\n", 0,
                "r:3:9: unknown key path 'path' of this kind of event\n");
    assert_said(ANALYTIC("$event.path == word"), 0, "r:3:24: a text needs quotes: \"word\"\n");
    assert_said(ANALYTIC("$event.path == $event.prevFile"), 0,
                "r:3:24: two key paths cannot be compared\n");
    assert_said(ANALYTIC("('x' BEGINSWITH $event.path)"), 0,
                "r:3:14: BEGINSWITH needs its key path on the left\n");
    assert_said(ANALYTIC("('x' == 'y')"), 0, "r:3:10: a comparison needs a key path\n");
    assert_said(ANALYTIC("$event.process.args == 'x'"), 0,
                "r:3:9: 'process.args' is a list: say ANY, ALL or NONE before it\n");
    assert_said(ANALYTIC("$event.path CONTAINS ''"), 0,
                "r:3:30: no text contains the empty text\n");
    assert_said(ANALYTIC("$event.path < 'x'"), 0, "r:3:23: '<' compares numbers here, not texts\n");
    assert_said(ANALYTIC("$event.pid == 1.5"), 0, "r:3:23: a whole number is expected\n");
    assert_said(ANALYTIC("$event.path.@count == 1"), 0, "r:3:21: 'path' is no list\n");
    assert_said(ANALYTIC("$event.process.args.@count > 300"), 0,
                "r:3:9: more than 254 elements cannot be counted\n");
    assert_said(ANALYTIC("$event.process.isShell > 1"), 0,
                "r:3:9: a yes-or-no property is compared with == or !=\n");
    assert_said(ANALYTIC("$event.process.isShell == 'maybe'"), 0,
                "r:3:35: true or false is expected\n");
    assert_said(ANALYTIC("$event.type CONTAINS '1'"), 0,
                "r:3:9: CONTAINS compares texts, and this is a number\n");
    assert_said(ANALYTIC("$event.process.signingInfo.cdhash == 'x'"), 0,
                "r:3:46: a cdhash is 20 bytes in base64, or 40 hex digits\n");
    assert_said(ANALYTIC("$event.process.exitCode == 256"), 0,
                "r:3:36: an exit code is 0 to 255\n");
    assert_said(ANALYTIC("SUBQUERY($event.path, $x, $x == 'a').@count > 0"), 0,
                "r:3:18: SUBQUERY takes a list\n");
    assert_said(ANALYTIC("SUBQUERY($event.process.args, $x, $event.path == 'a').@count > 0"), 0,
                "r:3:43: only '$x' itself can be compared in its SUBQUERY\n");
    assert_said(ANALYTIC("SUBQUERY($event.process.args, $x, $x == 'a') == 1"), 0,
                "r:3:9: a SUBQUERY is asked for its @count\n");
    assert_said(ANALYTIC("$event.path MATCHES '(a'"), 0,
                "r:3:29: regular expression: missing closing parenthesis (at byte 2)\n");
    assert_said("name: a\npredicate: messageType == loud\n", 0,
                "r:2:27: default, info, debug, error or fault is expected\n");
    assert_said("name: a\nfilter: $event.type == 1\n", 0,
                "r:1:1: an analytic needs its inputType\n");
    assert_said("name: a\ninputType: GPFSEvent\nfilter: [a]\n", 0,
                "r:3:9: filter must be a predicate\n");
    assert_said("inputType: GPFSEvent\nfilter: $event.type == 1\n", 0,
                "r:1:1: a rule needs a name\n");
    assert_said("name: a\nseverity: Loud\ninputType: GPFSEvent\nfilter: $event.type == 1\n", 0,
                "r:2:11: severity must be Informational, Low, Medium or High\n");
}

static void quotes_inside_quoted_text_are_repaired(void **state)
{
    (void)state;
    struct world w;
    static const char broken[] =
        "name: \"the \"first\" one\"\n"
        "predicate: \"process == \"Jamf Connect\" AND eventMessage CONTAINS \\\"it's\\\"\" # c\n"
        "tags: [\"a\", \"b\"]\nenabled: true\n";
    assert_ok(try_make(&w, broken));
    assert_string_equal(buf_cstr(&w.said),
                        "note: r:1: repaired: quotes inside the text are taken as part of it\n");
    assert_str(ruleset_info(w.rules, 0).title, "the \"first\" one");
    assert_string_equal(fired(&w, "{\"kind\":\"log\",\"process.name\":\"Jamf Connect\","
                                  "\"log.message\":\"it's on\"}"),
                        "the \"first\" one ");
    done(&w);
    assert_said("name: a\npredicate: 'process == 'x' AND )'\n", 0,
                "note: r:2: repaired: quotes inside the text are taken as part of it\n"
                "r:2:32: a key path or a value is expected instead of ')'\n");
    /* What else is broken stays so, with the place of the file as it is. */
    assert_said("name: \"a \"b\"\"\npredicate: [\n", 0,
                "r:1:11: YAML: while parsing a block mapping, did not find expected key\n");
    assert_said("name: a\npredicate: \"process == 'x'\n", 0,
                "r:3:1: YAML: while scanning a quoted scalar, found unexpected end of stream\n");
}

static void sigma_and_jamf_live_in_one_file(void **state)
{
    (void)state;
    struct world w;
    static const char yaml[] =
        "title: sigma\nlogsource: {product: macos, category: process_creation}\n"
        "detection:\n  a: {process.name|cased: curl, process.args|contains: fsSL}\n  condition: a\n"
        "---\nname: jamf\ninputType: GPProcessEvent\n"
        "filter: $event.process.name == \"curl\" AND ANY $event.process.args CONTAINS[c] "
        "\"fssl\"\n";
    assert_ok(try_make(&w, yaml));
    assert_string_equal(buf_cstr(&w.said), "");
    assert_string_equal(fired(&w, curl), "sigma jamf ");
    assert_string_equal(fired(&w, unsigned_tool), "");
    done(&w);
}

/* ------------------------------------------------------------------ as Sigma rules */

struct conversion {
    struct buf yaml;
    struct buf said;
    struct builder_counts counts;
};

static void remember(void *arg, const struct err *err)
{
    struct conversion *c = arg;
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof text);
    buf_addf(&c->said, "%s\n", text);
}

static int try_convert(struct conversion *c, const char *yaml)
{
    *c = (struct conversion){0};
    return jamf_convert(str_of(yaml), "r", &c->yaml, remember, remember, c, &c->counts, NULL);
}

static void convert_done(struct conversion *c)
{
    buf_done(&c->yaml);
    buf_done(&c->said);
}

static void a_converted_rule_says_the_same_in_sigma(void **state)
{
    (void)state;
    struct conversion c;
    assert_ok(try_convert(
        &c,
        "name: Curl's\nuuid: 0C5F0E0B-6D7A-4B1F-8B56-0D1D8A6B0001\ninputType: GPProcessEvent\n"
        "longDescription: \"two\\nlines\"\ntags: [T1105]\nseverity: High\n"
        "filter: $event.type == 1 AND $event.process.path ENDSWITH '/curl*' AND $event.process.tty "
        "!= nil AND ($event.process.pid > 5 OR $event.process.commandLine MATCHES[c] 'curl "
        ".*')\n"));
    assert_string_equal(buf_cstr(&c.said), "");
    assert_string_equal(buf_cstr(&c.yaml),
                        "title: 'Curl''s'\n"
                        "id: '0C5F0E0B-6D7A-4B1F-8B56-0D1D8A6B0001'\n"
                        "description: \"two\\x0alines\"\n"
                        "tags:\n    - attack.t1105\n"
                        "level: high\n"
                        "logsource:\n    product: 'macos'\n"
                        "detection:\n"
                        "    selection_1:\n"
                        "        kind: 'exec'\n"
                        "        Image|endswith|cased: '/curl\\*'\n"
                        "    selection_2:\n"
                        "        process.tty: null\n"
                        "    selection_3:\n"
                        "        ProcessId|gt: 5\n"
                        "    selection_4:\n"
                        "        CommandLine|re|i: '\\A(?:curl .*)\\z'\n"
                        "    condition: selection_1 and not selection_2 and (selection_3 or "
                        "selection_4)\n");
    convert_done(&c);
}

static void what_sigma_has_no_words_for_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        const char *said;
    } rows[] = {
        {"ALL $event.process.args LIKE 'a*'", "r:3:38: Sigma cannot say it: every value"},
        {"$event.process.args[0] == 'a'", "r:3:35: Sigma cannot say it: one element"},
        {"$event.process.args.@count > 2", "r:3:9: Sigma cannot say it: a number of values"},
        {"$event.path ==[d] 'a'", "r:3:27: Sigma cannot say it: a comparison without diacritics"},
        {"$event.path IN 'abc'", "r:3:24: Sigma cannot say it: that a text contains the value"},
        {"$event.path.pathExtension == 'a'", "r:3:38: Sigma cannot say it: a part of the path"},
        {"$event.process.signingInfo.signerType == 3", "r:3:9: Sigma cannot say it: a bit"},
    };
    struct buf yaml = {0};
    struct conversion c;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&yaml);
        buf_addf(&yaml, "name: a\ninputType: GPFSEvent\nfilter: %s\n", rows[i].filter);
        assert_ok(try_convert(&c, buf_cstr(&yaml)));
        if (!str_starts(buf_str(&c.said), str_of(rows[i].said)))
            print_error("%s%s", rows[i].filter, buf_cstr(&c.said));
        assert_true(str_starts(buf_str(&c.said), str_of(rows[i].said)));
        assert_int_equal(c.yaml.len, 0);
        assert_int_equal(c.counts.refused, 1);
        convert_done(&c);
    }
    buf_done(&yaml);
    assert_ok(try_convert(&c, "title: sigma\ndetection: {a: {b: c}, condition: a}\n---\n[\n"));
    assert_string_equal(
        buf_cstr(&c.said),
        "r:5:1: YAML: while parsing a flow node, did not find expected node content\n");
    convert_done(&c);
    assert_ok(try_convert(&c, "title: sigma\ndetection: {a: {b: c}, condition: a}\n"));
    assert_string_equal(buf_cstr(&c.said),
                        "r:1:1: neither an analytic nor a unified log filter of Jamf Protect\n");
    convert_done(&c);
}

static int convert_once(void *context)
{
    struct conversion c;
    int rc = try_convert(&c, context);
    int said = buf_check(&c.said);
    convert_done(&c);
    return rc ? rc : said;
}

static int make_once(void *context)
{
    struct world w;
    int rc = try_make(&w, context);
    int said = buf_check(&w.said);
    done(&w);
    return rc ? rc : said;
}

static void it_survives_every_failing_allocation(void **state)
{
    (void)state;
    static const char yaml[] =
        "name: \"a \"b\"\"\ninputType: GPProcessEvent\ntags: [T1059]\n"
        "filter: ALL $event.process.args IN[cd] {'\xc3\xa9', 'b'} AND (event.process.args)[1] LIKE "
        "'x*' AND SUBQUERY($event.process.args, $x, $x LIKE 'a?').@count BETWEEN {1, 3} AND "
        "$event.process.signingInfo.signerType != 2 AND $event.process.path.pathExtension IN "
        "'xyz'\n";
    test_every_allocation_fails(make_once, (void *)(uintptr_t)yaml, 2000);
    static const char simple[] =
        "name: a\ninputType: GPProcessEvent\nfilter: $event.type == 1 AND ANY "
        "$event.process.args IN {'a', 'b'} AND NOT $event.process.path MATCHES 'x'\n";
    test_every_allocation_fails(convert_once, (void *)(uintptr_t)simple, 2000);
    static const char disk[] =
        "name: a\ninputType: GPFSEvent\nfilter: $event.file.isDownload == 1 AND NOT "
        "$event.file.sha256hex IN {'a', 'b'} AND $event.file.signingInfo.signerType != 4\n";
    test_every_allocation_fails(make_once, (void *)(uintptr_t)disk, 2000);
}

static void every_key_path_is_told_by_a_field_or_says_why_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < jamf_keys_len; i++) {
        const struct jamf_key *key = &jamf_keys[i];
        assert_true(key->inputs != 0);
        struct disk_field field;
        assert_int_equal(key->type == KEY_MISSING, key->field == FIELD_COUNT && !key->disk);
        assert_int_equal(key->disk != NULL, key->told != NULL);
        assert_true(!key->disk || (disk_field_of(str_of(key->disk), &field) &&
                                   disk_field_of(str_of(key->told), &field)));
        assert_true(key->type != KEY_MISSING || key->note[0]);
        /* A row that stands behind an equal one would never be found. */
        for (size_t k = 0; k < i; k++) {
            bool same = strcmp(jamf_keys[k].path, key->path) == 0;
            assert_false(same && (jamf_keys[k].inputs & key->inputs));
        }
    }
}

/* ------------------------------------------------------------------ the document */

static void add_types(struct buf *out)
{
    static const char *const inputs[] = {[INPUT_PROCESS] = "process",
                                         [INPUT_FILE] = "file",
                                         [INPUT_LOG] = "log",
                                         [INPUT_DENIED] = "denied"};
    for (size_t i = 0; i < jamf_types_len; i++) {
        const struct jamf_type *type = &jamf_types[i];
        buf_addf(out, "| %s | %lld | %s | ", inputs[type->input], (long long)type->number,
                 type->name);
        for (size_t k = 0; k < ARRAY_LEN(type->kinds) && type->kinds[k] != KIND_UNKNOWN; k++)
            buf_addf(out, "%s`%s`", k ? ", " : "", kind_table[type->kinds[k]].name.ptr);
        buf_add_cstr(out, " |\n");
    }
}

static void add_keys(struct buf *out)
{
    for (size_t i = 0; i < jamf_keys_len; i++) {
        const struct jamf_key *key = &jamf_keys[i];
        buf_addf(out, "| `%s` | %s%s%s%s | ", key->path, key->inputs & INPUT_PROCESS ? "p" : "",
                 key->inputs & INPUT_FILE ? "f" : "", key->inputs & INPUT_DENIED ? "d" : "",
                 key->inputs & INPUT_LOG ? "l" : "");
        if (jamf_on_disk(key))
            buf_add_cstr(out, "the disk");
        else if (key->field == FIELD_COUNT)
            buf_add_cstr(out, "none");
        else
            buf_addf(out, "`%s`%s", field_table[key->field].name.ptr,
                     key->disk ? ", else the disk" : "");
        buf_addf(out, "%s | %s |\n", key->view == SIGMA_LAST_COMPONENT ? ", last part" : "",
                 key->note);
    }
}

static void the_document_has_the_tables_row_by_row(void **state)
{
    (void)state;
    struct buf document = {0};
    struct buf tables[3] = {{0}, {0}, {0}};
    struct err err = {0};
    assert_ok_err(file_read(CORDON_SOURCE_DIR "/docs/jamf.md", 1 << 20, &document, &err), &err);
    for (size_t i = 0; i < jamf_inputs_len; i++)
        buf_addf(&tables[0], "| `%s` | %s |\n", jamf_inputs[i].name, jamf_inputs[i].doc);
    add_types(&tables[1]);
    add_keys(&tables[2]);
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        if (str_find(buf_str(&document), buf_str(&tables[i])) == SIZE_MAX)
            print_error("docs/jamf.md must have these rows:\n%s", buf_cstr(&tables[i]));
        assert_true(str_find(buf_str(&document), buf_str(&tables[i])) != SIZE_MAX);
        buf_done(&tables[i]);
    }
    buf_done(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_compare_as_nspredicate_does),
        cmocka_unit_test(signers_are_told_by_flags_team_and_category),
        cmocka_unit_test(types_of_file_events_are_kinds),
        cmocka_unit_test(exit_codes_are_the_upper_byte_of_the_status),
        cmocka_unit_test(a_log_filter_fires_on_lines_of_the_log),
        cmocka_unit_test(head_of_an_analytic_is_carried_over),
        cmocka_unit_test(a_rule_that_can_never_fire_is_refused),
        cmocka_unit_test(what_the_disk_has_is_accepted_and_said),
        cmocka_unit_test(a_signer_of_a_file_is_compared_only_where_it_is_certain),
        cmocka_unit_test(a_hash_is_taken_from_the_disk_where_the_event_lacks_it),
        cmocka_unit_test(faults_have_their_place_in_every_style_of_yaml),
        cmocka_unit_test(what_is_not_understood_is_named),
        cmocka_unit_test(quotes_inside_quoted_text_are_repaired),
        cmocka_unit_test(sigma_and_jamf_live_in_one_file),
        cmocka_unit_test(a_converted_rule_says_the_same_in_sigma),
        cmocka_unit_test(what_sigma_has_no_words_for_is_named),
        cmocka_unit_test(it_survives_every_failing_allocation),
        cmocka_unit_test(every_key_path_is_told_by_a_field_or_says_why_not),
        cmocka_unit_test(the_document_has_the_tables_row_by_row),
    };
    return cmocka_run_group_tests_name("detect/jamf", tests, NULL, NULL);
}
