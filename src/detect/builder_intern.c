/* Unique strings, fields, items and log sources of a ruleset being built. See builder_priv.h. */
#include "detect/builder_priv.h"

#include "base/mem.h"

/* Index under the packed key, or a new one: *ret_new says which. */
static int intern(struct builder *b, struct map *map, struct str key, uint64_t next,
                  uint64_t *ret_index, bool *ret_new)
{
    *ret_new = !map_find(map, key, ret_index);
    if (!*ret_new)
        return 0;
    struct str copy = arena_str(&b->arena, key);
    if (!copy.ptr)
        return E_NOMEM;
    *ret_index = next;
    return map_put(map, copy, next);
}

int builder_string(struct builder *b, struct str text, struct image_str *ret_str)
{
    if (text.len > UINT32_MAX - b->pool.len)
        return E_LIMIT;
    uint64_t offset;
    bool is_new;
    int rc = intern(b, &b->strings, text, b->pool.len, &offset, &is_new);
    if (rc)
        return rc;
    if (is_new)
        buf_add_str(&b->pool, text);
    *ret_str = (struct image_str){(uint32_t)offset, (uint32_t)text.len};
    return buf_check(&b->pool);
}

int builder_field(struct builder *b, struct str name, uint32_t *ret_field)
{
    enum field_id id = field_find(name);
    struct str stored = id == FIELD_COUNT ? name : field_table[id].name;
    uint64_t index;
    bool is_new;
    int rc = intern(b, &b->fields, stored,
                    builder_count(&b->field_list, sizeof(struct image_field)), &index, &is_new);
    if (rc == 0 && is_new) {
        struct image_field field = {.exists_item = IMAGE_NONE};
        rc = builder_string(b, stored, &field.name);
        buf_add(&b->field_list, &field, sizeof field);
    }
    *ret_field = (uint32_t)index;
    return rc ? rc : buf_check(&b->field_list);
}

int builder_item(struct builder *b, struct image_item item, struct str name, struct str text,
                 uint32_t *ret_item)
{
    int rc = builder_string(b, name, &item.name);
    if (rc == 0)
        rc = builder_string(b, text, &item.text);
    if (rc)
        return rc;
    uint32_t count = builder_count(&b->item_list, sizeof item);
    if (count >= BUILDER_ITEMS_MOST)
        return E_LIMIT;
    uint64_t index;
    bool is_new;
    rc = intern(b, &b->items, str_n((const char *)&item, sizeof item), count, &index, &is_new);
    if (rc)
        return rc;
    if (is_new)
        buf_add(&b->item_list, &item, sizeof item);
    *ret_item = (uint32_t)index;
    return buf_check(&b->item_list);
}

int builder_logsource(struct builder *b, const struct sigma_rule *rule, uint32_t *ret_source)
{
    struct image_logsource source = {0};
    int rc = builder_string(b, rule->product, &source.product);
    if (rc == 0)
        rc = builder_string(b, rule->category, &source.category);
    if (rc == 0)
        rc = builder_string(b, rule->service, &source.service);
    if (rc)
        return rc;
    uint64_t index;
    bool is_new;
    rc = intern(b, &b->sources, str_n((const char *)&source, sizeof source),
                builder_count(&b->logsources, sizeof source), &index, &is_new);
    if (rc)
        return rc;
    if (is_new)
        buf_add(&b->logsources, &source, sizeof source);
    *ret_source = (uint32_t)index;
    return buf_check(&b->logsources);
}
