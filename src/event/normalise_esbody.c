/* What the members of an EndpointSecurity event's body mean, kind by kind, where a member alone
 * does not tell. Source: EndpointSecurity/ESMessage.h, ESTypes.h (macOS 27 SDK). */
#include "event/normalise_es_priv.h"

enum { PERMISSION_BITS = 07777 };

static struct str name_of(const char *const *names, size_t count, int64_t number)
{
    return number >= 0 && (uint64_t)number < count ? str_of(names[number]) : (struct str){0};
}

/* A number of Apple's as its name; a number without a name as its digits. */
static void put_name(struct normaliser *n, struct ndjson *j, unsigned path, struct event *ev,
                     enum field_id id, const char *const *names, size_t count)
{
    struct str name = name_of(names, count, normalise_int(j, path, -1));
    if (name.len)
        event_set_str(ev, id, name);
    else
        normalise_put(n, j, path, ev, id);
}

#define PUT_NAME(path, id, ...)                                                                    \
    put_name(n, j, (path), ev, (id), (const char *const[]){__VA_ARGS__},                           \
             ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

/* ------------------------------------------------------------------ files */

static void put_path(struct event *ev, enum field_id id, struct str path)
{
    if (path.len && !event_has(ev, id))
        event_set_str(ev, id, path);
}

/* Where the operation ends: an existing file, or a folder and a new name. */
static void put_destination(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    struct str existing = normalise_text(j, ES_EXISTING_PATH);
    if (existing.len == 0)
        existing = normalise_text(j, ES_TARGET_FILE);
    struct str name = normalise_text(j, ES_NEW_NAME);
    struct str folder = normalise_text(j, ES_NEW_DIR);
    if (name.len == 0) {
        folder = normalise_text(j, ES_TARGET_DIR);
        name = normalise_text(j, ES_TARGET_NAME);
        if (name.len == 0)
            name = normalise_text(j, ES_FILENAME);
        if (folder.len == 0)
            folder = normalise_text(j, ES_DIR);
    }
    put_path(ev, F_FILE_PATH, existing.len ? existing : normalise_join_path(n, folder, name));
    /* A creation is told when the file is there: it says nothing about before. */
    if (ev->kind == KIND_RENAME || ev->kind == KIND_COPYFILE)
        event_set_bool(ev, F_FILE_EXISTED, existing.len != 0);
}

static void put_files(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    put_path(ev, F_FILE_PATH, normalise_text(j, ES_TARGET_PATH));
    put_path(ev, F_FILE_PATH, normalise_text(j, ES_FILE_PATH));
    put_destination(n, j, ev);
    put_path(ev, F_FILE_PATH, normalise_text(j, ES_FILE1));
    put_path(ev, F_FILE_SOURCE, normalise_text(j, ES_FILE2));
    put_path(
        ev, F_FILE_PATH,
        normalise_join_path(n, normalise_text(j, ES_SOURCE_DIR), normalise_text(j, ES_RELATIVE)));
    /* With nothing it leads to, the source is what the event is about (mmap, readlink). */
    put_path(ev, event_has(ev, F_FILE_PATH) ? F_FILE_SOURCE : F_FILE_PATH,
             normalise_text(j, ES_SOURCE_PATH));
}

/* What the S_IFMT bits say. Source: sys/stat.h. */
static void put_type(struct event *ev, int64_t mode)
{
    static const char *const types[] = {
        [001] = "fifo", [002] = "char_device", [004] = "dir",    [006] = "block_device",
        [010] = "file", [012] = "symlink",     [014] = "socket", [017] = NULL};
    enum { TYPE_SHIFT = 12, TYPE_MASK = 017 };
    const char *type = types[(uint64_t)mode >> TYPE_SHIFT & TYPE_MASK];
    if (type)
        event_set_str(ev, F_FILE_TYPE, str_of(type));
}

/* Owner, mode, type and size of the first file that is described. */
static void put_stat(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    static const uint16_t bases[] = {ES_STAT_TARGET_INO, ES_STAT_FILE_INO, ES_STAT_EXISTING_INO,
                                     ES_STAT_SOURCE_INO};
    enum { SIZE = 1, UID, GID, MODE };
    for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
        if (!ndjson_get(j, bases[i]))
            continue;
        normalise_put(n, j, bases[i], ev, F_FILE_INODE);
        normalise_put(n, j, bases[i] + SIZE, ev, F_FILE_SIZE);
        normalise_put(n, j, bases[i] + UID, ev, F_FILE_UID);
        normalise_put(n, j, bases[i] + GID, ev, F_FILE_GID);
        int64_t mode = normalise_int(j, bases[i] + MODE, -1);
        if (mode >= 0) {
            event_set_int(ev, F_FILE_MODE, mode & PERMISSION_BITS);
            put_type(ev, mode);
        }
        return;
    }
}

