/* API objects as text. See view.h. */
#include "cli/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "cli/listing.h"

#define PATH_BYTES_MAX 128 /* of one member name in a column's path */
#define COLUMNS_MAX    16

const json_t *view_find(const json_t *object, const char *path)
{
    struct str rest = str_of(path);
    struct str part;
    while (object && str_next(&rest, '.', &part)) {
        char name[PATH_BYTES_MAX];
        if (part.len >= sizeof(name))
            return NULL;
        memcpy(name, part.ptr, part.len);
        name[part.len] = '\0';
        object = json_object_get(object, name);
    }
    return object;
}

struct str view_text(const json_t *object, const char *path)
{
    const json_t *value = view_find(object, path);
    if (!json_is_string(value))
        return (struct str){0};
    return str_n(json_string_value(value), json_string_length(value));
}

/* Every time of the API is RFC 3339; people need no nanoseconds. */
static void add_string(struct buf *out, struct str text)
{
    int64_t ns;
    if (text.len >= 20 && text.ptr[4] == '-' && text.ptr[10] == 'T' && !timefmt_parse(text, &ns))
        timefmt_add(out, ns, 0);
    else
        buf_add_str(out, text);
}

static void add_compound(struct buf *out, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text)
        buf_add_cstr(out, text);
    else
        out->error = E_NOMEM;
    free(text); /* jansson's own allocation */
}

void view_add(struct buf *out, const json_t *value)
{
    if (!value || json_is_null(value)) {
        buf_add_char(out, '-');
    } else if (json_is_boolean(value)) {
        buf_add_cstr(out, json_is_true(value) ? "yes" : "no");
    } else if (json_is_integer(value)) {
        buf_addf(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_string(value)) {
        add_string(out, str_n(json_string_value(value), json_string_length(value)));
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i)
                buf_add_cstr(out, ", ");
            view_add(out, json_array_get(value, i));
        }
    } else {
        add_compound(out, value);
    }
}

static void add_json(struct out *out, const json_t *value, bool lines)
{
    char *text = json_dumps(value, lines ? JSON_COMPACT : JSON_INDENT(2));
    if (text) {
        buf_add_cstr(&out->text, text);
        buf_add_char(&out->text, '\n');
    } else if (!out->error) {
        out->error = E_NOMEM;
    }
    free(text); /* jansson's own allocation */
    out_end_line(out);
}

int view_list(struct out *out, unsigned form, const struct view_column *columns, size_t columns_len,
              const json_t *items)
{
    struct listing_column heads[COLUMNS_MAX];
    struct listing list CLEANUP(listing_done) = {0};
    struct buf text CLEANUP(buf_done) = {0};
    if (form == LISTING_JSON) {
        add_json(out, items, false);
        return 0;
    }
    if (form == LISTING_JSONL) {
        for (size_t i = 0; i < json_array_size(items); i++)
            add_json(out, json_array_get(items, i), true);
        return 0;
    }
    for (size_t c = 0; c < columns_len; c++)
        heads[c] = (struct listing_column){columns[c].path, columns[c].title};
    listing_init(&list, LISTING_TABLE, heads, columns_len);
    for (size_t i = 0; i < json_array_size(items); i++) {
        for (size_t c = 0; c < columns_len; c++) {
            buf_clear(&text);
            view_add(&text, view_find(json_array_get(items, i), columns[c].path));
            if (buf_check(&text))
                return E_NOMEM;
            listing_str(&list, buf_str(&text));
        }
    }
    return listing_print(&list, out);
}

int view_card(struct out *out, unsigned form, const struct view_column *columns, size_t columns_len,
              const json_t *object)
{
    struct buf text CLEANUP(buf_done) = {0};
    size_t width = 0;
    if (form) {
        add_json(out, object, false);
        return 0;
    }
    for (size_t c = 0; c < columns_len; c++) {
        if (strlen(columns[c].title) > width)
            width = strlen(columns[c].title);
    }
    for (size_t c = 0; c < columns_len; c++) {
        buf_clear(&text);
        view_add(&text, view_find(object, columns[c].path));
        if (buf_check(&text))
            return E_NOMEM;
        buf_addf(&out->text, "%-*s  ", (int)width, columns[c].title);
        text_add_printable(&out->text, buf_str(&text));
        buf_add_char(&out->text, '\n');
        out_end_line(out);
    }
    return 0;
}
