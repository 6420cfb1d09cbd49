/* libyara. See yara.h. Its documented limits are set at the start; what it gets wrong all the same
 * costs the worker process, not its user. */
#include "yara/yara.h"

#include <string.h>

#include <yara.h>

#include "base/mem.h"
#include "codec/json_out.h"

enum {
    STRINGS_OF_A_RULE = 10000,
    MATCH_DATA_BYTES = 64, /* kept of each match; nobody reads more */
    STACK_SLOTS = 16384,   /* of libyara's own machine */
    META_BYTES = 4096,     /* of one text */
    STRINGS_TOLD = 32,     /* of one rule that matches */
    WARNINGS_BYTES = 65536,
    NAMESPACES_MOST = 100000 /* files */
};

/* Modules that rules may import: what a Mac's or Linux' programs need. Those left out have had
 * memory errors (dotnet, pe) or open files of their own (cuckoo, magic). */
static const char *const modules[] = {"hash", "macho", "elf", "math", "string", "time", "console"};

struct yara_compiler {
    YR_COMPILER *yr;
    const char *name; /* of the text being added */
    struct err *err;
    bool told; /* the first error counts */
    struct buf warnings;
    struct str *names;
    size_t names_len;
    size_t names_cap;
};

struct yara_rules {
    YR_RULES *yr;
    YR_SCANNER *scanner;
    uint32_t len;
    struct str *names; /* by namespace */
    size_t names_len;
    struct buf warnings;
    bool initialized; /* libyara counts its users */
};

bool yara_available(void)
{
    return true;
}

static int code_of(int yr)
{
    switch (yr) {
    case ERROR_SUCCESS:
        return 0;
    case ERROR_INSUFFICIENT_MEMORY:
        return E_NOMEM;
    case ERROR_SCAN_TIMEOUT:
        return E_TIMEOUT;
    case ERROR_TOO_MANY_MATCHES:
    case ERROR_TOO_MANY_STRINGS:
    case ERROR_TOO_MANY_RE_FIBERS:
    case ERROR_REGULAR_EXPRESSION_TOO_LARGE:
    case ERROR_REGULAR_EXPRESSION_TOO_COMPLEX:
    case ERROR_EXEC_STACK_OVERFLOW:
        return E_LIMIT;
    default:
        return E_PARSE;
    }
}

static int fail(struct err *err, int yr)
{
    int code = code_of(yr);
    if (code == E_TIMEOUT)
        return err_set(err, code, "the scan took too long");
    if (code == E_NOMEM)
        return err_set(err, code, "%s", err_sentence(code));
    return err_set(err, code, "libyara gave up, its error %d", yr);
}

static void names_free(struct str *names, size_t len)
{
    for (size_t i = 0; i < len; i++)
        mem_free((char *)(uintptr_t)names[i].ptr);
    mem_free(names);
}

/* ------------------------------------------------------------------ compiling */

static void warn(struct yara_compiler *c, int line, const char *message)
{
    if (c->warnings.len + strlen(c->name) + strlen(message) + 16 < WARNINGS_BYTES)
        buf_addf(&c->warnings, "%s:%d: %s\n", c->name, line, message);
}

static void on_message(int level, const char *file, int line, const YR_RULE *rule,
                       const char *message, void *arg)
{
    struct yara_compiler *c = arg;
    (void)file;
    (void)rule;
    if (level != YARA_ERROR_LEVEL_ERROR)
        warn(c, line, message);
    if (level != YARA_ERROR_LEVEL_ERROR || c->told)
        return;
    c->told = true;
    err_at(c->err, c->name, line > 0 ? (uint32_t)line : 0, 0);
    (void)err_set(c->err, E_PARSE, "%s", message);
}

/* `include` would read files. */
static const char *no_include(const char *include, const char *from, const char *namespace,
                              void *arg)
{
    (void)include;
    (void)from;
    (void)namespace;
    (void)arg;
    return NULL;
}

static void nothing_to_free(const char *text, void *arg)
{
    (void)text;
    (void)arg;
}

