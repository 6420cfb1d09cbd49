/* Prevent-list entries and exceptions. See entry.h. */
#include "fleet/entry.h"

#include "base/buf.h"
#include "base/map.h"
#include "codec/json_out.h"
#include "fleet/input_priv.h"
#include "os/random.h"

enum { REASON_BYTES = 500, VALUES_TOLD = 20, PAGE_ITEMS = 1000 };

static int make_id(struct arena *arena, struct str *ret)
{
    struct buf id CLEANUP(buf_done) = {0};
    random_uuid_add(&id);
    *ret = arena_str(arena, buf_str(&id));
    return ret->ptr ? 0 : E_NOMEM;
}

/* What is replaced stays as history. */
static int retire(struct store_tx *tx, struct store_entry *e, const struct actor *by,
                  int64_t now_ns, struct str reason, struct err *err)
{
    e->removed_ns = now_ns;
    e->removed_by = by->name;
    e->removed_reason = reason;
    return store_entry_put(tx, e, err);
}

/* Put `wanted` in force, instead of what has its kind, value and verdict. */
static int replace(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                   struct store_entry *wanted, struct arena *arena, struct entry_counts *counts,
                   struct err *err)
{
    struct store_entry old;
    int rc = store_entry_find(tx, wanted->kind, wanted->value, wanted->verdict, arena, &old, NULL);
    if (rc && rc != E_NOT_FOUND)
        return err_set(err, rc, "cannot read the entries");
    if (rc == 0 && str_eq(old.reason, wanted->reason) && str_eq(old.source, wanted->source) &&
        str_eq(old.body, wanted->body) && old.expires_ns == wanted->expires_ns) {
        counts->repeated++;
        return 0;
    }
    /* What a person put in force, an update neither changes nor takes over. */
    if (rc == 0 && by->kind == ACTOR_SYSTEM && !str_eq(old.created_by, by->name)) {
        counts->repeated++;
        return 0;
    }
    bool changes = rc == 0;
    rc = changes ? retire(tx, &old, by, now_ns, STR("replaced"), err) : 0;
    if (rc == 0)
        rc = make_id(arena, &wanted->id);
    if (rc == 0)
        rc = store_entry_put(tx, wanted, err);
    if (rc)
        return rc;
    counts->changed += changes ? 1 : 0;
    counts->added += changes ? 0 : 1;
    return 0;
}

/* ------------------------------------------------------------------ lists */

static int audit_list(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                      const struct list *list, const struct entry_counts *counts, struct err *err)
{
    struct buf detail CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &detail};
    json_object_begin(&j);
    json_kv_uint(&j, "added", counts->added);
    json_kv_uint(&j, "changed", counts->changed);
    json_kv_uint(&j, "repeated", counts->repeated);
    json_key(&j, "values");
    json_array_begin(&j);
    for (size_t i = 0; i < list->len && i < VALUES_TOLD; i++) {
        struct buf text CLEANUP(buf_done) = {0};
        buf_addf(&text, "%s %s %.*s", list_verdict_name(list->entries[i].verdict),
                 list_kind_name(list->entries[i].kind), STR_FMT(list->entries[i].value));
        json_str(&j, buf_str(&text));
    }
    json_array_end(&j);
    json_object_end(&j);
    if (buf_check(&detail))
        return err_set(err, E_NOMEM, "no memory for an audit entry");
    return actor_audit(tx, by, now_ns, "list.add", "list", STR("prevent"), buf_str(&detail), err);
}

int entry_add_list(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                   const struct list *list, struct entry_counts *ret_counts, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct entry_counts counts = {0};
    int rc = actor_may(by, PERM_LISTS_WRITE, err);
    for (size_t i = 0; rc == 0 && i < list->len; i++) {
        const struct list_entry *e = &list->entries[i];
        struct store_entry wanted = {.kind = str_of(list_kind_name(e->kind)),
                                     .value = e->value,
                                     .verdict = str_of(list_verdict_name(e->verdict)),
                                     .reason = e->reason,
                                     .source = e->source,
                                     .expires_ns = e->expires_ns,
                                     .created_by = by->name,
                                     .created_ns = now_ns};
        arena_clear(&arena);
        rc = replace(tx, by, now_ns, &wanted, &arena, &counts, err);
    }
    if (rc == 0)
        rc = audit_list(tx, by, now_ns, list, &counts, err);
    if (rc == 0)
        *ret_counts = counts;
    return rc;
}

