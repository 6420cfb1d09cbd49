/* What no list may stop: the operating system, Cordon itself, the client of device management. The
 * first line of defence is here, when an entry is read; the second is prevent_check, which asks
 * list_guards_path again at every decision, so that not even a signed list can make a machine
 * useless. */
#include "detect/list.h"

#define APPLE_PREFIX "com.apple."

struct guard_row {
    struct str text;
    const char *reason;
};

#define OF_SYSTEM "belongs to the operating system"
#define OF_CORDON "belongs to Cordon"
#define OF_MDM    "is the client of device management"

/* Folders end in '/'. /usr/local and the data volume are the operator's own, see is_free. */
static const struct guard_row paths[] = {
    {STR("/System/"), OF_SYSTEM},
    {STR("/usr/"), OF_SYSTEM},
    {STR("/bin/"), OF_SYSTEM},
    {STR("/sbin/"), OF_SYSTEM},
    {STR("/lib/"), OF_SYSTEM},
    {STR("/lib64/"), OF_SYSTEM},
    {STR("/Library/Apple/"), OF_SYSTEM},
    {STR("/Library/Application Support/Cordon/"), OF_CORDON},
    {STR("/usr/local/bin/cordon"), OF_CORDON},
    {STR("/usr/local/bin/cordon-agent"), OF_CORDON},
    {STR("/usr/local/bin/cordond"), OF_CORDON},
    {STR("/usr/local/jamf/bin/jamf"), OF_MDM},
};

static const struct guard_row free_paths[] = {
    {STR("/usr/local/"), NULL},
    {STR("/System/Volumes/Data/"), NULL},
};

/* Teams under which Apple signs its own apps of the App Store: Xcode, iWork, and the media apps. */
static const struct str apple_teams[] = {STR("59GAB85EFG"), STR("74J34U3R6X"), STR("K36BKF7T3D")};

/* What a list of hashes holds by mistake: the hash of nothing. */
static const struct guard_row digests[] = {
    {STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
     "is the hash of an empty file"},
    {STR("0000000000000000000000000000000000000000000000000000000000000000"), "is no hash"},
    {STR("0000000000000000000000000000000000000000"), "is no hash"},
};

static bool is_folder(struct str path)
{
    return path.len && path.ptr[path.len - 1] == '/';
}

static bool covers(const struct guard_row *row, struct str path)
{
    return is_folder(row->text) ? str_starts(path, row->text) : str_eq(path, row->text);
}

static bool is_free(struct str path)
{
    for (size_t i = 0; i < ARRAY_LEN(free_paths); i++) {
        if (covers(&free_paths[i], path))
            return true;
    }
    return false;
}

static bool is_own_name(const struct guard_row *row)
{
    return !is_folder(row->text);
}

static const struct guard_row *guard_of(struct str path)
{
    bool free = is_free(path);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        if ((!free || is_own_name(&paths[i])) && covers(&paths[i], path))
            return &paths[i];
    }
    return NULL;
}

bool list_guards_path(struct str path)
{
    return guard_of(path) != NULL;
}

/* A pattern is refused when it reaches into what is guarded, from above or from inside. */
static const struct guard_row *guard_of_pattern(struct str prefix)
{
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        if (str_starts(paths[i].text, prefix))
            return &paths[i];
    }
    return guard_of(prefix);
}

static int refuse(struct err *err, const struct list_entry *e, const char *reason)
{
    return err_set(err, E_DENIED, "%s '%.*s' %s and is never blocked", list_kind_name(e->kind),
                   STR_FMT(str_sub(e->value, 0, 128)), reason);
}

static int guard_path(const struct list_entry *e, struct err *err)
{
    bool pattern = e->value.ptr[e->value.len - 1] == '*';
    const struct guard_row *row =
        pattern ? guard_of_pattern(str_sub(e->value, 0, e->value.len - 1)) : guard_of(e->value);
    return row ? refuse(err, e, row->reason) : 0;
}

static int guard_signing(const struct list_entry *e, struct err *err)
{
    size_t colon = str_find_char(e->value, ':');
    struct str team = str_sub(e->value, 0, colon);
    struct str id = str_sub(e->value, colon + 1, SIZE_MAX);
    if (str_is(team, "platform"))
        return refuse(err, e, OF_SYSTEM);
    if (str_starts_nocase(id, STR(APPLE_PREFIX)))
        return refuse(
            err, e,
            "has a name of Apple's (what only pretends to it is blocked by its team id or "
            "cdhash)");
    return str_starts(id, STR("org.cordon.")) ? refuse(err, e, OF_CORDON) : 0;
}

static int guard_team(const struct list_entry *e, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(apple_teams); i++) {
        if (str_eq(e->value, apple_teams[i]))
            return refuse(err, e, "is a team of Apple's");
    }
    return 0;
}

static int guard_digest(const struct list_entry *e, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(digests); i++) {
        if (str_eq(e->value, digests[i].text))
            return refuse(err, e, digests[i].reason);
    }
    return 0;
}

int list_guard(const struct list_entry *entry, struct err *err)
{
    if (entry->verdict == LIST_ALLOW)
        return 0;
    switch (entry->kind) {
    case LIST_CDHASH:
    case LIST_SHA256:
    case LIST_CERTIFICATE:
        return guard_digest(entry, err);
    case LIST_SIGNING_ID:
        return guard_signing(entry, err);
    case LIST_PATH:
        return guard_path(entry, err);
    case LIST_TEAM_ID:
        return guard_team(entry, err);
    case LIST_KINDS:
        break;
    }
    return 0;
}
