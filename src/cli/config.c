/* The configuration file of the fleet commands. See config.h. */
#include "cli/config.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "os/file.h"

#define CONFIG_BYTES_MAX   65536
#define FINGERPRINT_DIGITS 64 /* SHA-256 in hex */

/* Keys of the file and the members they fill. */
struct member {
    const char *key;
    size_t offset;
};

static const struct member members[] = {
    {"server", offsetof(struct config, server)},   {"ca", offsetof(struct config, ca)},
    {"token", offsetof(struct config, token)},     {"user", offsetof(struct config, user)},
    {"expires", offsetof(struct config, expires)},
};

static char **member_of(struct config *c, const struct member *m)
{
    return (char **)(void *)((char *)c + m->offset);
}

static void free_json(json_t **json)
{
    json_decref(*json);
}

static void free_wiped(char *secret)
{
    if (secret)
        secret_wipe(secret, strlen(secret));
    mem_free(secret);
}

void config_done(struct config *c)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        free_wiped(*member_of(c, &members[i]));
    *c = (struct config){0};
}

int config_path(struct buf *out, struct err *err)
{
    const char *file = getenv("CORDON_CONFIG");
    const char *xdg = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (file && *file)
        buf_add_cstr(out, file);
    else if (xdg && xdg[0] == '/')
        buf_addf(out, "%s/cordon/config.json", xdg);
    else if (home && home[0] == '/')
        buf_addf(out, "%s/.config/cordon/config.json", home);
    else
        return err_set(err, E_NOT_FOUND,
                       "HOME is not set, so there is no place for the "
                       "configuration; set CORDON_CONFIG to a file");
    return buf_check(out);
}

/* ------------------------------------------------------------------ reading */

static int fill(struct config *c, const json_t *root, const char *path, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const json_t *value = json_object_get(root, members[i].key);
        if (!value)
            continue;
        if (!json_is_string(value))
            return err_set(err, E_PARSE, "%s: '%s' is not a string", path, members[i].key);
        char *copy = mem_strdup(json_string_value(value));
        if (!copy)
            return E_NOMEM;
        *member_of(c, &members[i]) = copy;
    }
    return 0;
}

int config_load(const char *path, struct config *ret_config, struct err *err)
{
    struct config c CLEANUP(config_done) = {0};
    struct buf text CLEANUP(secret_buf_done) = {0};
    json_t *root CLEANUP(free_json) = NULL;
    json_error_t why;
    struct stat st;

    int rc = file_read(path, CONFIG_BYTES_MAX, &text, err);
    if (rc)
        return rc;
    if (stat(path, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)))
        return err_set(err, E_DENIED, "%s may be read by others but holds a token: chmod 600 %s",
                       path, path);
    root = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &why);
    if (!root || !json_is_object(root)) {
        err_at(err, path, root ? 1 : (uint32_t)(why.line > 0 ? why.line : 0),
               root ? 1 : (uint32_t)(why.column > 0 ? why.column : 0));
        return err_set(err, E_PARSE, "%s", root ? "expected an object" : why.text);
    }
    rc = fill(&c, root, path, err);
    if (rc)
        return rc;
    *ret_config = c;
    c = (struct config){0};
    return 0;
}

/* ------------------------------------------------------------------ writing */

static int make_folder(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    char *folder CLEANUP(mem_freep) = mem_strndup(path, (size_t)(slash - path));
    if (!folder)
        return E_NOMEM;
    return file_mkdirs(folder, S_IRWXU, err);
}

int config_save(const char *path, const struct config *c, struct err *err)
{
    struct config copy = *c; /* member_of takes no const; nothing is changed */
    json_t *root CLEANUP(free_json) = json_object();
    if (!root)
        return E_NOMEM;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *value = *member_of(&copy, &members[i]);
        if (value && json_object_set_new(root, members[i].key, json_string(value)))
            return err_set(err, E_NOMEM, "cannot write '%s' as JSON", members[i].key);
    }
    int rc = make_folder(path, err);
    if (rc)
        return rc;
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    if (!text)
        return E_NOMEM;
    rc = file_write_atomic(path, str_of(text), S_IRUSR | S_IWUSR, err);
    secret_wipe(text, strlen(text));
    free(text); /* jansson's own allocation */
    return rc;
}

/* ------------------------------------------------------------------ what is kept, and how */

int config_fingerprint(const char *text, char **ret_hex, struct err *err)
{
    char hex[FINGERPRINT_DIGITS + 1];
    size_t len = 0;
    bool odd = false;
    for (const char *c = text; *c && !odd; c++) {
        char low = char_lower(*c);
        if (*c == ':' || *c == ' ')
            continue;
        odd = len == FINGERPRINT_DIGITS || !strchr("0123456789abcdef", low);
        if (!odd)
            hex[len++] = low;
    }
    if (odd || len != FINGERPRINT_DIGITS)
        return err_set(err, E_ARG, "'%s' is not a SHA-256 fingerprint: expected 64 hex digits",
                       text);
    char *copy = mem_strndup(hex, len);
    if (!copy)
        return E_NOMEM;
    *ret_hex = copy;
    return 0;
}

int config_server(const char *url, char **ret_server, struct err *err)
{
    struct str rest = str_of(url);
    const struct str scheme = STR("https://");
    if (!str_starts_nocase(rest, scheme))
        return err_set(err, E_ARG,
                       "'%s' is not a server: expected https://host or "
                       "https://host:port",
                       url);
    rest = str_sub(rest, scheme.len, SIZE_MAX);
    if (rest.len && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    bool odd = rest.len == 0;
    for (size_t i = 0; i < rest.len; i++) {
        unsigned char c = (unsigned char)rest.ptr[i];
        odd = odd || c <= 0x20 || c >= 0x7f || strchr("/?#@\\\"<>^`{|}", c);
    }
    if (odd)
        return err_set(err, E_ARG,
                       "'%s' is not a server: expected a host and no path, for example "
                       "https://cordon.example.org:8443",
                       url);
    struct buf server CLEANUP(buf_done) = {0};
    buf_add_str(&server, scheme);
    buf_add_str(&server, rest);
    if (buf_check(&server))
        return E_NOMEM;
    char *copy = mem_strndup(server.ptr, server.len);
    if (!copy)
        return E_NOMEM;
    *ret_server = copy;
    return 0;
}
