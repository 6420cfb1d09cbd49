/* Lists as comma-separated values (RFC 4180: quotes, doubled quotes, line ends inside quotes), and
 * as one value a line. The first line with a comma-separated name of the value's column is a
 * header; without one every line is a value. Lines that begin with '#' are comments. */
#include "detect/list_priv.h"

#include "schema/param.h"

enum { COLUMNS_MOST = 32 };

/* Names of columns, ours and those of Santa's exports. */
enum column { C_KIND, C_VALUE, C_VERDICT, C_REASON, C_SOURCE, C_EXPIRES, C_OTHER };

static const struct {
    const char *name;
    enum column column;
} columns[] = {
    {"type", C_KIND},      {"rule_type", C_KIND},  {"value", C_VALUE},   {"identifier", C_VALUE},
    {"action", C_VERDICT}, {"policy", C_VERDICT},  {"reason", C_REASON}, {"custom_msg", C_REASON},
    {"source", C_SOURCE},  {"expires", C_EXPIRES},
};

struct csv {
    struct str text;
    size_t pos;
    uint32_t line;    /* of pos */
    struct buf cells; /* decoded bytes of the current record */
    struct str cell[COLUMNS_MOST];
    size_t cells_len;
};

static enum column column_of(struct str name)
{
    name = str_trim(name);
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        if (str_eq_nocase(name, str_of(columns[i].name)))
            return columns[i].column;
    }
    return C_OTHER;
}

/* ------------------------------------------------------------------ records */

static bool at_end(const struct csv *c)
{
    return c->pos >= c->text.len;
}

static void skip_line_end(struct csv *c)
{
    if (!at_end(c) && c->text.ptr[c->pos] == '\r')
        c->pos++;
    if (!at_end(c) && c->text.ptr[c->pos] == '\n') {
        c->pos++;
        c->line++;
    }
}

/* The rest of the line, without its end; stays in front of the end. */
static struct str rest_of_line(struct csv *c)
{
    size_t start = c->pos;
    while (!at_end(c) && c->text.ptr[c->pos] != '\n')
        c->pos++;
    struct str s = str_sub(c->text, start, c->pos - start);
    return s.len && s.ptr[s.len - 1] == '\r' ? str_sub(s, 0, s.len - 1) : s;
}

static int read_quoted(struct csv *c, struct err *err)
{
    for (c->pos++; !at_end(c); c->pos++) {
        char ch = c->text.ptr[c->pos];
        if (ch == '"') {
            c->pos++;
            if (at_end(c) || c->text.ptr[c->pos] != '"')
                return 0;
        }
        c->line += ch == '\n' ? 1 : 0;
        buf_add_char(&c->cells, ch);
    }
    return err_set(err, E_PARSE, "a quoted text does not end");
}

static bool ends_cell(const struct csv *c)
{
    const char *at = c->text.ptr + c->pos;
    bool last = c->pos + 1 == c->text.len;
    return at[0] == ',' || at[0] == '\n' || (at[0] == '\r' && (last || at[1] == '\n'));
}

static int read_cell(struct csv *c, struct err *err)
{
    int rc = 0;
    if (!at_end(c) && c->text.ptr[c->pos] == '"')
        rc = read_quoted(c, err);
    for (; rc == 0 && !at_end(c) && !ends_cell(c); c->pos++)
        buf_add_char(&c->cells, c->text.ptr[c->pos]);
    return rc;
}

/* One record's cells; they are slices of `cells`, found by their ends once it has stopped moving.
 */
static int read_record(struct csv *c, struct err *err)
{
    size_t ends[COLUMNS_MOST];
    buf_clear(&c->cells);
    c->cells_len = 0;
    for (;;) {
        int rc = read_cell(c, err);
        if (rc)
            return rc;
        if (c->cells.len > (uint64_t)param_default(PARAM_LIST_LINE_BYTES))
            return err_set(err, E_PARSE, "a line of more than %lld bytes",
                           (long long)param_default(PARAM_LIST_LINE_BYTES));
        if (c->cells_len >= COLUMNS_MOST)
            return err_set(err, E_PARSE, "more than %d columns", COLUMNS_MOST);
        ends[c->cells_len++] = c->cells.len;
        if (at_end(c) || c->text.ptr[c->pos] != ',')
            break;
        c->pos++;
    }
    if (buf_check(&c->cells))
        return err_set(err, E_NOMEM, "out of memory");
    for (size_t i = 0; i < c->cells_len; i++) {
        size_t start = i ? ends[i - 1] : 0;
        c->cell[i] = str_trim(str_sub(buf_str(&c->cells), start, ends[i] - start));
    }
    return 0;
}

