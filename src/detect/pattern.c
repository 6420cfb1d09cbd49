/* Wildcard patterns: parsing, shapes, glob matching. See pattern.h. */
#include "detect/pattern.h"

#include "base/err.h"
#include "base/text.h"
#include "detect/fold.h"

static bool is_special(char c)
{
    return c == '*' || c == '?' || c == '\\';
}

/* Parser state: text collected so far goes into `text`, shared by all parts. */
struct splitter {
    struct pattern_part *parts;
    size_t len;
    char *text; /* room for the whole value */
    size_t used;
    size_t part_start; /* where the text that is being collected begins */
};

static void end_text(struct splitter *s)
{
    if (s->used == s->part_start)
        return;
    s->parts[s->len++] = (struct pattern_part){
        PATTERN_TEXT, str_n(s->text + s->part_start, s->used - s->part_start)};
    s->part_start = s->used;
}

static void add_wildcard(struct splitter *s, enum pattern_part_type type)
{
    end_text(s);
    if (type == PATTERN_MANY && s->len && s->parts[s->len - 1].type == PATTERN_MANY)
        return;
    s->parts[s->len++] = (struct pattern_part){.type = type};
}

int pattern_parse(struct str raw, struct arena *arena, struct pattern *ret_pattern)
{
    size_t most_parts = 1;
    for (size_t i = 0; i < raw.len; i++)
        most_parts += raw.ptr[i] == '*' || raw.ptr[i] == '?' ? 2 : 0;
    struct splitter s = {.parts = arena_array(arena, most_parts, sizeof(*s.parts)),
                         .text = arena_alloc(arena, raw.len)};
    if (!s.parts || !s.text)
        return E_NOMEM;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '*' || c == '?') {
            add_wildcard(&s, c == '*' ? PATTERN_MANY : PATTERN_ONE);
            continue;
        }
        if (c == '\\' && i + 1 < raw.len && is_special(raw.ptr[i + 1]))
            c = raw.ptr[++i];
        s.text[s.used++] = c;
    }
    end_text(&s);
    *ret_pattern = (struct pattern){s.parts, s.len};
    return 0;
}

int pattern_open(struct pattern *p, bool front, bool back, struct arena *arena)
{
    front = front && !(p->len && p->parts[0].type == PATTERN_MANY);
    back = back && !(p->len ? p->parts[p->len - 1].type == PATTERN_MANY : front);
    if (!front && !back)
        return 0;
    struct pattern_part *parts = arena_array(arena, p->len + 2, sizeof(*parts));
    if (!parts)
        return E_NOMEM;
    size_t len = 0;
    if (front)
        parts[len++].type = PATTERN_MANY;
    for (size_t i = 0; i < p->len; i++)
        parts[len++] = p->parts[i];
    if (back)
        parts[len++].type = PATTERN_MANY;
    *p = (struct pattern){parts, len};
    return 0;
}

enum pattern_shape pattern_shape(const struct pattern *p, struct str *ret_text)
{
    const struct pattern_part *parts = p->parts;
    *ret_text = STR("");
    if (p->len == 0)
        return PATTERN_EXACT;
    if (p->len == 1 && parts[0].type == PATTERN_MANY)
        return PATTERN_ANYTHING;
    size_t from = parts[0].type == PATTERN_MANY ? 1 : 0;
    size_t to = p->len - (parts[p->len - 1].type == PATTERN_MANY ? 1 : 0);
    if (to - from != 1 || parts[from].type != PATTERN_TEXT)
        return PATTERN_GLOB;
    *ret_text = parts[from].text;
    if (from && to < p->len)
        return PATTERN_CONTAINS;
    if (from)
        return PATTERN_SUFFIX;
    return to < p->len ? PATTERN_PREFIX : PATTERN_EXACT;
}

struct str pattern_anchor(const struct pattern *p, enum pattern_shape *ret_shape)
{
    struct str best = STR("");
    *ret_shape = PATTERN_CONTAINS;
    for (size_t i = 0; i < p->len; i++) {
        if (p->parts[i].type != PATTERN_TEXT || p->parts[i].text.len <= best.len)
            continue;
        best = p->parts[i].text;
        *ret_shape = i == 0 ? PATTERN_PREFIX : i == p->len - 1 ? PATTERN_SUFFIX : PATTERN_CONTAINS;
    }
    return best;
}

void pattern_add_glob(struct buf *out, const struct pattern *p)
{
    for (size_t i = 0; i < p->len; i++) {
        const struct pattern_part *part = &p->parts[i];
        if (part->type != PATTERN_TEXT) {
            buf_add_char(out, part->type == PATTERN_MANY ? '*' : '?');
            continue;
        }
        for (size_t k = 0; k < part->text.len; k++) {
            if (is_special(part->text.ptr[k]))
                buf_add_char(out, '\\');
            buf_add_char(out, part->text.ptr[k]);
        }
    }
}

/* Compare one glob element (not `*`) at both positions and move them past it. */
static bool step(struct str glob, size_t *g, struct str text, size_t *t, bool cased)
{
    char want = glob.ptr[*g];
    if (*t >= text.len)
        return false;
    if (want == '?') {
        ++*g;
        (void)text_utf8_next(text, t);
        return true;
    }
    size_t skip = want == '\\' && *g + 1 < glob.len ? 1 : 0;
    char c = text.ptr[*t];
    if ((cased ? c : char_lower(c)) != glob.ptr[*g + skip])
        return false;
    *g += skip + 1;
    ++*t;
    return true;
}

/* The plain text at this place of a glob. */
static struct str plain_at(struct str glob, size_t at)
{
    size_t end = at;
    while (end < glob.len && !is_special(glob.ptr[end]))
        end++;
    return str_sub(glob, at, end - at);
}

/* Where text that follows a `*` can begin: at or after `from`. SIZE_MAX: nowhere. */
static size_t plain_begins(struct str plain, struct str text, size_t from, bool cased)
{
    /* A place where bytes inside of characters could be taken for it. */
    if (plain.len == 0 || ((unsigned char)plain.ptr[0] & 0xc0) == 0x80)
        return from;
    if (!cased)
        return fold_find(text, from, plain);
    size_t at = str_find(str_sub(text, from, SIZE_MAX), plain);
    return at == SIZE_MAX ? SIZE_MAX : from + at;
}

bool glob_match(struct str glob, struct str text, bool cased)
{
    size_t g = 0;
    size_t t = 0;
    size_t after_star = SIZE_MAX; /* glob position behind the last `*` */
    size_t star_text = 0;         /* text position where what it swallows ends */
    struct str plain = {0};       /* what stands behind it */
    for (;;) {
        if (g < glob.len && glob.ptr[g] == '*') {
            after_star = ++g;
            if (g == glob.len)
                return true;
            plain = plain_at(glob, g);
            star_text = t = plain_begins(plain, text, t, cased);
            if (t == SIZE_MAX)
                return false;
            continue;
        }
        if (g == glob.len && t == text.len)
            return true;
        if (g < glob.len && step(glob, &g, text, &t, cased))
            continue;
        if (after_star == SIZE_MAX || star_text >= text.len)
            return false;
        /* Let the last `*` swallow one character more. */
        (void)text_utf8_next(text, &star_text);
        star_text = t = plain_begins(plain, text, star_text, cased);
        if (t == SIZE_MAX)
            return false;
        g = after_star;
    }
}
