/* Who acts, whether they may, and the trace they leave. See actor.h. */
#include "fleet/actor.h"

#include "base/buf.h"

struct actor actor_system(const char *part)
{
    return (struct actor){.kind = ACTOR_SYSTEM, .name = str_of(part)};
}

struct actor actor_device(struct str device, struct str address)
{
    return (struct actor){.kind = ACTOR_DEVICE, .name = device, .address = address};
}

int actor_may(const struct actor *by, enum permission_id permission, struct err *err)
{
    if (by->kind == ACTOR_SYSTEM)
        return 0;
    if (by->kind == ACTOR_USER && role_has(by->role, permission))
        return 0;
    return err_set(err, E_DENIED, "'%.*s' may not %s (permission %s)", STR_FMT(by->name),
                   permission_table[permission].doc.ptr, permission_table[permission].name.ptr);
}

int actor_audit(struct store_tx *tx, const struct actor *by, int64_t now_ns, const char *verb,
                const char *object_kind, struct str object_id, struct str detail_json,
                struct err *err)
{
    static const char *const kinds[] = {
        [ACTOR_SYSTEM] = "system", [ACTOR_USER] = "user", [ACTOR_DEVICE] = "device"};
    struct buf object CLEANUP(buf_done) = {0};
    buf_addf(&object, "%s:", object_kind);
    buf_add_str(&object, object_id);
    if (buf_check(&object))
        return err_set(err, E_NOMEM, "no memory for an audit entry");
    const struct store_audit entry = {.time_ns = now_ns,
                                      .actor_kind = str_of(kinds[by->kind]),
                                      .actor = by->name,
                                      .address = by->address,
                                      .verb = str_of(verb),
                                      .object = buf_str(&object),
                                      .detail_json = detail_json.len ? detail_json : STR("{}")};
    return store_audit_append(tx, &entry, err);
}
