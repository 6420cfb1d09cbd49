/* Values that the disk has, asked for at most once an event. See detect/disk.h. */
#include "detect/disk.h"

#include "base/mem.h"
#include "detect/engine_priv.h"

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
        struct disk_field asked;
        *v = (struct engine_disk_value){.epoch = e->epoch};
        if (disk_field_of(e->rules->fields[field].name, &asked) &&
            e->disk->value(e->disk->arg, e->ev, &asked, &e->texts, &v->value))
            e->failed = E_NOMEM;
    }
    return v->value.type == VALUE_NONE ? NULL : &v->value;
}
