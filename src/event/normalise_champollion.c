/* Recordings of FFRI/ProjectChampollion (macOS 11): `event.type`, `event.log`, and the acting
 * process as `target_process`. No times, no audit tokens, no signing; the lines' order is all there
 * is. Source: the recordings themselves. */
#include "event/normalise_priv.h"

/* X(id, path, field it stands for by itself, or BY_HAND) */
#define BY_HAND TARGET_MARK
#define PATH_LIST(X)                                                                               \
    X(TYPE, "event.type", BY_HAND)                                                                 \
    X(LOG, "event.log", BY_HAND)                                                                   \
    X(ACTOR, "target_process", BY_HAND)                                                            \
    X(ACTOR_PATH, "target_process.executable_path", BY_HAND)                                       \
    X(ACTOR_PID, "target_process.pid", BY_HAND)                                                    \
    X(ACTOR_PPID, "target_process.ppid", BY_HAND)                                                  \
    X(ACTOR_GROUP, "target_process.group_id", BY_HAND)                                             \
    X(ACTOR_SESSION, "target_process.session_id", BY_HAND)                                         \
    X(TARGET_EXECUTABLE, "event.log.target.executable_path", BY_HAND)                              \
    X(TARGET_PID, "event.log.target.pid", BY_HAND)                                                 \
    X(TARGET_PPID, "event.log.target.ppid", BY_HAND)                                               \
    X(TARGET_GROUP, "event.log.target.group_id", BY_HAND)                                          \
    X(TARGET_SESSION, "event.log.target.session_id", BY_HAND)                                      \
    X(CHILD_EXECUTABLE, "event.log.child.executable_path", F_TARGET_EXECUTABLE)                    \
    X(CHILD_PID, "event.log.child.pid", F_TARGET_PID)                                              \
    X(ARGS, "event.log.args[]", BY_HAND)                                                           \
    X(CWD, "event.log.cwd.path", F_CWD)                                                            \
    X(SCRIPT, "event.log.script.path", F_SCRIPT)                                                   \
    X(LAST_FD, "event.log.last_fd", BY_HAND)                                                       \
    X(STAT, "event.log.stat", F_EXIT_STATUS)                                                       \
    X(SIGNAL, "event.log.sig", F_SIGNAL)                                                           \
    X(TARGET_PATH, "event.log.target.path", BY_HAND)                                               \
    X(FILE_PATH, "event.log.file.path", BY_HAND)                                                   \
    X(SOURCE_PATH, "event.log.source.path", BY_HAND)                                               \
    X(EXISTING_PATH, "event.log.existing_file.path", BY_HAND)                                      \
    X(DEST_PATH, "event.log.dest_path.path", BY_HAND)                                              \
    X(DEST_TYPE, "event.log.dest_type", BY_HAND)                                                   \
    X(DESTINATION_TYPE, "event.log.destination_type", BY_HAND)                                     \
    X(DIR, "event.log.dir.path", BY_HAND)                                                          \
    X(FILENAME, "event.log.filename", BY_HAND)                                                     \
    X(SOURCE_DIR, "event.log.source_dir.path", BY_HAND)                                            \
    X(RELATIVE, "event.log.relative_target", BY_HAND)                                              \
    X(PARENT_DIR, "event.log.parent_dir", BY_HAND)                                                 \
    X(FFLAG, "event.log.fflag", F_FILE_FLAGS)                                                      \
    X(MODIFIED, "event.log.modified", F_FILE_MODIFIED)                                             \
    X(XATTR, "event.log.extattr", F_FILE_XATTR)                                                    \
    X(IOKIT_CLASS, "event.log.user_client_class", F_IOKIT_CLASS)                                   \
    X(LOG_OTHER, "event.log.*", TARGET_OTHER)                                                      \
    X(TOP_OTHER, "*", TARGET_OTHER)

enum path {
#define PATH_ENUM(id, path, field) id,
    PATH_LIST(PATH_ENUM)
#undef PATH_ENUM
};

