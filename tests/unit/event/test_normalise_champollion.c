/* event/normalise_champollion: shapes of the macOS 11 recording, in lines of our own. */
#include "normalise_test.h"

#define ACTOR                                                                                      \
    "\"target_process\":{\"executable_path\":\"\\/bin\\/zsh\",\"group_id\":7,\"pid\":50,"          \
    "\"ppid\":1,\"session_id\":8}"
#define OTHER                                                                                      \
    "{\"executable_path\":\"\\/usr\\/bin\\/x\",\"group_id\":9,\"pid\":60,\"ppid\":49,"             \
    "\"session_id\":8}"

static const struct {
    const char *line;
    enum event_kind kind;
    const char *wants[4];
} cases[] = {
    {"{\"event\":{\"log\":{\"args\":[\"x\",\"-a\"],\"cwd\":{\"path\":\"\\/\"},\"last_fd\":2,"
     "\"script\":{\"path\":\"\\/s.sh\"},\"target\":" OTHER "},\"type\":\"exec\"}," ACTOR "}",
     KIND_EXEC,
     {"\"process.pid\":60,\"process.executable\":\"/usr/bin/x\",\"process.previous.executable\":"
      "\"/bin/zsh\",\"process.name\":\"x\",\"process.command_line\":\"x -a\"",
      "\"process.parent.pid\":49", "\"process.script\":\"/s.sh\"",
      "\"category\":\"process_creation\""}},
    {"{\"event\":{\"log\":{\"child\":" OTHER "},\"type\":\"fork\"}," ACTOR "}",
     KIND_FORK,
     {"\"process.pid\":50", "\"target.process.pid\":60",
      "\"target.process.executable\":"
      "\"/usr/bin/x\""}},
    {"{\"event\":{\"log\":{\"stat\":9},\"type\":\"exit\"}," ACTOR "}",
     KIND_EXIT,
     {"\"process.exit_status\":9", "\"process.parent.executable\":\"/sbin/launchd\""}},
    {"{\"event\":{\"log\":{\"sig\":15,\"target\":" OTHER "},\"type\":\"signal\"}," ACTOR "}",
     KIND_SIGNAL,
     {"\"signal.number\":15", "\"target.process.pid\":60"}},
    {"{\"event\":{\"log\":{\"flavor\":2,\"type\":8,\"target\":" OTHER
     "},\"type\":\"proc_check\"}," ACTOR "}",
     KIND_PROC_CHECK,
     {"\"proc_check.flavor\":2,\"proc_check.type\":8"}},
    {"{\"event\":{\"log\":{\"relative_target\":\"Users\\/m\",\"source_dir\":{\"path\":\"\\/\"}},"
     "\"type\":\"lookup\"}," ACTOR "}",
     KIND_LOOKUP,
     {"\"file.path\":\"/Users/m\""}},
    {"{\"event\":{\"log\":{\"destination_type\":0,\"existing_file\":{\"path\":\"\\/e\"},"
     "\"filename\":null,\"source\":{\"path\":\"\\/s\"}},\"type\":\"rename\"}," ACTOR "}",
     KIND_RENAME,
     {"\"file.path\":\"/e\"", "\"file.source_path\":\"/s\"", "\"file.existed\":true"}},
    {"{\"event\":{\"log\":{\"destination_type\":1,\"dir\":{\"path\":\"\\/d\"},\"filename\":\"n\","
     "\"source\":{\"path\":\"\\/s\"}},\"type\":\"rename\"}," ACTOR "}",
     KIND_RENAME,
     {"\"file.path\":\"/d/n\"", "\"file.existed\":false"}},
    {"{\"event\":{\"log\":{\"dest_path\":{\"path\":\"\\/n\"},\"dest_type\":0,\"filename\":null},"
     "\"type\":\"create\"}," ACTOR "}",
     KIND_CREATE,
     {"\"file.path\":\"/n\""}},
    {"{\"event\":{\"log\":{\"parent_dir\":{\"path\":\"\\/d\"},\"target\":{\"path\":\"\\/d\\/f\"}},"
     "\"type\":\"unlink\"}," ACTOR "}",
     KIND_UNLINK,
     {"\"file.path\":\"/d/f\""}},
    {"{\"event\":{\"log\":{\"extattr\":\"com.apple.FinderInfo\",\"target\":{\"path\":\"\\/f\"}},"
     "\"type\":\"getextattr\"}," ACTOR "}",
     KIND_GETEXTATTR,
     {"\"file.xattr\":\"com.apple.FinderInfo\""}},
    {"{\"event\":{\"log\":{\"fflag\":1,\"file\":{\"path\":\"\\/f\"}},\"type\":\"open\"}," ACTOR "}",
     KIND_OPEN,
     {"\"file.flags\":1", "\"file.path\":\"/f\""}},
    {"{\"event\":{\"log\":{\"modified\":true,\"target\":{\"path\":\"\\/"
     "f\"}},\"type\":\"close\"}," ACTOR "}",
     KIND_CLOSE,
     {"\"file.modified\":true"}},
    {"{\"event\":{\"log\":{\"x\":[]},\"type\":\"of its own\"},\"more\":{\"y\":1}," ACTOR "}",
     KIND_UNKNOWN,
     {"\"of its own.x\":[]", "\"more.y\":1"}},
    {"{\"event\":{\"log\":{\"target\":5,\"args\":{},\"sig\":null},\"type\":\"exec\"},"
     "\"target_process\":{\"pid\":\"x\"}}",
     KIND_EXEC,
     {"\"process.pid\":\"x\""}},
};

static void every_shape_gives_its_fields(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        reading_take(r, str_of(cases[i].line), FORMAT_AUTO);
        if (r->ev.kind != cases[i].kind)
            fail_msg("case %zu: %s", i, buf_cstr(&r->json));
        assert_str(r->ev.product, "macos");
        for (size_t k = 0; k < ARRAY_LEN(cases[i].wants) && cases[i].wants[k]; k++)
            assert_holds(r, cases[i].wants[k]);
    }
    reading_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_gives_its_fields),
    };
    return cmocka_run_group_tests_name("event/normalise_champollion", tests, NULL, NULL);
}
