/* Writing the prevent sections. See prevent_build.h. */
#include "detect/prevent_build.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "detect/image.h"
#include "detect/prevent.h"

enum { NESTED_MOST = LIST_VALUE_BYTES }; /* patterns of which each is a prefix of the next */

struct item {
    uint32_t kind; /* enum prevent_kind */
    struct str key;
    const struct list_entry *entry;
};

struct writer {
    struct buf *entries;
    struct buf *texts;
    struct map known; /* text -> offset */
};

/* ------------------------------------------------------------------ order */

static int compare_texts(const struct item *a, const struct item *b)
{
    int order = str_cmp(a->entry->reason, b->entry->reason);
    return order ? order : str_cmp(a->entry->source, b->entry->source);
}

static int compare_expiry(int64_t a, int64_t b)
{
    if (a == b)
        return 0;
    return a == 0 || (b != 0 && a > b) ? -1 : 1; /* what lasts longest first */
}

static int compare(const void *left, const void *right)
{
    const struct item *a = left;
    const struct item *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = str_cmp(a->key, b->key);
    if (order)
        return order;
    if (a->entry->verdict != b->entry->verdict)
        return a->entry->verdict == LIST_ALLOW ? -1 : 1;
    order = compare_expiry(a->entry->expires_ns, b->entry->expires_ns);
    return order ? order : compare_texts(a, b);
}

static bool is_repeat(const struct item *before, const struct item *i)
{
    return before->kind == i->kind && before->entry->verdict == i->entry->verdict &&
           str_eq(before->key, i->key);
}

/* ------------------------------------------------------------------ keys */

static int digest_key(struct arena *arena, struct str hex, struct str *ret_key)
{
    unsigned char *bytes = arena_alloc(arena, LIST_DIGEST_BYTES);
    size_t len;
    if (!bytes)
        return E_NOMEM;
    int rc = text_hex_decode(hex, bytes, LIST_DIGEST_BYTES, &len);
    if (rc == 0)
        *ret_key = str_n((const char *)bytes, len);
    return rc;
}

static int make_item(struct arena *arena, const struct list_entry *e, struct item *ret)
{
    *ret = (struct item){.kind = (uint32_t)e->kind, .key = e->value, .entry = e};
    if (e->kind == LIST_CDHASH || e->kind == LIST_SHA256 || e->kind == LIST_CERTIFICATE)
        return digest_key(arena, e->value, &ret->key);
    if (e->kind == LIST_PATH && e->value.ptr[e->value.len - 1] == '*') {
        ret->kind = PREVENT_PATTERN;
        ret->key.len--;
    }
    return 0;
}

/* ------------------------------------------------------------------ writing */

static int add_text(struct writer *w, struct str text, struct image_str *ret)
{
    uint64_t offset = w->texts->len;
    *ret = (struct image_str){0, (uint32_t)text.len};
    if (text.len == 0)
        return 0;
    if (!map_find(&w->known, text, &offset)) {
        buf_add_str(w->texts, text);
        if (w->texts->len > UINT32_MAX)
            return E_LIMIT;
        int rc = buf_check(w->texts);
        if (rc == 0)
            rc = map_put(&w->known, text, offset);
        if (rc)
            return rc;
    }
    ret->offset = (uint32_t)offset;
    return 0;
}

static int write_item(struct writer *w, const struct item *i, uint32_t parent)
{
    struct image_prevent e = {.kind = i->kind,
                              .verdict = i->entry->verdict,
                              .expires_ns = i->entry->expires_ns,
                              .parent = parent};
    int rc = add_text(w, i->key, &e.key);
    if (rc == 0)
        rc = add_text(w, i->entry->reason, &e.reason);
    if (rc == 0)
        rc = add_text(w, i->entry->source, &e.source);
    if (rc)
        return rc;
    buf_add(w->entries, &e, sizeof e);
    return buf_check(w->entries);
}

/** The patterns of which each is a prefix of the next one, and of the current one. */
struct nest {
    const struct item *items[NESTED_MOST];
    uint32_t index[NESTED_MOST];
    size_t len;
};

static uint32_t parent_of(struct nest *n, const struct item *i)
{
    while (n->len && (!str_starts(i->key, n->items[n->len - 1]->key) ||
                      str_eq(i->key, n->items[n->len - 1]->key)))
        n->len--;
    return n->len ? n->index[n->len - 1] : IMAGE_NONE;
}

static int write_all(struct writer *w, const struct item *items, size_t len)
{
    struct nest n = {.len = 0};
    int rc = 0;
    for (size_t i = 0; i < len && rc == 0; i++) {
        uint32_t parent = IMAGE_NONE;
        if (i > 0 && is_repeat(&items[i - 1], &items[i]))
            continue;
        if (items[i].kind == PREVENT_PATTERN) {
            parent = parent_of(&n, &items[i]);
            n.items[n.len] = &items[i];
            n.index[n.len++] = (uint32_t)(w->entries->len / sizeof(struct image_prevent));
        }
        rc = write_item(w, &items[i], parent);
    }
    return rc;
}

int prevent_build(const struct list *list, struct buf *entries, struct buf *texts)
{
    CLEANUP(arena_done) struct arena arena = {0};
    CLEANUP(mem_freep) struct item *items = mem_calloc(list->len, sizeof *items);
    struct writer w = {entries, texts, {0}};
    int rc = items ? 0 : E_NOMEM;
    for (size_t i = 0; i < list->len && rc == 0; i++)
        rc = make_item(&arena, &list->entries[i], &items[i]);
    if (rc == 0) {
        qsort(items, list->len, sizeof *items, compare);
        rc = write_all(&w, items, list->len);
    }
    map_done(&w.known);
    return rc;
}
