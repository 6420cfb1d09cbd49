/* Prevent lists in the image: checked once, then searched. See prevent.h. */
#include "detect/prevent.h"

#include "base/text.h"
#include "detect/image.h"

enum { ID_BYTES = LIST_SIGNING_BYTES + 1 };

static struct str text_of(const struct prevent *p, struct image_str s)
{
    return str_n(p->texts + s.offset, s.len);
}

/* ------------------------------------------------------------------ checking */

static bool str_ok(const struct image *image, struct image_str s)
{
    return s.offset <= image->prevent_texts_len && s.len <= image->prevent_texts_len - s.offset;
}

static size_t key_bytes(uint32_t kind)
{
    switch (kind) {
    case LIST_CDHASH:
        return LIST_CDHASH_BYTES;
    case LIST_SHA256:
    case LIST_CERTIFICATE:
        return LIST_DIGEST_BYTES;
    case LIST_TEAM_ID:
        return LIST_TEAM_BYTES;
    default:
        return 0;
    }
}

static bool entry_ok(const struct image *image, const struct image_prevent *e)
{
    size_t exact = e->kind < PREVENT_KINDS ? key_bytes(e->kind) : 0;
    return e->kind < PREVENT_KINDS && e->verdict <= LIST_ALLOW && e->expires_ns >= 0 &&
           e->reserved == 0 && str_ok(image, e->key) && str_ok(image, e->reason) &&
           str_ok(image, e->source) && e->key.len > 0 && e->key.len <= LIST_VALUE_BYTES &&
           (exact == 0 || e->key.len == exact);
}

static int compare_keys(const struct prevent *p, const struct image_prevent *a,
                        const struct image_prevent *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return str_cmp(text_of(p, a->key), text_of(p, b->key));
}

/* Ascending; of one key first what allows, then what denies. */
static bool follows(const struct prevent *p, const struct image_prevent *before,
                    const struct image_prevent *e)
{
    int order = compare_keys(p, before, e);
    return order < 0 || (order == 0 && before->verdict == LIST_ALLOW && e->verdict == LIST_DENY);
}

/* A parent comes earlier, so that going from parent to parent ends. */
static bool parent_ok(const struct prevent *p, const struct image_prevent *e, uint32_t index)
{
    if (e->parent == IMAGE_NONE)
        return true;
    return e->kind == PREVENT_PATTERN && e->parent < index &&
           p->entries[e->parent].kind == PREVENT_PATTERN &&
           str_starts(text_of(p, e->key), text_of(p, p->entries[e->parent].key));
}

int prevent_init(const struct image *image, struct prevent *ret_prevent, struct err *err)
{
    struct prevent p = {
        .entries = image->prevent, .texts = image->prevent_texts, .len = image->prevent_len};
    uint32_t kind = 0;
    if (image->prevent_origin_len > 1)
        return err_set(err, E_PARSE, "ruleset is damaged: two ages of the prevent lists");
    if (image->prevent_origin_len)
        p.issued_ns = image->prevent_origin[0].issued_ns;
    for (uint32_t i = 0; i < p.len; i++) {
        const struct image_prevent *e = &p.entries[i];
        if (!entry_ok(image, e) || (i > 0 && !follows(&p, e - 1, e)) || !parent_ok(&p, e, i))
            return err_set(err, E_PARSE, "ruleset is damaged: prevent entry %u", i);
        for (; kind < e->kind; kind++)
            p.start[kind + 1] = i;
    }
    for (; kind < PREVENT_KINDS; kind++)
        p.start[kind + 1] = p.len;
    *ret_prevent = p;
    return 0;
}

int prevent_open(struct str bytes, struct prevent *ret_prevent, struct err *err)
{
    struct image image;
    int rc = image_open(bytes, true, &image, err);
    return rc ? rc : prevent_init(&image, ret_prevent, err);
}

/* ------------------------------------------------------------------ searching */

