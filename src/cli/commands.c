/* The command table. See commands.h. */
#include "cli/commands.h"

#include "cli/api.h"
#include "cli/cmd_detect.h"
#include "cli/cmd_exception.h"
#include "cli/cmd_fleet.h"
#include "cli/cmd_help.h"
#include "cli/cmd_hunt.h"
#include "cli/cmd_mac.h"
#include "cli/cmd_prevent.h"
#include "cli/cmd_rules.h"
#include "cli/cmd_scan.h"
#include "cli/cmd_schema.h"
#include "cli/listing.h"

#define OFFLINE "Offline, without a server"
#define LISTS   "Prevent lists and exceptions"
#define FLEET   "The fleet, through a server"
#define ABOUT   "About the program"

static const struct opt_row list_rows[] = {
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

const struct opt_command cli_commands[] = {
    {OFFLINE, "detect", NULL, "FILE...", 1, OPT_ARGS_ANY, cmd_detect_rows, NULL,
     "Match recordings against rules and print the alerts",
     "FILE holds JSON records: eslogger output, Elastic Endpoint documents, Cordon's own events, "
     "flat\n"
     "records with Sigma field names; '-' is standard input. Each file is one device's story: its\n"
     "processes are followed from record to record, so that rules can name parents and ancestors.\n"
     "A damaged record is reported with its line and skipped.\n"
     "What is printed is the same, and in the same order, for any number of threads.\n\n"
     "  sudo eslogger exec create rename | cordon detect -o table -\n"
     "  cordon detect --rules sigma/rules/macos --exit-code recording.jsonl",
     cmd_detect},
    {OFFLINE, "rules", "check", "PATH...", 1, OPT_ARGS_ANY, cmd_rules_rows, NULL,
     "Compile rule files and report what is wrong with them",
     "PATH is a file, or a folder of which every *.yml, *.yaml, *.yar and *.yara is taken. Each "
     "refused rule is "
     "one\n"
     "line file:line:column: reason; the last line is the sum. What was accepted although part of "
     "it\n"
     "was left out or repaired is a line with 'note:'. Exit status 1 when a rule was refused.\n"
     "Rules are Sigma's, or analytics and unified log filters of Jamf Protect (docs/jamf.md).",
     cmd_rules_check},
    {OFFLINE, "rules", "test", "[PATH]...", 0, OPT_ARGS_ANY, cmd_rules_rows, NULL,
     "Run the events that rules carry as their tests",
     "A rule holds its tests under the key 'cordon': 'tests' with 'fire', events that must raise "
     "the\n"
     "alert, and 'quiet', near misses that must not. Without PATH the built-in analytics are "
     "tested.\n"
     "Exit status 1 when a test failed.",
     cmd_rules_test},
    {OFFLINE, "rules", "list", "[PATH]...", 0, OPT_ARGS_ANY, cmd_rules_list_rows, NULL,
     "List rules with level and ATT&CK techniques", "Without PATH: the built-in analytics.",
     cmd_rules_list},
    {OFFLINE, "rules", "reference", "", 0, 0, cmd_rules_reference_rows, NULL,
     "List the words of the rule language", "docs/rules.md explains them.", cmd_rules_reference},
    {OFFLINE, "rules", "build", "[PATH]...", 0, OPT_ARGS_ANY, cmd_rules_build_rows, NULL,
     "Compile rules into one ruleset file",
     "The file is what devices get: one image of all rules, used as it is, without parsing. "
     "'detect\n"
     "--ruleset' reads it. The same rules give the same bytes; its version is their SHA-256. Exit\n"
     "status 1 when a rule was refused; the others are in the file.\n\n"
     "  cordon rules build sigma/rules/macos --to macos.ruleset",
     cmd_rules_build},
    {OFFLINE, "rules", "convert", "PATH...", 1, OPT_ARGS_ANY, cmd_rules_convert_rows, NULL,
     "Write rules of another language as Sigma rules",
     "From Jamf Protect: analytics and unified log filters. One YAML document a rule on standard\n"
     "output; it fires on the same events. A rule that Sigma has no words for (every element of a\n"
     "list, one of them, a number of them, a part of a path, ...) is one line on standard error "
     "with\n"
     "its place, and the exit status is 1: run it as it is, 'detect' and 'rules build' take "
     "both.\n\n"
     "  cordon rules convert --from jamf analytics > analytics-sigma.yml",
     cmd_rules_convert},
    {OFFLINE, "rules", "coverage", "[PATH]...", 0, OPT_ARGS_ANY, cmd_rules_coverage_rows, NULL,
     "Show which ATT&CK techniques rules name, and where they can fire",
     "A rule that needs a kind of event which a source never tells is blind there: --tier counts "
     "only\n"
     "the others, --blind shows the blind ones. Sources: an EndpointSecurity client (es), Apple's\n"
     "eslogger with the events that the agent asks for, a Mac without Full Disk Access "
     "(degraded),\n"
     "Linux. Technique ids are those of ATT&CK v19, withdrawn ones are counted under their "
     "successor.\n"
     "'-o navigator' prints a layer for the ATT&CK Navigator. Without PATH: the built-in "
     "analytics.\n\n"
     "  cordon rules coverage --tier eslogger\n"
     "  cordon rules coverage --by rule --tier eslogger --blind\n"
     "  cordon rules coverage -o navigator sigma/rules >layer.json",
     cmd_rules_coverage},
    {OFFLINE, "rules", "backtest", "PATH...", 1, OPT_ARGS_ANY, cmd_backtest_rows, api_shared_rows,
     "Show what rules would have matched: how often, on how many devices, with examples",
     "Runs over the telemetry that the server keeps, or over recordings with --in: a rule that "
     "matches\n"
     "every day on half the fleet is not ready to raise alerts. --since and --until are times of\n"
     "receipt by the server. Per day is over the time that was looked at, at least one day.\n\n"
     "  cordon rules backtest new.yml --since 14d\n"
     "  cordon rules backtest sigma/rules/macos --in recording.jsonl",
     cmd_backtest},
    {OFFLINE, "scan", NULL, "PATH...", 1, OPT_ARGS_ANY, cmd_scan_rows, api_shared_rows,
     "Look for known malware, or for YARA rules, in files",
     "PATH is a file, or a folder with all regular files below it; symbolic links in it are not\n"
     "followed. Without --yara it looks for the known Mac malware of which the program has\n"
     "signatures. Rules may import the modules hash, macho, elf, math, string, time and console,\n"
     "and include nothing. They run in a process that can neither open files nor reach the\n"
     "network; a file on which it dies or takes too long is named and left out. Exit status 1\n"
     "when a file could not be scanned. On macOS the program has no YARA.\n\n"
     "With --upload each file goes to the server, which looks for the YARA rules of its ruleset\n"
     "and says whether a prevent list names the file's hash.\n\n"
     "  cordon scan ~/Downloads /srv/collected\n"
     "  cordon scan --yara rules/ --yara builtin --output jsonl /home /tmp\n"
     "  cordon scan --upload suspicious.dmg",
     cmd_scan},
    {OFFLINE, "fields", NULL, "", 0, 0, list_rows, NULL, "List the fields that events have",
     "Rules and filters name a field by its dotted name or by its Sigma name.", cmd_fields},
    {OFFLINE, "kinds", NULL, "", 0, 0, list_rows, NULL, "List the kinds of events",
     "A rule selects kinds by its Sigma log-source category, or by the field 'kind'.", cmd_kinds},
    {OFFLINE, "mac-profiles", NULL, "", 0, 0, cmd_mac_profiles_rows, NULL,
     "Write the configuration profiles with which an MDM lets the agent work",
     "Two files, not signed: Full Disk Access for the agent and for Apple's eslogger, which it\n"
     "starts, and the approval of its launch daemon. An agent that no team signed is not named: "
     "it\n"
     "works by the access of eslogger. Written again they have the same UUIDs and replace what "
     "was\n"
     "pushed before. docs/mac.md says how to push them.\n\n"
     "  cordon mac-profiles --team-id ABCDE12345 --organization 'Example Ltd' --folder profiles",
     cmd_mac_profiles},
    {LISTS, "prevent", "check", "FILE...", 1, OPT_ARGS_ANY, NULL, NULL,
     "Check prevent and allow lists",
     "FILE is YAML, CSV with a header, or one value a line; '-' is standard input. What a value is "
     "its\n"
     "form tells: 64 hexadecimal digits are a sha256, 40 a cdhash, TEAMID:signing.id, a team id, "
     "an\n"
     "absolute path. Each refused entry is one line file:line: reason. Exit status 1 when one was.",
     cmd_prevent_check},
    {LISTS, "prevent", "test", "[PROGRAM]...", 0, OPT_ARGS_ANY, cmd_prevent_test_rows, NULL,
     "Say what a list decides about programs",
     "PROGRAM is a file, which is hashed, or the path of one that need not be there. Options add "
     "what\n"
     "a Mac knows of a program. Exit status 3 when one is denied.\n\n"
     "  cordon prevent test --list block.csv ~/Downloads/updater\n"
     "  cordon prevent test --list block.csv --team-id ABCDE12345 --signing-id com.example.app",
     cmd_prevent_test},
    {LISTS, "prevent", "preview", "[FILE]...", 0, OPT_ARGS_ANY, cmd_prevent_preview_rows,
     api_shared_rows, "Show what a list would have stopped",
     "Without FILE: on all devices, from the telemetry that the server keeps; one line for each "
     "entry.\n"
     "FILE is a recording as 'cordon detect' reads it, and needs no server; one line for each "
     "entry and\n"
     "program.\n\n"
     "  cordon prevent preview --list block.csv --since 30d\n"
     "  cordon prevent preview --list block.csv recording.jsonl",
     cmd_prevent_preview},
    {LISTS, "prevent", "sign", "FILE", 1, 1, cmd_prevent_sign_rows, NULL,
     "Sign a list for the update channel of servers",
     "FILE is a YAML list with 'issued: TIME'. A server whose configuration names the signed file, "
     "or\n"
     "an address that serves it, as prevent_updates, and the public half of the key as\n"
     "prevent_updates_key, puts in force what it holds, and takes back what it holds no more.\n\n"
     "  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out lists.key\n"
     "  openssl pkey -in lists.key -pubout -out lists.pub\n"
     "  cordon prevent sign --key lists.key --to lists.signed lists.yml",
     cmd_prevent_sign},
    {LISTS, "prevent", "list", "", 0, 0, cmd_prevent_list_rows, api_shared_rows,
     "List the entries that devices get from their server", NULL, cmd_prevent_list},
    {LISTS, "prevent", "add", "VALUE...", 1, OPT_ARGS_ANY, cmd_prevent_add_rows, api_shared_rows,
     "Stop programs on all devices, or allow them",
     "Devices that are connected have it in seconds. What belongs to the system or to Cordon is\n"
     "refused.\n\n"
     "  cordon prevent add ABCDE12345:com.example.updater --reason 'adware, case 4711' --for 90d",
     cmd_prevent_add},
    {LISTS, "prevent", "import", "FILE...", 1, OPT_ARGS_ANY, cmd_prevent_import_rows,
     api_shared_rows, "Add the entries of lists",
     "FILE is as for 'prevent check'; 'builtin' stands for the lists that come with the program, "
     "of\n"
     "known malware and adware. Options are for entries that do not say it themselves. Exit status "
     "1\n"
     "when an entry was refused; the others are in force.",
     cmd_prevent_import},
    {LISTS, "prevent", "export", "", 0, 0, cmd_prevent_export_rows, api_shared_rows,
     "Print the entries in force as a list that can be imported", NULL, cmd_prevent_export},
    {LISTS, "prevent", "remove", "ENTRY...", 1, OPT_ARGS_ANY, cmd_prevent_remove_rows,
     api_shared_rows, "Take entries back", "ENTRY is a value or an id. It stays in the history.",
     cmd_prevent_remove},
    {LISTS, "exception", "check", "FILE...", 1, OPT_ARGS_ANY, cmd_exception_check_rows, NULL,
     "Check exceptions to rules and show how many rules each is for",
     "FILE is YAML: a list of exceptions with id, reason, 'rules' or 'tags', 'when', and "
     "'expires'.\n"
     "Each refused one is a line file:line:column: reason; exit status 1 when one was. To see "
     "what\n"
     "they hide in a recording: cordon detect --exceptions FILE --stats RECORDING.",
     cmd_exception_check},
    {LISTS, "exception", "list", "", 0, 0, cmd_exception_list_rows, api_shared_rows,
     "List the exceptions that devices get from their server, and what each hid", NULL,
     cmd_exception_list},
    {LISTS, "exception", "add", "FILE...", 1, OPT_ARGS_ANY, NULL, api_shared_rows,
     "Put exceptions in force; one with the same id is replaced",
     "FILE is as for 'exception check'.", cmd_exception_add},
    {LISTS, "exception", "remove", "ID...", 1, OPT_ARGS_ANY, cmd_exception_remove_rows,
     api_shared_rows, "Take exceptions back", NULL, cmd_exception_remove},
    {FLEET, "login", NULL, "URL", 1, 1, cmd_login_rows, NULL, "Log in to a server",
     "The first login to a server shows the fingerprint of its CA and asks whether to trust it, "
     "or\n"
     "takes it from --fingerprint. Password and token are typed, or read as lines of standard "
     "input\n"
     "when that is no terminal; never arguments. What was agreed is kept in\n"
     "$XDG_CONFIG_HOME/cordon/config.json, readable by its owner alone.\n\n"
     "  cordon login https://cordon.example.org:8443",
     cmd_login},
    {FLEET, "logout", NULL, "", 0, 0, NULL, api_shared_rows, "End the login and forget its token",
     NULL, cmd_logout},
    {FLEET, "whoami", NULL, "", 0, 0, list_rows, api_shared_rows,
     "Show who is logged in and what they may do", NULL, cmd_whoami},
    {FLEET, "doctor", NULL, "", 0, 0, NULL, api_shared_rows,
     "Check configuration, connection, certificate and login",
     "One line a check; what failed says what to do. Exit status 1 when one failed.", cmd_doctor},
    {FLEET, "device", "list", "", 0, 0, cmd_device_list_rows, api_shared_rows, "List devices", NULL,
     cmd_device_list},
    {FLEET, "device", "get", "DEVICE", 1, 1, list_rows, api_shared_rows,
     "Show one device with its facts, health and isolation", "DEVICE is an id or a host name.",
     cmd_device_get},
    {FLEET, "device", "isolate", "DEVICE...", 1, OPT_ARGS_ANY, cmd_isolate_rows, api_shared_rows,
     "Cut devices off the network, keeping their way to the server",
     "Open connections end. 'device release' undoes it.\n\n"
     "  cordon device isolate mbp-ada --reason 'infostealer, alert 4711' --wait 60s",
     cmd_device_isolate},
    {FLEET, "device", "release", "DEVICE...", 1, OPT_ARGS_ANY, cmd_release_rows, api_shared_rows,
     "Give isolated devices their network back", NULL, cmd_device_release},
    {FLEET, "device", "message", "DEVICE...", 1, OPT_ARGS_ANY, cmd_message_rows, api_shared_rows,
     "Show a message to the users of devices", NULL, cmd_device_message},
    {FLEET, "process", "kill", "DEVICE PID", 2, 2, cmd_kill_rows, api_shared_rows,
     "End a process on a device",
     "A process is known by pid and generation, as its alert shows them, and by the boot session,\n"
     "which is among the facts of 'device get': a pid that was used again is never hit.",
     cmd_process_kill},
    {FLEET, "alert", "list", "", 0, 0, cmd_alert_list_rows, api_shared_rows, "List alerts", NULL,
     cmd_alert_list},
    {FLEET, "alert", "get", "ALERT", 1, 1, list_rows, api_shared_rows,
     "Show one alert: why it fired, its process and ancestors, its event", NULL, cmd_alert_get},
    {FLEET, "alert", "ack", "ALERT...", 1, OPT_ARGS_ANY, cmd_alert_note_rows, api_shared_rows,
     "Say that somebody looks at alerts", NULL, cmd_alert_ack},
    {FLEET, "alert", "close", "ALERT...", 1, OPT_ARGS_ANY, cmd_alert_reason_rows, api_shared_rows,
     "Close alerts that are dealt with", NULL, cmd_alert_close},
    {FLEET, "alert", "reopen", "ALERT...", 1, OPT_ARGS_ANY, cmd_alert_reopen_rows, api_shared_rows,
     "Open alerts again that were acknowledged or closed", NULL, cmd_alert_reopen},
    {FLEET, "hunt", NULL, "EXPRESSION|RULE.yml", 1, 1, cmd_hunt_rows, api_shared_rows,
     "Look for an expression, or for what a rule matches, in stored telemetry",
     "An expression compares fields of events: docs/hunt.md explains the language, 'cordon fields' "
     "lists\n"
     "the fields. --since and --until are times of receipt by the server; a condition on "
     "event.time\n"
     "selects by the device's clock. Ctrl-C cancels the hunt; what it found is printed. With --in "
     "it\n"
     "needs no server and reads recordings.\n\n"
     "  cordon hunt 'process.name = osascript and process.command_line contains \"password\"' "
     "--since "
     "7d\n"
     "  cordon hunt 'network.remote.ip cidr 203.0.113.0/24' --device mbp-ada -o json\n"
     "  cordon hunt rule.yml --in recording.jsonl",
     cmd_hunt},
    {FLEET, "action", "list", "", 0, 0, cmd_action_list_rows, api_shared_rows,
     "List actions on devices", NULL, cmd_action_list},
    {FLEET, "action", "get", "ACTION", 1, 1, list_rows, api_shared_rows,
     "Show one action with its result", NULL, cmd_action_get},
    {FLEET, "action", "watch", "ACTION...", 1, OPT_ARGS_ANY, cmd_action_watch_rows, api_shared_rows,
     "Follow actions until they have ended",
     "Exit status 1 when one did not succeed. Ctrl-C stops watching; the actions go on.",
     cmd_action_watch},
    {FLEET, "action", "cancel", "ACTION", 1, 1, cmd_action_reason_rows, api_shared_rows,
     "Withdraw an action that its device did not start", NULL, cmd_action_cancel},
    {FLEET, "action", "confirm", "ACTION", 1, 1, list_rows, api_shared_rows,
     "Keep an isolation of the server's own host, which undoes itself otherwise", NULL,
     cmd_action_confirm},
    {FLEET, "enroll-token", "create", "", 0, 0, cmd_token_create_rows, api_shared_rows,
     "Make a token with which devices enroll", "The token is printed this once.", cmd_token_create},
    {FLEET, "enroll-token", "list", "", 0, 0, list_rows, api_shared_rows,
     "List enrollment tokens, without their secret", NULL, cmd_token_list},
    {FLEET, "enroll-token", "revoke", "ID", 1, 1, NULL, api_shared_rows,
     "Refuse an enrollment token from now on", NULL, cmd_token_revoke},
    {ABOUT, "help", NULL, "[COMMAND]", 0, 2, cmd_help_rows, NULL, "Explain a command", NULL,
     cmd_help},
    {NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL},
};