int yara_compiler_new(struct yara_compiler **ret_compiler, struct err *err)
{
    struct yara_compiler *c = mem_calloc(1, sizeof *c);
    int yr = c ? yr_initialize() : ERROR_INSUFFICIENT_MEMORY;
    if (yr != ERROR_SUCCESS) {
        mem_free(c);
        return fail(err, yr);
    }
    (void)yr_set_configuration_uint32(YR_CONFIG_STACK_SIZE, STACK_SLOTS);
    (void)yr_set_configuration_uint32(YR_CONFIG_MAX_STRINGS_PER_RULE, STRINGS_OF_A_RULE);
    (void)yr_set_configuration_uint32(YR_CONFIG_MAX_MATCH_DATA, MATCH_DATA_BYTES);
    yr = yr_compiler_create(&c->yr);
    if (yr != ERROR_SUCCESS) {
        yara_compiler_free(c);
        return fail(err, yr);
    }
    yr_compiler_set_callback(c->yr, on_message, c);
    yr_compiler_set_include_callback(c->yr, no_include, nothing_to_free, NULL);
    *ret_compiler = c;
    return 0;
}

void yara_compiler_free(struct yara_compiler *c)
{
    if (!c)
        return;
    if (c->yr)
        yr_compiler_destroy(c->yr);
    names_free(c->names, c->names_len);
    buf_done(&c->warnings);
    mem_free(c);
    (void)yr_finalize();
}

int yara_compiler_add(struct yara_compiler *c, const char *name, const char *text, struct err *err)
{
    char namespace[16];
    if (c->names_len == NAMESPACES_MOST)
        return err_set(err, E_LIMIT, "more than %d files of YARA rules", NAMESPACES_MOST);
    int rc = mem_grow(&c->names, &c->names_cap, c->names_len + 1, sizeof *c->names);
    char *copy = rc ? NULL : mem_strdup(name);
    if (!copy)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    c->names[c->names_len] = str_of(copy);
    (void)snprintf(namespace, sizeof namespace, "%zu", c->names_len++);
    c->name = name;
    c->err = err;
    c->told = false;
    int errors = yr_compiler_add_string(c->yr, text, namespace);
    c->err = NULL;
    if (errors == 0)
        return 0;
    if (c->told)
        return E_PARSE;
    err_at(err, name, 0, 0);
    return err_set(err, E_PARSE, "not YARA rules");
}

/* ------------------------------------------------------------------ scanning */

struct scan {
    struct yara_rules *rules;
    struct buf *out;
    struct buf *names; /* may be NULL */
    struct err *err;
    int failed;
};

static bool may_import(const char *module)
{
    for (size_t i = 0; i < ARRAY_LEN(modules); i++) {
        if (strcmp(module, modules[i]) == 0)
            return true;
    }
    return false;
}

static void add_meta(struct json_out *j, const YR_RULE *rule)
{
    const YR_META *meta;
    json_key(j, "meta");
    json_object_begin(j);
    yr_rule_metas_foreach(rule, meta)
    {
        json_key(j, meta->identifier);
        if (meta->type == META_TYPE_INTEGER)
            json_int(j, meta->integer);
        else if (meta->type == META_TYPE_BOOLEAN)
            json_bool(j, meta->integer != 0);
        else
            json_str(j, str_sub(str_of(meta->string), 0, META_BYTES));
    }
    json_object_end(j);
}

/* Copied: libyara does not align them. */
static bool first_match(const YR_MATCH *at, YR_MATCH *ret_match)
{
    for (; at; at = ret_match->next) {
        memcpy(ret_match, at, sizeof *ret_match);
        if (!ret_match->is_private)
            return true;
    }
    return false;
}

static void add_strings(struct json_out *j, YR_SCAN_CONTEXT *context, const YR_RULE *rule)
{
    const YR_STRING *string;
    unsigned told = 0;
    json_key(j, "strings");
    json_array_begin(j);
    yr_rule_strings_foreach(rule, string)
    {
        YR_MATCH match;
        if (told == STRINGS_TOLD || !first_match(context->matches[string->idx].head, &match))
            continue;
        told++;
        json_object_begin(j);
        json_kv_cstr(j, "name", string->identifier);
        json_kv_int(j, "offset", match.base + match.offset);
        json_kv_int(j, "bytes", match.match_length);
        json_object_end(j);
    }
    json_array_end(j);
}

