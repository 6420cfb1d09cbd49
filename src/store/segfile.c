/* One open segment: its frames in memory, from which the footer is made. See segwrite.h. */
#include "store/segwrite.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "os/file.h"
#include "store/segformat_priv.h"

struct segfile *segfile_new(int64_t id, uint32_t shard, int64_t created_ns)
{
    struct segfile *f = mem_calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->fd = -1;
    f->id = id;
    f->shard = shard;
    f->created_ns = created_ns;
    (void)snprintf(f->path, sizeof f->path, "segments/%03u/%016llx.seg", shard,
                   (unsigned long long)id);
    return f;
}

void segfile_free(struct segfile *f)
{
    size_t pos = 0;
    if (!f)
        return;
    fd_closep(&f->fd);
    for (struct map_slot *slot = map_next(&f->names, &pos); slot; slot = map_next(&f->names, &pos))
        mem_free((void *)(uintptr_t)slot->value);
    map_done(&f->names);
    arena_done(&f->keys);
    mem_free(f->frames);
    mem_free(f->pending);
    mem_free(f);
}

void segfile_freep(struct segfile **file)
{
    segfile_free(*file);
    *file = NULL;
}

/* The segment's own copy of a device id. */
static int intern(struct segfile *f, struct str device, struct str *ret_name)
{
    char *name = map_find_ptr(&f->names, device);
    if (!name) {
        name = mem_strndup(device.ptr, device.len);
        if (!name)
            return E_NOMEM;
        int rc = map_put_ptr(&f->names, str_n(name, device.len), name);
        if (rc) {
            mem_free(name);
            return rc;
        }
    }
    *ret_name = str_n(name, device.len);
    return 0;
}

int segfile_add(struct segfile *f, const struct segment_frame *frame)
{
    int rc = mem_grow(&f->frames, &f->frames_cap, f->frames_len + 1, sizeof *f->frames);
    if (rc)
        return rc;
    struct segment_frame *mine = &f->frames[f->frames_len];
    *mine = *frame;
    rc = intern(f, frame->device, &mine->device);
    if (!rc && frame->keys.len) {
        mine->keys = arena_str(&f->keys, frame->keys);
        rc = mine->keys.ptr ? 0 : E_NOMEM;
    }
    if (rc)
        return rc;
    f->frames_len++;
    segformat_summarise(&f->summary, frame);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The distinct devices of the committed frames, sorted. */
static size_t collect(const struct segfile *f, struct str *devices)
{
    for (size_t i = 0; i < f->frames_committed; i++)
        devices[i] = f->frames[i].device;
    qsort(devices, f->frames_committed, sizeof *devices, by_name);
    size_t len = 0;
    for (size_t i = 0; i < f->frames_committed; i++) {
        if (len == 0 || !str_eq(devices[len - 1], devices[i]))
            devices[len++] = devices[i];
    }
    return len;
}

int segfile_footer(const struct segfile *f, struct buf *out)
{
    size_t room = f->frames_committed ? f->frames_committed : 1;
    int rc = E_NOMEM;
    struct str *devices = mem_calloc(room, sizeof *devices);
    uint32_t *device_of = mem_calloc(room, sizeof *device_of);
    if (devices && device_of) {
        struct segment_summary summary = f->summary_committed;
        size_t len = collect(f, devices);
        for (size_t i = 0; i < f->frames_committed; i++) {
            const struct str *found =
                bsearch(&f->frames[i].device, devices, len, sizeof *devices, by_name);
            device_of[i] = (uint32_t)(found - devices);
        }
        summary.devices = len;
        rc = segformat_add_footer(out, f->committed, &summary, devices, (uint32_t)len, f->frames,
                                  device_of, (uint32_t)f->frames_committed);
    }
    mem_free(devices);
    mem_free(device_of);
    return rc;
}
