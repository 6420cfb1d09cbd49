/* eslogger(1) lines, schema versions 7 to 11, and Jamf Protect's telemetry of the same events.
 *
 * Keys come in random order; an audit token is an object, in version 10 an array of eight; numbers
 * need 64 bits. The event's name is the only key of "event", so one set of paths with `*` there
 * serves all kinds; normalise_esbody.c knows what a body's members mean.
 * Source: eslogger(1); EndpointSecurity/ESMessage.h, ESTypes.h. */
#include "base/timefmt.h"
#include "event/normalise_es_priv.h"

/* Members of es_process_t, in the order of enum es_process_path. */
static const char *const process_members[] = {
#define MEMBER(id, member) member,
    ES_PROCESS_LIST(MEMBER)
#undef MEMBER
};

/* Where processes stand, in the order of enum es_block. */
static const char *const blocks[] = {"process",
                                     "event.*.target",
                                     "event.*.child",
                                     "event.*.instigator",
                                     "event.*.data.*.instigator",
                                     "event.*.responsible"};
_Static_assert(ARRAY_LEN(blocks) == ES_BLOCKS, "one place a block");

static const struct {
    const char *path;
    unsigned field;
} rows[] = {
#define ROW(id, path, field) {path, field},
    ES_PATH_LIST(ROW)
#undef ROW
};

/* What else is in a process. Source: EndpointSecurity/ESMessage.h, sys/stat.h. */
static const char *const token_members[] = {"rgid", "egid",       "asid", "ruid",
                                            "euid", "pidversion", "pid",  "auid"};
static const char *const stat_members[] = {
    "st_dev",    "st_ino",       "st_mode",      "st_nlink",     "st_uid",           "st_gid",
    "st_rdev",   "st_atimespec", "st_mtimespec", "st_ctimespec", "st_birthtimespec", "st_size",
    "st_blocks", "st_blksize",   "st_flags",     "st_gen"};
static const char *const tokens[] = {"audit_token", "parent_audit_token",
                                     "responsible_audit_token"};
static const char *const other_members[] = {"original_ppid", "is_es_client",
                                            "executable.path_truncated"};

static void step_over(struct path_builder *b, const char *at, const char *const *members,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        normalise_path(b, arena_fmt(b->arena, "!%s.%s", at, members[i]), TARGET_MARK);
}

/* Members of a process that are of no use beyond the raw line. */
static void step_over_process(struct path_builder *b, const char *at)
{
    step_over(b, at, other_members, ARRAY_LEN(other_members));
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
        step_over(b, arena_fmt(b->arena, "%s.%s", at, tokens[i]).ptr, token_members,
                  ARRAY_LEN(token_members));
    step_over(b, arena_fmt(b->arena, "%s.executable.stat", at).ptr, stat_members,
              ARRAY_LEN(stat_members));
}

static int make_paths(struct arena *arena, struct format_paths *ret_paths)
{
    struct path_builder b = {.arena = arena};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        normalise_path(&b, str_of(rows[i].path), rows[i].field);
    for (unsigned block = 0; block < ES_BLOCKS; block++) {
        for (size_t i = 0; i < ARRAY_LEN(process_members); i++)
            normalise_path(&b, arena_fmt(arena, "%s.%s", blocks[block], process_members[i]),
                           TARGET_MARK);
    }
    /* Behind all others, so that theirs keep their numbers. */
    for (unsigned block = 0; block < ES_BLOCKS; block++)
        step_over_process(&b, blocks[block]);
    step_over(&b, "event.*.cwd.stat", stat_members, ARRAY_LEN(stat_members));
    step_over(&b, "event.*.cwd", (const char *const[]){"path_truncated"}, 1);
    step_over(&b, "event.*.target.stat", stat_members, ARRAY_LEN(stat_members));
    return normalise_paths_done(&b, ret_paths);
}

static bool is_eslogger(const struct normaliser *n, const struct ndjson *j)
{
    const struct ndjson_value *body = ndjson_get(j, ES_EVENT);
    enum event_kind kind;
    if (!body || body->type != NDJSON_OBJECT || ndjson_count(j, ES_EVENT) != 1)
        return false;
    return ndjson_get(j, ES_EVENT_TYPE) || normalise_kind(n, body->key, &kind);
}

/* ------------------------------------------------------------------ processes */

static int64_t token_member(const struct ndjson *j, unsigned base, const struct es_token_paths *at,
                            unsigned member, unsigned index)
{
    const struct ndjson_value *v = ndjson_get(j, base + member);
    if (v && v->type == NDJSON_INT)
        return v->i;
    for (v = ndjson_get(j, base + at->list); v; v = ndjson_next(j, v)) {
        if (v->index == index)
            return v->type == NDJSON_INT ? v->i : -1;
    }
    return -1;
}

static void put_int(struct event *ev, enum field_id id, int64_t value)
{
    if (value >= 0)
        event_set_int(ev, id, value);
}

/* Places in the array form of an audit token. Source: bsm/libbsm.h, audit_token_to_au32. */
enum {
    TOKEN_AUID,
    TOKEN_EUID,
    TOKEN_EGID,
    TOKEN_RUID,
    TOKEN_RGID,
    TOKEN_PID,
    TOKEN_ASID,
    TOKEN_PIDVERSION
};

