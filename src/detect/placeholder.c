/* Placeholders and their values. See placeholder.h. */
#include "detect/placeholder.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "codec/yaml.h"

enum { TEXT_BYTES_MOST = 1 << 20 }; /* of all combinations of one value */

struct placeholder {
    const struct str *values;
    size_t len;
};

struct placeholders {
    struct arena arena;
    struct map names; /* name -> struct placeholder */
};

static const struct str shells[] = {
    STR("/bin/sh"),  STR("/bin/bash"), STR("/bin/zsh"),  STR("/bin/dash"),
    STR("/bin/ksh"), STR("/bin/csh"),  STR("/bin/tcsh"),
};

static const struct str temporary_folders[] = {
    STR("/tmp/"),         STR("/private/tmp/"),         STR("/var/tmp/"), STR("/private/var/tmp/"),
    STR("/var/folders/"), STR("/private/var/folders/"),
};

static const struct str launch_folders[] = {
    STR("/Library/LaunchAgents/"),
    STR("/Library/LaunchDaemons/"),
    STR("/Users/*/Library/LaunchAgents/"),
};

/* Folders that only root can write in and make; vendors' documentation names them. */
static const struct str management[] = {
    STR("/usr/local/jamf/"),
    STR("/Library/Application Support/JAMF/"),
    STR("/usr/local/munki/"),
    STR("/usr/local/mosyle/"),
    STR("/Library/Application Support/Mosyle/"),
    STR("/Library/Addigy/"),
    STR("/Library/Intune/"),
    STR("/Library/Kandji/"),
    STR("/Library/Application Support/AirWatch/"),
    STR("/opt/jc/"),
    STR("/opt/orbit/"),
    STR("/Library/Tanium/"),
    STR("/Library/BESAgent/"),
    STR("/Library/ManageEngine/"),
    STR("/opt/puppetlabs/"),
    STR("/opt/chef/"),
    STR("/opt/cinc/"),
    STR("/opt/salt/"),
};

static const struct str script_hosts[] = {
    STR("/sh"),      STR("/bash"), STR("/osascript"), STR("/applet"), STR("/python"),
    STR("/python3"), STR("/perl"), STR("/ruby"),      STR("/node"),
};

#define ROW(name, values, doc)                                                                     \
    {                                                                                              \
        STR(name), values, ARRAY_LEN(values), STR(doc)                                             \
    }

const struct placeholder_row placeholder_table[] = {
    ROW("MacShells", shells, "the shells that come with macOS"),
    ROW("MacTemporaryFolders", temporary_folders, "folders for temporary files, with a slash"),
    ROW("MacLaunchFolders", launch_folders, "folders of launch agents and daemons, with a slash"),
    ROW("MacManagement", management, "folders of device management agents, writable by root alone"),
    ROW("MacScriptHosts", script_hosts,
        "ends of paths of programs that run scripts; not zsh, the shell that people type in"),
};
const size_t placeholder_table_len = ARRAY_LEN(placeholder_table);

int placeholders_new(struct placeholders **ret_placeholders)
{
    struct placeholders *p = mem_calloc(1, sizeof *p);
    if (!p)
        return E_NOMEM;
    *ret_placeholders = p;
    return 0;
}

void placeholders_free(struct placeholders *p)
{
    if (!p)
        return;
    map_done(&p->names);
    arena_done(&p->arena);
    mem_free(p);
}

/* ------------------------------------------------------------------ the file */

static int fail(struct err *err, const struct yaml_node *at, int code, const char *message)
{
    err_at(err, NULL, at->line, at->column);
    return err_set(err, code, "%s", message);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_name(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_name_char(text.ptr[i]))
            return false;
    }
    return text.len > 0 && text.len <= PLACEHOLDER_NAME_BYTES;
}

static int add_name(struct placeholders *p, const struct yaml_pair *pair, struct err *err)
{
    if (!is_name(pair->key->text))
        return fail(err, pair->key, E_PARSE,
                    "the name of a placeholder is letters, digits and underscores");
    const struct yaml_node *node = pair->value;
    bool list = node->type == YAML_LIST;
    size_t len = list ? node->len : 1;
    if (len == 0)
        return fail(err, node, E_PARSE, "a placeholder needs a value");
    if (len > PLACEHOLDER_VALUES)
        return fail(err, node, E_LIMIT, "a placeholder has too many values");
    struct placeholder *entry = arena_alloc(&p->arena, sizeof *entry);
    struct str *values = arena_array(&p->arena, len, sizeof *values);
    struct str name = arena_str(&p->arena, pair->key->text);
    if (!entry || !values || !name.ptr)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    for (size_t i = 0; i < len; i++) {
        const struct yaml_node *value = list ? node->items[i] : node;
        if (value->type != YAML_SCALAR || yaml_is_null(value))
            return fail(err, value, E_PARSE, "the value of a placeholder must be text");
        values[i] = arena_str(&p->arena, value->text);
        if (!values[i].ptr)
            return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    }
    *entry = (struct placeholder){values, len};
    if (map_put_ptr(&p->names, name, entry))
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    return 0;
}

