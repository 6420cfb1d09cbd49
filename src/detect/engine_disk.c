/* Values that the disk has, asked for at most once an event. See detect/disk.h. */
#include "detect/disk.h"

#include "base/mem.h"
#include "detect/engine_priv.h"

bool disk_is_field(struct str name)
{
    return str_is(name, DISK_CONTENTS) || str_starts(name, STR(DISK_CONTENTS ".")) ||
           str_is(name, DISK_QUARANTINED) || str_is(name, DISK_XATTRS);
}

int engine_use_disk(struct engine *e, const struct disk *disk)
{
    struct engine_disk_value *values = mem_calloc(e->rules->image.fields_len, sizeof *values);
    if (!values)
        return E_NOMEM;
    mem_free(e->disk_values);
    e->disk_values = values;
    e->disk = disk;
    return 0;
}

const struct value *engine_disk_value(struct engine *e, uint32_t field)
{
    struct engine_disk_value *v = &e->disk_values[field];
    if (v->epoch != e->epoch) {
        *v = (struct engine_disk_value){.epoch = e->epoch};
        if (e->disk->value(e->disk->arg, e->ev, e->rules->fields[field].name, &e->texts, &v->value))
            e->failed = E_NOMEM;
    }
    return v->value.type == VALUE_NONE ? NULL : &v->value;
}