struct identity {
    int64_t pid; /* -1 = not there */
    int64_t pidversion;
};

static struct identity identity_of(const struct ndjson *j, unsigned base,
                                   const struct es_token_paths *at)
{
    return (struct identity){
        token_member(j, base, at, at->pid, TOKEN_PID),
        token_member(j, base, at, at->pidversion, TOKEN_PIDVERSION),
    };
}

static const struct es_token_paths own_token = {ES_P_TOKEN, ES_P_PID, ES_P_PIDVERSION};
static const struct es_token_paths parent_token = {ES_P_PARENT_TOKEN, ES_P_PARENT_PID,
                                                   ES_P_PARENT_PIDVERSION};
static const struct es_token_paths responsible_token = {
    ES_P_RESPONSIBLE_TOKEN, ES_P_RESPONSIBLE_PID, ES_P_RESPONSIBLE_PIDVERSION};

static unsigned block_base(enum es_block block)
{
    return ES_PATHS + (unsigned)block * ES_P_COUNT;
}

/* 4294967295 is the audit system's "nobody logged in". */
static void put_audit_uid(struct event *ev, int64_t auid)
{
    if (auid >= 0 && auid != UINT32_MAX)
        event_set_int(ev, F_AUID, auid);
}

static void put_lower(struct normaliser *n, struct ndjson *j, unsigned path, struct event *ev,
                      enum field_id id)
{
    struct str s = normalise_text(j, path);
    if (s.len)
        event_set_str(ev, id, normalise_lower(n, s));
}

/* The process the event is about: the new image of an exec, else the one that acted. */
static void put_subject(struct normaliser *n, struct ndjson *j, enum es_block block,
                        struct event *ev)
{
    unsigned base = block_base(block);
    struct identity own = identity_of(j, base, &own_token);
    put_int(ev, F_PID, own.pid);
    put_int(ev, F_PIDVERSION, own.pidversion);
    put_int(ev, F_UID, token_member(j, base, &own_token, ES_P_EUID, TOKEN_EUID));
    put_int(ev, F_GID, token_member(j, base, &own_token, ES_P_EGID, TOKEN_EGID));
    put_int(ev, F_RUID, token_member(j, base, &own_token, ES_P_RUID, TOKEN_RUID));
    put_audit_uid(ev, token_member(j, base, &own_token, ES_P_AUID, TOKEN_AUID));
    normalise_put(n, j, base + ES_P_GROUP, ev, F_GROUP_ID);
    normalise_put(n, j, base + ES_P_SESSION, ev, F_SESSION_ID);
    normalise_put(n, j, base + ES_P_FLAGS, ev, F_CS_FLAGS);
    normalise_put(n, j, base + ES_P_CATEGORY, ev, F_CS_CATEGORY);
    normalise_put(n, j, base + ES_P_PLATFORM, ev, F_PLATFORM_BINARY);
    normalise_put_or_null(n, j, base + ES_P_SIGNING_ID, ev, F_SIGNING_ID);
    normalise_put_or_null(n, j, base + ES_P_TEAM_ID, ev, F_TEAM_ID);
    put_lower(n, j, base + ES_P_CDHASH, ev, F_CDHASH);
    normalise_put(n, j, base + ES_P_EXECUTABLE, ev, F_EXECUTABLE);
    put_lower(n, j, base + ES_P_SHA256, ev, F_SHA256);
    normalise_put(n, j, base + ES_P_TTY, ev, F_TTY);
    normalise_put(n, j, base + ES_P_START, ev, F_START);
    struct identity parent = identity_of(j, base, &parent_token);
    put_int(ev, F_PARENT_PID,
            parent.pid >= 0 ? parent.pid : normalise_int(j, base + ES_P_PPID, -1));
    put_int(ev, F_PARENT_PIDVERSION, parent.pidversion);
    struct identity responsible = identity_of(j, base, &responsible_token);
    put_int(ev, F_RESPONSIBLE_PID, responsible.pid);
    put_int(ev, F_RESPONSIBLE_PIDVERSION, responsible.pidversion);
}

/* A second process of the event, with fewer fields. */
struct role {
    enum field_id pid;
    enum field_id pidversion;
    enum field_id executable;
    enum field_id signing_id; /* FIELD_COUNT where the role has no such field */
    enum field_id team_id;
    enum field_id platform_binary;
};

static const struct role target_role = {F_TARGET_PID,        F_TARGET_PIDVERSION,
                                        F_TARGET_EXECUTABLE, F_TARGET_SIGNING_ID,
                                        FIELD_COUNT,         FIELD_COUNT};
static const struct role instigator_role = {F_INSTIGATOR_PID,        F_INSTIGATOR_PIDVERSION,
                                            F_INSTIGATOR_EXECUTABLE, F_INSTIGATOR_SIGNING_ID,
                                            F_INSTIGATOR_TEAM_ID,    F_INSTIGATOR_PLATFORM_BINARY};
