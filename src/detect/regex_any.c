/* Texts of which every match of a regular expression contains at least one: what a list of words in
 * a pattern, `(curl|wget)\s`, has in place of one text that all matches share. Reads alternatives
 * at the top of the pattern and in groups that must be there. Must never leave out a text that some
 * match has instead of the others. See regex.h. */
#include "detect/regex_literal_priv.h"

enum {
    TEXT_LEAST = 3, /* shorter ones stand in too many values */
    NEST_MOST = 8,
    GROUPS_MOST = 8, /* looked into, of one alternative */
    LONG_ENOUGH = 12
};

struct search {
    bool caseless; /* somewhere in the pattern */
    struct regex_any *any;
};

/* Some of the texts found: [from, from + len) of any->texts. Cost 0: none. */
struct set {
    size_t from;
    size_t len;
    uint64_t cost;
};

static struct set search(struct search *s, struct str pattern, unsigned nest);

/* How often a text is found in vain, roughly. */
static uint64_t cost_of(struct str text)
{
    size_t len = text.len < LONG_ENOUGH ? text.len : LONG_ENOUGH;
    return UINT64_C(1) << (2 * (LONG_ENOUGH - len));
}

static void forget(struct search *s, size_t from)
{
    s->any->len = from;
}

/* Keep the cheaper of two sets, of which `b` was found last. */
static struct set cheaper(struct search *s, struct set a, struct set b)
{
    if (b.cost == 0 || (a.cost && a.cost <= b.cost)) {
        forget(s, b.from);
        return a;
    }
    if (a.cost)
        memmove(&s->any->texts[a.from], &s->any->texts[b.from], b.len * sizeof(*s->any->texts));
    b.from = a.from;
    forget(s, b.from + b.len);
    return b;
}

/* @return an empty set when the text is too short, or the list full */
static struct set single(struct search *s, struct str text)
{
    struct regex_any *any = s->any;
    struct set set = {.from = any->len};
    if (text.len < TEXT_LEAST || any->len == REGEX_ANY_MOST)
        return set;
    any->texts[any->len++] = (struct regex_any_text){any->bytes.len, text.len};
    buf_add_str(&any->bytes, text);
    set.len = 1;
    set.cost = cost_of(text);
    return set;
}

/* What stands in a group, in *ret; false for one that matches nothing itself, or is not plain. */
static bool inside_of(struct str group, struct str *ret)
{
    struct str inside = str_sub(group, 1, group.len - 2);
    if (!str_starts(inside, STR("?"))) {
        *ret = inside;
        return true;
    }
    bool plain = str_starts(inside, STR("?:")) || str_starts(inside, STR("?>"));
    *ret = str_sub(inside, 2, SIZE_MAX);
    return plain;
}

static bool may_be_missing(const struct regex_reader *r)
{
    return regex_more(r) && strchr("?*{", regex_peek(r)) != NULL;
}

/* One alternative: its best text, or the best set of a group in it. */
static struct set search_one(struct search *s, struct str pattern, unsigned nest)
{
    struct regex_reader r = {.pattern = pattern, .caseless = s->caseless, .last = SIZE_MAX};
    struct str groups[GROUPS_MOST];
    size_t groups_len = 0;
    bool known = true;
    while (known && regex_more(&r)) {
        size_t at = r.pos;
        bool group = regex_peek(&r) == '(';
        known = regex_read_element(&r);
        struct str inside;
        if (known && group && groups_len < GROUPS_MOST && !may_be_missing(&r) &&
            inside_of(str_sub(pattern, at, r.pos - at), &inside))
            groups[groups_len++] = inside;
    }
    struct set best = {.from = s->any->len};
    if (known)
        best = single(s, regex_best_text(&r));
    for (size_t i = 0; known && nest < NEST_MOST && i < groups_len; i++)
        best = cheaper(s, best, search(s, groups[i], nest + 1));
    if (buf_check(&r.text))
        s->any->bytes.error = buf_check(&r.text);
    buf_done(&r.text);
    return best;
}

/* Move past the alternative that starts here. @return false when it is not understood */
static bool skip_alternative(struct regex_reader *r)
{
    while (regex_more(r) && regex_peek(r) != '|') {
        char c = regex_peek(r);
        bool understood = true;
        if (c == '[')
            understood = regex_skip_class(r);
        else if (c == '(')
            understood = regex_read_element(r);
        else
            r->pos += c == '\\' ? 2 : 1;
        if (!understood || r->pos > r->pattern.len)
            return false;
    }
    return true;
}

/* All alternatives: the sets of all together, or nothing when one has none. */
static struct set search(struct search *s, struct str pattern, unsigned nest)
{
    struct set all = {.from = s->any->len};
    struct regex_reader r = {.pattern = pattern, .last = SIZE_MAX};
    bool found = true;
    for (bool last = false; found && !last;) {
        size_t from = r.pos;
        found = skip_alternative(&r);
        last = !regex_more(&r);
        struct set one = {.cost = 0};
        if (found)
            one = search_one(s, str_sub(pattern, from, r.pos - from), nest);
        found = one.cost != 0;
        all.len += one.len;
        all.cost += one.cost;
        r.pos++;
    }
    buf_done(&r.text);
    if (found)
        return all;
    forget(s, all.from);
    return (struct set){.from = all.from};
}

/* `(?i)` or the like anywhere: letter case may count nowhere. */
static bool has_caseless_flag(struct str pattern)
{
    for (size_t i = 0; i + 2 < pattern.len; i++) {
        if (pattern.ptr[i] != '(' || pattern.ptr[i + 1] != '?')
            continue;
        for (size_t k = i + 2; k < pattern.len && pattern.ptr[k] >= 'a' && pattern.ptr[k] <= 'z';
             k++) {
            if (pattern.ptr[k] == 'i')
                return true;
        }
    }
    return false;
}

int regex_any(struct str pattern, uint32_t flags, struct regex_any *ret_any)
{
    *ret_any = (struct regex_any){.len = 0};
    struct search s = {.caseless = (flags & REGEX_CASELESS) != 0 || has_caseless_flag(pattern),
                       .any = ret_any};
    (void)search(&s, pattern, 0);
    return buf_check(&ret_any->bytes);
}

struct str regex_any_text(const struct regex_any *any, size_t i)
{
    return str_sub(buf_str(&any->bytes), any->texts[i].start, any->texts[i].len);
}

void regex_any_done(struct regex_any *any)
{
    buf_done(&any->bytes);
}
