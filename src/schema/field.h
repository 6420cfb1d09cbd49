/* Event fields: one row each. Dotted name, type, Sigma field name, ECS field, what it holds.
 * Everything that reads or writes events goes by these ids; help, docs and mappings come from here.
 */
#ifndef CORDON_SCHEMA_FIELD_H
#define CORDON_SCHEMA_FIELD_H

#include "base/str.h"

enum field_type { FIELD_STR, FIELD_INT, FIELD_BOOL, FIELD_LIST, FIELD_TIME };

/* The last two rows are the event's kind and time themselves: the normaliser sets them, no record
 * can.
 * X(enum, name, type, Sigma field or "", ECS field or "", sentence with unit or form) */
#define FIELD_TABLE(X)                                                                             \
    X(F_EVENT_SEQ, "event.sequence", FIELD_INT, "", "event.sequence", "sensor's running number")   \
    X(F_DEVICE_ID, "device.id", FIELD_STR, "", "host.id", "device the event comes from")           \
    X(F_PID, "process.pid", FIELD_INT, "ProcessId", "process.pid", "process id")                   \
    X(F_PIDVERSION, "process.pidversion", FIELD_INT, "", "",                                       \
      "generation of the pid: pidversion on a Mac, start time in ticks on Linux")                  \
    X(F_EXECUTABLE, "process.executable", FIELD_STR, "Image", "process.executable",                \
      "path of the program")                                                                       \
    X(F_PREVIOUS_EXECUTABLE, "process.previous.executable", FIELD_STR, "", "",                     \
      "program the process ran before this exec")                                                  \
    X(F_NAME, "process.name", FIELD_STR, "ProcessName", "process.name", "last part of the path")   \
    X(F_COMMAND_LINE, "process.command_line", FIELD_STR, "CommandLine", "process.command_line",    \
      "arguments joined by one space")                                                             \
    X(F_ARGS, "process.args", FIELD_LIST, "", "process.args", "arguments, [0] included")           \
    X(F_ENV, "process.env", FIELD_LIST, "", "process.env_vars",                                    \
      "allow-listed environment, NAME=value")                                                      \
    X(F_CWD, "process.working_directory", FIELD_STR, "CurrentDirectory",                           \
      "process.working_directory", "folder the program was started in")                            \
    X(F_SCRIPT, "process.script", FIELD_STR, "", "", "script file that a #! line ran")             \
    X(F_TTY, "process.tty", FIELD_STR, "", "process.tty", "controlling terminal")                  \
    X(F_START, "process.start", FIELD_TIME, "", "process.start", "start time")                     \
    X(F_EXIT_STATUS, "process.exit_status", FIELD_INT, "", "process.exit_code", "wait status")     \
    X(F_UID, "process.uid", FIELD_INT, "", "user.id", "effective user id")                         \
    X(F_GID, "process.gid", FIELD_INT, "", "user.group.id", "effective group id")                  \
    X(F_RUID, "process.real_uid", FIELD_INT, "", "", "real user id")                               \
    X(F_AUID, "process.audit_uid", FIELD_INT, "", "", "user who logged in")                        \
    X(F_SESSION_ID, "process.session_id", FIELD_INT, "", "process.session_leader.pid", "session")  \
    X(F_GROUP_ID, "process.group_id", FIELD_INT, "", "process.group_leader.pid", "process group")  \
    X(F_USER, "user.name", FIELD_STR, "User", "user.name", "account name")                         \
    X(F_SIGNING_ID, "process.signing.id", FIELD_STR, "", "process.code_signature.signing_id",      \
      "signing identifier")                                                                        \
    X(F_TEAM_ID, "process.signing.team_id", FIELD_STR, "", "process.code_signature.team_id",       \
      "Apple team identifier")                                                                     \
    X(F_CDHASH, "process.signing.cdhash", FIELD_STR, "", "process.code_signature.digest",          \
      "code directory hash, 40 lower-case hex digits")                                             \
    X(F_CS_FLAGS, "process.signing.flags", FIELD_INT, "", "process.code_signature.flags",          \
      "code-signing flags")                                                                        \
    X(F_CS_CATEGORY, "process.signing.category", FIELD_INT, "", "",                                \
      "validation category (macOS 26)")                                                            \
    X(F_PLATFORM_BINARY, "process.signing.platform_binary", FIELD_BOOL, "PlatformBinary", "",      \
      "part of the operating system")                                                              \
    X(F_SHA256, "process.hash.sha256", FIELD_STR, "", "process.hash.sha256",                       \
      "SHA-256 of the program, hex")                                                               \
    X(F_CPU_TYPE, "process.cpu_type", FIELD_INT, "", "", "Mach-O CPU type that runs")              \
    X(F_PARENT_PID, "process.parent.pid", FIELD_INT, "ParentProcessId", "process.parent.pid",      \
      "parent's process id")                                                                       \
    X(F_PARENT_PIDVERSION, "process.parent.pidversion", FIELD_INT, "", "", "parent's generation")  \
    X(F_PARENT_EXECUTABLE, "process.parent.executable", FIELD_STR, "ParentImage",                  \
      "process.parent.executable", "parent's program")                                             \
    X(F_PARENT_NAME, "process.parent.name", FIELD_STR, "", "process.parent.name",                  \
      "last part of the parent's path")                                                            \
    X(F_PARENT_COMMAND_LINE, "process.parent.command_line", FIELD_STR, "ParentCommandLine",        \
      "process.parent.command_line", "parent's arguments")                                         \
    X(F_PARENT_SIGNING_ID, "process.parent.signing.id", FIELD_STR, "",                             \
      "process.parent.code_signature.signing_id", "parent's signing identifier")                   \
    X(F_PARENT_TEAM_ID, "process.parent.signing.team_id", FIELD_STR, "",                           \
      "process.parent.code_signature.team_id", "parent's team identifier")                         \
    X(F_PARENT_PLATFORM_BINARY, "process.parent.signing.platform_binary", FIELD_BOOL, "", "",      \
      "parent is part of the operating system")                                                    \
    X(F_ANCESTORS, "process.ancestors", FIELD_LIST, "ProcessAncestors", "",                        \
      "programs from the parent up to the first process")                                          \
    X(F_RESPONSIBLE_PID, "process.responsible.pid", FIELD_INT, "", "",                             \
      "process macOS holds responsible")                                                           \
    X(F_RESPONSIBLE_PIDVERSION, "process.responsible.pidversion", FIELD_INT, "", "",               \
      "its generation")                                                                            \
    X(F_RESPONSIBLE_EXECUTABLE, "process.responsible.executable", FIELD_STR, "", "",               \
      "its program")                                                                               \
    X(F_TARGET_PID, "target.process.pid", FIELD_INT, "", "", "process acted upon")                 \
    X(F_TARGET_PIDVERSION, "target.process.pidversion", FIELD_INT, "", "", "its generation")       \
    X(F_TARGET_EXECUTABLE, "target.process.executable", FIELD_STR, "TargetImage", "",              \
      "program of the process acted upon")                                                         \
    X(F_TARGET_SIGNING_ID, "target.process.signing.id", FIELD_STR, "", "",                         \
      "its signing identifier")                                                                    \
    X(F_INSTIGATOR_PID, "instigator.process.pid", FIELD_INT, "", "",                               \
      "process on whose behalf the event's process acted")                                         \
    X(F_INSTIGATOR_PIDVERSION, "instigator.process.pidversion", FIELD_INT, "", "",                 \
      "its generation")                                                                            \
    X(F_INSTIGATOR_EXECUTABLE, "instigator.process.executable", FIELD_STR, "", "", "its program")  \
    X(F_INSTIGATOR_SIGNING_ID, "instigator.process.signing.id", FIELD_STR, "", "",                 \
      "its signing identifier")                                                                    \
    X(F_INSTIGATOR_TEAM_ID, "instigator.process.signing.team_id", FIELD_STR, "", "",               \
      "its team identifier")                                                                       \
    X(F_INSTIGATOR_PLATFORM_BINARY, "instigator.process.signing.platform_binary", FIELD_BOOL, "",  \
      "", "it is part of the operating system")                                                    \
    X(F_SIGNAL, "signal.number", FIELD_INT, "", "", "signal sent")                                 \
    X(F_FILE_PATH, "file.path", FIELD_STR, "TargetFilename", "file.path", "file acted upon")       \
    X(F_FILE_NAME, "file.name", FIELD_STR, "", "file.name", "last part of file.path")              \
    X(F_FILE_SOURCE, "file.source_path", FIELD_STR, "SourceFilename", "file.Ext.original.path",    \
      "where the file came from (rename, copy, clone, link)")                                      \
    X(F_FILE_MODE, "file.mode", FIELD_INT, "", "file.mode", "permission bits")                     \
    X(F_FILE_UID, "file.uid", FIELD_INT, "", "file.uid", "owner")                                  \
    X(F_FILE_SIZE, "file.size", FIELD_INT, "", "file.size", "bytes")                               \
    X(F_FILE_INODE, "file.inode", FIELD_INT, "", "file.inode", "inode number, up to 64 bits")      \
    X(F_FILE_GID, "file.gid", FIELD_INT, "", "file.gid", "owning group")                           \
    X(F_FILE_TYPE, "file.type", FIELD_STR, "", "file.type",                                        \
      "file, dir, symlink, fifo, socket, char_device, block_device")                               \
    X(F_FILE_SHA256, "file.hash.sha256", FIELD_STR, "", "file.hash.sha256",                        \
      "SHA-256 of the file, hex")                                                                  \
    X(F_FILE_FLAGS, "file.flags", FIELD_INT, "", "", "BSD file flags or open flags")               \
    X(F_FILE_MODIFIED, "file.modified", FIELD_BOOL, "", "", "the file was written before close")   \
    X(F_FILE_XATTR, "file.xattr", FIELD_STR, "", "", "extended attribute's name")                  \
    X(F_FILE_EXISTED, "file.existed", FIELD_BOOL, "", "", "the destination existed before")        \
    X(F_NET_DIRECTION, "network.direction", FIELD_STR, "", "network.direction",                    \
      "inbound or outbound")                                                                       \
    X(F_NET_PROTOCOL, "network.protocol", FIELD_STR, "Protocol", "network.transport", "tcp, udp")  \
    X(F_NET_LOCAL_IP, "network.local.ip", FIELD_STR, "SourceIp", "source.ip", "our address")       \
    X(F_NET_LOCAL_PORT, "network.local.port", FIELD_INT, "SourcePort", "source.port", "our port")  \
    X(F_NET_REMOTE_IP, "network.remote.ip", FIELD_STR, "DestinationIp", "destination.ip",          \
      "their address")                                                                             \
    X(F_NET_REMOTE_PORT, "network.remote.port", FIELD_INT, "DestinationPort", "destination.port",  \
      "their port")                                                                                \
    X(F_NET_REMOTE_HOST, "network.remote.host", FIELD_STR, "DestinationHostname",                  \
      "destination.domain", "their name")                                                          \
    X(F_DNS_QUERY, "dns.query", FIELD_STR, "QueryName", "dns.question.name", "name asked for")     \
    X(F_DNS_TYPE, "dns.type", FIELD_STR, "", "dns.question.type", "record type")                   \
    X(F_DNS_ANSWERS, "dns.answers", FIELD_LIST, "QueryResults", "dns.resolved_ip", "addresses")    \
    X(F_LAUNCH_TYPE, "launch_item.type", FIELD_STR, "BTMItemType", "",                             \
      "user, app, login_item, agent, daemon")                                                      \
    X(F_LAUNCH_PROGRAM, "launch_item.program", FIELD_STR, "", "", "program it starts")             \
    X(F_LAUNCH_URL, "launch_item.url", FIELD_STR, "", "", "its property list")                     \
    X(F_LAUNCH_APP_URL, "launch_item.app_url", FIELD_STR, "", "", "app it belongs to")             \
    X(F_LAUNCH_LEGACY, "launch_item.legacy", FIELD_BOOL, "", "", "a plain property list")          \
    X(F_LAUNCH_MANAGED, "launch_item.managed", FIELD_BOOL, "", "", "managed by MDM")               \
    X(F_LAUNCH_UID, "launch_item.uid", FIELD_INT, "", "", "user it belongs to")                    \
    X(F_AUTH_SUCCESS, "auth.success", FIELD_BOOL, "", "", "it was allowed")                        \
    X(F_AUTH_TYPE, "auth.type", FIELD_STR, "", "", "od, touchid, token, auto_unlock")              \
    X(F_AUTH_FROM_USER, "auth.from_user", FIELD_STR, "", "", "account that asked")                 \
    X(F_AUTH_TO_USER, "auth.to_user", FIELD_STR, "", "", "account it became")                      \
    X(F_AUTH_TO_UID, "auth.to_uid", FIELD_INT, "", "", "user id it became")                        \
    X(F_AUTH_COMMAND, "auth.command", FIELD_STR, "", "", "command run as the other account")       \
    X(F_AUTH_RIGHTS, "auth.rights", FIELD_LIST, "", "", "authorization rights asked for")          \
    X(F_TCC_SERVICE, "tcc.service", FIELD_STR, "TCCService", "", "privacy service")                \
    X(F_TCC_IDENTITY, "tcc.identity", FIELD_STR, "", "", "who gets the permission")                \
    X(F_TCC_RIGHT, "tcc.right", FIELD_STR, "", "", "denied, unknown, allowed, limited")            \
    X(F_TCC_REASON, "tcc.reason", FIELD_INT, "", "", "why it changed")                             \
    X(F_TCC_UPDATE, "tcc.update", FIELD_STR, "", "", "create, modify, delete")                     \
    X(F_MALWARE_NAME, "malware.name", FIELD_STR, "Signature", "threat.software.name",              \
      "XProtect's name for it")                                                                    \
    X(F_MALWARE_PATH, "malware.path", FIELD_STR, "", "", "where it was found")                     \
    X(F_MALWARE_INCIDENT, "malware.incident", FIELD_STR, "", "", "XProtect's incident id")         \
    X(F_MALWARE_RESULT, "malware.result", FIELD_STR, "", "", "what was done")                      \
    X(F_PROFILE_ID, "profile.identifier", FIELD_STR, "", "", "payload identifier")                 \
    X(F_PROFILE_UUID, "profile.uuid", FIELD_STR, "", "", "payload UUID")                           \
    X(F_PROFILE_NAME, "profile.name", FIELD_STR, "", "", "shown name")                             \
    X(F_PROFILE_SOURCE, "profile.install_source", FIELD_STR, "", "", "managed or manual")          \
    X(F_PROFILE_SCOPE, "profile.scope", FIELD_STR, "", "", "system or user")                       \
    X(F_PROFILE_ORG, "profile.organization", FIELD_STR, "", "", "organization named in it")        \
    X(F_OD_RECORD, "directory.record", FIELD_STR, "", "", "account or group acted upon")           \
    X(F_OD_GROUP, "directory.group", FIELD_STR, "", "group.name", "group acted upon")              \
    X(F_OD_MEMBER, "directory.member", FIELD_STR, "", "", "member added or removed")               \
    X(F_OD_ATTRIBUTE, "directory.attribute", FIELD_STR, "", "", "attribute's name")                \
    X(F_OD_VALUE, "directory.value", FIELD_LIST, "", "", "attribute's values")                     \
    X(F_OD_NODE, "directory.node", FIELD_STR, "", "", "directory node")                            \
    X(F_OD_ERROR, "directory.error", FIELD_INT, "", "", "0 = it succeeded")                        \
    X(F_VOLUME_PATH, "volume.path", FIELD_STR, "", "", "mount point")                              \
    X(F_VOLUME_SOURCE, "volume.source", FIELD_STR, "", "", "device or image")                      \
    X(F_VOLUME_FSTYPE, "volume.fstype", FIELD_STR, "", "", "file system")                          \
    X(F_VOLUME_KIND, "volume.kind", FIELD_STR, "", "",                                             \
      "external, internal, network, virtual, nullfs, unknown")                                     \
    X(F_KEXT_ID, "kext.identifier", FIELD_STR, "", "", "kernel extension's identifier")            \
    X(F_XPC_SERVICE, "xpc.service", FIELD_STR, "", "", "XPC service name")                         \
    X(F_IOKIT_CLASS, "iokit.class", FIELD_STR, "", "", "driver's user client class")               \
    X(F_SESSION_USER, "session.user", FIELD_STR, "", "", "account of the session")                 \
    X(F_LOG_SUBSYSTEM, "log.subsystem", FIELD_STR, "", "", "subsystem that wrote the log line")    \
    X(F_LOG_CATEGORY, "log.category", FIELD_STR, "", "", "its category")                           \
    X(F_LOG_MESSAGE, "log.message", FIELD_STR, "", "", "what it says")                             \
    X(F_LOG_FORMAT, "log.format", FIELD_STR, "", "", "format that the message was made with")      \
    X(F_LOG_TYPE, "log.type", FIELD_STR, "", "", "default, info, debug, error, fault")             \
    X(F_LOG_SENDER, "log.sender", FIELD_STR, "", "", "path of the library that wrote it")          \
    X(F_PREVENT_PROGRAM, "prevent.program", FIELD_STR, "", "", "program that a list names")        \
    X(F_PREVENT_OUTCOME, "prevent.outcome", FIELD_STR, "", "",                                     \
      "denied (never started), killed, gone (had ended), failed (may still run)")                  \
    X(F_PREVENT_TYPE, "prevent.type", FIELD_STR, "", "", "type of the list's entry")               \
    X(F_PREVENT_VALUE, "prevent.value", FIELD_STR, "", "", "value of the list's entry")            \
    X(F_PREVENT_REASON, "prevent.reason", FIELD_STR, "", "", "reason that the entry gives")        \
    X(F_PREVENT_SOURCE, "prevent.source", FIELD_STR, "", "", "where the entry comes from")         \
    X(F_PREVENT_TROUBLE, "prevent.trouble", FIELD_STR, "", "", "why it could not be ended")        \
    X(F_PREVENT_COUNT, "prevent.count", FIELD_INT, "", "", "times since the last such event")      \
    X(F_YARA_RULES, "yara.rules", FIELD_LIST, "", "", "YARA rules that matched the file")          \
    X(F_YARA_DETAIL, "yara.detail", FIELD_STR, "", "",                                             \
      "what those rules say of themselves, JSON values with commas between them")                  \
    X(F_SENSOR_LOST, "sensor.lost", FIELD_INT, "", "", "events lost since the last report")        \
    X(F_SENSOR_TEXT, "sensor.text", FIELD_STR, "", "", "what the sensor says")                     \
    X(F_KIND, "kind", FIELD_STR, "", "", "kind of the event")                                      \
    X(F_EVENT_TIME, "event.time", FIELD_TIME, "", "@timestamp", "time by the device's clock")

enum field_id {
#define FIELD_ENUM(id, name, type, sigma, ecs, doc) id,
    FIELD_TABLE(FIELD_ENUM)
#undef FIELD_ENUM
        FIELD_COUNT
};

struct field_row {
    struct str name;
    enum field_type type;
    struct str sigma; /* Sigma taxonomy name, or empty */
    struct str ecs;   /* Elastic Common Schema name, or empty */
    struct str doc;
};

extern const struct field_row field_table[FIELD_COUNT];

/** Field by dotted name or by Sigma name; FIELD_COUNT when there is none. */
enum field_id field_find(struct str name);

#endif