int placeholders_add(struct placeholders *p, struct str yaml, const char *source, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct yaml_node **docs;
    size_t len;
    int rc = yaml_parse(yaml, source, &yaml_limits_default, &arena, &docs, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++) {
        if (yaml_is_null(docs[i]))
            continue;
        err_at(err, source, docs[i]->line, docs[i]->column);
        if (docs[i]->type != YAML_MAP)
            return err_set(err, E_PARSE, "placeholders are a map of names to values");
        for (size_t k = 0; rc == 0 && k < docs[i]->len; k++)
            rc = add_name(p, &docs[i]->pairs[k], err);
    }
    if (rc == 0 && p->names.len > 2)
        PLANT_OVERREAD(yaml.ptr + yaml.len);
    return rc;
}

/* ------------------------------------------------------------------ expanding */

static bool find(const struct placeholders *p, struct str name, struct placeholder *ret_found)
{
    const struct placeholder *own = p ? map_find_ptr(&p->names, name) : NULL;
    if (own) {
        *ret_found = *own;
        return true;
    }
    for (size_t i = 0; i < placeholder_table_len; i++) {
        if (str_eq(placeholder_table[i].name, name)) {
            *ret_found =
                (struct placeholder){placeholder_table[i].values, placeholder_table[i].values_len};
            return true;
        }
    }
    return false;
}

/* The next piece of a value: text, or the name of a placeholder. Cuts it off the front of *rest. */
static bool next_piece(struct str *rest, struct buf *text, struct str *ret_name)
{
    size_t at = 0;
    buf_clear(text);
    *ret_name = (struct str){0};
    while (at < rest->len) {
        char c = rest->ptr[at];
        if (c == '\\' && at + 1 < rest->len) {
            if (rest->ptr[at + 1] != '%')
                buf_add_char(text, c);
            buf_add_char(text, rest->ptr[at + 1]);
            at += 2;
            continue;
        }
        size_t end = at + 1;
        while (c == '%' && end < rest->len && is_name_char(rest->ptr[end]))
            end++;
        bool named = c == '%' && end > at + 1 && end < rest->len && rest->ptr[end] == '%';
        if (named && text->len)
            break; /* the text first */
        if (named) {
            *ret_name = str_sub(*rest, 1, end - 1);
            at = end + 1;
            break;
        }
        buf_add_char(text, c);
        at++;
    }
    *rest = str_sub(*rest, at, SIZE_MAX);
    return at > 0;
}

struct expansion {
    struct arena *arena;
    const struct str *texts;
    size_t len;
    size_t bytes;
};

/* Every text so far followed by every value. */
static int multiply(struct expansion *e, const struct str *values, size_t len, struct err *err)
{
    if (len > PLACEHOLDER_ALTERNATIVES / e->len)
        return err_set(err, E_LIMIT, "placeholders make more than %d values of one",
                       PLACEHOLDER_ALTERNATIVES);
    struct str *all = arena_array(e->arena, e->len * len, sizeof *all);
    if (!all)
        return E_NOMEM;
    for (size_t i = 0; i < e->len; i++) {
        for (size_t k = 0; k < len; k++) {
            size_t bytes = e->texts[i].len + values[k].len;
            char *joined = arena_alloc(e->arena, bytes + 1);
            e->bytes += bytes;
            if (e->bytes > TEXT_BYTES_MOST)
                return err_set(err, E_LIMIT, "placeholders make a value longer than %d bytes",
                               TEXT_BYTES_MOST);
            if (!joined)
                return E_NOMEM;
            if (e->texts[i].len)
                memcpy(joined, e->texts[i].ptr, e->texts[i].len);
            if (values[k].len)
                memcpy(joined + e->texts[i].len, values[k].ptr, values[k].len);
            all[i * len + k] = str_n(joined, bytes);
        }
    }
    e->texts = all;
    e->len *= len;
    return 0;
}

int placeholders_expand(const struct placeholders *p, struct str raw, struct arena *arena,
                        const struct str **ret_texts, size_t *ret_len, struct err *err)
{
    static const struct str nothing = {"", 0};
    struct expansion e = {arena, &nothing, 1, 0};
    struct buf text CLEANUP(buf_done) = {0};
    struct str name;
    while (next_piece(&raw, &text, &name)) {
        struct str piece = buf_str(&text);
        struct placeholder found = {&piece, 1};
        if (buf_check(&text))
            return E_NOMEM;
        if (name.len && !find(p, name, &found))
            return err_set(err, E_NOT_FOUND, "placeholder '%%%.*s%%' has no values", STR_FMT(name));
        int rc = multiply(&e, found.values, found.len, err);
        if (rc)
            return rc;
    }
    *ret_texts = e.texts;
    *ret_len = e.len;
    return 0;
}
