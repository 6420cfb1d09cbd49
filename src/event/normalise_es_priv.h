/* Paths of an eslogger line, shared by its envelope (normalise_eslogger.c) and its bodies
 * (normalise_esbody.c). */
#ifndef CORDON_EVENT_NORMALISE_ES_PRIV_H
#define CORDON_EVENT_NORMALISE_ES_PRIV_H

#include "event/normalise_priv.h"

/* Known, and either read by hand or of no use beyond the raw line. */
#define ES_BY_HAND TARGET_MARK

/* X(id, path, field it stands for by itself, or ES_BY_HAND) */
#define ES_PATH_LIST(X)                                                                            \
    X(ES_TOP_OTHER, "*", TARGET_OTHER)                                                             \
    X(ES_EVENT, "event.*", ES_BY_HAND)                                                             \
    X(ES_BODY_OTHER, "event.*.*", TARGET_OTHER)                                                    \
    X(ES_SCHEMA_VERSION, "schema_version", ES_BY_HAND)                                             \
    X(ES_VERSION, "version", ES_BY_HAND)                                                           \
    X(ES_TIME, "time", ES_BY_HAND)                                                                 \
    X(ES_MACH_TIME, "mach_time", ES_BY_HAND)                                                       \
    X(ES_DEADLINE, "deadline", ES_BY_HAND)                                                         \
    X(ES_SEQ, "seq_num", ES_BY_HAND)                                                               \
    X(ES_GLOBAL_SEQ, "global_seq_num", ES_BY_HAND)                                                 \
    X(ES_GLOB_SEQ, "glob_seq_num", ES_BY_HAND)                                                     \
    X(ES_EVENT_TYPE, "event_type", ES_BY_HAND)                                                     \
    X(ES_ACTION_TYPE, "action_type", ES_BY_HAND)                                                   \
    X(ES_AUTH_RESULT, "action.result.result.auth", ES_BY_HAND)                                     \
    X(ES_THREAD, "thread", ES_BY_HAND)                                                             \
    /* exec, exit */                                                                               \
    X(ES_ARGS, "event.*.args[]", ES_BY_HAND)                                                       \
    X(ES_ENV, "event.*.env[]", ES_BY_HAND)                                                         \
    X(ES_CWD, "event.*.cwd.path", F_CWD)                                                           \
    X(ES_SCRIPT, "event.*.script.path", F_SCRIPT)                                                  \
    X(ES_FDS, "event.*.fds", ES_BY_HAND)                                                           \
    X(ES_LAST_FD, "event.*.last_fd", ES_BY_HAND)                                                   \
    X(ES_CPU_TYPE, "event.*.image_cputype", F_CPU_TYPE)                                            \
    X(ES_CPU_SUBTYPE, "event.*.image_cpusubtype", ES_BY_HAND)                                      \
    X(ES_DYLD_PATH, "event.*.dyld_exec_path", ES_BY_HAND)                                          \
    X(ES_ENTITLEMENTS, "event.*.entitlements", ES_BY_HAND)                                         \
    X(ES_STAT, "event.*.stat", F_EXIT_STATUS)                                                      \
    /* files */                                                                                    \
    X(ES_TARGET_PATH, "event.*.target.path", ES_BY_HAND)                                           \
    X(ES_FILE_PATH, "event.*.file.path", ES_BY_HAND)                                               \
    X(ES_SOURCE_PATH, "event.*.source.path", ES_BY_HAND)                                           \
    X(ES_EXISTING_PATH, "event.*.destination.existing_file.path", ES_BY_HAND)                      \
    X(ES_NEW_DIR, "event.*.destination.new_path.dir.path", ES_BY_HAND)                             \
    X(ES_NEW_NAME, "event.*.destination.new_path.filename", ES_BY_HAND)                            \
    X(ES_NEW_MODE, "event.*.destination.new_path.mode", ES_BY_HAND)                                \
    X(ES_TARGET_FILE, "event.*.target_file.path", ES_BY_HAND)                                      \
    X(ES_TARGET_DIR, "event.*.target_dir.path", ES_BY_HAND)                                        \
    X(ES_TARGET_NAME, "event.*.target_name", ES_BY_HAND)                                           \
    X(ES_DIR, "event.*.dir.path", ES_BY_HAND)                                                      \
    X(ES_FILENAME, "event.*.filename", ES_BY_HAND)                                                 \
    X(ES_SOURCE_DIR, "event.*.source_dir.path", ES_BY_HAND)                                        \
    X(ES_RELATIVE, "event.*.relative_target", ES_BY_HAND)                                          \
    X(ES_FILE1, "event.*.file1.path", ES_BY_HAND)                                                  \
    X(ES_FILE2, "event.*.file2.path", ES_BY_HAND)                                                  \
    X(ES_PARENT_DIR, "event.*.parent_dir", ES_BY_HAND)                                             \
    X(ES_DEST_TYPE, "event.*.destination_type", ES_BY_HAND)                                        \
    X(ES_FILE_TYPE, "event.*.file_type", ES_BY_HAND)                                               \
    X(ES_FILE_TEXT, "event.*.file", ES_BY_HAND)                                                    \
    X(ES_FILE_PATH_TEXT, "event.*.file_path", ES_BY_HAND)                                          \
    X(ES_SHA256, "event.*.sha256", ES_BY_HAND)                                                     \
    X(ES_FFLAG, "event.*.fflag", F_FILE_FLAGS)                                                     \
    X(ES_MODIFIED, "event.*.modified", F_FILE_MODIFIED)                                            \
    X(ES_MAPPED, "event.*.was_mapped_writable", ES_BY_HAND)                                        \
    X(ES_XATTR, "event.*.extattr", F_FILE_XATTR)                                                   \
    X(ES_MODE, "event.*.mode", ES_BY_HAND)                                                         \
    X(ES_FLAGS, "event.*.flags", ES_BY_HAND)                                                       \
    X(ES_UID, "event.*.uid", ES_BY_HAND)                                                           \
    X(ES_EUID, "event.*.euid", F_AUTH_TO_UID)                                                      \
    X(ES_GID, "event.*.gid", ES_BY_HAND)                                                           \
    X(ES_HAS_UID, "event.*.has_uid", ES_BY_HAND)                                                   \
    X(ES_ACL, "event.*.acl", ES_BY_HAND)                                                           \
    /* processes */                                                                                \
    X(ES_SIGNAL, "event.*.sig", F_SIGNAL)                                                          \
    X(ES_THREAD_STATE, "event.*.thread_state", ES_BY_HAND)                                         \
    X(ES_INSTIGATOR_PID, "event.*.instigator_token.pid", ES_BY_HAND)                               \
    X(ES_INSTIGATOR_PIDVERSION, "event.*.instigator_token.pidversion", ES_BY_HAND)                 \
    X(ES_INSTIGATOR_TOKEN, "event.*.instigator_token[]", ES_BY_HAND)                               \
    X(ES_RESPONSIBLE_TOKEN_, "event.*.responsible_token", ES_BY_HAND)                              \
    X(ES_APP, "event.*.app", ES_BY_HAND)                                                           \
    X(ES_APP_TOKEN, "event.*.app_token", ES_BY_HAND)                                               \
    X(ES_TOKEN, "event.*.token", ES_BY_HAND)                                                       \
    X(ES_PETITIONER, "event.*.petitioner", ES_BY_HAND)                                             \
    X(ES_PETITIONER_TOKEN, "event.*.petitioner_token", ES_BY_HAND)                                 \
    /* volumes, drivers, services */                                                               \
    X(ES_MOUNT_PATH, "event.*.statfs.f_mntonname", F_VOLUME_PATH)                                  \
    X(ES_MOUNT_SOURCE, "event.*.statfs.f_mntfromname", F_VOLUME_SOURCE)                            \
    X(ES_MOUNT_TYPE, "event.*.statfs.f_fstypename", F_VOLUME_FSTYPE)                               \
    X(ES_DISPOSITION, "event.*.disposition", ES_BY_HAND)                                           \
    X(ES_IDENTIFIER, "event.*.identifier", F_KEXT_ID)                                              \
    X(ES_IOKIT_CLASS, "event.*.user_client_class", F_IOKIT_CLASS)                                  \
    X(ES_XPC_SERVICE, "event.*.service_name", F_XPC_SERVICE)                                       \
    /* people */                                                                                   \
    X(ES_SUCCESS, "event.*.success", F_AUTH_SUCCESS)                                               \
    X(ES_TYPE, "event.*.type", ES_BY_HAND)                                                         \
    X(ES_DATA_RECORD, "event.*.data.*.record_name", F_AUTH_TO_USER)                                \
    X(ES_DATA_USER, "event.*.data.*.username", F_AUTH_TO_USER)                                     \
    X(ES_DATA_UID, "event.*.data.*.uid", F_AUTH_TO_UID)                                            \
    X(ES_FROM_USER, "event.*.from_username", F_AUTH_FROM_USER)                                     \
    X(ES_FROM_UID, "event.*.from_uid", ES_BY_HAND)                                                 \
    X(ES_TO_USER, "event.*.to_username", F_AUTH_TO_USER)                                           \
    X(ES_TO_UID, "event.*.to_uid", F_AUTH_TO_UID)                                                  \
    X(ES_COMMAND, "event.*.command", F_AUTH_COMMAND)                                               \
    X(ES_SHELL, "event.*.shell", ES_BY_HAND)                                                       \
    X(ES_ARGV, "event.*.argv[]", ES_BY_HAND)                                                       \
    X(ES_ARGC, "event.*.argc", ES_BY_HAND)                                                         \
    X(ES_ENV_COUNT, "event.*.env_count", ES_BY_HAND)                                               \
    X(ES_RIGHTS, "event.*.rights[]", ES_BY_HAND)                                                   \
    X(ES_RIGHT_COUNT, "event.*.right_count", ES_BY_HAND)                                           \
    X(ES_RESULTS, "event.*.results[].right_name", ES_BY_HAND)                                      \
    X(ES_RESULT_COUNT, "event.*.result_count", ES_BY_HAND)                                         \
    X(ES_RETURN_CODE, "event.*.return_code", ES_BY_HAND)                                           \
    X(ES_USERNAME, "event.*.username", F_SESSION_USER)                                             \
    X(ES_SESSION_USER, "event.*.session_username", F_SESSION_USER)                                 \
    X(ES_AUTH_USER, "event.*.authentication_username", F_AUTH_FROM_USER)                           \
    X(ES_SOURCE_ADDRESS, "event.*.source_address", F_NET_REMOTE_IP)                                \
    X(ES_SOURCE_ADDRESS_TYPE, "event.*.source_address_type", ES_BY_HAND)                           \
    /* persistence, permissions, malware, profiles, directory */                                   \
    X(ES_ITEM_TYPE, "event.*.item.item_type", ES_BY_HAND)                                          \
    X(ES_ITEM_URL, "event.*.item.item_url", F_LAUNCH_URL)                                          \
    X(ES_ITEM_APP_URL, "event.*.item.app_url", F_LAUNCH_APP_URL)                                   \
    X(ES_ITEM_LEGACY, "event.*.item.legacy", F_LAUNCH_LEGACY)                                      \
    X(ES_ITEM_MANAGED, "event.*.item.managed", F_LAUNCH_MANAGED)                                   \
    X(ES_ITEM_UID, "event.*.item.uid", F_LAUNCH_UID)                                               \
    X(ES_ITEM_PROGRAM, "event.*.executable_path", F_LAUNCH_PROGRAM)                                \
    X(ES_TCC_SERVICE, "event.*.service", F_TCC_SERVICE)                                            \
    X(ES_TCC_IDENTITY, "event.*.identity", F_TCC_IDENTITY)                                         \
    X(ES_TCC_IDENTITY_TYPE, "event.*.identity_type", ES_BY_HAND)                                   \
    X(ES_TCC_UPDATE, "event.*.update_type", ES_BY_HAND)                                            \
    X(ES_TCC_RIGHT, "event.*.right", ES_BY_HAND)                                                   \
    X(ES_TCC_REASON, "event.*.reason", F_TCC_REASON)                                               \
    X(ES_MALWARE, "event.*.malware_identifier", F_MALWARE_NAME)                                    \
    X(ES_MALWARE_FOUND, "event.*.detected_path", F_MALWARE_PATH)                                   \
    X(ES_MALWARE_REMOVED, "event.*.remediated_path", F_MALWARE_PATH)                               \
    X(ES_MALWARE_INCIDENT, "event.*.incident_identifier", F_MALWARE_INCIDENT)                      \
    X(ES_MALWARE_RESULT, "event.*.result_description", F_MALWARE_RESULT)                           \
    X(ES_PROFILE_ID, "event.*.profile.identifier", F_PROFILE_ID)                                   \
    X(ES_PROFILE_UUID, "event.*.profile.uuid", F_PROFILE_UUID)                                     \
    X(ES_PROFILE_NAME, "event.*.profile.display_name", F_PROFILE_NAME)                             \
    X(ES_PROFILE_SOURCE, "event.*.profile.install_source", ES_BY_HAND)                             \
    X(ES_PROFILE_SCOPE, "event.*.profile.scope", F_PROFILE_SCOPE)                                  \
    X(ES_PROFILE_ORG, "event.*.profile.organization", F_PROFILE_ORG)                               \
    X(ES_OD_ACCOUNT, "event.*.account_name", F_OD_RECORD)                                          \
    X(ES_OD_USER, "event.*.user_name", F_OD_RECORD)                                                \
    X(ES_OD_RECORD, "event.*.record_name", F_OD_RECORD)                                            \
    X(ES_OD_GROUP, "event.*.group_name", F_OD_GROUP)                                               \
    X(ES_OD_MEMBER, "event.*.member.member_value", F_OD_MEMBER)                                    \
    X(ES_OD_MEMBERS, "event.*.members.member_array[]", ES_BY_HAND)                                 \
    X(ES_OD_ATTRIBUTE, "event.*.attribute_name", F_OD_ATTRIBUTE)                                   \
    X(ES_OD_VALUE, "event.*.attribute_value", F_OD_VALUE)                                          \
    X(ES_OD_VALUES, "event.*.attribute_values[]", ES_BY_HAND)                                      \
    X(ES_OD_VALUE_COUNT, "event.*.attribute_value_count", ES_BY_HAND)                              \
    X(ES_OD_NODE, "event.*.node_name", F_OD_NODE)                                                  \
    X(ES_OD_DB, "event.*.db_path", ES_BY_HAND)                                                     \
    X(ES_OD_ERROR, "event.*.error_code", F_OD_ERROR)                                               \
    /* who owns the file acted upon: the first of these four that is there */                      \
    X(ES_STAT_TARGET_INO, "event.*.target.stat.st_ino", ES_BY_HAND)                                \
    X(ES_STAT_TARGET_SIZE, "event.*.target.stat.st_size", ES_BY_HAND)                              \
    X(ES_STAT_TARGET_UID, "event.*.target.stat.st_uid", ES_BY_HAND)                                \
    X(ES_STAT_TARGET_GID, "event.*.target.stat.st_gid", ES_BY_HAND)                                \
    X(ES_STAT_TARGET_MODE, "event.*.target.stat.st_mode", ES_BY_HAND)                              \
    X(ES_STAT_FILE_INO, "event.*.file.stat.st_ino", ES_BY_HAND)                                    \
    X(ES_STAT_FILE_SIZE, "event.*.file.stat.st_size", ES_BY_HAND)                                  \
    X(ES_STAT_FILE_UID, "event.*.file.stat.st_uid", ES_BY_HAND)                                    \
    X(ES_STAT_FILE_GID, "event.*.file.stat.st_gid", ES_BY_HAND)                                    \
    X(ES_STAT_FILE_MODE, "event.*.file.stat.st_mode", ES_BY_HAND)                                  \
    X(ES_STAT_EXISTING_INO, "event.*.destination.existing_file.stat.st_ino", ES_BY_HAND)           \
    X(ES_STAT_EXISTING_SIZE, "event.*.destination.existing_file.stat.st_size", ES_BY_HAND)         \
    X(ES_STAT_EXISTING_UID, "event.*.destination.existing_file.stat.st_uid", ES_BY_HAND)           \
    X(ES_STAT_EXISTING_GID, "event.*.destination.existing_file.stat.st_gid", ES_BY_HAND)           \
    X(ES_STAT_EXISTING_MODE, "event.*.destination.existing_file.stat.st_mode", ES_BY_HAND)         \
    X(ES_STAT_SOURCE_INO, "event.*.source.stat.st_ino", ES_BY_HAND)                                \
    X(ES_STAT_SOURCE_SIZE, "event.*.source.stat.st_size", ES_BY_HAND)                              \
    X(ES_STAT_SOURCE_UID, "event.*.source.stat.st_uid", ES_BY_HAND)                                \
    X(ES_STAT_SOURCE_GID, "event.*.source.stat.st_gid", ES_BY_HAND)                                \
    X(ES_STAT_SOURCE_MODE, "event.*.source.stat.st_mode", ES_BY_HAND)

