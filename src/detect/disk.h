/* What a rule may ask of the file that an event is about, which no event tells: the disk has it,
 * when whoever runs the engine can look there. Asked for lazily: after everything that the event
 * itself answers, once an event and field. Nobody there to ask: the fields are absent, and the
 * conditions on them never hold. Fields, by name:
 *
 *   file.contentsAsDict            true: the file is a property list with a dictionary at its top
 *   file.contentsAsDict.<key path> value below it; absent where there is none
 *   file.isQuarantined             whether it bears the mark of a download; absent: not readable
 *   file.xattrs                    names of its extended attributes
 */
#ifndef CORDON_DETECT_DISK_H
#define CORDON_DETECT_DISK_H

#include "base/arena.h"
#include "detect/detect.h"

#define DISK_CONTENTS    "file.contentsAsDict"
#define DISK_QUARANTINED "file.isQuarantined"
#define DISK_XATTRS      "file.xattrs"

struct disk {
    /**
     * @param name  one of the fields above
     * @param arena of the event; for what the value points to
     * @param ret   set when it is known
     * @return 0, also when it is not known; E_NOMEM
     */
    int (*value)(void *arg, const struct event *ev, struct str name, struct arena *arena,
                 struct value *ret);
    void *arg;
};

bool disk_is_field(struct str name);
/** Let rules ask the disk from the next event on. @param disk borrowed as long as the engine
 * @return 0 or E_NOMEM */
int engine_use_disk(struct engine *e, const struct disk *disk) MUST_CHECK;

#endif
