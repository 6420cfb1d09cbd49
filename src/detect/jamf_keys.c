/* Key paths of Jamf Protect's events, a row each; the types of its events, and its inputs.
 * See jamf_priv.h. docs/jamf.md has the same tables, held against these by a test.
 * Source: Jamf Protect documentation, "Analytic filters"; sys/fsevents.h for the types of files. */
#include "detect/jamf_priv.h"

#define ANY_INPUT (INPUT_PROCESS | INPUT_FILE | INPUT_DENIED)
#define RUNS      (INPUT_PROCESS | INPUT_DENIED)

#define TEXT(path, inputs, field)                                                                  \
    {                                                                                              \
        path, inputs, KEY_TEXT, field, SIGMA_WHOLE, "", NULL, NULL                                 \
    }
#define ROW(path, inputs, type, field, note)                                                       \
    {                                                                                              \
        path, inputs, type, field, SIGMA_WHOLE, note, NULL, NULL                                   \
    }
#define MISSING(path, inputs, note)                                                                \
    {                                                                                              \
        path, inputs, KEY_MISSING, FIELD_COUNT, SIGMA_WHOLE, note, NULL, NULL                      \
    }

/* See detect/disk.h. `told`: what is known of the file exactly when this is. */
#define ON_DISK(path, inputs, type, disk, told, note)                                              \
    {                                                                                              \
        path, inputs, type, FIELD_COUNT, SIGMA_WHOLE, note, disk, told                             \
    }
#define HASH(path, inputs, field, disk)                                                            \
    {                                                                                              \
        path, inputs, KEY_TEXT, field, SIGMA_WHOLE, "", disk, disk                                 \
    }

/* What a file on disk has, whoever names it. */
#define FILE_ROWS(path, inputs, disk)                                                              \
    ON_DISK(path ".xattrs", inputs, KEY_XATTRS, disk "xattrs", disk "isQuarantined",               \
            "names of the extended attributes"),                                                   \
        ON_DISK(path ".isQuarantined", inputs, KEY_MARKED, disk "isQuarantined",                   \
                disk "isQuarantined", "com.apple.quarantine is among them"),                       \
        ON_DISK(path ".isDownload", inputs, KEY_MARKED, disk "isDownload", disk "isDownload",      \
                "that, or com.apple.metadata:kMDItemWhereFroms"),                                  \
        ON_DISK(path ".sha1hex", inputs, KEY_TEXT, disk "sha1hex", disk "sha1hex",                 \
                "of files of at most 64 MiB"),                                                     \
        ON_DISK(path ".created", inputs, KEY_NUMBER, disk "createdTime", disk "createdTime",       \
                "seconds since 1970"),                                                             \
        ON_DISK(path ".modified", inputs, KEY_NUMBER, disk "modifiedTime", disk "modifiedTime",    \
                "seconds since 1970")

/* What the file's signature claims. */
#define SIGNING_ROWS(path, inputs, disk)                                                           \
    ON_DISK(path ".appid", inputs, KEY_SIGNING, disk "signingInfo.appid", disk "signingInfo",      \
            "of any CPU's program in it"),                                                         \
        ON_DISK(path ".teamid", inputs, KEY_SIGNING, disk "signingInfo.teamid",                    \
                disk "signingInfo", "of any CPU's program in it"),                                 \
        ON_DISK(path ".cdhash", inputs, KEY_CDHASH, disk "signingInfo.cdhash", disk "signingInfo", \
                "of any CPU's program in it"),                                                     \
        ON_DISK(path ".signerType", inputs, KEY_SIGNER, disk "signingInfo.signerType",             \
                disk "signingInfo", "see the signers")