/* The first entry of the kind whose key is greater than `key`. */
static uint32_t upper(const struct prevent *p, unsigned kind, struct str key)
{
    uint32_t low = p->start[kind];
    uint32_t high = p->start[kind + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (str_cmp(text_of(p, p->entries[middle].key), key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_live(const struct image_prevent *e, int64_t now_ns)
{
    return e->expires_ns == 0 || now_ns < e->expires_ns;
}

/* Of the one or two entries with this key the one that counts: what allows stands first. */
static const struct image_prevent *live_with_key(const struct prevent *p, uint32_t last,
                                                 int64_t now_ns)
{
    const struct image_prevent *e = &p->entries[last];
    if (last > p->start[e->kind] && compare_keys(p, e - 1, e) == 0 && is_live(e - 1, now_ns))
        return e - 1;
    return is_live(e, now_ns) ? e : NULL;
}

static const struct image_prevent *find_exact(const struct prevent *p, enum list_kind kind,
                                              struct str key, int64_t now_ns)
{
    if (key.len == 0 || p->start[kind] == p->start[kind + 1])
        return NULL;
    uint32_t end = upper(p, kind, key);
    if (end == p->start[kind] || !str_eq(text_of(p, p->entries[end - 1].key), key))
        return NULL;
    return live_with_key(p, end - 1, now_ns);
}

/* Whatever is a prefix of the path is also one of the entry that sorts right before it. */
static const struct image_prevent *find_pattern(const struct prevent *p, struct str path,
                                                int64_t now_ns)
{
    uint32_t end = upper(p, PREVENT_PATTERN, path);
    uint32_t i = end > p->start[PREVENT_PATTERN] ? end - 1 : IMAGE_NONE;
    for (; i != IMAGE_NONE; i = p->entries[i].parent) {
        const struct image_prevent *e =
            str_starts(path, text_of(p, p->entries[i].key)) ? live_with_key(p, i, now_ns) : NULL;
        if (e)
            return e;
    }
    return NULL;
}

static struct str signing_key(const struct code_identity *id, char buffer[ID_BYTES])
{
    struct str team = id->platform ? STR("platform") : id->team_id;
    if (team.len == 0 || id->signing_id.len == 0 || team.len + 1 + id->signing_id.len >= ID_BYTES)
        return (struct str){0};
    memcpy(buffer, team.ptr, team.len);
    buffer[team.len] = ':';
    memcpy(buffer + team.len + 1, id->signing_id.ptr, id->signing_id.len);
    return str_n(buffer, team.len + 1 + id->signing_id.len);
}

static const struct image_prevent *find(const struct prevent *p, const struct code_identity *id,
                                        int64_t now_ns)
{
    char buffer[ID_BYTES];
    const struct image_prevent *e = find_exact(p, LIST_CDHASH, id->cdhash, now_ns);
    if (!e)
        e = find_exact(p, LIST_SHA256, id->sha256, now_ns);
    if (!e)
        e = find_exact(p, LIST_SIGNING_ID, signing_key(id, buffer), now_ns);
    if (!e)
        e = find_exact(p, LIST_CERTIFICATE, id->certificate, now_ns);
    if (!e)
        e = find_exact(p, LIST_TEAM_ID, id->team_id, now_ns);
    if (!e)
        e = find_exact(p, LIST_PATH, id->path, now_ns);
    return e || id->path.len == 0 ? e : find_pattern(p, id->path, now_ns);
}

static void fill(const struct prevent *p, const struct image_prevent *e, struct prevent_verdict *v)
{
    *v = (struct prevent_verdict){.kind = e->kind == PREVENT_PATTERN ? LIST_PATH
                                                                     : (enum list_kind)e->kind,
                                  .key = text_of(p, e->key),
                                  .pattern = e->kind == PREVENT_PATTERN,
                                  .reason = text_of(p, e->reason),
                                  .source = text_of(p, e->source),
                                  .expires_ns = e->expires_ns};
}

enum prevent_decision prevent_check(const struct prevent *p, const struct code_identity *id,
                                    int64_t now_ns, struct prevent_verdict *ret_verdict)
{
    const struct image_prevent *e = p->len ? find(p, id, now_ns) : NULL;
    if (!e)
        return PREVENT_NONE;
    if (ret_verdict)
        fill(p, e, ret_verdict);
    if (e->verdict == LIST_ALLOW)
        return PREVENT_ALLOW;
    return id->platform || list_guards_path(id->path) ? PREVENT_GUARDED : PREVENT_DENY;
}

/* ------------------------------------------------------------------ questions */

static bool denies(const struct prevent *p, unsigned kind)
{
    for (uint32_t i = p->start[kind]; i < p->start[kind + 1]; i++) {
        if (p->entries[i].verdict == LIST_DENY)
            return true;
    }
    return false;
}

bool prevent_has(const struct prevent *p, enum list_kind kind)
{
    return denies(p, kind) || (kind == LIST_PATH && denies(p, PREVENT_PATTERN));
}

bool prevent_denies(const struct prevent *p)
{
    for (unsigned kind = 0; kind < PREVENT_KINDS; kind++) {
        if (denies(p, kind))
            return true;
    }
    return false;
}

void prevent_add_value(const struct prevent_verdict *v, struct buf *out)
{
    if (v->kind == LIST_CDHASH || v->kind == LIST_SHA256 || v->kind == LIST_CERTIFICATE)
        text_hex_add(out, v->key.ptr, v->key.len);
    else
        buf_add_str(out, v->key);
    if (v->pattern)
        buf_add_char(out, '*');
}

enum list_verdict prevent_entry(const struct prevent *p, uint32_t index,
                                struct prevent_verdict *ret_verdict)
{
    const struct image_prevent *e = &p->entries[index];
    fill(p, e, ret_verdict);
    return (enum list_verdict)e->verdict;
}