/* ------------------------------------------------------------------ the update channel */

static int issued(struct store_tx *tx, int64_t *ret_ns, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct str text;
    int rc = store_setting_get(tx, STR(ENTRY_ISSUED_SETTING), &arena, &text, err);
    *ret_ns = 0;
    if (rc == E_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    return rc ? rc : str_to_i64(text, ret_ns);
}

static int key_of(struct str kind, struct str value, struct str verdict, struct arena *arena,
                  struct str *ret)
{
    *ret = arena_fmt(arena, "%.*s %.*s %.*s", STR_FMT(verdict), STR_FMT(kind), STR_FMT(value));
    return ret->ptr ? 0 : E_NOMEM;
}

static int map_list(const struct list *list, struct arena *arena, struct map *map)
{
    int rc = 0;
    for (size_t i = 0; i < list->len && rc == 0; i++) {
        struct str key;
        rc = key_of(str_of(list_kind_name(list->entries[i].kind)), list->entries[i].value,
                    str_of(list_verdict_name(list->entries[i].verdict)), arena, &key);
        if (rc == 0)
            rc = map_put(map, key, 1);
    }
    return rc;
}

/* Ids of what an earlier update put in force and this one does not have. */
static int find_gone(struct store_tx *tx, const struct map *map, struct arena *arena,
                     struct buf *ids, struct err *err)
{
    struct store_entry_filter filter = {.state = ENTRY_ANY};
    struct buf cursor CLEANUP(buf_done) = {0};
    int rc = 0;
    do {
        struct store_page page = {.cursor = buf_str(&cursor), .limit = PAGE_ITEMS};
        struct store_entry_list found = {0};
        rc = store_entry_list(tx, &filter, &page, arena, &found, err);
        for (size_t i = 0; rc == 0 && i < found.len; i++) {
            const struct store_entry *e = &found.items[i];
            struct str key;
            if (e->removed_ns || !str_is(e->created_by, ENTRY_UPDATES))
                continue;
            rc = key_of(e->kind, e->value, e->verdict, arena, &key);
            if (rc == 0 && !map_find(map, key, NULL))
                buf_addf(ids, "%.*s\n", STR_FMT(e->id));
        }
        buf_clear(&cursor);
        buf_add_str(&cursor, found.next);
    } while (rc == 0 && cursor.len);
    return rc ? rc : buf_check(ids);
}

static int remove_gone(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                       const struct list *list, uint32_t *ret_removed, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct map map CLEANUP(map_done) = {0};
    struct buf ids CLEANUP(buf_done) = {0};
    struct str id;
    int rc = map_list(list, &arena, &map);
    if (rc == 0)
        rc = find_gone(tx, &map, &arena, &ids, err);
    struct str rest = buf_str(&ids);
    for (*ret_removed = 0; rc == 0 && str_next(&rest, '\n', &id); (*ret_removed)++)
        rc = entry_remove(tx, by, now_ns, id, false, STR("not in the update"), err);
    return rc;
}

int entry_update(struct store_tx *tx, int64_t now_ns, const struct list *list,
                 struct entry_counts *ret_counts, uint32_t *ret_removed, struct err *err)
{
    struct actor by = actor_system(ENTRY_UPDATES);
    struct buf text CLEANUP(buf_done) = {0};
    int64_t before;
    int rc = issued(tx, &before, err);
    if (rc)
        return rc;
    if (list->issued_ns <= before)
        return err_set(err, E_STATE, "the update is not later than the one in force");
    rc = entry_add_list(tx, &by, now_ns, list, ret_counts, err);
    if (rc == 0)
        rc = remove_gone(tx, &by, now_ns, list, ret_removed, err);
    if (rc)
        return rc;
    buf_addf(&text, "%lld", (long long)list->issued_ns);
    rc = buf_check(&text);
    return rc ? rc : store_setting_put(tx, STR(ENTRY_ISSUED_SETTING), buf_str(&text), err);
}

/* ------------------------------------------------------------------ exceptions */

int entry_add_exception(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                        const struct exception *e, struct str body, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct entry_counts counts = {0};
    struct store_entry wanted = {.kind = STR(ENTRY_EXCEPTION),
                                 .value = e->id,
                                 .verdict = STR("hide"),
                                 .body = body,
                                 .reason = e->reason,
                                 .expires_ns = e->expires_ns,
                                 .created_by = by->name,
                                 .created_ns = now_ns};
    int rc = actor_may(by, PERM_RULES_WRITE, err);
    if (rc == 0)
        rc = replace(tx, by, now_ns, &wanted, &arena, &counts, err);
    return rc ? rc : actor_audit(tx, by, now_ns, "exception.add", "exception", e->id, body, err);
}

/* ------------------------------------------------------------------ removing */

int entry_remove(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                 bool exception, struct str reason, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct buf detail CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &detail};
    struct store_entry e;
    int rc = actor_may(by, exception ? PERM_RULES_WRITE : PERM_LISTS_WRITE, err);
    if (rc == 0)
        rc = input_line(reason, 0, REASON_BYTES, "the reason", err);
    if (rc == 0)
        rc = store_entry_get(tx, id, &arena, &e, err);
    if (rc)
        return rc;
    if (str_is(e.kind, ENTRY_EXCEPTION) != exception)
        return err_set(err, E_NOT_FOUND, "there is no entry '%.*s'", STR_FMT(id));
    if (e.removed_ns)
        return err_set(err, E_STATE, "the entry was removed before");
    rc = retire(tx, &e, by, now_ns, reason, err);
    if (rc)
        return rc;
    json_object_begin(&j);
    json_kv_str(&j, "type", e.kind);
    json_kv_str(&j, "value", e.value);
    json_kv_str(&j, "action", e.verdict);
    json_kv_str(&j, "reason", reason);
    json_object_end(&j);
    if (buf_check(&detail))
        return err_set(err, E_NOMEM, "no memory for an audit entry");
    return actor_audit(tx, by, now_ns, exception ? "exception.remove" : "list.remove",
                       exception ? "exception" : "list", exception ? e.value : STR("prevent"),
                       buf_str(&detail), err);
}