const struct jamf_key jamf_keys[] = {
    ROW("type", ANY_INPUT, KEY_TYPE, F_KIND, "see the types"),
    ROW("pid", ANY_INPUT, KEY_NUMBER, F_PID, ""),
    ROW("process.pid", ANY_INPUT, KEY_NUMBER, F_PID, ""),
    ROW("process.ppid", ANY_INPUT, KEY_NUMBER, F_PARENT_PID, ""),
    ROW("process.pgid", ANY_INPUT, KEY_NUMBER, F_GROUP_ID, ""),
    ROW("process.responsiblePID", ANY_INPUT, KEY_NUMBER, F_RESPONSIBLE_PID, ""),
    ROW("process.uid", ANY_INPUT, KEY_NUMBER, F_UID, ""),
    ROW("process.euid", ANY_INPUT, KEY_NUMBER, F_UID, ""),
    ROW("process.gid", ANY_INPUT, KEY_NUMBER, F_GID, ""),
    ROW("process.ruid", ANY_INPUT, KEY_NUMBER, F_RUID, ""),
    TEXT("process.name", ANY_INPUT, F_NAME),
    TEXT("process.path", ANY_INPUT, F_EXECUTABLE),
    TEXT("process.path.lastPathComponent", ANY_INPUT, F_NAME),
    ROW("process.args", ANY_INPUT, KEY_LIST, F_ARGS, ""),
    TEXT("process.commandLine", ANY_INPUT, F_COMMAND_LINE),
    TEXT("process.tty", ANY_INPUT, F_TTY),
    ROW("process.exitCode", ANY_INPUT, KEY_EXIT, F_EXIT_STATUS, "upper byte of the wait status"),
    ROW("process.isShell", ANY_INPUT, KEY_SHELL, F_NAME, "the name is a shell's"),
    ROW("process.signingInfo.appid", ANY_INPUT, KEY_SIGNING, F_SIGNING_ID, ""),
    ROW("process.signingInfo.teamid", ANY_INPUT, KEY_SIGNING, F_TEAM_ID, ""),
    ROW("process.signingInfo.cdhash", ANY_INPUT, KEY_CDHASH, F_CDHASH,
        "base64 becomes hexadecimal"),
    ROW("process.signingInfo.signerType", ANY_INPUT, KEY_SIGNER, F_PLATFORM_BINARY,
        "see the signers"),
    HASH("process.file.sha256hex", ANY_INPUT, F_SHA256, "process.file.sha256hex"),
    FILE_ROWS("process.file", ANY_INPUT, "process.file."),
    SIGNING_ROWS("process.file.signingInfo", ANY_INPUT, "process.file."),
    HASH("process.binary.sha256hex", ANY_INPUT, F_SHA256, "process.file.sha256hex"),
    FILE_ROWS("process.binary", ANY_INPUT, "process.file."),
    SIGNING_ROWS("process.binary.signingInfo", ANY_INPUT, "process.file."),
    ROW("process.parent.pid", ANY_INPUT, KEY_NUMBER, F_PARENT_PID, ""),
    TEXT("process.parent.name", ANY_INPUT, F_PARENT_NAME),
    TEXT("process.parent.path", ANY_INPUT, F_PARENT_EXECUTABLE),
    TEXT("process.parent.path.lastPathComponent", ANY_INPUT, F_PARENT_NAME),
    TEXT("process.parent.commandLine", ANY_INPUT, F_PARENT_COMMAND_LINE),
    ROW("process.parent.isShell", ANY_INPUT, KEY_SHELL, F_PARENT_NAME, "the name is a shell's"),
    ROW("process.parent.signingInfo.appid", ANY_INPUT, KEY_SIGNING, F_PARENT_SIGNING_ID, ""),
    ROW("process.parent.signingInfo.teamid", ANY_INPUT, KEY_SIGNING, F_PARENT_TEAM_ID, ""),
    ROW("process.parent.signingInfo.signerType", ANY_INPUT, KEY_SIGNER, F_PARENT_PLATFORM_BINARY,
        "only 0 and 2 are known of a parent"),
    ROW("process.responsible.pid", ANY_INPUT, KEY_NUMBER, F_RESPONSIBLE_PID, ""),
    TEXT("process.responsible.path", ANY_INPUT, F_RESPONSIBLE_EXECUTABLE),
    {"process.responsible.name", ANY_INPUT, KEY_TEXT, F_RESPONSIBLE_EXECUTABLE,
     SIGMA_LAST_COMPONENT, "", NULL, NULL},
    MISSING("process.parent.args", ANY_INPUT, "the parent's arguments are known as one text"),
    SIGNING_ROWS("process.responsible.signingInfo", ANY_INPUT, "process.responsible.file."),
    MISSING("process.responsible.*", ANY_INPUT,
            "of the responsible process only pid, path and its program on disk are known"),
    MISSING("process.pgprocess.*", ANY_INPUT, "the leader of the process group is not described"),
    MISSING("process.originalParent.*", ANY_INPUT, "the first parent is not described"),
    MISSING("process.originalParentPID", ANY_INPUT, "the first parent is not described"),
    MISSING("process.signingInfo.*", ANY_INPUT, "this is not read of signatures"),
    MISSING("process.flags", ANY_INPUT, "no sensor reports it"),
    MISSING("process.inheritedFlags", ANY_INPUT, "no sensor reports it"),
    MISSING("process.processType", ANY_INPUT, "no sensor reports it"),
    MISSING("process.startTimestamp", ANY_INPUT, "times are not compared"),
    MISSING("process.rgid", ANY_INPUT, "no sensor reports it"),
    MISSING("process.file.*", ANY_INPUT, "this is not read of programs"),
    MISSING("process.binary.*", ANY_INPUT, "this is not read of programs"),
    MISSING("process.appPath", ANY_INPUT, "no sensor reports it"),
    MISSING("uuid", ANY_INPUT, "Jamf Protect makes it"),
    MISSING("subType", ANY_INPUT, "no sensor reports it"),
    MISSING("timestamp", ANY_INPUT, "times are not compared"),

    TEXT("path", INPUT_FILE, F_FILE_PATH),
    TEXT("path.lastPathComponent", INPUT_FILE, F_FILE_NAME),
    TEXT("prevFile", INPUT_FILE, F_FILE_SOURCE),
    ROW("iNode", INPUT_FILE, KEY_NUMBER, F_FILE_INODE, ""),
    ROW("uid", INPUT_FILE, KEY_NUMBER, F_FILE_UID, "owner of the file"),
    ROW("gid", INPUT_FILE, KEY_NUMBER, F_FILE_GID, "group of the file"),
    ROW("isNew", INPUT_FILE, KEY_IS_TYPE, F_KIND, "type 0 or 7"),
    ROW("isNewFile", INPUT_FILE, KEY_IS_TYPE, F_KIND, "type 0"),
    ROW("isNewDirectory", INPUT_FILE, KEY_IS_TYPE, F_KIND, "type 7"),
    ROW("isModified", INPUT_FILE, KEY_IS_TYPE, F_KIND, "type 4"),
    ROW("isDeleted", INPUT_FILE, KEY_IS_TYPE, F_KIND, "type 1"),
    ROW("isRenamed", INPUT_FILE, KEY_IS_TYPE, F_KIND, "type 3"),
    TEXT("file.path", INPUT_FILE, F_FILE_PATH),
    TEXT("file.path.lastPathComponent", INPUT_FILE, F_FILE_NAME),
    HASH("file.sha256hex", INPUT_FILE, F_FILE_SHA256, "file.sha256hex"),
    ROW("file.size", INPUT_FILE, KEY_NUMBER, F_FILE_SIZE, ""),
    ROW("file.inode", INPUT_FILE, KEY_NUMBER, F_FILE_INODE, ""),
    ROW("file.uid", INPUT_FILE, KEY_NUMBER, F_FILE_UID, ""),
    ROW("file.gid", INPUT_FILE, KEY_NUMBER, F_FILE_GID, ""),
    ROW("file.isDirectory", INPUT_FILE, KEY_FOLDER, F_FILE_TYPE, ""),
    ROW("file.isAppBundle", INPUT_FILE, KEY_BUNDLE, F_FILE_PATH, "the path ends in .app"),
    ON_DISK("file.contentsAsDict.*", INPUT_FILE, KEY_DISK, "file.contentsAsDict",
            "file.contentsAsDict", "a value of the property list that the file is"),
    ON_DISK("file.contentsAsDict", INPUT_FILE, KEY_DISK, "file.contentsAsDict",
            "file.contentsAsDict", "compared with nil: whether the file is such a list"),
    FILE_ROWS("file", INPUT_FILE, "file."),
    SIGNING_ROWS("file.signingInfo", INPUT_FILE, "file."),
    ON_DISK("file.isScreenShot", INPUT_FILE, KEY_MARKED, "file.isScreenShot", "file.isScreenShot",
            "com.apple.metadata:kMDItemIsScreenCapture says yes"),
    MISSING("file.snapshotData", INPUT_FILE, "needs what the file was before"),
    MISSING("file.snapshotData.*", INPUT_FILE, "needs what the file was before"),
    MISSING("file.signingInfo.*", INPUT_FILE, "this is not read of signatures"),
    MISSING("dev", INPUT_FILE, "no sensor reports it"),
    MISSING("eventID", INPUT_FILE, "Jamf Protect makes it"),

    TEXT("process", INPUT_LOG, F_NAME),
    TEXT("processImagePath", INPUT_LOG, F_EXECUTABLE),
    ROW("processID", INPUT_LOG, KEY_NUMBER, F_PID, ""),
    ROW("processIdentifier", INPUT_LOG, KEY_NUMBER, F_PID, ""),
    ROW("pid", INPUT_LOG, KEY_NUMBER, F_PID, ""),
    {"sender", INPUT_LOG, KEY_TEXT, F_LOG_SENDER, SIGMA_LAST_COMPONENT, "", NULL, NULL},
    TEXT("senderImagePath", INPUT_LOG, F_LOG_SENDER),
    TEXT("subsystem", INPUT_LOG, F_LOG_SUBSYSTEM),
    TEXT("category", INPUT_LOG, F_LOG_CATEGORY),
    TEXT("eventMessage", INPUT_LOG, F_LOG_MESSAGE),
    TEXT("composedMessage", INPUT_LOG, F_LOG_MESSAGE),
    ROW("messageType", INPUT_LOG, KEY_LOG_TYPE, F_LOG_TYPE, "default, info, debug, error, fault"),
    ROW("logType", INPUT_LOG, KEY_LOG_TYPE, F_LOG_TYPE, "default, info, debug, error, fault"),
    TEXT("formatString", INPUT_LOG, F_LOG_FORMAT),
    ROW("userID", INPUT_LOG, KEY_NUMBER, F_UID, ""),
    MISSING("activityIdentifier", INPUT_LOG, "activities are not followed"),
    MISSING("threadIdentifier", INPUT_LOG, "threads are not told apart"),
};
const size_t jamf_keys_len = ARRAY_LEN(jamf_keys);

