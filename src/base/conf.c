/* Table-driven configuration text. See conf.h. */
#include "base/conf.h"

enum { ROWS_MAX = 64, NEAR_ENOUGH = 3 };

static struct str *slot(void *config, const struct conf_row *row)
{
    return (struct str *)(void *)((char *)config + row->offset);
}

static const struct conf_row *find(struct str key, const struct conf_row *rows, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (str_eq(rows[i].key, key))
            return &rows[i];
    }
    return NULL;
}

static int unknown_key(struct str key, const struct conf_row *rows, size_t len, struct err *err)
{
    const struct conf_row *near = NULL;
    unsigned best = NEAR_ENOUGH + 1;
    for (size_t i = 0; i < len; i++) {
        unsigned distance = str_distance(key, rows[i].key, best);
        if (distance < best) {
            best = distance;
            near = &rows[i];
        }
    }
    if (near)
        return err_set(err, E_PARSE, "unknown key '%.*s', did you mean '%.*s'?", STR_FMT(key),
                       STR_FMT(near->key));
    return err_set(err, E_PARSE, "unknown key '%.*s'", STR_FMT(key));
}

int conf_set(struct str key, struct str value, const struct conf_row *rows, size_t rows_len,
             void *config, struct arena *arena, struct err *err)
{
    const struct conf_row *row = find(key, rows, rows_len);
    if (!row)
        return unknown_key(key, rows, rows_len, err);
    struct str copy = arena_str(arena, value);
    if (!copy.ptr)
        return err_set(err, E_NOMEM, "out of memory");
    *slot(config, row) = copy;
    return 0;
}

struct parse {
    const struct conf_row *rows;
    size_t rows_len;
    void *config;
    struct arena *arena;
    struct str prefix;
    struct buf *prefixed;
    bool given[ROWS_MAX];
};

static int take_line(struct parse *p, struct str line, struct err *err)
{
    line = str_trim(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return 0;
    size_t eq = str_find_char(line, '=');
    if (eq == SIZE_MAX) {
        PLANT_OVERREAD(line.ptr + line.len);
        return err_set(err, E_PARSE, "expected 'key = value', got '%.*s'", STR_FMT(line));
    }
    struct str key = str_trim(str_sub(line, 0, eq));
    struct str value = str_trim(str_sub(line, eq + 1, SIZE_MAX));
    if (p->prefix.len && str_starts(key, p->prefix)) {
        buf_add_str(p->prefixed, str_sub(key, p->prefix.len, SIZE_MAX));
        buf_add_char(p->prefixed, '=');
        buf_add_str(p->prefixed, value);
        buf_add_char(p->prefixed, '\n');
        return buf_check(p->prefixed) ? err_set(err, E_NOMEM, "out of memory") : 0;
    }
    const struct conf_row *row = find(key, p->rows, p->rows_len);
    if (row && p->given[row - p->rows])
        return err_set(err, E_PARSE, "key '%.*s' is given twice", STR_FMT(key));
    if (row)
        p->given[row - p->rows] = true;
    return conf_set(key, value, p->rows, p->rows_len, p->config, p->arena, err);
}

int conf_parse(struct str text, const char *source, const struct conf_row *rows, size_t rows_len,
               void *config, struct arena *arena, const char *prefix, struct buf *prefixed,
               struct err *err)
{
    struct parse p = {rows, rows_len, config, arena, str_of(prefix), prefixed, {false}};
    uint32_t number = 0;
    struct str line;
    if (rows_len > ROWS_MAX)
        return err_set(err, E_INTERNAL, "a configuration of %zu keys", rows_len);
    for (size_t i = 0; i < rows_len; i++)
        *slot(config, &rows[i]) = rows[i].def;
    while (str_next(&text, '\n', &line)) {
        number++;
        int rc = take_line(&p, line, err);
        if (rc) {
            err_at(err, source, number, 0);
            return rc;
        }
    }
    return 0;
}

void conf_help(const struct conf_row *rows, size_t rows_len, struct buf *out)
{
    for (size_t i = 0; i < rows_len; i++) {
        buf_addf(out, "  %-18.*s %s", STR_FMT(rows[i].key), rows[i].doc);
        if (rows[i].def.len)
            buf_addf(out, " (default %.*s)", STR_FMT(rows[i].def));
        buf_add_char(out, '\n');
    }
}
