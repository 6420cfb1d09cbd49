/* Files that are no YAML because of quotes: inside quoted text, as in most unified log filters
 * (`predicate: "process == "mds" AND ..."`), or around the first word of a predicate only (`filter:
 * "LaunchDaemon" IN $tags`). See jamf.h. Looked at are only lines of these forms, and only when the
 * file cannot be read as it is. */
#include "detect/jamf.h"

struct quoted {
    struct str head; /* up to the opening quote */
    struct str text; /* between the first and the last quote */
    struct str tail; /* blanks or a comment */
    char quote;
    bool bare; /* the quotes belong to the text */
};

static bool is_key_char(char c)
{
    return (char_lower(c) >= 'a' && char_lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static bool is_tail(struct str s)
{
    struct str rest = str_trim(s);
    return rest.len == 0 || rest.ptr[0] == '#';
}

static bool is_predicate(struct str key)
{
    return str_is(key, "filter") || str_is(key, "predicate");
}

/* `key: "text"` taken apart. */
static bool split(struct str line, struct quoted *ret)
{
    size_t at = 0;
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '-'))
        at++;
    size_t key = at;
    while (at < line.len && is_key_char(line.ptr[at]))
        at++;
    if (at == key || at >= line.len || line.ptr[at] != ':')
        return false;
    struct str name = str_sub(line, key, at - key);
    for (at++; at < line.len && line.ptr[at] == ' ';)
        at++;
    if (at >= line.len || (line.ptr[at] != '"' && line.ptr[at] != '\''))
        return false;
    size_t last = str_rfind_char(line, line.ptr[at]);
    ret->quote = line.ptr[at];
    ret->head = str_sub(line, 0, at);
    ret->text = str_sub(line, at + 1, last > at ? last - at - 1 : 0);
    ret->tail = str_sub(line, last + 1, SIZE_MAX);
    ret->bare = last > at && !is_tail(ret->tail) && is_predicate(name);
    if (ret->bare) {
        ret->text = str_trim(str_sub(line, at, SIZE_MAX));
        ret->tail = STR("");
    }
    return last > at && is_tail(ret->tail);
}

/* Whether YAML would see the end of the text before its last quote. */
static bool is_broken(const struct quoted *q)
{
    if (q->bare)
        return true;
    for (size_t i = 0; i < q->text.len; i++) {
        char next = i + 1 < q->text.len ? q->text.ptr[i + 1] : '\0';
        bool escape =
            q->quote == '"' ? q->text.ptr[i] == '\\' : q->text.ptr[i] == '\'' && next == '\'';
        if (escape)
            i++;
        else if (q->text.ptr[i] == q->quote)
            return true;
    }
    return false;
}

/* In single quotes nothing but the quote itself needs an escape. */
static void add_repaired(struct buf *out, const struct quoted *q)
{
    buf_add_str(out, q->head);
    buf_add_char(out, '\'');
    for (size_t i = 0; i < q->text.len; i++) {
        char c = q->text.ptr[i];
        char next = i + 1 < q->text.len ? q->text.ptr[i + 1] : '\0';
        bool escaped = c == '\\' && next == '"' && q->quote == '"' && !q->bare;
        if (!escaped)
            buf_add_char(out, c);
        if (c == '\'')
            buf_add_char(out, c);
    }
    buf_add_char(out, '\'');
    buf_add_str(out, q->tail);
}

int jamf_repair(struct str file, struct buf *out, uint32_t *ret_line)
{
    size_t start = out->len;
    struct str rest = file;
    struct str line;
    uint32_t number = 0;
    *ret_line = 0;
    while (str_next(&rest, '\n', &line)) {
        struct quoted q;
        number++;
        if (split(line, &q) && is_broken(&q)) {
            add_repaired(out, &q);
            *ret_line = *ret_line ? *ret_line : number;
        } else {
            buf_add_str(out, line);
        }
        buf_add_char(out, '\n');
    }
    if (*ret_line == 0)
        buf_truncate(out, start);
    return buf_check(out);
}

int jamf_documents(struct str file, const char *source, struct arena *arena, struct buf *repaired,
                   jamf_note_fn note, void *arg, struct yaml_node ***ret_docs, size_t *ret_len,
                   struct err *err)
{
    uint32_t line;
    int rc = yaml_parse(file, source, &yaml_limits_default, arena, ret_docs, ret_len, err);
    if (rc == 0 || rc == E_NOMEM)
        return rc;
    if (jamf_repair(file, repaired, &line))
        return E_NOMEM;
    if (line == 0)
        return rc;
    int again =
        yaml_parse(buf_str(repaired), source, &yaml_limits_default, arena, ret_docs, ret_len, NULL);
    if (again)
        return again == E_NOMEM ? E_NOMEM : rc;
    struct err what = {0};
    err_at(&what, source, line, 0);
    (void)err_set(&what, E_PARSE, "repaired: quotes inside the text are taken as part of it");
    if (note)
        note(arg, &what);
    return 0;
}