static void put_mode(struct ndjson *j, unsigned path, struct event *ev)
{
    int64_t mode = normalise_int(j, path, -1);
    if (mode >= 0)
        event_set_int(ev, F_FILE_MODE, mode & PERMISSION_BITS);
}

/* ------------------------------------------------------------------ the rest */

static void put_exec(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    normalise_put_list(n, j, ES_ARGS, ev, F_ARGS);
    normalise_put_env(n, j, ES_ENV, ev);
}

static void put_rights(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    normalise_put_list(n, j, ES_RIGHTS, ev, F_AUTH_RIGHTS);
    normalise_put_list(n, j, ES_RESULTS, ev, F_AUTH_RIGHTS);
    const struct ndjson_value *code = ndjson_get(j, ES_RETURN_CODE);
    if (code && code->type == NDJSON_INT)
        event_set_bool(ev, F_AUTH_SUCCESS, code->i == 0);
}

static void put_su(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    struct value argv = normalise_list(n, j, ES_ARGV);
    if (argv.count)
        event_set_str(ev, F_AUTH_COMMAND, normalise_join_args(n, &argv));
}

/* The file is given as a path or as a described file. */
static void put_gatekeeper(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    put_path(ev, F_FILE_PATH, normalise_text(j, ES_FILE_TEXT));
    put_path(ev, F_FILE_PATH, normalise_text(j, ES_FILE_PATH_TEXT));
    struct str sha256 = normalise_text(j, ES_SHA256);
    if (sha256.len)
        event_set_str(ev, F_FILE_SHA256, normalise_lower(n, sha256));
}

static void put_tcc(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    PUT_NAME(ES_TCC_RIGHT, F_TCC_RIGHT, "denied", "unknown", "allowed", "limited");
    PUT_NAME(ES_TCC_UPDATE, F_TCC_UPDATE, "", "create", "modify", "delete");
}

void normalise_esbody(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    put_files(n, j, ev);
    put_stat(n, j, ev);
    switch (ev->kind) {
    case KIND_EXEC:
    case KIND_EXEC_DENIED:
        put_exec(n, j, ev);
        break;
    case KIND_CREATE:
        put_mode(j, ES_NEW_MODE, ev);
        break;
    case KIND_SETMODE:
        put_mode(j, ES_MODE, ev);
        break;
    case KIND_SETOWNER:
        normalise_put(n, j, ES_UID, ev, F_FILE_UID);
        normalise_put(n, j, ES_GID, ev, F_FILE_GID);
        break;
    case KIND_SETFLAGS:
        normalise_put(n, j, ES_FLAGS, ev, F_FILE_FLAGS);
        break;
    case KIND_SETUID:
    case KIND_SETEUID:
    case KIND_SETREUID:
    case KIND_SSH_LOGIN:
    case KIND_SSH_LOGOUT:
    case KIND_LOGIN:
    case KIND_LOGOUT:
        normalise_put(n, j, ES_UID, ev, F_AUTH_TO_UID);
        break;
    case KIND_MOUNT:
    case KIND_REMOUNT:
        PUT_NAME(ES_DISPOSITION, F_VOLUME_KIND, "external", "internal", "network", "virtual",
                 "nullfs", "unknown");
        break;
    case KIND_AUTHENTICATION:
        PUT_NAME(ES_TYPE, F_AUTH_TYPE, "od", "touchid", "token", "auto_unlock");
        break;
    case KIND_AUTHZ_PETITION:
    case KIND_AUTHZ_JUDGEMENT:
        put_rights(n, j, ev);
        break;
    case KIND_SU:
        put_su(n, j, ev);
        break;
    case KIND_LAUNCH_ITEM_ADD:
    case KIND_LAUNCH_ITEM_REMOVE:
        PUT_NAME(ES_ITEM_TYPE, F_LAUNCH_TYPE, "user", "app", "login_item", "agent", "daemon");
        break;
    case KIND_PROFILE_ADD:
    case KIND_PROFILE_REMOVE:
        PUT_NAME(ES_PROFILE_SOURCE, F_PROFILE_SOURCE, "managed", "manual");
        break;
    case KIND_GATEKEEPER_OVERRIDE:
        put_gatekeeper(n, j, ev);
        break;
    case KIND_TCC_MODIFY:
        put_tcc(n, j, ev);
        break;
    case KIND_OD_GROUP_SET:
        normalise_put_list(n, j, ES_OD_MEMBERS, ev, F_OD_VALUE);
        break;
    case KIND_OD_ATTRIBUTE_SET:
        normalise_put_list(n, j, ES_OD_VALUES, ev, F_OD_VALUE);
        break;
    default:
        break;
    }
}
