/* The dialog of a Mac, with stand-ins for launchctl, sudo and osascript that check what they are
 * given and hand on. Words of failure as the real programs say them. */
#include "respond/message_console.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "harness/test.h"
#include "os/file.h"

static char *folder;
static char launchctl[512], sudo[512], osascript[512];
static struct message_console programs;

static void script(char path[512], const char *name, const char *text)
{
    (void)snprintf(path, 512, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0755), 0);
}

/* osascript -e SCRIPT cordon TITLE TEXT: as getopt(3) of BSD, options end at the first other word.
 */
static const char takes_its_arguments[] =
    "#!/bin/sh\n"
    "[ \"$1\" = -e ] && [ \"$3\" = cordon ] || { echo 'usage: osascript' >&2; exit 64; }\n"
    "here=$(dirname \"$0\")\n"
    "printf '%s' \"$2\" >\"$here/script\"; printf '%s' \"$4\" >\"$here/title\"\n"
    "printf '%s' \"$5\" >\"$here/text\"\n";

static int set_up(void **state)
{
    (void)state;
    folder = test_tmpdir();
    script(launchctl, "launchctl",
           "#!/bin/sh\n[ \"$1 $2\" = 'asuser 501' ] || exit 64\nshift 2\nexec \"$@\"\n");
    script(sudo, "sudo",
           "#!/bin/sh\n[ \"$1 $2 $3 $4 $5\" = '-n -H -u ada --' ] || exit 64\nshift 5\n"
           "exec \"$@\"\n");
    script(osascript, "osascript", takes_its_arguments);
    programs = (struct message_console){"/bin/sh", launchctl, sudo, osascript};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_tmpdir_remove(folder);
    return 0;
}

static void assert_file(const char *name, const char *expected)
{
    CLEANUP(buf_done) struct buf text = {0};
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(file_read(path, 65536, &text, NULL));
    assert_str(buf_str(&text), expected);
}

static bool show(const char *title, const char *text, char reason[160])
{
    reason[0] = '\0';
    return message_console_show(&programs, 501, "ada", title, text, reason, 160);
}

static void title_and_text_arrive_as_arguments_whatever_they_hold(void **state)
{
    (void)state;
    char reason[160];
    const char *title = "-e \"quit\" & $(id)";
    const char *text = "-x \"quoted\" 'single' $HOME `id`\nsecond line; end run \\ ";
    assert_true(show(title, text, reason));
    assert_file("title", title);
    assert_file("text", text);
    assert_string_equal(reason, "");
    CLEANUP(buf_done) struct buf program = {0};
    char path[512];
    (void)snprintf(path, sizeof path, "%s/script", folder);
    assert_ok(file_read(path, 65536, &program, NULL));
    assert_true(str_find(buf_str(&program), STR("quit")) == SIZE_MAX);
    assert_true(str_find(buf_str(&program), STR("item 3 of argv")) != SIZE_MAX);
}

static void a_dialog_that_stays_is_shown_and_not_waited_for(void **state)
{
    (void)state;
    char reason[160];
    script(osascript, "osascript",
           "#!/bin/sh\necho $$ >\"$(dirname \"$0\")/pid\"\nexec sleep 600\n");
    assert_true(show("t", "x", reason));
    CLEANUP(buf_done) struct buf pid_text = {0};
    char path[512];
    (void)snprintf(path, sizeof path, "%s/pid", folder);
    assert_ok(file_read(path, 64, &pid_text, NULL));
    uint64_t pid;
    assert_ok(str_to_u64(str_trim(buf_str(&pid_text)), &pid));
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0); /* still there */
}

static void failures_are_told_in_the_words_of_the_program(void **state)
{
    (void)state;
    static const struct {
        const char *says, *reason;
    } cases[] = {
        {"echo '0:31: execution error: No user interaction allowed. (-1713)' >&2; exit 1",
         "0:31: execution error: No user interaction allowed. (-1713)"},
        {"exit 1", "the dialog ended at once"},
        {"printf 'bad\\033[31mred\\nmore' >&2; exit 1", "bad\\x1b[31mred"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[512], reason[160];
        (void)snprintf(text, sizeof text, "#!/bin/sh\n%s\n", cases[i].says);
        script(osascript, "osascript", text);
        assert_false(show("t", "x", reason));
        assert_string_equal(reason, cases[i].reason);
    }
    char reason[160];
    script(sudo, "sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n");
    assert_false(show("t", "x", reason));
    assert_string_equal(reason, "sudo: a password is required");
    programs.launchctl = "/nonexistent/launchctl";
    assert_false(show("t", "x", reason));
    assert_non_null(strstr(reason, "/nonexistent/launchctl"));
    programs.shell = "/nonexistent/sh";
    assert_false(show("t", "x", reason));
    assert_string_equal(reason, "the shell cannot be run");
}

static void only_people_are_shown_anything(void **state)
{
    (void)state;
    assert_true(message_console_is_person(501, "ada"));
    assert_false(message_console_is_person(0, "root"));
    assert_false(message_console_is_person(248, "_mbsetupuser"));
    assert_false(message_console_is_person(88, "_windowserver"));
    assert_false(message_console_is_person(501, "loginwindow"));
    assert_false(message_console_is_person(501, ""));
    assert_false(message_console_is_person(501, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(title_and_text_arrive_as_arguments_whatever_they_hold,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dialog_that_stays_is_shown_and_not_waited_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(failures_are_told_in_the_words_of_the_program, set_up,
                                        tear_down),
        cmocka_unit_test(only_people_are_shown_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
