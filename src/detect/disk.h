/* What a rule may ask of the files that an event names, which no event tells: the disk has it, when
 * whoever runs the engine can look there (device/rule_disk.h). Asked for lazily: after everything
 * that the event itself answers, once an event and field. Nobody there to ask: the fields are
 * absent, and the conditions on them never hold. A field is a file and what is asked of it:
 * "file.isDownload", "process.file.sha1hex". */
#ifndef CORDON_DETECT_DISK_H
#define CORDON_DETECT_DISK_H

#include "base/arena.h"
#include "detect/detect.h"

/* enum, name before the dot, field of the event that has the path */
#define DISK_FILES(X)                                                                              \
    X(DISK_FILE, "file.", F_FILE_PATH)                                                             \
    X(DISK_PROGRAM, "process.file.", F_EXECUTABLE)                                                 \
    X(DISK_RESPONSIBLE, "process.responsible.file.", F_RESPONSIBLE_EXECUTABLE)

/* enum, name, what it is */
#define DISK_PROPERTIES(X)                                                                         \
    X(DISK_CONTENTS, "contentsAsDict",                                                             \
      "true: the file is a property list, a dictionary at its top; with a key path behind a dot: " \
      "the value there")                                                                           \
    X(DISK_XATTRS, "xattrs", "names of its extended attributes")                                   \
    X(DISK_QUARANTINED, "isQuarantined",                                                           \
      "it bears com.apple.quarantine; told of every file that was read")                           \
    X(DISK_DOWNLOAD, "isDownload", "it bears that, or where it came from")                         \
    X(DISK_SCREENSHOT, "isScreenShot", "it is marked as one")                                      \
    X(DISK_SHA1, "sha1hex", "absent when it is too large")                                         \
    X(DISK_SHA256, "sha256hex", "absent when it is too large")                                     \
    X(DISK_CREATED, "createdTime", "seconds since 1970")                                           \
    X(DISK_MODIFIED, "modifiedTime", "seconds since 1970")                                         \
    X(DISK_SIGNATURE, "signingInfo", "true: its code signature was read, or it has none")          \
    X(DISK_SIGNING_ID, "signingInfo.appid", "identifiers of its programs, one for each CPU")       \
    X(DISK_TEAM_ID, "signingInfo.teamid", "their teams")                                           \
    X(DISK_CDHASH, "signingInfo.cdhash", "40 hexadecimal digits each")                             \
    X(DISK_SIGNERS, "signingInfo.signerType",                                                      \
      "Jamf Protect's numbers of who may have signed it: certain when it is one")

enum disk_file {
#define DISK_FILE_ENUM(id, name, path) id,
    DISK_FILES(DISK_FILE_ENUM)
#undef DISK_FILE_ENUM
        DISK_FILE_COUNT
};

enum disk_property {
#define DISK_PROPERTY_ENUM(id, name, doc) id,
    DISK_PROPERTIES(DISK_PROPERTY_ENUM)
#undef DISK_PROPERTY_ENUM
};

/** A field's name taken apart. */
struct disk_field {
    enum disk_file file;
    enum disk_property property;
    struct str below; /* of DISK_CONTENTS: the key path behind it, or empty */
};

/** @return false when the name is of no field of the disk */
bool disk_field_of(struct str name, struct disk_field *ret_field);
bool disk_is_field(struct str name);
/** The event's field that has the file's path. */
enum field_id disk_path_field(enum disk_file file);

struct disk {
    /**
     * @param arena of the event; for what the value points to
     * @param ret   set when it is known
     * @return 0, also when it is not known; E_NOMEM
     */
    int (*value)(void *arg, const struct event *ev, const struct disk_field *field,
                 struct arena *arena, struct value *ret);
    void *arg;
};

/** Let rules ask the disk from the next event on. @param disk borrowed as long as the engine
 * @return 0 or E_NOMEM */
int engine_use_disk(struct engine *e, const struct disk *disk) MUST_CHECK;

#endif