static const struct {
    const char *path;
    uint16_t field;
} rows[] = {
#define ROW(id, path, field) {path, field},
    PATH_LIST(ROW)
#undef ROW
};

static int make_paths(struct arena *arena, struct format_paths *ret_paths)
{
    struct path_builder b = {.arena = arena};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        normalise_path(&b, str_of(rows[i].path), rows[i].field);
    return normalise_paths_done(&b, ret_paths);
}

static bool is_champollion(const struct normaliser *n, const struct ndjson *j)
{
    (void)n;
    const struct ndjson_value *type = ndjson_get(j, TYPE);
    const struct ndjson_value *log = ndjson_get(j, LOG);
    const struct ndjson_value *actor = ndjson_get(j, ACTOR);
    return type && type->type == NDJSON_STR && log && log->type == NDJSON_OBJECT && actor &&
           actor->type == NDJSON_OBJECT;
}

static void put_processes(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    unsigned path = ACTOR_PATH;
    if (ev->kind == KIND_EXEC && ndjson_get(j, TARGET_PID)) {
        normalise_put(n, j, ACTOR_PATH, ev, F_PREVIOUS_EXECUTABLE);
        path = TARGET_EXECUTABLE;
    } else {
        normalise_put(n, j, TARGET_PID, ev, F_TARGET_PID);
        normalise_put(n, j, TARGET_EXECUTABLE, ev, F_TARGET_EXECUTABLE);
    }
    normalise_put(n, j, path, ev, F_EXECUTABLE);
    normalise_put(n, j, path + 1, ev, F_PID);
    normalise_put(n, j, path + 2, ev, F_PARENT_PID);
    normalise_put(n, j, path + 3, ev, F_GROUP_ID);
    normalise_put(n, j, path + 4, ev, F_SESSION_ID);
}

static void put_path(struct event *ev, enum field_id id, struct str path)
{
    if (path.len && !event_has(ev, id))
        event_set_str(ev, id, path);
}

static void put_files(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    struct str existing = normalise_text(j, EXISTING_PATH);
    if (existing.len == 0)
        existing = normalise_text(j, DEST_PATH);
    put_path(ev, F_FILE_PATH, normalise_text(j, TARGET_PATH));
    put_path(ev, F_FILE_PATH, normalise_text(j, FILE_PATH));
    put_path(ev, F_FILE_PATH, existing);
    put_path(ev, F_FILE_PATH,
             normalise_join_path(n, normalise_text(j, DIR), normalise_text(j, FILENAME)));
    put_path(ev, F_FILE_PATH,
             normalise_join_path(n, normalise_text(j, SOURCE_DIR), normalise_text(j, RELATIVE)));
    put_path(ev, event_has(ev, F_FILE_PATH) ? F_FILE_SOURCE : F_FILE_PATH,
             normalise_text(j, SOURCE_PATH));
    if (ev->kind == KIND_RENAME)
        event_set_bool(ev, F_FILE_EXISTED, existing.len != 0);
}

static void fill(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    struct str type = normalise_text(j, TYPE);
    (void)normalise_kind(n, type, &ev->kind);
    put_processes(n, j, ev);
    size_t pos = 0;
    for (struct ndjson_value *v = ndjson_each(j, &pos); v; v = ndjson_each(j, &pos)) {
        if (v->type == NDJSON_NULL)
            continue;
        if (v->path == LOG_OTHER)
            normalise_extra(n, j, ev, type, v->key, v);
        else if (v->path == TOP_OTHER)
            normalise_extra(n, j, ev, STR(""), v->key, v);
        else if (rows[v->path].field < FIELD_COUNT)
            normalise_put(n, j, v->path, ev, (enum field_id)rows[v->path].field);
    }
    put_files(n, j, ev);
    if (ev->kind == KIND_EXEC)
        normalise_put_list(n, j, ARGS, ev, F_ARGS);
    normalise_macos(ev);
    normalise_derive(n, ev);
}

const struct format_ops normalise_champollion = {FORMAT_CHAMPOLLION, make_paths, is_champollion,
                                                 fill};
