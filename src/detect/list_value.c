/* Values of list entries: what kind they are, whether they are well formed, their normal form. */
#include "detect/list.h"

#include "base/text.h"

struct kind_row {
    struct str name;
    struct str santa;
    const char *doc;
};

static const struct kind_row kinds[LIST_KINDS] = {
#define KIND_ROW(id, name, santa, doc) [id] = {STR(name), STR(santa), doc},
    LIST_KINDS_TABLE(KIND_ROW)
#undef KIND_ROW
};

const char *list_kind_name(enum list_kind kind)
{
    return kinds[kind].name.ptr;
}

enum list_kind list_kind_find(struct str name)
{
    for (unsigned i = 0; i < LIST_KINDS; i++) {
        if (str_eq(name, kinds[i].name) || str_eq(name, kinds[i].santa))
            return (enum list_kind)i;
    }
    return LIST_KINDS;
}

const char *list_verdict_name(enum list_verdict verdict)
{
    return verdict == LIST_ALLOW ? "allow" : "deny";
}

bool list_verdict_find(struct str name, enum list_verdict *ret_verdict)
{
    static const struct {
        const char *name;
        enum list_verdict verdict;
    } names[] = {{"deny", LIST_DENY},       {"block", LIST_DENY},
                 {"allow", LIST_ALLOW},     {"BLOCKLIST", LIST_DENY},
                 {"ALLOWLIST", LIST_ALLOW}, {"SILENT_BLOCKLIST", LIST_DENY},
                 {"BLACKLIST", LIST_DENY},  {"WHITELIST", LIST_ALLOW}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_is(name, names[i].name)) {
            *ret_verdict = names[i].verdict;
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ forms */

static bool is_hex(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = char_lower(s.ptr[i]);
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return s.len > 0;
}

static bool is_team(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z'))
            return false;
    }
    return s.len == LIST_TEAM_BYTES;
}

/* Neither spaces nor anything that a terminal would obey. */
static bool is_identifier(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
            return false;
    }
    return s.len > 0;
}

static struct str before_colon(struct str s)
{
    size_t colon = str_find_char(s, ':');
    return colon == SIZE_MAX ? (struct str){0} : str_sub(s, 0, colon);
}

/* "sha256:...": a kind's name in front of the value. */
static enum list_kind named_kind(struct str *text)
{
    struct str head = before_colon(*text);
    enum list_kind kind = head.len ? list_kind_find(head) : LIST_KINDS;
    if (kind != LIST_KINDS)
        *text = str_trim(str_sub(*text, head.len + 1, SIZE_MAX));
    return kind;
}

static enum list_kind form_of(struct str s)
{
    if (s.len && s.ptr[0] == '/')
        return LIST_PATH;
    if (is_hex(s) && s.len == (size_t)2 * LIST_DIGEST_BYTES)
        return LIST_SHA256;
    if (is_hex(s) && s.len == (size_t)2 * LIST_CDHASH_BYTES)
        return LIST_CDHASH;
    if (is_team(s))
        return LIST_TEAM_ID;
    struct str head = before_colon(s);
    return is_team(head) || str_is(head, "platform") ? LIST_SIGNING_ID : LIST_KINDS;
}

/* ------------------------------------------------------------------ checks */

static int wrong(struct err *err, enum list_kind kind, struct str text)
{
    return err_set(err, E_PARSE, "'%.*s' is no %s: %s", STR_FMT(str_sub(text, 0, 128)),
                   kinds[kind].name.ptr, kinds[kind].doc);
}

static int unknown(struct err *err, struct str text)
{
    if (is_hex(text) && text.len == 32)
        return err_set(err, E_PARSE,
                       "'%.*s' looks like an MD5; programs are known by their SHA-256",
                       STR_FMT(text));
    return err_set(err, E_PARSE,
                   "'%.*s' is no value of a list: 64 hexadecimal digits (sha256), 40 (cdhash), "
                   "TEAMID:signing.id, a team id of 10 upper-case letters and digits, or an "
                   "absolute path",
                   STR_FMT(str_sub(text, 0, 128)));
}

/* One spelling per file: the kernel names programs by their clean path. */
static const char *fault_of_path(struct str s)
{
    if (s.len < 2 || s.ptr[0] != '/')
        return "a path begins with '/'";
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
            return "it holds a control character";
        if (s.ptr[i] == '*' && i + 1 != s.len)
            return "a '*' may stand at the end only";
    }
    struct str rest = str_sub(s, 1, SIZE_MAX);
    struct str part;
    while (str_next(&rest, '/', &part)) {
        if (part.len == 0 || str_is(part, ".") || str_is(part, ".."))
            return "it holds '//', '.' or '..': write the path as the system shows it";
    }
    return s.ptr[s.len - 1] == '/' ? "a folder is written with '/*'" : NULL;
}

static int check_path(struct str s, struct err *err)
{
    const char *fault = fault_of_path(s);
    return fault ? err_set(err, E_PARSE, "path '%.*s': %s", STR_FMT(str_sub(s, 0, 128)), fault) : 0;
}

static int check(enum list_kind kind, struct str s, struct err *err)
{
    struct str head = before_colon(s);
    switch (kind) {
    case LIST_CDHASH:
        return is_hex(s) && s.len == (size_t)2 * LIST_CDHASH_BYTES ? 0 : wrong(err, kind, s);
    case LIST_SHA256:
    case LIST_CERTIFICATE:
        return is_hex(s) && s.len == (size_t)2 * LIST_DIGEST_BYTES ? 0 : wrong(err, kind, s);
    case LIST_TEAM_ID:
        return is_team(s) ? 0 : wrong(err, kind, s);
    case LIST_SIGNING_ID:
        return (is_team(head) || str_is(head, "platform")) && s.len <= LIST_SIGNING_BYTES &&
                       is_identifier(str_sub(s, head.len + 1, SIZE_MAX))
                   ? 0
                   : wrong(err, kind, s);
    case LIST_PATH:
        return check_path(s, err);
    case LIST_KINDS:
        break;
    }
    return unknown(err, s);
}

static bool is_digest(enum list_kind kind)
{
    return kind == LIST_CDHASH || kind == LIST_SHA256 || kind == LIST_CERTIFICATE;
}

int list_value(enum list_kind kind, struct str text, struct arena *arena, struct list_entry *entry,
               struct err *err)
{
    text = str_trim(text);
    if (text.len == 0)
        return err_set(err, E_PARSE, "the entry has no value");
    if (text.len > LIST_VALUE_BYTES)
        return err_set(err, E_PARSE, "a value of %zu bytes, at most %d are allowed", text.len,
                       LIST_VALUE_BYTES);
    if (!text_utf8_valid(text))
        return err_set(err, E_PARSE, "the value is not UTF-8");
    struct str value = text;
    if (kind == LIST_KINDS)
        kind = named_kind(&value);
    if (kind == LIST_KINDS)
        kind = form_of(value);
    int rc = check(kind, value, err);
    if (rc)
        return rc;
    char *copy = arena_cstr(arena, value);
    if (!copy)
        return err_set(err, E_NOMEM, "out of memory");
    for (size_t i = 0; is_digest(kind) && i < value.len; i++)
        copy[i] = char_lower(copy[i]);
    entry->kind = kind;
    entry->value = str_n(copy, value.len);
    return 0;
}
