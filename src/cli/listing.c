/* Lists as table, JSON or JSON lines. See listing.h. */
#include "cli/listing.h"

#include <assert.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "codec/json_out.h"

#define GAP 2 /* spaces between the columns of a table */

void listing_init(struct listing *l, enum listing_form form, const struct listing_column *columns,
                  size_t columns_len)
{
    *l = (struct listing){.form = form, .columns = columns, .columns_len = columns_len};
}

void listing_done(struct listing *l)
{
    buf_done(&l->text);
    mem_free(l->cells);
    l->cells = NULL;
    l->cells_len = l->cells_cap = 0;
}

/* ------------------------------------------------------------------ cells */

static void close_cell(struct listing *l, size_t at)
{
    if (mem_grow(&l->cells, &l->cells_cap, l->cells_len + 1, sizeof(*l->cells))) {
        l->error = E_NOMEM;
        return;
    }
    l->cells[l->cells_len++] = (struct listing_cell){at, l->text.len - at};
}

void listing_str(struct listing *l, struct str text)
{
    size_t at = l->text.len;
    if (l->form != LISTING_TABLE)
        json_escape(&l->text, text);
    else if (text.len)
        text_add_printable(&l->text, text);
    else
        buf_add_char(&l->text, '-');
    close_cell(l, at);
}

void listing_cstr(struct listing *l, const char *text)
{
    listing_str(l, str_of(text));
}

void listing_int(struct listing *l, int64_t value)
{
    size_t at = l->text.len;
    buf_addf(&l->text, "%lld", (long long)value);
    close_cell(l, at);
}

void listing_bool(struct listing *l, bool value)
{
    size_t at = l->text.len;
    if (l->form == LISTING_TABLE)
        buf_add_cstr(&l->text, value ? "yes" : "no");
    else
        buf_add_cstr(&l->text, value ? "true" : "false");
    close_cell(l, at);
}

void listing_null(struct listing *l)
{
    size_t at = l->text.len;
    buf_add_cstr(&l->text, l->form == LISTING_TABLE ? "-" : "null");
    close_cell(l, at);
}

void listing_time(struct listing *l, int64_t ns)
{
    size_t at = l->text.len;
    if (l->form != LISTING_TABLE)
        buf_add_char(&l->text, '"');
    timefmt_add(&l->text, ns, l->form == LISTING_TABLE ? 0 : 3);
    if (l->form != LISTING_TABLE)
        buf_add_char(&l->text, '"');
    close_cell(l, at);
}

void listing_strs(struct listing *l, const struct str *words, size_t len)
{
    size_t at = l->text.len;
    bool table = l->form == LISTING_TABLE;
    if (table && !len)
        buf_add_char(&l->text, '-');
    if (!table)
        buf_add_char(&l->text, '[');
    for (size_t i = 0; i < len; i++) {
        if (i)
            buf_add_cstr(&l->text, table ? ", " : ",");
        if (table)
            text_add_printable(&l->text, words[i]);
        else
            json_escape(&l->text, words[i]);
    }
    if (!table)
        buf_add_char(&l->text, ']');
    close_cell(l, at);
}

/* ------------------------------------------------------------------ printing */

static struct str cell(const struct listing *l, size_t row, size_t column)
{
    struct listing_cell c = l->cells[row * l->columns_len + column];
    return str_n(l->text.ptr + c.at, c.len);
}

/* Code points stand for columns: exact for what names, paths and times are made of. */
static size_t width_of(struct str text)
{
    size_t pos = 0;
    size_t width = 0;
    for (; pos < text.len; width++)
        (void)text_utf8_next(text, &pos);
    return width;
}

static void add_table_cell(struct buf *out, struct str text, size_t width, bool last)
{
    buf_add_str(out, text);
    for (size_t w = width_of(text); !last && w < width + GAP; w++)
        buf_add_char(out, ' ');
}

static int print_table(const struct listing *l, size_t rows, struct out *out)
{
    size_t *widths CLEANUP(mem_freep) = mem_calloc(l->columns_len, sizeof(*widths));
    if (!widths)
        return E_NOMEM;
    for (size_t c = 0; c < l->columns_len; c++) {
        widths[c] = strlen(l->columns[c].title);
        for (size_t r = 0; r < rows; r++) {
            size_t width = width_of(cell(l, r, c));
            if (width > widths[c])
                widths[c] = width;
        }
    }
    for (size_t c = 0; c < l->columns_len; c++)
        add_table_cell(&out->text, str_of(l->columns[c].title), widths[c], c + 1 == l->columns_len);
    buf_add_char(&out->text, '\n');
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < l->columns_len; c++)
            add_table_cell(&out->text, cell(l, r, c), widths[c], c + 1 == l->columns_len);
        buf_add_char(&out->text, '\n');
        out_end_line(out);
    }
    out_end_line(out);
    return 0;
}

static void print_json(const struct listing *l, size_t rows, struct out *out)
{
    bool lines = l->form == LISTING_JSONL;
    if (!lines)
        buf_add_char(&out->text, '[');
    for (size_t r = 0; r < rows; r++) {
        if (!lines)
            buf_add_cstr(&out->text, r ? ",\n" : "\n");
        struct json_out json = {.out = &out->text};
        json_object_begin(&json);
        for (size_t c = 0; c < l->columns_len; c++) {
            json_key(&json, l->columns[c].key);
            json_raw(&json, cell(l, r, c));
        }
        json_object_end(&json);
        if (lines)
            buf_add_char(&out->text, '\n');
        out_end_line(out);
    }
    if (!lines)
        buf_add_cstr(&out->text, rows ? "\n]\n" : "]\n");
    out_end_line(out);
}

int listing_print(struct listing *l, struct out *out)
{
    if (l->error || buf_check(&l->text))
        return E_NOMEM;
    assert(l->cells_len % l->columns_len == 0);
    size_t rows = l->cells_len / l->columns_len;
    if (l->form == LISTING_TABLE)
        return print_table(l, rows, out);
    print_json(l, rows, out);
    return 0;
}