/* ------------------------------------------------------------------ collecting */

static int collect_one(const struct store_entry *e, struct list *list, struct buf *exceptions,
                       struct err *err)
{
    if (str_is(e->kind, ENTRY_EXCEPTION)) {
        buf_addf(exceptions, "---\n%.*s\n", STR_FMT(e->body));
        return buf_check(exceptions);
    }
    struct list_entry entry = {.kind = list_kind_find(e->kind),
                               .value = e->value,
                               .reason = e->reason,
                               .source = e->source,
                               .expires_ns = e->expires_ns};
    if (entry.kind == LIST_KINDS || !list_verdict_find(e->verdict, &entry.verdict))
        return err_set(err, E_PARSE, "stored entry '%.*s' is of no known kind", STR_FMT(e->id));
    return list_add(list, &entry, err);
}

static int collect_kind(struct store_tx *tx, int64_t now_ns, bool wants_exceptions,
                        struct list *list, struct buf *exceptions, struct err *err)
{
    struct store_entry_filter filter = {
        .exceptions = wants_exceptions, .state = ENTRY_LIVE, .now_ns = now_ns};
    struct buf cursor CLEANUP(buf_done) = {0};
    int rc = 0;
    do {
        struct arena arena CLEANUP(arena_done) = {0};
        struct store_page page = {.cursor = buf_str(&cursor), .limit = PAGE_ITEMS};
        struct store_entry_list found = {0};
        rc = store_entry_list(tx, &filter, &page, &arena, &found, err);
        for (size_t i = 0; rc == 0 && i < found.len; i++)
            rc = collect_one(&found.items[i], list, exceptions, err);
        buf_clear(&cursor);
        buf_add_str(&cursor, found.next);
    } while (rc == 0 && cursor.len);
    return rc;
}

int entry_collect(struct store_tx *tx, int64_t now_ns, struct list *list, struct buf *exceptions,
                  struct err *err)
{
    int rc = issued(tx, &list->issued_ns, err);
    if (rc == 0)
        rc = collect_kind(tx, now_ns, false, list, exceptions, err);
    return rc ? rc : collect_kind(tx, now_ns, true, list, exceptions, err);
}
