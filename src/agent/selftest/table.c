/* The table of checks. See selftest.h. */
#include "agent/selftest/checks.h"

const struct selftest_check selftest_table[] = {
    {"root", SELFTEST_BOTH, check_root, "it runs as root, as sensing and isolating need"},
    {"accounts", SELFTEST_BOTH, check_accounts, "the accounts of its unprivileged processes exist"},
    {"folders", SELFTEST_BOTH, check_folders, "its folders belong to whom they should"},
    {"signature", SELFTEST_MACOS, check_signature, "its code signature is valid"},
    {"launchd", SELFTEST_MACOS, check_launchd, "launchd starts it and keeps it running"},
    {"profiles", SELFTEST_MACOS, check_profiles, "the configuration profiles are installed"},
    {"enrolled", SELFTEST_BOTH, check_enrolled, "it knows its server and whom to obey"},
    {"certificate", SELFTEST_BOTH, check_certificate, "its certificate is valid for a while"},
    {"server", SELFTEST_BOTH, check_server, "the server answers and shows the pinned authority"},
    {"clock", SELFTEST_BOTH, check_clock, "the clock agrees with the server's"},
    {"spool", SELFTEST_BOTH, check_spool, "the uplink can write what waits for the server"},
    {"ruleset", SELFTEST_BOTH, check_ruleset, "the stored rules load"},
    {"sandbox", SELFTEST_BOTH, check_sandbox, "the analyst can be shut in"},
    {"full_disk_access", SELFTEST_MACOS, check_full_disk_access, "it has Full Disk Access"},
    {"eslogger", SELFTEST_MACOS, check_eslogger, "eslogger knows the events that are wanted"},
    {"sensor", SELFTEST_BOTH, check_sensor, "the sensor tells of a program that starts"},
    {"packet_filter", SELFTEST_BOTH, check_filter, "the packet filter takes the isolation's rules"},
    {"containment", SELFTEST_BOTH, check_containment, "the wanted isolation is known and in force"},
    {"console", SELFTEST_MACOS, check_console, "messages have a way to the user"},
    {NULL, 0, NULL, NULL},
};
