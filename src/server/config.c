/* cordond's configuration. See config.h. */
#include "server/config.h"

#include "base/conf.h"
#include "os/file.h"

enum { CONFIG_MAX = 64 * 1024 };

static const struct conf_row rows[] = {
#define SERVER_CONFIG_ROW(member, key, def, doc) CONF_ROW(server_config, member, key, def, doc),
    SERVER_CONFIG_LIST(SERVER_CONFIG_ROW)
#undef SERVER_CONFIG_ROW
};

int server_config_load(const char *path, struct arena *arena, struct server_config *ret_config,
                       struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    struct server_config c = {0};
    int rc = path ? file_read(path, CONFIG_MAX, &text, err) : 0;
    if (rc == 0)
        rc = conf_parse(buf_str(&text), path ? path : "defaults", rows, ARRAY_LEN(rows), &c, arena,
                        NULL, NULL, err);
    if (rc == 0)
        *ret_config = c;
    return rc;
}

int server_config_set(struct server_config *c, struct str assignment, struct arena *arena,
                      struct err *err)
{
    size_t eq = str_find_char(assignment, '=');
    if (eq == SIZE_MAX)
        return err_set(err, E_ARG, "expected key=value, got '%.*s'", STR_FMT(assignment));
    return conf_set(str_trim(str_sub(assignment, 0, eq)),
                    str_trim(str_sub(assignment, eq + 1, SIZE_MAX)), rows, ARRAY_LEN(rows), c,
                    arena, err);
}

int server_config_number(struct str text, enum param_id id, int64_t *ret, struct err *err)
{
    const struct param_row *row = &param_table[id];
    uint64_t n = (uint64_t)row->value;
    if (text.len && (str_to_u64(text, &n) || n < (uint64_t)row->least || n > (uint64_t)row->most))
        return err_set(err, E_ARG, "%s '%.*s': expected a number from %lld to %lld", row->name.ptr,
                       STR_FMT(text), (long long)row->least, (long long)row->most);
    *ret = (int64_t)n;
    return 0;
}

void server_config_help(struct buf *out)
{
    conf_help(rows, ARRAY_LEN(rows), out);
}
