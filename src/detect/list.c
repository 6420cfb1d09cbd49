/* Lists: their entries, and what all their formats share. See list.h. */
#include "detect/list_priv.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "schema/param.h"

void list_done(struct list *list)
{
    mem_free(list->entries);
    arena_done(&list->arena);
    *list = (struct list){0};
}

/* ------------------------------------------------------------------ adding */

/* `e` holds texts of the list's arena. */
static int append(struct list *list, const struct list_entry *e, struct err *err)
{
    if (list->len >= (uint64_t)param_default(PARAM_LIST_ENTRIES))
        return err_set(err, E_LIMIT, "a list holds at most %lld entries",
                       (long long)param_default(PARAM_LIST_ENTRIES));
    if (mem_grow(&list->entries, &list->cap, list->len + 1, sizeof *list->entries))
        return err_set(err, E_NOMEM, "out of memory");
    list->entries[list->len++] = *e;
    return 0;
}

int list_add(struct list *list, const struct list_entry *entry, struct err *err)
{
    struct list_entry e = *entry;
    e.value = arena_str(&list->arena, entry->value);
    e.reason = arena_str(&list->arena, entry->reason);
    e.source = arena_str(&list->arena, entry->source);
    if (!e.value.ptr || !e.reason.ptr || !e.source.ptr)
        return err_set(err, E_NOMEM, "out of memory");
    return append(list, &e, err);
}

/* ------------------------------------------------------------------ one entry of a file */

int list_expiry(struct str text, int64_t *ret_ns)
{
    char day[] = "0000-00-00T23:59:59Z";
    if (text.len == 10) {
        memcpy(day, text.ptr, text.len);
        text = str_of(day);
    }
    int64_t ns;
    int rc = timefmt_parse(text, &ns);
    if (rc || ns <= 0)
        return E_PARSE;
    *ret_ns = ns;
    return 0;
}

/* A text for people: cut by nobody, so its length and bytes are checked. */
static int read_text(struct list_reader *r, const char *what, struct str text, struct str fallback,
                     struct str *ret, struct err *err)
{
    struct str s = text.len ? text : fallback;
    if (s.len > LIST_TEXT_BYTES)
        return err_set(err, E_PARSE, "a %s of %zu bytes, at most %d are allowed", what, s.len,
                       LIST_TEXT_BYTES);
    if (!text_utf8_valid(s))
        return err_set(err, E_PARSE, "the %s is not UTF-8", what);
    *ret = arena_str(&r->list->arena, s);
    return ret->ptr ? 0 : err_set(err, E_NOMEM, "out of memory");
}

static int read_entry(struct list_reader *r, const struct list_texts *t, struct list_entry *e,
                      struct err *err)
{
    enum list_kind kind = LIST_KINDS;
    if (t->kind.len) {
        kind = list_kind_find(t->kind);
        if (kind == LIST_KINDS)
            return err_set(err, E_PARSE, "unknown type '%.*s' of '%.*s'",
                           STR_FMT(str_sub(t->kind, 0, 64)), STR_FMT(str_sub(t->value, 0, 128)));
    }
    if (t->verdict.len && !list_verdict_find(t->verdict, &e->verdict))
        return err_set(err, E_PARSE, "action '%.*s' of '%.*s': expected deny or allow",
                       STR_FMT(str_sub(t->verdict, 0, 64)), STR_FMT(str_sub(t->value, 0, 128)));
    if (t->expires.len && list_expiry(t->expires, &e->expires_ns))
        return err_set(err, E_PARSE, "expiry '%.*s' of '%.*s': expected a time as in RFC 3339",
                       STR_FMT(str_sub(t->expires, 0, 64)), STR_FMT(str_sub(t->value, 0, 128)));
    int rc = list_value(kind, t->value, &r->list->arena, e, err);
    if (rc == 0)
        rc = read_text(r, "reason", t->reason, r->defaults.reason, &e->reason, err);
    if (rc == 0)
        rc = read_text(r, "source", t->source, r->defaults.source, &e->source, err);
    return rc ? rc : list_guard(e, err);
}

void list_refuse(struct list_reader *r, uint32_t line, const struct err *why)
{
    struct err e = *why;
    r->counts->refused++;
    err_at(&e, r->source, line, e.column);
    if (r->refused)
        r->refused(r->arg, &e);
}

int list_take(struct list_reader *r, const struct list_texts *t, struct err *err)
{
    struct list_entry e = {
        .verdict = r->defaults.verdict, .expires_ns = r->defaults.expires_ns, .line = t->line};
    struct err why = {0};
    int rc = read_entry(r, t, &e, &why);
    if (rc == E_NOMEM)
        return err_set(err, rc, "out of memory");
    if (rc) {
        list_refuse(r, t->line, &why);
        return 0;
    }
    rc = append(r->list, &e, err);
    if (rc == 0)
        r->counts->accepted++;
    return rc;
}

/* ------------------------------------------------------------------ a whole text */

/* The first line that says something: YAML begins with "key:", "- item" or "---". A value such as
 * TEAMID:signing.id has no space behind its colon. */
static bool looks_like_yaml(struct str text)
{
    struct str line;
    while (str_next(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (str_starts(line, STR("- ")) || str_starts(line, STR("---")) || line.ptr[0] == '{' ||
            line.ptr[0] == '[')
            return true;
        size_t colon = str_find_char(line, ':');
        if (colon == SIZE_MAX || line.ptr[0] == '/' || str_find_char(line, ',') < colon)
            return false;
        return colon + 1 == line.len || line.ptr[colon + 1] == ' ';
    }
    return false;
}

int list_parse(struct list *list, struct str text, enum list_format format, const char *source,
               const struct list_defaults *defaults, list_refused_fn refused, void *arg,
               struct list_counts *counts, struct err *err)
{
    struct list_reader r = {
        .list = list, .source = source, .refused = refused, .arg = arg, .counts = counts};
    if (defaults)
        r.defaults = *defaults;
    err_at(err, source, 0, 0);
    if (text.len > (uint64_t)param_default(PARAM_LIST_BYTES))
        return err_set(err, E_LIMIT, "a list of %zu bytes, at most %lld are allowed", text.len,
                       (long long)param_default(PARAM_LIST_BYTES));
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_sub(text, 3, SIZE_MAX);
    if (format == LIST_FORMAT_AUTO)
        format = looks_like_yaml(text) ? LIST_FORMAT_YAML : LIST_FORMAT_CSV;
    return format == LIST_FORMAT_YAML ? list_read_yaml(&r, text, err)
                                      : list_read_csv(&r, text, err);
}
