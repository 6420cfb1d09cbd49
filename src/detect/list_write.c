/* Lists to text that list_parse reads back. */
#include "detect/list.h"

#include "base/timefmt.h"

static void add_expiry(struct buf *out, int64_t ns)
{
    if (ns)
        timefmt_add(out, ns, ns % NS_PER_S ? 9 : 0);
}

/* Always in quotes: what is inside then needs no second look. */
static void add_cell(struct buf *out, struct str s)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, s.ptr[i]);
    }
    buf_add_char(out, '"');
}

void list_write_csv(const struct list *list, struct buf *out)
{
    buf_add_cstr(out, "type,value,action,reason,source,expires\n");
    for (size_t i = 0; i < list->len; i++) {
        const struct list_entry *e = &list->entries[i];
        buf_addf(out, "%s,", list_kind_name(e->kind));
        add_cell(out, e->value);
        buf_addf(out, ",%s,", list_verdict_name(e->verdict));
        add_cell(out, e->reason);
        buf_add_char(out, ',');
        add_cell(out, e->source);
        buf_add_char(out, ',');
        add_expiry(out, e->expires_ns);
        buf_add_char(out, '\n');
    }
}

/* A double-quoted scalar; control characters and what is no ASCII by their code. */
static void add_scalar(struct buf *out, struct str s)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            buf_addf(out, "\\%c", c);
        else if (c < ' ' || c == 0x7f)
            buf_addf(out, "\\x%02x", c);
        else
            buf_add_char(out, (char)c);
    }
    buf_add_char(out, '"');
}

static void add_pair(struct buf *out, const char *key, struct str value)
{
    if (value.len == 0)
        return;
    buf_addf(out, "    %s: ", key);
    add_scalar(out, value);
    buf_add_char(out, '\n');
}

void list_write_yaml(const struct list *list, struct buf *out)
{
    buf_add_cstr(out, "entries:\n");
    for (size_t i = 0; i < list->len; i++) {
        const struct list_entry *e = &list->entries[i];
        buf_addf(out, "  - %s: ", list_kind_name(e->kind));
        add_scalar(out, e->value);
        buf_addf(out, "\n    action: %s\n", list_verdict_name(e->verdict));
        add_pair(out, "reason", e->reason);
        add_pair(out, "source", e->source);
        if (e->expires_ns) {
            buf_add_cstr(out, "    expires: ");
            add_expiry(out, e->expires_ns);
            buf_add_char(out, '\n');
        }
    }
    if (list->len == 0) {
        buf_clear(out);
        buf_add_cstr(out, "entries: []\n");
    }
}
