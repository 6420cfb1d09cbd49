/* windash: Windows programs take an option behind any of five dashes, so a value with a dash stands
 * for all of its spellings. A dash counts where a word begins: "-a b-c" has one. See modifiers.h.
 * Source: Sigma specification 2.1, modifiers, "windash". */
#include "detect/modifiers.h"

enum {
    DASHES_MOST = 4, /* in one value: 5^4 spellings */
    SPELLINGS_MOST = 4096
};

static const char *const dashes[] = {"-", "/", "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\x95"};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool is_dash(struct str text, size_t at)
{
    char c = text.ptr[at];
    return (c == '-' || c == '/') && (at == 0 || !is_word(text.ptr[at - 1])) && at + 1 < text.len &&
           is_word(text.ptr[at + 1]);
}

static size_t count_dashes(const struct pattern *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->len; i++) {
        for (size_t k = 0; p->parts[i].type == PATTERN_TEXT && k < p->parts[i].text.len; k++)
            count += is_dash(p->parts[i].text, k) ? 1 : 0;
    }
    return count;
}

/* The text with its dashes replaced; `*number` gives the choice of each, in base five. */
static struct str respell(struct str text, size_t *number, struct arena *arena)
{
    char *copy = arena_alloc(arena, text.len + 2 * DASHES_MOST);
    size_t len = 0;
    for (size_t i = 0; copy && i < text.len; i++) {
        if (!is_dash(text, i)) {
            copy[len++] = text.ptr[i];
            continue;
        }
        struct str dash = str_of(dashes[*number % ARRAY_LEN(dashes)]);
        memcpy(copy + len, dash.ptr, dash.len);
        len += dash.len;
        *number /= ARRAY_LEN(dashes);
    }
    return str_n(copy, len);
}

static int add_spelling(const struct pattern *p, size_t number, struct arena *arena,
                        struct pattern *ret_pattern)
{
    struct pattern_part *parts = arena_array(arena, p->len, sizeof *parts);
    if (!parts)
        return E_NOMEM;
    for (size_t i = 0; i < p->len; i++) {
        parts[i] = p->parts[i];
        if (parts[i].type == PATTERN_TEXT)
            parts[i].text = respell(p->parts[i].text, &number, arena);
        if (parts[i].type == PATTERN_TEXT && !parts[i].text.ptr)
            return E_NOMEM;
    }
    *ret_pattern = (struct pattern){parts, p->len};
    return 0;
}

static size_t spellings_of(const struct pattern *p)
{
    size_t spellings = 1;
    for (size_t n = count_dashes(p); n; n--)
        spellings *= ARRAY_LEN(dashes);
    return spellings;
}

int modifier_windash(struct sigma_value *value, struct arena *arena, struct err *err)
{
    size_t total = 0;
    for (size_t i = 0; i < value->alternatives_len; i++) {
        if (count_dashes(&value->alternatives[i]) > DASHES_MOST)
            return err_set(err, E_LIMIT, "windash: more than %d dashes in one value", DASHES_MOST);
        total += spellings_of(&value->alternatives[i]);
    }
    if (total > SPELLINGS_MOST)
        return err_set(err, E_LIMIT, "windash: more than %d spellings of one value",
                       SPELLINGS_MOST);
    struct pattern *all = arena_array(arena, total, sizeof *all);
    if (!all)
        return E_NOMEM;
    size_t len = 0;
    for (size_t i = 0; i < value->alternatives_len; i++) {
        size_t spellings = spellings_of(&value->alternatives[i]);
        for (size_t number = 0; number < spellings; number++) {
            int rc = add_spelling(&value->alternatives[i], number, arena, &all[len++]);
            if (rc)
                return rc;
        }
    }
    value->alternatives = all;
    value->alternatives_len = len;
    return 0;
}
