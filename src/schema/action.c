/* The action table as data. See action.h. */
#include "schema/action.h"

const struct action_state_row action_state_table[ACTION_STATE_COUNT] = {
#define ACTION_STATE_ROW(id, name, final, doc) {STR(name), final, STR(doc)},
    ACTION_STATE_LIST(ACTION_STATE_ROW)
#undef ACTION_STATE_ROW
};

static const struct action_arg isolate_args[] = {
    {STR("allow"), ACTION_ARG_LIST, false, 0, 16,
     STR("further addresses that stay reachable, \"address:port\" (the server's own are in the "
         "device's plan)")},
    {STR("message"), ACTION_ARG_TEXT, false, 0, 2000, STR("shown to the user of the device")},
};

static const struct action_arg release_args[] = {
    {STR("message"), ACTION_ARG_TEXT, false, 0, 2000, STR("shown to the user of the device")},
};

static const struct action_arg kill_args[] = {
    {STR("pid"), ACTION_ARG_INT, true, 2, INT32_MAX, STR("process id, never 0 or 1")},
    {STR("generation"), ACTION_ARG_INT, true, 0, INT64_MAX,
     STR("what tells a reused pid apart: pidversion on a Mac, start time in ticks elsewhere")},
    {STR("boot"), ACTION_ARG_TEXT, true, 1, 64, STR("boot session the pid belongs to")},
    {STR("tree"), ACTION_ARG_BOOL, false, 0, 1, STR("end its descendants too")},
};

static const struct action_arg message_args[] = {
    {STR("title"), ACTION_ARG_TEXT, true, 1, 120, STR("heading")},
    {STR("text"), ACTION_ARG_TEXT, true, 1, 2000, STR("what the user reads; plain text")},
};

#define ARGS(array) .args = (array), .args_len = ARRAY_LEN(array)

const struct action_row action_table[ACTION_COUNT] = {
    [ACTION_ISOLATE] =
        {
            .name = STR("isolate"),
            ARGS(isolate_args),
            .platforms = PLATFORM_MACOS | PLATFORM_LINUX,
            .channel = CHANNEL_AGENT,
            .desired_state = true,
            .reversed_by = STR("release"),
            .not_restored = STR("connections that were open when the device was isolated"),
            .unreachable = STR("the network, except the way to this server"),
            .expires_s = 30 * 86400,
            .timeout_s = 300,
            .permission = PERM_ACTIONS_ISOLATE,
            .doc = STR("cut the device off the network, keeping its way to the server"),
            .example = STR("{\"message\":\"This Mac is isolated. Call the security team.\"}"),
        },
    [ACTION_RELEASE] =
        {
            .name = STR("release"),
            ARGS(release_args),
            .platforms = PLATFORM_MACOS | PLATFORM_LINUX,
            .channel = CHANNEL_AGENT,
            .desired_state = true,
            .reversed_by = STR("isolate"),
            .expires_s = 30 * 86400,
            .timeout_s = 300,
            .permission = PERM_ACTIONS_ISOLATE,
            .doc = STR("give an isolated device its network back"),
            .example = STR("{}"),
        },
    [ACTION_KILL] =
        {
            .name = STR("kill"),
            ARGS(kill_args),
            .platforms = PLATFORM_MACOS | PLATFORM_LINUX,
            .channel = CHANNEL_AGENT,
            .not_restored = STR("the process and what it had not saved"),
            .expires_s = 3600,
            .timeout_s = 60,
            .permission = PERM_ACTIONS_KILL,
            .doc = STR("end one process, known by boot, pid and generation"),
            .example = STR("{\"pid\":4711,\"generation\":90210,"
                           "\"boot\":\"5b1c0a3e-7b0d-4a57-9a52-3d7f0f4f6a11\",\"tree\":true}"),
        },
    [ACTION_MESSAGE] =
        {
            .name = STR("message"),
            ARGS(message_args),
            .platforms = PLATFORM_MACOS | PLATFORM_LINUX,
            .channel = CHANNEL_AGENT,
            .expires_s = 86400,
            .timeout_s = 60,
            .permission = PERM_ACTIONS_MESSAGE,
            .doc = STR("show a message to the user of the device"),
            .example = STR("{\"title\":\"Security team\",\"text\":\"Please call 555-0100.\"}"),
        },
};

const struct action_row *action_row_find(struct str name)
{
    for (unsigned i = 0; i < ACTION_COUNT; i++) {
        if (str_eq(action_table[i].name, name))
            return &action_table[i];
    }
    return NULL;
}

enum action_state action_state_find(struct str name)
{
    for (unsigned i = 0; i < ACTION_STATE_COUNT; i++) {
        if (str_eq(action_state_table[i].name, name))
            return (enum action_state)i;
    }
    return ACTION_STATE_COUNT;
}