const struct jamf_input_row jamf_inputs[] = {
    {"GPProcessEvent", INPUT_PROCESS, "programs that start and processes that end"},
    {"GPFSEvent", INPUT_FILE, "files that are made, changed, renamed, removed"},
    {"GPUnifiedLogEvent", INPUT_LOG, "lines of the unified log"},
    {"GPGatekeeperEvent", INPUT_LOG, "lines of the unified log"},
    {"GPPreventedExecutionEvent", INPUT_DENIED, "programs that were kept from starting"},
    {"GPThreatMatchExecEvent", INPUT_DENIED, "programs that were kept from starting"},
};
const size_t jamf_inputs_len = ARRAY_LEN(jamf_inputs);

const struct jamf_type jamf_types[] = {
    {INPUT_PROCESS, 1, "started", {KIND_EXEC}},
    {INPUT_PROCESS, 2, "ended", {KIND_EXIT}},
    {INPUT_DENIED, 1, "kept from starting", {KIND_EXEC_DENIED}},
    {INPUT_FILE, 0, "file created", {KIND_CREATE, KIND_COPYFILE, KIND_LINK}},
    {INPUT_FILE, 1, "deleted", {KIND_UNLINK}},
    {INPUT_FILE, 2, "attributes changed", {KIND_SETMODE, KIND_SETFLAGS, KIND_SETACL, KIND_UTIMES}},
    {INPUT_FILE, 3, "renamed", {KIND_RENAME}},
    {INPUT_FILE, 4, "content changed", {KIND_WRITE, KIND_TRUNCATE, KIND_CLOSE}},
    {INPUT_FILE, 5, "content exchanged", {KIND_EXCHANGEDATA}},
    {INPUT_FILE, 7, "folder created", {KIND_CREATE}},
    {INPUT_FILE, 8, "owner changed", {KIND_SETOWNER}},
    {INPUT_FILE, 9, "extended attribute set", {KIND_SETEXTATTR}},
    {INPUT_FILE, 10, "extended attribute removed", {KIND_DELETEEXTATTR}},
    {INPUT_FILE, 14, "cloned", {KIND_CLONE}},
};
const size_t jamf_types_len = ARRAY_LEN(jamf_types);

