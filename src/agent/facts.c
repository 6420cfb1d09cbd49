/* Cheap facts about the device. See facts.h. */
#include "agent/facts.h"

#include <sys/utsname.h>

#include "base/buf.h"
#include "codec/json_out.h"
#include "os/proc.h"

int facts_read(struct arena *arena, struct facts *ret_facts, struct err *err)
{
    struct utsname uts;
    struct buf id CLEANUP(buf_done) = {0};
    struct buf boot CLEANUP(buf_done) = {0};
    struct buf version CLEANUP(buf_done) = {0};
    if (uname(&uts) != 0)
        return err_set(err, E_IO, "uname failed");
    int rc = proc_machine_id(&id, err);
    if (rc == 0)
        rc = proc_boot_id(&boot, err);
    if (rc == 0)
        rc = proc_os_version(&version, err);
    if (rc)
        return rc;
    struct facts f = {
        .hardware_uuid = arena_str(arena, buf_str(&id)),
        .hostname = arena_str(arena, str_of(uts.nodename)),
#ifdef __APPLE__
        .platform = STR("macos"),
#else
        .platform = STR("linux"),
#endif
        .os_version = arena_str(arena, buf_str(&version)),
        .kernel = arena_str(arena, str_of(uts.release)),
        .cpu = arena_str(arena, str_of(uts.machine)),
        .boot = arena_str(arena, buf_str(&boot)),
    };
    if (!f.hardware_uuid.ptr || !f.hostname.ptr || !f.os_version.ptr || !f.kernel.ptr ||
        !f.cpu.ptr || !f.boot.ptr)
        return err_set(err, E_NOMEM, "out of memory");
    *ret_facts = f;
    return 0;
}

void facts_add_json(const struct facts *f, struct json_out *j)
{
    json_kv_str(j, "hostname", f->hostname);
    json_kv_str(j, "platform", f->platform);
    json_kv_str(j, "os_version", f->os_version);
    json_kv_str(j, "kernel", f->kernel);
    json_kv_str(j, "cpu", f->cpu);
    json_kv_str(j, "hardware_uuid", f->hardware_uuid);
}