static void add_match(struct scan *s, YR_SCAN_CONTEXT *context, const YR_RULE *rule)
{
    struct json_out j = {.out = s->out};
    const char *tag;
    int64_t file = -1;
    if (s->names)
        buf_addf(s->names, "%s\n", rule->identifier);
    if (s->out->len)
        buf_add_char(s->out, ',');
    json_object_begin(&j);
    json_kv_cstr(&j, "rule", rule->identifier);
    if (str_to_i64(str_of(rule->ns->name), &file) == 0 && (size_t)file < s->rules->names_len)
        json_kv_str(&j, "file", s->rules->names[file]);
    json_key(&j, "tags");
    json_array_begin(&j);
    yr_rule_tags_foreach(rule, tag) json_cstr(&j, tag);
    json_array_end(&j);
    add_meta(&j, rule);
    add_strings(&j, context, rule);
    json_object_end(&j);
}

static int on_scan(YR_SCAN_CONTEXT *context, int message, void *data, void *arg)
{
    struct scan *s = arg;
    if (message == CALLBACK_MSG_RULE_MATCHING) {
        add_match(s, context, data);
        return buf_check(s->out) ? CALLBACK_ERROR : CALLBACK_CONTINUE;
    }
    if (message == CALLBACK_MSG_IMPORT_MODULE) {
        const YR_MODULE_IMPORT *import = data;
        if (may_import(import->module_name))
            return CALLBACK_CONTINUE;
        s->failed =
            err_set(s->err, E_PARSE, "rules may not import the module '%s'", import->module_name);
        return CALLBACK_ERROR;
    }
    return CALLBACK_CONTINUE; /* too many matches of a string: decided by what there is */
}

int yara_scan(struct yara_rules *r, struct str bytes, int timeout_s, struct buf *out,
              struct buf *names, struct err *err)
{
    struct scan s = {.rules = r, .out = out, .names = names, .err = err};
    yr_scanner_set_callback(r->scanner, on_scan, &s);
    yr_scanner_set_timeout(r->scanner, timeout_s);
    int yr =
        yr_scanner_scan_mem(r->scanner, (const uint8_t *)(bytes.len ? bytes.ptr : ""), bytes.len);
    if (s.failed)
        return s.failed;
    if (buf_check(out))
        return err_set(err, buf_check(out), "%s", err_sentence(buf_check(out)));
    return yr == ERROR_SUCCESS ? 0 : fail(err, yr);
}

int yara_compiler_finish(struct yara_compiler *c, struct yara_rules **ret_rules, struct err *err)
{
    struct buf nothing CLEANUP(buf_done) = {0};
    struct yara_rules *r = mem_calloc(1, sizeof *r);
    YR_RULE *rule;
    int yr = r ? yr_initialize() : ERROR_INSUFFICIENT_MEMORY;
    if (yr == ERROR_SUCCESS) {
        r->initialized = true;
        yr = yr_compiler_get_rules(c->yr, &r->yr);
    }
    if (yr == ERROR_SUCCESS)
        yr = yr_scanner_create(r->yr, &r->scanner);
    if (yr != ERROR_SUCCESS) {
        yara_rules_free(r);
        return fail(err, yr);
    }
    r->warnings = c->warnings;
    c->warnings = (struct buf){0};
    r->names = TAKE(c->names);
    r->names_len = c->names_len;
    c->names_len = 0;
    yr_scanner_set_flags(r->scanner, SCAN_FLAGS_FAST_MODE | SCAN_FLAGS_NO_TRYCATCH |
                                         SCAN_FLAGS_REPORT_RULES_MATCHING);
    yr_rules_foreach(r->yr, rule) r->len++;
    /* Imports are only told when something is scanned. */
    int rc = yara_scan(r, STR(""), 0, &nothing, NULL, err);
    if (rc) {
        yara_rules_free(r);
        return rc;
    }
    *ret_rules = r;
    return 0;
}

void yara_rules_free(struct yara_rules *r)
{
    if (!r)
        return;
    if (r->scanner)
        yr_scanner_destroy(r->scanner);
    if (r->yr)
        (void)yr_rules_destroy(r->yr);
    names_free(r->names, r->names_len);
    buf_done(&r->warnings);
    if (r->initialized)
        (void)yr_finalize();
    mem_free(r);
}

struct str yara_rules_warnings(const struct yara_rules *r)
{
    return buf_str(&r->warnings);
}

uint32_t yara_rules_len(const struct yara_rules *r)
{
    return r->len;
}