enum es_path {
#define ES_PATH_ENUM(id, path, field) id,
    ES_PATH_LIST(ES_PATH_ENUM)
#undef ES_PATH_ENUM
        ES_PATHS
};

/* Members of es_process_t. X(id, path below the process) */
#define ES_PROCESS_LIST(X)                                                                         \
    X(ES_P_AUID, "audit_token.auid")                                                               \
    X(ES_P_EUID, "audit_token.euid")                                                               \
    X(ES_P_EGID, "audit_token.egid")                                                               \
    X(ES_P_RUID, "audit_token.ruid")                                                               \
    X(ES_P_PID, "audit_token.pid")                                                                 \
    X(ES_P_PIDVERSION, "audit_token.pidversion")                                                   \
    X(ES_P_TOKEN, "audit_token[]")                                                                 \
    X(ES_P_PPID, "ppid")                                                                           \
    X(ES_P_GROUP, "group_id")                                                                      \
    X(ES_P_SESSION, "session_id")                                                                  \
    X(ES_P_FLAGS, "codesigning_flags")                                                             \
    X(ES_P_PLATFORM, "is_platform_binary")                                                         \
    X(ES_P_CDHASH, "cdhash")                                                                       \
    X(ES_P_SIGNING_ID, "signing_id")                                                               \
    X(ES_P_TEAM_ID, "team_id")                                                                     \
    X(ES_P_EXECUTABLE, "executable.path")                                                          \
    X(ES_P_SHA256, "executable.sha256")                                                            \
    X(ES_P_TTY, "tty.path")                                                                        \
    X(ES_P_START, "start_time")                                                                    \
    X(ES_P_CATEGORY, "cs_validation_category")                                                     \
    X(ES_P_PARENT_PID, "parent_audit_token.pid")                                                   \
    X(ES_P_PARENT_PIDVERSION, "parent_audit_token.pidversion")                                     \
    X(ES_P_PARENT_TOKEN, "parent_audit_token[]")                                                   \
    X(ES_P_RESPONSIBLE_PID, "responsible_audit_token.pid")                                         \
    X(ES_P_RESPONSIBLE_PIDVERSION, "responsible_audit_token.pidversion")                           \
    X(ES_P_RESPONSIBLE_TOKEN, "responsible_audit_token[]")

/* Offsets of a process's paths from the base of its block. */
enum es_process_path {
#define ES_PROCESS_ENUM(id, member) id,
    ES_PROCESS_LIST(ES_PROCESS_ENUM)
#undef ES_PROCESS_ENUM
        ES_P_COUNT
};

/* Places where a process stands in a line; their paths follow ES_PATHS, block by block. */
enum es_block {
    ES_ACTOR,
    ES_TARGET,
    ES_CHILD,
    ES_INSTIGATOR,
    ES_DATA_INSTIGATOR,
    ES_RESPONSIBLE,
    ES_BLOCKS
};

/* An audit token's paths: array form, and two members of the object form. */
struct es_token_paths {
    uint16_t list;
    uint16_t pid;
    uint16_t pidversion;
};

/* Fields that depend on what kind of event the body belongs to. */
void normalise_esbody(struct normaliser *n, struct ndjson *j, struct event *ev);

#endif