/* ------------------------------------------------------------------ the file */

static bool is_header(const struct csv *c)
{
    for (size_t i = 0; i < c->cells_len; i++) {
        if (column_of(c->cell[i]) == C_VALUE)
            return true;
    }
    return false;
}

/* Move to the next line that is neither empty nor a comment. */
static bool find_line(struct csv *c)
{
    while (!at_end(c)) {
        size_t start = c->pos;
        struct str line = str_trim(rest_of_line(c));
        if (line.len && line.ptr[0] != '#') {
            c->pos = start;
            return true;
        }
        skip_line_end(c);
    }
    return false;
}

/* What is wrong with one record must not hide the next: on to the next line. */
static void skip_record(struct csv *c)
{
    (void)rest_of_line(c);
    skip_line_end(c);
}

static void put_cells(const struct csv *c, const enum column *header, size_t header_len,
                      struct list_texts *t)
{
    for (size_t i = 0; i < c->cells_len && i < header_len; i++) {
        struct str *const places[] = {&t->kind,   &t->value,  &t->verdict,
                                      &t->reason, &t->source, &t->expires};
        if (header[i] != C_OTHER)
            *places[header[i]] = c->cell[i];
    }
}

static int read_rows(struct list_reader *r, struct csv *c, const enum column *header,
                     size_t header_len, struct err *err)
{
    while (find_line(c)) {
        struct list_texts t = {.line = c->line};
        struct err why = {0};
        size_t start = c->pos;
        uint32_t line = c->line;
        int rc = read_record(c, &why);
        if (rc == 0 && c->cells_len > header_len)
            rc =
                err_set(&why, E_PARSE, "%zu columns, the header has %zu", c->cells_len, header_len);
        if (rc == E_NOMEM)
            return err_set(err, rc, "out of memory");
        if (rc) {
            list_refuse(r, t.line, &why);
            c->pos = start;
            c->line = line;
            skip_record(c);
            continue;
        }
        put_cells(c, header, header_len, &t);
        rc = list_take(r, &t, err);
        if (rc)
            return rc;
        skip_record(c);
    }
    return 0;
}

/* Pasted values. */
static int read_lines(struct list_reader *r, struct csv *c, struct err *err)
{
    while (find_line(c)) {
        struct list_texts t = {.line = c->line};
        t.value = str_trim(rest_of_line(c));
        int rc = list_take(r, &t, err);
        if (rc)
            return rc;
        skip_line_end(c);
    }
    return 0;
}

static int read_all(struct list_reader *r, struct csv *c, struct err *err)
{
    enum column header[COLUMNS_MOST] = {C_OTHER};
    struct err why = {0};
    if (!find_line(c))
        return 0;
    size_t start = c->pos;
    uint32_t line = c->line;
    int rc = read_record(c, &why);
    if (rc == E_NOMEM)
        return err_set(err, rc, "out of memory");
    if (rc || !is_header(c)) {
        c->pos = start;
        c->line = line;
        return read_lines(r, c, err);
    }
    for (size_t i = 0; i < c->cells_len; i++)
        header[i] = column_of(c->cell[i]);
    skip_record(c);
    rc = read_rows(r, c, header, c->cells_len, err);
    if (rc == 0 && r->list->len > 1)
        PLANT_OVERREAD(c->text.ptr + c->text.len);
    return rc;
}

int list_read_csv(struct list_reader *r, struct str text, struct err *err)
{
    struct csv c = {.text = text, .line = 1};
    int rc = read_all(r, &c, err);
    buf_done(&c.cells);
    return rc;
}