static const struct role responsible_role = {
    F_RESPONSIBLE_PID, F_RESPONSIBLE_PIDVERSION, F_RESPONSIBLE_EXECUTABLE, FIELD_COUNT, FIELD_COUNT,
    FIELD_COUNT};

static bool put_role(struct normaliser *n, struct ndjson *j, enum es_block block,
                     const struct role *role, struct event *ev)
{
    unsigned base = block_base(block);
    struct identity own = identity_of(j, base, &own_token);
    if (own.pid < 0)
        return false;
    put_int(ev, role->pid, own.pid);
    put_int(ev, role->pidversion, own.pidversion);
    normalise_put(n, j, base + ES_P_EXECUTABLE, ev, role->executable);
    if (role->signing_id != FIELD_COUNT)
        normalise_put_or_null(n, j, base + ES_P_SIGNING_ID, ev, role->signing_id);
    if (role->team_id != FIELD_COUNT)
        normalise_put_or_null(n, j, base + ES_P_TEAM_ID, ev, role->team_id);
    if (role->platform_binary != FIELD_COUNT)
        normalise_put(n, j, base + ES_P_PLATFORM, ev, role->platform_binary);
    return true;
}

static void put_instigator(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    static const struct es_token_paths token = {ES_INSTIGATOR_TOKEN, ES_INSTIGATOR_PID,
                                                ES_INSTIGATOR_PIDVERSION};
    if (put_role(n, j, ES_INSTIGATOR, &instigator_role, ev) ||
        put_role(n, j, ES_DATA_INSTIGATOR, &instigator_role, ev))
        return;
    /* It ended before it could be described; its token is left. */
    struct identity gone = identity_of(j, 0, &token);
    put_int(ev, F_INSTIGATOR_PID, gone.pid);
    put_int(ev, F_INSTIGATOR_PIDVERSION, gone.pidversion);
}

static void put_processes(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    unsigned target = block_base(ES_TARGET);
    bool is_exec = ev->kind == KIND_EXEC || ev->kind == KIND_EXEC_DENIED;
    if (is_exec && identity_of(j, target, &own_token).pid >= 0) {
        put_subject(n, j, ES_TARGET, ev);
        normalise_put(n, j, block_base(ES_ACTOR) + ES_P_EXECUTABLE, ev, F_PREVIOUS_EXECUTABLE);
    } else {
        put_subject(n, j, ES_ACTOR, ev);
        if (!put_role(n, j, ES_TARGET, &target_role, ev))
            (void)put_role(n, j, ES_CHILD, &target_role, ev);
    }
    put_instigator(n, j, ev);
    (void)put_role(n, j, ES_RESPONSIBLE, &responsible_role, ev);
}

/* ------------------------------------------------------------------ the line */

static enum event_kind kind_of(const struct normaliser *n, struct ndjson *j, struct str name)
{
    enum event_kind kind = KIND_UNKNOWN;
    (void)normalise_kind(n, name, &kind);
    /* An authorization result of 1 is a refusal. */
    if (kind == KIND_EXEC && normalise_int(j, ES_AUTH_RESULT, 0) == 1)
        kind = KIND_EXEC_DENIED;
    return kind;
}

/* Members that stand for a field of themselves, and those nobody knows. */
static void put_members(struct normaliser *n, struct ndjson *j, struct str name, struct event *ev)
{
    size_t pos = 0;
    for (struct ndjson_value *v = ndjson_each(j, &pos); v; v = ndjson_each(j, &pos)) {
        if (v->path == ES_TOP_OTHER) {
            normalise_extra(n, j, ev, STR(""), v->key, v);
        } else if (v->path == ES_BODY_OTHER) {
            if (v->type != NDJSON_NULL) /* a null pointer of the C structure: not there */
                normalise_extra(n, j, ev, name, v->key, v);
        } else if (v->path < ES_PATHS && rows[v->path].field < FIELD_COUNT &&
                   v->type != NDJSON_NULL && v->type != NDJSON_OBJECT && v->type != NDJSON_ARRAY) {
            normalise_put_picked(n, j, v, ev, (enum field_id)rows[v->path].field);
        }
    }
}

static void put_sequence(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    static const uint16_t sources[] = {ES_GLOBAL_SEQ, ES_GLOB_SEQ, ES_SEQ};
    for (size_t i = 0; i < ARRAY_LEN(sources) && !event_has(ev, F_EVENT_SEQ); i++)
        normalise_put(n, j, sources[i], ev, F_EVENT_SEQ);
}

static void fill(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    const struct ndjson_value *body = ndjson_get(j, ES_EVENT);
    struct str name = body ? body->key : STR("");
    ev->kind = kind_of(n, j, name);
    int64_t ns;
    if (timefmt_parse(normalise_text(j, ES_TIME), &ns) == 0)
        ev->time_ns = ns;
    put_sequence(n, j, ev);
    put_processes(n, j, ev);
    put_members(n, j, name, ev);
    normalise_esbody(n, j, ev);
    normalise_macos(ev);
    normalise_derive(n, ev);
}

const struct format_ops normalise_eslogger = {FORMAT_ESLOGGER, make_paths, is_eslogger, fill};
