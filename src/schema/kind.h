/* Event kinds: one row each. Name, EndpointSecurity notify event name, Sigma log-source category
 * (macOS, Linux), what it tells. Numbers are ours and may be reordered: files carry names. */
#ifndef CORDON_SCHEMA_KIND_H
#define CORDON_SCHEMA_KIND_H

#include "base/str.h"

/* X(enum, name, EndpointSecurity event, Sigma category, sentence) */
#define KIND_LIST(X)                                                                               \
    X(KIND_UNKNOWN, "unknown", "", "", "not one of the kinds below")                               \
    X(KIND_EXEC, "exec", "exec", "process_creation", "a program was started")                      \
    X(KIND_FORK, "fork", "fork", "", "a process duplicated itself")                                \
    X(KIND_EXIT, "exit", "exit", "process_termination", "a process ended")                         \
    X(KIND_OPEN, "open", "open", "file_access", "a file was opened")                               \
    X(KIND_CREATE, "create", "create", "file_event", "a file was created")                         \
    X(KIND_CLOSE, "close", "close", "", "a file was closed")                                       \
    X(KIND_WRITE, "write", "write", "file_change", "a file was written")                           \
    X(KIND_TRUNCATE, "truncate", "truncate", "file_change", "a file was cut")                      \
    X(KIND_RENAME, "rename", "rename", "file_rename", "a file was renamed")                        \
    X(KIND_UNLINK, "unlink", "unlink", "file_delete", "a file was deleted")                        \
    X(KIND_LINK, "link", "link", "file_event", "a hard link was made")                             \
    X(KIND_CLONE, "clone", "clone", "file_event", "a file was cloned")                             \
    X(KIND_COPYFILE, "copyfile", "copyfile", "file_event", "a file was copied by copyfile(2)")     \
    X(KIND_SETEXTATTR, "setextattr", "setextattr", "", "an extended attribute was set")            \
    X(KIND_DELETEEXTATTR, "deleteextattr", "deleteextattr", "",                                    \
      "an extended attribute was removed")                                                         \
    X(KIND_SETMODE, "setmode", "setmode", "", "a file's permissions were changed")                 \
    X(KIND_SETOWNER, "setowner", "setowner", "", "a file's owner was changed")                     \
    X(KIND_SETFLAGS, "setflags", "setflags", "", "a file's flags were changed")                    \
    X(KIND_SETACL, "setacl", "setacl", "", "a file's access list was changed")                     \
    X(KIND_SETATTRLIST, "setattrlist", "setattrlist", "", "a file's attributes were changed")      \
    X(KIND_EXCHANGEDATA, "exchangedata", "exchangedata", "", "two files exchanged their content")  \
    X(KIND_SEARCHFS, "searchfs", "searchfs", "", "a volume was searched")                          \
    X(KIND_FP_MATERIALIZE, "file_provider_materialize", "file_provider_materialize", "",           \
      "a file of a cloud folder was fetched")                                                      \
    X(KIND_FP_UPDATE, "file_provider_update", "file_provider_update", "",                          \
      "a file of a cloud folder was updated")                                                      \
    X(KIND_UTIMES, "utimes", "utimes", "", "a file's times were changed")                          \
    X(KIND_MMAP, "mmap", "mmap", "image_load", "a file was mapped")                                \
    X(KIND_MPROTECT, "mprotect", "mprotect", "", "memory protection was changed")                  \
    X(KIND_MOUNT, "mount", "mount", "", "a volume was mounted")                                    \
    X(KIND_UNMOUNT, "unmount", "unmount", "", "a volume was unmounted")                            \
    X(KIND_REMOUNT, "remount", "remount", "", "a volume was mounted again")                        \
    X(KIND_SIGNAL, "signal", "signal", "", "a signal was sent")                                    \
    X(KIND_KEXTLOAD, "kextload", "kextload", "driver_load", "a kernel extension was loaded")       \
    X(KIND_KEXTUNLOAD, "kextunload", "kextunload", "", "a kernel extension was unloaded")          \
    X(KIND_GET_TASK, "get_task", "get_task", "process_access", "a task port was taken")            \
    X(KIND_GET_TASK_NAME, "get_task_name", "get_task_name", "", "a task's name port was taken")    \
    X(KIND_GET_TASK_READ, "get_task_read", "get_task_read", "process_access",                      \
      "a task's read port was taken")                                                              \
    X(KIND_GET_TASK_INSPECT, "get_task_inspect", "get_task_inspect", "",                           \
      "a task's inspect port was taken")                                                           \
    X(KIND_TRACE, "trace", "trace", "process_access", "a process was traced")                      \
    X(KIND_REMOTE_THREAD, "remote_thread_create", "remote_thread_create", "create_remote_thread",  \
      "a thread was made in another process")                                                      \
    X(KIND_SUSPEND_RESUME, "proc_suspend_resume", "proc_suspend_resume", "",                       \
      "a process was suspended or resumed")                                                        \
    X(KIND_PROC_CHECK, "proc_check", "proc_check", "", "a process asked about another")            \
    X(KIND_CS_INVALIDATED, "cs_invalidated", "cs_invalidated", "",                                 \
      "a code signature became invalid")                                                           \
    X(KIND_SETUID, "setuid", "setuid", "", "a process changed its user")                           \
    X(KIND_SETGID, "setgid", "setgid", "", "a process changed its group")                          \
    X(KIND_SETEUID, "seteuid", "seteuid", "", "a process changed its effective user")              \
    X(KIND_SETEGID, "setegid", "setegid", "", "a process changed its effective group")             \
    X(KIND_SETREUID, "setreuid", "setreuid", "", "a process changed real and effective user")      \
    X(KIND_SETREGID, "setregid", "setregid", "", "a process changed real and effective group")     \
    X(KIND_CHDIR, "chdir", "chdir", "", "a process changed its folder")                            \
    X(KIND_CHROOT, "chroot", "chroot", "", "a process changed its root")                           \
    X(KIND_LOOKUP, "lookup", "lookup", "", "a path was looked up")                                 \
    X(KIND_ACCESS, "access", "access", "", "a file's accessibility was asked")                     \
    X(KIND_STAT, "stat", "stat", "", "a file's metadata was read")                                 \
    X(KIND_READDIR, "readdir", "readdir", "", "a folder was listed")                               \
    X(KIND_READLINK, "readlink", "readlink", "", "a symbolic link was read")                       \
    X(KIND_GETATTRLIST, "getattrlist", "getattrlist", "", "attributes were read")                  \
    X(KIND_GETEXTATTR, "getextattr", "getextattr", "", "an extended attribute was read")           \
    X(KIND_LISTEXTATTR, "listextattr", "listextattr", "", "extended attributes were listed")       \
    X(KIND_FSGETPATH, "fsgetpath", "fsgetpath", "", "a path was resolved from a file id")          \
    X(KIND_FCNTL, "fcntl", "fcntl", "", "a descriptor was controlled")                             \
    X(KIND_DUP, "dup", "dup", "", "a descriptor was duplicated")                                   \
    X(KIND_IOKIT_OPEN, "iokit_open", "iokit_open", "", "a device driver was opened")               \
    X(KIND_SETTIME, "settime", "settime", "", "the clock was set")                                 \
    X(KIND_PTY_GRANT, "pty_grant", "pty_grant", "", "a terminal was granted")                      \
    X(KIND_PTY_CLOSE, "pty_close", "pty_close", "", "a terminal was closed")                       \
    X(KIND_UIPC_BIND, "uipc_bind", "uipc_bind", "", "a local socket was bound")                    \
    X(KIND_UIPC_CONNECT, "uipc_connect", "uipc_connect", "", "a local socket was connected")       \
    X(KIND_XPC_CONNECT, "xpc_connect", "xpc_connect", "", "an XPC service was connected")          \
    X(KIND_BOOTSTRAP_CHECK_IN, "bootstrap_check_in", "bootstrap_check_in", "",                     \
      "a process claimed a service name")                                                          \
    X(KIND_BOOTSTRAP_LOOK_UP, "bootstrap_look_up", "bootstrap_look_up", "",                        \
      "a process looked up a service name")                                                        \
    X(KIND_NETWORK_CONNECT, "network_connect", "", "network_connection",                           \
      "a network connection was opened")                                                           \
    X(KIND_DNS_QUERY, "dns_query", "", "dns_query", "a name was resolved")                         \
    X(KIND_AUTHENTICATION, "authentication", "authentication", "", "somebody authenticated")       \
    X(KIND_XP_DETECTED, "xp_malware_detected", "xp_malware_detected", "antivirus",                 \
      "XProtect found malware")                                                                    \
    X(KIND_XP_REMEDIATED, "xp_malware_remediated", "xp_malware_remediated", "antivirus",           \
      "XProtect removed malware")                                                                  \
    X(KIND_LW_LOGIN, "lw_session_login", "lw_session_login", "", "a graphical session began")      \
    X(KIND_LW_LOGOUT, "lw_session_logout", "lw_session_logout", "", "a graphical session ended")   \
    X(KIND_LW_LOCK, "lw_session_lock", "lw_session_lock", "", "the screen was locked")             \
    X(KIND_LW_UNLOCK, "lw_session_unlock", "lw_session_unlock", "", "the screen was unlocked")     \
    X(KIND_SCREENSHARING_ATTACH, "screensharing_attach", "screensharing_attach", "",               \
      "screen sharing began")                                                                      \
    X(KIND_SCREENSHARING_DETACH, "screensharing_detach", "screensharing_detach", "",               \
      "screen sharing ended")                                                                      \
    X(KIND_SSH_LOGIN, "openssh_login", "openssh_login", "", "somebody logged in over SSH")         \
    X(KIND_SSH_LOGOUT, "openssh_logout", "openssh_logout", "", "an SSH session ended")             \
    X(KIND_LOGIN, "login_login", "login_login", "", "somebody logged in with login(1)")            \
    X(KIND_LOGOUT, "login_logout", "login_logout", "", "a login(1) session ended")                 \
    X(KIND_LAUNCH_ITEM_ADD, "btm_launch_item_add", "btm_launch_item_add", "",                      \
      "a launch item was added")                                                                   \
    X(KIND_LAUNCH_ITEM_REMOVE, "btm_launch_item_remove", "btm_launch_item_remove", "",             \
      "a launch item was removed")                                                                 \
    X(KIND_PROFILE_ADD, "profile_add", "profile_add", "", "a configuration profile was added")     \
    X(KIND_PROFILE_REMOVE, "profile_remove", "profile_remove", "",                                 \
      "a configuration profile was removed")                                                       \
    X(KIND_SU, "su", "su", "", "su(1) was used")                                                   \
    X(KIND_SUDO, "sudo", "sudo", "", "sudo(8) was used")                                           \
    X(KIND_AUTHZ_PETITION, "authorization_petition", "authorization_petition", "",                 \
      "a right was asked for")                                                                     \
    X(KIND_AUTHZ_JUDGEMENT, "authorization_judgement", "authorization_judgement", "",              \
      "a right was granted or refused")                                                            \
    X(KIND_OD_GROUP_ADD, "od_group_add", "od_group_add", "", "a member was added to a group")      \
    X(KIND_OD_GROUP_REMOVE, "od_group_remove", "od_group_remove", "",                              \
      "a member was removed from a group")                                                         \
    X(KIND_OD_GROUP_SET, "od_group_set", "od_group_set", "", "a group's members were set")         \
    X(KIND_OD_MODIFY_PASSWORD, "od_modify_password", "od_modify_password", "",                     \
      "a password was changed")                                                                    \
    X(KIND_OD_DISABLE_USER, "od_disable_user", "od_disable_user", "", "an account was disabled")   \
    X(KIND_OD_ENABLE_USER, "od_enable_user", "od_enable_user", "", "an account was enabled")       \
    X(KIND_OD_ATTRIBUTE_ADD, "od_attribute_value_add", "od_attribute_value_add", "",               \
      "a directory attribute value was added")                                                     \
    X(KIND_OD_ATTRIBUTE_REMOVE, "od_attribute_value_remove", "od_attribute_value_remove", "",      \
      "a directory attribute value was removed")                                                   \
    X(KIND_OD_ATTRIBUTE_SET, "od_attribute_set", "od_attribute_set", "",                           \
      "a directory attribute was set")                                                             \
    X(KIND_OD_CREATE_USER, "od_create_user", "od_create_user", "", "an account was created")       \
    X(KIND_OD_CREATE_GROUP, "od_create_group", "od_create_group", "", "a group was created")       \
    X(KIND_OD_DELETE_USER, "od_delete_user", "od_delete_user", "", "an account was deleted")       \
    X(KIND_OD_DELETE_GROUP, "od_delete_group", "od_delete_group", "", "a group was deleted")       \
    X(KIND_GATEKEEPER_OVERRIDE, "gatekeeper_user_override", "gatekeeper_user_override", "",        \
      "the user overrode Gatekeeper")                                                              \
    X(KIND_TCC_MODIFY, "tcc_modify", "tcc_modify", "", "a privacy permission was changed")         \
    X(KIND_EXEC_DENIED, "exec_denied", "", "process_creation", "a program was kept from starting") \
    X(KIND_LOG, "log", "", "", "a line of the unified log")                                        \
    X(KIND_PREVENT, "prevent", "", "",                                                             \
      "a program of the prevent lists was kept from starting, or ended")                           \
    X(KIND_YARA_MATCH, "yara_match", "", "antivirus", "YARA rules matched a file")                 \
    X(KIND_SENSOR, "sensor", "", "", "the sensor reports about itself (loss, start, stop)")

enum event_kind {
#define KIND_ENUM(id, name, es, category, doc) id,
    KIND_LIST(KIND_ENUM)
#undef KIND_ENUM
        KIND_COUNT
};

struct kind_row {
    struct str name;     /* in files and rules */
    struct str es;       /* EndpointSecurity event name in eslogger's "event" object, or empty */
    struct str category; /* Sigma log-source category, or empty */
    struct str doc;
};

extern const struct kind_row kind_table[KIND_COUNT];

/** Kind by its name; KIND_UNKNOWN when there is none. */
enum event_kind kind_find(struct str name);
/** Kind by its EndpointSecurity event name; KIND_UNKNOWN when there is none. */
enum event_kind kind_find_es(struct str es_name);

#endif
