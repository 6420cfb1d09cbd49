/* Tells the forms of property lists apart and keeps the limits. See plist.h. */
#include "codec/plist.h"

#include "codec/plist_priv.h"

int plist_count_nodes(struct plist_reading *r, uint64_t len)
{
    if (len > r->nodes_left)
        return err_set(r->err, E_LIMIT, "the property list has too many values");
    r->nodes_left -= (uint32_t)len;
    return 0;
}

int plist_count_text(struct plist_reading *r, size_t len)
{
    if (len > r->text_left)
        return err_set(r->err, E_LIMIT, "the property list has too much text");
    r->text_left -= len;
    return 0;
}

int plist_enter(struct plist_reading *r)
{
    if (r->depth_left == 0)
        return err_set(r->err, E_LIMIT, "the property list is too deep");
    r->depth_left--;
    return 0;
}

int plist_parse(struct str bytes, const struct plist_limits *limits, struct arena *arena,
                const struct plist_value **ret_root, struct err *err)
{
    struct plist_reading r = {.bytes = bytes,
                              .arena = arena,
                              .text_left = limits->text,
                              .nodes_left = limits->nodes,
                              .depth_left = limits->depth < PLIST_DEPTH_MOST ? limits->depth
                                                                             : PLIST_DEPTH_MOST,
                              .err = err};
    if (bytes.len > limits->bytes)
        return err_set(err, E_LIMIT, "the property list is longer than %zu bytes", limits->bytes);
    struct plist_value *root = arena_alloc(arena, sizeof *root);
    if (!root)
        return err_set(err, E_NOMEM, "out of memory");
    int rc = plist_count_nodes(&r, 1);
    if (rc)
        return rc;
    rc = str_starts(bytes, STR("bplist")) ? plist_binary(&r, root) : plist_xml(&r, root);
    if (rc == E_NOMEM)
        return err_set(err, E_NOMEM, "out of memory");
    if (rc == 0)
        *ret_root = root;
    return rc;
}

const struct plist_value *plist_find(const struct plist_value *dict, struct str key)
{
    for (size_t i = dict->type == PLIST_DICT ? dict->len : 0; i > 0; i--) {
        if (str_eq(dict->keys[i - 1], key))
            return &dict->items[i - 1];
    }
    return NULL;
}
