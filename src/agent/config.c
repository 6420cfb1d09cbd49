/* The agent's configuration file. See config.h. */
#include "agent/config.h"

#include "base/conf.h"
#include "os/file.h"
#include "os/log.h"
#include "schema/param.h"

enum { CONFIG_MAX = 64 * 1024 };

static const struct conf_row rows[] = {
#define AGENT_CONFIG_ROW(member, key, def, doc) CONF_ROW(agent_config, member, key, def, doc),
    AGENT_CONFIG_LIST(AGENT_CONFIG_ROW)
#undef AGENT_CONFIG_ROW
};

/* What no default mends is refused before anything starts: a child that meets it later could only
 * die again and again. */
static int check(const struct agent_config *c, struct err *err)
{
    enum log_level level;
    uint64_t bytes;
    if (c->server.len && !str_starts(c->server, STR("https://")))
        return err_set(err, E_ARG, "server '%.*s': expected https://host:port", STR_FMT(c->server));
    if (log_level_parse(c->log_level, &level) != 0)
        return err_set(err, E_ARG, "log_level '%.*s': expected debug, info, warn or error",
                       STR_FMT(c->log_level));
    if (!str_is(c->log_format, "text") && !str_is(c->log_format, "json"))
        return err_set(err, E_ARG, "log_format '%.*s': expected text or json",
                       STR_FMT(c->log_format));
    return agent_config_spool_bytes(c, &bytes, err);
}

int agent_config_parse(struct str text, const char *source, struct arena *arena,
                       struct agent_config *ret_config, struct err *err)
{
    struct agent_config c = {0};
    struct buf sensor CLEANUP(buf_done) = {0};
    int rc = conf_parse(text, source, rows, ARRAY_LEN(rows), &c, arena, "sensor.", &sensor, err);
    if (rc)
        return rc;
    c.sensor_options = arena_str(arena, buf_str(&sensor));
    if (!c.sensor_options.ptr)
        return err_set(err, E_NOMEM, "out of memory");
    rc = check(&c, err);
    if (rc) {
        err_at(err, source, 0, 0);
        return rc;
    }
    *ret_config = c;
    return 0;
}

int agent_config_load(const char *path, struct arena *arena, struct agent_config *ret_config,
                      struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    int rc = file_read(path, CONFIG_MAX, &text, err);
    return rc ? rc : agent_config_parse(buf_str(&text), path, arena, ret_config, err);
}

int agent_config_spool_bytes(const struct agent_config *c, uint64_t *ret_bytes, struct err *err)
{
    const struct param_row *row = &param_table[PARAM_SPOOL_BYTES];
    if (c->spool_bytes.len == 0) {
        *ret_bytes = (uint64_t)row->value;
        return 0;
    }
    uint64_t bytes;
    if (str_to_u64(c->spool_bytes, &bytes) || bytes < (uint64_t)row->least ||
        bytes > (uint64_t)row->most)
        return err_set(err, E_ARG, "spool_bytes '%.*s': expected a number from %lld to %lld",
                       STR_FMT(c->spool_bytes), (long long)row->least, (long long)row->most);
    *ret_bytes = bytes;
    return 0;
}

void agent_config_help(struct buf *out)
{
    conf_help(rows, ARRAY_LEN(rows), out);
    buf_add_cstr(out, "  sensor.KEY         option KEY of the chosen sensor\n");
}
