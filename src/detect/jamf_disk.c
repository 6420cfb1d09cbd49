/* Key paths that only the disk has. What nobody could read never holds, in either direction: such a
 * comparison also asks whether the file was read. See jamf_priv.h and detect/disk.h. */
#include "detect/disk.h"
#include "detect/jamf_priv.h"

bool jamf_on_disk(const struct jamf_key *key)
{
    return key->type == KEY_DISK || key->type == KEY_XATTRS || key->type == KEY_MARKED;
}

struct str jamf_field(const struct jamf_subject *subject)
{
    if (!jamf_on_disk(subject->key))
        return field_table[subject->key->field].name;
    return subject->path;
}

int jamf_require_disk(struct jamf_lowering *l, const struct jamf_subject *subject)
{
    bool contents = subject->key->type == KEY_DISK;
    struct sigma_item item = {.field = contents ? STR(DISK_CONTENTS) : STR(DISK_QUARANTINED),
                              .values_len = 1};
    item.values = arena_alloc(l->arena, sizeof(*item.values));
    if (!item.values)
        return E_NOMEM;
    *item.values = (struct sigma_value){.null = true, .column = l->at};
    l->told = jamf_not(l, jamf_item(l, &item));
    l->asks_disk = true;
    return l->told ? 0 : E_NOMEM;
}