static bool is_open(const struct jamf_key *key)
{
    return key->path[strlen(key->path) - 1] == '*';
}

const struct jamf_key *jamf_key_find(struct str path, unsigned input)
{
    for (size_t i = 0; i < jamf_keys_len; i++) {
        const struct jamf_key *key = &jamf_keys[i];
        if ((key->inputs & input) && !is_open(key) && str_is(path, key->path))
            return key;
    }
    return NULL;
}

const struct jamf_key *jamf_key_missing(struct str path, unsigned input)
{
    for (size_t i = 0; i < jamf_keys_len; i++) {
        const struct jamf_key *key = &jamf_keys[i];
        if ((key->inputs & input) && is_open(key) &&
            str_starts(path, str_n(key->path, strlen(key->path) - 1)))
            return key;
    }
    return NULL;
}

const struct jamf_key *jamf_key_suggest(struct str path, unsigned input)
{
    enum { NEAR = 3 };
    const struct jamf_key *best = NULL;
    unsigned least = NEAR;
    for (size_t i = 0; i < jamf_keys_len; i++) {
        unsigned distance = str_distance(path, str_of(jamf_keys[i].path), NEAR);
        if ((jamf_keys[i].inputs & input) && jamf_keys[i].type != KEY_MISSING && distance < least) {
            best = &jamf_keys[i];
            least = distance;
        }
    }
    return best;
}
